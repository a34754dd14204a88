// Four eyes: what takes two people is done when a second one, never the same, says the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

const std::string kAnnsKey(model::kPublicKeySize, 'a');

// Ten students who are on the site. Ann has a user and a key; Ben has a user; both are in the group
// that may look on.
class FourEyes : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<model::Grant> grants(4);
    grants[0] = {"office", {}, {50}, {}, {model::Role::kViewer}, {}};
    grants[1] = {"Ann", {1000}, {}, {kAnnsKey}, {model::kRoles.begin(), model::kRoles.end()}, {}};
    grants[2] = {"Ben", {1001}, {}, {}, {model::kRoles.begin(), model::kRoles.end()}, {}};
    grants[3] = {"Cleo", {1002}, {}, {}, {model::kRoles.begin(), model::kRoles.end()}, {}};
    desk.access.Set(access::Access(std::move(grants)));
    desk.settings.schools[0].plans.guards = {};
    desk.settings.schools[0].rules.missing_polls = 1;
    desk.Restart();
    std::vector<std::int64_t> all;
    for (std::int64_t id = 1; id <= 10; ++id) {
      const std::string name = "N" + std::to_string(id);
      desk.pupils.push_back({id, "F", name, name + "@example.org"});
      all.push_back(id);
    }
    desk.Poll();
    desk.Decide(wire::SYNC, all);
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
    desk.WorkUntilDone();
    ASSERT_EQ(desk.School().counters().linked_active(), 10U);
  }
  void TearDown() override {
    AsAnn();
    desk.ExpectConsistent();
    for (const std::size_t work : {3U, 1000U}) {
      const auto verified = desk.Verify(work);
      for (const auto& one : verified.differences) ADD_FAILURE() << one.sentence;
    }
  }

  void AsAnn() { desk.peer = {1000, 1000, 1, {50}}; }
  void AsAnnFromAfar() {
    desk.peer = {};
    desk.peer.key = kAnnsKey;
  }
  void AsBen() { desk.peer = {1001, 1001, 2, {50}}; }
  void AsCleo() { desk.peer = {1002, 1002, 3}; }

  model::FourEyes& Rules() { return desk.settings.schools[0].plans.four_eyes; }
  void Withdraw(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) desk.pupils[i].status = "Withdrawn";
    desk.Poll();
  }
  static wire::ApprovePlan Whole(const wire::Plan& plan) {
    wire::ApprovePlan what;
    what.set_plan(plan.plan());
    what.set_digest(plan.digest());
    return what;
  }
  wire::Plan Look(std::uint64_t plan) {
    wire::Request request;
    request.mutable_get_plan()->set_plan(plan);
    return desk.Ask(request).plan().plan();
  }
  wire::Entry Newest() { return desk.Entries().back(); }

  Desk desk;
};

TEST_F(FourEyes, TwoPeopleApproveWhatArchivesMoreThanTheNumber) {
  Rules().archives_over = 2;
  desk.Restart();
  Withdraw(3);
  const wire::Plan plan = desk.Plan();
  EXPECT_EQ(plan.two_needed(), "archives");
  EXPECT_FALSE(plan.has_first_approval());

  const wire::Reply first = desk.Approve(Whole(plan));
  ASSERT_TRUE(first.has_approve()) << first.error().message();
  EXPECT_EQ(first.approve().plan().state(), wire::OPEN);
  EXPECT_EQ(first.approve().plan().first_approval().actor(), "uid:1000");
  EXPECT_TRUE(desk.Lease("w").empty()) << "nothing is done yet";
  const wire::Entry given = Newest();
  ASSERT_TRUE(given.has_approval_given());
  EXPECT_EQ(given.actor(), "uid:1000");
  EXPECT_EQ(given.approval_given().plan(), plan.plan());
  EXPECT_EQ(given.approval_given().digest(), plan.digest());
  EXPECT_EQ(given.approval_given().reason(), "archives");
  EXPECT_EQ(desk.School().waiting_size(), 1);

  AsBen();
  EXPECT_EQ(desk.Plan().first_approval().actor(), "uid:1000") << "the same content, the same plan";
  const wire::Reply second = desk.Approve(Whole(plan));
  ASSERT_TRUE(second.has_approve()) << second.error().message();
  EXPECT_EQ(second.approve().plan().state(), wire::APPROVED);
  EXPECT_EQ(second.approve().plan().approved_by(), "uid:1001");
  ASSERT_TRUE(Newest().has_plan_approved());
  EXPECT_EQ(Newest().plan_approved().first_actor(), "uid:1000");
  EXPECT_EQ(desk.School().waiting_size(), 0);
  AsAnn();
  desk.WorkUntilDone();
}

TEST_F(FourEyes, TheSamePersonIsNeverTheSecondByKeyOrUser) {
  Rules().all = true;
  desk.Restart();
  Withdraw(1);
  const wire::Plan plan = desk.Plan();
  EXPECT_EQ(plan.two_needed(), "all");
  ASSERT_TRUE(desk.Approve(Whole(plan)).has_approve());
  const std::size_t entries = desk.Entries().size();
  const wire::Reply again = desk.Approve(Whole(plan));
  EXPECT_EQ(again.error().reason(), "same-person");
  desk.Step();
  EXPECT_EQ(desk.CountEntries(wire::Entry::kRequestRefused), 1U);
  EXPECT_EQ(again.error().code(), "refused");
  AsAnnFromAfar();
  EXPECT_EQ(desk.Approve(Whole(plan)).error().reason(), "same-person")
      << "one name in the config is one person";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kApprovalGiven), 1U);
  EXPECT_GE(desk.Entries().size(), entries);
  AsAnn();
  EXPECT_TRUE(desk.Lease("w").empty());
  AsBen();
  EXPECT_EQ(desk.Approve(Whole(plan)).approve().plan().state(), wire::APPROVED)
      << "a group that may look on makes nobody the same person";
  AsAnn();
  desk.WorkUntilDone();
}

// A key or a user that is withdrawn takes along what it has approved by half.
TEST_F(FourEyes, AnApprovalOfOneWhoMayNoLongerApproveDoesNotCount) {
  Rules().all = true;
  desk.Restart();
  Withdraw(1);
  const wire::Plan plan = desk.Plan();
  ASSERT_TRUE(desk.Approve(Whole(plan)).has_approve());
  std::vector<model::Grant> without = desk.access.Get()->grants();
  const std::vector<model::Grant> all = without;
  std::erase_if(without, [](const model::Grant& grant) { return grant.name == "Ann"; });
  desk.access.Set(access::Access(without));
  AsBen();
  EXPECT_EQ(desk.Approve(Whole(plan)).approve().plan().state(), wire::OPEN);
  EXPECT_EQ(desk.Plan().first_approval().actor(), "uid:1001");
  AsCleo();
  EXPECT_EQ(desk.Approve(Whole(plan)).approve().plan().state(), wire::APPROVED);
  desk.access.Set(access::Access(all));
  AsAnn();
  desk.WorkUntilDone();
}

// A group names nobody: two of one group are two people.
TEST_F(FourEyes, TwoOfOneGroupAreTwo) {
  Rules().all = true;
  desk.Restart();
  Withdraw(1);
  const wire::Plan plan = desk.Plan();
  const std::vector<model::Grant> before = desk.access.Get()->grants();
  std::vector<model::Grant> grants = before;
  grants.push_back({"board", {}, {60}, {}, {model::Role::kApprover}, {}});
  desk.access.Set(access::Access(grants));
  desk.peer = {2000, 2000, 7, {60}};
  ASSERT_TRUE(desk.Approve(Whole(plan)).has_approve());
  EXPECT_EQ(desk.Approve(Whole(plan)).error().reason(), "same-person");
  desk.peer = {2001, 2001, 8, {60}};
  EXPECT_EQ(desk.Approve(Whole(plan)).approve().plan().state(), wire::APPROVED);
  AsAnn();
  desk.WorkUntilDone();
}

// The config says who somebody is in one entry, and makes them an approver in another.
TEST_F(FourEyes, OneNameIsOnePersonWhateverItIsFor) {
  Rules().all = true;
  desk.Restart();
  Withdraw(1);
  const wire::Plan plan = desk.Plan();
  const std::vector<model::Grant> before = desk.access.Get()->grants();
  std::vector<model::Grant> grants = before;
  grants.push_back({"Kim", {2000, 2001}, {}, {}, {model::Role::kReviewer}, {}});
  grants.push_back({"board", {}, {60}, {}, {model::Role::kApprover}, {}});
  desk.access.Set(access::Access(grants));
  desk.peer = {2000, 2000, 7, {60}};
  ASSERT_TRUE(desk.Approve(Whole(plan)).has_approve());
  desk.peer = {2001, 2001, 8, {60}};
  EXPECT_EQ(desk.Approve(Whole(plan)).error().reason(), "same-person");
  desk.peer = {2002, 2002, 9, {60}};
  EXPECT_EQ(desk.Approve(Whole(plan)).approve().plan().state(), wire::APPROVED)
      << "Kim's approval counts: they came by the group, which still approves";
  AsAnn();
  desk.WorkUntilDone();
}

TEST_F(FourEyes, WhoWasFirstByKeyIsNotTheSecondByUser) {
  Rules().all = true;
  desk.Restart();
  Withdraw(1);
  const wire::Plan plan = desk.Plan();
  AsAnnFromAfar();
  ASSERT_TRUE(desk.Approve(Whole(plan)).has_approve());
  AsAnn();
  EXPECT_EQ(desk.Approve(Whole(plan)).error().reason(), "same-person");
  desk.Restart();
  EXPECT_EQ(desk.Approve(Whole(plan)).error().reason(), "same-person") << "after a restart too";
}

TEST_F(FourEyes, AnotherChoiceIsAFirstApprovalAgain) {
  Rules().all = true;
  desk.Restart();
  Withdraw(3);
  const wire::Plan plan = desk.Plan();
  ASSERT_TRUE(desk.Approve(Whole(plan)).has_approve());
  AsBen();
  wire::ApprovePlan part = Whole(plan);
  part.add_except(2);
  part.add_except(1);
  const wire::Reply other = desk.Approve(part);
  ASSERT_TRUE(other.has_approve());
  EXPECT_EQ(other.approve().plan().state(), wire::OPEN);
  const wire::Approval& given = other.approve().plan().first_approval();
  EXPECT_EQ(given.actor(), "uid:1001");
  ASSERT_EQ(given.except_size(), 2) << "the second sees what is to be said again";
  EXPECT_EQ(given.except(0), 1);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kApprovalGiven), 2U);
  EXPECT_EQ(given.replaced_actor(), "uid:1000");
  EXPECT_TRUE(given.has_replaced_at());
  for (const wire::Entry& entry : desk.Entries()) {
    if (!entry.has_approval_given() || entry.actor() != "uid:1000") continue;
    EXPECT_EQ(Newest().approval_given().replaces(), entry.seq());
  }
  EXPECT_EQ(Newest().approval_given().replaced_actor(), "uid:1000");
  AsAnn();
  ASSERT_EQ(desk.School().waiting_size(), 1);
  EXPECT_EQ(desk.School().waiting(0).first_approval().replaced_actor(), "uid:1000")
      << "the first is told too";
  AsBen();
  part.clear_except();
  part.add_except(1);
  part.add_except(2);
  EXPECT_EQ(desk.Approve(part).error().reason(), "same-person") << "in another order, the same";
  AsAnn();
  const wire::Reply second = desk.Approve(part);
  ASSERT_TRUE(second.has_approve()) << second.error().message();
  EXPECT_EQ(second.approve().plan().state(), wire::APPROVED);
  EXPECT_EQ(second.approve().plan().not_chosen(), 2U);
  EXPECT_EQ(Newest().plan_approved().first_actor(), "uid:1001");
  desk.WorkUntilDone();
}

TEST_F(FourEyes, WhatIsApprovedCountsAndNotThePlan) {
  Rules().archives_over = 2;
  desk.Restart();
  Withdraw(3);
  const wire::Plan plan = desk.Plan();
  EXPECT_EQ(plan.two_needed(), "archives");
  wire::ApprovePlan part = Whole(plan);
  part.add_except(1);
  const wire::Reply reply = desk.Approve(part);
  ASSERT_TRUE(reply.has_approve());
  EXPECT_EQ(reply.approve().plan().state(), wire::APPROVED) << "two archives: one is enough";
  EXPECT_EQ(Newest().plan_approved().first_actor(), "");
  desk.WorkUntilDone();
}

TEST_F(FourEyes, MissingPeopleAreArchivesToo) {
  Rules().archives_over = 1;
  desk.Restart();
  desk.pupils[0].status = "Withdrawn";
  desk.pupils.erase(desk.pupils.begin() + 1);
  desk.Poll();
  const wire::Plan plan = desk.Plan();
  EXPECT_EQ(plan.missing(), 1U);
  EXPECT_EQ(desk.Approve(Whole(plan)).approve().plan().state(), wire::OPEN);
}

TEST_F(FourEyes, LiftedGuardsTakeTwoWithTheSameReason) {
  Rules().lifted_guards = true;
  desk.settings.schools[0].plans.guards[static_cast<std::size_t>(model::GuardKind::kArchive)] = {
      2, std::nullopt, 0};
  desk.Restart();
  Withdraw(3);
  const wire::Plan plan = desk.Plan();
  EXPECT_EQ(plan.two_needed(), "");
  EXPECT_TRUE(plan.lifting_needs_two());
  EXPECT_EQ(desk.Approve(Whole(plan)).error().reason(), "plan-held");
  wire::ApprovePlan lifted = Whole(plan);
  lifted.set_override_guards(true);
  lifted.set_override_reason("they have left");
  const wire::Reply first = desk.Approve(lifted);
  ASSERT_TRUE(first.has_approve()) << first.error().message();
  EXPECT_EQ(first.approve().plan().state(), wire::OPEN);
  EXPECT_EQ(first.approve().plan().first_approval().override_reason(), "they have left");
  EXPECT_EQ(Newest().approval_given().reason(), "lifted-guards");
  AsBen();
  wire::ApprovePlan other = lifted;
  other.set_override_reason("in Ben's own words");
  const wire::Reply second = desk.Approve(other);
  EXPECT_EQ(second.approve().plan().state(), wire::APPROVED) << second.error().message();
  EXPECT_EQ(second.approve().plan().override_reason(), "in Ben's own words");
  EXPECT_EQ(second.approve().plan().first_approval().override_reason(), "they have left");
  EXPECT_EQ(Newest().plan_approved().first_actor(), "uid:1000");
  EXPECT_EQ(Newest().plan_approved().lifted_size(), 1);
  desk.WorkUntilDone();
}

TEST_F(FourEyes, GuardsThatHoldNothingAreNotLifted) {
  Rules().lifted_guards = true;
  desk.Restart();
  Withdraw(3);
  wire::ApprovePlan lifted = Whole(desk.Plan());
  lifted.set_override_guards(true);
  lifted.set_override_reason("to be sure");
  EXPECT_EQ(desk.Approve(lifted).approve().plan().state(), wire::APPROVED);
  desk.WorkUntilDone();
}

TEST_F(FourEyes, ANeedlessWordToLiftGuardsIsNoOtherChoice) {
  Rules().all = true;
  desk.Restart();
  Withdraw(3);
  const wire::Plan plan = desk.Plan();
  wire::ApprovePlan lifted = Whole(plan);
  lifted.set_override_guards(true);
  lifted.set_override_reason("to be sure");
  const wire::Reply first = desk.Approve(lifted);
  EXPECT_FALSE(first.approve().plan().first_approval().override_guards());
  EXPECT_EQ(first.approve().plan().first_approval().override_reason(), "") << "it lifts nothing";
  AsBen();
  EXPECT_EQ(desk.Approve(Whole(plan)).approve().plan().state(), wire::APPROVED);
  AsAnn();
  desk.WorkUntilDone();
}

// Why a guard is lifted is said in words of one's own, which may name people.
TEST_F(FourEyes, WordsAreForThoseWhoMaySeePeople) {
  std::vector<model::Grant> grants = desk.access.Get()->grants();
  grants.push_back({"Dora",
                    {1003},
                    {},
                    {},
                    {model::Role::kSubscriber, model::Role::kOperator, model::Role::kWorker},
                    {}});
  grants.push_back({"Viv", {1004}, {}, {}, {model::Role::kViewer}, {}});
  desk.access.Set(access::Access(grants));
  Rules().all = true;
  desk.settings.schools[0].plans.guards[static_cast<std::size_t>(model::GuardKind::kArchive)] = {
      2, std::nullopt, 0};
  desk.Restart();
  Withdraw(3);
  wire::ApprovePlan lifted = Whole(desk.Plan());
  lifted.set_override_guards(true);
  lifted.set_override_reason("Ann's words");
  ASSERT_TRUE(desk.Approve(lifted).has_approve());
  const auto seen_by = [&](std::int64_t uid) {
    desk.peer = {uid, uid, 9};
    return desk.Status().DebugString();
  };
  EXPECT_EQ(seen_by(1003).find("words"), std::string::npos);
  EXPECT_NE(seen_by(1004).find("Ann\\'s words"), std::string::npos);
  AsBen();
  lifted.set_override_reason("Ben's words");
  ASSERT_EQ(desk.Approve(lifted).approve().plan().state(), wire::APPROVED);
  EXPECT_EQ(seen_by(1003).find("words"), std::string::npos);
  EXPECT_NE(seen_by(1004).find("Ben\\'s words"), std::string::npos);
  AsAnn();
  desk.WorkUntilDone();
}

// What can't be is on record as what may not be is.
TEST_F(FourEyes, CommandsThatAreNotDoneAreOnRecord) {
  desk.settings.schools[0].plans.guards[static_cast<std::size_t>(model::GuardKind::kArchive)] = {
      2, std::nullopt, 0};
  desk.Restart();
  std::uint64_t plan_number = 0;
  const auto refused = [&] {
    desk.Step();
    std::map<std::string, std::string> all;  // reason -> request
    for (const wire::Entry& entry : desk.Entries()) {
      if (!entry.has_request_refused()) continue;
      all[entry.request_refused().reason()] = entry.request_refused().request();
      EXPECT_EQ(entry.actor(), "uid:1000");
      const bool of_plan = entry.request_refused().request() != "Forget";
      EXPECT_EQ(entry.request_refused().plan(), of_plan ? plan_number : 0) << "which it was about";
    }
    return all;
  };
  Withdraw(3);
  const wire::Plan plan = desk.Plan();
  plan_number = plan.plan();
  wire::ApprovePlan forged = Whole(plan);
  forged.set_digest(std::string(32, 'x'));
  EXPECT_EQ(desk.Approve(forged).error().reason(), "plan-digest");
  EXPECT_EQ(desk.Approve(Whole(plan)).error().reason(), "plan-held");
  EXPECT_EQ(desk.Approve(Whole(plan)).error().reason(), "plan-held");
  wire::Request forget;
  forget.mutable_forget()->add_persons(5);
  forget.mutable_forget()->add_persons(6);
  forget.mutable_forget()->add_persons(4711);
  EXPECT_EQ(desk.Command(forget).forget().refused_size(), 3);
  EXPECT_EQ(desk.PrepareUndo(plan.plan()).error().reason(), "plan-not-finished");
  EXPECT_EQ(desk.PrepareUndo(4711).error().reason(), "unknown-plan");
  const auto all = refused();
  const std::map<std::string, std::string> expected = {{"plan-digest", "ApprovePlan"},
                                                       {"plan-held", "ApprovePlan"},
                                                       {"still-here", "Forget"},
                                                       {"plan-not-finished", "PreparePlan"}};
  EXPECT_EQ(all, expected) << "a number that nobody has is a slip of the pen";
  desk.clock.Advance(std::chrono::minutes(1));
  refused();
  std::uint64_t held = 0;
  for (const wire::Entry& entry : desk.Entries()) {
    if (entry.request_refused().reason() == "plan-held") held += entry.request_refused().times();
  }
  EXPECT_EQ(held, 2U) << "each is counted, and a minute holds one entry of a kind";
}

TEST_F(FourEyes, AnApprovalIsForThePlanThatWasSeen) {
  Rules().all = true;
  desk.Restart();
  Withdraw(2);
  const wire::Plan plan = desk.Plan();
  ASSERT_TRUE(desk.Approve(Whole(plan)).has_approve());
  desk.pupils[2].status = "Withdrawn";
  desk.Poll();
  AsBen();
  const wire::Plan newer = desk.Plan();
  EXPECT_NE(newer.plan(), plan.plan());
  EXPECT_FALSE(newer.has_first_approval());
  EXPECT_EQ(desk.Approve(Whole(newer)).approve().plan().state(), wire::OPEN);
}

TEST_F(FourEyes, AnApprovalEndsWithItsPlan) {
  Rules().all = true;
  desk.Restart();
  Withdraw(2);
  const wire::Plan plan = desk.Plan();
  ASSERT_TRUE(desk.Approve(Whole(plan)).has_approve());
  desk.clock.Advance(desk.settings.schools[0].plans.plan_ttl);
  AsBen();
  EXPECT_EQ(desk.Approve(Whole(plan)).error().reason(), "plan-expired");
  EXPECT_EQ(desk.School().waiting_size(), 0);
  desk.Poll();
  EXPECT_EQ(desk.Approve(Whole(plan)).error().reason(), "unknown-plan");
  EXPECT_FALSE(desk.Plan().has_first_approval());
}

TEST_F(FourEyes, APlanWaitsHoweverManyWerePreparedSince) {
  Rules().all = true;
  desk.Restart();
  Withdraw(2);
  const wire::Plan plan = desk.Plan();
  ASSERT_TRUE(desk.Approve(Whole(plan)).has_approve());
  const auto expect_waiting = [&](int count) {
    const wire::SchoolStatus& status = desk.School();
    ASSERT_EQ(status.waiting_size(), count);
    if (count > 0) {
      EXPECT_EQ(status.waiting(0).plan(), plan.plan());
    }
    desk.clock.Advance(std::chrono::seconds(1));
    desk.Step();
    EXPECT_EQ(desk.vitals.value().schools.at(0).plans_waiting, static_cast<std::uint64_t>(count));
  };
  for (int i = 1; i <= 25; ++i) {
    desk.pupils[9].last = "M" + std::to_string(i);
    desk.Poll();
    ASSERT_EQ(desk.Plan().plan(), plan.plan() + static_cast<std::uint64_t>(i));
  }
  expect_waiting(1);
  desk.Restart();
  expect_waiting(1);
  AsBen();
  ASSERT_EQ(desk.Approve(Whole(plan)).approve().plan().state(), wire::APPROVED);
  AsAnn();
  expect_waiting(0);
  EXPECT_EQ(desk.School().plans(0).plan(), plan.plan());
}

TEST_F(FourEyes, WhatHasChangedMeanwhileIsNotApprovedBySecondHand) {
  Rules().all = true;
  desk.Restart();
  Withdraw(2);
  const wire::Plan plan = desk.Plan();
  ASSERT_TRUE(desk.Approve(Whole(plan)).has_approve());
  desk.Decide(wire::EXCLUDE, {1});
  AsBen();
  EXPECT_EQ(desk.Approve(Whole(plan)).error().reason(), "plan-changed");
  EXPECT_EQ(Look(plan.plan()).first_approval().actor(), "uid:1000");
}

TEST_F(FourEyes, ARepeatedCommandOfTheFirstIsAnsweredAsBefore) {
  Rules().all = true;
  desk.Restart();
  Withdraw(2);
  wire::Request request;
  *request.mutable_approve_plan() = Whole(desk.Plan());
  ASSERT_TRUE(desk.Command(request, "c-first").has_approve());
  const wire::Reply again = desk.Command(request, "c-first");
  ASSERT_TRUE(again.has_approve());
  EXPECT_EQ(again.approve().plan().state(), wire::OPEN);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kApprovalGiven), 1U);
}

TEST_F(FourEyes, VerifyFindsAFirstApprovalThatNobodyGave) {
  Rules().all = true;
  desk.Restart();
  Withdraw(2);
  const wire::Plan plan = desk.Plan();
  ASSERT_TRUE(desk.Approve(Whole(plan)).has_approve());
  EXPECT_EQ(desk.Verify(1000).differences_total, 0U);
  const auto key = store::PlanKey(SchoolId("tcs"), PlanId(plan.plan()));
  const auto kept = desk.store.Get(store::Family::kWork, key);
  ASSERT_TRUE(kept && *kept);
  auto stored = store::DecodePlan(PlanId(plan.plan()), **kept);
  ASSERT_TRUE(stored);
  const auto put = [&](const model::Plan& value) {
    store::Batch batch;
    batch.Put(store::Family::kWork, key, store::EncodePlan(value));
    Desk::Must(desk.store.Commit(batch, true));
    desk.Restart();
  };
  model::Plan forged = *stored;
  forged.first_approval->choice = Blake2b("another");
  put(forged);
  EXPECT_EQ(desk.Verify(1000).differences_total, 2U) << "not what was given, and given by nobody";
  forged.first_approval.reset();
  put(forged);
  EXPECT_EQ(desk.Verify(1000).differences_total, 1U);
  put(*stored);
}

}  // namespace
}  // namespace roster::engine
