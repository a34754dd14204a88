// Requests that come in. What goes out: control_reply.cc.

#include "daemon/bus/control_codec.h"

#include <utility>

#include "daemon/base/text.h"
#include "daemon/bus/wire_values.h"
#include "daemon/model/entry.h"

namespace roster::bus {
namespace {

constexpr std::size_t kMatchMax = 256;         // bytes
constexpr std::size_t kGradeMax = 64;          // bytes
constexpr std::size_t kPageTokenMax = 512;     // bytes
constexpr std::size_t kVerifyTokenMax = 2048;  // bytes
constexpr std::uint32_t kPageMax = 1000;
constexpr std::uint32_t kReplayMax = 10'000;
constexpr std::uint32_t kBatchMax = 100'000;  // invitations of one plan
constexpr std::size_t kAccountMax = 256;      // bytes
constexpr int kReasonsMax = 64;

std::uint32_t PageSize(std::uint32_t asked, std::uint32_t usual, Checker& checker) {
  checker.Require(asked <= kPageMax, "page_size is more than 1000");
  return asked == 0 ? usual : asked;
}

std::string PageToken(const std::string& token, Checker& checker) {
  checker.Require(token.size() <= kPageTokenMax, "the page_token is not one of ours");
  return token;
}

std::string GetNote(const std::string& note, Checker& checker) {
  checker.Require(note.size() <= model::kNoteMax, "the note is longer than 1000 bytes: shorten it");
  checker.Require(IsPlainText(note),
                  "the note has control characters or is not UTF-8: write it as one line of text");
  return note;
}

// Unspecified means: no filter.
template <typename Enum>
std::optional<Enum> Chosen(int number, Enum first, Enum last, std::string_view what,
                           Checker& checker) {
  if (number == 0) return std::nullopt;
  return checker.Between(number, first, last, what);
}

std::vector<model::Reason> GetReasons(const google::protobuf::RepeatedPtrField<std::string>& in,
                                      Checker& checker) {
  checker.Require(in.size() <= kReasonsMax, "the filter has more than 64 reasons");
  std::vector<model::Reason> reasons;
  for (int i = 0; i < in.size() && checker.ok(); ++i) {
    const auto reason = model::ReasonFromWord(in[i]).value_or(model::Reason::kNone);
    if (reason == model::Reason::kNone) {
      checker.Require(false, "number " + std::to_string(i + 1) +
                                 " of the words of --reason is none that there is: use one of " +
                                 model::ReasonWords());
    }
    reasons.push_back(reason);
  }
  return reasons;
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
  filter.change_class =
      Chosen(in.change_class(), model::ChangeClass::kAdd, model::ChangeClass::kInvite,
             "the filter's change_class is unknown", checker);
  filter.reasons = GetReasons(in.reasons(), checker);
  if (in.family() != 0) filter.family = FamilyId(in.family());
  filter.family_context = in.family_context();
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
                              model::DecisionKind::kProtect, "the decision is missing or unknown");
  checker.Require(in.persons().empty() || !in.has_filter(),
                  "persons and a filter are given: only one of them can be meant");
  checker.Require(!in.persons().empty() || in.has_filter(),
                  "neither persons nor a filter is given");
  body.persons = GetPersons(in.persons());
  if (in.has_filter()) body.filter = GetFilter(in.filter(), checker);
  body.note = GetNote(in.note(), checker);
  return body;
}

model::RequestBody Get(const wire::DecideFamilies& in, Checker& checker) {
  model::DecideFamilies body;
  body.exclude = in.exclude();
  checker.Require(!in.families().empty(), "no family is named: name those that are meant");
  checker.Require(static_cast<std::size_t>(in.families_size()) <= model::kEntryPersonsMax,
                  "more than 10000 families are named: name them in several requests");
  for (const std::int64_t family : in.families()) body.families.emplace_back(family);
  body.note = GetNote(in.note(), checker);
  return body;
}

model::RequestBody Get(const wire::ListFamilies& in, Checker& checker) {
  return model::ListFamilies{in.excluded_only(), PageSize(in.page_size(), 100, checker),
                             PageToken(in.page_token(), checker)};
}

model::RequestBody Get(const wire::ListGroups& in, Checker& checker) {
  const auto status = Chosen(in.status(), model::GroupStatus::kNew, model::GroupStatus::kAll,
                             "the duplicates' status is unknown", checker);
  return model::ListGroups{status.value_or(model::GroupStatus::kNew),
                           PageSize(in.page_size(), 100, checker),
                           PageToken(in.page_token(), checker)};
}

PersonId GetPerson(std::int64_t person, Checker& checker) {
  checker.Require(person != 0, "the person is missing: say who is meant");
  return PersonId(person);
}

model::RequestBody Get(const wire::ResolveGroup& in, Checker& checker) {
  model::ResolveGroup body;
  body.group = GroupId(in.group());
  checker.Require(in.group() != 0 || in.how_case() == wire::ResolveGroup::kUseEmail2,
                  "the duplicate is missing: say which one, by its number in the list");
  switch (in.how_case()) {
    case wire::ResolveGroup::kKeep:
      body.how = model::KeepHolder{GetPerson(in.keep(), checker)};
      return body;
    case wire::ResolveGroup::kUseEmail2:
      body.how = model::UseEmail2{GetPerson(in.use_email2(), checker)};
      return body;
    case wire::ResolveGroup::kShareLogin:
      body.how = model::ShareLogin{GetPerson(in.share_login(), checker)};
      return body;
    case wire::ResolveGroup::kReopen:
      body.how = model::Reopen{};
      if (in.reopen()) return body;
      break;
    case wire::ResolveGroup::HOW_NOT_SET:
      break;
  }
  checker.Require(false,
                  "how to resolve the duplicate is missing: keep, use_email2, share_login or "
                  "reopen");
  return body;
}

model::RequestBody Get(const wire::DecideMatch& in, Checker& checker) {
  model::DecideMatch body;
  body.person = GetPerson(in.person(), checker);
  switch (in.word_case()) {
    case wire::DecideMatch::kAccount:
      checker.Require(
          !in.account().empty() && in.account().size() <= kAccountMax && IsPlainText(in.account()),
          "the account is empty, longer than 256 bytes or no plain text: give its id as "
          "the list shows it");
      body.account = AccountId(in.account());
      return body;
    case wire::DecideMatch::kNone:
      if (in.none()) return body;
      break;
    case wire::DecideMatch::kWithdraw:
      body.withdraw = in.withdraw();
      if (in.withdraw()) return body;
      break;
    case wire::DecideMatch::WORD_NOT_SET:
      break;
  }
  checker.Require(false, "what to decide on the match is missing: account, none or withdraw");
  return body;
}

model::RequestBody Get(const wire::PreparePlan& in, Checker& checker) {
  checker.Require(in.undo_of() == 0 || !in.has_invitations(),
                  "invitations and a plan to undo are given: prepare them one by one, a plan is "
                  "either of them");
  checker.Require(in.invitations().batch() <= kBatchMax,
                  "batch is more than 100000: prepare several plans");
  model::PreparePlan body;
  body.invitations = in.has_invitations();
  body.persons = GetPersons(in.invitations().persons());
  body.never_accessed = in.invitations().never_accessed();
  body.batch = in.invitations().batch();
  if (in.undo_of() != 0) body.undo_of = PlanId(in.undo_of());
  return body;
}

model::RequestBody Get(const wire::ListPlans& in, Checker& checker) {
  return model::ListPlans{PageSize(in.page_size(), 20, checker),
                          PageToken(in.page_token(), checker)};
}

model::RequestBody Get(const wire::ListPlan& in, Checker& checker) {
  return model::ListPlan{
      PlanId(in.plan()),
      Chosen(in.bucket(), model::Bucket::kAdd, model::Bucket::kUnchanged, "the bucket is unknown",
             checker),
      Chosen(in.change_class(), model::ChangeClass::kAdd, model::ChangeClass::kInvite,
             "the change_class is unknown", checker),
      PageSize(in.page_size(), 100, checker), PageToken(in.page_token(), checker)};
}

// What is lifted is lifted with a reason, for the record.
void GetOverride(const wire::ApprovePlan& in, model::ApprovePlan& body, Checker& checker) {
  const std::string& reason = in.override_reason();
  checker.Require(!in.override_guards() || !Trim(reason).empty(),
                  "guards are to be lifted, and no reason is given: say why with --reason",
                  "reason-missing");
  checker.Require(in.override_guards() || reason.empty(),
                  "a reason for lifting guards is given, and they are not to be lifted: say that "
                  "they are, or leave the reason out");
  checker.Require(reason.size() <= model::kNoteMax,
                  "the reason is longer than 1000 bytes: shorten it");
  checker.Require(IsPlainText(reason),
                  "the reason has control characters or is not UTF-8: write it as one line of "
                  "text");
  body.override_guards = in.override_guards();
  body.override_reason = reason;
}

model::RequestBody Get(const wire::ApprovePlan& in, Checker& checker) {
  const auto digest = Digest::FromBytes(in.digest());
  checker.Require(in.plan() != 0, "the plan to approve is missing");
  checker.Require(digest.has_value(), "the plan's digest is missing or not 32 bytes long");
  model::ApprovePlan body;
  body.plan = PlanId(in.plan());
  body.digest = digest.value_or(Digest{});
  body.leave_out_changed = in.leave_out_changed();
  checker.Require(static_cast<std::size_t>(in.only_size()) < model::kChangeClasses,
                  "only names more classes than there are");
  for (const int number : in.only()) {
    if (!checker.ok()) break;
    body.only.push_back(checker.Between(number, model::ChangeClass::kAdd,
                                        model::ChangeClass::kInvite, "a class in only is unknown"));
  }
  checker.Require(static_cast<std::size_t>(in.except_size()) <= model::kEntryPersonsMax,
                  "more than 10000 persons are excepted: approve by classes with only, or deselect "
                  "them and prepare the plan again");
  body.except = GetPersons(in.except());
  GetOverride(in, body, checker);
  return body;
}

model::RequestBody Get(const wire::ListTasks& in, Checker& checker) {
  model::ListTasks body;
  body.state = Chosen(in.state(), model::TaskState::kQueued, model::TaskState::kSuperseded,
                      "the state is unknown", checker);
  if (in.plan() != 0) body.plan = PlanId(in.plan());
  body.action = Chosen(in.action(), model::Action::kAdd, model::Action::kInvite,
                       "the action is unknown", checker);
  body.page_size = PageSize(in.page_size(), 100, checker);
  body.page_token = PageToken(in.page_token(), checker);
  return body;
}

std::vector<TaskId> GetTaskIds(const google::protobuf::RepeatedPtrField<wire::TaskRef>& in) {
  std::vector<TaskId> ids;
  ids.reserve(static_cast<std::size_t>(in.size()));
  for (const wire::TaskRef& task : in) ids.push_back({PlanId(task.plan()), task.index()});
  return ids;
}

model::RequestBody Get(const wire::RetryTasks& in, Checker& checker) {
  checker.Require(in.tasks().empty() || !in.all_dead(),
                  "tasks and all_dead are given: only one of them can be meant");
  checker.Require(!in.tasks().empty() || in.all_dead(), "neither tasks nor all_dead is given");
  model::RetryTasks body;
  body.tasks = GetTaskIds(in.tasks());
  body.all_dead = in.all_dead();
  return body;
}

model::RequestBody Get(const wire::ConfirmTasks& in, Checker& checker) {
  checker.Require(in.tasks().empty() != (in.plan() == 0),
                  "neither tasks nor a plan is named, or both are: only one of them can be meant");
  checker.Require(static_cast<std::size_t>(in.tasks_size()) <= model::kEntryPersonsMax,
                  "more than 10000 tasks are named: name them in several requests");
  checker.Require(static_cast<std::size_t>(in.except_size()) <= model::kEntryPersonsMax,
                  "more than 10000 tasks are excepted: name those that are meant");
  checker.Require(
      in.plan() != 0 || (in.action() == wire::ACTION_UNSPECIFIED && in.except().empty()),
      "an action or exceptions are given without a plan");
  model::ConfirmTasks body;
  body.tasks = GetTaskIds(in.tasks());
  if (in.plan() != 0) body.plan = PlanId(in.plan());
  body.action = Chosen(in.action(), model::Action::kAdd, model::Action::kInvite,
                       "the action is unknown", checker);
  body.except = GetTaskIds(in.except());
  return body;
}

model::RequestBody Get(const wire::Forget& in, Checker& checker) {
  checker.Require(!in.persons().empty(), "nobody is named: name those who are meant");
  checker.Require(static_cast<std::size_t>(in.persons_size()) <= model::kForgetMax,
                  "more than 1000 persons are named: name them in several requests");
  return model::Forget{GetPersons(in.persons())};
}

model::RequestBody Get(const wire::VerifyState& in, Checker& checker) {
  checker.Require(in.page_token().size() <= kVerifyTokenMax, "the page_token is not one of ours");
  return model::VerifyState{in.page_token()};
}

model::RequestBody Get(const wire::Replay& in, Checker& checker) {
  checker.Require(in.limit() <= kReplayMax, "limit is more than 10000");
  return model::Replay{Seq(in.since()), in.limit() == 0 ? 1000 : in.limit(), in.numbered()};
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
      return Get(in.prepare_plan(), checker);
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
    case wire::Request::kDecideFamilies:
      return Get(in.decide_families(), checker);
    case wire::Request::kListFamilies:
      return Get(in.list_families(), checker);
    case wire::Request::kListGroups:
      return Get(in.list_groups(), checker);
    case wire::Request::kResolveGroup:
      return Get(in.resolve_group(), checker);
    case wire::Request::kDecideMatch:
      return Get(in.decide_match(), checker);
    case wire::Request::kConfirmTasks:
      return Get(in.confirm_tasks(), checker);
    case wire::Request::kVerifyState:
      return Get(in.verify_state(), checker);
    case wire::Request::kWhoAmI:
      return model::WhoAmI{};
    case wire::Request::kReload:
      return model::Reload{};
    case wire::Request::kAcknowledge:
      return model::Acknowledge{Seq(in.acknowledge().seq())};
    case wire::Request::kForget:
      return Get(in.forget(), checker);
    case wire::Request::kMakeBackup:
      return model::MakeBackup{};
    case wire::Request::kListBackups:
      return model::ListBackups{};
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
    case wire::Request::kDecideFamilies:
    case wire::Request::kResolveGroup:
    case wire::Request::kDecideMatch:
    case wire::Request::kConfirmTasks:
    case wire::Request::kAcknowledge:
    case wire::Request::kForget:
    case wire::Request::kMakeBackup:
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
    // It is kept in the journal, as the cause of what it does.
    checker.Require(!in.command_id().empty() && in.command_id().size() <= kIdMax &&
                        IsPlainText(in.command_id()),
                    "its command_id is missing, longer than 64 bytes or no plain text");
  }
  if (!checker.ok()) {
    return fail({Code::kInvalid, checker.reason(),
                 "The request cannot be taken: " + checker.wrong() + ". Nothing was done."});
  }
  request.body_digest = BodyDigest(std::move(in));
  return request;
}

}  // namespace roster::bus
