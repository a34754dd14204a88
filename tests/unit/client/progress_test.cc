#include "client/progress.h"

#include <gtest/gtest.h>

#include <sstream>

#include "client/text.h"

namespace roster::client {
namespace {

TEST(Progress, ABarShowsTheShare) {
  EXPECT_EQ(ProgressLine("Students", 500, 1000, 60),
            "Students [##############---------------]  50 %  500 of 1,000");
}

TEST(Progress, WithoutATotalThereIsNoBar) {
  EXPECT_EQ(ProgressLine("compare", 0, 0, 60), "compare ...");
  EXPECT_EQ(ProgressLine("People", 1234, 0, 60), "People ... 1,234");
}

TEST(Progress, FitsEveryWidth) {
  for (std::size_t width = 5; width < 120; ++width) {
    EXPECT_LE(Width(ProgressLine("Plan 7", 99, 100, width)), width);
  }
}

TEST(Progress, MoreThanAllIsAll) {
  EXPECT_NE(ProgressLine("x", 12, 10, 60).find("100 %"), std::string::npos);
}

TEST(Progress, NothingIsWrittenWhereNoTerminalIs) {
  std::istringstream in;
  std::ostringstream out, err;
  Console console(in, out, err, Terminal{});
  {
    Progress progress(console, true);
    progress.Show("x", 1, 2);
  }
  EXPECT_EQ(err.str(), "");
}

TEST(Progress, TheLineIsWipedAtTheEnd) {
  std::istringstream in;
  std::ostringstream out, err;
  Console console(in, out, err, Terminal{80, false, false, true, false});
  {
    Progress progress(console, true);
    progress.Show("x", 1, 2);
  }
  EXPECT_TRUE(err.str().ends_with("\r\x1b[K"));
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace roster::client
