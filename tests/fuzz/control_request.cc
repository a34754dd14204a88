// A frame on `control`: a request that is whole and within its limits, or a refusal that says why
// and repeats nothing of it. The same request in another spelling is the same command.

#include "daemon/bus/control_codec.h"
#include "roster/v1/control.pb.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/message_mutator.h"

namespace roster::fuzz {
namespace {

namespace v1 = ::roster::v1;

constexpr std::size_t kIdMax = 64;
constexpr std::size_t kTokenMax = 2048;
constexpr std::size_t kPersonsMax = 10'000;
constexpr std::uint32_t kRowsMax = 10'000;

// What the engine relies on, whatever the request.
struct Limits {
  void Page(std::uint32_t size, const std::string& token) const {
    Expect(size >= 1 && size <= kRowsMax, "A page has no size.");
    Expect(token.size() <= kTokenMax, "A page token is too long.");
  }
  void Note(const std::string& note) const {
    Expect(note.size() <= model::kNoteMax, "A note is too long.");
    ExpectHarmless(note);
    Expect(note.find('\n') == std::string::npos, "A note has several lines.");
  }

  template <typename Body>
  void operator()(const Body& body) const {
    if constexpr (requires { body.page_size; }) Page(body.page_size, body.page_token);
    if constexpr (requires { body.limit; }) Page(body.limit, "");
    if constexpr (requires { body.note; }) Note(body.note);
    if constexpr (requires { body.override_reason; }) {
      Note(body.override_reason);
      Expect(body.override_guards == !body.override_reason.empty(),
             "Guards are lifted without a reason, or the other way round.");
      Expect(body.except.size() <= kPersonsMax, "Too many are excepted.");
    }
    if constexpr (requires { body.families; }) {
      Expect(!body.families.empty() && body.families.size() <= kPersonsMax,
             "Families are none or too many.");
    }
  }
};

void Check(std::string_view frame) {
  const auto request = bus::DecodeRequest(frame);
  if (!request) {
    Expect(request.error().error.code == Code::kInvalid, "A refusal is not called invalid.");
    ExpectError(request.error().error,
                {"not-a-message", "unknown-version", "bad-request", "reason-missing"});
    Expect(request.error().request_id.size() <= kIdMax, "A refusal answers too long an id.");
    return;
  }
  Expect(!request->request_id.empty() && request->request_id.size() <= kIdMax,
         "A request has no id, or too long a one.");
  Expect(request->command.value().size() <= kIdMax, "A command's id is too long.");
  // It is kept in the journal, as the cause of what it does.
  ExpectHarmless(request->command.value());
  std::visit(Limits(), request->body);

  v1::Request wire;
  Expect(wire.ParseFromArray(frame.data(), static_cast<int>(frame.size())),
         "What is no message was taken.");
  const auto again = bus::DecodeRequest(wire.SerializeAsString());
  Expect(again.has_value(), "The same request is refused when it is spelt anew.");
  Expect(again->body.index() == request->body.index() &&
             again->body_digest == request->body_digest && again->command == request->command &&
             again->school == request->school,
         "The same request is another one when it is spelt anew.");
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  roster::fuzz::Check(roster::fuzz::Bytes(data, size));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned int seed) {
  return roster::fuzz::MutateMessage(roster::v1::Request::default_instance(), data, size, size_max,
                                     seed);
}
