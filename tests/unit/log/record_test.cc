// One line of the log: what comes from outside forges neither a line nor a field.

#include "daemon/log/record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

namespace roster::log {
namespace {

Record Of(std::string message, Fields fields) {
  return {Level::kInfo, "2026-08-24T06:30:00.123Z", std::move(message), std::move(fields)};
}

TEST(TextLine, HasTimeLevelMessageAndFields) {
  EXPECT_EQ(TextLine(Of("ApprovePlan: done", {{"school", "tcs"}, {"actor", "uid:1000"}})),
            "2026-08-24T06:30:00.123Z info ApprovePlan: done school=tcs actor=uid:1000\n");
}

TEST(TextLine, EachLevelHasItsWordAndItsPriority) {
  Record record = Of("x", {});
  for (const auto& [level, word, priority] : {std::tuple{Level::kDebug, "debug", "7"},
                                              {Level::kInfo, "info", "6"},
                                              {Level::kWarning, "warning", "4"},
                                              {Level::kError, "error", "3"},
                                              {Level::kCritical, "critical", "2"}}) {
    record.level = level;
    EXPECT_EQ(TextLine(record), "2026-08-24T06:30:00.123Z " + std::string(word) + " x\n");
    EXPECT_EQ(JournalFields(record, "rosterd").at(1), "PRIORITY=" + std::string(priority));
    EXPECT_EQ(LogLevelFromWord(word), level);
  }
  EXPECT_FALSE(LogLevelFromWord("loud"));
}

TEST(TextLine, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(TextLine(Of("x", {{"school", ""}, {"task", "2/7"}})),
            "2026-08-24T06:30:00.123Z info x task=2/7\n");
}

TEST(TextLine, AValueThatCouldBeTakenForMoreIsQuoted) {
  EXPECT_EQ(TextLine(Of("x", {{"request_id", "a actor=uid:0"}})),
            "2026-08-24T06:30:00.123Z info x request_id=\"a actor=uid:0\"\n");
  EXPECT_EQ(TextLine(Of("x", {{"request_id", "a\" actor=\"uid:0"}})),
            "2026-08-24T06:30:00.123Z info x request_id=\"a\\\" actor=\\\"uid:0\"\n");
}

TEST(TextLine, ALineEndsWhereItEnds) {
  const std::string line =
      TextLine(Of("one\ntwo\r\x1b[2J\x7f", {{"request_id", std::string("a\nb\0c", 5)}}));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_TRUE(std::all_of(line.begin(), line.end() - 1, [](char c) {
    return c >= ' ' && c <= '~';
  })) << line;
  EXPECT_NE(line.find("one\\ntwo\\x0d\\x1b[2J\\x7f"), std::string::npos) << line;
  EXPECT_NE(line.find("request_id=\"a\\nb\\x00c\""), std::string::npos) << line;
}

TEST(TextLine, EveryByteInAValueStaysInIt) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string line =
        TextLine(Of("m", {{"request_id", std::string(1, static_cast<char>(byte))}, {"task", "t"}}));
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << byte;
    EXPECT_TRUE(line.ends_with(" task=t\n")) << byte;
  }
}

TEST(JournalFields, AreThoseOfTheJournalAndOurs) {
  EXPECT_EQ(JournalFields({Level::kWarning,
                           "",
                           "Decide was refused: no-role",
                           {{"school", "tcs"}, {"request_id", "ab"}, {"task", ""}}},
                          "rosterd"),
            (std::vector<std::string>{"MESSAGE=Decide was refused: no-role", "PRIORITY=4",
                                      "SYSLOG_IDENTIFIER=rosterd", "ROSTER_SCHOOL=tcs",
                                      "ROSTER_REQUEST_ID=ab"}));
}

TEST(JournalFields, HoldOneLineOfAsciiEach) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string value = "a" + std::string(1, static_cast<char>(byte)) + "ROSTER_ACTOR=uid:0";
    const auto fields = JournalFields(Of(value, {{"request_id", value}}), "rosterd");
    ASSERT_EQ(fields.size(), 4U);
    for (const std::string& field : {fields[0], fields[3]}) {
      EXPECT_EQ(field.find('\n'), std::string::npos) << byte;
      EXPECT_EQ(field.find('\0'), std::string::npos) << byte;
    }
    EXPECT_TRUE(fields[3].starts_with("ROSTER_REQUEST_ID=a"));
  }
}

TEST(JournalFields, EachLevelHasItsPriority) {
  const auto priority = [](Level level) { return JournalFields({level, "", "m", {}}, "x")[1]; };
  EXPECT_EQ(priority(Level::kDebug), "PRIORITY=7");
  EXPECT_EQ(priority(Level::kInfo), "PRIORITY=6");
  EXPECT_EQ(priority(Level::kWarning), "PRIORITY=4");
  EXPECT_EQ(priority(Level::kError), "PRIORITY=3");
  EXPECT_EQ(priority(Level::kCritical), "PRIORITY=2");
}

TEST(Escaped, KeepsTextOfAnyLanguageAndShowsTheRest) {
  EXPECT_EQ(Escaped("größer → 名"), "größer → 名");
  EXPECT_EQ(Escaped("a\xe2\x80\xae"
                    "b"),
            "a\\xe2\\x80\\xaeb")
      << "turns the direction of writing";
  EXPECT_EQ(Escaped("a\xc2\x85"
                    "b"),
            "a\\xc2\\x85"
            "b")
      << "C1";
  EXPECT_EQ(Escaped("a\xff\xc3"), "a\\xff\\xc3");
  EXPECT_EQ(Escaped("\xe2\x82z"), "\\xe2\\x82z") << "broken off";
}

TEST(NamesStream, IsTheFileThatItSays) {
  EXPECT_TRUE(NamesStream("8:4711", 8, 4711));
  EXPECT_FALSE(NamesStream("8:4712", 8, 4711));
  EXPECT_FALSE(NamesStream("9:4711", 8, 4711));
  for (const char* text : {"", "8", ":", "8:", ":4711", "8:4711x", "x8:4711", "8: 4711"}) {
    EXPECT_FALSE(NamesStream(text, 8, 4711)) << text;
  }
  EXPECT_FALSE(NamesStream(nullptr, 8, 4711));
}

}  // namespace
}  // namespace roster::log
