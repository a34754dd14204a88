// Duplicates and matches: who holds an address, whose an account is, and when that comes back.

#include <gtest/gtest.h>

#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using model::Field;

wire::ResolveGroup Keep(std::uint64_t group, std::int64_t person) {
  wire::ResolveGroup what;
  what.set_group(group);
  what.set_keep(person);
  return what;
}
wire::ResolveGroup Share(std::uint64_t group, std::int64_t person) {
  wire::ResolveGroup what;
  what.set_group(group);
  what.set_share_login(person);
  return what;
}
wire::ResolveGroup UseEmail2(std::int64_t person) {
  wire::ResolveGroup what;
  what.set_use_email2(person);
  return what;
}
wire::ResolveGroup Reopen(std::uint64_t group) {
  wire::ResolveGroup what;
  what.set_group(group);
  what.set_reopen(true);
  return what;
}
wire::DecideMatch Theirs(std::int64_t person, const std::string& account) {
  wire::DecideMatch what;
  what.set_person(person);
  what.set_account(account);
  return what;
}
wire::DecideMatch NoneOf(std::int64_t person) {
  wire::DecideMatch what;
  what.set_person(person);
  what.set_none(true);
  return what;
}

model::Account ByHand(const std::string& id, const std::string& address) {
  model::Account account;
  account.id = AccountId(id);
  account.fields.Set(Field::kUserName, address);
  account.fields.Set(Field::kEmail, address);
  return account;
}

// Two students with one address, the second with another one in email2.
class Shared : public ::testing::Test {
 protected:
  void SetUp() override {
    desk.pupils = {{1, "Ada", "Abel", "same@example.org"},
                   {2, "Ben", "Bold", "SAME@example.org", "Enrolled", "09", "ben@example.org"},
                   {3, "Cat", "Cole", "cat@example.org"}};
    desk.Poll();
    ASSERT_EQ(desk.Groups(wire::GROUP_NEW).size(), 1U);
    group = desk.Groups(wire::GROUP_NEW)[0].group();
  }
  void TearDown() override { desk.ExpectConsistent(); }

  Desk desk;
  std::uint64_t group = 0;
};

TEST_F(Shared, ADuplicateIsNewThenResolvedAndAlwaysAmongAll) {
  const auto open = desk.Groups(wire::GROUP_NEW)[0];
  EXPECT_EQ(open.reason(), "duplicate-email");
  EXPECT_EQ(open.severity(), "error");
  EXPECT_EQ(open.members_size(), 2);
  EXPECT_TRUE(desk.Groups(wire::GROUP_RESOLVED).empty());
  const auto reply = desk.Resolve(Keep(group, 1));
  EXPECT_EQ(reply.settle().poll(), 0U) << "it shows at once";
  EXPECT_EQ(reply.settle().rows_size(), 2);
  EXPECT_TRUE(desk.Groups(wire::GROUP_NEW).empty());
  ASSERT_EQ(desk.Groups(wire::GROUP_RESOLVED).size(), 1U);
  EXPECT_EQ(desk.Groups(wire::GROUP_RESOLVED)[0].decision(), "keep");
  EXPECT_EQ(desk.Groups(wire::GROUP_RESOLVED)[0].holder(), 1);
  EXPECT_EQ(desk.Groups(wire::GROUP_RESOLVED)[0].decided_by(), "uid:1000");
  EXPECT_EQ(desk.Groups(wire::GROUP_ALL).size(), 1U);
  EXPECT_EQ(desk.User(2).reason(), "another-holder");
  desk.Decide(wire::SYNC, {1, 2});
  EXPECT_EQ(desk.Plan().adds(), 1U) << "the holder alone";
}

TEST_F(Shared, ChoosingTheSameHolderTwiceIsChoosingOnce) {
  desk.Resolve(Keep(group, 1));
  const auto head = desk.School().head();
  desk.Resolve(Keep(group, 1));
  EXPECT_EQ(desk.School().head(), head);
  desk.Resolve(Keep(group, 2));
  EXPECT_EQ(desk.User(1).reason(), "another-holder") << "another holder is another word";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kDuplicateResolved), 2U);
}

TEST_F(Shared, AResolvedDuplicateStaysResolvedWhenTheHolderGetsAnAccount) {
  desk.Resolve(Keep(group, 1));
  desk.Decide(wire::SYNC, {1});
  desk.Approve(desk.Plan());
  desk.WorkUntilDone();
  desk.Poll();
  EXPECT_TRUE(desk.Groups(wire::GROUP_NEW).empty());
  EXPECT_EQ(desk.User(2).reason(), "another-holder");
}

TEST_F(Shared, ItComesBackWhenSomebodyJoinsAndSaysWho) {
  desk.Resolve(Keep(group, 1));
  const auto called = desk.CountEntries(wire::Entry::kReviewRequired);
  desk.pupils[2].email = "same@example.org";
  desk.Poll();
  const auto open = desk.Groups(wire::GROUP_NEW);
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].group(), group) << "the same duplicate";
  ASSERT_EQ(open[0].outdated_size(), 1);
  EXPECT_EQ(open[0].outdated(0), "Person 3 has come");
  EXPECT_EQ(desk.CountEntries(wire::Entry::kReviewRequired), called + 1);
  desk.Resolve(Keep(group, 1));
  EXPECT_EQ(desk.User(3).reason(), "another-holder");

  desk.pupils[2].email = "cat@example.org";
  desk.Poll();
  ASSERT_EQ(desk.Groups(wire::GROUP_NEW).size(), 1U);
  EXPECT_EQ(desk.Groups(wire::GROUP_NEW)[0].outdated(0), "Person 3 has gone");
}

TEST_F(Shared, ItIsGoneWhenFactsIsMendedAndItsNumberIsKnownNoLonger) {
  desk.pupils[1].email = "ben@example.org";
  desk.Poll();
  EXPECT_TRUE(desk.Groups(wire::GROUP_ALL).empty());
  EXPECT_EQ(desk.Resolve(Keep(group, 1)).error().reason(), "unknown-duplicate");
  EXPECT_EQ(desk.User(1).status(), wire::STATUS_NEW);
}

TEST_F(Shared, Email2IsUsedAfterAnExaminationThatReadsNothing) {
  const auto reply = desk.Resolve(UseEmail2(2));
  const auto poll = reply.settle().poll();
  EXPECT_GT(poll, 1U);
  EXPECT_EQ(desk.User(2).reason(), "duplicate-email") << "shows when that poll has ended";
  desk.pupils.push_back({9, "New", "Pupil", "np@example.org"});
  desk.ExamineAgain();
  EXPECT_EQ(desk.School().last_poll().poll(), poll);
  EXPECT_TRUE(desk.School().last_poll().reused());
  EXPECT_EQ(desk.School().counters().everybody(), 3U) << "FACTS was not read";
  const auto row = desk.User(2);
  EXPECT_EQ(row.email(), "ben@example.org");
  EXPECT_TRUE(row.uses_email2());
  EXPECT_TRUE(desk.Groups(wire::GROUP_NEW).empty());
  desk.Decide(wire::SYNC, {1, 2});
  EXPECT_EQ(desk.Plan().adds(), 2U);
}

TEST_F(Shared, ChoosingEmail2TwiceIsChoosingOnceAlsoBeforeItShows) {
  const auto poll = desk.Resolve(UseEmail2(2)).settle().poll();
  EXPECT_EQ(desk.Resolve(UseEmail2(2)).settle().poll(), poll + 1) << "after the one under way";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kEmailChosen), 1U);
  desk.ExamineAgain();
  desk.ExamineAgain();
  EXPECT_EQ(desk.Resolve(UseEmail2(2)).settle().poll(), 0U) << "it shows already";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kEmailChosen), 1U);
}

TEST_F(Shared, Email2ShowsWithThePollThatWasNamedThoughTheDiskWasFullWhenItWasToStart) {
  const PollJob job = desk.StartPoll();
  const auto poll = desk.Resolve(UseEmail2(2)).settle().poll();
  ASSERT_EQ(poll, job.poll.value() + 1);
  const auto ask = [&] {
    wire::Request request;
    request.mutable_get_poll()->set_poll(poll);
    return desk.Ask(request);
  };
  desk.store.full = true;
  desk.EndPoll(desk.Look(job));
  EXPECT_EQ(ask().poll().poll().phase(), "waiting") << ask().error().message();
  desk.store.full = false;
  desk.Step();
  EXPECT_TRUE(ask().has_poll()) << ask().error().message();
  ASSERT_EQ(desk.polls.started.size(), 1U);
  EXPECT_EQ(desk.polls.started.front().poll.value(), poll);
  desk.ExamineAgain();
  EXPECT_TRUE(desk.User(2).uses_email2());
}

// What was asked for by a command that was refused is asked for no more.
TEST_F(Shared, Email2ThatWasRefusedOnAFullDiskExaminesNothing) {
  const PollJob job = desk.StartPoll();
  desk.store.full = true;
  EXPECT_EQ(desk.Resolve(UseEmail2(2)).error().reason(), "disk-full");
  desk.store.full = false;
  desk.EndPoll(desk.Look(job));
  EXPECT_TRUE(desk.polls.started.empty());
  EXPECT_FALSE(desk.User(2).uses_email2());
}

TEST_F(Shared, Email2ThatChangesEndsTheChoice) {
  desk.Resolve(UseEmail2(2));
  desk.ExamineAgain();
  desk.pupils[1].email2 = "other@example.org";
  desk.Poll();
  EXPECT_FALSE(desk.User(2).uses_email2());
  EXPECT_EQ(desk.User(2).reason(), "duplicate-email");
}

TEST_F(Shared, WhoHasNoEmail2IsRefused) {
  EXPECT_EQ(desk.Resolve(UseEmail2(1)).error().reason(), "no-email2");
  EXPECT_EQ(desk.Resolve(UseEmail2(99)).error().reason(), "unknown-person");
  EXPECT_TRUE(desk.polls.started.empty());
}

TEST_F(Shared, ReopeningTakesEverythingBack) {
  desk.Resolve(Keep(group, 1));
  EXPECT_EQ(desk.Resolve(Reopen(group)).settle().poll(), 0U);
  EXPECT_EQ(desk.User(2).reason(), "duplicate-email");
  desk.Resolve(UseEmail2(2));
  desk.ExamineAgain();
  EXPECT_NE(desk.Resolve(Reopen(group)).settle().poll(), 0U);
  desk.ExamineAgain();
  EXPECT_EQ(desk.User(2).reason(), "duplicate-email");
  EXPECT_EQ(desk.Groups(wire::GROUP_NEW).size(), 1U);
}

TEST_F(Shared, AHolderIsOneOfThem) {
  EXPECT_EQ(desk.Resolve(Keep(group, 3)).error().reason(), "not-a-member");
  wire::ResolveGroup what = UseEmail2(3);
  what.set_group(group);
  EXPECT_EQ(desk.Resolve(what).error().reason(), "not-a-member");
}

TEST_F(Shared, StudentsShareNoLogin) {
  EXPECT_EQ(desk.Resolve(Share(group, 1)).error().reason(), "no-shared-login");
  desk.settings.schools[0].rules.shared_logins = true;
  desk.Restart();
  EXPECT_EQ(desk.Resolve(Share(group, 1)).error().reason(), "no-shared-login")
      << "they are no family";
}

TEST(Duplicates, OneThatIsTooLargeIsToBeMendedInFacts) {
  Desk desk;
  for (std::int64_t id = 1; id <= 120; ++id) {
    desk.pupils.push_back({id, "P", "L" + std::to_string(id), "none@example.org"});
  }
  desk.Poll();
  const auto groups = desk.Groups(wire::GROUP_NEW);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].members_total(), 120U);
  EXPECT_EQ(groups[0].members_size(), 100);
  EXPECT_EQ(desk.Resolve(Keep(groups[0].group(), 1)).error().reason(), "group-too-large");
  EXPECT_EQ(desk.School().counters().errors(), 120U);
  desk.ExpectConsistent();
}

TEST_F(Parents, AFamilySharesALoginWhereTheSiteAllowsIt) {
  Person(2).email = "ada@example.org";
  desk.settings.schools[0].rules.shared_logins = true;
  desk.Restart();
  desk.Poll();
  const auto group = desk.Groups(wire::GROUP_NEW).at(0);
  EXPECT_EQ(group.family(), 10);
  EXPECT_TRUE(desk.Resolve(Share(group.group(), 1)).has_settle());
  EXPECT_EQ(desk.User(2).reason(), "shared-login");
  EXPECT_EQ(desk.Groups(wire::GROUP_RESOLVED).at(0).decision(), "share");
  desk.Decide(wire::SYNC, {1, 2});
  EXPECT_EQ(desk.Plan().adds(), 1U);

  Person(3).email = "eve@example.org";  // another family
  desk.Poll();
  const auto across = desk.Groups(wire::GROUP_NEW).at(0);
  EXPECT_EQ(across.family(), 0);
  EXPECT_EQ(desk.Resolve(Share(across.group(), 3)).error().reason(), "no-shared-login");
}

TEST_F(Parents, WithinAFamilyOnlyThoseListedLowerAreAWarning) {
  Person(5).email = "BEN@example.org";  // second and third in family 10
  Person(5).last = "Abel";
  desk.households[2].parents = {};
  desk.Poll();
  EXPECT_EQ(desk.Groups(wire::GROUP_NEW).at(0).severity(), "warning");
  EXPECT_EQ(desk.User(5).severity(), "warning");
  EXPECT_EQ(desk.School().counters().warnings(), 2U);
  desk.Decide(wire::SYNC, {2, 5});
  EXPECT_EQ(desk.Plan().items(), 0U) << "a warning holds back, too";
  Person(1).email = "ben@example.org";  // listed first
  desk.Poll();
  EXPECT_EQ(desk.Groups(wire::GROUP_NEW).at(0).severity(), "error");
}

TEST_F(Synced, ThePersonWhoseAccountItIsHoldsATakenAddress) {
  desk.pupils.push_back({5, "Eve", "Edge", "ada@example.org"});
  desk.Poll();
  EXPECT_EQ(desk.User(5).situation(), wire::TAKEN);
  const auto group = desk.Groups(wire::GROUP_NEW).at(0).group();
  EXPECT_EQ(desk.Resolve(Keep(group, 5)).error().reason(), "address-in-use");
  EXPECT_EQ(desk.User(5).situation(), wire::TAKEN);
  EXPECT_TRUE(desk.Resolve(Keep(group, 1)).has_settle());
  EXPECT_EQ(desk.User(5).reason(), "another-holder");
  EXPECT_EQ(desk.User(1).bucket(), wire::UNCHANGED);
}

// Rules, 17: a swap.
TEST_F(Synced, TwoWhoSwapTheirAddressesAreBothHeldAndShown) {
  std::swap(desk.pupils[0].email, desk.pupils[1].email);
  desk.Poll();
  EXPECT_EQ(desk.User(1).reason(), "email-collision");
  EXPECT_EQ(desk.User(2).reason(), "email-collision");
  const auto groups = desk.Groups(wire::GROUP_NEW);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].members_size(), 2);
  EXPECT_EQ(desk.Plan().items(), 0U);
}

TEST_F(Synced, ANewAddressThatAnArchivedAccountHasIsACollision) {
  desk.site["h1"] = ByHand("h1", "fresh@example.org");
  desk.site["h1"].active = false;
  desk.pupils[0].email = "fresh@example.org";
  desk.Poll();
  EXPECT_EQ(desk.User(1).reason(), "email-collision");
  EXPECT_EQ(desk.Plan().items(), 0U);
  desk.site.erase("h1");
  desk.Poll();
  EXPECT_EQ(desk.Plan().email_changes(), 1U);
}

// One student, and two accounts that fit.
class Several : public ::testing::Test {
 protected:
  void SetUp() override {
    desk.site["h1"] = ByHand("h1", "ada@example.org");
    desk.site["h2"] = ByHand("h2", "old@example.org");
    desk.site["h2"].other_emails = {"ada@example.org"};
    desk.pupils = {{1, "Ada", "Abel", "ada@example.org"}};
    desk.Poll();
    ASSERT_EQ(desk.User(1).situation(), wire::AMBIGUOUS);
    ASSERT_EQ(desk.User(1).fits_size(), 2);
  }
  void TearDown() override { desk.ExpectConsistent(); }

  Desk desk;
};

TEST_F(Several, APersonSaysWhichOneAndThatOneIsLinked) {
  desk.Decide(wire::SYNC, {1});
  EXPECT_EQ(desk.Plan().items(), 0U) << "never by itself";
  EXPECT_NE(desk.Match(Theirs(1, "h1")).settle().poll(), 0U);
  const auto head = desk.School().head();
  desk.Match(Theirs(1, "h1"));
  EXPECT_EQ(desk.School().head(), head) << "said twice is said once";
  desk.ExamineAgain();
  EXPECT_EQ(desk.User(1).account(), "h1");
  // h2 has the address as well: that is for the site to mend.
  desk.site["h2"].other_emails.clear();
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  desk.Approve(desk.Plan());
  desk.WorkUntilDone();
  EXPECT_EQ(desk.site["h1"].external_id, "tcs:1");
  EXPECT_EQ(desk.site["h2"].external_id, "");
}

TEST_F(Several, AnAccountThatTheSiteLacksIsRefusedAndSaysWhatToDo) {
  const auto head = desk.School().head();
  const auto reply = desk.Match(Theirs(1, "h3"));
  EXPECT_EQ(reply.error().code(), "refused");
  EXPECT_EQ(reply.error().reason(), "unknown-account");
  EXPECT_NE(reply.error().message().find("rosterctl poll"), std::string::npos);
  EXPECT_EQ(desk.School().head(), head) << "nothing was decided";
  EXPECT_EQ(desk.User(1).situation(), wire::AMBIGUOUS);
  // Made by hand meanwhile: once read, it can be chosen.
  desk.site["h3"] = ByHand("h3", "third@example.org");
  EXPECT_EQ(desk.Match(Theirs(1, "h3")).error().reason(), "unknown-account");
  desk.Poll();
  EXPECT_TRUE(desk.Match(Theirs(1, "h3")).has_settle());
  desk.ExamineAgain();
  EXPECT_EQ(desk.User(1).account(), "h3");
}

TEST_F(Several, BeforeTheSiteWasReadAfterAStartAnyAccountIsBelieved) {
  desk.Restart();
  EXPECT_TRUE(desk.Match(Theirs(1, "h3")).has_settle());
}

TEST_F(Several, NoneOfThemHoldsUntilTheSiteIsMendedAndCanBeTakenBack) {
  desk.Match(NoneOf(1));
  desk.ExamineAgain();
  EXPECT_EQ(desk.User(1).reason(), "email-collision") << "the site takes an address once";
  wire::DecideMatch withdraw;
  withdraw.set_person(1);
  withdraw.set_withdraw(true);
  EXPECT_TRUE(desk.Match(withdraw).has_settle());
  desk.ExamineAgain();
  EXPECT_EQ(desk.User(1).situation(), wire::AMBIGUOUS);
  EXPECT_EQ(desk.Match(withdraw).error().reason(), "no-match-decision");
}

// Rules, 14: ids go before any choice, so that one which is kept would do nothing.
TEST_F(Several, WhereSeveralCarryTheIdNoChoiceIsTakenAndTheSiteSettlesIt) {
  desk.Match(Theirs(1, "h2"));  // said when they did not
  desk.ExamineAgain();
  desk.site["h1"].external_id = desk.site["h2"].external_id = "tcs:1";
  desk.Poll();
  const auto row = desk.User(1);
  ASSERT_EQ(row.situation(), wire::AMBIGUOUS);
  EXPECT_TRUE(row.fits(0).carries_id());
  EXPECT_NE(row.sentence().find("carry this person's id"), std::string::npos) << row.sentence();
  EXPECT_NE(desk.Explain(1).find("Account h1 (ada@example.org) carries their id."),
            std::string::npos);
  for (const auto& choice : {Theirs(1, "h1"), NoneOf(1)}) {
    const auto error = desk.Match(choice).error();
    EXPECT_EQ(error.code(), "refused");
    EXPECT_EQ(error.reason(), "id-on-several");
    EXPECT_NE(error.message().find("on the site"), std::string::npos) << error.message();
  }
  EXPECT_EQ(desk.CountEntries(wire::Entry::kMatchDecided), 1U) << "the first alone";
  wire::DecideMatch withdraw;
  withdraw.set_person(1);
  withdraw.set_withdraw(true);
  EXPECT_TRUE(desk.Match(withdraw).has_settle());
  desk.ExamineAgain();
  desk.site["h2"].external_id.clear();
  desk.Poll();
  EXPECT_EQ(desk.User(1).account(), "h1");
}

TEST_F(Several, AChosenAccountThatIsGoneIsChosenNoLonger) {
  desk.Match(Theirs(1, "h2"));
  desk.ExamineAgain();
  EXPECT_EQ(desk.User(1).account(), "h2");
  desk.site.erase("h2");
  desk.Poll();
  EXPECT_EQ(desk.User(1).account(), "h1");
}

TEST_F(Synced, AMatchThatCannotBeIsRefusedWithTheReason) {
  desk.pupils.push_back({5, "Eve", "Edge", "eve@example.org"});
  desk.Poll();
  EXPECT_EQ(desk.Match(Theirs(5, "a1")).error().reason(), "linked-elsewhere");
  EXPECT_EQ(desk.Match(Theirs(1, "a2")).error().reason(), "linked-already");
  EXPECT_EQ(desk.Match(NoneOf(5)).error().reason(), "no-fit");
  EXPECT_EQ(desk.Match(NoneOf(99)).error().reason(), "unknown-person");
  EXPECT_EQ(desk.CountEntries(wire::Entry::kMatchDecided), 0U);
}

TEST_F(Synced, ALostAccountWaitsUntilAPersonSaysStartAnew) {
  desk.site.erase("a1");
  desk.Poll();
  EXPECT_EQ(desk.User(1).situation(), wire::LOST);
  EXPECT_EQ(desk.User(1).status(), wire::STATUS_ERROR);
  EXPECT_EQ(desk.Plan().items(), 0U);
  EXPECT_NE(desk.Match(NoneOf(1)).settle().poll(), 0U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kLinksForgotten), 1U);
  desk.ExamineAgain();
  EXPECT_EQ(desk.User(1).situation(), wire::NEW);
  desk.Decide(wire::SYNC, {1});
  const auto plan = desk.Plan();
  EXPECT_EQ(plan.adds(), 1U);
  desk.Approve(plan);
  desk.WorkUntilDone();
  EXPECT_EQ(desk.User(1).bucket(), wire::UNCHANGED);
}

}  // namespace
}  // namespace roster::engine
