// --json: one protobuf JSON object a line, whatever the command.

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <sstream>

#include "client/session.h"
#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

template <typename Message>
std::vector<Message> Parsed(const std::string& text) {
  std::vector<Message> messages;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    Message message;
    const auto status = google::protobuf::util::JsonStringToMessage(line, &message);
    EXPECT_TRUE(status.ok()) << line;
    messages.push_back(std::move(message));
  }
  return messages;
}

class Json : public testing::Test {
 protected:
  Json() {
    world_.terminal = Terminal{80, true, true, true, true};  // and yet no colour, no hint
    world_.daemon.On("get_status", SampleStatus());
    world_.daemon.On("list_users", Page(SampleUsers()));
    world_.daemon.On("prepare_plan", PlanOf(SamplePlan()));
    world_.daemon.On("get_plan", PlanOf(SamplePlan()));
    world_.daemon.On("list_plan", PlanPage(SampleUsers()));
  }
  FakeWorld world_;
};

TEST_F(Json, AListIsOneRowALineAsItCame) {
  const auto rows = Parsed<v1::UserRow>(world_.Run({"users", "--json"}).out);
  const auto expected = SampleUsers();
  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].SerializeAsString(), expected[i].SerializeAsString());
  }
}

TEST_F(Json, EmptyListsAreEmpty) {
  world_.daemon.On("list_users", Page({}));
  EXPECT_EQ(world_.Run({"users", "--json"}).out, "");
}

TEST_F(Json, StatusIsOneObject) {
  const auto status = Parsed<v1::Status>(world_.Run({"status", "--json"}).out);
  ASSERT_EQ(status.size(), 1U);
  EXPECT_EQ(status[0].SerializeAsString(), SampleStatus().status().SerializeAsString());
}

TEST_F(Json, APlanIsOneObjectAndItsListIsRows) {
  EXPECT_EQ(Parsed<v1::PlanReply>(world_.Run({"plan", "--json"}).out).size(), 1U);
  EXPECT_EQ(Parsed<v1::UserRow>(world_.Run({"plan", "--action", "all", "--json"}).out).size(), 3U);
}

TEST_F(Json, FieldsWithTheirDefaultArePrintedToo) {
  const std::string text = ToJson(v1::UserRow());
  EXPECT_NE(text.find("\"isNew\":false"), std::string::npos);
  EXPECT_NE(text.find("\"person\":\"0\""), std::string::npos);
}

TEST_F(Json, EscapesFromTheWireStayEscaped) {
  const std::string out = world_.Run({"users", "--json"}).out;
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
  v1::UserRow row;
  row.set_first_name("\u009b31m\u202e");
  const std::string text = ToJson(row);
  EXPECT_EQ(text.find("\u009b"), std::string::npos);
  EXPECT_EQ(text.find("\u202e"), std::string::npos);
}

TEST_F(Json, ARefusalIsAnObjectOnStandardError) {
  v1::Reply reply = ErrorOf("conflict", "plan-changed", "Changed.");
  *reply.mutable_error()->add_changed() = SampleUsers()[0];
  world_.daemon.On("approve_plan", reply);
  const Ran ran = world_.Run({"sync", "7", "--json"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_EQ(ran.out, "");
  const auto errors = Parsed<v1::Error>(ran.err);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].reason(), "plan-changed");
  EXPECT_EQ(errors[0].changed_size(), 1);
}

TEST_F(Json, SyncAndWaitGiveTheApprovalAndThenThePlan) {
  v1::Reply reply;
  *reply.mutable_approve()->mutable_plan() = SamplePlan();
  reply.mutable_approve()->mutable_plan()->set_state(v1::FINISHED);
  world_.daemon.On("approve_plan", reply);
  std::istringstream out(world_.Run({"sync", "--yes", "--wait", "--json"}).out);
  std::string line;
  ASSERT_TRUE(std::getline(out, line));
  EXPECT_EQ(Parsed<v1::ApproveReply>(line).size(), 1U);
  ASSERT_TRUE(std::getline(out, line));
  EXPECT_EQ(Parsed<v1::Plan>(line)[0].state(), v1::FINISHED);
  EXPECT_FALSE(std::getline(out, line));
}

TEST_F(Json, GroupsFamiliesAndTasksAreRowsToo) {
  v1::Reply reply;
  reply.mutable_groups()->add_rows()->set_group(3);
  world_.daemon.On("list_groups", reply);
  reply.mutable_families()->add_rows()->set_family(812);
  world_.daemon.On("list_families", reply);
  reply.mutable_tasks()->add_rows()->set_plan(8);
  world_.daemon.On("list_tasks", reply);
  EXPECT_EQ(Parsed<v1::GroupRow>(world_.Run({"duplicates", "--json"}).out).size(), 1U);
  EXPECT_EQ(Parsed<v1::UserRow>(world_.Run({"matches", "--json"}).out).size(), 3U);
  EXPECT_EQ(Parsed<v1::UserRow>(world_.Run({"excluded", "--json"}).out).size(), 3U);
  EXPECT_EQ(Parsed<v1::TaskRow>(world_.Run({"invite", "--log", "--json"}).out).size(), 1U);
  std::istringstream out(world_.Run({"excluded", "--status", "on-purpose", "--json"}).out);
  std::string line;
  ASSERT_TRUE(std::getline(out, line));
  EXPECT_EQ(Parsed<v1::FamilyRow>(line)[0].family(), 812);
  ASSERT_TRUE(std::getline(out, line));
  EXPECT_EQ(Parsed<v1::UserRow>(line).size(), 1U);
}

TEST_F(Json, DecisionsAreOneObjectEach) {
  v1::Reply reply;
  reply.mutable_decide()->set_changed(1);
  world_.daemon.On("decide", reply);
  reply.mutable_decide_families()->set_changed(1);
  world_.daemon.On("decide_families", reply);
  EXPECT_EQ(Parsed<v1::DecideReply>(world_.Run({"protect", "person", "1", "--json"}).out).size(),
            1U);
  EXPECT_EQ(
      Parsed<v1::DecideFamiliesReply>(world_.Run({"exclude", "family", "1", "--json"}).out).size(),
      1U);
  EXPECT_EQ(Parsed<v1::PlanReply>(world_.Run({"undo", "6", "--json"}).out).size(), 1U);
}

TEST_F(Json, WhatIsSettledIsFollowedByThePollThatTakesItUp) {
  v1::Reply reply;
  reply.mutable_settle()->set_poll(13);
  world_.daemon.On("resolve_group", reply);
  reply.mutable_poll()->mutable_poll()->set_poll(13);
  reply.mutable_poll()->mutable_poll()->set_state(v1::Poll::USED);
  world_.daemon.On("get_poll", reply);
  std::istringstream out(world_.Run({"resolve", "3", "--keep", "1", "--json"}).out);
  std::string line;
  ASSERT_TRUE(std::getline(out, line));
  EXPECT_EQ(Parsed<v1::SettleReply>(line)[0].poll(), 13U);
  ASSERT_TRUE(std::getline(out, line));
  EXPECT_EQ(Parsed<v1::Poll>(line)[0].state(), v1::Poll::USED);
  EXPECT_FALSE(std::getline(out, line));
}

}  // namespace
}  // namespace roster::client
