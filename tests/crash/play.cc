#include "tests/crash/play.h"

#include <gtest/gtest.h>

#include <cctype>
#include <limits>

namespace roster::crash {
namespace {

using std::chrono::milliseconds;

constexpr client::Patience kPatience{milliseconds(400), milliseconds(120'000)};
const std::string kSchool = "tcs";

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string> Sorted(const std::multiset<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace

Play::Play(e2e::World& world, JournalCopy& journal, std::uint64_t seed)
    : world_(world),
      journal_(journal),
      random_(seed),
      channel_(world.endpoint()),
      connection_(channel_, clock_, kPatience, kSchool),
      away_(world.endpoint()) {}

v1::Reply Play::Ask(v1::Request request) {
  auto reply = connection_.Call(std::move(request));
  EXPECT_TRUE(reply) << reply.error().message;
  return reply ? *std::move(reply) : v1::Reply();
}

std::optional<v1::Reply> Play::Command(v1::Request request) {
  const std::string id = "command-" + std::to_string(++command_);
  request.set_command_id(id);
  request.set_school(kSchool);
  ++counts_.commands;
  const std::uint64_t since = Head();
  const bool away = Below(3) == 0;
  std::vector<std::string> before;
  if (away) {
    CallAway(request);
    before = EntriesOf(id, since);
  }
  auto reply = connection_.Call(request);
  if (away) {
    const std::vector<std::string> after = EntriesOf(id, since);
    EXPECT_TRUE(before.empty() || before == after) << "a part of " << request.ShortDebugString();
    if (!before.empty()) ++counts_.half_way;
  }
  // The same again, as a client does that has not seen the answer: nothing more may happen.
  if (Below(3) == 0) {
    ++counts_.repeated;
    auto again = connection_.Call(request);
    EXPECT_EQ(again.has_value(), reply.has_value()) << request.ShortDebugString();
    if (reply && again) {
      v1::Reply first = *reply;
      first.clear_request_id();
      again->clear_request_id();
      EXPECT_EQ(again->SerializeAsString(), first.SerializeAsString())
          << request.ShortDebugString();
    }
  }
  if (!reply) {
    EXPECT_TRUE(reply.error().error) << "not answered: " << reply.error().message;
    ++counts_.refused;
    return std::nullopt;
  }
  kinds_[id] = request.body_case();
  return answered_[id] = *std::move(reply);
}

// Once, by somebody who has gone when the answer comes.
void Play::CallAway(v1::Request request) {
  ++counts_.unanswered;
  request.set_version(1);
  request.set_request_id("away-" + request.command_id());
  const auto sent = away_.Send(request.SerializeAsString(), milliseconds(200));
  EXPECT_TRUE(sent) << sent.error().message;
  // Sometimes it has been dealt with when it is asked for again.
  const auto received = away_.Receive(milliseconds(Below(2) * 200));
  EXPECT_TRUE(received) << received.error().message;
}

std::uint64_t Play::Head() {
  v1::Request request;
  request.mutable_replay()->set_since(std::numeric_limits<std::int64_t>::max());
  request.mutable_replay()->set_limit(1);
  return Ask(request).replay().head();
}

std::vector<std::string> Play::EntriesOf(const std::string& command, std::uint64_t since) {
  v1::Request request;
  request.mutable_replay()->set_since(since);
  request.mutable_replay()->set_limit(10'000);
  const v1::Reply reply = Ask(request);
  EXPECT_LT(reply.replay().entries_size(), 10'000);
  std::vector<std::string> of;
  for (const std::string& bytes : reply.replay().entries()) {
    v1::Entry entry;
    EXPECT_TRUE(entry.ParseFromString(bytes));
    if (entry.cause() == command) of.push_back(bytes);
  }
  return of;
}

void Play::Round(int number) {
  SCOPED_TRACE("round " + std::to_string(number));
  CheckShown(Look(), false);
  SomethingHappens();
  GetInEachOthersWay();
  PollUntilUsed();
  CheckShown(Look(), true);
  ReviewAll();
  DecideAll();
  CheckShown(Look(), false);
  v1::PreparePlan prepare;
  switch (number % 4) {
    case 1:
      prepare.mutable_invitations()->set_never_accessed(true);
      prepare.mutable_invitations()->set_batch(8);
      break;
    case 3:
      if (last_plan_ != 0) prepare.set_undo_of(last_plan_);
      break;
    default:
      break;
  }
  Sync(prepare);
  FetchJournal();
}

void Play::SomethingHappens() {
  static const std::vector<std::string> kScenarios = {
      "new-school-year", "email-changes", "merge", "progression", "withdraw", "new-student"};
  try {
    world_.sandbox().scenarios().Apply(kScenarios[Below(kScenarios.size())]);
  } catch (const sandbox::ScenarioError&) {
    // cannot happen to so small a school; the next one can
  }
}

void Play::PollUntilUsed() {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (std::chrono::steady_clock::now() < give_up && !::testing::Test::HasFailure()) {
    v1::Request start;
    start.mutable_start_poll();
    const auto started = Command(start);
    if (!started) continue;
    const std::uint64_t poll = started->poll().poll().poll();
    v1::Poll ended;
    EXPECT_TRUE(e2e::Eventually([&] {
      v1::Request get;
      get.mutable_get_poll()->set_poll(poll);
      ended = Ask(get).poll().poll();
      EXPECT_EQ(ended.poll(), poll) << "an acknowledged poll is known";
      return ended.state() != v1::Poll::RUNNING || ::testing::Test::HasFailure();
    }));
    ++counts_.polls;
    // One that ran already may have read the school as it was before.
    if (ended.state() == v1::Poll::USED && !started->poll().already_running()) return;
  }
  ADD_FAILURE() << "no poll was used";
}

std::vector<v1::UserRow> Play::Users(const v1::Filter& filter) {
  std::vector<v1::UserRow> rows;
  v1::Request request;
  *request.mutable_list_users()->mutable_filter() = filter;
  request.mutable_list_users()->set_page_size(1000);
  do {
    const v1::Reply reply = Ask(request);
    rows.insert(rows.end(), reply.users().rows().begin(), reply.users().rows().end());
    request.mutable_list_users()->set_page_token(reply.users().next_page_token());
  } while (!request.list_users().page_token().empty() && !::testing::Test::HasFailure());
  return rows;
}

void Play::DecideAll() {
  std::vector<std::int64_t> sync;
  std::vector<std::int64_t> skip;
  for (const v1::UserRow& row : Users({})) {
    if (IsOut(books_, row)) continue;  // until they are included again
    switch (row.status()) {
      case v1::STATUS_NEW:
        (Below(10) < 8 ? sync : skip).push_back(row.person());
        break;
      case v1::STATUS_SELECTED:
        if (Below(12) == 0) skip.push_back(row.person());
        break;
      case v1::STATUS_SKIPPED:
        if (Below(3) == 0) sync.push_back(row.person());
        break;
      default:
        break;
    }
  }
  // A few commands rather than one.
  for (auto* persons : {&sync, &skip}) {
    const auto decision = persons == &sync ? v1::SYNC : v1::SKIP;
    for (std::size_t i = 0; i < persons->size(); i += 9) {
      const auto begin = persons->begin() + static_cast<std::ptrdiff_t>(i);
      Decide(decision, {begin, begin + std::min<std::ptrdiff_t>(9, persons->end() - begin)});
    }
  }
}

void Play::Decide(v1::Decision decision, const std::vector<std::int64_t>& persons,
                  const std::string& note) {
  static const std::map<v1::Decision, std::string> kWords = {
      {v1::SYNC, "sync"}, {v1::SKIP, "skip"}, {v1::EXCLUDE, "exclude"}, {v1::PROTECT, "protect"}};
  v1::Request request;
  request.mutable_decide()->set_decision(decision);
  request.mutable_decide()->set_note(note);
  for (const auto person : persons) request.mutable_decide()->add_persons(person);
  if (!Command(request)) return;
  for (const auto person : persons) {
    const auto word = books_.persons.find(person);
    if (decision != v1::INCLUDE) {
      books_.persons[person] = {kWords.at(decision), note};
    } else if (word != books_.persons.end() &&
               (word->second.word == "exclude" || word->second.word == "protect")) {
      books_.persons.erase(word);
    }
  }
}

// Every item of the plan, and what the site is to do for it.
std::map<std::int64_t, Play::Effects> Play::ListItems(std::uint64_t plan) {
  std::map<std::int64_t, Effects> items;
  v1::Request request;
  request.mutable_list_plan()->set_plan(plan);
  request.mutable_list_plan()->set_page_size(1000);
  do {
    const v1::Reply reply = Ask(request);
    for (const v1::UserRow& row : reply.plan_users().rows()) {
      EXPECT_FALSE(IsOut(books_, row)) << "was to be left alone: " << row.ShortDebugString();
      Effects& effects = items[row.person()];
      const std::string who = kSchool + ":" + std::to_string(row.person()) + " ";
      effects.insert(who + Lower(v1::Action_Name(row.action())));
      // A restore that also writes fields, or makes the link, is both in the site's log.
      const bool writes = row.fields_size() > 0 || row.situation() == v1::FOUND_ARCHIVED;
      if (row.action() == v1::RESTORE && writes) effects.insert(who + "update");
    }
    request.mutable_list_plan()->set_page_token(reply.plan_users().next_page_token());
  } while (!request.list_plan().page_token().empty() && !::testing::Test::HasFailure());
  return items;
}

void Play::Sync(const v1::PreparePlan& prepare) {
  v1::Request request;
  *request.mutable_prepare_plan() = prepare;
  const auto prepared = Command(request);
  if (!prepared || prepared->plan().plan().items() == 0) return;
  const v1::Plan& plan = prepared->plan().plan();
  auto items = ListItems(plan.plan());
  EXPECT_EQ(items.size(), plan.items());

  const std::size_t from = world_.Effects().size();
  request.Clear();
  v1::ApprovePlan& approve = *request.mutable_approve_plan();
  approve.set_plan(plan.plan());
  approve.set_digest(plan.digest());
  approve.set_leave_out_changed(true);
  if (plan.holds_size() > 0) {
    approve.set_override_guards(true);
    approve.set_override_reason("The turn of the year");
  }
  // One in four is not approved after all: nothing may come of it.
  const bool refuse = Below(4) == 0;
  if (refuse) approve.set_digest(std::string(32, 'x'));
  const auto approved = Command(request);
  EXPECT_EQ(approved.has_value(), !refuse);
  if (!approved) {
    EXPECT_EQ(world_.Effects().size(), from) << "nothing without an approval";
    return;
  }
  ++counts_.plans;
  EXPECT_LE(approved->approve().left_out_total(), 100U);
  for (const v1::UserRow& row : approved->approve().left_out()) items.erase(row.person());
  if (Below(2) == 0) {
    // The school goes on changing while its tasks are under way: some are superseded.
    SomethingHappens();
    request.Clear();
    request.mutable_start_poll();
    Command(request);
  }
  const auto tasks = WaitForTasks(plan.plan());
  Compare(from, items, tasks);
  if (prepare.undo_of() == 0 && !prepare.has_invitations()) last_plan_ = plan.plan();
}

// Until each has ended: applied or superseded. A dead one is retried.
std::map<std::int64_t, v1::TaskRow> Play::WaitForTasks(std::uint64_t plan) {
  std::map<std::int64_t, v1::TaskRow> tasks;
  const bool ended = e2e::Eventually(
      [&] {
        if (::testing::Test::HasFailure()) return true;
        tasks.clear();
        bool all = true;
        bool dead = false;
        v1::Request request;
        request.mutable_list_tasks()->set_plan(plan);
        request.mutable_list_tasks()->set_page_size(1000);
        do {
          const v1::Reply reply = Ask(request);
          for (const v1::TaskRow& row : reply.tasks().rows()) {
            dead = dead || row.state() == v1::DEAD;
            all = all && (row.state() == v1::APPLIED || row.state() == v1::SUPERSEDED);
            tasks[row.person()] = row;
          }
          request.mutable_list_tasks()->set_page_token(reply.tasks().next_page_token());
        } while (!request.list_tasks().page_token().empty() && !::testing::Test::HasFailure());
        if (dead) RetryDead();
        return all;
      },
      std::chrono::seconds(120));
  EXPECT_TRUE(ended) << "the tasks of plan " << plan << " come to an end";
  return tasks;
}

void Play::RetryDead() {
  v1::Request request;
  request.mutable_retry_tasks()->set_all_dead(true);
  Command(request);
}

// Nothing but what was approved, and what is reported as applied exactly once.
void Play::Compare(std::size_t from, const std::map<std::int64_t, Effects>& approved,
                   const std::map<std::int64_t, v1::TaskRow>& tasks) {
  EXPECT_EQ(tasks.size(), approved.size()) << "each approved item is a task";
  Effects expected;
  for (const auto& [person, effects] : approved) {
    const auto task = tasks.find(person);
    if (task == tasks.end()) {
      ADD_FAILURE() << "no task for the approved change of person " << person;
    } else if (task->second.state() == v1::APPLIED) {
      expected.insert(effects.begin(), effects.end());
    } else {
      ++counts_.superseded;
    }
  }
  const auto happened = world_.Effects();
  Effects done;
  for (std::size_t i = from; i < happened.size(); ++i) {
    done.insert(happened[i].at("externalId").get<std::string>() + " " +
                happened[i].at("effect").get<std::string>());
  }
  counts_.effects += static_cast<int>(done.size());
  EXPECT_EQ(Sorted(done), Sorted(expected));
}

void Play::FetchJournal() {
  std::uint64_t since = 0;
  std::uint64_t head = 0;
  do {
    v1::Request request;
    request.mutable_replay()->set_since(since);
    request.mutable_replay()->set_limit(10'000);
    const v1::Reply reply = Ask(request);
    head = reply.replay().head();
    for (const std::string& bytes : reply.replay().entries()) journal_.Take(bytes);
    since += static_cast<std::uint64_t>(reply.replay().entries_size());
  } while (since < head && !::testing::Test::HasFailure());
  EXPECT_TRUE(journal_.IsWhole(head));
  EXPECT_EQ(journal_.size(), head) << "somebody was told of an entry that is gone";
}

void Play::CheckAcknowledged() {
  struct Seen {
    std::uint64_t decided = 0;
    int approvals = 0;
    int preparations = 0;
    std::uint64_t retried = 0;
    std::uint64_t families = 0;
    int holders = 0;
    int addresses = 0;
    int matches = 0;
    int all = 0;
  };
  std::map<std::string, Seen> by_command;
  for (const v1::Entry& entry : journal_.Entries()) {
    if (entry.cause().empty()) continue;
    Seen& seen = by_command[entry.cause()];
    ++seen.all;
    if (entry.has_persons_decided()) {
      seen.decided += static_cast<std::uint64_t>(entry.persons_decided().persons_size());
    }
    seen.approvals += entry.has_plan_approved() ? 1 : 0;
    seen.preparations += entry.has_plan_prepared() ? 1 : 0;
    if (entry.has_tasks_retried()) {
      seen.retried += static_cast<std::uint64_t>(entry.tasks_retried().tasks_size());
    }
    seen.families += static_cast<std::uint64_t>(entry.families_decided().families_size());
    seen.holders += entry.has_duplicate_resolved() ? 1 : 0;
    seen.addresses += entry.has_email_chosen() ? 1 : 0;
    seen.matches += entry.has_match_decided() ? 1 : 0;
  }
  for (const auto& [id, reply] : answered_) {
    SCOPED_TRACE(id);
    const Seen seen = by_command[id];
    switch (kinds_.at(id)) {
      case v1::Request::kDecide:
        EXPECT_EQ(seen.decided, reply.decide().changed());
        break;
      case v1::Request::kApprovePlan:
        EXPECT_EQ(seen.approvals, 1);
        break;
      case v1::Request::kPreparePlan:
        EXPECT_LE(seen.preparations, 1);
        break;
      case v1::Request::kRetryTasks:
        EXPECT_EQ(seen.retried, reply.retry().retried());
        break;
      case v1::Request::kDecideFamilies:
        EXPECT_EQ(seen.families, reply.decide_families().changed());
        break;
      case v1::Request::kResolveGroup:
        EXPECT_LE(seen.holders, 1);
        EXPECT_LE(seen.addresses, reply.settle().rows_size());
        break;
      case v1::Request::kDecideMatch:
        EXPECT_LE(seen.matches, 1);
        break;
      default:
        break;
    }
  }
  for (const auto& [id, seen] : by_command) {
    EXPECT_TRUE(answered_.contains(id) || seen.all == 0) << id << " was refused";
  }
  ExpectJournalSays(books_, journal_.Entries());
}

}  // namespace roster::crash
