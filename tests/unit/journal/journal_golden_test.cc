// What the journal tells of a person, entry by entry.

#include <gtest/gtest.h>

#include <sstream>

#include "daemon/journal/journal.h"
#include "tests/unit/dump/golden.h"

namespace roster::journal {
namespace {

TEST(JournalGolden, EveryEntryThatNamesAPersonIsASentence) {
  using model::Action;
  const PersonId person(7);
  const TaskId task{PlanId(2), 5};
  const std::vector<model::Event> events = {
      model::LinksRecorded{{{person, AccountId("a1")}}},
      model::PersonsDecided{model::DecisionKind::kSync, {person}},
      model::PersonsDecided{model::DecisionKind::kSkip, {person}},
      model::PersonsDecided{model::DecisionKind::kExclude, {person}},
      model::PlanApproved{PlanId(2), {}, 1, 0, 0, 0, 0, {person}, 1},
      model::TaskApplied{task, person, Action::kAdd, AccountId("a1"), {}, 1, false},
      model::TaskApplied{task, person, Action::kRestore, AccountId("a1"), {}, 2, true},
      model::TaskDead{task, person, Action::kUpdate, "rejected-by-site", 1},
      model::TaskSuperseded{task, person, Action::kArchive, "changed"},
      model::TaskUnknown{task, person, Action::kInvite, "lease-expired", 3},
      model::TasksRetried{{{task, person}}}};
  std::ostringstream told;
  Head head;
  for (const model::Event& event : events) {
    const auto entry = Next(head, SchoolId("tcs"), Time(), "uid:1000", "", event);
    EXPECT_EQ(PersonsOf(event), std::vector<PersonId>{person});
    head = Advance(head, "bytes");
    told << entry.seq.value() << " " << EventName(event) << ": " << Tell(entry, person) << "\n";
  }
  dump::ExpectGolden("journal/told.txt", told.str());
}

}  // namespace
}  // namespace roster::journal
