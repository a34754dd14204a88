// The turn of the year on a synced school, in both modes: next* becomes the current status and
// grade for everyone at once, and is taken back; students vanish for a summer, and return. Guards
// hold the plan and say why, a poll that has shrunk is not used, nothing is archived, subscribers
// are told once, and afterwards everything is as it was.

#include <gtest/gtest.h>

#include <mutex>

#include "tests/e2e/review_check.h"

namespace roster::e2e {
namespace {

class Turn : public ::testing::TestWithParam<Mode> {
 protected:
  static WorldOptions Options() {
    WorldOptions options = SmallSchool(61);
    options.sandbox.school.people = 520;
    options.sandbox.school.enrolled = 120;
    options.accounts = GetParam() == Mode::kParents ? "parents" : "students";
    // A graduating class is held; the whole school's new grades are, by the usual limit.
    options.more =
        "    guards: {archive: {max_count: 2, max_percent: 2%}, missing: {max_count: 5}}\n";
    return options;
  }

  explicit Turn(WorldOptions options = Options()) : world_(std::move(options)) {}

  bool parents() const { return GetParam() == Mode::kParents; }
  Review Now() { return ReviewNow(world_, GetParam(), decided_); }

  // All children of some families leave together at the next turn, so that parents leave too.
  void LetFamiliesLeave() {
    const Facts facts = FactsNow(world_);
    Persons leaving;
    std::size_t families = 0;
    for (const auto& [family, row] : facts.families) {
      Persons children;
      for (const Json& member : facts.members) {
        if (Int(member, "familyId") == family && Flag(member, "student")) {
          children.insert(Int(member, "personId"));
        }
      }
      if (children.empty() || ++families > 6) continue;
      leaving.insert(children.begin(), children.end());
    }
    const std::unique_lock lock(world_.sandbox().school().mutex());
    sandbox::Table& students = world_.sandbox().school().table(sandbox::kStudents);
    for (const std::int64_t child : leaving) {
      for (const std::uint32_t at : students.Find("studentId", child)) {
        students.Replace(at, sandbox::WithField(students[at], "school.nextStatus", "Graduate"));
      }
    }
  }

  // Everybody whom nothing holds back is on the site, and nothing is pending.
  void SyncTheSchool() {
    LetFamiliesLeave();
    world_.StartDaemon();
    world_.StartWorker();
    world_.Poll();
    for (const auto& [id, person] : Now().people) {
      if (person.status == "STATUS_NEW") decided_.persons[id] = "sync";
    }
    world_.SelectAllNew();
    ASSERT_EQ(world_.Sync().code, 0);
    world_.Poll();
    before_ = Now();
    ASSERT_TRUE(Effects(before_).empty());
    ASSERT_GE(before_.counters.at("linkedActive"), 50U);
    ExpectReview(world_, before_);
    from_ = world_.Effects().size();
    asked_ = world_.CountEvents("reviewRequired");
  }

  // A poll after something has happened: told once if there is something new to review, and not
  // again by the next poll.
  void PollTwice(const Review& then, const Review& now) {
    const std::size_t told = world_.CountEvents("reviewRequired");
    world_.Poll();
    ExpectReview(world_, now);
    EXPECT_EQ(world_.CountEvents("reviewRequired"), told + (AsksAnew(then, now) ? 1 : 0));
    const std::size_t once = world_.CountEvents("reviewRequired");
    world_.Poll();
    EXPECT_EQ(world_.CountEvents("reviewRequired"), once) << "told once";
    EXPECT_EQ(Number(world_.School().at("lastPoll"), "rowsChanged"), 0U);
  }

  Json PlanNow() { return world_.CtlJson({"plan"}).at(0).at("plan"); }

  static const Json* HoldOf(const Json& plan, const std::string& guard) {
    for (const Json& hold : plan.at("holds")) {
      if (Text(hold, "guard") == guard) return &hold;
    }
    return nullptr;
  }

  static std::set<std::string> GuardsOf(const Json& plan) {
    std::set<std::string> guards;
    for (const Json& hold : plan.at("holds")) guards.insert(Text(hold, "guard"));
    return guards;
  }

  // By this test's config, and by the usual limits where it says nothing.
  static std::set<std::string> GuardsThatTrip(const Review& review) {
    const auto count = [&](const char* name) -> std::uint64_t {
      const auto at = review.counters.find(name);
      return at == review.counters.end() ? 0 : at->second;
    };
    const std::uint64_t population = count("linkedActive");
    const auto over = [&](const char* name, std::uint64_t max_percent) {
      return population >= 50 && 100 * count(name) > max_percent * population;
    };
    std::set<std::string> guards;
    if (over("toAdd", 50)) guards.insert("GUARD_ADD");
    if (over("toUpdate", 50)) guards.insert("GUARD_UPDATE");
    if (count("toArchive") > 2 || over("toArchive", 2)) guards.insert("GUARD_ARCHIVE");
    if (count("toRestore") > 25 || over("toRestore", 10)) guards.insert("GUARD_RESTORE");
    return guards;
  }

  // The hold names the guard and the people, and has the numbers.
  static void ExpectHold(const Json& plan, const std::string& guard, const std::string& word,
                         std::uint64_t count, std::uint64_t population) {
    const Json* hold = HoldOf(plan, guard);
    ASSERT_NE(hold, nullptr) << guard << ": " << plan.dump();
    EXPECT_EQ(Number(*hold, "count"), count);
    EXPECT_EQ(Number(*hold, "population"), population);
    EXPECT_FALSE(hold->at("persons").empty());
    const std::string message = Text(*hold, "message");
    for (const std::string& part :
         {"guard on " + word, std::to_string(count), std::to_string(population)}) {
      EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
    }
  }

  // The plan is refused, for people and for programs, with what can be done; and nothing reaches
  // the site.
  void ExpectRefused(const Json& plan) {
    const std::string number = std::to_string(Int(plan, "plan"));
    const Finished refused = world_.Ctl({"--json", "sync", number, "--wait"});
    EXPECT_EQ(refused.code, 3) << refused.out << refused.err;
    const Json error = Json::parse(refused.err, nullptr, false);
    ASSERT_TRUE(error.is_object()) << refused.err;
    EXPECT_EQ(Text(error, "reason"), "plan-held");
    EXPECT_EQ(GuardsOf(error), GuardsOf(plan));
    for (const char* part : {"nothing was done", "--override-guard", "mend FACTS"}) {
      EXPECT_NE(Text(error, "message").find(part), std::string::npos) << refused.err;
    }
    const Finished told = world_.Ctl({"sync", number, "--wait"});
    EXPECT_EQ(told.code, 3) << told.out << told.err;
    for (const Json& hold : plan.at("holds")) {
      // Lines are broken for the screen: its words are there, in some order of lines.
      EXPECT_NE((told.out + told.err).find(std::to_string(Number(hold, "count"))),
                std::string::npos)
          << told.out << told.err;
    }
    EXPECT_NE((told.out + told.err).find("--override-guard"), std::string::npos)
        << told.out << told.err;
    EXPECT_EQ(world_.Ctl({"sync", "--yes", "--wait"}).code, 3);
    EXPECT_EQ(world_.Ctl({"status", "--exit-code"}).code, 11);
    EXPECT_EQ(world_.Effects().size(), from_) << "nothing is done";
  }

  // As before it all: the same lists and counts, nothing pending, no hold.
  void ExpectAsBefore() {
    ExpectReview(world_, before_);
    const Json school = world_.School();
    for (const char* bucket : {"toAdd", "toUpdate", "toArchive", "toRestore"}) {
      EXPECT_EQ(Number(school.at("counters"), bucket), 0U) << bucket;
    }
    EXPECT_TRUE(school.at("holds").empty());
    EXPECT_EQ(Int(PlanNow(), "items"), 0);
    EXPECT_EQ(world_.Effects().size(), from_) << "nothing was archived, nor anything else";
  }

  World world_;
  Decided decided_;
  Review before_;
  std::size_t from_ = 0;   // effects so far
  std::size_t asked_ = 0;  // ReviewRequired so far
};

TEST_P(Turn, AProgressionIsHeldAndItsUndoLeavesNothing) {
  SyncTheSchool();
  if (HasFatalFailure()) return;
  const std::uint64_t population = before_.counters.at("linkedActive");
  world_.sandbox().scenarios().Apply("progression");
  Review turned = Now();
  ASSERT_GT(turned.counters["toArchive"], 2U);
  PollTwice(before_, turned);
  EXPECT_EQ(world_.CountEvents("reviewRequired"), asked_ + 1);

  const Json plan = PlanNow();
  ExpectPlan(world_, turned);
  EXPECT_EQ(GuardsOf(plan), GuardsThatTrip(turned));
  ExpectHold(plan, "GUARD_ARCHIVE", "archive", turned.counters.at("toArchive"), population);
  if (!parents()) {  // the grade of nearly everybody
    ExpectHold(plan, "GUARD_UPDATE", "update", turned.counters.at("toUpdate"), population);
  }
  ExpectRefused(plan);

  world_.sandbox().scenarios().Apply("progression-undo");
  PollTwice(turned, before_);
  ExpectAsBefore();
  // What was held then holds nothing that is true any more.
  const Finished late = world_.Ctl({"sync", std::to_string(Int(plan, "plan")), "--override-guard",
                                    "--reason", "too late", "--wait"});
  EXPECT_EQ(late.code, 3) << late.out << late.err;
  EXPECT_EQ(world_.Effects().size(), from_);
}

TEST_P(Turn, AGuardIsLiftedForExactlyThatPlan) {
  SyncTheSchool();
  if (HasFatalFailure()) return;
  world_.sandbox().scenarios().Apply("progression");
  const Review turned = Now();
  world_.Poll();
  const Json plan = PlanNow();
  ExpectRefused(plan);
  const std::string number = std::to_string(Int(plan, "plan"));
  EXPECT_EQ(world_.Ctl({"sync", number, "--override-guard", "--wait"}).code, 2) << "with a reason";
  const Finished lifted = world_.Ctl(
      {"sync", number, "--override-guard", "--reason", "the seniors have left", "--wait"});
  EXPECT_EQ(lifted.code, 0) << lifted.out << lifted.err;
  EXPECT_EQ(Done(world_, from_), Effects(turned)) << "exactly that plan";
  Json approved;
  for (const Json& entry : world_.Events()) {
    if (entry.contains("planApproved")) approved = entry.at("planApproved");
  }
  EXPECT_EQ(std::to_string(Int(approved, "plan")), number);
  EXPECT_FALSE(approved.at("lifted").empty());
  EXPECT_EQ(approved.dump().find("seniors"), std::string::npos) << "the words are in the plan";
  EXPECT_NE(Text(approved, "overrideReason"), "");
  EXPECT_EQ(Text(world_.CtlJson({"plan", number}).at(0).at("plan"), "overrideReason"),
            "the seniors have left");

  // The next whole turn is held again: a guard is lifted, never turned off.
  world_.Poll();
  from_ = world_.Effects().size();
  ExpectReview(world_, Now());
  world_.sandbox().scenarios().Apply("progression-undo");
  world_.Poll();
  ExpectReview(world_, Now());
  const Review back = Now();
  const Json undone = PlanNow();
  EXPECT_EQ(GuardsOf(undone), GuardsThatTrip(back));
  ASSERT_FALSE(GuardsOf(undone).empty());
  ExpectRefused(undone);
}

TEST_P(Turn, ASummerWithoutStudentsIsNotUsed) {
  SyncTheSchool();
  if (HasFatalFailure()) return;
  world_.sandbox().scenarios().Apply("summer");
  const Finished polled = world_.Ctl({"poll", "--wait"});
  EXPECT_EQ(polled.code, 1) << polled.out << polled.err;
  Json school = world_.School();
  EXPECT_EQ(Text(school.at("lastPoll"), "state"), "REJECTED");
  EXPECT_EQ(Text(school.at("lastPoll"), "reason"), "shrunk");
  EXPECT_EQ(world_.CountEvents("pollRejected"), 1U);
  EXPECT_EQ(world_.CountEvents("reviewRequired"), asked_);
  EXPECT_EQ(world_.Ctl({"status", "--exit-code"}).code, 12);
  EXPECT_EQ(Number(school.at("counters"), "everybody"), before_.counters.at("everybody"));
  EXPECT_EQ(Int(PlanNow(), "items"), 0);

  world_.sandbox().scenarios().Apply("summer-end");
  world_.Poll();
  EXPECT_EQ(world_.CountEvents("reviewRequired"), asked_);
  EXPECT_EQ(world_.CountEvents("pollRejected"), 1U);
  ExpectAsBefore();
}

// Where the config lets such a poll through: missing people wait, then stand in their own class,
// and its guard holds.
class LongSummer : public Turn {
 protected:
  static WorldOptions Options() {
    WorldOptions options = Turn::Options();
    options.max_shrink = "100%";
    return options;
  }
  LongSummer() : Turn(Options()) {}
};

TEST_P(LongSummer, TheMissingWaitAndThenAreHeld) {
  SyncTheSchool();
  if (HasFatalFailure()) return;
  const std::uint64_t population = before_.counters.at("linkedActive");
  world_.sandbox().scenarios().Apply("summer");
  const Review away = Now();  // everybody who has an account is missing, and waits
  ASSERT_EQ(away.skipped.at("missing-waiting"), population);
  for (int poll = 1; poll < 3; ++poll) {
    world_.Poll();
    ExpectReview(world_, away);
    EXPECT_EQ(Int(PlanNow(), "items"), 0) << "by absence alone, nothing";
  }
  EXPECT_EQ(world_.CountEvents("reviewRequired"), asked_) << "nothing is to be reviewed yet";

  world_.Poll();  // the third whole one
  EXPECT_EQ(world_.CountEvents("reviewRequired"), asked_ + 1);
  const Json plan = PlanNow();
  EXPECT_EQ(Number(plan, "items"), population);
  EXPECT_EQ(Number(plan, "missing"), population) << "in a class of their own";
  const auto listed = PersonsOf(world_.CtlJson({"plan", "--class", "missing"}));
  EXPECT_EQ(listed,
            Those(away, [](const Person& person) { return person.reason == "missing-waiting"; }));
  EXPECT_TRUE(PersonsOf(world_.CtlJson({"plan", "--class", "archive"})).empty());
  ExpectHold(plan, "GUARD_MISSING", "missing", population, population);
  ExpectRefused(plan);
  world_.Poll();
  EXPECT_EQ(world_.CountEvents("reviewRequired"), asked_ + 1) << "told once";
  EXPECT_EQ(Number(world_.School().at("lastPoll"), "rowsChanged"), 0U);

  world_.sandbox().scenarios().Apply("summer-end");
  world_.Poll();
  ExpectAsBefore();
  // Who never had an account was forgotten meanwhile, and with an error they are told of again.
  EXPECT_EQ(world_.CountEvents("reviewRequired"), asked_ + 1 + (AsksAnew(away, before_) ? 1 : 0));
}

std::string NameOf(const ::testing::TestParamInfo<Mode>& mode) {
  return mode.param == Mode::kStudents ? "Students" : "Parents";
}

INSTANTIATE_TEST_SUITE_P(Modes, Turn, ::testing::Values(Mode::kStudents, Mode::kParents), NameOf);
INSTANTIATE_TEST_SUITE_P(Modes, LongSummer, ::testing::Values(Mode::kStudents, Mode::kParents),
                         NameOf);

}  // namespace
}  // namespace roster::e2e
