#include "daemon/target/scim_write.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "daemon/target/scim_read.h"

namespace roster::target {
namespace {

using model::Field;
using nlohmann::json;

const Time kNow = Time(std::chrono::sys_days(std::chrono::year(2026) / 8 / 24));

model::Task MakeTask(std::vector<model::FieldChange> fields) {
  model::Task task;
  task.external_id = "tcs:12";
  task.fields = std::move(fields);
  return task;
}

// The operations of a PATCH, by path; a removed one is null.
std::map<std::string, json> Operations(const std::vector<model::FieldChange>& fields,
                                       const std::string& resource, Writing writing = {}) {
  writing.fields = fields;
  const auto body = PatchBody(MakeTask(fields), writing, resource, kNow);
  EXPECT_TRUE(body) << body.error().message;
  const json patch = json::parse(*body);
  EXPECT_EQ(patch["schemas"], json({"urn:ietf:params:scim:api:messages:2.0:PatchOp"}));
  std::map<std::string, json> operations;
  for (const json& operation : patch["Operations"]) {
    operations[operation["path"]] = operation["op"] == "remove" ? json() : operation["value"];
  }
  return operations;
}

TEST(ScimWrite, ANewAccountSaysWhatTheTaskSays) {
  const auto body = CreateBody(MakeTask({{Field::kUserName, "", "ann@example.org"},
                                         {Field::kEmail, "", "ann@example.org"},
                                         {Field::kGivenName, "", "Änn"},
                                         {Field::kHomePhone, "", "1"},
                                         {Field::kMobilePhone, "", "2"},
                                         {Field::kGrade, "", "09"}}),
                               true);
  ASSERT_TRUE(body);
  const json user = json::parse(*body);
  EXPECT_EQ(user["schemas"], json({kUserSchema, kVolunteerSchema}));
  EXPECT_EQ(user["externalId"], "tcs:12");
  EXPECT_EQ(user["active"], true);
  EXPECT_EQ(user["userName"], "ann@example.org");
  EXPECT_EQ(user["emails"], json::parse(R"([{"value":"ann@example.org","primary":true}])"));
  EXPECT_EQ(user["name"]["givenName"], "Änn");
  EXPECT_EQ(user["phoneNumbers"].size(), 2U);
  EXPECT_EQ(user[std::string(kVolunteerSchema)]["grade"], "09");
}

TEST(ScimWrite, WithoutTheExtensionNothingOfItIsSent) {
  const auto body = CreateBody(
      MakeTask({{Field::kEmail, "", "ann@example.org"}, {Field::kGrade, "", "09"}}), false);
  const json user = json::parse(*body);
  EXPECT_EQ(user["schemas"], json({kUserSchema}));
  EXPECT_FALSE(user.contains(std::string(kVolunteerSchema)));
  EXPECT_EQ(user["userName"], "ann@example.org");  // required: the e-mail is the login
}

TEST(ScimWrite, APatchHasOneOperationAnAttribute) {
  Writing writing;
  writing.external_id = true;
  writing.active = true;
  writing.invite = true;
  const auto operations = Operations({{Field::kUserName, "a", "b"},
                                      {Field::kFamilyName, "A", "B"},
                                      {Field::kNickName, "N", ""},
                                      {Field::kGrade, "08", "09"}},
                                     R"({"id":"1"})", writing);
  const std::string extension = std::string(kVolunteerSchema) + ":";
  EXPECT_EQ(operations.at("userName"), "b");
  EXPECT_EQ(operations.at("name.familyName"), "B");
  EXPECT_TRUE(operations.at("nickName").is_null());
  EXPECT_EQ(operations.at(extension + "grade"), "09");
  EXPECT_EQ(operations.at(extension + "invitedAt"), "2026-08-24T00:00:00Z");
  EXPECT_EQ(operations.at("externalId"), "tcs:12");
  EXPECT_EQ(operations.at("active"), true);
}

TEST(ScimWrite, AChangedEmailLeavesTheOthers) {
  const auto operations = Operations({{Field::kEmail, "a@example.org", "b@example.org"}},
                                     R"({"emails":[{"value":"x@example.org","type":"home"},
                    {"value":"a@example.org","type":"work","primary":true,"display":"a"}]})");
  EXPECT_EQ(operations.at("emails"), json::parse(R"([{"value":"x@example.org","type":"home"},
                            {"value":"b@example.org","type":"work","primary":true}])"));
}

TEST(ScimWrite, AnEmailThatIsThereAlreadyIsNotThereTwice) {
  const auto operations =
      Operations({{Field::kEmail, "a@example.org", "B@example.org"}},
                 R"({"emails":[{"value":"b@example.org"},{"value":"a@example.org","primary":true},
                               {"value":"b@Example.org"}]})");
  EXPECT_EQ(operations.at("emails"), json::parse(R"([{"value":"B@example.org","primary":true}])"));
}

TEST(ScimWrite, ASiteWithoutEmailsGetsTheFirst) {
  const auto operations = Operations({{Field::kEmail, "", "a@example.org"}}, R"({"id":"1"})");
  EXPECT_EQ(operations.at("emails"), json::parse(R"([{"value":"a@example.org","primary":true}])"));
}

TEST(ScimWrite, ARemovedEmailLeavesTheOthersOrNone) {
  const auto none = Operations({{Field::kEmail, "a@example.org", ""}},
                               R"({"emails":[{"value":"a@example.org"}]})");
  EXPECT_TRUE(none.at("emails").is_null());
  const auto one = Operations(
      {{Field::kEmail, "a@example.org", ""}},
      R"({"Emails":[{"value":"b@example.org"},{"value":"a@example.org","primary":true}]})");
  EXPECT_EQ(one.at("emails"), json::parse(R"([{"value":"b@example.org"}])"));
}

TEST(ScimWrite, PhonesAreWrittenByTheirType) {
  const auto operations =
      Operations({{Field::kHomePhone, "1", "9"}, {Field::kMobilePhone, "", "8"}},
                 R"({"phoneNumbers":[{"value":"5","type":"work"},{"value":"1","type":"Home"}]})");
  EXPECT_EQ(operations.at("phoneNumbers"),
            json::parse(R"([{"value":"5","type":"work"},{"value":"9","type":"Home"},
                            {"value":"8","type":"mobile"}])"));
}

TEST(ScimWrite, WhatIsNotUtf8IsNotWritten) {
  const auto task = MakeTask({{Field::kGivenName, "", "\xff"}});
  EXPECT_EQ(CreateBody(task, true).error().reason, "invalid-text");
  EXPECT_EQ(PatchBody(task, {task.fields, false, {}, false}, "{}", kNow).error().reason,
            "invalid-text");
}

TEST(ScimWrite, TheFilterIsEscapedTwice) {
  EXPECT_EQ(ExternalIdFilter("tcs:12"), "externalId%20eq%20%22tcs%3A12%22");
  EXPECT_EQ(ExternalIdFilter("a\" or \\"), "externalId%20eq%20%22a%5C%22%20or%20%5C%5C%22");
  EXPECT_EQ(PercentEncoded("a/b?ä"), "a%2Fb%3F%C3%A4");
}

}  // namespace
}  // namespace roster::target
