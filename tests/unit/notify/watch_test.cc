// What is told, when, and again: by a clock that the test holds.

#include "client/notify/watch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <random>
#include <set>
#include <vector>

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

TEST_F(WatchTest, ARestoreIsToldByEveryRuleAndWhatItUndidAwaitsNobody) {
  rule_.which = Rule::Which::kTypes;
  rule_.types = {"SourceStopped", "WorkersAway"};
  rule_.remind = hours(1);
  Enter(Away(3));
  EXPECT_EQ(Told(), " 3");
  Enter(Stopped(8));
  EXPECT_EQ(Told(), " 8");
  v1::Entry restored = EntryOf(6);
  restored.mutable_restored()->set_backup(2);
  watch_.OnPutBack({restored, "digest"}, now_);
  EXPECT_EQ(state_.seq, 6U);
  EXPECT_EQ(state_.hash, "digest");
  EXPECT_EQ(state_.at, TimeOf(restored));
  EXPECT_EQ(Told(), " 6") << "though the rule does not name it";
  EXPECT_TRUE(watch_.IsOpen(3));
  EXPECT_FALSE(watch_.IsOpen(8));
  Enter(Stopped(7));
  EXPECT_EQ(Told(), " 7") << "the number is given out again";
}

TEST_F(WatchTest, ClosingItTellsWhatItHoldsAtOnceAndNothingAnew) {
  rule_.digest = hours(1);
  rule_.remind = hours(1);
  Enter(Stopped(1));
  now_ += hours(1);
  EXPECT_EQ(Told(), " 1");
  now_ += hours(1);
  Enter(Review(2));
  EXPECT_EQ(watch_.Held(), 1U);
  watch_.Close();
  EXPECT_EQ(Told(), " 2") << "the digest's time is not waited for";
  EXPECT_EQ(watch_.Held(), 0U);
  EXPECT_EQ(Told(), "") << "a reminder would be due";
}

TEST_F(WatchTest, ClosingItKeepsQuietHours) {
  rule_.quiet = QuietHours{22 * 60, 7 * 60};
  now_ = At(23);
  Enter(Review(1));
  watch_.Close();
  EXPECT_EQ(Told(), "");
  EXPECT_EQ(watch_.Held(), 1U);
  now_ = At(24 + 7);
  EXPECT_EQ(Told(), " 1");
}

TEST_F(WatchTest, ClosingItEndsThoughNobodyIsThere) {
  rule_.mail.reset();  // each on its own
  rule_.tries = 3;
  for (std::uint64_t seq = 1; seq <= 4; ++seq) Enter(Review(seq));
  watch_.Close();
  std::vector<std::uint64_t> given_up;
  int failures = 0;
  for (int step = 0; step < 100 && watch_.Held() > 0; ++step, now_ += minutes(1)) {
    while (const Parcel* const last = watch_.Exhausted()) {
      given_up.push_back(last->entries.front().seq());
      watch_.GiveUp(now_);
    }
    if (watch_.Next(now_, 0.5) == nullptr) continue;
    watch_.OnFailed(now_, std::nullopt);
    ++failures;
  }
  EXPECT_EQ(given_up, (std::vector<std::uint64_t>{1, 2, 3, 4}));
  EXPECT_EQ(failures, 3 + 3) << "tries for all together, and one for each that is left";
}

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
  now_ += hours(24);
  EXPECT_EQ(Told(), "R 1") << "nobody has decided on the new users by approving a plan";
  Enter(Review(4));
  EXPECT_EQ(Told(), " 4");
  now_ += hours(24);
  EXPECT_EQ(Told(), "R 4");
}

TEST_F(WatchTest, WhereThereIsTooMuchToRemindOfEachHasItsTurnOnce) {
  rule_.remind = hours(24);
  const std::size_t count = kTogetherMax + 101;
  for (std::uint64_t seq = 1; seq <= count; ++seq)
    Enter(Unknown(seq, static_cast<std::uint32_t>(seq), true));
  while (!Told().empty()) {
  }
  for (int day = 0; day < 3; ++day) {
    now_ += hours(24);
    std::multiset<std::uint64_t> reminded;
    int reminders = 0;
    while (const Parcel* parcel = watch_.Next(now_, 0.5)) {
      ASSERT_EQ(parcel->kind, Parcel::Kind::kReminder);
      for (const v1::Entry& entry : parcel->entries) reminded.insert(entry.seq());
      watch_.OnDelivered(now_);
      ASSERT_LT(++reminders, 10);
    }
    EXPECT_EQ(reminders, 2);
    EXPECT_EQ(reminded.size(), count);
    EXPECT_EQ(std::set<std::uint64_t>(reminded.begin(), reminded.end()).size(), count);
  }
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
    return Settles(later, opened, {});
  };
  EXPECT_TRUE(settles(Completed(9), Stopped(1)));
  EXPECT_FALSE(settles(Rejected(9), Stopped(1)));
  EXPECT_TRUE(settles(Back(9), Away(1)));
  EXPECT_TRUE(settles(SiteBack(9), SiteStopped(1)));
  EXPECT_TRUE(settles(SiteStopped(9), SiteStopped(1)));
  EXPECT_FALSE(settles(Back(9), SiteStopped(1)));
  EXPECT_TRUE(settles(Approved(9, 7), Held(1, 7)));
  EXPECT_FALSE(settles(Approved(9, 8), Held(1, 7)));
  EXPECT_TRUE(settles(Expired(9, 7), Held(1, 7)));
  EXPECT_FALSE(settles(Expired(9, 8), Held(1, 7)));
  EXPECT_TRUE(settles(Held(9, 8), Held(1, 7))) << "a later plan of the same takes its place";
  EXPECT_TRUE(settles(Approved(9, 7), First(1, 7)));
  EXPECT_FALSE(settles(Approved(9, 8), First(1, 7)));
  EXPECT_TRUE(settles(Retried(9, 3), Dead(1, 3)));
  EXPECT_FALSE(settles(Retried(9, 4), Dead(1, 3)));
  EXPECT_TRUE(settles(Confirmed(9, 3), Unknown(1, 3, true)));
  EXPECT_FALSE(settles(Completed(9), Refused(1)));
  EXPECT_TRUE(settles(Acknowledged(9, 1), Refused(1)));
  EXPECT_FALSE(settles(Acknowledged(9, 1), Refused(2)));
  EXPECT_FALSE(settles(Approved(9, 7), Review(1))) << "the status says whether that was all";
  EXPECT_TRUE(settles(Review(9), Review(1)));
  EXPECT_TRUE(settles(Away(9), Away(1)));
  // Another task of the same person takes the place of one that is dead.
  v1::Entry applied = EntryOf(9);
  applied.mutable_task_applied()->set_plan(8);
  applied.mutable_task_applied()->set_person(4711);
  v1::Entry dead = Dead(1, 3);
  dead.mutable_task_dead()->set_person(4711);
  EXPECT_TRUE(settles(applied, dead));
  dead.mutable_task_dead()->set_person(4712);
  EXPECT_FALSE(settles(applied, dead));
}

class WatchOfPlans : public WatchTest {
 protected:
  WatchOfPlans() { rule_.remind = hours(24); }
  v1::Entry Dated(v1::Entry entry) const {
    entry.mutable_at()->set_seconds(now_.time_since_epoch().count());
    return entry;
  }
  // `undo_of` 0: of all that is pending.
  v1::Entry Prepared(std::uint64_t seq, std::uint64_t plan, std::uint64_t undo_of = 0) const {
    v1::Entry entry = Dated(EntryOf(seq));
    entry.mutable_plan_prepared()->set_plan(plan);
    entry.mutable_plan_prepared()->set_undo_of(undo_of);
    return entry;
  }
};

TEST_F(WatchOfPlans, AFirstApprovalIsOvertakenByALaterPlanOfItsKind) {
  Enter(Prepared(1, 7));
  Enter(Dated(First(2, 7)));
  Enter(Prepared(3, 8, 5));
  Enter(Dated(First(4, 8)));
  EXPECT_EQ(Told(), " 2 4");
  now_ += hours(24);
  EXPECT_EQ(Told(), "R 2 4") << "the undo of another plan is another matter";
  Enter(Prepared(5, 9));
  now_ += hours(24);
  EXPECT_EQ(Told(), "R 4");
  Enter(Prepared(6, 10, 5));
  now_ += hours(24);
  EXPECT_EQ(Told(), "");
}

TEST_F(WatchOfPlans, WhatHasExpiredIsNotRemindedOf) {
  Enter(Dated(Held(1, 7)));
  Enter(Prepared(2, 8, 5));
  EXPECT_EQ(Told(), " 1");
  now_ += hours(24) * 13;
  Enter(Dated(First(3, 8)));
  EXPECT_EQ(Told(), " 3");
  EXPECT_EQ(Told(), "R 1 3");
  now_ += hours(24) - seconds(1);
  EXPECT_EQ(Told(), "");
  now_ += seconds(1);
  EXPECT_EQ(Told(), "") << "both were prepared 14 days ago";
  EXPECT_FALSE(watch_.IsOpen(1));
  EXPECT_FALSE(watch_.IsOpen(3));
}

TEST_F(WatchOfPlans, APlanIsHeldNoMoreWhenAPollFindsNothingToHold) {
  Enter(Dated(Held(1, 7)));
  EXPECT_EQ(Told(), " 1");
  v1::Entry review = Dated(Review(2));
  review.mutable_review_required()->add_held(v1::GUARD_ARCHIVE);
  Enter(review);
  EXPECT_TRUE(watch_.IsOpen(1));
  Enter(Dated(Review(3)));
  EXPECT_FALSE(watch_.IsOpen(1));
  Enter(Dated(Held(4, 8)));
  v1::Entry restored = Dated(EntryOf(5));
  restored.mutable_restored()->set_backup(3);
  Enter(restored);
  EXPECT_FALSE(watch_.IsOpen(4)) << "plans that were not approved have expired";
}

// A poll that took away what was held brings nothing new to review: no entry says that it is over.
TEST_F(WatchOfPlans, BeforeAReminderTheStatusSaysWhetherAnythingIsHeld) {
  v1::SchoolStatus status;
  status.add_holds();
  Enter(Dated(Held(1, 7)));
  Enter(Prepared(2, 8, 5));
  v1::Entry undo = Dated(Held(3, 8));
  undo.mutable_plan_prepared()->set_undo_of(5);
  Enter(undo);
  EXPECT_EQ(Told(), " 1 3");
  EXPECT_FALSE(watch_.AsksStatus(now_));
  now_ += hours(24);
  EXPECT_TRUE(watch_.AsksStatus(now_));
  watch_.OnStatus(status);
  EXPECT_EQ(Told(), "R 1 3");
  now_ += hours(24);
  status.clear_holds();
  ASSERT_TRUE(watch_.AsksStatus(now_));
  watch_.OnStatus(status);
  EXPECT_EQ(Told(), "R 3") << "of the undo of a plan the status says nothing";
  now_ += hours(24);
  EXPECT_FALSE(watch_.AsksStatus(now_));
}

// No entry says that the last of a review was decided or approved, nor that a poll took it away.
TEST_F(WatchTest, BeforeItIsToldTheStatusSaysWhetherAReviewIsDone) {
  rule_.remind = hours(24);
  rule_.digest = hours(1);
  v1::SchoolStatus status;
  status.mutable_counters()->set_fresh(3);
  status.mutable_counters()->set_to_archive(5);
  Enter(Review(1));
  EXPECT_FALSE(watch_.AsksStatus(now_)) << "it is not time for the digest";
  now_ += hours(1);
  ASSERT_TRUE(watch_.AsksStatus(now_));
  watch_.OnStatus(status);
  EXPECT_TRUE(watch_.IsOpen(1));
  EXPECT_EQ(Told(), " 1");
  EXPECT_FALSE(watch_.AsksStatus(now_));

  Enter(Approved(2, 7));  // of the archives
  status.mutable_counters()->set_to_archive(0);
  now_ += hours(24);
  Enter(Dead(3, 1));
  ASSERT_TRUE(watch_.AsksStatus(now_)) << "for the reminder: it is not time for the digest";
  watch_.OnStatus(status);
  EXPECT_EQ(Told(), "R 1") << "3 are undecided";
  Enter(Retried(4, 1));

  status.mutable_counters()->set_fresh(0);
  status.mutable_counters()->set_to_add(3);
  now_ += hours(24);
  EXPECT_FALSE(watch_.AsksStatus(now_)) << "the digest has nothing of the kind";
  EXPECT_EQ(Told(), " 3");
  ASSERT_TRUE(watch_.AsksStatus(now_));
  watch_.OnStatus(status);
  EXPECT_EQ(Told(), "R 1") << "3 are to be approved";

  status.add_waiting()->set_items(3);
  now_ += hours(24);
  watch_.OnStatus(status);
  EXPECT_EQ(Told(), "R 1") << "a first approval may expire, and then nobody has approved them";

  status.clear_waiting();
  status.mutable_counters()->set_to_add(0);
  now_ += hours(24);
  watch_.OnStatus(status);
  EXPECT_EQ(Told(), "");

  Enter(Review(5));
  EXPECT_TRUE(watch_.IsOpen(5));
  now_ += hours(1);
  status.clear_counters();
  ASSERT_TRUE(watch_.AsksStatus(now_));
  watch_.OnStatus(status);
  const Parcel* parcel = watch_.Next(now_, 0.5);
  ASSERT_NE(parcel, nullptr) << "it is told all the same, as done";
  EXPECT_TRUE(watch_.Awaiting().empty());
}

TEST_F(WatchTest, WhoHasErrorsIsRemindedOfWhileThereAreSome) {
  v1::Entry review = Review(1);
  review.mutable_review_required()->set_new_users(0);
  review.mutable_review_required()->set_new_errors(2);
  v1::SchoolStatus status;
  status.mutable_counters()->set_status_error(1);
  EXPECT_FALSE(Settles(status, review));
  status.mutable_counters()->set_status_error(0);
  EXPECT_TRUE(Settles(status, review));
  // Beside others they are not waited for: some are of long standing.
  status.mutable_counters()->set_status_error(1);
  review.mutable_review_required()->set_new_users(1);
  EXPECT_TRUE(Settles(status, review));
}

TEST_F(WatchTest, AfterARestoreAPollThatBroughtNothingNewIsEnough) {
  v1::Entry restored = EntryOf(5);
  restored.mutable_restored()->set_backup(3);
  v1::SchoolStatus status;
  EXPECT_TRUE(NeedsStatus(restored, {}));
  EXPECT_FALSE(Settles(status, restored));
  auto& ended = *status.mutable_last_good_poll()->mutable_ended_at();
  ended.set_seconds(restored.at().seconds() - 60);
  EXPECT_FALSE(Settles(status, restored)) << "it is the backup's";
  ended.set_seconds(restored.at().seconds() + 60);
  EXPECT_TRUE(Settles(status, restored));
}

// A program without a role asks each minute, and rosterd says so each minute.
TEST_F(WatchTest, TheSameRefusalIsToldOnceADay) {
  std::uint64_t seq = 0;
  const auto refuse = [&](std::chrono::minutes at, const std::string& reason = "no-role") {
    v1::Entry entry = Refused(++seq, reason);
    entry.mutable_at()->set_seconds((now_ + at).time_since_epoch().count());
    Enter(entry);
    return Told();
  };
  EXPECT_EQ(refuse(minutes(0)), " 1");
  for (int i = 1; i < 24 * 60; ++i) ASSERT_EQ(refuse(minutes(i)), "") << i;
  EXPECT_EQ(refuse(minutes(24 * 60)), " 1441") << "it goes on";
  EXPECT_EQ(refuse(minutes(24 * 60 + 1), "role-missing"), " 1442") << "another reason";
  EXPECT_EQ(refuse(minutes(24 * 60 + 2)), "");
  v1::Entry other = Refused(++seq, "no-role");
  other.set_actor("uid:1002");
  other.mutable_at()->set_seconds((now_ + hours(24)).time_since_epoch().count());
  Enter(other);
  EXPECT_EQ(Told(), " 1444") << "somebody else";
  // Acknowledged, it is known for as long as it goes on.
  Enter(Acknowledged(++seq, 1444));
  for (int i = 0; i < 3 * 24 * 60; ++i) ASSERT_EQ(refuse(minutes(24 * 60 + 3 + i)), "") << i;
  const std::string anew = refuse(minutes(5 * 24 * 60 + 10));
  EXPECT_EQ(anew, fmt::format(" {}", seq)) << "it stopped, and began again";
  EXPECT_LE(state_.refusals.size(), 3U);
}

TEST_F(WatchTest, OfManyRefusalsSomeAreRememberedAndAllAreTold) {
  for (std::uint64_t seq = 1; seq <= kRefusalsMax + 10; ++seq) {
    v1::Entry entry = Refused(seq);
    entry.set_actor("key:" + std::to_string(seq));
    Enter(entry);
    if (seq % 50 == 0) static_cast<void>(Told());
  }
  EXPECT_EQ(state_.refusals.size(), kRefusalsMax);
  EXPECT_EQ(state_.pending.size(), 10U);
}

class WatchOfRecipients : public WatchTest {
 protected:
  WatchOfRecipients() { rule_.mail->to = {"good@example.org", "gone@example.org"}; }
  // Whom what is told now is for; "": nothing is.
  std::string Whom() {
    const Parcel* parcel = watch_.Next(now_, 0.99);
    std::string whom;
    if (parcel == nullptr) return whom;
    for (const std::string& to : RecipientsOf(*parcel, rule_.mail->to)) whom += to.substr(0, 4);
    return whom;
  }
  const std::vector<std::string> gone_{"gone@example.org"};
};

TEST_F(WatchOfRecipients, OneWhoIsRefusedIsTriedAloneAndHoldsUpNobody) {
  rule_.tries = 3;
  Enter(Review(1));
  EXPECT_EQ(Whom(), "goodgone");
  watch_.OnDelivered(now_, gone_);
  EXPECT_EQ(Whom(), "") << "not at once";
  Enter(Away(2));
  EXPECT_EQ(Whom(), "goodgone");
  watch_.OnDelivered(now_, gone_);
  // A second of each, and over a restart.
  now_ += seconds(5);
  state_ = FromText(ToText(state_, "r", "tcs"), "r", "tcs").value();
  Watch again(rule_, Zone::kUtc, state_);
  for (int i = 0; i < 2; ++i) {
    const Parcel* parcel = again.Next(now_, 0.99);
    ASSERT_NE(parcel, nullptr);
    EXPECT_EQ(RecipientsOf(*parcel, rule_.mail->to), gone_);
    EXPECT_EQ(parcel->entries.size(), 1U);
    EXPECT_TRUE(again.Awaiting().contains(parcel->entries.front().seq()));
    again.OnFailed(now_, std::nullopt);
  }
  EXPECT_EQ(again.Next(now_, 0.99), nullptr);
  EXPECT_EQ(again.Exhausted(), nullptr);
  now_ += minutes(1);
  ASSERT_NE(again.Next(now_, 0.99), nullptr);
  again.OnFailed(now_, std::nullopt);
  const Parcel* last = again.Exhausted();
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->to, gone_);
  EXPECT_EQ(last->entries.front().seq(), 1U);
  again.GiveUp(now_);
  EXPECT_EQ(again.Exhausted(), nullptr);
  ASSERT_NE(again.Next(now_, 0.99), nullptr) << "the other one's third try";
  again.OnDelivered(now_);
  EXPECT_TRUE(state_.aside.empty());
}

TEST_F(WatchOfRecipients, WhileAllFailsNobodyIsTriedAlone) {
  Enter(Review(1));
  ASSERT_EQ(Whom(), "goodgone");
  watch_.OnDelivered(now_, gone_);
  Enter(Away(2));
  ASSERT_EQ(Whom(), "goodgone");
  now_ += seconds(60);
  watch_.OnFailed(now_, std::nullopt);
  state_.sending->next_at = now_ + seconds(60);
  EXPECT_EQ(Whom(), "");
}

TEST_F(WatchOfRecipients, WhoHasLeftTheConfigIsTriedNoMore) {
  Enter(Review(1));
  ASSERT_EQ(Whom(), "goodgone");
  watch_.OnDelivered(now_, gone_);
  rule_.mail->to.pop_back();
  now_ += minutes(1);
  EXPECT_EQ(Whom(), "");
  EXPECT_TRUE(state_.aside.empty());
}

TEST_F(WatchOfRecipients, ARefusalAndAReminderAreToldTheRest) {
  rule_.remind = hours(1);
  Enter(Refused(1));
  Enter(Review(2));
  ASSERT_EQ(Whom(), "goodgone");
  watch_.OnDelivered(now_, gone_);
  now_ += seconds(10);
  ASSERT_EQ(Whom(), "gone");
  EXPECT_EQ(watch_.Awaiting(), (std::set<std::uint64_t>{1, 2}));
  watch_.OnDelivered(now_);
  now_ += hours(1);
  ASSERT_EQ(Whom(), "goodgone") << "reminded";
  watch_.OnDelivered(now_, gone_);
  Enter(Acknowledged(3, 2));
  now_ += seconds(10);
  EXPECT_EQ(Whom(), "") << "settled before the rest had the reminder";
  EXPECT_TRUE(state_.aside.empty());
}

TEST_F(WatchOfRecipients, WhatIsSetAsideIsBounded) {
  for (std::uint64_t seq = 1; seq <= kAsideMax + 1; ++seq) {
    EXPECT_EQ(watch_.Exhausted(), nullptr);
    Enter(Away(seq));
    ASSERT_EQ(Whom(), "goodgone");
    watch_.OnDelivered(now_, gone_);
  }
  const Parcel* oldest = watch_.Exhausted();
  ASSERT_NE(oldest, nullptr);
  EXPECT_EQ(oldest->entries.front().seq(), 1U);
  watch_.GiveUp(now_);
  EXPECT_EQ(watch_.Exhausted(), nullptr);
  EXPECT_EQ(state_.aside.size(), kAsideMax);
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
    EXPECT_EQ(watch_.Exhausted() != nullptr, failure == 3);
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

// Any journal, any failures, of all or of some recipients, killed at any save: each entry is
// delivered to each, in order of its first time.
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
      rule.mail->to = {"a@example.org", "b@example.org"};
    } else {
      rule.webhook.emplace();
    }
    if (chance(50)) rule.digest = seconds(30);
    if (chance(50) && rule.mail) rule.remind = seconds(100);
    std::string disk = ToText(State{}, "r", "tcs");
    std::set<std::uint64_t> delivered;  // to a, or to the webhook
    std::set<std::uint64_t> delivered_to_b;
    std::set<std::uint64_t> told;  // to anybody
    constexpr std::uint64_t kEntries = 60;
    const auto done = [&] {
      return delivered.size() == kEntries && (!rule.mail || delivered_to_b.size() == kEntries);
    };
    Time now = At(12);
    for (int step = 0; step < 100'000 && !done(); ++step) {
      State state = FromText(disk, "r", "tcs").value();
      Watch watch(rule, Zone::kUtc, state);
      while (!done()) {
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
          const std::vector<std::string> to =
              rule.mail ? RecipientsOf(*parcel, rule.mail->to) : std::vector<std::string>{"a"};
          std::vector<std::string> refused;
          for (const std::string& one : to) {
            if (refused.size() + 1 < to.size() && chance(50)) {
              refused.push_back(one);
              continue;
            }
            if (parcel->kind == Parcel::Kind::kReminder) continue;
            auto& had = one.starts_with('a') ? delivered : delivered_to_b;
            for (const v1::Entry& entry : parcel->entries) had.insert(entry.seq());
          }
          if (parcel->kind == Parcel::Kind::kEntries && parcel->to.empty()) {
            for (const v1::Entry& entry : parcel->entries) {
              EXPECT_LE(entry.seq(), told.size() + 1) << "out of order";
              told.insert(entry.seq());
            }
          }
          if (chance(10)) break;  // killed before that is known
          watch.OnDelivered(now, refused);
        }
        disk = ToText(state, "r", "tcs");
      }
    }
    EXPECT_TRUE(done()) << delivered.size() << " " << delivered_to_b.size();
  }
}

}  // namespace
}  // namespace roster::notify
