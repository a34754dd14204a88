// The engine, step by step: what is written, what is answered, what is published, and when.

#include "daemon/engine/engine.h"

#include <gtest/gtest.h>

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
  desk.bus.inputs.push_back({bus::Channel::kControl, "r", {}, request.SerializeAsString()});
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
