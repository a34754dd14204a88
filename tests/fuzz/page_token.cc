// Page tokens, which come back from outside: a key of the list, or the client's mistake. The first
// byte chooses the list or the kind of key; the rest is the token, and once more the bytes of a
// key.

#include "daemon/engine/page_token.h"

#include "daemon/engine/verify.h"
#include "daemon/store/keys.h"
#include "daemon/store/memory_store.h"
#include "tests/fuzz/fuzz.h"

namespace roster::fuzz {
namespace {

using namespace engine;

void CheckMistake(const Error& error) {
  Expect(error.code == Code::kInvalid, "A wrong token is not called invalid.");
  ExpectError(error, {"page-token"});
}

void CheckKey(const std::string& token, const store::Range& range) {
  const auto key = TokenKey(token, range);
  if (!key) return CheckMistake(key.error());
  if (token.empty()) return;
  Expect(*key >= range.begin && *key < range.end, "A token leads out of its list.");
  Expect(ToHex(*key) == token, "A token is another one when it is written again.");
}

template <typename Parse>
void CheckParsed(const std::string& token, const Parse& parse) {
  const auto id = ParseToken(token, parse);
  if (!id) CheckMistake(id.error());
  const auto of_key = parse(std::string_view(token));
  if (!of_key) ExpectError(of_key.error(), {"bad-key"});
}

void Check(unsigned int kind, const std::string& token) {
  const SchoolId school("tcs");
  Expect(FromHex(ToHex(token)) == token, "Hex is not undone.");
  switch (kind % 18) {
    case 0:
      return CheckKey(token, store::GroupNumberRange(school));
    case 1:
      return CheckKey(token, store::FamilyCountRange(school));
    case 2:
      return CheckKey(token, store::StatusIndexRange(school, model::ListStatus::kNew));
    case 3:
      return CheckKey(token, store::ChangeRange(school));
    case 4:
      return CheckKey(token, store::TaskRange(school, PlanId(3)));
    case 5:
      return CheckParsed(token, store::PersonOfKey);
    case 6:
      return CheckParsed(token, store::FamilyOfKey);
    case 7:
      return CheckParsed(token, store::GroupOfKey);
    case 8:
      return CheckParsed(token, store::GroupNumberOfKey);
    case 9:
      return CheckParsed(token, store::AccountOfKey);
    case 10:
      return CheckParsed(token, store::PollOfKey);
    case 11:
      return CheckParsed(token, store::PlanOfKey);
    case 12:
      return CheckParsed(token, store::TaskOfKey);
    case 13:
      return CheckParsed(token, store::SeqOfKey);
    case 14:
      return CheckParsed(token, store::CommandOfKey);
    default:
      break;
  }
  const store::MemoryStore nothing;
  const std::map<PlanId, model::Plan> none;
  const std::uint64_t head = kind % 18 - 15;
  auto slice = VerifySlice({nothing, school, Seq(head), 0, none}, token, 10);
  if (!slice) return CheckMistake(slice.error());
  Expect(slice->next_page_token != token || token.empty(), "A slice is followed by itself.");
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roster::fuzz;
  if (size == 0) return 0;
  Check(data[0], std::string(Bytes(data + 1, size - 1)));
  return 0;
}
