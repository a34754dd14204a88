// The lines of answered requests.

#include "daemon/log/answers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace roster::log {
namespace {

model::Answered Done() {
  model::Answered answered;
  answered.school = SchoolId("tcs");
  answered.request = "ApprovePlan";
  answered.request_id = "0f6c2a9b4d8e1357";
  answered.command_id = "9b4d8e13570f6c2a";
  answered.actor = "uid:1000";
  answered.writes = true;
  answered.outcome = "done";
  answered.code = "done";
  answered.took = std::chrono::microseconds(12'400);
  return answered;
}

model::Answered Refused() {
  model::Answered answered = Done();
  answered.outcome = "role-missing";
  answered.code = "refused";
  return answered;
}

std::string FieldOf(const model::Answered& answered, std::string_view key) {
  for (const Field& field : AnswerFields(answered)) {
    if (field.key == key) return field.value;
  }
  return "(none)";
}

TEST(Answers, ACommandLeavesALineWithWhoAndWhat) {
  EXPECT_EQ(AnswerText(Done()), "ApprovePlan: done");
  EXPECT_EQ(AnswerLevel(Done()), Level::kInfo);
  EXPECT_EQ(FieldOf(Done(), "school"), "tcs");
  EXPECT_EQ(FieldOf(Done(), "request"), "ApprovePlan");
  EXPECT_EQ(FieldOf(Done(), "request_id"), "0f6c2a9b4d8e1357");
  EXPECT_EQ(FieldOf(Done(), "command_id"), "9b4d8e13570f6c2a");
  EXPECT_EQ(FieldOf(Done(), "actor"), "uid:1000");
  EXPECT_EQ(FieldOf(Done(), "outcome"), "done");
  EXPECT_EQ(FieldOf(Done(), "duration_ms"), "12");
}

TEST(Answers, AnIdThatCouldBeAPersonsIsLeftOut) {
  for (const char* id :
       {"ann", "Kira Alderfield", "ann@example.com", "2011-04-03", "555-0123", "r1"}) {
    model::Answered answered = Done();
    answered.request_id = id;
    answered.command_id = id;
    EXPECT_EQ(FieldOf(answered, "request_id"), "") << id;
    EXPECT_EQ(FieldOf(answered, "command_id"), "") << id;
  }
  EXPECT_EQ(IdToTell("6f1d2c3a-9b4d-4e13-8570-0f6c2a9b4d8e"),
            "6f1d2c3a-9b4d-4e13-8570-0f6c2a9b4d8e");
}

TEST(Answers, ARefusalIsAWarningWithItsReason) {
  EXPECT_EQ(AnswerText(Refused()), "ApprovePlan was refused: role-missing");
  EXPECT_EQ(AnswerLevel(Refused()), Level::kWarning);
  model::Answered broken = Refused();
  broken.request = "";
  broken.outcome = "not-a-message";
  EXPECT_EQ(AnswerText(broken), "A message that is no request was refused: not-a-message");
}

TEST(Answers, WhatOnlyAsksIsForDebugging) {
  model::Answered asked = Done();
  asked.request = "GetStatus";
  asked.writes = false;
  EXPECT_EQ(AnswerLevel(asked), Level::kDebug);
}

TEST(Answers, RefusalsWithoutEndAreCountedAndCommandsAreNot) {
  std::vector<std::string> lines;
  Answers answers([&](Level, std::string_view line, const Fields&) { lines.emplace_back(line); });
  const Duration start = std::chrono::hours(1);
  for (std::uint32_t i = 0; i < Answers::kRefusalsMax + 5; ++i) answers.Take(Refused(), start);
  EXPECT_EQ(lines.size(), Answers::kRefusalsMax);
  answers.Take(Done(), start);
  EXPECT_EQ(lines.back(), "ApprovePlan: done");
  lines.clear();
  answers.Take(Refused(), start + std::chrono::minutes(2));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("5 more so far"), std::string::npos) << lines[0];
  EXPECT_EQ(lines[1], "ApprovePlan was refused: role-missing");
}

}  // namespace
}  // namespace roster::log
