// The row of an import file: everything that an import may overwrite is in it, and nothing that a
// spreadsheet program would run.

#include "daemon/spreadsheet/import_row.h"

#include "tests/unit/spreadsheet/sheet.h"

namespace roster::spreadsheet {
namespace {

using model::Action;
using model::Field;

model::Account Ben() {
  model::Account account;
  account.id = AccountId("b2");
  account.fields.Set(Field::kUserName, "ben@example.org");
  account.fields.Set(Field::kEmail, "ben@example.org");
  account.fields.Set(Field::kGivenName, "Ben");
  account.fields.Set(Field::kFamilyName, "Bold");
  account.fields.Set(Field::kMobilePhone, "+1 555 0100");
  account.fields.Set(Field::kGrade, "11");
  return account;
}

class ImportRowTest : public SheetTest {
 protected:
  ImportRow Made(const model::Task& task, const model::Account* account = nullptr) {
    auto row = MakeImportRow(task, account, sheet);
    EXPECT_TRUE(row) << row.error().reason;
    return row ? *row : ImportRow();
  }
};

TEST_F(ImportRowTest, AnAddHasNoIdOfTheSite) {
  const ImportRow made = Made(Add(1));
  EXPECT_EQ(made.header,
            (CsvRow{"External ID", "Email", "First Name", "Last Name", "Mobile", "Grade"}));
  EXPECT_EQ(made.row, (CsvRow{"tcs:1001", "p1@example.org", "Pia", "Probe 1", "", ""}));
  EXPECT_EQ(made.key, 0U);
}

TEST_F(ImportRowTest, AnUpdateSaysWhatStaysToo) {
  const model::Account ben = Ben();
  const ImportRow made = Made(On("b2", Action::kUpdate, {{Field::kGrade, "11", "12"}}), &ben);
  EXPECT_EQ(made.header,
            (CsvRow{"ID", "External ID", "Email", "First Name", "Last Name", "Mobile", "Grade"}));
  EXPECT_EQ(made.row,
            (CsvRow{"b2", "tcs:4711", "ben@example.org", "Ben", "Bold", "+1 555 0100", "12"}));
  EXPECT_EQ(made.key, 0U);
}

TEST_F(ImportRowTest, OneColumnIsLoginAndEmail) {
  const model::Account ben = Ben();
  const ImportRow made = Made(
      On("b2", Action::kUpdate, {{Field::kUserName, "ben@example.org", "ben.bold@example.org"}}),
      &ben);
  EXPECT_EQ(made.row.at(2), "ben.bold@example.org");
}

TEST_F(ImportRowTest, ArchiveAndRestoreSayTheSitesWord) {
  const model::Account ben = Ben();
  EXPECT_EQ(Made(On("b2", Action::kArchive), &ben).row.back(), "Archived");
  EXPECT_EQ(Made(On("b2", Action::kArchive), &ben).row.at(1), "") << "the link is left as it is";
  EXPECT_EQ(Made(On("b2", Action::kRestore), &ben).row.back(), "Active");
  EXPECT_EQ(Made(On("b2", Action::kRestore), &ben).row.at(1), "tcs:4711");
}

TEST_F(ImportRowTest, AnInvitationNamesThemAndNoMore) {
  const model::Account ben = Ben();
  EXPECT_EQ(Made(On("b2", Action::kInvite), &ben).header,
            (CsvRow{"ID", "External ID", "Email", "First Name", "Last Name"}));
}

TEST_F(ImportRowTest, WithoutAColumnForTheIdTheEmailTellsWhoseRowItIs) {
  sheet.columns.external_id.clear();
  EXPECT_EQ(Made(Add(1)).row.at(Made(Add(1)).key), "p1@example.org");
}

TEST_F(ImportRowTest, WhatASpreadsheetProgramWouldRunIsNotWritten) {
  for (const char* const name :
       {"=1+1", "+cmd", "-2+3", "@SUM(A1)", " =x", "\xC2\xA0=x", "Abel;=x", "Abel; @x"}) {
    model::Task task = Add(1);
    task.fields[2].after = name;
    const auto row = MakeImportRow(task, nullptr, sheet);
    ASSERT_FALSE(row) << name;
    EXPECT_EQ(row.error().reason, "unsafe-text");
    EXPECT_EQ(row.error().message.find(name), std::string::npos);
  }
  for (const char* const name : {"\tx", "a\rb", "a\nb", "\x01"}) {
    model::Task task = Add(1);
    task.fields[2].after = name;
    EXPECT_EQ(MakeImportRow(task, nullptr, sheet).error().reason, "invalid-text");
  }
  for (const char* const name : {"O'Brien", "Anne-Marie", "Smith, Jr.", "a@b", "#5", "50% off"}) {
    model::Task task = Add(1);
    task.fields[2].after = name;
    EXPECT_TRUE(MakeImportRow(task, nullptr, sheet)) << name;
  }
}

TEST_F(ImportRowTest, APhoneNumberMayBeginWithPlusAndBeNothingElse) {
  const auto phone = [&](const char* number) {
    model::Task task = Add(1);
    task.fields.push_back({Field::kMobilePhone, "", number});
    return MakeImportRow(task, nullptr, sheet).has_value();
  };
  EXPECT_TRUE(phone("+1 (555) 010-0123 x7"));
  EXPECT_TRUE(phone("555 0100"));
  EXPECT_FALSE(phone("+1+2"));
  EXPECT_FALSE(phone("+cmd|' /C calc'!A0"));
  EXPECT_FALSE(phone("=5550100"));
}

}  // namespace
}  // namespace roster::spreadsheet
