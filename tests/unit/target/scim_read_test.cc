#include "daemon/target/scim_read.h"

#include <gtest/gtest.h>

#include "daemon/target/scim_date.h"

namespace roster::target {
namespace {

using model::Field;

std::string Whole() {
  return R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],
    "id":"7","externalId":"tcs:12",
    "userName":"ann@example.org","active":false,"nickName":"A","displayName":"Ann B",
    "name":{"givenName":"Ann","middleName":"M","familyName":"B","formatted":"Ann M B"},
    "emails":[{"value":"old@example.org","type":"home"},
              {"value":"ann@example.org","primary":true},{"value":"third@example.org"}],
    "phoneNumbers":[{"value":"1","type":"work"},{"value":"2","type":"Home"},
                    {"value":"3","type":"mobile"},{"value":"4","type":"mobile"}],
    "roles":[{"value":"Manager"},{"value":"helper","primary":true}],
    "meta":{"resourceType":"User","version":"W/\"3\""},"unknown":{"deep":[1,{"x":null}]},
    "urn:ietf:params:scim:schemas:extension:volunteer:2.0:User":{"grouping":"F1","school":"TCS",
      "grade":"09","role":"student","lastAccessedAt":"2026-01-02T03:04:05Z",
      "invitedAt":"2026-01-01T00:00:00Z","hours":4.5}})";
}

model::Account MustRead(std::string body) {
  ScimReader reader;
  auto account = reader.User(body);
  EXPECT_TRUE(account) << account.error().message;
  return account ? *account : model::Account();
}

TEST(ScimRead, AnAccountWithEverything) {
  const auto account = MustRead(Whole());
  EXPECT_EQ(account.id, AccountId("7"));
  EXPECT_EQ(account.external_id, "tcs:12");
  EXPECT_EQ(account.version, "W/\"3\"");
  EXPECT_FALSE(account.active);
  EXPECT_EQ(account.fields.Get(Field::kUserName), "ann@example.org");
  EXPECT_EQ(account.fields.Get(Field::kGivenName), "Ann");
  EXPECT_EQ(account.fields.Get(Field::kMiddleName), "M");
  EXPECT_EQ(account.fields.Get(Field::kFamilyName), "B");
  EXPECT_EQ(account.fields.Get(Field::kNickName), "A");
  EXPECT_EQ(account.fields.Get(Field::kDisplayName), "Ann B");
  EXPECT_EQ(account.fields.Get(Field::kHomePhone), "2");
  EXPECT_EQ(account.fields.Get(Field::kMobilePhone), "3");
  EXPECT_EQ(account.fields.Get(Field::kGrouping), "F1");
  EXPECT_EQ(account.fields.Get(Field::kSchool), "TCS");
  EXPECT_EQ(account.fields.Get(Field::kGrade), "09");
  EXPECT_EQ(account.fields.Get(Field::kRole), "student");
  EXPECT_EQ(account.roles, (std::vector<std::string>{"Manager", "helper"}));
  EXPECT_EQ(account.last_accessed, ParseDateTime("2026-01-02T03:04:05Z"));
  EXPECT_EQ(account.invited, ParseDateTime("2026-01-01T00:00:00Z"));
}

TEST(ScimRead, ThePrimaryEmailCountsElseTheFirst) {
  const auto account = MustRead(Whole());
  EXPECT_EQ(account.fields.Get(Field::kEmail), "ann@example.org");
  EXPECT_EQ(account.other_emails,
            (std::vector<std::string>{"old@example.org", "third@example.org"}));
  const auto plain = MustRead(R"({"id":"1","emails":[{"value":""},{"value":"a@example.org"},
                                  {"value":"b@example.org","primary":false}]})");
  const auto both = MustRead(R"({"id":"1","emails":[{"value":"a@example.org","primary":true},
                                 {"value":"b@example.org","primary":true}]})");
  EXPECT_EQ(both.fields.Get(Field::kEmail), "a@example.org");
  EXPECT_EQ(plain.fields.Get(Field::kEmail), "a@example.org");
  EXPECT_EQ(plain.other_emails, std::vector<std::string>{"b@example.org"});
}

TEST(ScimRead, MissingAndNullAreAlike) {
  const auto missing = MustRead(R"({"id":"1"})");
  const auto null = MustRead(R"({"id":"1","externalId":null,"active":null,"userName":null,
    "name":null,"emails":null,"phoneNumbers":null,"roles":null,"meta":null,
    "urn:ietf:params:scim:schemas:extension:volunteer:2.0:User":{"grade":null,"invitedAt":null}})");
  EXPECT_EQ(missing, null);
  EXPECT_TRUE(missing.active);
}

TEST(ScimRead, NamesAreComparedWithoutCase) {
  const auto account = MustRead(R"({"ID":"1","ExternalID":"e","Active":false,"USERNAME":"u",
    "URN:ietf:params:scim:schemas:extension:volunteer:2.0:user":{"Grade":"K"}})");
  EXPECT_EQ(account.external_id, "e");
  EXPECT_FALSE(account.active);
  EXPECT_EQ(account.fields.Get(Field::kGrade), "K");
}

TEST(ScimRead, WrongTypesAreMalformed) {
  for (const char* body :
       {R"({"userName":"u"})", R"({"id":7})", R"({"id":""})", R"({"id":"1","active":"True"})",
        R"({"id":"1","externalId":5})", R"({"id":"1","userName":["u"]})",
        R"({"id":"1","name":"Ann"})", R"({"id":"1","emails":{"value":"a"}})",
        R"({"id":"1","emails":[{"value":5}]})", R"({"id":"1","roles":[7]})",
        R"({"id":"1","meta":{"version":3}})",
        R"({"id":"1","urn:ietf:params:scim:schemas:extension:volunteer:2.0:User":
            {"invitedAt":"x"}})",
        "[]", "7", "", "<html>sign in</html>", R"({"id":"1"} trailing)", R"({"id":"1")",
        "{\"id\":\"\xff\"}"}) {
    ScimReader reader;
    std::string text = body;
    const auto account = reader.User(text);
    ASSERT_FALSE(account) << body;
    EXPECT_EQ(account.error().reason, "site-malformed");
    EXPECT_EQ(account.error().code, Code::kInvalid);
  }
}

TEST(ScimRead, WhatIsTooLongIsMalformed) {
  ScimReader reader;
  std::string body = R"({"id":"1","nickName":")" + std::string(20'000, 'x') + "\"}";
  EXPECT_FALSE(reader.User(body));
  std::string roles = R"({"id":"1","roles":["r")";
  for (int i = 0; i < 100; ++i) roles += ",\"r\"";
  roles += "]}";
  EXPECT_FALSE(reader.User(roles));
}

TEST(ScimRead, AListIsReadInAnyOrderOfItsMembers) {
  ScimReader reader;
  std::string body = R"({"Resources":[{"id":"1"},{"id":"2"}],"itemsPerPage":200,"totalResults":9})";
  const auto page = reader.Users(body);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->total, 9U);
  ASSERT_EQ(page->accounts.size(), 2U);
  EXPECT_EQ(page->accounts[1].id, AccountId("2"));
  std::string empty = R"({"totalResults":0})";
  EXPECT_EQ(reader.Users(empty)->accounts.size(), 0U);
}

TEST(ScimRead, AMalformedListSaysWhereAndNotWho) {
  ScimReader reader;
  std::string body = R"({"totalResults":2,"Resources":[{"id":"1","userName":"ann@example.org"},
                         {"userName":"bob@example.org"}]})";
  const auto page = reader.Users(body);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().reason, "site-malformed");
  EXPECT_NE(page.error().message.find("after 1 of this page"), std::string::npos);
  EXPECT_EQ(page.error().message.find("example.org"), std::string::npos);
}

TEST(ScimRead, WhatIsNoListIsMalformed) {
  for (const char* body :
       {R"({"Resources":[]})", R"({"totalResults":"5"})", R"({"totalResults":-1})",
        R"({"totalResults":1,"Resources":{}})", R"({"totalResults":1,"Resources":[7]})",
        R"({"status":"500","detail":"x"})", R"({"totalResults":1,"Resources":[{"id":"1"})"}) {
    ScimReader reader;
    std::string text = body;
    EXPECT_FALSE(reader.Users(text)) << body;
  }
}

TEST(ScimRead, SchemasNameTheExtension) {
  const std::string urn(kVolunteerSchema);
  auto both = ReadSchemas(R"({"totalResults":2,"Resources":[{"id":"x"},{"id":")" + urn + "\"}]}");
  ASSERT_TRUE(both);
  EXPECT_TRUE(both->named && both->whole);
  auto part = ReadSchemas(R"({"totalResults":2,"Resources":[{"id":"x"}]})");
  EXPECT_FALSE(part->named || part->whole);
  EXPECT_TRUE(ReadSchemas(R"({"id":")" + urn + "\"}")->named);
  EXPECT_FALSE(ReadSchemas("<html>"));
}

TEST(ScimRead, SmallAnswers) {
  EXPECT_TRUE(ReadSortSupported(R"({"sort":{"supported":true}})"));
  EXPECT_FALSE(ReadSortSupported(R"({"sort":{"supported":"yes"}})"));
  EXPECT_FALSE(ReadSortSupported("<html>"));
  EXPECT_EQ(ReadScimType(R"({"scimType":"uniqueness","detail":"x"})"), "uniqueness");
  EXPECT_EQ(ReadScimType("<html>"), "");
}

}  // namespace
}  // namespace roster::target
