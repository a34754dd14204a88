// Who is asking, what they may, and what a reload changes about that. What is asked of the engine
// passes here first, and nowhere else.

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/bus/task_codec.h"
#include "daemon/engine/engine.h"

namespace roster::engine {
namespace {

using access::Principal;
using access::Roles;

// A refusal of no school in particular is put on record in at most so many.
constexpr std::size_t kConcernedMax = 16;

constexpr std::string_view kRoleMissing = "role-missing";
constexpr std::string_view kNoRole = "no-role";
constexpr std::string_view kUnknownSchool = "unknown-school";

Error NoSuchSchool() {
  return {Code::kNotFound, std::string(kUnknownSchool),
          "There is no such school here. `rosterctl whoami` lists those in which you have a role."};
}

}  // namespace

std::vector<School*> Engine::SchoolsOf(const Principal& who, Roles any_of) {
  std::vector<School*> schools;
  for (School& school : schools_) {
    if (who.In(school.id()).HasAnyOf(any_of)) schools.push_back(&school);
  }
  return schools;
}

// Where a refusal is put on record that no school is named for: in the schools in which somebody
// has a role; of somebody without any, in all.
std::vector<School*> Engine::Concerned(const Principal& who) {
  std::vector<School*> schools = SchoolsOf(who, access::kAnyRole);
  if (schools.empty()) {
    for (School& school : schools_) schools.push_back(&school);
  }
  if (schools.size() > kConcernedMax) schools.resize(kConcernedMax);
  return schools;
}

void Engine::NoteRefused(Refusals& refusals, const std::vector<School*>& schools,
                         const std::string& actor, std::string_view request,
                         std::string_view reason, const About& about) {
  if (!noting_refused_) return;
  for (const School* school : schools) {
    const bool noted = refusals.Note(
        {school->id(), actor, std::string(request), std::string(reason), about.plan, about.person},
        clock_.Steady());
    if (!noted) limits_.Reached(Limit::kRefusals);
  }
}

void Engine::NoteNotDone(School& school, const Caller& caller, const model::RequestBody& request,
                         const model::ReplyBody& reply) {
  std::set<std::string> reasons;
  const auto note = [&](const std::string& reason) {
    // A number that nobody has is a slip of the pen.
    if (!reason.starts_with("unknown-")) reasons.insert(reason);
  };
  const auto add = [&](const auto& refused) {
    for (const auto& one : refused) note(one.reason);
  };
  if (const auto* refusal = std::get_if<model::Refusal>(&reply)) {
    const Error& error = refusal->error;
    if (error.code != Code::kRefused && error.code != Code::kConflict) return;
    note(error.reason);
  } else if (const auto* forget = std::get_if<model::ForgetReply>(&reply)) {
    add(forget->refused);
  } else if (const auto* retry = std::get_if<model::RetryReply>(&reply)) {
    add(retry->refused);
  } else if (const auto* confirm = std::get_if<model::ConfirmReply>(&reply)) {
    add(confirm->refused);
  }
  for (const std::string& reason : reasons) {
    NoteRefused(refusals_, {&school}, caller.actor, access::RequestName(request), reason,
                AboutOf(request));
  }
}

Engine::About Engine::AboutOf(const model::RequestBody& request) {
  if (const auto* approve = std::get_if<model::ApprovePlan>(&request)) return {approve->plan, {}};
  if (const auto* prepare = std::get_if<model::PreparePlan>(&request)) {
    return {prepare->undo_of.value_or(PlanId()), {}};
  }
  if (const auto* forget = std::get_if<model::Forget>(&request)) {
    if (forget->persons.size() == 1) return {{}, forget->persons.front()};
  }
  return {};
}

Result<School*> Engine::Permit(const Principal& who, const model::Request& request) {
  const Roles wanted = access::RolesFor(request.body);
  if (wanted.empty()) return nullptr;  // WhoAmI
  const std::string_view name = access::RequestName(request.body);
  const std::vector<School*> own = SchoolsOf(who, access::kAnyRole);
  School* named = nullptr;
  for (School& school : schools_) {
    if (request.school && school.id() == *request.school) named = &school;
  }
  if (own.empty()) {
    const auto concerned = named != nullptr ? std::vector{named} : Concerned(who);
    NoteRefused(refusals_, concerned, who.actor, name, kNoRole);
    return tl::unexpected(access::NoRoleAtAll(who.actor));
  }
  if (access::ConcernsAll(request.body)) {
    // What a command of all schools did is kept with the first of them.
    if (SchoolsOf(who, wanted).size() == schools_.size()) return &schools_.front();
    NoteRefused(refusals_, Concerned(who), who.actor, name, kRoleMissing);
    Error error = access::RoleMissing(name, wanted);
    error.message = std::string(name) + " concerns every school. " + error.message;
    return tl::unexpected(std::move(error));
  }
  if (!request.school) {
    if (std::holds_alternative<model::GetStatus>(request.body)) return nullptr;
    if (own.size() > 1) return FindSchool(std::nullopt);
    named = own.front();
  } else if (std::find(own.begin(), own.end(), named) == own.end()) {
    // Whoever has no role in a school is told what they are told of one that is not there, and
    // finds the same in the journals that they may read.
    if (named != nullptr) NoteRefused(refusals_, {named}, who.actor, name, kNoRole);
    NoteRefused(refusals_, Concerned(who), who.actor, name, kUnknownSchool);
    return tl::unexpected(NoSuchSchool());
  }
  if (who.In(named->id()).HasAnyOf(wanted)) return named;
  NoteRefused(refusals_, {named}, who.actor, name, kRoleMissing);
  return tl::unexpected(access::RoleMissing(name, wanted));
}

std::string_view Engine::WorkerRequestName(const model::WorkerRequest& request) {
  if (std::holds_alternative<model::Lease>(request.body)) return "Lease";
  return std::holds_alternative<model::Heartbeat>(request.body) ? "Heartbeat" : "Report";
}

// Narrows what a worker asks to the schools whose tasks it may carry out.
std::optional<Error> Engine::PermitWorker(const Principal& who, model::WorkerRequest& request,
                                          model::WorkerReply& barred) {
  const std::vector<School*> own = SchoolsOf(who, access::kMayWork);
  const auto may = [&](const SchoolId& id) {
    return std::any_of(own.begin(), own.end(),
                       [&](const School* school) { return school->id() == id; });
  };
  const auto bar = [&](const SchoolId& id, std::string_view name) {
    if (may(id)) return false;
    const auto school = FindSchool(id);
    if (school) NoteRefused(refusals_, {*school}, who.actor, name, kRoleMissing);
    return true;
  };
  const std::string_view name = WorkerRequestName(request);
  if (own.empty()) {
    const bool nobody = SchoolsOf(who, access::kAnyRole).empty();
    NoteRefused(refusals_, Concerned(who), who.actor, name, nobody ? kNoRole : kRoleMissing);
    return nobody ? access::NoRoleAtAll(who.actor) : access::RoleMissing(name, access::kMayWork);
  }
  // Whoever speaks in another's name could report on what that one holds.
  const auto namesake = workers_.find(request.worker);
  if (namesake != workers_.end() && namesake->second.actor != who.actor &&
      namesake->second.seen + settings_.worker_away > clock_.Now()) {
    NoteRefused(refusals_, Concerned(who), who.actor, name, "other-actor");
    return Error{Code::kRefused, "other-actor",
                 "Somebody else works under this name now. Give each worker a name of its own, or "
                 "wait until the other has been away for a minute."};
  }
  if (auto* const lease = std::get_if<model::Lease>(&request.body)) {
    if (lease->schools.empty()) {
      for (const School* school : own) lease->schools.push_back(school->id());
    } else {
      // A worker names every school of its config: that it may not work for all of them is no
      // attempt at anything.
      const std::vector<SchoolId> asked = lease->schools;
      std::erase_if(lease->schools, [&](const SchoolId& id) { return !may(id); });
      if (lease->schools.empty()) {
        for (const SchoolId& id : asked) bar(id, name);
      }
    }
    if (lease->schools.empty()) return access::RoleMissing(name, access::kMayWork);
  } else if (auto* const heartbeat = std::get_if<model::Heartbeat>(&request.body)) {
    model::HeartbeatReply lost;
    std::erase_if(heartbeat->held, [&](const model::LeaseRef& ref) {
      if (!bar(ref.school, name)) return false;
      lost.lost.push_back(ref);
      return true;
    });
    barred.body = std::move(lost);
  } else {
    model::ReportReply refused;
    std::erase_if(std::get<model::ReportOutcomes>(request.body).reports,
                  [&](const model::Report& report) {
                    if (!bar(report.school, name)) return false;
                    refused.refused.push_back({report.school, report.task, report.attempt});
                    return true;
                  });
    barred.body = std::move(refused);
  }
  return std::nullopt;
}

// What the bus has turned away by itself.
void Engine::NoteTurnedAway() {
  for (const bus::TurnedAway& away : bus_.TakeTurnedAway()) {
    const Principal who = access_.Get()->Identify(away.peer);
    const bool nobody = SchoolsOf(who, access::kAnyRole).empty();
    // Over tcp anybody can make keys without end: they crowd out nobody who is known.
    NoteRefused(nobody ? strangers_ : refusals_, Concerned(who), who.actor, away.request,
                nobody ? kNoRole : kRoleMissing);
  }
}

void Engine::TellRefused() {
  for (Refusals* const refusals : {&refusals_, &strangers_}) {
    for (Refusals::Entry& entry : refusals->ToTell(clock_.Steady())) {
      const auto school = FindSchool(entry.refused.school);
      if (!school) continue;
      Append(
          **school, {std::move(entry.refused.actor), ""},
          model::RequestRefused{std::move(entry.refused.request), std::move(entry.refused.reason),
                                entry.times, entry.refused.plan, entry.refused.person});
    }
  }
}

Result<model::ReplyBody> Engine::WhoAmI(const Caller& caller) {
  model::WhoAmIReply reply;
  reply.actor = caller.who.actor;
  reply.names = caller.who.names;
  reply.transport = caller.who.by_key ? "tcp" : "ipc";
  for (const School* school : SchoolsOf(caller.who, access::kAnyRole)) {
    reply.schools.push_back({school->id(), caller.who.In(school->id()).List()});
  }
  return model::ReplyBody(std::move(reply));
}

bool Engine::OperatesAll(const Caller& caller) const {
  return std::all_of(schools_.begin(), schools_.end(), [&](const School& school) {
    return caller.who.In(school.id()).HasAnyOf(access::Roles(model::Role::kOperator));
  });
}

Result<model::ReplyBody> Engine::Reload(const Caller& caller) {
  if (!reload_) {
    return Fail(Code::kInvalid, "no-config-file", "This rosterd was started without a file.");
  }
  auto read = reload_();
  if (!read) {
    config_problem_ = read.error().message;
    reload_asked_ = false;
    NoteRefused(refusals_, Concerned(caller.who), caller.actor, "Reload", "config");
    return Fail(Code::kInvalid, "config",
                "The config file was not taken, and what it said before still counts.\n" +
                    read.error().message);
  }
  for (School& school : schools_) Append(school, caller, model::ConfigReloaded{read->digest});
  model::ReloadReply reply{read->changed, read->needs_restart};
  reloaded_ = *std::move(read);
  return model::ReplyBody(std::move(reply));
}

void Engine::TakeReload() {
  if (!reloaded_) return;
  const Reloaded next = *std::exchange(reloaded_, std::nullopt);
  const Time now = clock_.Now();
  reload_asked_ = false;
  config_problem_.clear();
  counted_.config_read = now;
  settings_.tasks = next.settings.tasks;
  settings_.backups_kept = next.settings.backups_kept;
  for (SchoolSettings& settings : settings_.schools) {
    for (const SchoolSettings& other : next.settings.schools) {
      if (other.id() != settings.id()) continue;
      settings.name = other.name;
      settings.plans = other.plans;
      settings.poll_every = other.poll_every;
      settings.shrink_max = other.shrink_max;
      settings.site_requests_per_second = other.site_requests_per_second;
      settings.retention = other.retention;
    }
  }
  for (School& school : schools_) {
    const Time next_poll = now + school.settings->poll_every;
    if (!school.head.next_poll || *school.head.next_poll <= next_poll) continue;
    school.head.next_poll = next_poll;
    school.head_changed = true;
  }
  access_.Set(next.access);
  bus_.AskGateAgain();
  // Those who wait for tasks get those that they may have now.
  std::deque<Parked> waiting;
  waiting.swap(parked_);
  for (Parked& parked : waiting) {
    model::WorkerRequest request{parked.request_id, parked.worker, parked.asked};
    model::WorkerReply reply{parked.request_id, {}};
    const auto refused = PermitWorker(access_.Get()->Identify(parked.peer), request, reply);
    if (!refused) {
      parked.lease = std::get<model::Lease>(std::move(request.body));
      parked_.push_back(std::move(parked));
      continue;
    }
    reply.body = *refused;
    bus_.Send(bus::Channel::kTasks, parked.route, bus::EncodeWorkerReply(reply));
  }
  if (next.taken) next.taken();
}

}  // namespace roster::engine
