// The record: filters, export for an auditor, what is known, and who is forgotten.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "client/commands.h"
#include "client/follow.h"
#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

namespace fs = std::filesystem;

class Record : public testing::Test {
 protected:
  Record() {
    std::string name = (fs::temp_directory_path() / "record-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    world_.daemon.On("get_status", [this](const v1::Request&) {
      v1::Reply reply = SampleStatus();
      reply.mutable_status()->mutable_schools(0)->set_head(journal_.size());
      return reply;
    });
    world_.daemon.On("replay", [this](const v1::Request& request) {
      v1::Reply reply;
      reply.mutable_replay()->set_head(journal_.size());
      for (std::size_t i = request.replay().since();
           i < journal_.size() - lost_ && i < request.replay().since() + request.replay().limit();
           ++i) {
        reply.mutable_replay()->add_entries(journal_[i]);
      }
      return reply;
    });
    Add("uid:1000", 0).mutable_plan_prepared()->set_plan(7);
    Keep();
    auto& decided = *Add("uid:1001", 60).mutable_persons_decided();
    decided.add_persons(10412);
    decided.add_persons(10998);
    Keep();
    auto& approved = *Add("uid:1000", 120).mutable_plan_approved();
    approved.set_plan(7);
    approved.add_left_out(10998);
    Keep();
    auto& applied = *Add("worker:w", 180).mutable_task_applied();
    applied.set_plan(7);
    applied.set_person(10412);
    Keep();
    auto* retried = Add("uid:1001", 240).mutable_tasks_retried()->add_tasks();
    retried->set_plan(8);
    retried->set_person(4711);
    Keep();
  }
  ~Record() override { fs::remove_all(directory_); }

  v1::Entry& Add(const std::string& actor, int seconds) {
    entry_ = {};
    entry_.set_version(1);
    entry_.set_school("tcs");
    entry_.set_seq(journal_.size() + 1);
    entry_.set_actor(actor);
    *entry_.mutable_at() = At(seconds);
    entry_.set_previous(journal_.empty() ? std::string(32, '\0') : EntryHash(journal_.back()));
    return entry_;
  }
  void Keep() { journal_.push_back(entry_.SerializeAsString()); }

  std::vector<int> Shown(std::vector<std::string> args) {
    args.insert(args.begin(), "journal");
    const Ran ran = world_.Run(args);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    std::vector<int> seqs;
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) seqs.push_back(std::stoi(line));
    return seqs;
  }
  static std::string Read(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  FakeWorld world_;
  v1::Entry entry_;
  std::vector<std::string> journal_;
  std::size_t lost_ = 0;  // entries at its end that rosterd does not have
  fs::path directory_;
};

using Seqs = std::vector<int>;

TEST_F(Record, IsFilteredByWhoWhatWhomAndWhen) {
  EXPECT_EQ(Shown({}), (Seqs{1, 2, 3, 4, 5}));
  EXPECT_EQ(Shown({"--actor", "uid:1000"}), (Seqs{1, 3}));
  EXPECT_EQ(Shown({"--actor", "uid:10"}), Seqs{}) << "a whole name";
  EXPECT_EQ(Shown({"--type", "PlanApproved,TaskApplied"}), (Seqs{3, 4}));
  EXPECT_EQ(Shown({"--person", "10412"}), (Seqs{2, 4}));
  EXPECT_EQ(Shown({"--person", "10998"}), (Seqs{2, 3}));
  EXPECT_EQ(Shown({"--person", "4711"}), Seqs{5});
  EXPECT_EQ(Shown({"--plan", "7"}), (Seqs{1, 3, 4}));
  EXPECT_EQ(Shown({"--plan", "8"}), Seqs{5});
  EXPECT_EQ(Shown({"--person", "7"}), Seqs{}) << "a plan is no person";
  EXPECT_EQ(Shown({"--plan", "7", "--actor", "uid:1000", "--since", "1"}), Seqs{3});
  const auto utc = [](int seconds) {
    const std::time_t time = At(seconds).seconds();
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[32];
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
  };
  EXPECT_EQ(Shown({"--since", utc(60), "--until", utc(180)}), (Seqs{2, 3, 4}));
  EXPECT_EQ(Shown({"--until", utc(59)}), Seqs{1});
}

TEST_F(Record, WhatIsNoTimeIsSaid) {
  for (const char* text : {"yesterday", "2026-13-01", "2026-02-31", "2026-08-24 25:00"}) {
    const Ran ran = world_.Run({"journal", "--until", text});
    EXPECT_EQ(ran.exit, 2) << text;
    EXPECT_NE(ran.err.find("2026-08-24T06:30"), std::string::npos) << ran.err;
  }
}

TEST_F(Record, ExportWritesALineAnEntryWithItsDigest) {
  const fs::path file = directory_ / "audit.jsonl";
  const Ran ran = world_.Run({"journal", "export", file.string()});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, "");
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  std::istringstream lines(Read(file));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(line.find("{\"hash\":\"" + Hex(EntryHash(journal_.at(count))) + "\",\"entry\":{"),
              0U);
    EXPECT_NE(line.find("\"seq\":\"" + std::to_string(count + 1) + "\""), std::string::npos);
    EXPECT_EQ(line.substr(line.size() - 2), "}}");
  }
  EXPECT_EQ(count, journal_.size());
  EXPECT_NE(ran.err.find(Hex(EntryHash(journal_.back()))), std::string::npos)
      << "the digest that the next export goes on from";
  EXPECT_NE(ran.err.find("--since 5"), std::string::npos);
}

TEST_F(Record, ExportGoesOnWhereItEnded) {
  const Ran all = world_.Run({"journal", "export"});
  EXPECT_EQ(all.exit, 0);
  const Ran first = world_.Run({"journal", "export", "--since", "3"});
  EXPECT_EQ(std::count(first.out.begin(), first.out.end(), '\n'), 2);
  EXPECT_TRUE(all.out.ends_with(first.out));
  EXPECT_EQ(world_.Run({"journal", "export", "--since", "5"}).out, "");
  EXPECT_EQ(world_.Run({"journal", "export", "--since", "6"}).exit, 2);
}

TEST_F(Record, ExportLeavesFilesThatAreThereAlone) {
  const fs::path file = directory_ / "audit.jsonl";
  std::ofstream(file) << "mine";
  const Ran ran = world_.Run({"journal", "export", file.string()});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("is there already"), std::string::npos);
  EXPECT_EQ(Read(file), "mine");
  const fs::path link = directory_ / "link.jsonl";
  fs::create_symlink(directory_ / "elsewhere", link);
  EXPECT_EQ(world_.Run({"journal", "export", link.string()}).exit, 1);
  EXPECT_FALSE(fs::exists(directory_ / "elsewhere"));
  EXPECT_EQ(world_.Run({"journal", "export", (directory_ / "no" / "dir").string()}).exit, 1);
}

TEST_F(Record, ExportOfAJournalWithoutItsEndIsNoSuccess) {
  lost_ = 2;
  const Ran ran = world_.Run({"journal", "export"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 3);
  EXPECT_NE(ran.err.find("behind entry 3 up to 5"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("journal verify"), std::string::npos) << ran.err;
}

TEST_F(Record, ExportStopsAtABreakAndSaysWhatIsWhole) {
  journal_[3] = journal_[2];
  const fs::path file = directory_ / "audit.jsonl";
  const Ran ran = world_.Run({"journal", "export", file.string()});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("journal verify"), std::string::npos);
  EXPECT_NE(ran.err.find("--since 3"), std::string::npos);
  const std::string text = Read(file);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_EQ(text.back(), '\n');
}

TEST_F(Record, WhatGoesWithExportAndVerifyIsSaid) {
  EXPECT_EQ(world_.Run({"journal", "export", "--actor", "uid:1000"}).exit, 2);
  EXPECT_EQ(world_.Run({"journal", "export", "--since", "2026-08-24"}).exit, 2);
  EXPECT_EQ(world_.Run({"journal", "verify", "--plan", "7"}).exit, 2);
  EXPECT_EQ(world_.Run({"journal", "verify", "file"}).exit, 2);
}

TEST_F(Record, AnActorIsNoName) {
  for (const char* wrong :
       {"bob", "uid:", "uid:bob", "key:", "key:9f86", "worker:", "key:ZZ", "uid:-1", "Rosterd"}) {
    const Ran ran = world_.Run({"journal", "--actor", wrong});
    EXPECT_EQ(ran.exit, 2) << wrong;
    EXPECT_NE(ran.err.find("uid:1000"), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find("rosterctl whoami"), std::string::npos);
  }
  for (const char* right : {"uid:0", "key:9f86d081884c7d65", "worker:w1", "rosterd"}) {
    EXPECT_EQ(world_.Run({"journal", "--actor", right}).exit, 0) << right;
  }
}

TEST_F(Record, ForgetAsksAndRemoves) {
  v1::Reply reply;
  reply.mutable_forget()->set_forgotten(1);
  auto* refused = reply.mutable_forget()->add_refused();
  refused->set_person(10998);
  refused->set_reason("still-here");
  refused->set_sentence("They have not left.");
  world_.daemon.On("forget", reply);
  EXPECT_EQ(world_.Run({"forget", "10412"}).exit, 2) << "nobody is here to be asked";
  EXPECT_TRUE(world_.daemon.Requests("forget").empty());
  const Ran ran = world_.Run({"forget", "10998", "10412", "--yes"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_NE(ran.out.find("What was held of 1 person is removed."), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("10998: They have not left."), std::string::npos);
  const auto sent = world_.daemon.Requests("forget");
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].forget().persons_size(), 2);
  EXPECT_NE(sent[0].command_id(), "");
  world_.terminal = Terminal{80, true, true, true, false};
  const Ran no = world_.Run({"forget", "10412"}, "n\n");
  EXPECT_EQ(no.exit, 1);
  EXPECT_NE(no.err.find("Remove for good what is held of person 10412?"), std::string::npos);
  EXPECT_EQ(world_.daemon.Requests("forget").size(), 1U);
}

TEST_F(Record, AckSaysUpToWhere) {
  v1::Reply reply;
  reply.mutable_acknowledge()->set_seq(42);
  world_.daemon.On("acknowledge", reply);
  const Ran ran = world_.Run({"ack"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("42"), std::string::npos);
  world_.Run({"ack", "12"});
  const auto sent = world_.daemon.Requests("acknowledge");
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].acknowledge().seq(), 0U);
  EXPECT_EQ(sent[1].acknowledge().seq(), 12U);
  EXPECT_NE(sent[1].command_id(), "");
}

}  // namespace
}  // namespace roster::client
