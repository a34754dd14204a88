// Every value comes back from its bytes as it was, the same value gives the same bytes, and bytes
// that are not ours are refused.

#include "daemon/store/codec.h"

#include <gtest/gtest.h>

#include "tests/unit/store/random_model.h"

namespace roster::store {
namespace {

constexpr int kSeeds = 200;

// Compares by bytes what has no operator==: encoding is a function of the value, and covers every
// field that a round trip of the others covers.
template <typename Value, typename Encode, typename Decode>
void ExpectSameBytes(const Value& value, Encode encode, Decode decode) {
  const std::string bytes = encode(value);
  const auto back = decode(bytes);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(encode(*back), bytes);
}

TEST(Codec, ChangeComesBackAsItWas) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    RandomModel random(seed);
    const model::Change change = random.Change();
    const auto back = DecodeChange(change.candidate.person, EncodeChange(change));
    ASSERT_TRUE(back) << seed;
    EXPECT_EQ(*back, change) << seed;
  }
}

TEST(Codec, FingerprintIsReadWithoutParsing) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    RandomModel random(seed);
    const model::Change change = random.Change();
    const std::string value = EncodeChange(change);
    const auto fingerprint = PeekFingerprint(value);
    ASSERT_TRUE(fingerprint);
    EXPECT_EQ(*fingerprint, ChangeFingerprint(change));
    EXPECT_EQ(value, EncodeChange(change));
  }
}

TEST(Codec, FingerprintFollowsTheContent) {
  RandomModel random(7);
  model::Change change = random.Change();
  const Fingerprint before = ChangeFingerprint(change);
  change.missing_polls += 1;
  EXPECT_NE(ChangeFingerprint(change), before);
}

TEST(Codec, FingerprintOfOtherBytesIsRefused) {
  EXPECT_EQ(PeekFingerprint("").error().code, Code::kCorrupt);
  EXPECT_EQ(PeekFingerprint("\x0a\x10short").error().code, Code::kCorrupt);
  EXPECT_EQ(PeekFingerprint(std::string(40, 'x')).error().code, Code::kCorrupt);
}

TEST(Codec, RowsOfReviewComeBackAsTheyWere) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    RandomModel random(seed);
    const PersonId person = random.Person();
    const model::Placement placement = random.Placement();
    EXPECT_EQ(DecodePlacement(EncodePlacement(placement)).value(), placement) << seed;
    model::Link link{person, AccountId(random.Filled()), random.Fields()};
    if (seed % 2 == 1) link.invited = Time(std::chrono::microseconds(seed));
    EXPECT_EQ(DecodeLink(person, EncodeLink(link)).value(), link) << seed;
    EXPECT_EQ(DecodePerson(EncodePerson(person)).value(), person) << seed;
  }
}

TEST(Codec, DecisionsComeBackAsTheyWere) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    RandomModel random(seed);
    const auto decision = random.Decision();
    EXPECT_EQ(DecodeDecision(decision.person, EncodeDecision(decision)).value(), decision) << seed;
    const auto group = random.GroupDecision();
    EXPECT_EQ(DecodeGroupDecision(group.key, EncodeGroupDecision(group)).value(), group) << seed;
    const auto email = random.EmailChoice();
    EXPECT_EQ(DecodeEmailChoice(email.person, EncodeEmailChoice(email)).value(), email) << seed;
    const auto match = random.MatchDecision();
    EXPECT_EQ(DecodeMatchDecision(match.person, EncodeMatchDecision(match)).value(), match) << seed;
    const auto family = random.FamilyExclusion();
    EXPECT_EQ(DecodeFamilyExclusion(family.family, EncodeFamilyExclusion(family)).value(), family)
        << seed;
    const auto count = random.FamilyCount();
    EXPECT_EQ(DecodeFamilyCount(count.family, EncodeFamilyCount(count)).value(), count) << seed;
  }
}

TEST(Codec, GroupsComeBackAsTheyWere) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    RandomModel random(seed);
    const model::DuplicateGroup group = random.Group();
    const std::string value = EncodeGroup(group);
    EXPECT_EQ(DecodeGroup(group.key, value).value(), group) << seed;
    EXPECT_EQ(PeekFingerprint(value).value(), GroupFingerprint(group)) << seed;
    EXPECT_EQ(DecodeFingerprint(EncodeFingerprint(group.key)).value(), group.key) << seed;
  }
}

TEST(Codec, FingerprintOfAGroupIsOfAllButItsNumber) {
  RandomModel random(7);
  const model::DuplicateGroup group = random.Group();
  model::DuplicateGroup other = group;
  other.id = GroupId(group.id.value() + 1);
  EXPECT_EQ(GroupFingerprint(other), GroupFingerprint(group));
  EXPECT_EQ(PeekFingerprint(EncodeGroup(other)).value(), GroupFingerprint(group));
  other.members.emplace_back(9);
  EXPECT_NE(GroupFingerprint(other), GroupFingerprint(group));
}

TEST(Codec, InclusionIsNeverKept) {
  RandomModel random(7);
  model::Decision decision = random.Decision();
  decision.kind = model::DecisionKind::kInclude;
  EXPECT_EQ(DecodeDecision(decision.person, EncodeDecision(decision)).error().code, Code::kCorrupt);
}

TEST(Codec, ListsLongerThanTheModelAllowsAreCorrupt) {
  RandomModel random(7);
  model::Change change = random.Change();
  change.candidate.children.assign(model::kChildrenMax + 1, {});
  EXPECT_FALSE(DecodeChange(PersonId(1), EncodeChange(change)));
  model::DuplicateGroup group = random.Group();
  group.members.assign(model::kGroupMembersMax + 1, PersonId(1));
  EXPECT_FALSE(DecodeGroup(group.key, EncodeGroup(group)));
  model::GroupDecision decision = random.GroupDecision();
  decision.members = group.members;
  EXPECT_FALSE(DecodeGroupDecision(decision.key, EncodeGroupDecision(decision)));
  model::Plan plan = random.Plan();
  plan.holds.emplace_back().persons.assign(model::kHoldPersonsMax + 1, PersonId(1));
  EXPECT_FALSE(DecodePlan(plan.id, EncodePlan(plan)));
  plan.holds.clear();
  plan.not_undone.assign(101, {});
  EXPECT_FALSE(DecodePlan(plan.id, EncodePlan(plan)));
}

TEST(Codec, WordsThatTheModelDoesNotHaveAreCorrupt) {
  RandomModel random(7);
  model::Change change = random.Change();
  change.severity = static_cast<model::Severity>(3);
  EXPECT_FALSE(DecodeChange(PersonId(1), EncodeChange(change)));
  change = random.Change();
  change.candidate.mismatch = static_cast<model::Mismatch>(3);
  EXPECT_FALSE(DecodeChange(PersonId(1), EncodeChange(change)));
  model::Placement placement = random.Placement();
  placement.verdict.change_class = static_cast<model::ChangeClass>(8);
  EXPECT_FALSE(DecodePlacement(EncodePlacement(placement)));
  model::SchoolHead head;
  head.held = {static_cast<model::GuardKind>(0)};
  EXPECT_FALSE(DecodeSchoolHead(EncodeSchoolHead(head)));
  model::Plan plan = random.Plan();
  plan.holds.emplace_back().limit.max_share = 1.5;
  EXPECT_FALSE(DecodePlan(plan.id, EncodePlan(plan)));
  model::GroupDecision decision = random.GroupDecision();
  decision.kind = static_cast<model::HolderKind>(3);
  EXPECT_FALSE(DecodeGroupDecision(decision.key, EncodeGroupDecision(decision)));
}

TEST(Codec, RowsOfWorkComeBackAsTheyWere) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    RandomModel random(seed);
    const model::Poll poll = random.Poll();
    ExpectSameBytes(poll, EncodePoll,
                    [&](const auto& bytes) { return DecodePoll(poll.id, bytes); });
    EXPECT_EQ(DecodePoll(poll.id, EncodePoll(poll))->rejected.size(), poll.rejected.size());
    const model::Plan plan = random.Plan();
    ExpectSameBytes(plan, EncodePlan,
                    [&](const auto& bytes) { return DecodePlan(plan.id, bytes); });
    const model::Task task = random.Task();
    ExpectSameBytes(task, EncodeTask,
                    [&](const auto& bytes) { return DecodeTask(task.id, bytes); });
    const auto items = random.Some([&] { return random.PlanItem(); });
    EXPECT_EQ(DecodePlanItems(EncodePlanItems(items)).value(), items);
    const TaskId id = random.AnyTask();
    const bool dead = random.Coin();
    EXPECT_EQ(DecodeHeldTask(EncodeHeldTask(id, dead)).value(), std::pair(id, dead));
  }
}

TEST(Codec, TaskComesBackFieldByField) {
  RandomModel random(3);
  model::Task task = random.Task();
  task.look_only = true;
  task.doubt = "lease-expired";
  task.resting = true;
  task.forgotten = true;
  task.undo_of = random.AnyTask();
  task.ended_at = random.AnyTime();
  task.fitted_by = model::FittedBy{"ann", "ann@example.org", "a@example.org"};
  const auto back = DecodeTask(task.id, EncodeTask(task));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, task.id);
  EXPECT_EQ(back->person, task.person);
  EXPECT_EQ(back->action, task.action);
  EXPECT_EQ(back->digest, task.digest);
  EXPECT_EQ(back->external_id, task.external_id);
  EXPECT_EQ(back->account, task.account);
  EXPECT_EQ(back->fields, task.fields);
  EXPECT_EQ(back->was_active, task.was_active);
  EXPECT_EQ(back->link_only, task.link_only);
  EXPECT_EQ(back->fitted_by, task.fitted_by);
  EXPECT_EQ(back->invited_before, task.invited_before);
  EXPECT_EQ(back->look_only, task.look_only);
  EXPECT_EQ(back->doubt, task.doubt);
  EXPECT_EQ(back->resting, task.resting);
  EXPECT_EQ(back->forgotten, task.forgotten);
  EXPECT_EQ(back->undo_of, task.undo_of);
  EXPECT_EQ(back->state, task.state);
  EXPECT_EQ(back->attempt, task.attempt);
  EXPECT_EQ(back->failures, task.failures);
  EXPECT_EQ(back->site_failures, task.site_failures);
  EXPECT_EQ(back->served_then, task.served_then);
  EXPECT_EQ(back->not_before, task.not_before);
  EXPECT_EQ(back->lease_until, task.lease_until);
  EXPECT_EQ(back->worker, task.worker);
  EXPECT_EQ(back->reason, task.reason);
  EXPECT_EQ(back->ended_at, task.ended_at);
}

TEST(Codec, PlanComesBackFieldByField) {
  RandomModel random(4);
  model::Plan plan = random.Plan();
  plan.undo_of = PlanId(7);
  plan.holds = {random.Hold()};
  plan.not_undone = {{{PlanId(1), 2}, PersonId(3), "changed-since"}};
  plan.first_approval = random.Approval();
  const auto back = DecodePlan(plan.id, EncodePlan(plan));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, plan.id);
  EXPECT_EQ(back->invitations, plan.invitations);
  EXPECT_EQ(back->state, plan.state);
  EXPECT_EQ(back->digest, plan.digest);
  EXPECT_EQ(back->items, plan.items);
  EXPECT_EQ(back->tally, plan.tally);
  EXPECT_TRUE(std::equal(std::begin(plan.by_action), std::end(plan.by_action), back->by_action));
  EXPECT_EQ(back->prepared_at, plan.prepared_at);
  EXPECT_EQ(back->prepared_by, plan.prepared_by);
  EXPECT_EQ(back->approved_at, plan.approved_at);
  EXPECT_EQ(back->approved_by, plan.approved_by);
  EXPECT_EQ(back->left_out, plan.left_out);
  EXPECT_EQ(back->tasks, plan.tasks);
  EXPECT_EQ(back->finished_at, plan.finished_at);
  EXPECT_TRUE(std::equal(std::begin(plan.by_class), std::end(plan.by_class), back->by_class));
  EXPECT_EQ(back->undo_of, plan.undo_of);
  EXPECT_EQ(back->not_undone, plan.not_undone);
  EXPECT_EQ(back->not_undone_total, plan.not_undone_total);
  EXPECT_EQ(back->expires_at, plan.expires_at);
  EXPECT_EQ(back->holds, plan.holds);
  EXPECT_EQ(back->override_reason, plan.override_reason);
  EXPECT_EQ(back->not_chosen, plan.not_chosen);
  EXPECT_EQ(back->recently_invited, plan.recently_invited);
  EXPECT_EQ(back->two_needed, plan.two_needed);
  EXPECT_EQ(back->lifting_needs_two, plan.lifting_needs_two);
  EXPECT_EQ(back->first_approval, plan.first_approval);
}

TEST(Codec, PollComesBackFieldByField) {
  RandomModel random(5);
  model::Poll poll = random.Poll();
  poll.reused = true;
  poll.notices = {{"families-without-parents", 3}};
  const auto back = DecodePoll(poll.id, EncodePoll(poll));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->families, poll.families);
  EXPECT_EQ(back->reused, poll.reused);
  EXPECT_EQ(back->notices, poll.notices);
}

TEST(Codec, HeadAndQuotaAndKeptReplyComeBackAsTheyWere) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    RandomModel random(seed);
    model::SchoolHead head;
    head.seq = Seq(random.Number());
    head.hash = random.AnyDigest();
    head.polls = random.Number();
    head.plans = random.Number();
    head.last_good_poll = PollId(random.Number());
    head.last_good_people = random.Number();
    head.last_good_students = random.Number();
    head.last_good_accounts = random.Number();
    head.next_poll = random.Maybe([&] { return random.AnyTime() + Duration(1); });
    head.source_stopped = random.Text();
    head.source_problem = random.Text();
    head.site_problem = random.Text();
    head.rejected_in_a_row = random.Small();
    head.published = Seq(random.Number());
    head.tally = random.Tally();
    head.rules = random.AnyFingerprint();
    head.unknown_words = random.Some([&] { return std::pair(random.Text(), random.Number()); });
    head.tasks = random.Counts();
    head.last_good_members = random.Number();
    head.last_good_ties = random.Number();
    head.last_good_families = random.Number();
    head.groups = random.Number();
    head.held = random.Some([&] { return random.AnyGuard(); });
    head.acknowledged = Seq(random.Number());
    head.workers_away = random.Coin();
    head.purge = random.Coin();
    head.site_stopped = random.Text();
    for (std::uint64_t& count : head.served) count = random.Number();
    EXPECT_EQ(DecodeSchoolHead(EncodeSchoolHead(head)).value(), head) << seed;

    model::QuotaState quota;
    for (auto& window : quota.taken) {
      window = random.Some([&] { return TokenBucket::Taken{random.AnyTime(), random.Small()}; });
    }
    quota.refused_until = random.Maybe([&] { return random.AnyTime() + Duration(1); });
    EXPECT_EQ(DecodeQuota(EncodeQuota(quota)).value(), quota) << seed;

    const KeptReply kept{random.AnyDigest(), random.Bytes(), random.AnyTime()};
    EXPECT_EQ(DecodeKeptReply(EncodeKeptReply(kept)).value(), kept) << seed;
  }
}

std::vector<model::Event> AllEvents(RandomModel& random) {
  const auto poll = [&] { return PollId(random.Number()); };
  const auto plan = [&] { return PlanId(random.Number()); };
  const auto persons = [&] { return random.Some([&] { return random.Person(); }); };
  const auto guards = [&] { return random.Some([&] { return random.AnyGuard(); }); };
  const auto word = [&] { return random.Coin() ? random.AnyDigest() : Digest{}; };
  const auto links = [&] {
    return random.Some([&] { return std::pair(random.Person(), AccountId(random.Text())); });
  };
  return {
      model::PollCompleted{poll(), random.Number(), random.Number(), random.Number(),
                           random.Number(), random.Number()},
      model::PollRejected{poll(), random.Text(), random.Text()},
      model::ReviewRequired{poll(), random.Number(), random.Number(), random.Number(),
                            random.Number(), random.Number(), random.Number(), guards()},
      model::SourceStopped{random.Text(), random.Text()},
      model::LinksRecorded{links()},
      model::PersonsDecided{random.Pick(model::DecisionKind::kSync, model::DecisionKind::kProtect),
                            persons()},
      model::PlanPrepared{plan(), random.AnyDigest(), random.Number(), random.Coin(),
                          random.Maybe([&] { return PlanId(1 + random.Below(9)); }), guards()},
      model::PlanApproved{plan(), random.AnyDigest(), random.Number(), random.Number(),
                          random.Number(), random.Number(), random.Number(), persons(),
                          random.Number(), random.Number(), guards(),
                          random.Coin() ? random.AnyDigest() : Digest{}, random.Text()},
      model::TaskApplied{random.AnyTask(), random.Person(), random.AnyAction(),
                         AccountId(random.Text()), random.AnyDigest(), random.Small(),
                         random.Coin()},
      model::TaskDead{random.AnyTask(), random.Person(), random.AnyAction(), random.Text(),
                      random.Small()},
      model::TaskSuperseded{random.AnyTask(), random.Person(), random.AnyAction(), random.Text()},
      model::TaskUnknown{random.AnyTask(), random.Person(), random.AnyAction(), random.Text(),
                         random.Small(), random.Coin()},
      model::TasksRetried{
          random.Some([&] { return std::pair(random.AnyTask(), random.Person()); })},
      model::SyncCompleted{plan(), random.Counts()},
      model::FamiliesDecided{random.Coin(), random.Some([&] { return random.Family(); }), word()},
      model::DuplicateResolved{GroupId(random.Number()), random.Maybe([&] {
                                 return random.Pick(model::HolderKind::kKeep,
                                                    model::HolderKind::kShare);
                               }),
                               random.Person(), persons(),
                               random.Coin() ? random.AnyFingerprint() : Fingerprint{}, word()},
      model::EmailChosen{random.Person(), random.Coin(), word()},
      model::MatchDecided{random.Person(), random.Maybe([&] { return AccountId(random.Filled()); }),
                          random.Coin(), word()},
      model::LinksForgotten{links()},
      model::TasksConfirmed{
          random.Some([&] { return std::pair(random.AnyTask(), random.Person()); })},
      model::ApprovalGiven{plan(), random.AnyDigest(), random.AnyDigest(), random.Text(),
                           Seq(random.Number()), random.Text()},
      model::RequestRefused{random.Text(), random.Text(), random.Number(), plan(), random.Person()},
      model::ConfigReloaded{random.AnyDigest()},
      model::PersonsForgotten{persons(), random.Coin()},
      model::Acknowledged{Seq(random.Number())},
      model::WorkersAway{random.Number(), random.Maybe([&] { return random.AnyTime(); })},
      model::WorkersBack{},
      model::BackupMade{random.Small(), random.Number(), random.Number()},
      model::BackupFailed{random.Text(), random.Text()},
      model::Restored{random.Small(), random.AnyTime(), Seq(random.Number()), random.Number(),
                      random.Number(), persons()},
      model::SiteStopped{random.Text(), random.Number()},
      model::SiteBack{true},
      model::PlanExpired{plan()},
  };
}

TEST(Codec, EveryEventComesBackAsItWas) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    RandomModel random(seed);
    const auto events = AllEvents(random);
    ASSERT_EQ(events.size(), std::variant_size_v<model::Event>);
    for (const model::Event& event : events) {
      const model::Entry entry{random.School(),
                               Seq(random.Number()),
                               random.AnyTime(),
                               random.Text(),
                               random.Text(),
                               random.AnyDigest(),
                               event};
      const std::string bytes = EncodeEntry(entry);
      const auto back = DecodeEntry(bytes);
      ASSERT_TRUE(back) << EventName(event);
      EXPECT_EQ(back->event.index(), event.index());
      EXPECT_EQ(back->school, entry.school);
      EXPECT_EQ(back->seq, entry.seq);
      EXPECT_EQ(back->at, entry.at);
      EXPECT_EQ(back->actor, entry.actor);
      EXPECT_EQ(back->cause, entry.cause);
      EXPECT_EQ(back->previous, entry.previous);
      EXPECT_EQ(EncodeEntry(*back), bytes);
    }
  }
}

// The bytes of an entry are law: the chain is made of them.
TEST(Codec, EntryBytesStayAsTheyWereReleased) {
  const model::Entry entry{SchoolId("tcs"),
                           Seq(2),
                           Time(std::chrono::seconds(5)),
                           "uid:7",
                           "c1",
                           Digest{},
                           model::PlanPrepared{PlanId(3), Digest{}, 4, true, {}, {}}};
  const std::string zeros(32, '\0');
  const std::string expected = std::string("\x08\x01\x12\x03tcs\x18\x02\x22\x02\x08\x05", 13) +
                               "\x2a\x05uid:7\x32\x02"
                               "c1" +
                               std::string("\x3a\x20", 2) + zeros +
                               std::string("\xb2\x01\x28\x08\x03\x12\x20", 7) + zeros +
                               std::string("\x18\x04\x20\x01", 4);
  EXPECT_EQ(EncodeEntry(entry), expected);
}

// Bytes that are read as every kind of value: each is refused as corrupt, or read.
void ExpectReadOrCorrupt(std::string_view bytes) {
  const auto check = [](const auto& result) {
    if (result) return;
    EXPECT_EQ(result.error().code, Code::kCorrupt);
  };
  check(DecodeChange(PersonId(1), bytes));
  check(DecodeGroup({}, bytes));
  check(DecodeFingerprint(bytes));
  check(PeekFingerprint(bytes));
  check(DecodePlacement(bytes));
  check(DecodeLink(PersonId(1), bytes));
  check(DecodeDecision(PersonId(1), bytes));
  check(DecodeGroupDecision({}, bytes));
  check(DecodeEmailChoice(PersonId(1), bytes));
  check(DecodeMatchDecision(PersonId(1), bytes));
  check(DecodeFamilyExclusion(FamilyId(1), bytes));
  check(DecodeFamilyCount(FamilyId(1), bytes));
  check(DecodePerson(bytes));
  check(DecodePoll(PollId(1), bytes));
  check(DecodePlan(PlanId(1), bytes));
  check(DecodePlanItems(bytes));
  check(DecodeTask({}, bytes));
  check(DecodeHeldTask(bytes));
  check(DecodeSchoolHead(bytes));
  check(DecodeQuota(bytes));
  check(DecodeKeptReply(bytes));
  check(DecodeEntry(bytes));
  check(DecodeFormat(bytes));
}

std::vector<std::string> AValueOfEachKind(RandomModel& random) {
  model::SchoolHead head;
  head.held = {random.AnyGuard()};
  model::Plan plan = random.Plan();
  plan.holds = {random.Hold()};
  std::vector<std::string> values = {EncodeChange(random.Change()),
                                     EncodeGroup(random.Group()),
                                     EncodePlacement(random.Placement()),
                                     EncodeDecision(random.Decision()),
                                     EncodeGroupDecision(random.GroupDecision()),
                                     EncodeEmailChoice(random.EmailChoice()),
                                     EncodeMatchDecision(random.MatchDecision()),
                                     EncodeFamilyExclusion(random.FamilyExclusion()),
                                     EncodeFamilyCount(random.FamilyCount()),
                                     EncodePoll(random.Poll()),
                                     EncodePlan(plan),
                                     EncodePlanItems({random.PlanItem(), random.PlanItem()}),
                                     EncodeTask(random.Task()),
                                     EncodeSchoolHead(head)};
  for (const model::Event& event : AllEvents(random)) {
    values.push_back(EncodeEntry({random.School(), Seq(1), random.AnyTime(), "a", "c", {}, event}));
  }
  return values;
}

TEST(Codec, GarbageIsCorruptAndNeverACrash) {
  RandomModel random(99);
  const std::vector<std::string> values = AValueOfEachKind(random);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = random.Bytes();
    if (i % 2 == 0) {
      bytes = values[random.Below(values.size())];
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
    }
    ExpectReadOrCorrupt(bytes);
  }
  EXPECT_FALSE(DecodeEntry(""));
  EXPECT_FALSE(DecodeChange(PersonId(1), ""));
}

TEST(Codec, EveryTruncationIsCorruptOrReads) {
  RandomModel random(98);
  for (const std::string& value : AValueOfEachKind(random)) {
    for (std::size_t size = 0; size < value.size(); ++size) {
      ExpectReadOrCorrupt(std::string_view(value).substr(0, size));
    }
  }
}

// Without an expiry, and prepared so late that 14 days more are beyond all time.
TEST(Codec, PlanWhoseExpiryNoTimeCanSayIsCorrupt) {
  model::Plan plan;
  plan.prepared_at = Time(Duration(INT64_MAX));
  EXPECT_EQ(DecodePlan(plan.id, EncodePlan(plan)).error().code, Code::kCorrupt);
}

// Reckoning with such a time, or telling it to a client, would overflow.
TEST(Codec, TimesThatNoTimestampCanSayAreCorrupt) {
  const auto year = [](int y) { return Time(std::chrono::sys_days(std::chrono::year(y) / 1 / 1)); };
  const auto reads = [](Time at) {
    model::Task task = RandomModel(1).Task();
    task.ended_at = at;
    const auto back = DecodeTask(task.id, EncodeTask(task));
    EXPECT_TRUE(back || back.error().code == Code::kCorrupt);
    return back.has_value();
  };
  EXPECT_TRUE(reads(year(1)));
  EXPECT_TRUE(reads(year(10'000) - Duration(1)));
  EXPECT_FALSE(reads(year(1) - Duration(1)));
  EXPECT_FALSE(reads(year(10'000)));
  EXPECT_FALSE(reads(Time(Duration(INT64_MIN))));
  EXPECT_FALSE(reads(Time(Duration(INT64_MAX))));
}

TEST(Codec, ListsOfAPlansItemsAreOfOneLength) {
  RandomModel random(97);
  const auto read = [](const std::string& value) { return DecodePlanItems(value).has_value(); };
  model::PlanItem item = random.PlanItem();
  item.undo_of = TaskId{PlanId(3), 4};
  const std::string whole = EncodePlanItems({item});
  EXPECT_TRUE(read(whole));
  // One more of each list: of classes, of plans, of indexes.
  for (const char tag : {'\x22', '\x2a', '\x32'}) {
    EXPECT_FALSE(read(whole + tag + std::string("\x01\x01", 2))) << static_cast<int>(tag);
  }
}

// One item that takes something back among others that do not.
TEST(Codec, ItemsWithAndWithoutUndoStandInOnePlan) {
  RandomModel random(96);
  std::vector<model::PlanItem> items = {random.PlanItem(), random.PlanItem()};
  items[0].undo_of = std::nullopt;
  items[1].undo_of = TaskId{PlanId(3), 0};
  EXPECT_EQ(DecodePlanItems(EncodePlanItems(items)).value(), items);
}

TEST(Codec, HolderOfAnUnknownKindIsCorrupt) {
  const model::Entry entry{
      SchoolId("tcs"),
      Seq(2),
      Time{},
      "",
      "",
      Digest{},
      model::DuplicateResolved{GroupId(1), model::HolderKind::kKeep, PersonId(2), {}}};
  std::string bytes = EncodeEntry(entry);
  bytes.replace(bytes.find("keep"), 4, "kept");
  EXPECT_EQ(DecodeEntry(bytes).error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace roster::store
