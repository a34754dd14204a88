// A frame on `tasks`, as the daemon reads it: what is taken is written and read again as the same;
// what is refused is refused with words that repeat nothing.

#include "daemon/bus/task_codec.h"
#include "roster/v1/tasks.pb.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/message_mutator.h"

namespace roster::fuzz {
namespace {

constexpr std::size_t kIdMax = 64;
constexpr std::size_t kWorkerMax = 128;

constexpr std::string_view kWordLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";

struct Reason {
  const std::string* operator()(const model::Applied&) const { return nullptr; }
  template <typename End>
  const std::string* operator()(const End& end) const {
    return &end.reason;
  }
};

void Check(std::string_view frame) {
  const auto request = bus::DecodeWorkerRequest(frame);
  if (!request) {
    Expect(request.error().error.code == Code::kInvalid, "A refusal is not called invalid.");
    ExpectError(request.error().error, {"not-a-message", "unknown-version", "bad-request"});
    Expect(request.error().request_id.size() <= kIdMax, "A refusal answers too long an id.");
    return;
  }
  Expect(!request->request_id.empty() && request->request_id.size() <= kIdMax,
         "A request has no id, or too long a one.");
  Expect(!request->worker.empty() && request->worker.size() <= kWorkerMax,
         "A worker has no name, or too long a one.");
  // It becomes "worker:NAME" in the journal and in logs.
  ExpectHarmless(request->worker);
  Expect(request->worker.find('\n') == std::string::npos, "A worker's name has several lines.");
  if (const auto* report = std::get_if<model::ReportOutcomes>(&request->body)) {
    for (const model::Report& one : report->reports) {
      const std::string* reason = std::visit(Reason(), one.outcome);
      Expect(reason == nullptr || reason->find_first_not_of(kWordLetters) == std::string::npos,
             "A reason is no word.");
    }
  }

  const std::string written = bus::EncodeWorkerRequest(*request);
  const auto again = bus::DecodeWorkerRequest(written);
  Expect(again.has_value(), "What was written is refused.");
  Expect(bus::EncodeWorkerRequest(*again) == written, "What was read is not what was written.");
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  roster::fuzz::Check(roster::fuzz::Bytes(data, size));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned int seed) {
  return roster::fuzz::MutateMessage(roster::v1::WorkerRequest::default_instance(), data, size,
                                     size_max, seed);
}
