// Whose accounts: students' or parents', who counts as a parent, what fills their fields.

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/config/config.h"
#include "tests/unit/config/sample_config.h"

namespace roster {
namespace {

using model::FactsField;
using model::FamilyGraph;
using model::Field;
using model::TieFlag;

constexpr const char* kParents = "    accounts: parents\n";

bool Fills(const model::RosterRules& rules, FactsField from, Field to) {
  return std::any_of(rules.fields.begin(), rules.fields.end(), [&](const model::FieldRule& rule) {
    return rule.from == from && rule.to == to;
  });
}

TEST(ConfigPeople, StudentsAreTheDefault) {
  const model::RosterRules rules = SchoolOf(School("")).rules;
  EXPECT_EQ(rules.accounts, model::AccountsOf::kStudents);
  EXPECT_TRUE(Fills(rules, FactsField::kGradeLevel, Field::kGrade));
  EXPECT_FALSE(model::NeedsFamilies(rules));
}

TEST(ConfigPeople, ParentsHaveFieldsOfTheirOwnByDefault) {
  const model::RosterRules rules = SchoolOf(School(kParents)).rules;
  EXPECT_EQ(rules.accounts, model::AccountsOf::kParents);
  EXPECT_EQ(rules.fields.size(), model::DefaultFieldRules(model::AccountsOf::kParents).size());
  EXPECT_TRUE(Fills(rules, FactsField::kFamily, Field::kGrouping));
  EXPECT_FALSE(Fills(rules, FactsField::kGradeLevel, Field::kGrade));
  EXPECT_EQ(rules.parents.graph, FamilyGraph::kHouseholds);
  EXPECT_TRUE(rules.parents.require.empty());
  EXPECT_TRUE(rules.parents.exclude.empty());
}

TEST(ConfigPeople, ParentsAreWhoTheFileSays) {
  const model::ParentRules parents =
      SchoolOf(School(std::string(kParents) +
                      "    parents: {graph: links, require: [custody, parentsWeb], exclude: "
                      "[grandparent, emergencyContact, correspondence]}\n"))
          .rules.parents;
  EXPECT_EQ(parents.graph, FamilyGraph::kTies);
  EXPECT_EQ(parents.require, (std::vector<TieFlag>{TieFlag::kCustody, TieFlag::kParentsWeb}));
  EXPECT_EQ(parents.exclude,
            (std::vector<TieFlag>{TieFlag::kGrandparent, TieFlag::kEmergencyContact,
                                  TieFlag::kCorrespondence}));
}

TEST(ConfigPeople, LinksNeedNoFlags) {
  EXPECT_EQ(ProblemsOf(School(std::string(kParents) + "    parents: {graph: links}\n")), "");
}

TEST(ConfigPeople, ParentRulesAreForParentsAlone) {
  ExpectProblem(School("    parents: {graph: links}\n"),
                "schools[0].parents: says who is a parent, but the accounts are students'; allowed "
                "with accounts: parents alone");
  ExpectProblem(School("    accounts: students\n    parents: {graph: links}\n"),
                "rosterd.yaml:7: schools[0].parents: says who is a parent");
}

TEST(ConfigPeople, GraphsAndFlagsAreKnownWords) {
  ExpectProblem(School(std::string(kParents) + "    parents: {graph: link}\n"),
                "schools[0].parents.graph: is not a word that is known here (did you mean links?); "
                "allowed is one of households, links");
  ExpectProblem(School(std::string(kParents) + "    parents: {require: [pwBlock]}\n"),
                "schools[0].parents.require[0]: is not a word that is known here; allowed is one "
                "of custody, correspondence, parentsWeb, grandparent, emergencyContact");
  ExpectProblem(School(std::string(kParents) + "    parents: {exclude: []}\n"),
                "schools[0].parents.exclude: has too few or too many items");
}

TEST(ConfigPeople, NoFlagIsBothRequiredAndExcluded) {
  ExpectProblem(
      School(std::string(kParents) + "    parents: {require: [custody], exclude: [custody]}\n"),
      "schools[0].parents.exclude[0]: is required as well, so that nobody would be a parent");
}

TEST(ConfigPeople, EachFlagStandsOnce) {
  ExpectProblem(School(std::string(kParents) + "    parents: {require: [custody, custody]}\n"),
                "schools[0].parents.require[1]: is there twice; allowed is each flag once");
}

TEST(ConfigPeople, StudentsFieldsAreNotOfParents) {
  for (const char* from : {"gradeLevel", "schoolCode", "homeroom", "classYear"}) {
    const std::string fields =
        "    fields:\n      - {from: email, to: userName}\n      - {from: " + std::string(from) +
        ", to: grouping}\n";
    EXPECT_EQ(ProblemsOf(School(fields)), "") << from;
    ExpectProblem(School(kParents + fields),
                  "rosterd.yaml:9: schools[0].fields[1].from: describes a student; a parent has "
                  "none, or one for each child; allowed for parents is one of firstName,");
  }
}

TEST(ConfigPeople, FamilyFieldsAreForBoth) {
  const std::string fields =
      "    fields: [{from: email, to: userName}, {from: familyId, to: grouping}, {from: "
      "familyName, "
      "to: nickName}]\n";
  for (const std::string& text : {School(fields), School(kParents + fields)}) {
    const model::RosterRules rules = SchoolOf(text).rules;
    EXPECT_TRUE(Fills(rules, FactsField::kFamilyId, Field::kGrouping));
    EXPECT_TRUE(Fills(rules, FactsField::kFamilyName, Field::kNickName));
    EXPECT_TRUE(model::NeedsFamilies(rules));
  }
}

TEST(ConfigPeople, SomeAreNeverArchived) {
  EXPECT_TRUE(SchoolOf(School("")).rules.never_archive.empty());
  const model::RosterRules rules =
      SchoolOf(School("    protected: {never_archive: [\"*@board.example.org\"]}\n")).rules;
  EXPECT_EQ(rules.never_archive, (std::vector<std::string>{"*@board.example.org"}));
  EXPECT_TRUE(rules.protected_accounts.empty());
  ExpectProblem(School("    protected: {never_archive: \"*\"}\n"),
                "schools[0].protected.never_archive: is not a list");
}

TEST(ConfigPeople, LoginsAreSharedWhereTheSiteLetsThem) {
  EXPECT_FALSE(SchoolOf(School("")).rules.shared_logins);
  EXPECT_FALSE(SchoolOf(School("", ", shared_logins: false")).rules.shared_logins);
  EXPECT_TRUE(SchoolOf(School("", ", shared_logins: true")).rules.shared_logins);
  ExpectProblem(School("", ", shared_logins: yes"),
                "schools[0].site.scim.shared_logins: is neither true nor false; allowed is true or "
                "false");
}

}  // namespace
}  // namespace roster
