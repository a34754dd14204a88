// What the journal tells of a person, entry by entry.

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "daemon/journal/journal.h"
#include "tests/unit/dump/golden.h"

namespace roster::journal {
namespace {

const PersonId kPerson(7);
const TaskId kTask{PlanId(2), 5};

model::PlanApproved Approved(std::vector<model::GuardKind> lifted) {
  model::PlanApproved approved;
  approved.plan = PlanId(2);
  approved.adds = 1;
  approved.archives = 3;
  approved.left_out = {kPerson};
  approved.left_out_total = 1;
  approved.lifted = std::move(lifted);
  return approved;
}

// What is told of this person, an entry a line.
std::string Told(const std::vector<model::Event>& events) {
  std::ostringstream told;
  Head head;
  for (const model::Event& event : events) {
    const auto entry = Next(head, SchoolId("tcs"), Time(), "uid:1000", "", event);
    head = Advance(head, "bytes");
    told << entry.seq.value() << " " << EventName(event) << ": " << Tell(entry, kPerson) << "\n";
  }
  return told.str();
}

TEST(JournalGolden, EveryEntryThatNamesAPersonIsASentence) {
  using model::Action;
  using model::DecisionKind;
  using model::HolderKind;
  const PersonId other(8);
  const std::vector<model::Event> events = {
      model::LinksRecorded{{{kPerson, AccountId("a1")}}},
      model::PersonsDecided{DecisionKind::kSync, {kPerson}},
      model::PersonsDecided{DecisionKind::kSkip, {kPerson}},
      model::PersonsDecided{DecisionKind::kExclude, {kPerson}},
      Approved({}),
      model::TaskApplied{kTask, kPerson, Action::kAdd, AccountId("a1"), {}, 1, false},
      model::TaskApplied{kTask, kPerson, Action::kRestore, AccountId("a1"), {}, 2, true},
      model::TaskDead{kTask, kPerson, Action::kUpdate, "rejected-by-site", 1},
      model::TaskSuperseded{kTask, kPerson, Action::kArchive, "changed"},
      model::TaskUnknown{kTask, kPerson, Action::kInvite, "lease-expired", 3},
      model::TasksRetried{{{kTask, kPerson}}},
      model::TaskUnknown{kTask, kPerson, Action::kInvite, "not-told", 4, true},
      model::TasksConfirmed{{{{PlanId(1), 1}, other}, {kTask, kPerson}}},
      model::PersonsDecided{DecisionKind::kInclude, {kPerson}},
      model::PersonsDecided{DecisionKind::kProtect, {kPerson}},
      model::DuplicateResolved{GroupId(12), HolderKind::kKeep, kPerson, {kPerson, other}},
      model::DuplicateResolved{GroupId(12), HolderKind::kKeep, other, {kPerson, other}},
      model::DuplicateResolved{GroupId(12), HolderKind::kShare, kPerson, {kPerson, other}},
      model::DuplicateResolved{GroupId(12), HolderKind::kShare, other, {kPerson, other}},
      model::DuplicateResolved{GroupId(12), std::nullopt, PersonId(), {kPerson, other}},
      model::EmailChosen{kPerson, true},
      model::EmailChosen{kPerson, false},
      model::MatchDecided{kPerson, AccountId("a1"), false},
      model::MatchDecided{kPerson, std::nullopt, false},
      model::MatchDecided{kPerson, std::nullopt, true},
      model::LinksForgotten{{{other, AccountId("a2")}, {kPerson, AccountId("a1")}}},
      Approved({model::GuardKind::kArchive, model::GuardKind::kMissing})};
  for (const model::Event& event : events) {
    const auto persons = PersonsOf(event);
    EXPECT_EQ(std::count(persons.begin(), persons.end(), kPerson), 1) << EventName(event);
  }
  dump::ExpectGolden("journal/told.txt", Told(events));
}

TEST(JournalGolden, EntriesAboutFamiliesAndPlansAreSentencesToo) {
  using model::GuardKind;
  model::PlanApproved approved = Approved({GuardKind::kAdd});
  approved.left_out.clear();
  approved.not_chosen = 4;
  model::ReviewRequired review;
  review.new_users = 1;
  const std::vector<model::Event> events = {
      model::FamiliesDecided{true, {FamilyId(3)}},
      model::FamiliesDecided{false, {FamilyId(3), FamilyId(4)}},
      review,
      model::ReviewRequired{PollId(1), 2, 3, 0, 0, 9, 0, {GuardKind::kArchive}},
      model::PlanPrepared{PlanId(2), {}, 1, false, std::nullopt, {}},
      model::PlanPrepared{
          PlanId(2), {}, 90, false, PlanId(1), {GuardKind::kUpdate, GuardKind::kRestore}},
      model::PlanPrepared{PlanId(3), {}, 5, true, std::nullopt, {}},
      approved};
  for (const model::Event& event : events) EXPECT_TRUE(PersonsOf(event).empty());
  dump::ExpectGolden("journal/told_of_all.txt", Told(events));
}

}  // namespace
}  // namespace roster::journal
