#include "tests/unit/engine/desk.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/bus/task_codec.h"
#include "daemon/diff/diff.h"
#include "daemon/journal/journal.h"
#include "daemon/review/review.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using store::Family;

const SchoolId kSchool("tcs");

}  // namespace

Desk::Desk() {
  SchoolSettings school;
  school.name = "Example Christian School";
  school.rules.school = kSchool;
  school.rules.status_words = model::DefaultStatusWords();
  settings.version = "test";
  settings.events_endpoint = "ipc:///events";
  settings.schools = {school};
  Restart();
}

Desk::~Desk() = default;

void Desk::Must(const Result<void>& result) {
  ASSERT_TRUE(result) << (result ? "" : result.error().message);
}

void Desk::Restart() {
  engine_ = std::make_unique<Engine>(settings, Engine::World{store, bus, polls, clock, random});
  polls.started.clear();
  polls.ended.clear();
  Must(engine_->Open());
}

std::string Desk::Exchange(bus::Channel channel, const std::string& payload) {
  const std::string route = "r" + std::to_string(++requests_);
  bus.inputs.push_back({channel, route, {1000, 1000, 1}, payload});
  Step();
  auto& replies = bus.replies[route];
  if (replies.empty()) return "";
  std::string reply = std::move(replies.front());
  bus.replies.erase(route);
  return reply;
}

wire::Reply Desk::Ask(wire::Request request) {
  request.set_version(1);
  request.set_request_id("q" + std::to_string(requests_));
  wire::Reply reply;
  EXPECT_TRUE(reply.ParseFromString(Exchange(bus::Channel::kControl, request.SerializeAsString())));
  EXPECT_EQ(reply.request_id(), request.request_id());
  return reply;
}

wire::Reply Desk::Command(wire::Request request, const std::string& id) {
  request.set_command_id(id.empty() ? "c" + std::to_string(requests_) : id);
  return Ask(std::move(request));
}

wire::Status Desk::Status() {
  wire::Request request;
  request.mutable_get_status();
  return Ask(request).status();
}

const wire::SchoolStatus& Desk::School() {
  status_ = Status();
  return status_.schools(0);
}

std::vector<wire::UserRow> Desk::Users(wire::ListStatus status) {
  std::vector<wire::UserRow> rows;
  std::string token;
  do {
    wire::Request request;
    request.mutable_list_users()->mutable_filter()->set_status(status);
    request.mutable_list_users()->set_page_size(3);
    request.mutable_list_users()->set_page_token(token);
    const wire::Reply reply = Ask(request);
    EXPECT_TRUE(reply.has_users()) << reply.error().message();
    for (const auto& row : reply.users().rows()) rows.push_back(row);
    token = reply.users().next_page_token();
  } while (!token.empty());
  return rows;
}

wire::Reply Desk::Decide(wire::Decision decision, const std::vector<std::int64_t>& persons) {
  wire::Request request;
  request.mutable_decide()->set_decision(decision);
  for (const auto person : persons) request.mutable_decide()->add_persons(person);
  return Command(request);
}

wire::Plan Desk::Plan() {
  wire::Request request;
  request.mutable_prepare_plan();
  const wire::Reply reply = Command(request);
  EXPECT_TRUE(reply.has_plan()) << reply.error().message();
  return reply.plan().plan();
}

wire::Reply Desk::Approve(const wire::Plan& plan, bool leave_out_changed) {
  wire::Request request;
  request.mutable_approve_plan()->set_plan(plan.plan());
  request.mutable_approve_plan()->set_digest(plan.digest());
  request.mutable_approve_plan()->set_leave_out_changed(leave_out_changed);
  return Command(request);
}

PollJob Desk::StartPoll() {
  if (polls.started.empty()) {
    wire::Request request;
    request.mutable_start_poll();
    EXPECT_TRUE(Command(request).has_poll());
  }
  PollJob job = std::move(polls.started.at(0));
  polls.started.clear();
  return job;
}

PollEnd Desk::Look(const PollJob& job) {
  model::Snapshot snapshot;
  std::sort(pupils.begin(), pupils.end(),
            [](const Pupil& a, const Pupil& b) { return a.id < b.id; });
  for (const Pupil& pupil : pupils) {
    model::Person person;
    person.id = PersonId(pupil.id);
    person.first_name = snapshot.text.Add(pupil.first);
    person.last_name = snapshot.text.Add(pupil.last);
    person.email = snapshot.text.Add(pupil.email);
    snapshot.people.push_back(person);
    model::Student student;
    student.person = person.id;
    student.school_code = "TCS-CA";
    student.status = snapshot.text.Add(pupil.status);
    student.grade_level = snapshot.text.Add(pupil.grade);
    snapshot.students.push_back(student);
  }
  snapshot.rejected_count = rejected_rows;
  model::Accounts accounts;
  accounts.has_extension = extension;
  for (const auto& [id, account] : site) accounts.all.push_back(account);
  return {job.school, job.poll, PollEnd::Side::kSource,
          Examine(snapshot, accounts, job, settings.schools[0].rules)};
}

void Desk::EndPoll(PollEnd end) {
  polls.ended.push_back(std::move(end));
  Step();
}

void Desk::Poll() { EndPoll(Look(StartPoll())); }

std::vector<wire::Task> Desk::Lease(const std::string& worker, std::uint32_t max) {
  wire::WorkerRequest request;
  request.set_version(1);
  request.set_request_id("l");
  request.set_worker(worker);
  request.mutable_lease()->set_max(max);
  wire::WorkerReply reply;
  EXPECT_TRUE(reply.ParseFromString(Exchange(bus::Channel::kTasks, request.SerializeAsString())));
  EXPECT_TRUE(reply.has_lease()) << reply.error().message();
  return {reply.lease().tasks().begin(), reply.lease().tasks().end()};
}

wire::Outcome Desk::Execute(const wire::Task& task) {
  wire::Outcome outcome;
  outcome.mutable_lease()->set_school(task.school());
  outcome.mutable_lease()->set_plan(task.plan());
  outcome.mutable_lease()->set_index(task.index());
  outcome.mutable_lease()->set_attempt(task.attempt());
  model::Account* account = nullptr;
  for (auto& [id, one] : site) {
    if (id == task.account() || one.external_id == task.external_id()) account = &one;
  }
  if (task.look_only()) {
    outcome.mutable_superseded()->set_reason("changed");
    return outcome;
  }
  if (account == nullptr && task.action() == wire::ADD) {
    const std::string id = "a" + std::to_string(++accounts_);
    account = &site[id];
    account->id = AccountId(id);
  }
  if (account == nullptr) {
    outcome.mutable_superseded()->set_reason("gone");
    return outcome;
  }
  std::vector<model::FieldChange> fields;
  for (const auto& field : task.fields()) {
    fields.push_back({*model::FieldFromWord(field.field()), field.before(), field.after()});
  }
  account->external_id = task.external_id();
  *account = diff::Apply(*account, fields, static_cast<model::Action>(task.action()));
  auto* applied = outcome.mutable_applied()->mutable_account();
  applied->set_id(account->id.value());
  applied->set_external_id(account->external_id);
  applied->set_active(account->active);
  for (const auto& [field, value] : account->fields) {
    (*applied->mutable_fields())[std::string(FieldWord(field))] = value;
  }
  return outcome;
}

wire::ReportReply Desk::Report(const std::string& worker,
                               const std::vector<wire::Outcome>& outcomes) {
  wire::WorkerRequest request;
  request.set_version(1);
  request.set_request_id("p");
  request.set_worker(worker);
  request.mutable_report();
  for (const auto& outcome : outcomes) *request.mutable_report()->add_outcomes() = outcome;
  wire::WorkerReply reply;
  EXPECT_TRUE(reply.ParseFromString(Exchange(bus::Channel::kTasks, request.SerializeAsString())));
  EXPECT_TRUE(reply.has_report()) << reply.error().message();
  return reply.report();
}

void Desk::WorkUntilDone() {
  for (auto tasks = Lease("w"); !tasks.empty(); tasks = Lease("w")) {
    std::vector<wire::Outcome> outcomes;
    for (const auto& task : tasks) outcomes.push_back(Execute(task));
    Report("w", outcomes);
  }
}

void Desk::WorkUntilDone(target::Site& real) {
  const auto exchange = [&](auto body) {
    const auto reply = bus::DecodeWorkerReply(
        Exchange(bus::Channel::kTasks, bus::EncodeWorkerRequest({"w", "real", std::move(body)})));
    EXPECT_TRUE(reply) << reply.error().message;
    return reply->body;
  };
  while (true) {
    const auto leased = std::get<model::LeaseReply>(exchange(model::Lease{{}, 100, {}}));
    if (leased.tasks.empty()) return;
    model::ReportOutcomes reports;
    for (const auto& [school, task] : leased.tasks) {
      reports.reports.push_back({school, task.id, task.attempt, real.Execute(task, {})});
    }
    exchange(std::move(reports));
  }
}

std::vector<wire::Entry> Desk::Entries() {
  std::vector<wire::Entry> entries;
  wire::Request request;
  request.mutable_replay()->set_limit(10'000);
  const wire::Reply reply = Ask(request);
  journal::Head head;
  for (const std::string& bytes : reply.replay().entries()) {
    const auto decoded = store::DecodeEntry(bytes);
    EXPECT_TRUE(decoded);
    const auto next = journal::Follow(head, *decoded, bytes);
    EXPECT_TRUE(next) << next.error().message;
    head = *next;
    entries.emplace_back().ParseFromString(bytes);
  }
  return entries;
}

std::size_t Desk::CountEntries(wire::Entry::EventCase kind) {
  const auto entries = Entries();
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(),
                    [&](const auto& entry) { return entry.event_case() == kind; }));
}

void Desk::ExpectConsistent() {
  model::Tally tally;
  std::size_t rows = 0;
  const auto changes = store::ChangeRange(kSchool);
  for (auto at = store.Scan(Family::kReview, changes.begin, changes.end); at->Valid(); at->Next()) {
    const PersonId person = *store::PersonOfKey(at->key());
    const auto change = *store::DecodeChange(person, at->value());
    const auto stored = *store.Get(Family::kReview, store::PlacementKey(kSchool, person));
    ASSERT_TRUE(stored) << person.value();
    const auto placement = *store::DecodePlacement(*stored);
    // Judged anew, from nothing but what is stored.
    review::Standing standing;
    const auto decision_of = [&](PersonId one) -> std::optional<model::DecisionKind> {
      const auto value = *store.Get(Family::kReview, store::DecisionKey(kSchool, one));
      if (!value) return std::nullopt;
      return store::DecodeDecision(one, *value)->kind;
    };
    standing.decision = decision_of(person);
    for (const PersonId other : change.duplicates) {
      if (decision_of(other).value_or(model::DecisionKind::kSync) == model::DecisionKind::kSync) {
        ++standing.rivals;
      }
    }
    const auto held = *store.Get(Family::kWork, store::HeldTaskKey(kSchool, person));
    standing.in_progress = held && !store::DecodeHeldTask(*held)->second;
    EXPECT_EQ(review::Judge(change, standing), placement.verdict) << person.value();
    review::CountIn(tally, placement.verdict);
    for (const auto& key :
         {store::StatusIndexKey(kSchool, placement.verdict.status, placement.sort_name, person),
          store::BucketIndexKey(kSchool, placement.verdict.bucket, placement.sort_name, person)}) {
      EXPECT_TRUE(*store.Get(Family::kReview, key)) << person.value();
    }
    ++rows;
  }
  std::size_t indexed = 0;
  for (int status = 1; status <= 4; ++status) {
    const auto range = store::StatusIndexRange(kSchool, static_cast<model::ListStatus>(status));
    for (auto at = store.Scan(Family::kReview, range.begin, range.end); at->Valid(); at->Next()) {
      ++indexed;
    }
  }
  EXPECT_EQ(indexed, rows);
  const auto head_value = *store.Get(Family::kMeta, store::SchoolHeadKey(kSchool));
  if (!head_value) return;
  const auto head = *store::DecodeSchoolHead(*head_value);
  EXPECT_EQ(head.tally, tally);
  model::TaskCounts counts;
  const auto tasks = store::TaskRange(kSchool);
  for (auto at = store.Scan(Family::kWork, tasks.begin, tasks.end); at->Valid(); at->Next()) {
    task::Count(counts, store::DecodeTask(*store::TaskOfKey(at->key()), at->value())->state, true);
  }
  EXPECT_EQ(head.tasks, counts);
}

}  // namespace roster::engine
