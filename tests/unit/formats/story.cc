#include "tests/unit/formats/story.h"

#include <gtest/gtest.h>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::formats {
namespace {

namespace wire = roster::v1;

void Fail(engine::Desk& desk, const wire::Task& task, bool unknown) {
  wire::Outcome outcome;
  outcome.mutable_lease()->set_school(task.school());
  outcome.mutable_lease()->set_plan(task.plan());
  outcome.mutable_lease()->set_index(task.index());
  outcome.mutable_lease()->set_attempt(task.attempt());
  if (unknown) {
    outcome.mutable_unknown()->set_reason("no-answer");
    outcome.mutable_unknown()->set_untold(true);
  } else {
    outcome.mutable_failed()->set_reason("refused");
  }
  EXPECT_EQ(desk.Report("w", {outcome}).refused_size(), 0);
}

void KeepQuota(engine::Desk& desk) {
  model::QuotaState state;
  state.taken[0] = {{desk.clock.Now(), 3}};
  state.taken[1] = {{desk.clock.Now(), 3}};
  state.taken[2] = {{desk.clock.Now() - std::chrono::hours(2), 40}, {desk.clock.Now(), 3}};
  store::Batch batch;
  Fingerprint key{};
  key.bytes.fill(7);
  batch.Put(store::Family::kMeta, store::QuotaKey(key), store::EncodeQuota(state));
  EXPECT_TRUE(desk.store.Commit(batch, true));
}

}  // namespace

void Play(engine::Desk& desk) {
  desk.pupils = {{1, "Ada", "Abel", "ada@example.org"},
                 {2, "Ben", "Bold", "ben@example.org"},
                 {3, "Cleo", "Cook", "cleo@example.org"},
                 {4, "Dan", "Dale", "twins@example.org"},
                 {5, "Dora", "Dale", "twins@example.org", "Enrolled", "09", "dora@example.org"},
                 {6, "Eve", "Eaton", ""},
                 {7, "Finn", "Frost", "finn@example.org"},
                 {8, "Gus", "Gray", "gus@example.org"},
                 {9, "Hana", "Hill", "hana@example.org"},
                 {10, "Ivan", "Ives", "ivan@example.org"}};
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2, 3, 8, 9});
  desk.Decide(wire::SKIP, {7});
  ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
  desk.WorkUntilDone();
  // A change, a departure, invitations, one of whose ends nobody knows, and one that was refused.
  desk.clock.Advance(std::chrono::hours(30));
  desk.pupils[1].last = "Brave";
  desk.pupils[2].status = "Withdrawn";
  desk.Poll();
  ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
  desk.WorkUntilDone();
  wire::PreparePlan invitations;
  invitations.mutable_invitations();
  const wire::Reply prepared = desk.Prepare(invitations);
  ASSERT_TRUE(desk.Approve(prepared.plan().plan()).has_approve());
  const auto leased = desk.Lease("w", 3);
  ASSERT_EQ(leased.size(), 3U);
  Fail(desk, leased[0], true);
  Fail(desk, leased[1], false);
  EXPECT_EQ(desk.Report("w", {desk.Execute(leased[2])}).refused_size(), 0);
  // The twins' address is resolved; somebody who left is forgotten; a plan waits for its approval.
  const auto groups = desk.Groups(wire::GROUP_NEW);
  ASSERT_FALSE(groups.empty());
  wire::ResolveGroup keep;
  keep.set_group(groups[0].group());
  keep.set_keep(4);
  ASSERT_TRUE(desk.Resolve(keep).has_settle());
  wire::Request forget;
  forget.mutable_forget()->add_persons(3);
  ASSERT_EQ(desk.Command(forget).forget().forgotten(), 1U);
  desk.Decide(wire::SYNC, {4, 10});
  desk.Plan();
  KeepQuota(desk);
}

}  // namespace roster::formats
