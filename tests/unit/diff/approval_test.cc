// Approval is for what was seen: the digest names the content of a change, all of it and no more.

#include <gtest/gtest.h>

#include <set>

#include "daemon/diff/diff.h"
#include "tests/unit/dump/sample.h"

namespace roster {
namespace {

using diff::ApprovalDigest;
using dump::MakeAccount;
using dump::MakeCandidate;
using dump::MakeLink;
using dump::MakeRules;
using model::Action;
using model::Change;
using model::Field;

Change Update() {
  const model::Account account = MakeAccount("x", "ada@example.org");
  const model::Link link = MakeLink(1, account);
  model::Candidate candidate = MakeCandidate(1, "ada@example.org");
  candidate.fields.Set(Field::kGrade, "10");
  return diff::Diff(candidate, {}, &link, &account, 0, MakeRules());
}

TEST(ApprovalDigest, IsTheSameForTheSameContentInALaterPoll) {
  const Change seen = Update();
  Change later = seen;
  later.account->version = "W/\"99\"";
  later.account->last_accessed = Time{};
  later.account->fields.Set(Field::kNickName, "not touched by this");
  later.candidate.next_status = "Graduate";
  later.duplicates = {PersonId(9)};
  EXPECT_EQ(ApprovalDigest(later, later.action), ApprovalDigest(seen, seen.action));
}

TEST(ApprovalDigest, DiffersWithEveryPartOfTheContent) {
  std::vector<Change> changes(9, Update());
  changes[1].candidate.person = PersonId(2);
  changes[2].account->id = AccountId("y");
  changes[3].account->active = false;
  changes[4].fields[0].before = "08";
  changes[5].fields[0].after = "11";
  changes[6].fields[0].field = Field::kSchool;
  changes[7].fields.push_back({Field::kRole, "", "a"});
  changes[8].linked = false;  // then externalId is written
  std::set<Digest> digests;
  for (const Change& change : changes) digests.insert(ApprovalDigest(change, Action::kUpdate));
  EXPECT_EQ(digests.size(), changes.size());
}

TEST(ApprovalDigest, DiffersWithTheAction) {
  std::set<Digest> digests;
  for (const Action action :
       {Action::kAdd, Action::kUpdate, Action::kArchive, Action::kRestore, Action::kInvite}) {
    digests.insert(ApprovalDigest(Update(), action));
  }
  EXPECT_EQ(digests.size(), 5U);
}

// An archive writes no field: that FACTS says something new about a name does not undo its
// approval.
TEST(ApprovalDigest, ArchiveNamesTheAccountAlone) {
  const Change seen = Update();
  Change later = seen;
  later.fields[0].after = "11";
  EXPECT_EQ(ApprovalDigest(later, Action::kArchive), ApprovalDigest(seen, Action::kArchive));
}

// A second invitation is another one.
TEST(ApprovalDigest, InvitationNamesTheLastOne) {
  const Change never = Update();
  Change before = never;
  before.account->invited = Time{};
  Change later = never;
  later.account->invited = Time{Duration(1)};
  std::set<Digest> digests;
  for (const Change& change : {never, before, later}) {
    digests.insert(ApprovalDigest(change, Action::kInvite));
  }
  EXPECT_EQ(digests.size(), 3U);
  EXPECT_EQ(ApprovalDigest(never, Action::kUpdate), ApprovalDigest(later, Action::kUpdate));
}

// Plans on disk hold these: the bytes must not change.
TEST(ApprovalDigest, IsWhatItWasInEarlierVersions) {
  EXPECT_EQ(ApprovalDigest(Update(), Action::kUpdate).Hex(),
            "e96c2a79d8f15247d8316c9ef9f27b873d652bd3cff2e88dd6ffc8a685980397");
}

}  // namespace
}  // namespace roster
