// One body of a SCIM site. The first byte chooses what it is read as.

#include "daemon/base/text.h"
#include "daemon/target/scim_read.h"
#include "tests/fuzz/fuzz.h"

namespace roster::fuzz {
namespace {

constexpr std::size_t kValueMax = 2'000;
constexpr std::size_t kElementsMax = 100;

void CheckAccount(const model::Account& account) {
  Expect(!account.id.value().empty(), "An account has no id.");
  const auto check = [](std::string_view text) {
    Expect(IsValidUtf8(text), "A text is not UTF-8.");
    Expect(text.size() <= kValueMax, "A value is longer than a report takes.");
  };
  check(account.id.value());
  check(account.external_id);
  check(account.version);
  for (const auto& [field, value] : account.fields) check(value);
  Expect(account.other_emails.size() <= kElementsMax && account.roles.size() <= kElementsMax,
         "An attribute has too many elements.");
  for (const std::string& email : account.other_emails) check(email);
  for (const std::string& role : account.roles) check(role);
}

void CheckFailure(const Error& error) {
  Expect(error.code == Code::kInvalid, "A malformed answer is not called invalid.");
  ExpectError(error, {"site-malformed"});
}

void Check(unsigned int kind, const std::string& bytes) {
  target::ScimReader reader;
  std::string body = bytes;
  switch (kind % 5) {
    case 0: {
      const auto page = reader.Users(body);
      if (!page) return CheckFailure(page.error());
      for (const model::Account& account : page->accounts) CheckAccount(account);
      const auto again = reader.Users(body);
      Expect(again && again->total == page->total && again->accounts == page->accounts,
             "The same page was read differently.");
      return;
    }
    case 1: {
      const auto account = reader.User(body);
      if (!account) return CheckFailure(account.error());
      CheckAccount(*account);
      return;
    }
    case 2: {
      const auto schemas = target::ReadSchemas(body);
      if (!schemas) return CheckFailure(schemas.error());
      Expect(schemas->named || !schemas->invited, "What is not named declares an attribute.");
      return;
    }
    case 3:
      target::ReadSortSupported(body);
      return;
    default:
      Expect(IsValidUtf8(target::ReadScimType(body)), "A scimType is not UTF-8.");
      return;
  }
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roster::fuzz;
  if (size == 0) return 0;
  Check(data[0], std::string(Bytes(data + 1, size - 1)));
  return 0;
}
