// A site without an API: looks into its export first, lists what is to be done once, and never
// takes what it can't know for known.

#include "daemon/spreadsheet/spreadsheet_site.h"

#include "daemon/spreadsheet/paths.h"
#include "tests/unit/spreadsheet/sheet.h"

namespace roster::spreadsheet {
namespace {

using model::Action;
using model::Field;
using model::Task;

std::string Word(const model::Outcome& outcome) {
  if (const auto* applied = std::get_if<model::Applied>(&outcome)) {
    return std::string("applied") + (applied->already ? " already: " : ": ") +
           applied->account.id.value();
  }
  if (const auto* failed = std::get_if<model::Failed>(&outcome)) {
    return std::string(failed->again ? "again: " : "failed: ") + failed->reason +
           (failed->site_failing ? " (site)" : "");
  }
  if (const auto* superseded = std::get_if<model::Superseded>(&outcome)) {
    return "superseded: " + superseded->reason;
  }
  const auto& unknown = std::get<model::Unknown>(outcome);
  return "unknown: " + unknown.reason + (unknown.untold ? " (untold)" : "");
}

constexpr const char* kListed = "unknown: to-upload (untold)";

class SpreadsheetSiteTest : public SheetTest {
 protected:
  std::string Run(const Task& task, const std::stop_token& stop = {}) {
    SharedExport shared(sheet, clock);
    SpreadsheetSite site(shared, {"owner", "Manager"}, clock);
    return Word(site.Execute(task, stop));
  }
  // Ben, who is linked: as the approval saw him.
  static std::string Ben(const std::string& grade = "11", const std::string& status = "Active",
                         const std::string& more = ",,", const std::string& link = "tcs:4711") {
    return "b2," + link + ",ben@example.org,Ben,Bold,," + grade + "," + status + "," + more + "\n";
  }
  Task Update() { return On("b2", Action::kUpdate, {{Field::kGrade, "11", "12"}}); }
  bool HasImports() { return !std::filesystem::is_empty(sheet.import_directory); }
};

TEST_F(SpreadsheetSiteTest, ReadsTheExportAsOfWhenItWasMade) {
  WriteExport(Ben());
  SharedExport shared(sheet, clock);
  SpreadsheetSite site(shared, {}, clock);
  const auto accounts = site.ReadAccounts([](std::uint64_t, std::uint64_t) {}, {});
  ASSERT_TRUE(accounts) << accounts.error().message;
  EXPECT_EQ(accounts->all.size(), 1U);
  EXPECT_TRUE(accounts->as_of);
  EXPECT_TRUE(accounts->has_extension);
}

TEST_F(SpreadsheetSiteTest, WhatIsThereAlreadyIsAppliedAndListedNowhere) {
  WriteExport(Ben("12") + "a1,tcs:1001,p1@example.org,Pia,Probe,,,Active,,,\n" +
              "c3,tcs:4711x,c@example.org,Cy,Cole,,,Archived,,,\n");
  EXPECT_EQ(Run(Update()), "applied already: b2");
  EXPECT_EQ(Run(Add(1)), "applied already: a1");
  EXPECT_FALSE(HasImports());
}

TEST_F(SpreadsheetSiteTest, WhatIsNotThereIsListed) {
  WriteExport(Ben());
  EXPECT_EQ(Run(Update()), kListed);
  EXPECT_EQ(Run(Add(1)), kListed);
  EXPECT_EQ(Run(On("b2", Action::kArchive)), kListed);
  EXPECT_EQ(Run(On("b2", Action::kInvite)), kListed);
  for (const char* const name :
       {"plan-12-update.csv", "plan-12-add.csv", "plan-12-archive.csv", "plan-12-invite.csv"}) {
    EXPECT_TRUE(std::filesystem::exists(Import(name))) << name;
  }
}

TEST_F(SpreadsheetSiteTest, WhatIsOtherwiseThanApprovedIsLeft) {
  WriteExport(Ben("10"));
  EXPECT_EQ(Run(Update()), "superseded: changed-on-site");
  WriteExport(Ben("11", "Archived"));
  EXPECT_EQ(Run(Update()), "superseded: archived-on-site");
  WriteExport(Ben("11", "Active", "Manager,,"));
  EXPECT_EQ(Run(Update()), "superseded: protected");
  EXPECT_EQ(Run(On("b2", Action::kArchive)), "superseded: protected");
  WriteExport(Ben("11", "Active", ",,", "tcs:1"));
  EXPECT_EQ(Run(Update()), "superseded: linked-elsewhere");
  WriteExport("");
  EXPECT_EQ(Run(Update()), "superseded: gone");
  WriteExport("z9,,P1@example.org,Other,Person,,,Active,,,\n");
  EXPECT_EQ(Run(Add(1)), "superseded: username-taken");
  WriteExport(
      "z8,tcs:1001,x@example.org,A,B,,,Active,,,\nz9,tcs:1001,y@example.org,A,B,,,Active,,,\n");
  EXPECT_EQ(Run(Add(1)), "superseded: ambiguous");
  EXPECT_FALSE(HasImports());
}

// Rules, 17: given to somebody else since the approval.
TEST_F(SpreadsheetSiteTest, AnAddressThatAnotherAccountHasIsNotListed) {
  const Task moves =
      On("b2", Action::kUpdate, {{Field::kEmail, "ben@example.org", "fam@example.org"}});
  WriteExport(Ben() + "z9,,Fam@example.org,Other,Person,,,Archived,,,\n");
  EXPECT_EQ(Run(moves), "superseded: username-taken");
  const Task returns = On("b2", Action::kRestore, moves.fields);
  WriteExport(Ben("11", "Archived") + "z9,,fam@example.org,Other,Person,,,Active,,,\n");
  EXPECT_EQ(Run(returns), "superseded: username-taken");
  EXPECT_FALSE(HasImports());
  WriteExport(Ben());
  EXPECT_EQ(Run(moves), kListed);
  WriteExport(Ben() + "z9,,fam@example.org,Other,Person,,,Active,,,\n");
  EXPECT_EQ(Run(Again(moves, "restored")), kListed) << "it may have been uploaded";
  Task grade = Update();
  grade.id.index = 8;
  EXPECT_EQ(Run(grade), kListed) << "no address is written";
}

TEST_F(SpreadsheetSiteTest, AnInvitationIsListedOnceAndKnownByTheExport) {
  const Task invite = On("b2", Action::kInvite);
  WriteExport(Ben());
  EXPECT_EQ(Run(invite), kListed);
  EXPECT_EQ(Run(Again(invite, "lease-expired")), kListed);
  std::filesystem::remove(Import("plan-12-invite.csv"));
  EXPECT_EQ(Run(Again(Again(invite, "lease-expired"), "lease-expired")), kListed);
  EXPECT_FALSE(std::filesystem::exists(Import("plan-12-invite.csv")));
  WriteExport(Ben("11", "Active", ",,2026-08-24"));
  EXPECT_EQ(Run(Again(invite, "restored")), "applied already: b2");
  WriteExport(Ben("11", "Active", ",2026-08-24,"));
  EXPECT_EQ(Run(On("b2", Action::kInvite)), "superseded: already-accessed");
  sheet.columns.invited.clear();
  EXPECT_EQ(Run(On("b2", Action::kInvite)), "failed: no-invitations");
}

TEST_F(SpreadsheetSiteTest, WhatIsOnlyLookedAtIsNotListed) {
  WriteExport(Ben());
  Task look = Again(Update(), "lease-expired");
  look.look_only = true;
  EXPECT_EQ(Run(look), "superseded: changed") << "no attempt has listed it";
  EXPECT_EQ(Run(Update()), kListed) << "nor does the one before, that is late";
  EXPECT_FALSE(std::filesystem::exists(Import("plan-12-update.csv")));
  Task listed = Add(3);
  EXPECT_EQ(Run(listed), kListed);
  listed = Again(listed, "lease-expired");
  listed.look_only = true;
  EXPECT_EQ(Run(listed), kListed) << "it may have been uploaded";
  listed = Again(listed, "");
  EXPECT_EQ(Run(listed), "superseded: changed") << "a person has said that it was not";
  EXPECT_EQ(Text(Import("plan-12-add.csv")).find("tcs:1003"), std::string::npos);
}

TEST_F(SpreadsheetSiteTest, WhatWasListedDoesNotEndBecauseTheAccountLooksOtherwise) {
  WriteExport(Ben());
  EXPECT_EQ(Run(Update()), kListed);
  WriteExport(Ben("10"));
  EXPECT_EQ(Run(Again(Update(), "restored")), kListed);
  WriteExport("");
  EXPECT_EQ(Run(Again(Update(), "restored")), kListed);
  WriteExport(Ben("12"));
  EXPECT_EQ(Run(Again(Update(), "restored")), "applied already: b2");
}

TEST_F(SpreadsheetSiteTest, ALinkIsOursAloneWhereTheSiteHasNoColumnForIt) {
  WriteExport(Ben("11", "Active", ",,", ""));
  Task link = On("b2", Action::kUpdate);
  EXPECT_EQ(Run(link), kListed) << "the external id is to be written";
  sheet.columns.external_id.clear();
  link.fitted_by = model::FittedBy{"ben@example.org", "ben@example.org", ""};
  EXPECT_EQ(Run(link), "applied already: b2");
  link.fitted_by = model::FittedBy{"ann@example.org", "ann@example.org", ""};
  EXPECT_EQ(Run(link), "superseded: changed-on-site") << "it was hers, and is another's";
  EXPECT_EQ(Run(Add(1)), kListed);
  EXPECT_NE(Text(Import("plan-12-add.csv")).find("p1@example.org"), std::string::npos);
}

TEST_F(SpreadsheetSiteTest, WhatCantBeWrittenSafelyIsDead) {
  WriteExport("");
  Task task = Add(1);
  task.fields[2].after = "=HYPERLINK(1)";
  EXPECT_EQ(Run(task), "failed: unsafe-text");
  EXPECT_EQ(Run(On("", Action::kUpdate)), "failed: invalid-task");
  EXPECT_FALSE(HasImports());
}

TEST_F(SpreadsheetSiteTest, WithoutAnExportNothingIsListed) {
  EXPECT_EQ(Run(Add(1)), "again: site-unavailable (site)");
  Put(sheet.export_file, "half");
  EXPECT_EQ(Run(Add(1)), "again: site-malformed (site)");
  WriteExport("");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(Run(Add(1), stop.get_token()), "again: stopped");
  EXPECT_FALSE(HasImports());
}

TEST_F(SpreadsheetSiteTest, PathsThatCantBeUsedAreSaidWithWords) {
  EXPECT_EQ(CheckExport(sheet).error().reason, "export-missing");
  WriteExport("");
  EXPECT_TRUE(CheckExport(sheet));
  const std::string file = std::exchange(sheet.export_file, folder.string());
  EXPECT_EQ(CheckExport(sheet).error().reason, "export-unreadable");
  EXPECT_NE(CheckExport(sheet).error().message.find("is no file"), std::string::npos);
  sheet.export_file = folder.string() + "/pipe";
  ASSERT_EQ(::mkfifo(sheet.export_file.c_str(), 0600), 0);
  EXPECT_EQ(CheckExport(sheet).error().reason, "export-unreadable");
  sheet.export_file = file;
  EXPECT_TRUE(CheckImportsReadable(sheet));
  EXPECT_TRUE(CheckImportsWritable(sheet));
  sheet.import_directory += "/none";
  EXPECT_EQ(CheckImportsReadable(sheet).error().reason, "imports-unreadable");
  EXPECT_EQ(CheckImportsWritable(sheet).error().reason, "imports-unwritable");
  sheet.import_directory = sheet.export_file;
  EXPECT_NE(CheckImportsWritable(sheet).error().message.find("no folder"), std::string::npos);
}

}  // namespace
}  // namespace roster::spreadsheet
