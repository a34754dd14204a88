#include "tests/unit/engine/desk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "daemon/base/text.h"
#include "daemon/bus/task_codec.h"
#include "daemon/diff/diff.h"
#include "daemon/engine/verify.h"
#include "daemon/journal/journal.h"
#include "daemon/review/review.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "daemon/target/judge.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using store::Family;

const SchoolId kSchool("tcs");

std::vector<model::FieldChange> FieldsOf(const wire::Task& task) {
  std::vector<model::FieldChange> fields;
  for (const auto& field : task.fields()) {
    fields.push_back({*model::FieldFromWord(field.field()), field.before(), field.after()});
  }
  return fields;
}

google::protobuf::Timestamp Stamp(Time at) {
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
  return stamp;
}

model::Task TaskOf(const wire::Task& task) {
  model::Task one;
  one.person = PersonId(task.person());
  one.action = static_cast<model::Action>(task.action());
  one.external_id = task.external_id();
  one.account = AccountId(task.account());
  one.fields = FieldsOf(task);
  one.was_active = task.was_active();
  one.link_only = task.link_only();
  if (task.has_fitted_by()) {
    const wire::FittedBy& by = task.fitted_by();
    one.fitted_by = model::FittedBy{by.user_name(), by.email(), by.other_email()};
  }
  if (task.has_invited_before()) {
    one.invited_before = Time(std::chrono::seconds(task.invited_before().seconds()));
  }
  return one;
}

void Tell(const model::Account& account, bool already, wire::Outcome& outcome) {
  outcome.mutable_applied()->set_already(already);
  auto* told = outcome.mutable_applied()->mutable_account();
  told->set_id(account.id.value());
  told->set_external_id(account.external_id);
  told->set_active(account.active);
  for (const auto& [field, value] : account.fields) {
    (*told->mutable_fields())[std::string(FieldWord(field))] = value;
  }
  for (const std::string& email : account.other_emails) told->add_other_emails(email);
  for (const std::string& role : account.roles) told->add_roles(role);
  if (account.last_accessed) *told->mutable_last_accessed() = Stamp(*account.last_accessed);
  if (account.invited) *told->mutable_invited() = Stamp(*account.invited);
}

struct ByBytes {
  bool operator()(const Fingerprint& a, const Fingerprint& b) const { return a.bytes < b.bytes; }
};

std::string WithoutEnd(std::string key, std::size_t bytes) {
  key.resize(key.size() - bytes);
  return key;
}

std::uint64_t CountOf(const store::Store& store, Family family, const store::Range& range) {
  std::uint64_t count = 0;
  for (auto at = store.Scan(family, range.begin, range.end); at->Valid(); at->Next()) ++count;
  return count;
}

}  // namespace

Desk::Desk() {
  SchoolSettings school;
  school.name = "Example Christian School";
  school.rules.school = kSchool;
  school.rules.status_words = model::DefaultStatusWords();
  settings.version = "test";
  settings.events_endpoint = "ipc:///events";
  settings.schools = {school};
  model::Grant all;
  all.name = "everybody-here";
  all.uids = {1000};
  all.roles.assign(model::kRoles.begin(), model::kRoles.end());
  access.Set(access::Access({all}));
  Restart();
}

Desk::~Desk() = default;

void Desk::Must(const Result<void>& result) {
  ASSERT_TRUE(result) << (result ? "" : result.error().message);
}

void Desk::Restart() {
  Engine::World world{store, bus, polls, clock, random, access};
  world.reload = reload;
  world.answered = [this](const model::Answered& one) { answered.push_back(one); };
  world.told = [this](const model::Entry& entry) { told = entry; };
  world.vitals = [this](model::Vitals taken) { vitals = std::move(taken); };
  world.backups = &backups;
  engine_ = std::make_unique<Engine>(settings, std::move(world));
  polls.started.clear();
  polls.ended.clear();
  backups.started.clear();
  backups.ended.reset();
  last_.reset();
  Must(engine_->Open());
}

std::string Desk::Exchange(bus::Channel channel, const std::string& payload) {
  const std::string route = "r" + std::to_string(++requests_);
  bus.inputs.push_back({channel, route, peer, payload});
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

model::Snapshot Desk::TakeSnapshot() {
  model::Snapshot snapshot;
  std::sort(pupils.begin(), pupils.end(),
            [](const Pupil& a, const Pupil& b) { return a.id < b.id; });
  for (const Pupil& pupil : pupils) {
    model::Person person;
    person.deceased = pupil.deceased;
    person.email2 = snapshot.text.Add(pupil.email2);
    person.id = PersonId(pupil.id);
    person.first_name = snapshot.text.Add(pupil.first);
    person.last_name = snapshot.text.Add(pupil.last);
    person.email = snapshot.text.Add(pupil.email);
    if (pupil.person) snapshot.people.push_back(person);
    if (!pupil.student) continue;
    model::Student student;
    student.person = person.id;
    student.school_code = "TCS-CA";
    student.status = snapshot.text.Add(pupil.status);
    student.grade_level = snapshot.text.Add(pupil.grade);
    snapshot.students.push_back(student);
  }
  AddFamilies(snapshot);
  snapshot.rejected_count = rejected_rows;
  return snapshot;
}

PollEnd Desk::Look(const PollJob& asked) {
  PollJob job = asked;
  job.reuse = job.reuse && last_ != nullptr;
  if (!job.reuse) {
    last_ = std::make_unique<Reading>();
    last_->snapshot = TakeSnapshot();
    last_->accounts.has_extension = extension;
    last_->accounts.as_of = as_of;
    for (const auto& [id, account] : site) last_->accounts.all.push_back(account);
  }
  auto findings = Examine(last_->snapshot, last_->accounts, job, settings.schools[0].rules);
  if (findings) findings->reused = job.reuse;
  return {job.school, job.poll, PollEnd::Side::kSource, std::move(findings)};
}

void Desk::AddFamilies(model::Snapshot& snapshot) const {
  for (const Household& home : households) {
    snapshot.families.push_back({FamilyId(home.id), snapshot.text.Add(home.name)});
    std::int32_t order = 0;
    for (const auto parent : home.parents) {
      snapshot.members.push_back({FamilyId(home.id), PersonId(parent), true, false, ++order});
    }
    for (const auto child : home.children) {
      snapshot.members.push_back({FamilyId(home.id), PersonId(child), false, true, ++order});
    }
  }
  for (const Parenthood& link : links) {
    model::ParentTie tie;
    tie.parent = PersonId(link.parent);
    tie.student = PersonId(link.child);
    tie.custody = true;
    tie.pw_block = link.blocked;
    snapshot.ties.push_back(tie);
  }
  std::sort(snapshot.members.begin(), snapshot.members.end(), [](const auto& a, const auto& b) {
    return std::tie(a.family, a.person) < std::tie(b.family, b.person);
  });
  std::sort(snapshot.ties.begin(), snapshot.ties.end(), [](const auto& a, const auto& b) {
    return std::tie(a.parent, a.student) < std::tie(b.parent, b.student);
  });
  std::sort(snapshot.families.begin(), snapshot.families.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
}

void Desk::SyncParents() {
  settings.schools[0].rules.accounts = model::AccountsOf::kParents;
  settings.schools[0].rules.fields = model::DefaultFieldRules(model::AccountsOf::kParents);
  Restart();
}

wire::Reply Desk::Prepare(const wire::PreparePlan& what) {
  wire::Request request;
  *request.mutable_prepare_plan() = what;
  return Command(request);
}

wire::Reply Desk::Approve(const wire::ApprovePlan& what) {
  wire::Request request;
  *request.mutable_approve_plan() = what;
  return Command(request);
}

wire::Reply Desk::PrepareUndo(std::uint64_t plan) {
  wire::PreparePlan what;
  what.set_undo_of(plan);
  return Prepare(what);
}

std::vector<wire::UserRow> Desk::PlanRows(std::uint64_t plan) {
  wire::Request request;
  request.mutable_list_plan()->set_plan(plan);
  request.mutable_list_plan()->set_page_size(1000);
  const wire::Reply reply = Ask(request);
  EXPECT_TRUE(reply.has_plan_users()) << reply.error().message();
  return {reply.plan_users().rows().begin(), reply.plan_users().rows().end()};
}

wire::Reply Desk::Resolve(const wire::ResolveGroup& what) {
  wire::Request request;
  *request.mutable_resolve_group() = what;
  return Command(request);
}

wire::Reply Desk::Match(const wire::DecideMatch& what) {
  wire::Request request;
  *request.mutable_decide_match() = what;
  return Command(request);
}

std::string Desk::Explain(std::int64_t person) {
  wire::Request request;
  request.mutable_explain()->set_person(person);
  const wire::Reply reply = Ask(request);
  EXPECT_TRUE(reply.has_explain()) << reply.error().message();
  std::string text;
  for (const auto& line : reply.explain().lines()) text += line.text() + "\n";
  return text;
}

wire::Reply Desk::DecideFamilies(bool exclude, const std::vector<std::int64_t>& families,
                                 const std::string& note) {
  wire::Request request;
  auto* body = request.mutable_decide_families();
  body->set_exclude(exclude);
  body->set_note(note);
  for (const auto family : families) body->add_families(family);
  return Command(request);
}

std::vector<wire::GroupRow> Desk::Groups(wire::GroupStatus status) {
  wire::Request request;
  request.mutable_list_groups()->set_status(status);
  const wire::Reply reply = Ask(request);
  EXPECT_TRUE(reply.has_groups()) << reply.error().message();
  return {reply.groups().rows().begin(), reply.groups().rows().end()};
}

wire::UserRow Desk::User(std::int64_t person) {
  for (auto& row : Users(wire::LIST_STATUS_UNSPECIFIED)) {
    if (row.person() == person) return row;
  }
  ADD_FAILURE() << "no row of person " << person;
  return {};
}

void Desk::ExamineAgain() {
  ASSERT_FALSE(polls.started.empty()) << "nothing asked for it";
  EXPECT_TRUE(polls.started.front().reuse);
  Poll();
}

void Desk::EndPoll(PollEnd end) {
  polls.ended.push_back(std::move(end));
  Step();
}

void Desk::Poll() { EndPoll(Look(StartPoll())); }

wire::WorkerReply Desk::AskTasks(wire::WorkerRequest request, const bus::Peer& as) {
  request.set_version(1);
  request.set_request_id("t" + std::to_string(requests_));
  const bus::Peer before = std::exchange(peer, as);
  wire::WorkerReply reply;
  EXPECT_TRUE(reply.ParseFromString(Exchange(bus::Channel::kTasks, request.SerializeAsString())));
  EXPECT_EQ(reply.request_id(), request.request_id());
  peer = before;
  return reply;
}

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

bool Desk::IsLoginTaken(const std::string& login, const std::string& by) const {
  return std::any_of(site.begin(), site.end(), [&](const auto& item) {
    const std::string& theirs = item.second.fields.Get(model::Field::kUserName);
    return item.first != by && !theirs.empty() && EmailKey(theirs) == EmailKey(login);
  });
}

wire::Outcome Desk::Add(const wire::Task& task, wire::Outcome outcome) {
  const std::vector<model::FieldChange> fields = FieldsOf(task);
  for (const model::FieldChange& field : fields) {
    if (field.field == model::Field::kUserName && IsLoginTaken(field.after, "")) {
      outcome.mutable_superseded()->set_reason("username-taken");
      return outcome;
    }
  }
  const std::string id = "a" + std::to_string(++accounts_);
  model::Account& account = site[id];
  account.id = AccountId(id);
  account.external_id = task.external_id();
  account = diff::Apply(account, fields, model::Action::kAdd);
  writes.push_back({task.plan(), task.person(), task.action(), id, std::nullopt, account});
  Tell(account, false, outcome);
  return outcome;
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
  if (account != nullptr && task.action() == wire::ADD) {
    Tell(*account, true, outcome);
    return outcome;
  }
  const auto supersede = [&](const std::string& reason) {
    outcome.mutable_superseded()->set_reason(task.look_only() ? "changed" : reason);
    return outcome;
  };
  if (task.look_only() && account == nullptr) return supersede("changed");
  if (task.action() == wire::ADD) return Add(task, std::move(outcome));
  if (account == nullptr) return supersede("gone");
  const target::Finding finding =
      target::Judge(TaskOf(task), *account, {{"owner", "manager", "coordinator"}, extension});
  if (finding.kind == target::Finding::Kind::kDone) {
    Tell(*account, true, outcome);
    return outcome;
  }
  if (finding.kind == target::Finding::Kind::kImpossible) {
    outcome.mutable_failed()->set_reason(finding.reason);
    return outcome;
  }
  if (task.look_only() || finding.kind == target::Finding::Kind::kSuperseded) {
    return supersede(finding.reason);
  }
  for (const model::FieldChange& field : finding.writing.fields) {
    const bool login = field.field == model::Field::kUserName;
    if (login && IsLoginTaken(field.after, account->id.value())) return supersede("username-taken");
  }
  const model::Account before = *account;
  for (const model::FieldChange& field : finding.writing.fields) {
    account->fields.Set(field.field, field.after);
  }
  if (finding.writing.external_id) account->external_id = task.external_id();
  if (finding.writing.active) account->active = *finding.writing.active;
  if (finding.writing.invite) account->invited = clock.Now();
  writes.push_back(
      {task.plan(), task.person(), task.action(), account->id.value(), before, *account});
  Tell(*account, false, outcome);
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

std::optional<model::Decision> Desk::DecisionOf(PersonId person) const {
  const auto value = *store.Get(Family::kReview, store::DecisionKey(kSchool, person));
  if (!value) return std::nullopt;
  return *store::DecodeDecision(person, *value);
}

bool Desk::IsFamilyExcluded(const model::Change& change) const {
  const auto& families = change.candidate.families;
  return !families.empty() &&
         std::all_of(families.begin(), families.end(), [&](const model::FamilyPlace& place) {
           return store.Get(Family::kReview, store::FamilyExclusionKey(kSchool, place.family))
               ->has_value();
         });
}

// Not to be synced by anybody's word: in nobody's way.
bool Desk::IsOut(PersonId person) const {
  const auto decision = DecisionOf(person);
  const auto stored = *store.Get(Family::kReview, store::ChangeKey(kSchool, person));
  if (stored) {
    const auto change = *store::DecodeChange(person, *stored);
    if (IsFamilyExcluded(change)) return true;
    if (decision && !review::WhatChanged(*decision, change).empty()) return false;
  }
  return decision && decision->kind != model::DecisionKind::kSync;
}

review::Holding Desk::HoldingOf(const model::Change& change) const {
  if (!change.group) return review::Holding::kUndecided;
  const auto decided = *store.Get(Family::kReview, store::GroupDecisionKey(kSchool, *change.group));
  const auto kept = *store.Get(Family::kReview, store::GroupKey(kSchool, *change.group));
  if (!decided || !kept) return review::Holding::kUndecided;
  const auto decision = *store::DecodeGroupDecision(*change.group, *decided);
  if (decision.made_on != store::DecodeGroup(*change.group, *kept)->state) {
    return review::Holding::kUndecided;
  }
  if (decision.holder == change.candidate.person) return review::Holding::kHolder;
  if (change.candidate.uses_email2) return review::Holding::kUndecided;
  return decision.kind == model::HolderKind::kShare ? review::Holding::kShared
                                                    : review::Holding::kOther;
}

// What is kept beside the rows, recounted from them.
void Desk::ExpectIndexesConsistent() const {
  std::uint64_t rivals = 0;
  std::uint64_t family_users = 0;
  std::map<FamilyId, model::FamilyCount> families;
  const auto changes = store::ChangeRange(kSchool);
  for (auto at = store.Scan(Family::kReview, changes.begin, changes.end); at->Valid(); at->Next()) {
    const PersonId person = *store::PersonOfKey(at->key());
    const auto change = *store::DecodeChange(person, at->value());
    const auto placement =
        *store::DecodePlacement(**store.Get(Family::kReview, store::PlacementKey(kSchool, person)));
    for (const PersonId rival : change.duplicates) {
      ++rivals;
      EXPECT_TRUE(*store.Get(Family::kReview, store::RivalKey(kSchool, rival, person)))
          << person.value();
    }
    std::vector<FamilyId> places;
    for (const model::FamilyPlace& place : change.candidate.families) {
      places.push_back(place.family);
      ++family_users;
      EXPECT_TRUE(*store.Get(Family::kReview, store::FamilyUserKey(kSchool, place.family, person)));
    }
    EXPECT_EQ(placement.families, places) << person.value();
    for (const FamilyId family : places) {
      model::FamilyCount& count = families[family];
      count.family = family;
      ++count.users;
      count.fresh += placement.verdict.is_new ? 1 : 0;
      count.selected += placement.verdict.sync ? 1 : 0;
      count.fresh_selected += review::IsFreshSelected(placement) ? 1 : 0;
      count.excluded += placement.verdict.reason == model::Reason::kExcluded ? 1 : 0;
    }
  }
  for (auto& [family, count] : families) {
    const auto kept = *store.Get(Family::kReview, store::FamilyCountKey(kSchool, family));
    ASSERT_TRUE(kept) << family.value();
    count.name = store::DecodeFamilyCount(family, *kept)->name;
    EXPECT_EQ(*store::DecodeFamilyCount(family, *kept), count) << family.value();
  }
  const auto count = [&](const store::Range& range) {
    return CountOf(store, Family::kReview, range);
  };
  EXPECT_EQ(count(store::FamilyCountRange(kSchool)), families.size());
  EXPECT_EQ(count(store::PrefixRange(WithoutEnd(store::RivalKey(kSchool, PersonId(), {}), 16))),
            rivals);
  EXPECT_EQ(
      count(store::PrefixRange(WithoutEnd(store::FamilyUserKey(kSchool, FamilyId(), {}), 16))),
      family_users);
  EXPECT_EQ(count(store::LinkRange(kSchool)), count(store::AccountRange(kSchool)));
  const auto linked = store::LinkRange(kSchool);
  for (auto at = store.Scan(Family::kReview, linked.begin, linked.end); at->Valid(); at->Next()) {
    const PersonId person = *store::PersonOfKey(at->key());
    const auto link = *store::DecodeLink(person, at->value());
    const auto owner = *store.Get(Family::kReview, store::AccountKey(kSchool, link.account));
    ASSERT_TRUE(owner) << person.value();
    EXPECT_EQ(*store::DecodePerson(*owner), person);
  }
  EXPECT_EQ(count(store::GroupRange(kSchool)), count(store::GroupNumberRange(kSchool)));
  const auto groups = store::GroupRange(kSchool);
  for (auto at = store.Scan(Family::kReview, groups.begin, groups.end); at->Valid(); at->Next()) {
    const Fingerprint key = *store::GroupOfKey(at->key());
    const auto group = *store::DecodeGroup(key, at->value());
    const auto number = *store.Get(Family::kReview, store::GroupNumberKey(kSchool, group.id));
    ASSERT_TRUE(number) << group.id.value();
    EXPECT_EQ(*store::DecodeFingerprint(*number), key);
  }
}

void Desk::ExpectGroupsConsistent() const {
  std::map<Fingerprint, std::set<PersonId>, ByBytes> members;
  const auto changes = store::ChangeRange(kSchool);
  for (auto at = store.Scan(Family::kReview, changes.begin, changes.end); at->Valid(); at->Next()) {
    const PersonId person = *store::PersonOfKey(at->key());
    const auto change = *store::DecodeChange(person, at->value());
    if (change.group) members[*change.group].insert(person);
  }
  std::size_t kept = 0;
  const auto groups = store::GroupRange(kSchool);
  for (auto at = store.Scan(Family::kReview, groups.begin, groups.end); at->Valid(); at->Next()) {
    const Fingerprint key = *store::GroupOfKey(at->key());
    const auto group = *store::DecodeGroup(key, at->value());
    const std::set<PersonId> named(group.members.begin(), group.members.end());
    EXPECT_EQ(members[key], named) << group.id.value();
    ++kept;
  }
  EXPECT_EQ(members.size(), kept);
}

// Plans' counts, who has an open task, and the dead ones, recounted from the tasks.
void Desk::ExpectTasksConsistent() const {
  std::map<PlanId, model::TaskCounts> by_plan;
  std::uint64_t open = 0;
  std::uint64_t dead = 0;
  const auto tasks = store::TaskRange(kSchool);
  for (auto at = store.Scan(Family::kWork, tasks.begin, tasks.end); at->Valid(); at->Next()) {
    const auto task = *store::DecodeTask(*store::TaskOfKey(at->key()), at->value());
    task::Count(by_plan[task.id.plan], task.state, true, task.resting);
    const bool is_dead = task.state == model::TaskState::kDead;
    dead += is_dead ? 1 : 0;
    EXPECT_EQ(store.Get(Family::kWork, store::DeadTaskKey(kSchool, task.id))->has_value(), is_dead);
    if (!is_dead && !model::IsOpen(task.state)) continue;
    ++open;
    const auto held = *store.Get(Family::kWork, store::HeldTaskKey(kSchool, task.person));
    ASSERT_TRUE(held) << ToString(task.id);
    EXPECT_EQ(*store::DecodeHeldTask(*held), std::pair(task.id, is_dead));
  }
  EXPECT_EQ(CountOf(store, Family::kWork, store::HeldTaskRange(kSchool)), open);
  EXPECT_EQ(CountOf(store, Family::kWork, store::DeadTaskRange(kSchool)), dead);
  for (const auto& [id, counts] : by_plan) {
    const auto plan = *store.Get(Family::kWork, store::PlanKey(kSchool, id));
    ASSERT_TRUE(plan) << id.value();
    EXPECT_EQ(store::DecodePlan(id, *plan)->tasks, counts) << id.value();
    EXPECT_EQ(store::DecodePlan(id, *plan)->state == model::PlanState::kFinished, counts.ended());
  }
}

void Desk::ExpectConsistent() {
  model::Tally tally;
  std::map<FamilyId, model::FamilyCount> families;
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
    const auto decision = DecisionOf(person);
    if (decision) standing.decision = decision->kind;
    if (decision) standing.outdated = !review::WhatChanged(*decision, change).empty();
    standing.family_excluded = IsFamilyExcluded(change);
    standing.holding = HoldingOf(change);
    for (const PersonId other : change.duplicates) {
      if (!IsOut(other)) ++standing.rivals;
    }
    const auto held = *store.Get(Family::kWork, store::HeldTaskKey(kSchool, person));
    standing.in_progress = held && !store::DecodeHeldTask(*held)->second;
    EXPECT_EQ(review::Judge(change, standing), placement.verdict) << person.value();
    review::CountIn(tally, placement);
    for (const FamilyId family : placement.families) {
      ++families[family].users;
      families[family].fresh += placement.verdict.is_new ? 1 : 0;
      families[family].fresh_selected += review::IsFreshSelected(placement) ? 1 : 0;
      families[family].excluded += placement.verdict.reason == model::Reason::kExcluded ? 1 : 0;
    }
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
  std::size_t in_buckets = 0;
  for (int bucket = 1; bucket <= 6; ++bucket) {
    in_buckets += CountOf(store, Family::kReview,
                          store::BucketIndexRange(kSchool, static_cast<model::Bucket>(bucket)));
  }
  EXPECT_EQ(in_buckets, rows);
  EXPECT_EQ(CountOf(store, Family::kReview, store::PlacementRange(kSchool)), rows);
  ExpectIndexesConsistent();
  ExpectTasksConsistent();
  const auto head_value = *store.Get(Family::kMeta, store::SchoolHeadKey(kSchool));
  if (!head_value) return;
  const auto head = *store::DecodeSchoolHead(*head_value);
  for (const auto& [id, family] : families) {
    ++tally.families;
    tally.families_fresh += family.fresh > 0 ? 1 : 0;
    tally.families_selected += family.fresh_selected > 0 ? 1 : 0;
    tally.families_excluded += family.excluded == family.users ? 1 : 0;
  }
  EXPECT_EQ(head.tally, tally);
  model::TaskCounts counts;
  const auto tasks = store::TaskRange(kSchool);
  for (auto at = store.Scan(Family::kWork, tasks.begin, tasks.end); at->Valid(); at->Next()) {
    const auto task = *store::DecodeTask(*store::TaskOfKey(at->key()), at->value());
    task::Count(counts, task.state, true, task.resting);
  }
  EXPECT_EQ(head.tasks, counts);
  constexpr std::size_t kSmallSchool = 300;  // in slices of a few rows too
  for (const std::size_t work_max : {std::size_t{5}, kVerifyWork}) {
    if (work_max < kVerifyWork && tally.everybody > kSmallSchool) continue;
    const model::VerifyReply verified = Verify(work_max);
    EXPECT_EQ(verified.differences_total, 0U)
        << verified.differences.front().sentence << " with " << work_max;
    EXPECT_EQ(verified.entries, head.seq.value());
    EXPECT_EQ(verified.tasks, counts.total());
  }
}

model::VerifyReply Desk::Verify(std::size_t work_max) {
  const auto head_value = *store.Get(Family::kMeta, store::SchoolHeadKey(kSchool));
  const auto head = head_value ? *store::DecodeSchoolHead(*head_value) : model::SchoolHead{};
  const std::map<PlanId, model::Plan> none;
  const VerifyScope scope{store, kSchool, head.seq, head.plans, none};
  model::VerifyReply sum;
  std::string token;
  do {
    auto slice = VerifySlice(scope, token, work_max);
    EXPECT_TRUE(slice) << (slice ? "" : slice.error().message);
    if (!slice) return sum;
    std::move(slice->differences.begin(), slice->differences.end(),
              std::back_inserter(sum.differences));
    sum.differences_total += slice->differences_total;
    sum.entries += slice->entries;
    sum.decisions += slice->decisions;
    sum.links += slice->links;
    sum.tasks += slice->tasks;
    sum.plans += slice->plans;
    EXPECT_NE(slice->next_page_token.empty() ? "." : slice->next_page_token, token);
    token = slice->next_page_token;
  } while (!token.empty());
  return sum;
}

}  // namespace roster::engine
