// What is told, when, and again: by a clock that the test holds.

#include "client/notify/watch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <random>
#include <set>

#include "client/notify/matters.h"
#include "client/notify/state.h"
#include "tests/unit/notify/entries.h"

namespace roster::notify {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// 2026-08-24 at that time of day, UTC.
Time At(int hour, int minute = 0) {
  return std::chrono::sys_days(std::chrono::year(2026) / 8 / 24) + hours(hour) + minutes(minute);
}

class WatchTest : public testing::Test {
 protected:
  WatchTest() { rule_.mail.emplace(); }

  void Enter(const v1::Entry& entry) { watch_.OnEntry(entry, "", now_); }
  // The numbers of what is told now; "R" in front: a reminder; "": nothing is.
  std::string Told() {
    const Parcel* parcel = watch_.Next(now_, 0.5);
    if (parcel == nullptr) return "";
    std::string told = parcel->kind == Parcel::Kind::kReminder ? "R" : "";
    for (const v1::Entry& entry : parcel->entries) told += " " + std::to_string(entry.seq());
    watch_.OnDelivered(now_);
    return told;
  }

  Rule rule_;
  State state_;
  Watch watch_{rule_, Zone::kUtc, state_};
  Time now_ = At(12);
};

TEST_F(WatchTest, WhatAwaitsIsToldAndTheRestIsNot) {
  Enter(Completed(1));
  Enter(Review(2));
  Enter(Unknown(3, 1, false));
  Enter(Unknown(4, 1, true));
  Enter(Approved(5, 7));
  Enter(Held(6, 8));
  Enter(First(7, 8));
  Enter(Stopped(8));
  Enter(Away(9));
  Enter(Dead(10, 2));
  Enter(Refused(11));
  EXPECT_EQ(Told(), " 2 4 6 7 8 9 10 11");
  EXPECT_EQ(Told(), "");
}

TEST_F(WatchTest, PollsAwaitSomebodyOnceWhenRejectedSoOftenInARow) {
  rule_.poll_rejected_after = 3;
  Enter(Rejected(1));
  Enter(Rejected(2));
  Enter(Completed(3));
  Enter(Rejected(4));
  Enter(Rejected(5));
  EXPECT_EQ(Told(), "");
  Enter(Rejected(6));
  EXPECT_EQ(Told(), " 6");
  Enter(Rejected(7));
  EXPECT_EQ(Told(), "");
  EXPECT_TRUE(watch_.IsOpen(6));
  Enter(Completed(8));
  EXPECT_FALSE(watch_.IsOpen(6));
}

TEST_F(WatchTest, TypesAreThoseOfTheRuleAndUnknownOnesArePassedBy) {
  rule_.which = Rule::Which::kTypes;
  rule_.types = {"PollCompleted"};
  Enter(Review(1));
  Enter(Completed(2));
  EXPECT_EQ(Told(), " 2");
  rule_.which = Rule::Which::kAll;
  Enter(Back(3));
  EXPECT_FALSE(watch_.OnEntry(EntryOf(4), "", now_)) << "of a type that nobody knows";
  EXPECT_EQ(state_.seq, 4U) << "and passed by for good";
  EXPECT_EQ(Told(), " 3");
}

TEST_F(WatchTest, AnEntryThatIsKnownIsNotTakenInAgain) {
  Enter(Review(1));
  Enter(Review(1));
  EXPECT_EQ(Told(), " 1");
  EXPECT_EQ(Told(), "");
}

TEST_F(WatchTest, QuietHoursHoldBackOverMidnight) {
  rule_.quiet = QuietHours{22 * 60, 7 * 60};
  now_ = At(22);
  Enter(Review(1));
  EXPECT_EQ(Told(), "");
  now_ = At(23, 59);
  EXPECT_EQ(Told(), "");
  now_ = At(24 + 6, 59);
  EXPECT_EQ(Told(), "");
  now_ = At(24 + 7);
  EXPECT_EQ(Told(), " 1");
}

TEST_F(WatchTest, QuietHoursAreOfTheZone) {
  ::setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
  ::tzset();
  const QuietHours quiet{22 * 60, 7 * 60};
  EXPECT_FALSE(IsQuiet(quiet, Zone::kLocal, At(1))) << "21:00 there, in summer";
  EXPECT_TRUE(IsQuiet(quiet, Zone::kLocal, At(2)));
  EXPECT_TRUE(IsQuiet(quiet, Zone::kLocal, At(10, 59)));
  EXPECT_FALSE(IsQuiet(quiet, Zone::kLocal, At(11)));
  const auto winter = std::chrono::days(120);
  EXPECT_TRUE(IsQuiet(quiet, Zone::kLocal, At(11) + winter)) << "06:00 there, in winter";
  EXPECT_TRUE(IsQuiet(quiet, Zone::kUtc, At(1)));
  EXPECT_EQ(TimeText(Zone::kLocal, At(2)), "2026-08-23 22:00 EDT");
  ::unsetenv("TZ");
  ::tzset();
  EXPECT_EQ(TimeText(Zone::kUtc, At(2)), "2026-08-24 02:00 UTC");
}

TEST_F(WatchTest, ADigestCollectsFromTheFirstOn) {
  rule_.which = Rule::Which::kAll;
  rule_.digest = hours(1);
  Enter(Completed(1));
  now_ += minutes(59);
  Enter(Completed(2));
  EXPECT_EQ(Told(), "");
  now_ += minutes(1);
  EXPECT_EQ(Told(), " 1 2");
  EXPECT_EQ(Told(), "");
  now_ += hours(5);
  Enter(Completed(3));
  EXPECT_EQ(Told(), "");
  now_ -= hours(9);  // the clock is set back
  EXPECT_EQ(Told(), " 3");
}

TEST_F(WatchTest, ADigestIsBounded) {
  rule_.which = Rule::Which::kAll;
  rule_.digest = hours(1);
  for (std::uint64_t seq = 1; seq <= kTogetherMax; ++seq) Enter(Completed(seq));
  EXPECT_NE(Told(), "") << "early, as there are so many";
}

TEST_F(WatchTest, RemindsUntilALaterEntrySettlesIt) {
  rule_.remind = hours(24);
  Enter(Review(1));
  Enter(Held(2, 7));
  EXPECT_EQ(Told(), " 1 2");
  now_ += hours(23);
  EXPECT_EQ(Told(), "");
  now_ += hours(1);
  EXPECT_EQ(Told(), "R 1 2");
  now_ += hours(23);
  EXPECT_EQ(Told(), "");
  now_ += hours(1);
  EXPECT_EQ(Told(), "R 1 2");
  Enter(Approved(3, 7));
  now_ += hours(48);
  EXPECT_EQ(Told(), "");
}

TEST_F(WatchTest, AnAcknowledgementEndsAllRemindersUpToThere) {
  rule_.remind = hours(1);
  Enter(Review(1));
  Enter(Refused(2));
  Enter(Away(3));
  EXPECT_EQ(Told(), " 1 2 3");
  Enter(Acknowledged(4, 2));
  now_ += hours(1);
  EXPECT_EQ(Told(), "R 3");
  // While a reminder is being tried, too.
  now_ += hours(1);
  ASSERT_NE(watch_.Next(now_, 0), nullptr);
  watch_.OnFailed(now_, std::nullopt);
  Enter(Acknowledged(5, 5));
  now_ += hours(1);
  EXPECT_EQ(Told(), "");
}

TEST_F(WatchTest, ARefusalIsToldOnceAndOrdinaryLifeNotAtAll) {
  rule_.remind = hours(1);
  Enter(Refused(1, "role-missing"));
  Enter(Refused(2, "same-person"));
  Enter(Refused(3, "plan-held"));
  Enter(Refused(4, "still-here"));
  Enter(Away(5));
  EXPECT_EQ(Told(), " 1 2 5");
  now_ += hours(1);
  EXPECT_EQ(Told(), "R 5") << "nothing that anybody does would end a refusal";
  // Of a version that kept reminding of them.
  state_.open.push_back({Refused(1), now_});
  now_ += hours(1);
  EXPECT_EQ(Told(), "R 5");
  Enter(Back(6));
  now_ += hours(9);
  EXPECT_EQ(Told(), "");
}

TEST_F(WatchTest, PollsThatGoOnBeingRejectedAfterAnAcknowledgementAreToldAgain) {
  for (std::uint64_t seq = 1; seq <= 3; ++seq) Enter(Rejected(seq));
  EXPECT_EQ(Told(), " 3");
  Enter(Rejected(4));
  Enter(Acknowledged(5, 4));
  Enter(Rejected(6));
  Enter(Rejected(7));
  EXPECT_EQ(Told(), "");
  Enter(Rejected(8));
  EXPECT_EQ(Told(), " 8");
}

TEST_F(WatchTest, WhatFailsAnewAfterAnAcknowledgementIsToldAndReminds) {
  rule_.remind = hours(1);
  Enter(Stopped(1));
  Enter(SiteStopped(2));
  EXPECT_EQ(Told(), " 1 2");
  Enter(Acknowledged(3, 3));
  now_ += hours(2);
  EXPECT_EQ(Told(), "");
  Enter(Stopped(4));
  Enter(SiteStopped(5));
  EXPECT_EQ(Told(), " 4 5");
  now_ += hours(1);
  EXPECT_EQ(Told(), "R 4 5");
  Enter(Completed(6));
  Enter(SiteBack(7));
  now_ += hours(2);
  EXPECT_EQ(Told(), "");
}

TEST_F(WatchTest, WhatIsAcknowledgedBeforeItWasToldIsToldOnceAllTheSame) {
  rule_.remind = hours(1);
  rule_.digest = minutes(5);
  Enter(Review(1));
  Enter(Acknowledged(2, 1));
  now_ += minutes(5);
  EXPECT_EQ(Told(), " 1");
  now_ += hours(9);
  EXPECT_EQ(Told(), "");
}

TEST_F(WatchTest, EachMatterIsSettledByItsOwn) {
  const auto settles = [](const v1::Entry& later, const v1::Entry& opened) {
    return Settles(later, opened);
  };
  EXPECT_TRUE(settles(Completed(9), Stopped(1)));
  EXPECT_FALSE(settles(Rejected(9), Stopped(1)));
  EXPECT_TRUE(settles(Back(9), Away(1)));
  EXPECT_TRUE(settles(SiteBack(9), SiteStopped(1)));
  EXPECT_TRUE(settles(SiteStopped(9), SiteStopped(1)));
  EXPECT_FALSE(settles(Back(9), SiteStopped(1)));
  EXPECT_TRUE(settles(Approved(9, 7), Held(1, 7)));
  EXPECT_FALSE(settles(Approved(9, 8), Held(1, 7)));
  EXPECT_TRUE(settles(Held(9, 8), Held(1, 7))) << "a later plan of the same takes its place";
  EXPECT_TRUE(settles(Approved(9, 7), First(1, 7)));
  EXPECT_FALSE(settles(Approved(9, 8), First(1, 7)));
  EXPECT_TRUE(settles(Retried(9, 3), Dead(1, 3)));
  EXPECT_FALSE(settles(Retried(9, 4), Dead(1, 3)));
  EXPECT_TRUE(settles(Confirmed(9, 3), Unknown(1, 3, true)));
  EXPECT_FALSE(settles(Completed(9), Refused(1)));
  EXPECT_TRUE(settles(Acknowledged(9, 1), Refused(1)));
  EXPECT_FALSE(settles(Acknowledged(9, 1), Refused(2)));
  v1::Entry invitations = Approved(9, 7);
  invitations.mutable_plan_approved()->set_adds(0);
  invitations.mutable_plan_approved()->set_invites(5);
  EXPECT_FALSE(settles(invitations, Review(1)));
}

TEST_F(WatchTest, AFailureComesAgainLaterAndAtLastIsExhausted) {
  rule_.tries = 3;
  Enter(Review(1));
  Enter(Away(2));
  seconds before(0);
  for (int failure = 1; failure <= 3; ++failure) {
    ASSERT_NE(watch_.Next(now_, 0.99), nullptr);
    watch_.OnFailed(now_, std::nullopt);
    EXPECT_EQ(watch_.Next(now_, 0.99), nullptr) << "at once";
    const seconds wait = state_.sending->next_at - now_;
    EXPECT_GT(wait, before);
    before = wait;
    now_ += wait;
    EXPECT_EQ(watch_.Exhausted(), failure == 3);
  }
  EXPECT_EQ(watch_.Next(now_, 0), nullptr);
  watch_.GiveUp(now_);
  EXPECT_EQ(Told(), "");
}

TEST_F(WatchTest, TheReceiverMayAskForMoreTimeButNotForEver) {
  Enter(Review(1));
  ASSERT_NE(watch_.Next(now_, 0), nullptr);
  watch_.OnFailed(now_, seconds(600));
  EXPECT_EQ(state_.sending->next_at, now_ + seconds(600));
  now_ += seconds(600);
  ASSERT_NE(watch_.Next(now_, 0), nullptr);
  watch_.OnFailed(now_, seconds(1'000'000));
  EXPECT_LE(state_.sending->next_at, now_ + hours(1));
}

TEST_F(WatchTest, BackoffGrowsToAQuarterOfAnHour) {
  for (std::uint32_t attempts = 0; attempts < 40; ++attempts) {
    EXPECT_LE(Backoff(attempts, 0), Backoff(attempts, 0.999));
    EXPECT_GE(Backoff(attempts, 0), seconds(1));
    EXPECT_LE(Backoff(attempts, 0.999), minutes(15));
  }
  EXPECT_EQ(Backoff(30, 0), seconds(450));
}

// Any journal, any failures, killed at any save: each entry is delivered, in order of its first
// time.
TEST_F(WatchTest, EachEntryIsDeliveredWhateverFailsAndWheneverItIsKilled) {
  const char* seeds = std::getenv("ROSTER_TEST_SEEDS");
  const unsigned count = seeds == nullptr ? 20 : static_cast<unsigned>(std::stoi(seeds));
  for (unsigned seed = 1; seed <= count; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto chance = [&random](int percent) {
      return std::uniform_int_distribution<int>(1, 100)(random) <= percent;
    };
    Rule rule;
    rule.which = Rule::Which::kAll;
    rule.tries = 1'000'000;
    if (chance(50)) {
      rule.mail.emplace();
    } else {
      rule.webhook.emplace();
    }
    if (chance(50)) rule.digest = seconds(30);
    if (chance(50) && rule.mail) rule.remind = seconds(100);
    std::string disk = ToText(State{}, "r", "tcs");
    std::set<std::uint64_t> delivered;
    constexpr std::uint64_t kEntries = 60;
    Time now = At(12);
    for (int step = 0; step < 100'000 && delivered.size() < kEntries; ++step) {
      State state = FromText(disk, "r", "tcs").value();
      Watch watch(rule, Zone::kUtc, state);
      while (delivered.size() < kEntries) {
        now += seconds(std::uniform_int_distribution<int>(0, 20)(random));
        while (state.seq < kEntries && chance(50)) {
          const std::uint64_t seq = state.seq + 1;
          watch.OnEntry(seq % 3 == 0 ? Review(seq) : Completed(seq), "", now);
        }
        if (chance(10)) break;  // killed before it is saved
        disk = ToText(state, "r", "tcs");
        const Parcel* parcel = watch.Next(now, 0.5);
        if (parcel == nullptr) continue;
        disk = ToText(state, "r", "tcs");
        if (chance(10)) break;  // killed before it is told
        if (chance(30)) {
          watch.OnFailed(now, std::nullopt);
        } else {
          if (parcel->kind == Parcel::Kind::kEntries) {
            for (const v1::Entry& entry : parcel->entries) {
              EXPECT_LE(entry.seq(), delivered.size() + 1) << "out of order";
              delivered.insert(entry.seq());
            }
          }
          if (chance(10)) break;  // killed before that is known
          watch.OnDelivered(now);
        }
        disk = ToText(state, "r", "tcs");
      }
    }
    EXPECT_EQ(delivered.size(), kEntries);
  }
}

}  // namespace
}  // namespace roster::notify
