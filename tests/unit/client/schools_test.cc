// Several schools in one rosterd: what lists is of all of them, what changes something is not.
// ROSTER_UPDATE_GOLDEN=1 refreshes tests/data/golden/client.

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "client/follow.h"
#include "roster/v1/events.pb.h"
#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

v1::Reply Refusal() {
  return ErrorOf("refused", "role-missing",
                 "That needs the role viewer. `rosterctl whoami` says which roles you have.");
}

// tcs has people, groups, tasks and entries; north has none of them; south has another entry.
class Schools : public testing::Test {
 protected:
  Schools() {
    world_.daemon.On("who_am_i", WhoIn({"tcs", "north", "south"}));
    world_.daemon.On("get_status", [this](const v1::Request& request) {
      v1::Reply reply = SampleStatus();
      v1::Status& status = *reply.mutable_status();
      const v1::SchoolStatus sample = status.schools(0);
      status.clear_schools();
      for (const auto& [id, name] : {std::pair{"tcs", "Example Christian School"},
                                     {"north", "North School"},
                                     {"south", ""}}) {
        if (!request.school().empty() && request.school() != id) continue;
        if (left_.contains(id)) continue;
        v1::SchoolStatus& school = *status.add_schools();
        school = sample;
        school.set_school(id);
        school.set_name(name);
        school.set_head(journals_[id].size());
      }
      return reply;
    });
    Answer("list_users", Page(SampleUsers()), Page({}));
    v1::Reply groups;
    v1::GroupRow& group = *groups.mutable_groups()->add_rows();
    group.set_group(3);
    group.set_reason("duplicate-email");
    group.set_severity("error");
    group.set_address("shared@example.org");
    group.set_members_total(1);
    group.set_open(true);
    *group.add_members() = SampleUsers()[0];
    v1::Reply no_groups;
    no_groups.mutable_groups();
    Answer("list_groups", groups, no_groups);
    v1::Reply families;
    families.mutable_families();
    Answer("list_families", families, families);
    v1::Reply tasks;
    tasks.mutable_tasks()->mutable_counts()->set_dead(1);
    v1::TaskRow& task = *tasks.mutable_tasks()->add_rows();
    task.set_plan(7);
    task.set_index(12);
    task.set_person(10412);
    task.set_action(v1::ADD);
    task.set_state(v1::DEAD);
    task.set_attempt(5);
    task.set_first_name("Ann");
    task.set_last_name("Abbott");
    task.set_sentence("The site refuses the address.");
    v1::Reply no_tasks;
    no_tasks.mutable_tasks()->mutable_counts();
    Answer("list_tasks", tasks, no_tasks);
    v1::Reply known;
    *known.mutable_explain()->mutable_row() = SampleUsers()[0];
    v1::Reply unknown;
    unknown.mutable_explain();
    Answer("explain", known, unknown);
    world_.daemon.On("replay", [this](const v1::Request& request) { return Replay(request); });
    v1::Reply state;
    state.mutable_verify()->set_tasks(4);
    world_.daemon.On("verify_state", state);
    world_.daemon.On("get_plan", ErrorOf("invalid", "school-needed",
                                         "There are several schools here: say which one with "
                                         "--school."));
    Append("tcs");
    Append("tcs");
    Append("south");
  }

  // `some` of tcs, `none` of the others.
  void Answer(const std::string& name, const v1::Reply& some, const v1::Reply& none) {
    world_.daemon.On(name, [this, some, none](const v1::Request& request) {
      if (refusing_.contains(request.school())) return Refusal();
      return request.school() == "tcs" ? some : none;
    });
  }

  // As rosterd answers.
  v1::Reply Replay(const v1::Request& request) {
    const std::vector<std::string>& journal = journals_[request.school()];
    v1::Reply reply;
    v1::ReplayReply& replay = *reply.mutable_replay();
    replay.set_head(journal.size());
    for (std::size_t i = request.replay().since(); i < journal.size(); ++i) {
      replay.add_entries(journal[i]);
      if (request.replay().numbered()) replay.add_numbers(i + 1);
    }
    if (request.replay().numbered()) {
      replay.set_head_hash(journal.empty() ? std::string(32, '\0') : EntryHash(journal.back()));
    }
    return reply;
  }

  void Append(const std::string& school) {
    std::vector<std::string>& journal = journals_[school];
    v1::Entry entry;
    entry.set_version(1);
    entry.set_school(school);
    entry.set_seq(journal.size() + 1);
    *entry.mutable_at() = At();
    entry.set_previous(journal.empty() ? std::string(32, '\0') : EntryHash(journal.back()));
    entry.mutable_review_required()->set_new_users(3);
    journal.push_back(entry.SerializeAsString());
  }

  static std::vector<std::string> Lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  FakeWorld world_;
  std::map<std::string, std::vector<std::string>> journals_;
  std::set<std::string> refusing_;
  std::set<std::string> left_;  // the config
};

class SchoolsScreens : public Schools, public testing::WithParamInterface<std::size_t> {
 protected:
  SchoolsScreens() { world_.terminal = Terminal{GetParam(), true, true, true, false}; }
};
INSTANTIATE_TEST_SUITE_P(Widths, SchoolsScreens, testing::Values(80, 120));

TEST_P(SchoolsScreens, Users) { ExpectScreen(world_, "schools-users", {"users"}); }
TEST_P(SchoolsScreens, Duplicates) { ExpectScreen(world_, "schools-duplicates", {"duplicates"}); }
TEST_P(SchoolsScreens, Matches) { ExpectScreen(world_, "schools-matches", {"matches"}); }
TEST_P(SchoolsScreens, Excluded) {
  refusing_ = {"south"};
  ExpectScreen(world_, "schools-excluded", {"excluded", "--status", "all"});
}
TEST_P(SchoolsScreens, Tasks) { ExpectScreen(world_, "schools-tasks", {"tasks"}); }
TEST_P(SchoolsScreens, Explain) { ExpectScreen(world_, "schools-explain", {"explain", "10412"}); }
TEST_P(SchoolsScreens, Journal) { ExpectScreen(world_, "schools-journal", {"journal"}); }
TEST_P(SchoolsScreens, JournalVerify) {
  ExpectScreen(world_, "schools-journal-verify", {"journal", "verify"});
}
TEST_P(SchoolsScreens, Asked) { ExpectScreen(world_, "schools-asked", {"plan", "7"}); }

TEST_F(Schools, AreInTheOrderOfTheConfigAndEveryOneIsAskedOnce) {
  world_.Run({"users", "--json"});
  std::vector<std::string> asked;
  for (const v1::Request& request : world_.daemon.Requests("list_users")) {
    asked.push_back(request.school());
  }
  EXPECT_EQ(asked, (std::vector<std::string>{"tcs", "north", "south"}));
  EXPECT_EQ(world_.daemon.Requests("get_status").size(), 0U) << "programs need no headings";
}

TEST_F(Schools, EveryLineOfJsonIsTheSameMessageWithItsSchool) {
  const auto lines = Lines(world_.Run({"users", "--json"}).out);
  ASSERT_EQ(lines.size(), SampleUsers().size());
  google::protobuf::util::JsonParseOptions lenient;
  lenient.ignore_unknown_fields = true;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_TRUE(lines[i].starts_with(R"({"school":"tcs",)")) << lines[i];
    v1::UserRow row;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(lines[i], &row, lenient).ok());
    EXPECT_EQ(row.SerializeAsString(), SampleUsers()[i].SerializeAsString());
  }
  // Those that say their school by themselves are as they were.
  for (const std::string& line : Lines(world_.Run({"journal", "--json"}).out)) {
    EXPECT_EQ(line.find("\"school\""), line.rfind("\"school\"")) << line;
    v1::Entry entry;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &entry).ok()) << line;
  }
  EXPECT_EQ(Lines(world_.Run({"journal", "verify", "--json"}).out).size(), 3U);
}

TEST_F(Schools, WhatIsNewerThanKnownNamesItsSchool) {
  world_.daemon.On("get_status", [](const v1::Request&) {
    v1::Reply reply = SampleStatus();
    reply.mutable_status()->mutable_schools(0)->set_acknowledged(38);
    reply.mutable_status()->mutable_schools(0)->set_head(40);
    return reply;
  });
  EXPECT_NE(world_.Run({"status"}).out.find("2 are newer: rosterctl journal --since 38"),
            std::string::npos);
  const Ran named = world_.Run({"--school", "tcs", "status"});
  EXPECT_NE(named.out.find("2 are newer: rosterctl --school tcs journal --since"),
            std::string::npos)
      << named.out;
}

TEST_F(Schools, WithOneNamedItAloneIsAskedAndShownAsEver) {
  const Ran named = world_.Run({"users", "--school", "tcs", "--json"});
  EXPECT_EQ(world_.daemon.Requests("list_users").size(), 1U);
  EXPECT_TRUE(world_.daemon.Requests("who_am_i").empty());
  EXPECT_EQ(named.out.find("\"school\""), std::string::npos);
  EXPECT_EQ(world_.Run({"users", "--school", "tcs"}).out.find("Example Christian"),
            std::string::npos);
}

TEST_F(Schools, WhoHasARoleInOneAloneSeesItAsEver) {
  world_.daemon.On("who_am_i", WhoIn({"tcs"}));
  world_.daemon.On("list_users", Page(SampleUsers()));
  const Ran ran = world_.Run({"users", "--json"});
  EXPECT_EQ(ran.exit, 0);
  ASSERT_EQ(world_.daemon.Requests("list_users").size(), 1U);
  EXPECT_EQ(world_.daemon.Requests("list_users")[0].school(), "");
  EXPECT_EQ(ran.out.find("\"school\""), std::string::npos);
}

TEST_F(Schools, OneThatRefusesIsLeftOutWithALine) {
  refusing_ = {"tcs"};
  Ran ran = world_.Run({"duplicates"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out.find("Example Christian School"), std::string::npos) << "nor a heading";
  EXPECT_TRUE(ran.out.starts_with("North School (north)\nNo duplicates")) << ran.out;
  ASSERT_EQ(Lines(ran.err).size(), 1U);
  EXPECT_TRUE(ran.err.starts_with("rosterctl: tcs is left out: That needs the role viewer."));

  ran = world_.Run({"duplicates", "--json"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_TRUE(ran.err.starts_with(R"({"school":"tcs","code":"refused")")) << ran.err;
}

TEST_F(Schools, WhenAllRefuseItIsSaidOnceAndIsThree) {
  refusing_ = {"tcs", "north", "south"};
  const Ran ran = world_.Run({"excluded"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(Lines(ran.err).size(), 1U) << ran.err;
}

TEST_F(Schools, OneThatFailsHidesNoOtherAndCounts) {
  world_.daemon.On("list_groups", [](const v1::Request& request) {
    if (request.school() == "tcs") return ErrorOf("unavailable", "store", "Not now.");
    v1::Reply reply;
    reply.mutable_groups();
    return reply;
  });
  const Ran ran = world_.Run({"duplicates"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err, "rosterctl: tcs: Not now.\n");
  EXPECT_NE(ran.out.find("North School (north)"), std::string::npos);
}

TEST_F(Schools, ARosterdThatGoesAwayEndsItAtOnce) {
  world_.daemon.On("list_groups", [this](const v1::Request&) {
    world_.daemon.connected = false;
    v1::Reply reply;
    reply.mutable_groups();
    return reply;
  });
  const Ran ran = world_.Run({"duplicates"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(world_.daemon.Requests("list_groups").size(), 1U);
  EXPECT_EQ(Lines(ran.err).size(), 1U) << ran.err;
  EXPECT_NE(ran.err.find("No answer from rosterd"), std::string::npos);
}

TEST_F(Schools, WrongUsageIsSaidOnce) {
  world_.daemon.On("list_users", ErrorOf("invalid", "filter", "No such reason."));
  const Ran ran = world_.Run({"users", "--reason", "none-such", "--json"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(world_.daemon.Requests("list_users").size(), 1U);
  EXPECT_EQ(Lines(ran.err).size(), 1U);
}

TEST_F(Schools, ExplainIsDoneWhereOneKnowsThePerson) {
  EXPECT_EQ(world_.Run({"explain", "10412"}).exit, 0);
  v1::Reply unknown;
  unknown.mutable_explain();
  Answer("explain", unknown, unknown);
  EXPECT_EQ(world_.Run({"explain", "10412"}).exit, 1);
}

TEST_F(Schools, ADamagedJournalOfOneIsOne) {
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(journals_["tcs"][0]));
  entry.set_actor("somebody else");
  journals_["tcs"][0] = entry.SerializeAsString();
  Ran ran = world_.Run({"journal", "verify"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("THE JOURNAL OF tcs IS DAMAGED"), std::string::npos);
  EXPECT_NE(ran.out.find("Journal of south: 1 entry, verified."), std::string::npos);
  ran = world_.Run({"journal"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("CHAIN IS BROKEN"), std::string::npos);
  EXPECT_NE(ran.out.find("south"), std::string::npos);
}

TEST_F(Schools, WhatChangesSomethingOrCountsInOneAloneAsksWhich) {
  const auto needed = ErrorOf("invalid", "school-needed",
                              "There are several schools here: say which one with --school.");
  for (const char* name : {"prepare_plan", "get_plan", "retry_tasks", "decide", "acknowledge"}) {
    world_.daemon.On(name, needed);
  }
  for (const std::vector<std::string>& args : {std::vector<std::string>{"plan"},
                                               {"plan", "7"},
                                               {"plan", "--action", "all"},
                                               {"tasks", "--plan", "7"},
                                               {"journal", "--plan", "7"},
                                               {"events", "--since", "3"},
                                               {"events", "--follow", "--since", "3"},
                                               {"journal", "export"},
                                               {"select", "10412"},
                                               {"retry", "--all"},
                                               {"ack"}}) {
    const Ran ran = world_.Run(args);
    EXPECT_EQ(ran.exit, 2) << args[0];
    EXPECT_EQ(ran.out, "") << args[0];
    EXPECT_EQ(ran.err,
              "rosterctl: There are 3 schools: say which with --school (tcs, north, south).\n")
        << args[0];
  }
}

class Following : public Schools {
 protected:
  std::string Beat(const std::string& school) {
    v1::Beat beat;
    beat.set_version(1);
    beat.set_school(school);
    beat.set_head(journals_[school].size());
    beat.set_head_hash(EntryHash(journals_[school].back()));
    return beat.SerializeAsString();
  }
};

TEST_F(Following, EveryEntryOfEverySchoolComesOnceWithItsSchool) {
  int step = 0;
  world_.published = [&]() -> std::optional<Published> {
    switch (++step) {
      case 1:
        Append("north");
        return Published{"north.ReviewRequired", journals_["north"].back()};
      case 2:
        Append("tcs");
        return Published{"tcs.ReviewRequired", journals_["tcs"].back()};
      case 3:
        return Published{"tcs.ReviewRequired", journals_["tcs"].back()};  // again
      case 4:
        Append("south");  // dropped by the socket, and told by a beat
        return Published{"south.Beat", Beat("south")};
      default:
        world_.clock.Interrupt();
        return std::nullopt;
    }
  };
  const Ran ran = world_.Run({"events", "--follow"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err, "");
  const auto lines = Lines(ran.out);
  ASSERT_EQ(lines.size(), 3U) << ran.out;
  EXPECT_TRUE(lines[0].starts_with("north        1  ")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("tcs          3  ")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with("south        2  ")) << lines[2];
  const std::string at = "ipc:///run/rosterd/events.sock ";
  EXPECT_EQ(world_.subscriptions,
            (std::vector<std::string>{at + "tcs", at + "north", at + "south"}));
}

TEST_F(Following, OneThatRefusesIsLeftOutAndTheOthersGoOn) {
  world_.daemon.On("replay", [this](const v1::Request& request) {
    if (request.school() == "tcs") return Refusal();
    return Replay(request);
  });
  int step = 0;
  world_.published = [&]() -> std::optional<Published> {
    if (++step > 1) {
      world_.clock.Interrupt();
      return std::nullopt;
    }
    Append("south");
    return Published{"south.ReviewRequired", journals_["south"].back()};
  };
  Ran ran = world_.Run({"events", "--follow", "--json"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(Lines(ran.out).size(), 1U);
  EXPECT_NE(ran.out.find(R"("school":"south")"), std::string::npos);
  EXPECT_TRUE(ran.err.starts_with(R"({"school":"tcs","code":"refused")")) << ran.err;
}

TEST_F(Following, WhenAllRefuseItIsThree) {
  world_.daemon.On("replay", Refusal());
  EXPECT_EQ(world_.Run({"events", "--follow"}).exit, 3);
}

// Its follower would ask about it, and the refusal would stand in the journals of the others.
TEST_F(Following, ASchoolThatLeftTheConfigIsNamedAndNotAskedAboutAndTheOthersGoOn) {
  std::size_t asked = 0;
  int step = 0;
  world_.published = [&]() -> std::optional<Published> {
    if (++step == 1) {
      left_ = {"north"};
      asked = world_.daemon.Requests("replay").size();
    }
    if (step > 40) {
      world_.clock.Interrupt();
      return std::nullopt;
    }
    if (step == 39) Append("south");
    if (step >= 39) return Published{"south.ReviewRequired", journals_["south"].back()};
    return std::nullopt;
  };
  const Ran ran = world_.Run({"events", "--follow"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(ran.err.starts_with("rosterctl: north: rosterd shows this school no more."))
      << ran.err;
  EXPECT_EQ(Lines(ran.out).size(), 1U) << ran.out;
  const auto replays = world_.daemon.Requests("replay");
  for (std::size_t i = asked; i < replays.size(); ++i) EXPECT_NE(replays[i].school(), "north");
}

// Told by rosterd, where it left between two looks.
TEST_F(Following, ASchoolThatRosterdDoesNotKnowEndsNobodyElse) {
  int step = 0;
  world_.published = [&]() -> std::optional<Published> {
    if (++step > 1) {
      world_.clock.Interrupt();
      return std::nullopt;
    }
    Append("south");
    return Published{"south.ReviewRequired", journals_["south"].back()};
  };
  world_.daemon.On("replay", [this](const v1::Request& request) {
    if (request.school() == "tcs") return ErrorOf("not-found", "unknown-school", "No school tcs.");
    return Replay(request);
  });
  const Ran ran = world_.Run({"events", "--follow"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_TRUE(ran.err.starts_with("rosterctl: tcs: ")) << ran.err;
  EXPECT_EQ(Lines(ran.out).size(), 1U);
}

// `status` counts among those without a decision whom an error holds back; they are no longer
// "new".
TEST_F(Schools, WhoIsHeldBackByAnErrorIsSaidWhereNobodyIsNew) {
  const Ran ran = world_.Run({"users", "--school", "north"});
  EXPECT_NE(
      ran.out.find("2 users without a decision are held back by an error: rosterctl --school north "
                   "users --status error."),
      std::string::npos)
      << ran.out;
}

}  // namespace
}  // namespace roster::client
