// Where lines go: to stderr, as text, unless that is the journal.

#include "daemon/log/log.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <regex>
#include <sstream>
#include <vector>

namespace roster::log {
namespace {

std::vector<std::string> LinesOf(const std::function<void()>& write) {
  testing::internal::CaptureStderr();
  write();
  std::istringstream text(testing::internal::GetCapturedStderr());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

TEST(Log, WritesALineWithTheTimeInUtc) {
  ::unsetenv("JOURNAL_STREAM");
  Start("test", Level::kInfo);
  const auto lines = LinesOf([] { Write(Level::kWarning, "It is so.", {{"school", "tcs"}}); });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(std::regex_match(
      lines[0],
      std::regex("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z warning It is so\\. "
                 "school=tcs")))
      << lines[0];
}

TEST(Log, LinesOfSpdlogItselfGoTheSameWayWithoutFields) {
  ::unsetenv("JOURNAL_STREAM");
  Start("test", Level::kInfo);
  const auto lines = LinesOf([] {
    Write(Level::kInfo, "one", {{"school", "tcs"}});
    spdlog::error("two {}\nthree", 2);
  });
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[1].ends_with("Z error two 2\\nthree")) << lines[1];
}

TEST(Log, WhatIsLessThanTheLevelIsDropped) {
  ::unsetenv("JOURNAL_STREAM");
  Start("test", Level::kInfo);
  const auto lines = LinesOf([] {
    Write(Level::kDebug, "one");
    SetLevel(Level::kDebug);
    Write(Level::kDebug, "two");
    SetLevel(Level::kError);
    Write(Level::kWarning, "three");
    Write(Level::kError, "four {}");
  });
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].ends_with(" two"));
  EXPECT_TRUE(lines[1].ends_with(" four {}")) << "a message is no format";
}

// An environment that names another stream, as a child of a service has it.
TEST(Log, AStreamThatIsNotOursIsNotTheJournal) {
  ::setenv("JOURNAL_STREAM", "1:2", 1);
  Start("test", Level::kInfo);
  EXPECT_EQ(LinesOf([] { Write(Level::kInfo, "here"); }).size(), 1U);
  ::unsetenv("JOURNAL_STREAM");
}

}  // namespace
}  // namespace roster::log
