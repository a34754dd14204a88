// What version 0.1 kept is still read: these are its bytes, in hexadecimal. Never changed; a
// version that writes otherwise adds its own.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "daemon/store/codec.h"

namespace roster::store {
namespace {

constexpr std::string_view kChange =
    "0a10d4eb88c5d5f1adaf4c437e130906a5e8124308012203416e6e2a034c6565320248533a01394208456e72"
    "6f6c6c65645a130802120f616e6e406578616d706c652e6f7267620f616e6e406578616d706c652e6f726718"
    "0428045201026a0261316a0261327001";
constexpr std::string_view kPlacement =
    "08041005200428013a076c656501616e6e4210c311d21b3583875acbaa0f6724ae8b0a";
constexpr std::string_view kDecision =
    "08031210d6e5345be2eaf78df0904807418c57fc1a057569643a372080ade204";
constexpr std::string_view kHead =
    "0809122000000000000000000000000000000000000000000000000000000000000000001802200172540803"
    "1a0500000000002207000200000000002a400000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000007a107b20385c"
    "5bc80ee2bd7b38f7b4af0b358201090a054d6179626510048a01022006";
constexpr std::string_view kPoll = "08021080ade2041880b6dc0530037004";
constexpr std::string_view kPlan =
    "10011a2000d116515f37a4c0ac872096c8b7412c80693cc5cee2e99e83a7e760dc1ece9120012a521a050000"
    "0000002207000000000000002a40000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000032060001000000003880"
    "bfd60642057569643a3758026200";
constexpr std::string_view kItems =
    "0a020102120203051a408928aae63c84d87ea098564d1e03ad813f107add474e56aedd286349c0c03ea46e5c"
    "1f45cbaf19f94230ba3501c378a5335af71a331b5b5aed62792332288dc3";
constexpr std::string_view kTask =
    "080110021a208928aae63c84d87ea098564d1e03ad813f107add474e56aedd286349c0c03ea422057463733a"
    "312a0261313208080b1201381a013938015801";
constexpr std::string_view kApproved =
    "080112037463731802220208052a057569643a37320263313a20000000000000000000000000000000000000"
    "0000000000000000000000000000ba0133080112200000000000000000000000000000000000000000000000"
    "000000000000000000180120022803300438054201064807";
constexpr std::string_view kReviewRequired =
    "080112037463731803220208053a200000000000000000000000000000000000000000000000000000000000"
    "00000092010e0801100118022003280430053806";

std::string Bytes(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

Time At(int seconds) { return Time(std::chrono::seconds(seconds)); }

TEST(OldBytes, AccountsOfAnAmbiguousRowBecomeFits) {
  const auto change = DecodeChange(PersonId(1), Bytes(kChange));
  ASSERT_TRUE(change);
  model::Change expected;
  expected.candidate.person = PersonId(1);
  expected.candidate.first_name = "Ann";
  expected.candidate.last_name = "Lee";
  expected.candidate.school_code = "HS";
  expected.candidate.grade = "9";
  expected.candidate.status_word = "Enrolled";
  expected.candidate.fields.Set(model::Field::kEmail, "ann@example.org");
  expected.candidate.email = "ann@example.org";
  expected.candidate.families_read = false;
  expected.situation = model::Situation::kAmbiguous;
  expected.reason = model::Reason::kAmbiguous;
  expected.several = {{AccountId("a1"), true, "", ""}, {AccountId("a2"), true, "", ""}};
  expected.duplicates = {PersonId(2)};
  expected.missing_polls = 1;
  EXPECT_EQ(*change, expected);
}

TEST(OldBytes, RowWithoutAnythingNewIsEncodedAsItWas) {
  model::Change change = *DecodeChange(PersonId(1), Bytes(kChange));
  change.several.clear();
  std::string body = Bytes(kChange).substr(18);
  const std::string several = "\x6a\x02\x61\x31\x6a\x02\x61\x32";
  body.erase(body.find(several), several.size());
  EXPECT_EQ(EncodeChange(change).substr(18), body);
}

TEST(OldBytes, PlacementHasNoClass) {
  const auto placement = DecodePlacement(Bytes(kPlacement));
  ASSERT_TRUE(placement);
  EXPECT_EQ(placement->verdict.status, model::ListStatus::kError);
  EXPECT_EQ(placement->verdict.reason, model::Reason::kAmbiguous);
  EXPECT_EQ(placement->verdict.change_class, model::ChangeClass::kNone);
  EXPECT_EQ(placement->verdict.severity, model::Severity::kNone);
  EXPECT_FALSE(placement->linked_active);
  EXPECT_TRUE(placement->families.empty());
  EXPECT_EQ(EncodePlacement(*placement), Bytes(kPlacement));
}

TEST(OldBytes, DecisionHasNoBasis) {
  const auto decision = DecodeDecision(PersonId(1), Bytes(kDecision));
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->kind, model::DecisionKind::kExclude);
  EXPECT_EQ(decision->actor, "uid:7");
  EXPECT_EQ(decision->at, At(5));
  EXPECT_EQ(decision->basis, std::nullopt);
  EXPECT_EQ(decision->note, "");
  EXPECT_EQ(EncodeDecision(*decision), Bytes(kDecision));
}

// Written before it was kept whether families were read: they were where there is one.
TEST(OldBytes, ABasisWithoutFamiliesIsOfUnreadOnes) {
  model::Decision decision = *DecodeDecision(PersonId(1), Bytes(kDecision));
  decision.basis.emplace();
  decision.basis->families_read = false;
  const std::string before = EncodeDecision(decision);
  EXPECT_FALSE(DecodeDecision(PersonId(1), before)->basis->families_read);
  decision.basis->families_read = true;
  EXPECT_NE(EncodeDecision(decision), before) << "in none, by what was read";
  EXPECT_TRUE(DecodeDecision(PersonId(1), EncodeDecision(decision))->basis->families_read);
  decision.basis->families = {FamilyId(10)};
  EXPECT_TRUE(DecodeDecision(PersonId(1), EncodeDecision(decision))->basis->families_read);
}

TEST(OldBytes, HeadHasCountedNoClassesAndNoFamilies) {
  const auto head = DecodeSchoolHead(Bytes(kHead));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->seq, Seq(9));
  EXPECT_EQ(head->tally.everybody, 3U);
  EXPECT_EQ(head->tally.by_bucket[1], 2U);
  EXPECT_EQ(head->tasks.applied, 6U);
  ASSERT_EQ(head->unknown_words.size(), 1U);
  EXPECT_EQ(head->unknown_words[0].first, "Maybe");
  for (const std::uint64_t count : head->tally.by_class) EXPECT_EQ(count, 0U);
  EXPECT_EQ(head->tally.families, 0U);
  EXPECT_EQ(head->groups, 0U);
  EXPECT_TRUE(head->held.empty());
}

TEST(OldBytes, PollReadNoFamilies) {
  const auto poll = DecodePoll(PollId(2), Bytes(kPoll));
  ASSERT_TRUE(poll);
  EXPECT_EQ(poll->state, model::PollState::kUsed);
  EXPECT_EQ(poll->people, 3U);
  EXPECT_EQ(poll->unowned_accounts, 4U);
  EXPECT_EQ(poll->families, 0U);
  EXPECT_FALSE(poll->reused);
  EXPECT_TRUE(poll->notices.empty());
  EXPECT_EQ(EncodePoll(*poll), Bytes(kPoll));
}

TEST(OldBytes, PlanExpiresFourteenDaysAfterItWasPrepared) {
  const auto plan = DecodePlan(PlanId(1), Bytes(kPlan));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->digest, Blake2b("d"));
  EXPECT_EQ(plan->prepared_at, At(7));
  EXPECT_EQ(plan->expires_at, At(7) + std::chrono::days(14));
  EXPECT_EQ(plan->left_out, 2U);
  EXPECT_EQ(plan->undo_of, std::nullopt);
  EXPECT_TRUE(plan->holds.empty());
}

TEST(OldBytes, PlanItemHasTheClassOfItsAction) {
  const auto items = DecodePlanItems(Bytes(kItems));
  ASSERT_TRUE(items);
  const std::vector<model::PlanItem> expected = {
      {PersonId(1), model::Action::kArchive, Blake2b("a"), model::ChangeClass::kArchive, {}},
      {PersonId(2), model::Action::kInvite, Blake2b("b"), model::ChangeClass::kInvite, {}}};
  EXPECT_EQ(*items, expected);
}

TEST(OldBytes, TaskUndoesNothing) {
  const auto task = DecodeTask({PlanId(1), 1}, Bytes(kTask));
  ASSERT_TRUE(task);
  EXPECT_EQ(task->action, model::Action::kUpdate);
  EXPECT_EQ(task->account, AccountId("a1"));
  EXPECT_EQ(task->undo_of, std::nullopt);
  EXPECT_EQ(EncodeTask(*task), Bytes(kTask));
}

// The chain is made of these bytes: an entry read and written anew is the same.
TEST(OldBytes, EntriesStayAsTheyWere) {
  const auto approved = DecodeEntry(Bytes(kApproved));
  ASSERT_TRUE(approved);
  const auto& event = std::get<model::PlanApproved>(approved->event);
  EXPECT_EQ(event.left_out, std::vector<PersonId>{PersonId(6)});
  EXPECT_EQ(event.not_chosen, 0U);
  EXPECT_TRUE(event.lifted.empty());
  EXPECT_TRUE(event.override_reason.empty());
  EXPECT_EQ(EncodeEntry(*approved), Bytes(kApproved));

  const auto review = DecodeEntry(Bytes(kReviewRequired));
  ASSERT_TRUE(review);
  EXPECT_EQ(std::get<model::ReviewRequired>(review->event).pending_restores, 6U);
  EXPECT_EQ(EncodeEntry(*review), Bytes(kReviewRequired));
}

}  // namespace
}  // namespace roster::store
