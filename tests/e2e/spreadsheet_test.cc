// A school whose site has no API, with the real programs: the export is read, import files are
// written once whoever is killed, and the test plays the person who uploads them, confirms and
// exports again. An export that is too old to show what was confirmed makes no plan.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "daemon/spreadsheet/csv.h"
#include "tests/e2e/review_check.h"
#include "tests/e2e/world.h"

namespace roster::e2e {
namespace {

namespace fs = std::filesystem;
using spreadsheet::CsvRow;

constexpr const char* kExtension = "urn:ietf:params:scim:schemas:extension:volunteer:2.0:User";
const CsvRow kHeader = {"ID",     "External ID", "Login",  "Email",      "First Name", "Last Name",
                        "School", "Grade",       "Status", "Site roles", "Last login", "Invited"};

std::vector<CsvRow> ReadCsv(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  std::vector<CsvRow> rows;
  spreadsheet::CsvReader reader(',', {}, [&](std::uint64_t, CsvRow& row) -> Result<void> {
    rows.push_back(row);
    return {};
  });
  EXPECT_TRUE(reader.Feed(text.str()) && reader.Finish()) << path;
  return rows;
}

WorldOptions Options(std::uint64_t seed) {
  WorldOptions options = SmallSchool(seed);
  options.site =
      "{spreadsheet: {export: export.csv, import_directory: imports, columns: {external_id: "
      "External ID, user_name: Login, school: School, grade: Grade, site_roles: Site roles, "
      "last_accessed: Last login, invited: Invited}}}";
  return options;
}

class Spreadsheet : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(world_.Path("imports"));
    for (const Json& user : AccountsNow(world_)) Take(user);
    Export();
  }

  // The site, as the person finds it: by id, by column.
  using Account = std::map<std::string, std::string>;

  void Take(const Json& user) {
    Account account;
    account["ID"] = Text(user, "id");
    account["External ID"] = Text(user, "externalId");
    account["Login"] = Text(user, "userName");
    const Json emails = user.value("emails", Json::array());
    if (!emails.empty()) account["Email"] = Text(emails[0], "value");
    const Json name = user.value("name", Json::object());
    account["First Name"] = Text(name, "givenName");
    account["Last Name"] = Text(name, "familyName");
    const Json more = user.value(kExtension, Json::object());
    account["School"] = Text(more, "school");
    account["Grade"] = Text(more, "grade");
    account["Status"] = user.value("active", true) ? "Active" : "Archived";
    for (const Json& role : user.value("roles", Json::array())) {
      account["Site roles"] += (account["Site roles"].empty() ? "" : ";") + Text(role, "value");
    }
    site_[account["ID"]] = account;
  }

  // Written beside, and moved into its place.
  void Export() {
    const std::string path = world_.Path("export.csv");
    {
      std::ofstream file(path + ".new");
      file << spreadsheet::CsvLine(kHeader, ',');
      for (auto& [id, account] : site_) {
        CsvRow row;
        for (const std::string& column : kHeader) row.push_back(account[column]);
        file << spreadsheet::CsvLine(row, ',');
      }
    }
    fs::rename(path + ".new", path);
  }

  std::vector<std::string> ImportFiles() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(world_.Path("imports"))) {
      if (entry.path().extension() == ".csv") files.push_back(entry.path().string());
    }
    return files;
  }

  // As the site's own import does it; what was uploaded is deleted.
  void Upload(std::size_t& rows) {
    for (const std::string& path : ImportFiles()) {
      const std::vector<CsvRow> file = ReadCsv(path);
      for (std::size_t i = 1; i < file.size(); ++i) {
        ASSERT_EQ(file[i].size(), file[0].size()) << path;
        Account given;
        for (std::size_t c = 0; c < file[i].size(); ++c) given[file[0][c]] = file[i][c];
        if (!given.contains("ID")) {
          given["ID"] = "new-" + std::to_string(++made_);
          given["Status"] = "Active";
          for (const auto& [id, account] : site_) {
            EXPECT_NE(account.at("External ID"), given["External ID"]) << "added twice";
          }
        }
        ASSERT_TRUE(given["ID"].starts_with("new-") || site_.contains(given["ID"]));
        for (const auto& [column, value] : given) site_[given["ID"]][column] = value;
        ++rows;
      }
      fs::remove(path);
    }
  }

  std::uint64_t Tasks(const char* state) {
    const Json school = world_.School();
    return school.contains("tasks") ? Number(school["tasks"], state) : 0;
  }
  // Nothing is left to do but for a person.
  bool IsListed() {
    const Json tasks = world_.School().value("tasks", Json::object());
    return Number(tasks, "queued") + Number(tasks, "leased") == 0 &&
           Number(tasks, "unknown") == Number(tasks, "resting");
  }
  std::uint64_t Pending() {
    const Json counters = world_.School().at("counters");
    return Number(counters, "toAdd") + Number(counters, "toUpdate") +
           Number(counters, "toArchive") + Number(counters, "toRestore");
  }
  void Approve() {
    const Finished approved = world_.Ctl({"sync", "--yes"});
    ASSERT_EQ(approved.code, 0) << approved.out << approved.err;
  }
  // However its lines are broken.
  static std::string Flat(const std::string& text) {
    return std::regex_replace(text, std::regex("[[:space:]]+"), " ");
  }
  void ExpectStale(const std::vector<std::string>& command) {
    const Finished refused = world_.Ctl(command);
    EXPECT_NE(refused.code, 0) << refused.out;
    EXPECT_NE(Flat(refused.out + refused.err).find("xport the volunteers on the site again"),
              std::string::npos)
        << refused.out << refused.err;
  }

  World world_{Options(21)};
  std::map<std::string, Account> site_;
  int made_ = 0;
};

TEST_F(Spreadsheet, AFirstSyncGoesThroughFilesEachThingOnceWhoeverIsKilled) {
  World& world = world_;
  world.StartDaemon();
  world.StartWorker();
  world.Poll();
  world.SelectAllNew();
  const std::uint64_t planned = Pending();
  ASSERT_GT(planned, 10U);
  Approve();
  ASSERT_TRUE(Eventually([&] { return !ImportFiles().empty(); }));
  world.worker().Kill(SIGKILL);
  world.worker().Wait();
  world.StartWorker();
  ASSERT_TRUE(Eventually([&] { return IsListed(); }, std::chrono::seconds(120)));
  EXPECT_EQ(Tasks("resting") + Tasks("applied"), planned);
  EXPECT_EQ(Tasks("dead"), 0U);

  // Status says what to do, and where.
  const Finished status = world.Ctl({"status"});
  EXPECT_NE(status.out.find("imports/plan-1-*.csv"), std::string::npos) << status.out;
  EXPECT_NE(Flat(status.out).find("rosterctl confirm --plan 1"), std::string::npos) << status.out;
  const Finished tasks = world.Ctl({"tasks", "--plan", "1", "--action", "add"});
  EXPECT_NE(tasks.out.find("plan-1-add"), std::string::npos) << tasks.out;

  std::size_t uploaded = 0;
  Upload(uploaded);
  EXPECT_EQ(uploaded, Tasks("resting"));
  const Finished confirmed = world.Ctl({"confirm", "--plan", "1"});
  ASSERT_EQ(confirmed.code, 0) << confirmed.out << confirmed.err;
  EXPECT_EQ(Tasks("unknown"), 0U);
  EXPECT_EQ(world.CountEvents("syncCompleted"), 1U);

  // The export at hand is of before: nothing is planned on it, also after a restart.
  ExpectStale({"poll", "--wait"});
  ExpectStale({"plan"});
  world.daemon().Kill(SIGKILL);
  world.daemon().Wait();
  world.StartDaemon();
  ExpectStale({"poll", "--wait"});
  ExpectStale({"plan"});

  Export();
  world.Poll();
  EXPECT_EQ(Pending(), 0U);
  world.Poll();
  EXPECT_EQ(Pending(), 0U);
  const Finished verified = world.Ctl({"journal", "verify"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

TEST_F(Spreadsheet, WhatTheSiteRefusedIsRetriedInAFileOfItsOwn) {
  World& world = world_;
  world.StartDaemon();
  world.StartWorker();
  world.Poll();
  world.SelectAllNew();
  Approve();
  ASSERT_TRUE(Eventually([&] { return IsListed(); }, std::chrono::seconds(120)));
  std::string refused;
  for (const Json& row : world.CtlJson({"tasks", "--plan", "1", "--action", "add"})) {
    if (row.contains("resting")) refused = "1." + std::to_string(Int(row, "index"));
  }
  ASSERT_NE(refused, "");
  const std::uint64_t resting = Tasks("resting");
  // The site takes all but one, and the person exports before they confirm.
  std::vector<CsvRow> rows = ReadCsv(world.Path("imports") + "/plan-1-add.csv");
  const std::size_t adds = rows.size() - 1;
  const Finished confirmed = world.Ctl({"confirm", "--plan", "1", "--except", refused});
  ASSERT_EQ(confirmed.code, 0) << confirmed.out << confirmed.err;
  EXPECT_EQ(Tasks("resting"), 1U);
  EXPECT_GE(Tasks("applied") + 1, resting);
  ASSERT_EQ(world.Ctl({"retry", refused}).code, 0);
  const std::string second = world.Path("imports") + "/plan-1-add-2.csv";
  ASSERT_TRUE(Eventually([&] { return fs::exists(second) && IsListed(); }));
  EXPECT_EQ(ReadCsv(second).size(), 2U);
  EXPECT_EQ(ReadCsv(world.Path("imports") + "/plan-1-add.csv").size(), adds);
}

TEST_F(Spreadsheet, WhatIsWrongWithTheFilesIsSaidByACheck) {
  World& world = world_;
  const auto run = [&] {
    return e2e::Run({Program("daemon/rosterd"), "--config", world.config(), "--check"});
  };
  Finished checked = run();
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_EQ(checked.err, "");
  EXPECT_EQ(checked.out.find("runuser -u rosterd") != std::string::npos, ::geteuid() == 0)
      << checked.out;
  fs::remove(world.Path("export.csv"));
  checked = run();
  EXPECT_EQ(checked.code, 0) << "a person brings it later";
  EXPECT_NE(checked.err.find("is not there yet"), std::string::npos) << checked.err;
  fs::create_directory(world.Path("export.csv"));
  fs::remove_all(world.Path("imports"));
  checked = run();
  EXPECT_EQ(checked.code, 2);
  EXPECT_NE(checked.err.find("folder of import files"), std::string::npos) << checked.err;
  EXPECT_NE(checked.err.find("is no file"), std::string::npos) << "all of it at once";
}

// A folder that is not mounted is one school's trouble: both programs start, say so, and go on by
// themselves when it is there.
TEST_F(Spreadsheet, FilesThatCantBeUsedKeepNothingFromStarting) {
  World& world = world_;
  fs::remove_all(world.Path("imports"));
  fs::remove(world.Path("export.csv"));
  fs::create_directory(world.Path("export.csv"));
  world.StartDaemon();
  world.StartWorker();
  EXPECT_NE(world.Ctl({"poll", "--wait"}).code, 0);
  const std::string logs = world.Logs();
  EXPECT_NE(logs.find("The site's export"), std::string::npos) << logs;
  EXPECT_NE(logs.find("The folder of import files"), std::string::npos) << logs;
  fs::remove(world.Path("export.csv"));
  Export();
  world.Poll();
  world.SelectAllNew();
  Approve();
  ASSERT_TRUE(Eventually([&] {
    return Flat(world.Ctl({"status"}).out).find("can't be written") != std::string::npos;
  }));
  EXPECT_EQ(Tasks("dead"), 0U);
  fs::create_directory(world.Path("imports"));
  world.Ctl({"retry", "--all"});
  ASSERT_TRUE(Eventually([&] { return IsListed(); }, std::chrono::seconds(120)));
  EXPECT_FALSE(ImportFiles().empty());
}

}  // namespace
}  // namespace roster::e2e
