// The engine, step by step: what is written, what is answered, what is published, and when.

#include "daemon/engine/engine.h"

#include <gtest/gtest.h>

#include "daemon/store/keys.h"
#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

TEST(Engine, ListsAreSortedByNameAndComeInPages) {
  Desk desk;
  for (int i = 20; i > 0; --i) {
    const std::string name = std::string(1, static_cast<char>('A' + i));
    desk.pupils.push_back({i, "X", name, name + "@example.org"});
  }
  desk.Poll();
  const auto rows = desk.Users(wire::LIST_STATUS_UNSPECIFIED);
  ASSERT_EQ(rows.size(), 20U);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_LT(rows[i - 1].last_name(), rows[i].last_name());
  }
}

TEST(Engine, ARepeatedCommandGetsItsFirstReplyAndDoesNothing) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  wire::Request request;
  request.mutable_decide()->set_decision(wire::SYNC);
  request.mutable_decide()->add_persons(1);
  const auto first = desk.Command(request, "same");
  EXPECT_EQ(first.decide().changed(), 1U);
  desk.Restart();
  EXPECT_EQ(desk.Command(request, "same").decide().changed(), 1U) << "kept over a restart";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kPersonsDecided), 1U);
  request.mutable_decide()->add_persons(2);
  EXPECT_EQ(desk.Command(request, "same").error().reason(), "command-id-reused");
  EXPECT_EQ(desk.Users(wire::STATUS_SELECTED).size(), 1U);
}

TEST(Engine, AnswersComeAfterTheCommitAndAFullDiskIsSaidAndSurvived) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.store.FailNextCommit({Code::kExhausted, "disk-full", "no room"});
  const auto refused = desk.Decide(wire::SYNC, {1});
  EXPECT_EQ(refused.error().reason(), "disk-full");
  EXPECT_NE(desk.Status().disk_problem(), "");
  EXPECT_EQ(desk.Users(wire::STATUS_NEW).size(), 3U) << "nothing was decided";
  EXPECT_EQ(desk.Status().disk_problem(), "") << "noticed without a command";
  EXPECT_TRUE(desk.Decide(wire::SYNC, {1}).has_decide());
  EXPECT_EQ(desk.Status().disk_problem(), "");
  desk.Entries();  // the chain holds
  desk.ExpectConsistent();
}

TEST(Engine, AFullDiskIsNoticedWithinAMinuteWhenNobodyWrites) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Step();
  desk.store.FailNextCommit({Code::kExhausted, "disk-full", "no room"});
  desk.clock.Advance(std::chrono::seconds(50));
  desk.Step();
  EXPECT_EQ(desk.Status().disk_problem(), "") << "nothing to write yet";
  desk.clock.Advance(std::chrono::seconds(10));
  desk.Step();
  EXPECT_NE(desk.Status().disk_problem(), "");
  EXPECT_EQ(desk.Status().disk_problem(), "");
}

TEST(Engine, ASlowDiskIsSaidAndTriedAgainWhenNobodyWrites) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.store.commit_time = std::chrono::seconds(2);
  EXPECT_TRUE(desk.Decide(wire::SYNC, {1}).has_decide());
  desk.store.commit_time = {};
  EXPECT_NE(desk.Status().disk_problem().find("slow"), std::string::npos);
  EXPECT_NE(desk.Status().disk_problem(), "") << "not asked again at once";
  desk.clock.Advance(std::chrono::seconds(5));
  desk.Step();
  EXPECT_EQ(desk.Status().disk_problem(), "");
}

// A client that has lost the answer repeats its command: what was done is never told as not done.
TEST(Engine, ACommandThatWasDoneIsAnsweredOnAFullDisk) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  wire::Request request;
  request.mutable_decide()->set_decision(wire::SYNC);
  request.mutable_decide()->add_persons(1);
  EXPECT_EQ(desk.Command(request, "done").decide().changed(), 1U);
  // Something new, so that the step has to commit; and the repeated command with it.
  wire::Request other = request;
  other.mutable_decide()->set_persons(0, 2);
  other.set_version(1);
  other.set_request_id("other");
  other.set_command_id("other");
  desk.bus.inputs.push_back(
      {bus::Channel::kControl, "other", desk.peer, other.SerializeAsString()});
  desk.store.FailNextCommit({Code::kExhausted, "disk-full", "no room"});
  EXPECT_EQ(desk.Command(request, "done").decide().changed(), 1U);
  wire::Reply refused;
  ASSERT_EQ(desk.bus.replies["other"].size(), 1U);
  ASSERT_TRUE(refused.ParseFromString(desk.bus.replies["other"].front()));
  EXPECT_EQ(refused.error().reason(), "disk-full");
}

TEST(Engine, AStartOnAFullDiskServesAndGoesOnWhenThereIsRoom) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.store.full = true;
  desk.Restart();
  EXPECT_EQ(desk.Users(wire::STATUS_NEW).size(), 3U);
  EXPECT_EQ(desk.Decide(wire::SYNC, {1}).error().reason(), "disk-full");
  EXPECT_NE(desk.Status().disk_problem().find("full"), std::string::npos);
  desk.store.full = false;
  desk.Step();
  EXPECT_EQ(desk.Status().disk_problem(), "");
  EXPECT_TRUE(desk.Decide(wire::SYNC, {1}).has_decide());
  desk.Entries();  // the chain holds
  desk.ExpectConsistent();
}

// The oldest go early when there are too many, and the newest can still be repeated.
TEST(Engine, KeptRepliesAreBoundedAndTheLimitSaysSo) {
  Desk desk;
  desk.settings.replies_max = 10;
  desk.Restart();
  desk.pupils = SomePupils();
  desk.Poll();
  wire::Request request;
  request.mutable_decide()->set_decision(wire::SYNC);
  request.mutable_decide()->add_persons(1);
  for (int i = 0; i < 30; ++i) desk.Command(request, "c" + std::to_string(i));
  desk.Step();
  const store::Range kept = store::ReplyExpiryRange(SchoolId("tcs"), Time::max());
  const auto count = [&] {
    std::size_t n = 0;
    const auto cursor = desk.store.Scan(store::Family::kReplies, kept.begin, kept.end);
    for (; cursor->Valid(); cursor->Next()) ++n;
    return n;
  };
  EXPECT_EQ(count(), 10U);
  const auto status = desk.Status();
  ASSERT_EQ(status.limits_size(), 1);
  EXPECT_EQ(status.limits(0).limit(), "replies");
  EXPECT_GE(status.limits(0).times(), 20U);
  desk.Restart();
  request.mutable_decide()->set_persons(0, 2);
  EXPECT_EQ(desk.Command(request, "c29").error().reason(), "command-id-reused") << "still kept";
  EXPECT_TRUE(desk.Command(request, "c0").has_decide()) << "forgotten";
  EXPECT_EQ(count(), 10U) << "counted anew after a restart";
}

TEST(Engine, ADamagedDiskEndsTheProcess) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.store.FailNextCommit({Code::kCorrupt, "damaged", "no"});
  wire::Request request;
  request.set_version(1);
  request.set_request_id("q");
  request.set_command_id("c");
  request.mutable_decide()->set_decision(wire::SYNC);
  request.mutable_decide()->add_persons(1);
  desk.bus.inputs.push_back({bus::Channel::kControl, "r", desk.peer, request.SerializeAsString()});
  EXPECT_FALSE(desk.engine().Step(Duration::zero()));
  EXPECT_TRUE(desk.bus.replies["r"].empty());
}

TEST(Engine, APageTokenThatIsNotOursIsRefusedAndHarmsNobody) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  const auto plan = desk.Plan();
  for (const char* token : {"zz", "00", "abc", "ffffffffffffffffffffffffffffffff"}) {
    wire::Request plans;
    plans.mutable_list_plans()->set_page_token(token);
    EXPECT_EQ(desk.Ask(plans).error().code(), "invalid") << token;
    wire::Request items;
    items.mutable_list_plan()->set_plan(plan.plan());
    items.mutable_list_plan()->set_page_token(token);
    EXPECT_EQ(desk.Ask(items).error().code(), "invalid") << token;
    wire::Request tasks;
    tasks.mutable_list_tasks()->set_page_token(token);
    EXPECT_EQ(desk.Ask(tasks).error().code(), "invalid") << token;
    wire::Request users;
    users.mutable_list_users()->set_page_token(token);
    desk.Ask(users);
  }
  EXPECT_EQ(desk.School().counters().everybody(), 4U);
}

TEST_F(Synced, TheJournalNamesNobody) {
  for (const auto& entry : desk.Entries()) {
    const std::string bytes = entry.SerializeAsString();
    for (const Pupil& pupil : desk.pupils) {
      EXPECT_EQ(bytes.find(pupil.last), std::string::npos);
      if (!pupil.email.empty()) {
        EXPECT_EQ(bytes.find(pupil.email), std::string::npos);
      }
    }
  }
}

TEST_F(Synced, WhatIsPublishedIsTheJournal) {
  std::vector<std::string> published;
  for (const auto& [topic, payload] : desk.bus.published) {
    if (topic.find(".Beat") == std::string::npos) published.push_back(payload);
  }
  const auto entries = desk.Entries();
  ASSERT_EQ(published.size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    wire::Entry entry;
    entry.ParseFromString(published[i]);
    EXPECT_EQ(entry.seq(), entries[i].seq());
  }
}

}  // namespace
}  // namespace roster::engine
