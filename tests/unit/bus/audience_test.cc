#include "daemon/bus/audience.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace roster::bus {
namespace {

using Topics = std::vector<std::string>;

const std::vector<SchoolId> kTwo{SchoolId("tcs"), SchoolId("tcs-north")};

TEST(Expand, NothingAndBeginningsOfIdsAreTheSchoolsThatMayBeHeard) {
  EXPECT_EQ(Expand("", kTwo), (Topics{"tcs.", "tcs-north."}));
  EXPECT_EQ(Expand("t", kTwo), (Topics{"tcs.", "tcs-north."}));
  EXPECT_EQ(Expand("tcs", kTwo), (Topics{"tcs.", "tcs-north."}));
  EXPECT_EQ(Expand("tcs-", kTwo), (Topics{"tcs-north."}));
  EXPECT_EQ(Expand("x", kTwo), Topics{});
  EXPECT_EQ(Expand("", {}), Topics{});
}

TEST(Expand, WithADotTheSchoolIsNamed) {
  EXPECT_EQ(Expand("tcs.", kTwo), Topics{"tcs."});
  EXPECT_EQ(Expand("tcs.PlanApp", kTwo), Topics{"tcs.PlanApp"});
  EXPECT_EQ(Expand("tcs.a.b", kTwo), Topics{"tcs.a.b"});
  EXPECT_EQ(Expand("tc.", kTwo), Topics{});
  EXPECT_EQ(Expand("other.", kTwo), Topics{});
  EXPECT_EQ(Expand(".", kTwo), Topics{});
}

// A socket whose number can be given to another one.
class AudienceTest : public testing::Test {
 protected:
  void SetUp() override { socket_ = Fresh(); }
  void TearDown() override { ::close(socket_); }

  static int Fresh() { return ::socket(AF_UNIX, SOCK_STREAM, 0); }
  void Pass() {
    audience_.BeginReading();
    audience_.ReadAll();
  }

  int socket_ = -1;
  Audience audience_;
};

TEST_F(AudienceTest, WhatIsOpenIsSure) {
  EXPECT_FALSE(audience_.Sure(socket_));
  audience_.Began(socket_);
  EXPECT_TRUE(audience_.Sure(socket_));
  audience_.Ended(socket_);
  EXPECT_FALSE(audience_.Sure(socket_));
}

TEST_F(AudienceTest, ANumberGivenAnewIsInDoubtUntilAllIsRead) {
  audience_.Began(socket_);
  audience_.Ended(socket_);
  audience_.Began(socket_);
  EXPECT_FALSE(audience_.Sure(socket_));
  Pass();
  EXPECT_TRUE(audience_.Sure(socket_));
}

TEST_F(AudienceTest, AnEndedConnectionStaysInDoubtUntilItsDescriptorIsClosed) {
  audience_.Began(socket_);
  audience_.Ended(socket_);
  Pass();  // not closed yet: its last words may still be on their way
  audience_.Began(socket_);
  EXPECT_FALSE(audience_.Sure(socket_));
  audience_.Ended(socket_);
  ASSERT_EQ(::dup2(Fresh(), socket_), socket_);  // closed, and the number is another one's
  Pass();
  audience_.Began(socket_);
  EXPECT_TRUE(audience_.Sure(socket_));
}

TEST_F(AudienceTest, AfterSomethingThatIsNoTopicNobodyIsSureUntilAllIsRead) {
  audience_.Began(socket_);
  audience_.Mixed();
  EXPECT_FALSE(audience_.Sure(socket_));
  Pass();
  EXPECT_TRUE(audience_.Sure(socket_));
}

TEST_F(AudienceTest, WhatTwoTopicsGrantStaysUntilBothAreCancelled) {
  audience_.Began(socket_);
  EXPECT_EQ(audience_.Ask(socket_, "", {"a.", "b."}), (Topics{"a.", "b."}));
  EXPECT_EQ(audience_.Ask(socket_, "a.", {"a."}), Topics{});
  EXPECT_EQ(audience_.Ask(socket_, "a.", {"a."}), Topics{}) << "said twice counts once";
  EXPECT_EQ(audience_.topics(), 2U);
  EXPECT_EQ(audience_.Cancel(socket_, ""), Topics{"b."});
  EXPECT_EQ(audience_.Cancel(socket_, "never"), Topics{});
  EXPECT_EQ(audience_.Cancel(socket_, "a."), Topics{"a."});
  EXPECT_EQ(audience_.topics(), 0U);
}

TEST_F(AudienceTest, TopicsGoWithTheirConnection) {
  audience_.Began(socket_);
  audience_.Ask(socket_, "a.", {"a."});
  audience_.Ask(socket_, "refused.", {});
  EXPECT_EQ(audience_.TopicsOf(socket_), 2U);
  audience_.Ended(socket_);
  EXPECT_EQ(audience_.topics(), 0U);
}

}  // namespace
}  // namespace roster::bus
