// The folder of import files: each task once, whoever crashes, whatever people delete, however many
// work at it.

#include "daemon/spreadsheet/import_folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <set>
#include <thread>
#include <vector>

#include "tests/unit/spreadsheet/sheet.h"

namespace roster::spreadsheet {
namespace {

using model::Task;
using Standing = ImportFolder::Standing;

class ImportFolderTest : public SheetTest {
 protected:
  ImportRow Row(const Task& task) {
    auto row = MakeImportRow(task, nullptr, sheet);
    EXPECT_TRUE(row);
    return *row;
  }
  Standing List(const Task& task) {
    const auto listed = imports().List(task, Row(task), {});
    EXPECT_TRUE(listed) << listed.error().message;
    return listed.value_or(Standing::kUnclear);
  }
  Standing Withdraw(const Task& task) {
    const auto withdrawn = imports().Withdraw(task, Row(task), {});
    EXPECT_TRUE(withdrawn) << withdrawn.error().message;
    return withdrawn.value_or(Standing::kUnclear);
  }
  // As a process begins: nothing is remembered but what is in the folder.
  ImportFolder imports() { return ImportFolder(sheet.import_directory, ',', clock); }
  // External ids, in the order of the file.
  std::vector<std::string> Listed(const std::string& name = "plan-12-add.csv") {
    std::vector<std::string> ids;
    CsvReader reader(',', {}, [&](std::uint64_t line, CsvRow& row) -> Result<void> {
      EXPECT_EQ(row.size(), 6U);
      if (line > 1) ids.push_back(row.front());
      return {};
    });
    EXPECT_TRUE(reader.Feed(Text(Import(name))) && reader.Finish());
    return ids;
  }
  using Ids = std::vector<std::string>;
};

TEST_F(ImportFolderTest, ATaskIsListedUnderItsPlanAndActionForTheGroupToRead) {
  EXPECT_EQ(List(Add(1)), Standing::kListed);
  EXPECT_EQ(List(Add(2)), Standing::kListed);
  EXPECT_EQ(Text(Import("plan-12-add.csv")),
            "External ID,Email,First Name,Last Name,Mobile,Grade\r\n"
            "tcs:1001,p1@example.org,Pia,Probe 1,,\r\n"
            "tcs:1002,p2@example.org,Pia,Probe 2,,\r\n");
  struct stat found {};
  ASSERT_EQ(::stat(Import("plan-12-add.csv").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0640U);
  List(Add(1, 13));
  EXPECT_EQ(Listed("plan-13-add.csv"), Ids{"tcs:1001"});
}

TEST_F(ImportFolderTest, WhatNobodyKnowsIsNotListedTwice) {
  List(Add(1));
  EXPECT_EQ(List(Again(Add(1), "lease-expired")), Standing::kListed);
  EXPECT_EQ(Listed(), Ids{"tcs:1001"});
  EXPECT_EQ(List(Again(Add(2), "lease-expired")), Standing::kListed) << "it never was";
  EXPECT_EQ(Listed(), (Ids{"tcs:1001", "tcs:1002"}));
}

TEST_F(ImportFolderTest, AFileThatWasDeletedAfterItWasUploadedIsNotWrittenAnew) {
  List(Add(1));
  std::filesystem::remove(Import("plan-12-add.csv"));
  EXPECT_EQ(List(Again(Add(1), "restored")), Standing::kListed);
  EXPECT_FALSE(std::filesystem::exists(Import("plan-12-add.csv")));
  List(Add(2));
  EXPECT_EQ(Listed(), Ids{"tcs:1002"}) << "later ones are in a file of their own";
}

TEST_F(ImportFolderTest, WithoutALedgerTheFileItselfTells) {
  List(Add(1));
  std::filesystem::remove(Import(".plan-12-add.listed"));
  EXPECT_EQ(List(Again(Add(1), "lease-expired")), Standing::kListed);
  EXPECT_EQ(Listed(), Ids{"tcs:1001"});
}

TEST_F(ImportFolderTest, WhatAPersonRetriesMovesToTheNextFile) {
  List(Add(1));
  List(Add(2));
  EXPECT_EQ(List(Again(Add(1), "")), Standing::kListed);
  EXPECT_EQ(Listed(), Ids{"tcs:1002"});
  EXPECT_EQ(Listed("plan-12-add-2.csv"), Ids{"tcs:1001"});
  std::filesystem::remove(Import("plan-12-add-2.csv"));
  EXPECT_EQ(List(Again(Again(Add(1), ""), "")), Standing::kListed);
  EXPECT_EQ(Listed("plan-12-add-3.csv"), Ids{"tcs:1001"});
}

TEST_F(ImportFolderTest, AnAttemptThatAnotherHasOvertakenListsNothing) {
  EXPECT_EQ(List(Again(Add(1), "lease-expired")), Standing::kListed);
  EXPECT_EQ(List(Add(1)), Standing::kListed) << "the one before, late";
  EXPECT_EQ(Listed(), Ids{"tcs:1001"});
  EXPECT_EQ(Withdraw(Again(Add(2), "lease-expired")), Standing::kNever);
  EXPECT_EQ(List(Add(2)), Standing::kListed) << "as it is told, whose word no longer counts";
  EXPECT_EQ(Listed(), Ids{"tcs:1001"});
}

TEST_F(ImportFolderTest, WhatIsNotWantedAnyMoreIsTakenOutWhenAPersonSaysItIsNotDone) {
  List(Add(1));
  List(Add(2));
  EXPECT_EQ(Withdraw(Again(Add(1), "lease-expired")), Standing::kListed) << "it may be uploaded";
  EXPECT_EQ(Withdraw(Again(Add(2), "")), Standing::kNever);
  EXPECT_EQ(Listed(), Ids{"tcs:1001"});
}

// A crash at every byte of what is written: the row that was cut off is written anew, the others
// stay, and each is there once.
TEST_F(ImportFolderTest, AfterACrashAtAnyByteEachIsThereOnce) {
  List(Add(1));
  List(Add(2));
  const std::string rows = Text(Import("plan-12-add.csv"));
  const std::string ledger = Text(Import(".plan-12-add.listed"));
  const std::size_t rows_before = rows.find("tcs:1002");
  const std::size_t begun = ledger.find("list 2");
  const std::size_t done = ledger.find("done", begun);
  const auto crash = [&](std::size_t ledger_size, std::size_t rows_size) {
    Put(Import(".plan-12-add.listed"), ledger.substr(0, ledger_size));
    Put(Import("plan-12-add.csv"), rows.substr(0, rows_size));
    EXPECT_EQ(List(Again(Add(2), "lease-expired")), Standing::kListed);
    EXPECT_EQ(List(Again(Add(1), "lease-expired")), Standing::kListed);
    EXPECT_EQ(List(Add(3)), Standing::kListed);
    EXPECT_EQ(Listed(), (Ids{"tcs:1001", "tcs:1002", "tcs:1003"}))
        << ledger_size << " bytes of the ledger, " << rows_size << " of the file";
  };
  for (std::size_t size = begun; size < done; ++size) crash(size, rows_before);
  for (std::size_t size = rows_before; size <= rows.size(); ++size) crash(done, size);
  for (std::size_t size = done; size <= ledger.size(); ++size) crash(size, rows.size());
}

TEST_F(ImportFolderTest, ACrashBeforeTheFirstRowLeavesNoQuestion) {
  List(Add(1));
  const std::string header = Text(Import("plan-12-add.csv")).substr(0, 53);
  ASSERT_TRUE(header.ends_with("\r\n"));
  std::filesystem::remove(Import(".plan-12-add.listed"));
  Put(Import("plan-12-add.csv"), header);
  EXPECT_EQ(List(Again(Add(1), "lease-expired")), Standing::kListed);
  EXPECT_EQ(Listed(), Ids{"tcs:1001"});
}

TEST_F(ImportFolderTest, WhoEditsAFileMayLeaveItsLastLineOpen) {
  List(Add(1));
  std::string text = Text(Import("plan-12-add.csv"));
  Put(Import("plan-12-add.csv"), text.substr(0, text.size() - 2));
  List(Add(2));
  EXPECT_EQ(Listed(), (Ids{"tcs:1001", "tcs:1002"}));
}

TEST_F(ImportFolderTest, WhatIsNotAsItWasLeftIsSaidAndNotTouched) {
  List(Add(1));
  Put(Import("plan-12-add.csv"), "Other,Columns\r\n");
  const auto damaged = imports().List(Add(2), Row(Add(2)), {});
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().reason, "import-damaged");
  EXPECT_EQ(Text(Import("plan-12-add.csv")), "Other,Columns\r\n");
  Put(Import(".plan-12-add.listed"), "nonsense\n");
  EXPECT_EQ(imports().List(Add(2), Row(Add(2)), {}).error().reason, "import-damaged");
  std::filesystem::remove_all(sheet.import_directory);
  EXPECT_EQ(imports().List(Add(2), Row(Add(2)), {}).error().reason, "import-unwritable");
}

TEST_F(ImportFolderTest, TheFileThatIsNotAsItWasLeftIsNamed) {
  List(Add(1));
  Put(Import("plan-12-add.csv"), "Other,Columns\r\n");
  const std::string file = imports().List(Add(2), Row(Add(2)), {}).error().message;
  EXPECT_NE(file.find("file plan-12-add.csv is"), std::string::npos) << file;
  EXPECT_EQ(file.find(folder.string()), std::string::npos) << file;
  Put(Import(".plan-12-add.listed"), "nonsense\n");
  const std::string ledger = imports().List(Add(2), Row(Add(2)), {}).error().message;
  EXPECT_NE(ledger.find("ledger .plan-12-add.listed is"), std::string::npos) << ledger;
}

// Programs that save such a file write a byte order mark, line feeds alone, or quotes everywhere.
TEST_F(ImportFolderTest, AFileThatAProgramSavedIsGoneOnWith) {
  for (const std::string& header :
       {std::string("External ID,Email,First Name,Last Name,Mobile,Grade\n"),
        std::string("\xef\xbb\xbf"
                    "External ID,Email,First Name,Last Name,Mobile,Grade\r\n"),
        std::string("\"External ID\",\"Email\",\"First Name\",\"Last Name\",Mobile,Grade\n")}) {
    Put(Import("plan-12-add.csv"), header + "tcs:1001,p1@example.org,Pia,Probe 1,,\n");
    std::filesystem::remove(Import(".plan-12-add.listed"));
    EXPECT_EQ(List(Add(2)), Standing::kListed);
    EXPECT_EQ(Listed(), (Ids{"tcs:1001", "tcs:1002"})) << header;
    EXPECT_EQ(List(Again(Add(2), "")), Standing::kListed);
    EXPECT_EQ(Listed(), Ids{"tcs:1001"}) << header;
    std::filesystem::remove(Import("plan-12-add-2.csv"));
  }
}

TEST_F(ImportFolderTest, AFileWithoutARowIsNotLeftToBeUploaded) {
  List(Add(1));
  List(Again(Add(1), ""));
  EXPECT_FALSE(std::filesystem::exists(Import("plan-12-add.csv")));
  EXPECT_EQ(Listed("plan-12-add-2.csv"), Ids{"tcs:1001"});
  EXPECT_EQ(List(Add(2)), Standing::kListed);
  EXPECT_EQ(Listed(), Ids{"tcs:1002"});
  EXPECT_EQ(Withdraw(Again(Add(2), "")), Standing::kNever);
  EXPECT_FALSE(std::filesystem::exists(Import("plan-12-add.csv")));
}

// All files of a plan are uploaded together: what an earlier state invited or archived under its
// number must not be among them.
TEST_F(ImportFolderTest, BesideForeignFilesOfAPlanNoneIsBegun) {
  List(Add(1));
  Task task = Add(2);
  task.origin = "ba9876543210";
  task.action = model::Action::kInvite;
  const auto listed = imports().List(task, Row(task), {});
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().reason, "import-foreign");
  EXPECT_NE(listed.error().message.find(".plan-12-add.listed"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(Import("plan-12-invite.csv")));
  task.id.plan = PlanId(13);
  EXPECT_EQ(List(task), Standing::kListed) << "a plan of its own number";
  task.id.plan = PlanId(12);
  std::filesystem::remove(Import(".plan-12-add.listed"));
  EXPECT_EQ(List(task), Standing::kListed);
}

// A state that is lost begins its plans from 1 again: what the folder still knows of plan 12 is of
// other people, and says nothing of this one.
TEST_F(ImportFolderTest, ALedgerOfAnotherStateIsNotBelieved) {
  List(Add(1));
  List(Again(Add(1), "lease-expired"));
  std::filesystem::remove(Import("plan-12-add.csv"));  // uploaded
  Task task = Add(1);
  task.origin = "ba9876543210";
  const auto listed = imports().List(task, Row(task), {});
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().reason, "import-foreign");
  EXPECT_NE(listed.error().message.find(".plan-12-add.listed"), std::string::npos);
  EXPECT_EQ(imports().Withdraw(Again(task, ""), Row(task), {}).error().reason, "import-foreign");
  EXPECT_FALSE(std::filesystem::exists(Import("plan-12-add.csv")));
  std::filesystem::remove(Import(".plan-12-add.listed"));
  EXPECT_EQ(List(task), Standing::kListed);
  EXPECT_EQ(Listed(), Ids{"tcs:1001"});
}

TEST_F(ImportFolderTest, ALedgerThatSaysNoOriginIsOurs) {
  Task untold = Add(1);
  untold.origin.clear();
  List(untold);
  EXPECT_EQ(Text(Import(".plan-12-add.listed")).find("of "), std::string::npos);
  EXPECT_EQ(List(Again(Add(1), "lease-expired")), Standing::kListed);
  EXPECT_EQ(List(Add(2)), Standing::kListed);
  EXPECT_EQ(Listed(), (Ids{"tcs:1001", "tcs:1002"}));
  // And who is not told, asks not.
  List(Add(1, 13));
  untold.id.plan = PlanId(13);
  EXPECT_EQ(List(Again(untold, "lease-expired")), Standing::kListed);
}

TEST_F(ImportFolderTest, AnOriginThatACrashHasCutOffIsWrittenAnew) {
  List(Add(1));
  const std::string ledger = Text(Import(".plan-12-add.listed"));
  const std::string origin = ledger.substr(0, ledger.find('\n') + 1);
  ASSERT_EQ(origin, "of 0123456789ab\n");
  for (std::size_t size = 0; size <= origin.size(); ++size) {
    std::filesystem::remove(Import("plan-12-add.csv"));
    Put(Import(".plan-12-add.listed"), origin.substr(0, size));
    EXPECT_EQ(List(Add(1)), Standing::kListed);
    EXPECT_EQ(Text(Import(".plan-12-add.listed")), ledger);
  }
}

TEST_F(ImportFolderTest, ThreadsAndProcessesListEachOnce) {
  constexpr std::uint32_t kTasks = 24;
  const auto work = [&](bool again) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        for (std::uint32_t index = 1; index <= kTasks; ++index) {
          const Task task = again ? Again(Add(index), "lease-expired") : Add(index);
          (void)imports().List(task, Row(task), {});
        }
      });
    }
  };
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (std::uint32_t index = kTasks; index >= 1; --index) {
      const Task task = Again(Add(index), "lease-expired");
      if (!imports().List(task, Row(task), {})) ::_exit(1);
    }
    ::_exit(0);
  }
  work(true);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  const Ids all = Listed();
  EXPECT_EQ(all.size(), kTasks);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), kTasks);
}

}  // namespace
}  // namespace roster::spreadsheet
