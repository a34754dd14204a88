#include "daemon/bus/task_codec.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "daemon/base/text.h"
#include "daemon/bus/wire_values.h"

namespace roster::bus {
namespace {

constexpr std::uint32_t kLeasesMax = 1000;
constexpr int kReportsMax = 1000;
constexpr int kHeldMax = 10'000;
constexpr int kSchoolsMax = 1000;
constexpr Duration kWaitMax = std::chrono::seconds(30);
constexpr std::size_t kReasonMax = 64;  // bytes
constexpr std::size_t kOriginMax = 64;  // bytes

// ---- values both ways

void Put(const model::LeaseRef& ref, wire::LeaseRef& out) {
  out.set_school(ref.school.value());
  out.set_plan(ref.task.plan.value());
  out.set_index(ref.task.index);
  out.set_attempt(ref.attempt);
}

model::LeaseRef Get(const wire::LeaseRef& in, Checker& checker) {
  checker.Require(IsSchool(in.school()), "a lease names no school");
  return {SchoolId(in.school()), {PlanId(in.plan()), in.index()}, in.attempt()};
}

void PutRefs(const std::vector<model::LeaseRef>& refs,
             google::protobuf::RepeatedPtrField<wire::LeaseRef>& out) {
  for (const model::LeaseRef& ref : refs) Put(ref, *out.Add());
}

std::vector<model::LeaseRef> GetRefs(const google::protobuf::RepeatedPtrField<wire::LeaseRef>& in,
                                     Checker& checker) {
  checker.Require(in.size() <= kHeldMax, "it names more than 10000 leases");
  std::vector<model::LeaseRef> refs;
  for (const wire::LeaseRef& ref : in) refs.push_back(Get(ref, checker));
  return refs;
}

void Put(const model::Account& account, wire::Account& out) {
  out.set_id(account.id.value());
  out.set_external_id(account.external_id);
  out.set_version(account.version);
  out.set_active(account.active);
  for (const auto& [field, value] : account.fields) {
    (*out.mutable_fields())[std::string(model::FieldWord(field))] = value;
  }
  for (const std::string& email : account.other_emails) out.add_other_emails(email);
  for (const std::string& role : account.roles) out.add_roles(role);
  if (account.last_accessed) bus::Put(*account.last_accessed, *out.mutable_last_accessed());
  if (account.invited) bus::Put(*account.invited, *out.mutable_invited());
}

model::Account Get(const wire::Account& in, Checker& checker) {
  model::Account account;
  account.id = AccountId(in.id());
  account.external_id = in.external_id();
  account.version = in.version();
  account.active = in.active();
  for (const auto& [word, value] : in.fields()) {
    const auto field = model::FieldFromWord(word);
    checker.Require(field.has_value(), "an account has an unknown field");
    if (field) account.fields.Set(*field, value);
  }
  account.other_emails.assign(in.other_emails().begin(), in.other_emails().end());
  account.roles.assign(in.roles().begin(), in.roles().end());
  if (in.has_last_accessed()) account.last_accessed = bus::Get(in.last_accessed(), checker);
  if (in.has_invited()) account.invited = bus::Get(in.invited(), checker);
  return account;
}

struct OutcomeWriter {
  wire::Outcome& out;

  void operator()(const model::Applied& end) const {
    Put(end.account, *out.mutable_applied()->mutable_account());
    out.mutable_applied()->set_already(end.already);
  }
  void operator()(const model::Failed& end) const {
    wire::Outcome::Failed& failed = *out.mutable_failed();
    failed.set_reason(end.reason);
    failed.set_again(end.again);
    failed.set_site_failing(end.site_failing);
    if (end.retry_after) {
      bus::Put(Duration(*end.retry_after), *failed.mutable_retry_after());
    }
  }
  void operator()(const model::Superseded& end) const {
    out.mutable_superseded()->set_reason(end.reason);
  }
  void operator()(const model::Unknown& end) const {
    out.mutable_unknown()->set_reason(end.reason);
    out.mutable_unknown()->set_untold(end.untold);
  }
};

// A stable word: it goes into the journal and to subscribers, where nothing else that a worker says
// may get by mistake.
std::string GetReason(const std::string& reason, Checker& checker) {
  const bool word = std::all_of(reason.begin(), reason.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  checker.Require(word && reason.size() <= kReasonMax,
                  "an outcome's reason is not a word of small letters, digits and hyphens, or "
                  "longer than 64 bytes");
  return reason;
}

model::Outcome GetEnd(const wire::Outcome& in, Checker& checker) {
  switch (in.end_case()) {
    case wire::Outcome::kApplied:
      checker.Require(in.applied().has_account() && !in.applied().account().id().empty(),
                      "a task is reported as applied without its account");
      return model::Applied{Get(in.applied().account(), checker), in.applied().already()};
    case wire::Outcome::kFailed: {
      const wire::Outcome::Failed& failed = in.failed();
      model::Failed end{GetReason(failed.reason(), checker), failed.again(), failed.site_failing(),
                        std::nullopt};
      if (failed.has_retry_after()) {
        end.retry_after =
            std::chrono::ceil<std::chrono::milliseconds>(bus::Get(failed.retry_after(), checker));
      }
      return end;
    }
    case wire::Outcome::kSuperseded:
      return model::Superseded{GetReason(in.superseded().reason(), checker)};
    case wire::Outcome::kUnknown:
      return model::Unknown{GetReason(in.unknown().reason(), checker), in.unknown().untold()};
    case wire::Outcome::END_NOT_SET:
      break;
  }
  checker.Require(false, "a task's end is missing or unknown");
  return model::Unknown{};
}

// A word: it is written into files.
bool IsOrigin(const std::string& origin) {
  return origin.size() <= kOriginMax && std::all_of(origin.begin(), origin.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void Put(const model::LeasedTask& leased, wire::Task& out) {
  const model::Task& task = leased.task;
  out.set_school(leased.school.value());
  out.set_plan(task.id.plan.value());
  out.set_index(task.id.index);
  out.set_attempt(task.attempt);
  out.set_person(task.person.value());
  out.set_action(As<wire::Action>(task.action));
  out.set_digest(std::string(task.digest.view()));
  out.set_external_id(task.external_id);
  out.set_account(task.account.value());
  bus::Put(task.fields, *out.mutable_fields());
  out.set_was_active(task.was_active);
  out.set_link_only(task.link_only);
  if (task.invited_before) bus::Put(*task.invited_before, *out.mutable_invited_before());
  out.set_look_only(task.look_only);
  out.set_doubt(task.doubt);
  out.set_origin(task.origin);
  if (task.fitted_by) {
    wire::FittedBy& fitted_by = *out.mutable_fitted_by();
    fitted_by.set_user_name(task.fitted_by->user_name);
    fitted_by.set_email(task.fitted_by->email);
    fitted_by.set_other_email(task.fitted_by->other_email);
  }
}

model::LeasedTask Get(const wire::Task& in, Checker& checker) {
  const auto digest = Digest::FromBytes(in.digest());
  checker.Require(IsSchool(in.school()), "a task names no school");
  checker.Require(digest.has_value(), "a task's digest is not 32 bytes long");
  model::LeasedTask leased;
  leased.school = SchoolId(in.school());
  model::Task& task = leased.task;
  task.id = {PlanId(in.plan()), in.index()};
  task.attempt = in.attempt();
  task.state = model::TaskState::kLeased;
  task.person = PersonId(in.person());
  task.action = checker.Between(in.action(), model::Action::kAdd, model::Action::kInvite,
                                "a task's action is missing or unknown");
  task.digest = digest.value_or(Digest{});
  task.external_id = in.external_id();
  task.account = AccountId(in.account());
  task.fields = bus::Get(in.fields(), checker);
  task.was_active = in.was_active();
  task.link_only = in.link_only();
  if (in.has_invited_before()) task.invited_before = bus::Get(in.invited_before(), checker);
  task.look_only = in.look_only();
  task.doubt = in.doubt();
  task.origin = in.origin();
  checker.Require(IsOrigin(task.origin), "a task's origin is no word of hexadecimal digits");
  if (in.has_fitted_by()) {
    const wire::FittedBy& by = in.fitted_by();
    task.fitted_by = model::FittedBy{by.user_name(), by.email(), by.other_email()};
  }
  return leased;
}

// ---- requests

struct RequestWriter {
  wire::WorkerRequest& request;

  void operator()(const model::Lease& body) const {
    wire::Lease& out = *request.mutable_lease();
    for (const SchoolId& school : body.schools) out.add_schools(school.value());
    out.set_max(body.max);
    out.set_school_max(body.school_max);
    bus::Put(body.wait, *out.mutable_wait());
  }
  void operator()(const model::Heartbeat& body) const {
    PutRefs(body.held, *request.mutable_heartbeat()->mutable_held());
  }
  void operator()(const model::ReportOutcomes& body) const {
    for (const model::Report& report : body.reports) {
      wire::Outcome& out = *request.mutable_report()->add_outcomes();
      Put(model::LeaseRef{report.school, report.task, report.attempt}, *out.mutable_lease());
      std::visit(OutcomeWriter{out}, report.outcome);
    }
    request.mutable_report();  // also when there is nothing to report
  }
};

model::Lease GetLease(const wire::Lease& in, Checker& checker) {
  model::Lease lease;
  checker.Require(in.schools_size() <= kSchoolsMax, "it names more than 1000 schools");
  for (const std::string& school : in.schools()) {
    checker.Require(IsSchool(school), "it names what is not a school's id");
    lease.schools.emplace_back(school);
  }
  checker.Require(in.max() >= 1 && in.max() <= kLeasesMax, "max is not between 1 and 1000");
  lease.max = in.max();
  lease.school_max = in.school_max();
  lease.wait = bus::Get(in.wait(), checker);
  checker.Require(lease.wait <= kWaitMax, "wait is longer than 30 s");
  return lease;
}

model::ReportOutcomes GetReport(const wire::ReportOutcomes& in, Checker& checker) {
  checker.Require(in.outcomes_size() <= kReportsMax, "it reports more than 1000 outcomes");
  model::ReportOutcomes report;
  for (const wire::Outcome& outcome : in.outcomes()) {
    model::LeaseRef ref = Get(outcome.lease(), checker);
    report.reports.push_back(
        {std::move(ref.school), ref.task, ref.attempt, GetEnd(outcome, checker)});
  }
  return report;
}

void GetBody(const wire::WorkerRequest& in, model::WorkerRequest& request, Checker& checker) {
  switch (in.body_case()) {
    case wire::WorkerRequest::kLease:
      request.body = GetLease(in.lease(), checker);
      return;
    case wire::WorkerRequest::kHeartbeat:
      request.body = model::Heartbeat{GetRefs(in.heartbeat().held(), checker)};
      return;
    case wire::WorkerRequest::kReport:
      request.body = GetReport(in.report(), checker);
      return;
    case wire::WorkerRequest::BODY_NOT_SET:
      break;
  }
  checker.Require(false, "it asks for nothing, or for something that this version does not know");
}

// ---- replies

struct ReplyWriter {
  wire::WorkerReply& reply;

  void operator()(const Error& error) const { bus::Put(error, *reply.mutable_error()); }
  void operator()(const model::LeaseReply& body) const {
    wire::LeaseReply& out = *reply.mutable_lease();
    for (const model::LeasedTask& task : body.tasks) Put(task, *out.add_tasks());
    bus::Put(body.lease, *out.mutable_lease());
    for (const model::SiteShare& share : body.shares) {
      wire::SiteShare& one = *out.add_shares();
      one.set_school(share.school.value());
      one.set_requests_per_second(share.requests_per_second);
    }
  }
  void operator()(const model::HeartbeatReply& body) const {
    PutRefs(body.lost, *reply.mutable_heartbeat()->mutable_lost());
  }
  void operator()(const model::ReportReply& body) const {
    PutRefs(body.refused, *reply.mutable_report()->mutable_refused());
  }
};

model::LeaseReply GetLeaseReply(const wire::LeaseReply& in, Checker& checker) {
  model::LeaseReply body;
  for (const wire::Task& task : in.tasks()) body.tasks.push_back(Get(task, checker));
  body.lease = bus::Get(in.lease(), checker);
  for (const wire::SiteShare& share : in.shares()) {
    body.shares.push_back({SchoolId(share.school()), share.requests_per_second()});
  }
  return body;
}

}  // namespace

tl::expected<model::WorkerRequest, DecodeFailure> DecodeWorkerRequest(std::string_view payload) {
  wire::WorkerRequest in;
  const bool parsed = Parse(payload, in);
  const auto fail = [&](Error error) {
    const std::string& id = in.request_id();
    return tl::unexpected<DecodeFailure>(
        {std::move(error), id.size() <= kIdMax && IsValidUtf8(id) ? id : std::string()});
  };
  // A message of another version need not be one of this.
  if (in.version() > kVersion) return fail(UnknownVersion(in.version()));
  if (!parsed) return fail(NotAMessage());
  if (in.version() != kVersion) return fail(UnknownVersion(in.version()));

  Checker checker;
  model::WorkerRequest request;
  request.request_id = in.request_id();
  checker.Require(!in.request_id().empty() && in.request_id().size() <= kIdMax,
                  "its request_id is missing or longer than 64 bytes");
  request.worker = in.worker();
  // It is kept in the journal, as who did what.
  checker.Require(
      !in.worker().empty() && in.worker().size() <= kWorkerMax && IsPlainText(in.worker()),
      "the worker's name is missing, longer than 128 bytes or no plain text");
  GetBody(in, request, checker);
  if (!checker.ok()) {
    return fail({Code::kInvalid, "bad-request",
                 "The request cannot be taken: " + checker.wrong() + ". Nothing was done."});
  }
  return request;
}

std::string EncodeWorkerReply(const model::WorkerReply& reply) {
  wire::WorkerReply out;
  out.set_version(kVersion);
  out.set_request_id(reply.request_id);
  std::visit(ReplyWriter{out}, reply.body);
  return Serialize(out);
}

std::string EncodeWorkerRequest(const model::WorkerRequest& request) {
  wire::WorkerRequest out;
  out.set_version(kVersion);
  out.set_request_id(request.request_id);
  out.set_worker(request.worker);
  std::visit(RequestWriter{out}, request.body);
  return Serialize(out);
}

Result<model::WorkerReply> DecodeWorkerReply(std::string_view payload) {
  wire::WorkerReply in;
  const bool parsed = Parse(payload, in);
  if (in.version() > kVersion) return tl::unexpected<Error>(UnknownVersion(in.version()));
  if (!parsed) return tl::unexpected<Error>(NotAMessage());
  if (in.version() != kVersion) return tl::unexpected<Error>(UnknownVersion(in.version()));

  Checker checker;
  model::WorkerReply reply;
  reply.request_id = in.request_id();
  switch (in.body_case()) {
    case wire::WorkerReply::kError:
      reply.body = bus::Get(in.error());
      break;
    case wire::WorkerReply::kLease:
      reply.body = GetLeaseReply(in.lease(), checker);
      break;
    case wire::WorkerReply::kHeartbeat:
      reply.body = model::HeartbeatReply{GetRefs(in.heartbeat().lost(), checker)};
      break;
    case wire::WorkerReply::kReport:
      reply.body = model::ReportReply{GetRefs(in.report().refused(), checker)};
      break;
    case wire::WorkerReply::BODY_NOT_SET:
      checker.Require(false, "it says nothing that this version knows");
      break;
  }
  if (!checker.ok()) {
    return Fail(Code::kInvalid, "bad-reply",
                "The daemon's answer cannot be taken: " + checker.wrong() + ".");
  }
  return reply;
}

}  // namespace roster::bus
