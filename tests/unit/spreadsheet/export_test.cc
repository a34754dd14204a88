// The site's export: to accounts that are whole, or why it can't be trusted, by line and column.

#include "daemon/spreadsheet/export.h"

#include <fcntl.h>

#include "tests/unit/spreadsheet/sheet.h"

namespace roster::spreadsheet {
namespace {

using model::Field;

constexpr const char* kAda =
    "a1,tcs:1,ada@example.org,Ada,Abel,+1 (555) 0100,09,Active,,2026-08-24 06:30,\n";

std::string Complaint(const model::Spreadsheet& sheet, const std::string& bytes) {
  const auto read = ParseExport(sheet, bytes);
  if (read) return "";
  EXPECT_EQ(read.error().code, Code::kInvalid);
  EXPECT_EQ(read.error().reason, "site-malformed");
  return read.error().message;
}

class ExportTest : public SheetTest {
 protected:
  Result<Export> ReadIt() {
    return ReadExport(sheet, clock, [](std::uint64_t, std::uint64_t) {}, {});
  }
  void Touch(Time time) const {
    const auto since = time.time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(since);
    const timespec at{whole.count(), std::chrono::nanoseconds(since - whole).count()};
    const timespec times[2] = {at, at};
    ASSERT_EQ(::utimensat(AT_FDCWD, sheet.export_file.c_str(), times, 0), 0);
  }
};

TEST_F(ExportTest, ARowIsAnAccount) {
  WriteExport(std::string(kAda) +
              "b2,,ben@example.org,Ben,\"Bold, Jr.\",,K,inactive,\"Owner; Chaplain\",never,"
              "2026-08-01\n");
  const auto read = ReadIt();
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->accounts.all.size(), 2U);
  const model::Account& ada = read->accounts.all[0];
  EXPECT_EQ(ada.id, AccountId("a1"));
  EXPECT_EQ(ada.external_id, "tcs:1");
  EXPECT_TRUE(ada.active);
  EXPECT_EQ(ada.fields.Get(Field::kUserName), "ada@example.org") << "the e-mail is the login";
  EXPECT_EQ(ada.fields.Get(Field::kMobilePhone), "+1 (555) 0100");
  EXPECT_EQ(ada.fields.Get(Field::kGrade), "09");
  EXPECT_EQ(FormatTime(ada.last_accessed.value()), "2026-08-24T06:30:00Z");
  EXPECT_FALSE(ada.invited);
  const model::Account& ben = read->accounts.all[1];
  EXPECT_FALSE(ben.active);
  EXPECT_EQ(ben.fields.Get(Field::kFamilyName), "Bold, Jr.");
  EXPECT_EQ(ben.roles, (std::vector<std::string>{"Owner", "Chaplain"}));
  EXPECT_FALSE(ben.last_accessed);
  EXPECT_TRUE(ben.invited);
  EXPECT_EQ(read->accounts.as_of, read->stamp.modified);
  EXPECT_EQ(read->Find(AccountId("b2")), &ben);
  EXPECT_EQ(read->Find(AccountId("c3")), nullptr);
  EXPECT_EQ(read->FindByExternalId("tcs:1").size(), 1U);
  EXPECT_EQ(read->FindByEmail("BEN@example.org").size(), 1U);
}

TEST_F(ExportTest, ColumnsAreFoundByTheirHeaderInAnyOrderAndCase) {
  sheet.columns = {};
  sheet.columns.id = "Number";
  sheet.columns.status = "State";
  sheet.columns.fields = {{Field::kUserName, "Login"}, {Field::kEmail, "Mail"}};
  const auto read =
      ParseExport(sheet, "mail, LOGIN ,notes,state,number\nm@example.org,me,\"x\ny\",ACTIVE,1\n");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->all.at(0).fields.Get(Field::kUserName), "me");
  EXPECT_EQ(read->all.at(0).fields.Get(Field::kEmail), "m@example.org");
}

TEST_F(ExportTest, WhatCantBeTrustedIsSaidByLineAndColumnAndNeverByValue) {
  const std::string header = kHeader;
  const auto row = [](const std::string& id, const std::string& status, const std::string& login) {
    return id + ",,Qzmarker7@example.org,A,B,,," + status + ",," + login + ",\n";
  };
  const std::vector<std::pair<std::string, std::string>> kTable = {
      {"", "The export is empty: it has no header."},
      {"\n\n", "The export is empty: it has no header."},
      {"ID,Email\n", "Line 1: the header lacks column \"External ID\", column \"Status\""},
      {"ID;Email;Status\n", "Line 1: the header lacks column \"ID\""},
      {"ID,Email,email\n", "Line 1: columns 2 and 3 have the same header."},
      {header + "a,b\n", "Line 2: has 2 columns, and the header has 11."},
      {header + row("1", "Active", "") + "\n" + row("2", "Active", ",,"),
       "Line 4: has 13 columns, and the header has 11."},
      {header + row("", "Active", ""), "Line 2: column \"ID\" is blank."},
      {header + row("1", "Active", "") + row("1", "Active", ""),
       "Line 3: column \"ID\" is that of line 2 too"},
      {header + row("1", "Qzmarker7", ""), "Line 2: column \"Status\" has a word"},
      {header + row("1", "", ""), "Line 2: column \"Status\" has a word"},
      {header + row("1", "Active", "Qzmarker7"), "Line 2: column \"Last login\" is no time"},
      {header + row("1", "Active", "2026-02-30"), "Line 2: column \"Last login\" is no time"},
      {header + row("1", "Active", "08/24/2026"), "Line 2: column \"Last login\" is no time"},
      {header + row("\"1\n\"\"2\"", "Active", ""),
       "Line 2: column \"ID\" holds a line break or a control character."},
      {header + row("\"Qz\"marker7", "Active", ""), "Line 2: column 1 has a quotation mark"},
      {header + row(std::string(1001, 'x'), "Active", ""), "Line 2: column \"ID\" is too long."},
      {header + row("\"1", "Active", ""), "Line 2: column 1 begins a quotation that never ends."},
  };
  for (const auto& [bytes, complaint] : kTable) {
    const std::string said = Complaint(sheet, bytes);
    EXPECT_EQ(said.substr(0, complaint.size()), complaint);
    EXPECT_EQ(said.find("Qzmarker7"), std::string::npos) << said;
  }
  EXPECT_EQ(Complaint(sheet, header), "") << "no accounts: the engine knows how many there were";
}

TEST_F(ExportTest, DaysAreReadAsTheConfigSays) {
  const auto day = [&](const std::string& text) {
    const auto read = ParseExport(sheet, kHeader + std::string("1,,,,,,,Active,,") + text + ",\n");
    return read ? FormatTime(read->all[0].last_accessed.value()) : read.error().message;
  };
  sheet.dates = model::DateOrder::kMonthFirst;
  EXPECT_EQ(day("08/24/2026 6:30 PM"), "2026-08-24T18:30:00Z");
  sheet.dates = model::DateOrder::kDayFirst;
  EXPECT_EQ(day("24/08/2026"), "2026-08-24T00:00:00Z");
  sheet.dates = model::DateOrder::kIso;
  EXPECT_EQ(day("2026-08-24T06:30:15Z"), "2026-08-24T06:30:15Z");
}

// Nobody guesses a century, and the store takes no time of the year 10000 back.
TEST_F(ExportTest, AYearHasFourDigitsAndIsOneOf1970To9999) {
  const auto read = [&](const std::string& text) {
    return ParseExport(sheet, kHeader + std::string("1,,,,,,,Active,,") + text + ",\n");
  };
  sheet.dates = model::DateOrder::kMonthFirst;
  for (const char* text :
       {"08/24/26", "8/24/026", "01/01/0000", "12/31/1969", "12/31/9999 23:59:60"}) {
    ASSERT_FALSE(read(text)) << text;
    EXPECT_NE(read(text).error().message.find("is no time that is written as"), std::string::npos);
  }
  EXPECT_TRUE(read("12/31/9999 23:59:59"));
  EXPECT_TRUE(read("01/01/1970"));
}

TEST_F(ExportTest, AFileThatIsNotThereOrCantBeReadIsUnavailable) {
  const auto none = ReadIt();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, "site-unavailable");
  EXPECT_NE(none.error().message.find("is not there"), std::string::npos);
  std::filesystem::create_directory(sheet.export_file);
  EXPECT_EQ(ReadIt().error().reason, "site-malformed");
}

TEST_F(ExportTest, AFileOfTomorrowIsRefused) {
  WriteExport(kAda);
  Touch(clock.Now() + std::chrono::hours(24));
  const auto read = ReadIt();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().reason, "site-stale");
  EXPECT_NE(read.error().message.find("export again"), std::string::npos);
}

TEST_F(ExportTest, AFileThatChangesWhileItIsReadIsNotUsed) {
  WriteExport(kAda);
  for (const bool replaced : {false, true}) {
    const auto read =
        ReadExport(sheet, clock,
                   [&](std::uint64_t, std::uint64_t) {
                     if (replaced) {
                       Put(sheet.export_file + ".new", kHeader);
                       std::filesystem::rename(sheet.export_file + ".new", sheet.export_file);
                     } else {
                       std::ofstream(sheet.export_file, std::ios::app) << "half a li";
                     }
                   },
                   {});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().reason, "site-incomplete");
    EXPECT_EQ(read.error().code, Code::kUnavailable);
    WriteExport(kAda);
  }
}

TEST_F(ExportTest, WhatIsSharedIsReadAgainWhenItHasChanged) {
  WriteExport(kAda);
  SharedExport shared(sheet, clock);
  const auto quiet = [](std::uint64_t, std::uint64_t) {};
  const auto first = shared.Get(quiet, {});
  ASSERT_TRUE(first);
  EXPECT_EQ(*shared.Get(quiet, {}), *first);
  WriteExport("");
  EXPECT_EQ((*shared.Get(quiet, {}))->accounts.all.size(), 0U);
  EXPECT_EQ((*first)->accounts.all.size(), 1U) << "who looks at it still has it";
  std::filesystem::remove(sheet.export_file);
  EXPECT_FALSE(shared.Get(quiet, {}));
}

}  // namespace
}  // namespace roster::spreadsheet
