// A school's site: one that speaks SCIM, or one without an API, and what its files must say.

#include <gtest/gtest.h>

#include "daemon/config/renew.h"
#include "tests/unit/config/sample_config.h"

namespace roster {
namespace {

// The least config of a school whose site has no API.
std::string Sheet(const std::string& more_of_site = "", const std::string& lines = "",
                  const std::string& columns = "site_roles: Roles") {
  return R"(schools:
  - id: tcs
    name: Example
    facts: {subscription_key: {env: A}, api_key: {env: B}}
    site: {spreadsheet: {export: export.csv, import_directory: /srv/imports, columns: {)" +
         columns + "}" + more_of_site + "}}\n" + lines;
}

TEST(ConfigSite, ASpreadsheetHasSensibleDefaults) {
  const config::School school = SchoolOf(Sheet());
  ASSERT_TRUE(school.spreadsheet);
  const model::Spreadsheet& sheet = *school.spreadsheet;
  EXPECT_TRUE(sheet.export_file.starts_with("/")) << "relative to the config's folder";
  EXPECT_EQ(sheet.import_directory, "/srv/imports");
  EXPECT_EQ(sheet.columns.id, "ID");
  EXPECT_EQ(sheet.columns.status, "Status");
  EXPECT_EQ(sheet.columns.external_id, "");
  EXPECT_EQ(sheet.columns.Of(model::Field::kGivenName), "First Name");
  EXPECT_EQ(sheet.columns.Of(model::Field::kUserName), "");
  EXPECT_EQ(sheet.active_words, std::vector<std::string>{"Active"});
  EXPECT_EQ(sheet.delimiter, ',');
  EXPECT_EQ(school.rules.external_id, "{school}:{person}");
}

TEST(ConfigSite, WhatIsSaidIsTaken) {
  const config::School school =
      SchoolOf(Sheet(", active_words: [yes, on], archived_words: [\"no\"], delimiter: semicolon, "
                     "dates: day-first, "
                     "external_id: \"x-{person}\", shared_logins: true",
                     "", "id: Number, user_name: Login, mobile_phone: Cell, site_roles: Roles"));
  ASSERT_TRUE(school.spreadsheet);
  EXPECT_EQ(school.spreadsheet->delimiter, ';');
  EXPECT_EQ(school.spreadsheet->dates, model::DateOrder::kDayFirst);
  EXPECT_EQ(school.spreadsheet->active_words, (std::vector<std::string>{"yes", "on"}));
  EXPECT_EQ(school.spreadsheet->columns.Of(model::Field::kMobilePhone), "Cell");
  EXPECT_EQ(school.rules.external_id, "x-{person}");
  EXPECT_TRUE(school.rules.shared_logins);
}

TEST(ConfigSite, ItIsOneOfTheTwo) {
  ExpectProblem(Changed("      scim:\n",
                        "      spreadsheet: {export: /e, import_directory: /i}\n      scim:\n"),
                "schools[0].site: is said to have an API and to have none; needed is one of scim "
                "and spreadsheet");
  const std::string text = Sheet();
  const auto at = text.find("{spreadsheet:");
  ExpectProblem(text.substr(0, at) + "{}\n", "schools[0].site: is not said how to speak to");
}

TEST(ConfigSite, FieldsWithoutAColumnAreDoneWithoutOrRefused) {
  EXPECT_EQ(SchoolOf(Sheet()).rules.fields.size(), 4U) << "no school and no grade";
  ExpectProblem(
      Sheet("", "    fields: [{from: email, to: userName}, {from: gradeLevel, to: grade}]\n"),
      "schools[0].fields: fills grade, which has no column in the site's files");
  EXPECT_EQ(ProblemsOf(Sheet("", "    fields: [{from: email, to: userName}]\n")), "");
}

TEST(ConfigSite, MistakesAreSaid) {
  ExpectProblem(Sheet("", "", "id: Key"), "does not tell who owns, manages or coordinates");
  EXPECT_EQ(
      ProblemsOf(Sheet("", "    protected: {accounts: [\"*@office.example.org\"]}\n", "id: Key")),
      "");
  ExpectProblem(Sheet("", "", "id: email, site_roles: Roles"), "gives two columns one header");
  ExpectProblem(Sheet(", active_words: [on, ON]"),
                "active_words: has a word that is there already");
  ExpectProblem(Sheet(", archived_words: [active]"), "archived_words: has a word that is there");
  ExpectProblem(Sheet(", columms: {}"), "did you mean columns?");
  ExpectProblem(R"(schools:
  - id: tcs
    name: Example
    facts: {subscription_key: {env: A}, api_key: {env: B}}
    site: {spreadsheet: {}}
)",
                "schools[0].site.spreadsheet.export: is missing");
}

TEST(ConfigSite, TwoSchoolsShareNoFolderOfImportsAndNoIdsOnOneSite) {
  const std::string one = Sheet();
  std::string two = one.substr(one.find("  - id: tcs"));
  two.replace(two.find("tcs"), 3, "abc");
  ExpectProblem(one + two,
                "schools[1].site.spreadsheet.import_directory: is that of schools[0] too");
  std::string other = two;
  other.replace(other.find("/srv/imports"), 12, "/srv/others, external_id: \"{person}\"");
  ExpectProblem(one + other,
                "schools[1].site.spreadsheet.external_id: does not tell this school's people");
}

TEST(ConfigSite, AnotherSiteCountsFromTheNextStartOn) {
  const auto running = config::LoadText(Sheet(), "rosterd.yaml");
  const auto next = config::LoadText(Sheet(", delimiter: tab"), "rosterd.yaml");
  ASSERT_TRUE(running && next);
  const config::Renewed renewed = config::Renew(*running, *next);
  EXPECT_EQ(renewed.needs_restart, std::vector<std::string>{"schools[tcs].site.spreadsheet"});
  EXPECT_EQ(renewed.config.schools[0].spreadsheet->delimiter, ',');
}

}  // namespace
}  // namespace roster
