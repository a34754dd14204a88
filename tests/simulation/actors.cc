#include "tests/simulation/actors.h"

#include <algorithm>

#include "daemon/bus/task_codec.h"

namespace roster::simulation {

using bus::Channel;

// ---- SimWorker ----------------------------------------------------------------------------------

SimWorker::SimWorker(std::string name, Chance& chance, const SimClock& clock, Network& network,
                     SimSite& site)
    : name_(std::move(name)),
      chance_(chance),
      clock_(clock),
      network_(network),
      site_(site),
      rate_(10'000, clock) {
  Die();
}

void SimWorker::Die() {
  slots_.clear();
  inbox_.clear();
  if (life_ > 0) network_.Hang(route_);
  route_ = name_ + "-" + std::to_string(++life_);
  worker::ProtocolSettings settings;
  settings.worker = route_;
  settings.concurrency = 3;
  protocol_ = std::make_unique<worker::LeaseProtocol>(settings, chance_);
  network_.Listen(route_, [this](const std::string& payload) { inbox_.push_back(payload); });
  frozen_until_ =
      clock_.Steady() + (chance_.faults ? chance_.Between(seconds(0), minutes(2)) : Duration());
}

// As Worker::Run does, once round.
void SimWorker::Step() {
  if (chance_.Fault("worker dies", 0.002)) return Die();
  if (chance_.Fault("worker hangs", 0.002)) {
    frozen_until_ = clock_.Steady() + chance_.Between(seconds(5), minutes(10));
  }
  if (chance_.faults && clock_.Steady() < frozen_until_) return;
  for (auto at = slots_.begin(); at != slots_.end();) {
    Slot& slot = **at;
    if (slot.fiber->ended()) {
      protocol_->Ended(slot.attempt, std::move(slot.outcome));
      at = slots_.erase(at);
    } else {
      ++at;
    }
  }
  for (const worker::Attempt& attempt : protocol_->RunOut(clock_.Steady())) {
    for (const auto& slot : slots_) {
      if (slot->attempt == attempt) slot->stop.request_stop();
    }
  }
  Begin();
  Send();
  while (!inbox_.empty()) {
    const std::string payload = std::move(inbox_.front());
    inbox_.pop_front();
    Take(payload);
  }
  for (const auto& slot : slots_) Run(*slot);
}

void SimWorker::Begin() {
  while (slots_.size() < 3) {
    auto leased = protocol_->Begin(clock_.Steady());
    if (!leased) return;
    auto slot = std::make_unique<Slot>();
    slot->attempt = worker::AttemptOf(*leased);
    slot->asker = {leased->task.id.plan.value(), leased->task.id.index, leased->task.attempt};
    slot->door = site_.Door(&slot->asker);
    slot->site = std::make_unique<target::ScimSite>(SiteSettings(), "w", *slot->door, rate_, clock_,
                                                    chance_);
    slot->fiber = std::make_unique<Fiber>([task = leased->task, at = slot.get()] {
      at->outcome = at->site->Execute(task, at->stop.get_token());
    });
    slots_.push_back(std::move(slot));
  }
}

void SimWorker::Run(Slot& slot) {
  if (chance_.Fault("task hangs", 0.005)) {
    slot.hung_until = clock_.Steady() + chance_.Between(seconds(10), minutes(5));
  }
  if (chance_.faults && clock_.Steady() < slot.hung_until) return;
  for (auto n = chance_.Below(6); n > 0 && !slot.fiber->ended(); --n) slot.fiber->Resume();
}

void SimWorker::Send() {
  for (const auto& request : protocol_->Due(clock_.Steady())) {
    if (chance_.Fault("send fails", 0.005)) {
      protocol_->SendFailed(request.request_id, clock_.Steady());
      continue;
    }
    std::string payload = bus::EncodeWorkerRequest(request);
    if (std::holds_alternative<model::ReportOutcomes>(request.body)) {
      reports_.emplace_back(route_, payload);
      if (reports_.size() > 20) reports_.pop_front();
    }
    network_.Ask(Channel::kTasks, route_, std::move(payload));
  }
  if (!reports_.empty() && chance_.Fault("old report once more", 0.01)) {
    const auto& [route, payload] = chance_.Of(reports_);
    network_.Ask(Channel::kTasks, route, payload);
  }
}

void SimWorker::Take(const std::string& payload) {
  const auto reply = bus::DecodeWorkerReply(payload);
  if (!reply) throw Violation{"a worker is answered what it does not understand"};
  for (const auto& attempt : protocol_->Replied(*reply, clock_.Steady()).lost_running) {
    for (const auto& slot : slots_) {
      if (slot->attempt == attempt) slot->stop.request_stop();
    }
  }
}

// ---- SimClient ----------------------------------------------------------------------------------

SimClient::SimClient(std::string name, Chance& chance, const SimClock& clock, Network& network,
                     Checker& checker)
    : name_(std::move(name)), chance_(chance), clock_(clock), network_(network), checker_(checker) {
  network_.Listen(name_, [this](const std::string& payload) {
    wire::Reply reply;
    if (!reply.ParseFromString(payload)) throw Violation{"a client is answered no reply"};
    if (reply.request_id() == waiting_) replies_[waiting_] = std::move(reply);
  });
}

void SimClient::Step() {
  if (fiber_ == nullptr) {
    if (resting_ || !chance_.Is(0.1)) return;
    fiber_ = std::make_unique<Fiber>([this] { Choose(); });
  }
  fiber_->Resume();
  if (fiber_->ended()) fiber_.reset();
}

void SimClient::Finish() {
  fiber_ = std::make_unique<Fiber>([this] { FinishAll(); });
}

wire::Reply SimClient::Ask(wire::Request request) {
  request.set_version(1);
  for (int attempt = 0; attempt < (chance_.faults ? 4 : 20); ++attempt) {
    waiting_ = name_ + "." + std::to_string(next_++);
    request.set_request_id(waiting_);
    network_.Ask(Channel::kControl, name_, request.SerializeAsString());
    const Duration until = clock_.Steady() + seconds(5);
    while (!replies_.contains(waiting_) && clock_.Steady() < until) Fiber::Yield();
    const auto reply = replies_.find(waiting_);
    if (reply == replies_.end()) continue;
    wire::Reply taken = std::move(reply->second);
    replies_.clear();
    if (taken.error().reason() != "disk-full" && taken.error().reason() != "not-a-message") {
      return taken;
    }
  }
  return {};
}

wire::Reply SimClient::Command(wire::Request request) {
  ++commands_;
  request.set_command_id(name_ + "-" + std::to_string(commands_));
  old_.push_back(request);
  if (old_.size() > 30) old_.erase(old_.begin());
  return Ask(std::move(request));
}

std::vector<wire::UserRow> SimClient::Users(wire::ListStatus status) {
  std::vector<wire::UserRow> rows;
  std::string token;
  do {
    wire::Request request;
    request.mutable_list_users()->mutable_filter()->set_status(status);
    request.mutable_list_users()->set_page_size(25);
    request.mutable_list_users()->set_page_token(token);
    const auto reply = Ask(request);
    rows.insert(rows.end(), reply.users().rows().begin(), reply.users().rows().end());
    token = reply.users().next_page_token();
  } while (!token.empty());
  return rows;
}

void SimClient::Choose() {
  const auto n = chance_.Below(100);
  if (n < 22) return DecidePersons();
  if (n < 26) return DecideFamilies();
  if (n < 34) return ResolveGroups();
  if (n < 40) return DecideMatches();
  if (n < 75) return Prepare();
  if (n < 82) return Retry();
  if (n < 92) return RepeatOld();
  Look();
}

void SimClient::DecidePersons() {
  static const std::vector<wire::Decision> kKinds = {wire::SYNC,    wire::SYNC,    wire::SYNC,
                                                     wire::SYNC,    wire::SKIP,    wire::EXCLUDE,
                                                     wire::INCLUDE, wire::INCLUDE, wire::PROTECT};
  const auto rows = Users(chance_.Is(0.7) ? wire::STATUS_NEW : wire::LIST_STATUS_UNSPECIFIED);
  wire::Request request;
  auto* decide = request.mutable_decide();
  const bool fresh = !rows.empty() && rows.front().status() == wire::STATUS_NEW;
  decide->set_decision(fresh && chance_.Is(0.8) ? wire::SYNC : chance_.Of(kKinds));
  const double share = decide->decision() == wire::SYNC ? 0.7 : 0.1;
  for (const auto& row : rows) {
    if (chance_.Is(share)) decide->add_persons(row.person());
  }
  if (chance_.Is(0.1)) {
    decide->clear_persons();
    decide->set_decision(wire::SYNC);
    decide->mutable_filter()->set_status(wire::STATUS_NEW);
  }
  if (decide->persons_size() > 0 || decide->has_filter()) Command(request);
}

void SimClient::DecideFamilies() {
  wire::Request request;
  request.mutable_list_families()->set_excluded_only(chance_.Is(0.5));
  const auto families = Ask(request).families();
  if (families.rows().empty()) return;
  const auto& row = families.rows(
      static_cast<int>(chance_.Below(static_cast<std::uint64_t>(families.rows_size()))));
  wire::Request decide;
  decide.mutable_decide_families()->set_exclude(!row.excluded() && chance_.Is(0.5));
  decide.mutable_decide_families()->add_families(row.family());
  Command(decide);
}

void SimClient::ResolveGroups() {
  wire::Request request;
  request.mutable_list_groups()->set_status(chance_.Is(0.7) ? wire::GROUP_NEW : wire::GROUP_ALL);
  const auto groups = Ask(request).groups();
  for (const auto& group : groups.rows()) {
    if (group.members().empty() || chance_.Is(0.5)) continue;
    const auto person = group
                            .members(static_cast<int>(
                                chance_.Below(static_cast<std::uint64_t>(group.members_size()))))
                            .person();
    wire::Request resolve;
    resolve.mutable_resolve_group()->set_group(group.group());
    switch (chance_.Below(5)) {
      case 0:
        resolve.mutable_resolve_group()->set_reopen(true);
        break;
      case 1:
        resolve.mutable_resolve_group()->set_share_login(person);
        break;
      case 2:
        resolve.mutable_resolve_group()->set_use_email2(person);
        break;
      default:
        resolve.mutable_resolve_group()->set_keep(person);
    }
    Command(resolve);
    if (chance_.Is(0.5)) return;
  }
}

void SimClient::DecideMatches() {
  for (const auto& row : Users(wire::STATUS_ERROR)) {
    if (chance_.Is(0.5)) continue;
    wire::Request match;
    match.mutable_decide_match()->set_person(row.person());
    if (row.fits_size() > 0 && chance_.Is(0.6)) {
      match.mutable_decide_match()->set_account(
          row.fits(static_cast<int>(chance_.Below(static_cast<std::uint64_t>(row.fits_size()))))
              .account());
    } else if (chance_.Is(0.8)) {
      match.mutable_decide_match()->set_none(true);
    } else {
      match.mutable_decide_match()->set_withdraw(true);
    }
    Command(match);
    if (chance_.Is(0.5)) return;
  }
}

void SimClient::Prepare() {
  wire::Request request;
  auto* prepare = request.mutable_prepare_plan();
  const auto n = chance_.Below(10);
  if (n == 0) {
    prepare->mutable_invitations()->set_never_accessed(chance_.Is(0.5));
    if (chance_.Is(0.5)) prepare->mutable_invitations()->set_batch(3);
  } else if (n == 1 && !approved_.empty()) {
    prepare->set_undo_of(chance_.Of(approved_).plan());
  }
  const auto reply = Command(request);
  if (reply.has_plan() && reply.plan().plan().items() > 0) Approve(reply.plan().plan());
}

std::vector<wire::UserRow> SimClient::ShowPlan(const wire::Plan& plan, bool& whole) {
  std::vector<wire::UserRow> rows;
  std::string token;
  do {
    wire::Request request;
    request.mutable_list_plan()->set_plan(plan.plan());
    request.mutable_list_plan()->set_page_size(20);
    request.mutable_list_plan()->set_page_token(token);
    const auto reply = Ask(request);
    whole = reply.has_plan_users();
    if (!whole) return rows;
    for (const auto& row : reply.plan_users().rows()) rows.push_back(row);
    token = reply.plan_users().next_page_token();
  } while (!token.empty());
  whole = rows.size() == plan.items();
  return rows;
}

void SimClient::Approve(const wire::Plan& plan) {
  bool whole = false;
  const auto rows = ShowPlan(plan, whole);
  if (!whole) return;
  checker_.OnShown(plan, rows);
  if (chance_.Is(0.1)) return;
  if (chance_.faults && chance_.Is(0.2)) {  // has lunch first
    const Duration until = clock_.Steady() + chance_.Between(minutes(1), hours(4));
    while (chance_.faults && clock_.Steady() < until) Fiber::Yield();
  }
  wire::Request request;
  auto* approve = request.mutable_approve_plan();
  approve->set_plan(plan.plan());
  approve->set_digest(plan.digest());
  approve->set_leave_out_changed(chance_.Is(0.6));
  if (chance_.Is(0.1)) approve->add_except(chance_.Of(rows).person());
  if (chance_.Is(0.1)) approve->add_only(chance_.Of(rows).change_class());
  if (chance_.Is(0.02)) approve->set_digest(std::string(32, 'x'));
  if (chance_.Is(0.3)) {
    approve->set_override_guards(true);
    approve->set_override_reason("it is right");
  }
  auto reply = Command(request);
  if (reply.error().reason() == "plan-held" && chance_.Is(0.4)) {
    approve->set_override_guards(true);
    approve->set_override_reason("looked at it");
    reply = Command(request);
  }
  if (reply.has_approve()) approved_.push_back(reply.approve().plan());
}

void SimClient::Retry() {
  wire::Request list;
  list.mutable_list_tasks()->set_state(wire::DEAD);
  const auto tasks = Ask(list).tasks();
  wire::Request request;
  if (chance_.Is(0.5)) {
    request.mutable_retry_tasks()->set_all_dead(true);
  } else {
    for (const auto& row : tasks.rows()) {
      auto* task = request.mutable_retry_tasks()->add_tasks();
      task->set_plan(row.plan());
      task->set_index(row.index());
    }
  }
  if (tasks.rows_size() > 0) Command(request);
}

void SimClient::Look() {
  wire::Request request;
  switch (chance_.Below(4)) {
    case 0:
      request.mutable_get_status();
      break;
    case 1: {
      const auto rows = Users(wire::LIST_STATUS_UNSPECIFIED);
      if (rows.empty()) return;
      request.mutable_explain()->set_person(chance_.Of(rows).person());
      break;
    }
    case 2:
      request.mutable_start_poll();
      Command(request);
      return;
    default:
      request.mutable_list_tasks();
  }
  Ask(request);
}

// The same command again, much later; or its id with another body.
void SimClient::RepeatOld() {
  if (old_.empty()) return;
  wire::Request request = chance_.Of(old_);
  if (chance_.Is(0.3)) {
    const std::string id = request.command_id();
    request = chance_.Of(old_);
    request.set_command_id(id);
  }
  Ask(std::move(request));
}

void SimClient::FinishAll() {
  wire::Request poll;
  poll.mutable_start_poll();
  Command(poll);
  const Duration until = clock_.Steady() + minutes(2);
  while (clock_.Steady() < until) Fiber::Yield();
  wire::Request decide;
  decide.mutable_decide()->set_decision(wire::SYNC);
  decide.mutable_decide()->mutable_filter()->set_status(wire::STATUS_NEW);
  Command(decide);
  wire::Request request;
  request.mutable_prepare_plan();
  const auto plan = Command(request).plan().plan();
  left_ = plan.items();
  if (plan.items() == 0) return;
  bool whole = false;
  const auto rows = ShowPlan(plan, whole);
  if (!whole) throw Violation{"a plan cannot be shown at rest"};
  checker_.OnShown(plan, rows);
  wire::Request approve;
  approve.mutable_approve_plan()->set_plan(plan.plan());
  approve.mutable_approve_plan()->set_digest(plan.digest());
  approve.mutable_approve_plan()->set_override_guards(true);
  approve.mutable_approve_plan()->set_override_reason("all of it");
  const auto reply = Command(approve);
  if (!reply.has_approve()) {
    throw Violation{"a plan cannot be approved at rest: " + reply.ShortDebugString()};
  }
}

// ---- SimSubscriber ------------------------------------------------------------------------------

SimSubscriber::SimSubscriber(std::string name, Chance& chance, const SimClock& clock,
                             Network& network, Checker& checker)
    : name_(std::move(name)),
      chance_(chance),
      clock_(clock),
      network_(network),
      checker_(checker),
      follower_(std::make_unique<client::Follower>("tcs", 0)) {
  network_.Subscribe(name_, [this](const std::string& topic, const std::string& payload) {
    heard_ = clock_.Steady();
    if (topic.ends_with(".Beat")) {
      follower_->OnBeat(payload);
    } else {
      follower_->OnPublished(payload);
    }
  });
  network_.Listen(name_, [this](const std::string& payload) {
    wire::Reply reply;
    if (!reply.ParseFromString(payload)) throw Violation{"a subscriber is answered no reply"};
    const auto asked = asked_.find(reply.request_id());
    if (asked == asked_.end() || !reply.has_replay()) return;
    const auto since = asked->second;
    asked_.clear();
    ask_again_ = {};
    follower_->OnReplay(since, reply.replay());
  });
}

void SimSubscriber::Step() {
  for (const auto& entry : follower_->Take()) checker_.OnTold(name_, entry);
  if (!follower_->fault().empty()) checker_.OnSubscriberFault(name_, follower_->fault());
  if (chance_.Fault("subscriber starts again", 0.001)) {
    follower_ = std::make_unique<client::Follower>("tcs", follower_->known());
    asked_.clear();
  }
  if (clock_.Steady() - heard_ > seconds(30)) {
    heard_ = clock_.Steady();
    follower_->OnSilence();
  }
  const auto since = follower_->Wanted();
  if (!since || clock_.Steady() < ask_again_) return;
  wire::Request request;
  request.set_version(1);
  request.set_request_id(name_ + "." + std::to_string(next_++));
  request.mutable_replay()->set_since(*since);
  request.mutable_replay()->set_limit(static_cast<std::uint32_t>(2 + chance_.Below(40)));
  asked_ = {{request.request_id(), *since}};
  ask_again_ = clock_.Steady() + seconds(3);
  network_.Ask(Channel::kControl, name_, request.SerializeAsString());
}

}  // namespace roster::simulation
