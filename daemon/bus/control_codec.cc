// Requests that come in. What goes out: control_reply.cc.

#include "daemon/bus/control_codec.h"

#include <utility>

#include "daemon/base/text.h"
#include "daemon/bus/wire_values.h"

namespace roster::bus {
namespace {

constexpr std::size_t kMatchMax = 256;      // bytes
constexpr std::size_t kGradeMax = 64;       // bytes
constexpr std::size_t kPageTokenMax = 512;  // bytes
constexpr std::uint32_t kPageMax = 1000;
constexpr std::uint32_t kReplayMax = 10'000;

std::uint32_t PageSize(std::uint32_t asked, std::uint32_t usual, Checker& checker) {
  checker.Require(asked <= kPageMax, "page_size is more than 1000");
  return asked == 0 ? usual : asked;
}

std::string PageToken(const std::string& token, Checker& checker) {
  checker.Require(token.size() <= kPageTokenMax, "the page_token is not one of ours");
  return token;
}

// Unspecified means: no filter.
template <typename Enum>
std::optional<Enum> Chosen(int number, Enum first, Enum last, std::string_view what,
                           Checker& checker) {
  if (number == 0) return std::nullopt;
  return checker.Between(number, first, last, what);
}

model::Filter GetFilter(const wire::Filter& in, Checker& checker) {
  model::Filter filter;
  filter.status = Chosen(in.status(), model::ListStatus::kNew, model::ListStatus::kError,
                         "the filter's status is unknown", checker);
  filter.match = in.match();
  checker.Require(filter.match.size() <= kMatchMax, "the filter's match is longer than 256 bytes");
  filter.grade = in.grade();
  checker.Require(filter.grade.size() <= kGradeMax, "the filter's grade is longer than 64 bytes");
  filter.situation = Chosen(in.situation(), model::Situation::kNew, model::Situation::kNotYet,
                            "the filter's situation is unknown", checker);
  filter.bucket = Chosen(in.bucket(), model::Bucket::kAdd, model::Bucket::kUnchanged,
                         "the filter's bucket is unknown", checker);
  return filter;
}

std::vector<PersonId> GetPersons(const google::protobuf::RepeatedField<std::int64_t>& in) {
  std::vector<PersonId> persons;
  persons.reserve(static_cast<std::size_t>(in.size()));
  for (const std::int64_t person : in) persons.emplace_back(person);
  return persons;
}

model::RequestBody Get(const wire::ListUsers& in, Checker& checker) {
  return model::ListUsers{GetFilter(in.filter(), checker), PageSize(in.page_size(), 100, checker),
                          PageToken(in.page_token(), checker)};
}

model::RequestBody Get(const wire::Decide& in, Checker& checker) {
  model::Decide body;
  body.kind = checker.Between(in.decision(), model::DecisionKind::kSync,
                              model::DecisionKind::kExclude, "the decision is missing or unknown");
  checker.Require(in.persons().empty() || !in.has_filter(),
                  "persons and a filter are given: only one of them can be meant");
  checker.Require(!in.persons().empty() || in.has_filter(),
                  "neither persons nor a filter is given");
  body.persons = GetPersons(in.persons());
  if (in.has_filter()) body.filter = GetFilter(in.filter(), checker);
  return body;
}

model::RequestBody Get(const wire::PreparePlan& in) {
  model::PreparePlan body;
  body.invitations = in.has_invitations();
  body.persons = GetPersons(in.invitations().persons());
  body.never_accessed = in.invitations().never_accessed();
  return body;
}

model::RequestBody Get(const wire::ListPlans& in, Checker& checker) {
  return model::ListPlans{PageSize(in.page_size(), 20, checker),
                          PageToken(in.page_token(), checker)};
}

model::RequestBody Get(const wire::ListPlan& in, Checker& checker) {
  return model::ListPlan{PlanId(in.plan()),
                         Chosen(in.bucket(), model::Bucket::kAdd, model::Bucket::kUnchanged,
                                "the bucket is unknown", checker),
                         PageSize(in.page_size(), 100, checker),
                         PageToken(in.page_token(), checker)};
}

model::RequestBody Get(const wire::ApprovePlan& in, Checker& checker) {
  const auto digest = Digest::FromBytes(in.digest());
  checker.Require(in.plan() != 0, "the plan to approve is missing");
  checker.Require(digest.has_value(), "the plan's digest is missing or not 32 bytes long");
  return model::ApprovePlan{PlanId(in.plan()), digest.value_or(Digest{}), in.leave_out_changed()};
}

model::RequestBody Get(const wire::ListTasks& in, Checker& checker) {
  model::ListTasks body;
  body.state = Chosen(in.state(), model::TaskState::kQueued, model::TaskState::kSuperseded,
                      "the state is unknown", checker);
  if (in.plan() != 0) body.plan = PlanId(in.plan());
  body.page_size = PageSize(in.page_size(), 100, checker);
  body.page_token = PageToken(in.page_token(), checker);
  return body;
}

model::RequestBody Get(const wire::RetryTasks& in, Checker& checker) {
  checker.Require(in.tasks().empty() || !in.all_dead(),
                  "tasks and all_dead are given: only one of them can be meant");
  checker.Require(!in.tasks().empty() || in.all_dead(), "neither tasks nor all_dead is given");
  model::RetryTasks body;
  for (const wire::TaskRef& task : in.tasks()) {
    body.tasks.push_back({PlanId(task.plan()), task.index()});
  }
  body.all_dead = in.all_dead();
  return body;
}

model::RequestBody Get(const wire::Replay& in, Checker& checker) {
  checker.Require(in.limit() <= kReplayMax, "limit is more than 10000");
  return model::Replay{Seq(in.since()), in.limit() == 0 ? 1000 : in.limit()};
}

model::RequestBody GetBody(const wire::Request& in, Checker& checker) {
  switch (in.body_case()) {
    case wire::Request::kGetStatus:
      return model::GetStatus{};
    case wire::Request::kStartPoll:
      return model::StartPoll{};
    case wire::Request::kGetPoll:
      return model::GetPoll{PollId(in.get_poll().poll())};
    case wire::Request::kListUsers:
      return Get(in.list_users(), checker);
    case wire::Request::kDecide:
      return Get(in.decide(), checker);
    case wire::Request::kPreparePlan:
      return Get(in.prepare_plan());
    case wire::Request::kGetPlan:
      return model::GetPlan{PlanId(in.get_plan().plan())};
    case wire::Request::kListPlans:
      return Get(in.list_plans(), checker);
    case wire::Request::kListPlan:
      return Get(in.list_plan(), checker);
    case wire::Request::kApprovePlan:
      return Get(in.approve_plan(), checker);
    case wire::Request::kListTasks:
      return Get(in.list_tasks(), checker);
    case wire::Request::kRetryTasks:
      return Get(in.retry_tasks(), checker);
    case wire::Request::kExplain:
      return model::Explain{PersonId(in.explain().person())};
    case wire::Request::kReplay:
      return Get(in.replay(), checker);
    case wire::Request::BODY_NOT_SET:
      break;
  }
  checker.Require(false, "it asks for nothing, or for something that this version does not know");
  return model::GetStatus{};
}

bool IsCommand(const wire::Request& in) {
  switch (in.body_case()) {
    case wire::Request::kStartPoll:
    case wire::Request::kDecide:
    case wire::Request::kPreparePlan:
    case wire::Request::kApprovePlan:
    case wire::Request::kRetryTasks:
      return true;
    default:
      return false;
  }
}

// What makes it this command and no other: the school and the body, whoever sends it how often.
Digest BodyDigest(wire::Request in) {
  in.clear_version();
  in.clear_request_id();
  in.clear_command_id();
  return Blake2b(Serialize(in));
}

std::string ReadableId(const std::string& id) {
  return id.size() <= kIdMax && IsValidUtf8(id) ? id : std::string();
}

}  // namespace

tl::expected<model::Request, DecodeFailure> DecodeRequest(std::string_view payload) {
  wire::Request in;
  const bool parsed = Parse(payload, in);
  const auto fail = [&](Error error) {
    return tl::unexpected<DecodeFailure>({std::move(error), ReadableId(in.request_id())});
  };
  // A message of another version need not be one of this.
  if (in.version() > kVersion) return fail(UnknownVersion(in.version()));
  if (!parsed) return fail(NotAMessage());
  if (in.version() != kVersion) return fail(UnknownVersion(in.version()));

  Checker checker;
  model::Request request;
  request.request_id = in.request_id();
  checker.Require(!in.request_id().empty() && in.request_id().size() <= kIdMax,
                  "its request_id is missing or longer than 64 bytes");
  if (!in.school().empty()) request.school = SchoolId(in.school());
  checker.Require(in.school().empty() || IsSchool(in.school()), "its school is not a school's id");
  request.body = GetBody(in, checker);
  if (IsCommand(in)) {
    request.command = CommandId(in.command_id());
    checker.Require(!in.command_id().empty() && in.command_id().size() <= kIdMax,
                    "its command_id is missing or longer than 64 bytes");
  }
  if (!checker.ok()) {
    return fail({Code::kInvalid, "bad-request",
                 "The request cannot be taken: " + checker.wrong() + ". Nothing was done."});
  }
  request.body_digest = BodyDigest(std::move(in));
  return request;
}

}  // namespace roster::bus
