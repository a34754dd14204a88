// The chain: numbered without gaps, each entry carrying the digest of the one before.

#include "daemon/journal/journal.h"

#include <gtest/gtest.h>

namespace roster::journal {
namespace {

const SchoolId kSchool("tcs");

TEST(Journal, TheFirstEntryFollowsNothing) {
  const model::Entry entry =
      Next(Head(), kSchool, Time(), "uid:1", "cmd", model::SyncCompleted{PlanId(1), {}});
  EXPECT_EQ(entry.seq, Seq(1));
  EXPECT_TRUE(entry.previous.empty());
  EXPECT_TRUE(Follow(Head(), entry, "bytes"));
}

TEST(Journal, AnAlteredMissingOrReorderedEntryBreaksTheChain) {
  Head head;
  std::vector<std::pair<model::Entry, std::string>> entries;
  for (int i = 0; i < 5; ++i) {
    entries.emplace_back(
        Next(head, kSchool, Time(), "rosterd", "", model::SyncCompleted{PlanId(1), {}}),
        "bytes " + std::to_string(i));
    head = Advance(head, entries.back().second);
  }
  const auto verify = [](const auto& chain) {
    Head at;
    for (const auto& [entry, bytes] : chain) {
      const auto next = Follow(at, entry, bytes);
      if (!next) return false;
      at = *next;
    }
    return true;
  };
  EXPECT_TRUE(verify(entries));
  auto altered = entries;
  altered[2].second += "!";
  EXPECT_FALSE(verify(altered));
  auto missing = entries;
  missing.erase(missing.begin() + 2);
  EXPECT_FALSE(verify(missing));
  auto swapped = entries;
  std::swap(swapped[1], swapped[2]);
  EXPECT_FALSE(verify(swapped));
}

TEST(Journal, ManyPersonsAreSplitOverSeveralEntries) {
  std::vector<PersonId> persons;
  for (int i = 0; i < 25'000; ++i) persons.emplace_back(i);
  const auto events = SplitDecided(model::DecisionKind::kSync, persons);
  ASSERT_EQ(events.size(), 3U);
  std::size_t named = 0;
  for (const auto& event : events) {
    EXPECT_LE(PersonsOf(event).size(), model::kEntryPersonsMax);
    named += PersonsOf(event).size();
  }
  EXPECT_EQ(named, persons.size());
  EXPECT_TRUE(SplitDecided(model::DecisionKind::kSync, {}).empty());
}

TEST(Journal, ManyFamiliesAreSplitOverSeveralEntries) {
  std::vector<FamilyId> families;
  for (int i = 0; i < 20'001; ++i) families.emplace_back(i);
  const auto events = SplitFamilies(true, families, Blake2b("x"));
  ASSERT_EQ(events.size(), 3U);
  std::vector<FamilyId> named;
  for (const auto& event : events) {
    const auto& decided = std::get<model::FamiliesDecided>(event);
    EXPECT_EQ(decided.word, Blake2b("x"));
    EXPECT_TRUE(decided.excluded);
    EXPECT_LE(decided.families.size(), model::kEntryPersonsMax);
    EXPECT_TRUE(PersonsOf(event).empty());  // families are not persons
    named.insert(named.end(), decided.families.begin(), decided.families.end());
  }
  EXPECT_EQ(named, families);
  EXPECT_TRUE(SplitFamilies(false, {}, {}).empty());
}

TEST(Journal, ADuplicateNamesItsMembersAndAGivenUpLinkItsPerson) {
  const std::vector<PersonId> members = {PersonId(4), PersonId(5)};
  EXPECT_EQ(PersonsOf(model::DuplicateResolved{GroupId(1), model::HolderKind::kKeep, PersonId(5),
                                               members}),
            members);
  EXPECT_EQ(PersonsOf(model::LinksForgotten{{{PersonId(4), AccountId("a")}}}),
            std::vector<PersonId>{PersonId(4)});
  EXPECT_EQ(PersonsOf(model::EmailChosen{PersonId(5), true}), std::vector<PersonId>{PersonId(5)});
  EXPECT_EQ(PersonsOf(model::MatchDecided{PersonId(5), std::nullopt, false}),
            std::vector<PersonId>{PersonId(5)});
}

TEST(Journal, SomebodyNotNamedIsToldNothingOfLinks) {
  const model::Entry entry = Next(Head(), kSchool, Time(), "uid:1000", "",
                                  model::LinksForgotten{{{PersonId(4), AccountId("a9")}}});
  EXPECT_EQ(Tell(entry, PersonId(5)), "");
}

TEST(Journal, TellsWhatBearsOnAPerson) {
  model::Entry entry = Next(Head(), kSchool, Time(), "uid:1000", "",
                            model::PersonsDecided{model::DecisionKind::kSkip, {PersonId(4)}});
  EXPECT_EQ(Tell(entry, PersonId(4)), "Deselected by uid:1000.");
  entry.event = model::TaskApplied{
      {PlanId(2), 1}, PersonId(4), model::Action::kArchive, AccountId("a9"), {}, 1, false};
  EXPECT_EQ(Tell(entry, PersonId(4)), "Task 2.1 (archive the account) done on account a9.");
  EXPECT_EQ(PersonsOf(entry.event), std::vector<PersonId>{PersonId(4)});
}

}  // namespace
}  // namespace roster::journal
