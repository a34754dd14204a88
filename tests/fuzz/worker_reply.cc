// A frame on `tasks`, as the worker reads it: what is taken is written and read again as the same.

#include "daemon/bus/task_codec.h"
#include "roster/v1/tasks.pb.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/message_mutator.h"

namespace roster::fuzz {
namespace {

void Check(std::string_view frame) {
  const auto reply = bus::DecodeWorkerReply(frame);
  if (!reply) {
    Expect(reply.error().code == Code::kInvalid, "A refusal is not called invalid.");
    ExpectError(reply.error(), {"not-a-message", "unknown-version", "bad-reply"});
    return;
  }
  if (const auto* lease = std::get_if<model::LeaseReply>(&reply->body)) {
    for (const model::LeasedTask& task : lease->tasks) {
      Expect(!task.school.value().empty(), "A task is of no school.");
      Expect(task.task.state == model::TaskState::kLeased, "A leased task is not leased.");
    }
  }
  const std::string written = bus::EncodeWorkerReply(*reply);
  const auto again = bus::DecodeWorkerReply(written);
  Expect(again.has_value(), "What was written is refused.");
  Expect(bus::EncodeWorkerReply(*again) == written, "What was read is not what was written.");
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  roster::fuzz::Check(roster::fuzz::Bytes(data, size));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned int seed) {
  return roster::fuzz::MutateMessage(roster::v1::WorkerReply::default_instance(), data, size,
                                     size_max, seed);
}
