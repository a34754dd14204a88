#include "daemon/source/wholeness.h"

#include <gtest/gtest.h>

namespace roster::source {
namespace {

const model::SourceLimits kLimits{0.20, 0.005};

Walked Whole(std::uint64_t rows) {
  Walked walked;
  walked.what = "people";
  walked.announced = rows;
  walked.unique = rows;
  walked.used = rows;
  walked.page_size = 1000;
  walked.largest_page = std::min<std::uint64_t>(rows, 1000);
  return walked;
}

std::string Reason(const Result<void>& result) { return result ? "whole" : result.error().reason; }

TEST(Wholeness, UniqueIdsEqualToRowCountAreWhole) {
  EXPECT_EQ(Reason(CheckWhole(Whole(9176), 9000, kLimits)), "whole");
}

TEST(Wholeness, FewerThanAnnouncedIsRowsMissingAndSaysHowMany) {
  Walked walked = Whole(9176);
  walked.unique = 9100;
  const auto result = CheckWhole(walked, 0, kLimits);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kInvalid);
  EXPECT_EQ(result.error().reason, "rows-missing");
  EXPECT_EQ(result.error().message, "9,176 people announced, 9,100 received.");
}

TEST(Wholeness, ACapOnTheServerIsNamedWithItsCure) {
  Walked walked = Whole(9176);
  walked.unique = 4676;
  walked.largest_page = 500;
  const auto result = CheckWhole(walked, 0, kLimits);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            "9,176 people announced, 4,676 received. No page held more than 500 rows: set "
            "page_size to that or less.");
}

TEST(Wholeness, MoreThanAnnouncedIsAChangedList) {
  Walked walked = Whole(10);
  walked.unique = 11;
  EXPECT_EQ(Reason(CheckWhole(walked, 0, kLimits)), "row-count-changed");
}

TEST(Wholeness, RejectedRowsWithoutAnIdCountAsReceived) {
  Walked walked = Whole(1000);
  walked.unique = 997;
  walked.used = 997;
  walked.without_id = 3;
  walked.rejected = 3;
  EXPECT_EQ(Reason(CheckWhole(walked, 0, kLimits)), "whole");
}

TEST(Wholeness, EmptyProvesNothing) {
  EXPECT_EQ(Reason(CheckWhole(Whole(0), 0, kLimits)), "empty");
}

TEST(Wholeness, AListThatMayBeEmptyMayOnlyBeSoWhileItNeverHadRows) {
  Walked walked = Whole(0);
  walked.may_be_empty = true;
  EXPECT_EQ(Reason(CheckWhole(walked, 0, kLimits)), "whole");
  EXPECT_EQ(Reason(CheckWhole(walked, 1, kLimits)), "empty");
}

TEST(Wholeness, RejectedUpToTheLimitIsUsedAndOneMoreIsNot) {
  Walked walked = Whole(1000);
  walked.rejected = 5;
  walked.used = 995;
  EXPECT_EQ(Reason(CheckWhole(walked, 0, kLimits)), "whole");
  walked.rejected = 6;
  walked.used = 994;
  EXPECT_EQ(Reason(CheckWhole(walked, 0, kLimits)), "too-many-rejected");
}

TEST(Wholeness, ShrunkUpToTheLimitIsUsedAndOneMoreIsNot) {
  EXPECT_EQ(Reason(CheckWhole(Whole(800), 1000, kLimits)), "whole");
  EXPECT_EQ(Reason(CheckWhole(Whole(799), 1000, kLimits)), "shrunk");
  EXPECT_EQ(Reason(CheckWhole(Whole(1), 0, kLimits)), "whole") << "the first poll has no last one";
}

TEST(Wholeness, NumbersAreGroupedForPeople) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
}

}  // namespace
}  // namespace roster::source
