// events: the journal on the screen. The loop's own properties are follow_test's.

#include <gtest/gtest.h>

#include "client/follow.h"
#include "roster/v1/events.pb.h"
#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

class Events : public testing::Test {
 protected:
  Events() {
    world_.daemon.On("get_status", [this](const v1::Request&) {
      v1::Reply reply = SampleStatus();
      reply.mutable_status()->mutable_schools(0)->set_head(journal_.size());
      return reply;
    });
    world_.daemon.On("replay", [this](const v1::Request& request) {
      v1::Reply reply;
      reply.mutable_replay()->set_head(journal_.size());
      for (std::size_t i = request.replay().since();
           i < journal_.size() && i < request.replay().since() + request.replay().limit(); ++i) {
        reply.mutable_replay()->add_entries(journal_[i]);
      }
      return reply;
    });
  }
  void Append(bool review = false) {
    v1::Entry entry;
    entry.set_version(1);
    entry.set_school("tcs");
    entry.set_seq(journal_.size() + 1);
    *entry.mutable_at() = At();
    entry.set_previous(journal_.empty() ? std::string(32, '\0') : EntryHash(journal_.back()));
    if (review) {
      entry.mutable_review_required()->set_new_users(3);
    } else {
      entry.mutable_poll_completed()->set_poll(journal_.size());
    }
    journal_.push_back(entry.SerializeAsString());
  }
  std::string Beat() const {
    v1::Beat beat;
    beat.set_version(1);
    beat.set_school("tcs");
    beat.set_head(journal_.size());
    beat.set_head_hash(EntryHash(journal_.back()));
    return beat.SerializeAsString();
  }
  // The numbers at the front of the lines.
  static std::vector<int> Seqs(const std::string& out) {
    std::vector<int> seqs;
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);) seqs.push_back(std::stoi(line));
    return seqs;
  }
  FakeWorld world_;
  std::vector<std::string> journal_;
};

TEST_F(Events, WithoutFollowingEverythingIsPrintedPageByPage) {
  for (int i = 0; i < 2500; ++i) Append();
  const auto seqs = Seqs(world_.Run({"events"}).out);
  ASSERT_EQ(seqs.size(), 2500U);
  EXPECT_EQ(seqs.front(), 1);
  EXPECT_EQ(seqs.back(), 2500);
  EXPECT_EQ(world_.daemon.Requests("replay").size(), 3U);
  EXPECT_TRUE(world_.subscriptions.empty());
}

TEST_F(Events, SinceBeginsAfterThatEntry) {
  for (int i = 0; i < 5; ++i) Append();
  EXPECT_EQ(Seqs(world_.Run({"events", "--since", "3"}).out), (std::vector<int>{4, 5}));
  EXPECT_EQ(world_.Run({"events", "--since", "5"}).out, "");
}

TEST_F(Events, TypesAreFiltered) {
  Append();
  Append(true);
  Append();
  EXPECT_EQ(Seqs(world_.Run({"events", "--type", "ReviewRequired"}).out), (std::vector<int>{2}));
  EXPECT_EQ(Seqs(world_.Run({"events", "--type", "ReviewRequired,PollCompleted"}).out).size(), 3U);
}

TEST_F(Events, ABrokenChainEndsLoudlyWithOne) {
  for (int i = 0; i < 3; ++i) Append();
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(journal_[0]));
  entry.set_actor("somebody else");
  journal_[0] = entry.SerializeAsString();
  const Ran ran = world_.Run({"events"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("CHAIN IS BROKEN"), std::string::npos);
}

TEST_F(Events, FollowBeginsWithWhatComesAndEndsByAnInterruptWithZero) {
  for (int i = 0; i < 3; ++i) Append();
  int step = 0;
  world_.published = [&]() -> std::optional<Published> {
    switch (++step) {
      case 1:
        Append();
        return Published{"tcs.PollCompleted", journal_.back()};
      case 2:
        return Published{"tcs.PollCompleted", journal_.back()};  // again
      case 3:
        Append();  // dropped by the socket
        Append(true);
        return Published{"tcs.ReviewRequired", journal_.back()};
      case 4:
        Append();  // dropped too, and told by a beat
        return Published{"tcs.Beat", Beat()};
      default:
        world_.clock.Interrupt();
        return std::nullopt;
    }
  };
  const Ran ran = world_.Run({"events", "--follow"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(Seqs(ran.out), (std::vector<int>{4, 5, 6, 7}));
  EXPECT_EQ(world_.subscriptions, (std::vector<std::string>{"ipc:///run/rosterd/events.sock tcs"}));
}

TEST_F(Events, FollowSinceReplaysFirst) {
  for (int i = 0; i < 3; ++i) Append();
  world_.published = [&]() -> std::optional<Published> {
    world_.clock.Interrupt();
    return std::nullopt;
  };
  EXPECT_EQ(Seqs(world_.Run({"events", "--follow", "--since", "1"}).out), (std::vector<int>{2, 3}));
}

TEST_F(Events, ADeafSocketLosesNothing) {
  Append();
  int silent = 0;
  world_.published = [&]() -> std::optional<Published> {
    if (++silent == 3) Append();
    if (silent == 30) world_.clock.Interrupt();
    return std::nullopt;
  };
  EXPECT_EQ(Seqs(world_.Run({"events", "--follow"}).out), (std::vector<int>{2}));
}

TEST_F(Events, ADaemonThatIsAwayForMinutesIsWaitedForAndSaidOnce) {
  Append();
  int step = 0;
  world_.published = [&]() -> std::optional<Published> {
    if (++step == 1) {
      world_.daemon.swallow = 60;  // three minutes without an answer
      Append();
      return Published{"tcs.Beat", Beat()};
    }
    world_.clock.Interrupt();
    return std::nullopt;
  };
  const Ran ran = world_.Run({"events", "--follow"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(Seqs(ran.out), (std::vector<int>{2}));
  EXPECT_EQ(ran.err.find("Waiting on."), ran.err.rfind("Waiting on."));
  EXPECT_NE(ran.err.find("Waiting on."), std::string::npos);
}

TEST_F(Events, FollowSinceATimeReplaysToo) {
  for (int i = 0; i < 3; ++i) Append();
  world_.published = [&]() -> std::optional<Published> {
    world_.clock.Interrupt();
    return std::nullopt;
  };
  EXPECT_EQ(Seqs(world_.Run({"events", "--follow", "--since", "2026-08-24"}).out),
            (std::vector<int>{1, 2, 3}));
}

}  // namespace
}  // namespace roster::client
