#include "client/console.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <ostream>
#include <sstream>
#include <streambuf>

namespace roster::client {
namespace {

// A stream whose reader has gone, or whose disk is full.
class Failing : public std::streambuf {
 public:
  explicit Failing(int error) : error_(error) {}

 protected:
  int overflow(int) override {
    errno = error_;
    return traits_type::eof();
  }

 private:
  int error_;
};

class ConsoleTest : public testing::Test {
 protected:
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(ConsoleTest, AReaderThatGoesAwayEndsTheOutputQuietly) {
  Failing gone(EPIPE);
  std::ostream out(&gone);
  Console console(in_, out, err_, Terminal{});
  console.Line("a");
  EXPECT_TRUE(console.broken());
  EXPECT_EQ(console.write_problem(), "");
}

TEST_F(ConsoleTest, AFullDiskIsSaid) {
  Failing full(ENOSPC);
  std::ostream out(&full);
  Console console(in_, out, err_, Terminal{});
  console.Line("a");
  EXPECT_TRUE(console.broken());
  EXPECT_NE(console.write_problem().find("No space left"), std::string::npos);
}

TEST_F(ConsoleTest, AHeadingStandsOverWhatComesAndElseNowhere) {
  Console console(in_, out_, err_, Terminal{});
  console.Announce("one");
  console.Print("");
  console.Error("an error is elsewhere");
  EXPECT_TRUE(console.Withdraw());
  console.Announce("two");
  console.Line("a");
  console.Line("b");
  EXPECT_FALSE(console.Withdraw());
  EXPECT_EQ(out_.str(), "two\na\nb\n");
}

TEST_F(ConsoleTest, OnlyAYesIsAYes) {
  for (const auto& [typed, yes] : {std::pair<const char*, bool>{"y\n", true},
                                   {"yes\n", true},
                                   {"Y\r\n", true},
                                   {"\n", false},
                                   {"n\n", false},
                                   {"yesterday\n", false},
                                   {"", false}}) {
    std::istringstream in(typed);
    Console console(in, out_, err_, Terminal{});
    EXPECT_EQ(console.Confirm("Sure?"), yes) << typed;
  }
  EXPECT_EQ(out_.str(), "");  // the question is no part of the output
}

TEST_F(ConsoleTest, ColourOnlyWhereItIsWanted) {
  Console plain(in_, out_, err_, Terminal{80, true, true, true, false});
  EXPECT_EQ(plain.In(Tone::kBad, "x"), "x");
  Console colour(in_, out_, err_, Terminal{80, true, true, true, true});
  EXPECT_EQ(colour.In(Tone::kBad, "x"), "\x1b[31mx\x1b[0m");
}

TEST_F(ConsoleTest, ColumnsIsRespectedWithinReason) {
  setenv("COLUMNS", "132", 1);
  EXPECT_EQ(DetectTerminal().width, 132U);
  setenv("COLUMNS", "3", 1);
  EXPECT_EQ(DetectTerminal().width, 20U);
  setenv("COLUMNS", "99999", 1);
  EXPECT_EQ(DetectTerminal().width, 1000U);
  unsetenv("COLUMNS");
}

TEST_F(ConsoleTest, NoColorIsRespected) {
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(DetectTerminal().colour);
  unsetenv("NO_COLOR");
}

}  // namespace
}  // namespace roster::client
