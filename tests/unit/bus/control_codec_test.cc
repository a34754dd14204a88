// Requests are taken as they were meant or refused with a word; replies say what the model says.

#include "daemon/bus/control_codec.h"

#include <gtest/gtest.h>

#include "roster/v1/control.pb.h"
#include "tests/unit/store/random_model.h"

namespace roster::bus {
namespace {

namespace wire = ::roster::v1;

wire::Request Request() {
  wire::Request request;
  request.set_version(1);
  request.set_request_id("r1");
  request.set_school("tcs");
  return request;
}

wire::Request Command() {
  wire::Request request = Request();
  request.set_command_id("c1");
  return request;
}

Error ErrorOf(const wire::Request& request) {
  const auto decoded = DecodeRequest(request.SerializeAsString());
  EXPECT_FALSE(decoded);
  if (decoded) return {};
  EXPECT_EQ(decoded.error().request_id, "r1");
  return decoded.error().error;
}

model::Request Decoded(const wire::Request& request) {
  const auto decoded = DecodeRequest(request.SerializeAsString());
  EXPECT_TRUE(decoded) << decoded.error().error.message;
  return decoded.value_or(model::Request{});
}

wire::Reply Reply(const model::ReplyBody& body) {
  wire::Reply reply;
  EXPECT_TRUE(reply.ParseFromString(EncodeReply("r7", body)));
  EXPECT_EQ(reply.version(), 1U);
  EXPECT_EQ(reply.request_id(), "r7");
  return reply;
}

TEST(ControlCodec, NumbersOfTheWireAreThoseOfTheModel) {
  EXPECT_EQ(static_cast<int>(wire::NOT_YET), static_cast<int>(model::Situation::kNotYet));
  EXPECT_EQ(wire::Situation_MAX, wire::NOT_YET);
  EXPECT_EQ(static_cast<int>(wire::LOST), static_cast<int>(model::Situation::kLost));
  EXPECT_EQ(static_cast<int>(wire::INVITE), static_cast<int>(model::Action::kInvite));
  EXPECT_EQ(wire::Action_MAX, wire::INVITE);
  EXPECT_EQ(static_cast<int>(wire::ARCHIVE), static_cast<int>(model::Action::kArchive));
  EXPECT_EQ(static_cast<int>(wire::STATUS_ERROR), static_cast<int>(model::ListStatus::kError));
  EXPECT_EQ(wire::ListStatus_MAX, wire::STATUS_ERROR);
  EXPECT_EQ(static_cast<int>(wire::UNCHANGED), static_cast<int>(model::Bucket::kUnchanged));
  EXPECT_EQ(wire::Bucket_MAX, wire::UNCHANGED);
  EXPECT_EQ(static_cast<int>(wire::EXCLUDE), static_cast<int>(model::DecisionKind::kExclude));
  EXPECT_EQ(static_cast<int>(wire::PROTECT), static_cast<int>(model::DecisionKind::kProtect));
  EXPECT_EQ(wire::Decision_MAX, wire::PROTECT);
  EXPECT_EQ(static_cast<int>(wire::CLASS_MISSING), static_cast<int>(model::ChangeClass::kMissing));
  EXPECT_EQ(static_cast<int>(wire::CLASS_INVITE), static_cast<int>(model::ChangeClass::kInvite));
  EXPECT_EQ(wire::ChangeClass_MAX, wire::CLASS_INVITE);
  EXPECT_EQ(static_cast<int>(wire::GUARD_ARCHIVE), static_cast<int>(model::GuardKind::kArchive));
  EXPECT_EQ(static_cast<int>(wire::GUARD_MISSING), static_cast<int>(model::GuardKind::kMissing));
  EXPECT_EQ(wire::Guard_MAX, wire::GUARD_MISSING);
  EXPECT_EQ(static_cast<int>(wire::GROUP_ALL), static_cast<int>(model::GroupStatus::kAll));
  EXPECT_EQ(wire::GroupStatus_MAX, wire::GROUP_ALL);
  EXPECT_EQ(static_cast<int>(wire::FINISHED), static_cast<int>(model::PlanState::kFinished));
  EXPECT_EQ(static_cast<int>(wire::SUPERSEDED), static_cast<int>(model::TaskState::kSuperseded));
  EXPECT_EQ(static_cast<int>(wire::RETRY), static_cast<int>(model::TaskState::kRetry));
  EXPECT_EQ(static_cast<int>(wire::Poll::REJECTED), static_cast<int>(model::PollState::kRejected));
}

TEST(ControlCodec, ReadsGetTheirDefaults) {
  wire::Request request = Request();
  request.mutable_list_users();
  const model::Request decoded = Decoded(request);
  EXPECT_EQ(decoded.request_id, "r1");
  EXPECT_EQ(decoded.school, SchoolId("tcs"));
  const auto& body = std::get<model::ListUsers>(decoded.body);
  EXPECT_EQ(body.page_size, 100U);
  EXPECT_FALSE(body.filter.status);
  request.clear_school();
  request.mutable_list_plans();
  EXPECT_EQ(std::get<model::ListPlans>(Decoded(request).body).page_size, 20U);
  EXPECT_FALSE(Decoded(request).school);
  request.mutable_replay()->set_since(5);
  EXPECT_EQ(std::get<model::Replay>(Decoded(request).body).limit, 1000U);
  EXPECT_EQ(std::get<model::Replay>(Decoded(request).body).since, Seq(5));
}

TEST(ControlCodec, FilterIsTakenWhole) {
  wire::Request request = Request();
  wire::Filter& filter = *request.mutable_list_users()->mutable_filter();
  filter.set_status(wire::STATUS_ERROR);
  filter.set_match("ann");
  filter.set_grade("09");
  filter.set_situation(wire::DRIFTED);
  filter.set_bucket(wire::TO_SKIP);
  filter.set_change_class(wire::CLASS_EMAIL_CHANGE);
  filter.add_reasons("missing-email");
  filter.add_reasons("no-person");
  filter.set_family(-12);
  filter.set_family_context(true);
  request.mutable_list_users()->set_page_size(7);
  request.mutable_list_users()->set_page_token("token");
  const auto body = std::get<model::ListUsers>(Decoded(request).body);
  EXPECT_EQ(body.filter.status, model::ListStatus::kError);
  EXPECT_EQ(body.filter.match, "ann");
  EXPECT_EQ(body.filter.grade, "09");
  EXPECT_EQ(body.filter.situation, model::Situation::kDrifted);
  EXPECT_EQ(body.filter.bucket, model::Bucket::kSkip);
  EXPECT_EQ(body.filter.change_class, model::ChangeClass::kEmailChange);
  EXPECT_EQ(body.filter.reasons,
            (std::vector<model::Reason>{model::Reason::kMissingEmail, model::Reason::kNoPerson}));
  EXPECT_EQ(body.filter.family, FamilyId(-12));
  EXPECT_TRUE(body.filter.family_context);
  EXPECT_EQ(body.page_size, 7U);
  EXPECT_EQ(body.page_token, "token");
}

TEST(ControlCodec, CommandsAreTakenWhole) {
  wire::Request request = Command();
  request.mutable_decide()->set_decision(wire::SKIP);
  request.mutable_decide()->add_persons(-4);
  model::Request decoded = Decoded(request);
  EXPECT_EQ(decoded.command, CommandId("c1"));
  EXPECT_EQ(std::get<model::Decide>(decoded.body).kind, model::DecisionKind::kSkip);
  EXPECT_EQ(std::get<model::Decide>(decoded.body).persons, std::vector<PersonId>{PersonId(-4)});
  EXPECT_FALSE(std::get<model::Decide>(decoded.body).filter);

  request.mutable_approve_plan()->set_plan(3);
  request.mutable_approve_plan()->set_digest(std::string(Blake2b("x").view()));
  request.mutable_approve_plan()->set_leave_out_changed(true);
  const auto approve = std::get<model::ApprovePlan>(Decoded(request).body);
  EXPECT_EQ(approve.plan, PlanId(3));
  EXPECT_EQ(approve.digest, Blake2b("x"));
  EXPECT_TRUE(approve.leave_out_changed);

  request.mutable_prepare_plan();
  EXPECT_FALSE(std::get<model::PreparePlan>(Decoded(request).body).invitations);
  request.mutable_prepare_plan()->mutable_invitations()->set_never_accessed(true);
  EXPECT_TRUE(std::get<model::PreparePlan>(Decoded(request).body).invitations);
  EXPECT_TRUE(std::get<model::PreparePlan>(Decoded(request).body).never_accessed);

  wire::TaskRef& task = *request.mutable_retry_tasks()->add_tasks();
  task.set_plan(7);
  task.set_index(12);
  EXPECT_EQ(std::get<model::RetryTasks>(Decoded(request).body).tasks,
            (std::vector<TaskId>{{PlanId(7), 12}}));

  wire::TaskRef& done = *request.mutable_confirm_tasks()->add_tasks();
  done.set_plan(7);
  done.set_index(3);
  EXPECT_EQ(std::get<model::ConfirmTasks>(Decoded(request).body).tasks,
            (std::vector<TaskId>{{PlanId(7), 3}}));
}

TEST(ControlCodec, TasksAreConfirmedByNameOrByPlanAndNotByBoth) {
  wire::Request request;
  request.set_version(1);
  request.set_request_id("r");
  request.set_command_id("c");
  wire::ConfirmTasks& confirm = *request.mutable_confirm_tasks();
  const auto is_refused = [&] { return !DecodeRequest(request.SerializeAsString()).has_value(); };
  EXPECT_TRUE(is_refused()) << "neither";
  confirm.set_plan(7);
  confirm.set_action(wire::ARCHIVE);
  confirm.add_except()->set_index(3);
  const auto body = std::get<model::ConfirmTasks>(Decoded(request).body);
  EXPECT_EQ(body.plan, PlanId(7));
  EXPECT_EQ(body.action, model::Action::kArchive);
  EXPECT_EQ(body.except.at(0).index, 3U);
  confirm.add_tasks()->set_plan(7);
  EXPECT_TRUE(is_refused()) << "both";
  confirm.clear_plan();
  EXPECT_TRUE(is_refused()) << "an action of no plan";
  confirm.clear_action();
  EXPECT_TRUE(is_refused()) << "exceptions of no plan";
  confirm.clear_except();
  EXPECT_FALSE(is_refused());
}

TEST(ControlCodec, AVerificationGoesOnFromItsToken) {
  wire::Request request;
  request.set_version(1);
  request.set_request_id("r");
  request.mutable_verify_state()->set_page_token("0102");
  EXPECT_EQ(std::get<model::VerifyState>(Decoded(request).body).page_token, "0102");
  request.mutable_verify_state()->set_page_token(std::string(2049, '0'));
  EXPECT_FALSE(DecodeRequest(request.SerializeAsString()));
  request.mutable_replay()->set_numbered(true);
  EXPECT_TRUE(std::get<model::Replay>(Decoded(request).body).numbered);
}

TEST(ControlCodec, AVerificationSaysWhatItFoundAndHowFarItIs) {
  model::VerifyReply body;
  body.differences.push_back({"link", "7", "other-account", "words"});
  body.differences_total = 120;
  body.entries = 1;
  body.decisions = 2;
  body.links = 3;
  body.tasks = 4;
  body.plans = 5;
  body.next_page_token = "0102";
  const wire::VerifyReply out = Reply(body).verify();
  ASSERT_EQ(out.differences_size(), 1);
  EXPECT_EQ(out.differences(0).about(), "link");
  EXPECT_EQ(out.differences(0).id(), "7");
  EXPECT_EQ(out.differences(0).reason(), "other-account");
  EXPECT_EQ(out.differences(0).sentence(), "words");
  EXPECT_EQ(out.differences_total(), 120U);
  EXPECT_EQ(out.entries(), 1U);
  EXPECT_EQ(out.decisions(), 2U);
  EXPECT_EQ(out.links(), 3U);
  EXPECT_EQ(out.tasks(), 4U);
  EXPECT_EQ(out.plans(), 5U);
  EXPECT_EQ(out.next_page_token(), "0102");
}

TEST(ControlCodec, ARefusedTaskSaysWhy) {
  const model::RefusedTask refused{{PlanId(7), 3}, "held", "A worker has it now."};
  const wire::RetryReply retry = Reply(model::RetryReply{0, {refused}}).retry();
  ASSERT_EQ(retry.refused_size(), 1);
  EXPECT_EQ(retry.refused(0).index(), 3U);
  const wire::ConfirmReply confirm = Reply(model::ConfirmReply{2, {refused}}).confirm();
  EXPECT_EQ(confirm.confirmed(), 2U);
  for (const auto& one : {retry.why(0), confirm.refused(0)}) {
    EXPECT_EQ(one.plan(), 7U);
    EXPECT_EQ(one.index(), 3U);
    EXPECT_EQ(one.reason(), "held");
    EXPECT_EQ(one.sentence(), "A worker has it now.");
  }
}

TEST(ControlCodec, DecisionsAreTakenWithTheirNote) {
  wire::Request request = Command();
  request.mutable_decide()->add_persons(1);
  request.mutable_decide()->set_note("Zoë asked for it");
  for (const auto& [number, kind] : {std::pair(wire::INCLUDE, model::DecisionKind::kInclude),
                                     std::pair(wire::PROTECT, model::DecisionKind::kProtect)}) {
    request.mutable_decide()->set_decision(number);
    const auto body = std::get<model::Decide>(Decoded(request).body);
    EXPECT_EQ(body.kind, kind);
    EXPECT_EQ(body.note, "Zoë asked for it");
  }
  wire::DecideFamilies& families = *request.mutable_decide_families();
  families.set_exclude(true);
  families.add_families(3);
  families.add_families(4);
  families.set_note("left");
  const model::Request decoded = Decoded(request);
  EXPECT_EQ(decoded.command, CommandId("c1"));
  const auto& body = std::get<model::DecideFamilies>(decoded.body);
  EXPECT_TRUE(body.exclude);
  EXPECT_EQ(body.families, (std::vector<FamilyId>{FamilyId(3), FamilyId(4)}));
  EXPECT_EQ(body.note, "left");
}

TEST(ControlCodec, FamiliesAndDuplicatesAreListed) {
  wire::Request request = Request();
  request.mutable_list_families()->set_excluded_only(true);
  request.mutable_list_families()->set_page_token("t");
  const auto families = std::get<model::ListFamilies>(Decoded(request).body);
  EXPECT_TRUE(families.excluded_only);
  EXPECT_EQ(families.page_size, 100U);
  EXPECT_EQ(families.page_token, "t");
  request.mutable_list_groups()->set_page_size(5);
  auto groups = std::get<model::ListGroups>(Decoded(request).body);
  EXPECT_EQ(groups.status, model::GroupStatus::kNew);  // the preset
  EXPECT_EQ(groups.page_size, 5U);
  request.mutable_list_groups()->set_status(wire::GROUP_RESOLVED);
  groups = std::get<model::ListGroups>(Decoded(request).body);
  EXPECT_EQ(groups.status, model::GroupStatus::kResolved);
}

TEST(ControlCodec, DuplicateIsResolvedInOneOfFourWays) {
  wire::Request request = Command();
  wire::ResolveGroup& resolve = *request.mutable_resolve_group();
  const auto decoded = [&] { return std::get<model::ResolveGroup>(Decoded(request).body); };
  resolve.set_group(12);
  resolve.set_keep(7);
  EXPECT_EQ(Decoded(request).command, CommandId("c1"));
  EXPECT_EQ(decoded().group, GroupId(12));
  EXPECT_EQ(std::get<model::KeepHolder>(decoded().how).person, PersonId(7));
  resolve.set_share_login(8);
  EXPECT_EQ(std::get<model::ShareLogin>(decoded().how).person, PersonId(8));
  resolve.set_reopen(true);
  EXPECT_TRUE(std::holds_alternative<model::Reopen>(decoded().how));
  resolve.set_use_email2(9);
  EXPECT_EQ(std::get<model::UseEmail2>(decoded().how).person, PersonId(9));
  resolve.set_group(0);  // whatever group the person is in, or none
  EXPECT_EQ(decoded().group, GroupId());
  EXPECT_EQ(std::get<model::UseEmail2>(decoded().how).person, PersonId(9));
}

TEST(ControlCodec, MatchIsDecidedInOneOfThreeWays) {
  wire::Request request = Command();
  wire::DecideMatch& match = *request.mutable_decide_match();
  const auto decoded = [&] { return std::get<model::DecideMatch>(Decoded(request).body); };
  match.set_person(7);
  match.set_account("a1");
  EXPECT_EQ(Decoded(request).command, CommandId("c1"));
  EXPECT_EQ(decoded().person, PersonId(7));
  EXPECT_EQ(decoded().account, AccountId("a1"));
  EXPECT_FALSE(decoded().withdraw);
  match.set_none(true);
  EXPECT_FALSE(decoded().account);
  EXPECT_FALSE(decoded().withdraw);
  match.set_withdraw(true);
  EXPECT_FALSE(decoded().account);
  EXPECT_TRUE(decoded().withdraw);
}

TEST(ControlCodec, PlanIsPreparedOfInvitationsOrAsAnUndo) {
  wire::Request request = Command();
  request.mutable_prepare_plan()->set_undo_of(4);
  auto body = std::get<model::PreparePlan>(Decoded(request).body);
  EXPECT_EQ(body.undo_of, PlanId(4));
  EXPECT_FALSE(body.invitations);
  request.mutable_prepare_plan()->set_undo_of(0);
  request.mutable_prepare_plan()->mutable_invitations()->set_batch(50);
  body = std::get<model::PreparePlan>(Decoded(request).body);
  EXPECT_FALSE(body.undo_of);
  EXPECT_TRUE(body.invitations);
  EXPECT_EQ(body.batch, 50U);
}

TEST(ControlCodec, PlansAndTasksAreListedByClassAndAction) {
  wire::Request request = Request();
  request.mutable_list_plan()->set_plan(3);
  EXPECT_FALSE(std::get<model::ListPlan>(Decoded(request).body).change_class);
  request.mutable_list_plan()->set_change_class(wire::CLASS_MISSING);
  EXPECT_EQ(std::get<model::ListPlan>(Decoded(request).body).change_class,
            model::ChangeClass::kMissing);
  request.mutable_list_tasks();
  EXPECT_FALSE(std::get<model::ListTasks>(Decoded(request).body).action);
  request.mutable_list_tasks()->set_action(wire::INVITE);
  EXPECT_EQ(std::get<model::ListTasks>(Decoded(request).body).action, model::Action::kInvite);
}

wire::Request Approval() {
  wire::Request request = Command();
  request.mutable_approve_plan()->set_plan(3);
  request.mutable_approve_plan()->set_digest(std::string(Blake2b("x").view()));
  return request;
}

TEST(ControlCodec, ApprovalMayBeOfAPartAndLiftGuards) {
  wire::Request request = Approval();
  auto body = std::get<model::ApprovePlan>(Decoded(request).body);
  EXPECT_TRUE(body.only.empty());
  EXPECT_TRUE(body.except.empty());
  EXPECT_FALSE(body.override_guards);
  wire::ApprovePlan& approve = *request.mutable_approve_plan();
  approve.add_only(wire::CLASS_ADD);
  approve.add_only(wire::CLASS_MISSING);
  approve.add_except(9);
  approve.set_override_guards(true);
  approve.set_override_reason("the graduates of June");
  body = std::get<model::ApprovePlan>(Decoded(request).body);
  EXPECT_EQ(body.only, (std::vector<model::ChangeClass>{model::ChangeClass::kAdd,
                                                        model::ChangeClass::kMissing}));
  EXPECT_EQ(body.except, std::vector<PersonId>{PersonId(9)});
  EXPECT_TRUE(body.override_guards);
  EXPECT_EQ(body.override_reason, "the graduates of June");
}

TEST(ControlCodec, GuardsAreNotLiftedWithoutAReason) {
  wire::Request request = Approval();
  request.mutable_approve_plan()->set_override_guards(true);
  for (const std::string reason : {"", "  "}) {
    request.mutable_approve_plan()->set_override_reason(reason);
    const Error error = ErrorOf(request);
    EXPECT_EQ(error.code, Code::kInvalid);
    EXPECT_EQ(error.reason, "reason-missing");
    EXPECT_NE(error.message.find("--reason"), std::string::npos) << error.message;
  }
  request.mutable_approve_plan()->set_override_guards(false);
  request.mutable_approve_plan()->set_override_reason("because");
  EXPECT_EQ(ErrorOf(request).reason, "bad-request");
}

// What is wrong is the first that is found, and only that.
TEST(ControlCodec, UnknownReasonIsNamedByItsPlaceAndNotRepeated) {
  wire::Request request = Request();
  wire::Filter& filter = *request.mutable_list_users()->mutable_filter();
  filter.add_reasons("graduated");
  filter.add_reasons("nonsense\x1b[2J");
  const Error error = ErrorOf(request);
  EXPECT_EQ(error.reason, "bad-request");
  EXPECT_NE(error.message.find("number 2 of the words of --reason"), std::string::npos)
      << error.message;
  EXPECT_NE(error.message.find("use one of new, found,"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("nonsense"), std::string::npos) << error.message;
  filter.set_reasons(1, "");
  EXPECT_EQ(ErrorOf(request).reason, "bad-request");
}

TEST(ControlCodec, TextOfPeopleIsOneLineAndNotTooLong) {
  const std::vector<std::pair<std::string, bool>> texts = {{std::string(1000, 'n'), true},
                                                           {std::string(1001, 'n'), false},
                                                           {"Zoë, née O'Neil", true},
                                                           {"two\nlines", false},
                                                           {"\x1b[2J", false},
                                                           {"\x7f", false},
                                                           {"\u0085", false},
                                                           {"a\u00a0b", true}};
  for (const auto& [text, taken] : texts) {
    wire::Request decide = Command();
    decide.mutable_decide()->set_decision(wire::SKIP);
    decide.mutable_decide()->add_persons(1);
    decide.mutable_decide()->set_note(text);
    wire::Request families = Command();
    families.mutable_decide_families()->add_families(1);
    families.mutable_decide_families()->set_note(text);
    wire::Request approve = Approval();
    approve.mutable_approve_plan()->set_override_guards(true);
    approve.mutable_approve_plan()->set_override_reason(text);
    for (const wire::Request& request : {decide, families, approve}) {
      EXPECT_EQ(DecodeRequest(request.SerializeAsString()).has_value(), taken)
          << request.ShortDebugString();
    }
  }
}

// It stays in the journal for ever, as the cause of what the command did.
TEST(ControlCodec, ACommandsIdIsOneLineOfPlainText) {
  for (const char* id : {"c\n1", "c\x1b[2J", "c\u0085", "c\u2028"}) {
    wire::Request request = Request();
    request.mutable_start_poll();
    request.set_command_id(id);
    EXPECT_NE(ErrorOf(request).message.find("command_id"), std::string::npos);
  }
}

TEST(ControlCodec, EachCommandNeedsItsId) {
  const auto refused = [](wire::Request request) {
    request.set_request_id("r1");
    EXPECT_NE(ErrorOf(request).message.find("command_id"), std::string::npos)
        << request.ShortDebugString();
  };
  wire::Request request = Request();
  request.mutable_decide_families()->add_families(1);
  refused(request);
  request.mutable_resolve_group()->set_use_email2(1);
  refused(request);
  request.mutable_decide_match()->set_person(1);
  request.mutable_decide_match()->set_none(true);
  refused(request);
}

TEST(ControlCodec, DigestNamesTheCommandAndNotItsSending) {
  wire::Request request = Command();
  request.mutable_start_poll();
  const Digest digest = Decoded(request).body_digest;
  request.set_request_id("r2");
  request.set_command_id("c2");
  EXPECT_EQ(Decoded(request).body_digest, digest);
  request.set_school("other");
  EXPECT_NE(Decoded(request).body_digest, digest);
  request.set_school("tcs");
  request.mutable_decide()->set_decision(wire::SYNC);
  request.mutable_decide()->add_persons(1);
  EXPECT_NE(Decoded(request).body_digest, digest);
}

TEST(ControlCodec, WhatIsNoMessageIsRefused) {
  for (const std::string& payload :
       {std::string("\xff\xff\xff"), std::string("GET / HTTP/1.1\r\n")}) {
    const auto decoded = DecodeRequest(payload);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().error.code, Code::kInvalid);
    EXPECT_EQ(decoded.error().error.reason, "not-a-message");
    EXPECT_EQ(decoded.error().request_id, "");
  }
}

TEST(ControlCodec, OtherVersionsAreRefusedUnderTheirRequestId) {
  wire::Request request = Request();
  request.mutable_get_status();
  for (const std::uint32_t version : {0U, 2U, 900U}) {
    request.set_version(version);
    EXPECT_EQ(ErrorOf(request).reason, "unknown-version");
  }
  // One that has become something else meanwhile.
  const std::string later = std::string("\x08\x02\x12\x02r1\xff\xff", 8);
  const auto decoded = DecodeRequest(later);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().error.reason, "unknown-version");
  EXPECT_EQ(decoded.error().request_id, "r1");
}

TEST(ControlCodec, BadRequestsAreRefusedWithAWord) {
  const auto refused = [](wire::Request request, const auto& spoil) {
    spoil(request);
    return ErrorOf(request).reason;
  };
  const auto decide = [](wire::Request& r) -> wire::Decide& {
    r.mutable_decide()->set_decision(wire::SYNC);
    return *r.mutable_decide();
  };
  EXPECT_EQ(refused(Request(), [](auto&) {}), "bad-request");  // asks for nothing
  EXPECT_EQ(refused(Request(), [](auto& r) { r.mutable_start_poll(); }), "bad-request");
  EXPECT_EQ(refused(Command(),
                    [](auto& r) {
                      r.mutable_start_poll();
                      r.set_command_id(std::string(65, 'c'));
                    }),
            "bad-request");
  EXPECT_EQ(refused(Request(),
                    [](auto& r) {
                      r.mutable_get_status();
                      r.set_school("No School");
                    }),
            "bad-request");
  EXPECT_EQ(refused(Request(), [](auto& r) { r.mutable_list_users()->set_page_size(1001); }),
            "bad-request");
  EXPECT_EQ(refused(Request(),
                    [](auto& r) { r.mutable_list_users()->set_page_token(std::string(600, 'f')); }),
            "bad-request");
  EXPECT_EQ(refused(Request(),
                    [](auto& r) {
                      r.mutable_list_users()->mutable_filter()->set_status(
                          static_cast<wire::ListStatus>(77));
                    }),
            "bad-request");
  EXPECT_EQ(refused(Request(),
                    [](auto& r) {
                      r.mutable_list_users()->mutable_filter()->set_match(std::string(300, 'm'));
                    }),
            "bad-request");
  EXPECT_EQ(refused(Request(), [](auto& r) { r.mutable_replay()->set_limit(10'001); }),
            "bad-request");
  EXPECT_EQ(refused(Command(), [](auto& r) { r.mutable_decide()->add_persons(1); }),
            "bad-request");                                                   // which decision?
  EXPECT_EQ(refused(Command(), [&](auto& r) { decide(r); }), "bad-request");  // on whom?
  EXPECT_EQ(refused(Command(),
                    [&](auto& r) {
                      decide(r).add_persons(1);
                      decide(r).mutable_filter();
                    }),
            "bad-request");
  EXPECT_EQ(refused(Command(),
                    [](auto& r) {
                      r.mutable_approve_plan()->set_plan(1);
                      r.mutable_approve_plan()->set_digest("short");
                    }),
            "bad-request");
  EXPECT_EQ(refused(Command(), [](auto& r) { r.mutable_retry_tasks(); }), "bad-request");
  EXPECT_EQ(refused(Command(),
                    [](auto& r) {
                      r.mutable_retry_tasks()->add_tasks()->set_plan(1);
                      r.mutable_retry_tasks()->set_all_dead(true);
                    }),
            "bad-request");
}

TEST(ControlCodec, BadWordsOnFamiliesDuplicatesAndMatchesAreRefused) {
  const auto refused = [](const auto& spoil) {
    wire::Request request = Command();
    spoil(request);
    return ErrorOf(request).message;
  };
  const auto says = [&](const auto& spoil, const std::string& words) {
    const std::string message = refused(spoil);
    EXPECT_NE(message.find(words), std::string::npos) << message;
  };
  says([](auto& r) { r.mutable_decide_families()->set_exclude(true); }, "no family is named");
  says(
      [](auto& r) {
        for (int i = 0; i < 10'001; ++i) r.mutable_decide_families()->add_families(i);
      },
      "10000 families");
  says([](auto& r) { r.mutable_list_groups()->set_status(static_cast<wire::GroupStatus>(4)); },
       "status is unknown");
  says([](auto& r) { r.mutable_list_families()->set_page_size(1001); }, "page_size");
  says([](auto& r) { r.mutable_resolve_group()->set_group(1); }, "how to resolve");
  says([](auto& r) { r.mutable_resolve_group()->set_keep(1); }, "the duplicate is missing");
  says([](auto& r) { r.mutable_resolve_group()->set_share_login(1); }, "the duplicate is missing");
  says([](auto& r) { r.mutable_resolve_group()->set_reopen(true); }, "the duplicate is missing");
  says([](auto& r) { r.mutable_resolve_group()->set_use_email2(0); }, "the person is missing");
  says(
      [](auto& r) {
        r.mutable_resolve_group()->set_group(1);
        r.mutable_resolve_group()->set_reopen(false);
      },
      "how to resolve");
  const auto match = [](wire::Request& r) -> wire::DecideMatch& {
    r.mutable_decide_match()->set_person(7);
    return *r.mutable_decide_match();
  };
  says([&](auto& r) { match(r); }, "what to decide on the match");
  says([&](auto& r) { match(r).set_none(false); }, "what to decide on the match");
  says([&](auto& r) { match(r).set_withdraw(false); }, "what to decide on the match");
  says([](auto& r) { r.mutable_decide_match()->set_none(true); }, "the person is missing");
  for (const std::string& account : {std::string(), std::string(257, 'a'), std::string("a\nb")}) {
    says([&](auto& r) { match(r).set_account(account); }, "the account is");
  }
}

TEST(ControlCodec, BadWordsOnPlansAreRefused) {
  const auto says = [](wire::Request request, const auto& spoil, const std::string& words) {
    spoil(request);
    const Error error = ErrorOf(request);
    EXPECT_EQ(error.reason, "bad-request");
    EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
  };
  says(
      Command(),
      [](auto& r) {
        r.mutable_prepare_plan()->set_undo_of(1);
        r.mutable_prepare_plan()->mutable_invitations();
      },
      "a plan to undo");
  says(
      Command(),
      [](auto& r) { r.mutable_prepare_plan()->mutable_invitations()->set_batch(100'001); },
      "batch");
  const auto no_class = static_cast<wire::ChangeClass>(8);
  says(
      Request(), [&](auto& r) { r.mutable_list_plan()->set_change_class(no_class); },
      "change_class is unknown");
  says(
      Request(),
      [&](auto& r) { r.mutable_list_users()->mutable_filter()->set_change_class(no_class); },
      "change_class is unknown");
  says(
      Request(), [](auto& r) { r.mutable_list_tasks()->set_action(static_cast<wire::Action>(6)); },
      "action is unknown");
  for (const auto which : {wire::CHANGE_CLASS_UNSPECIFIED, no_class}) {
    says(
        Approval(), [&](auto& r) { r.mutable_approve_plan()->add_only(which); },
        "a class in only is unknown");
  }
  says(
      Approval(),
      [](auto& r) {
        for (int i = 0; i < 8; ++i) r.mutable_approve_plan()->add_only(wire::CLASS_ADD);
      },
      "more classes than there are");
  says(
      Approval(),
      [](auto& r) {
        for (int i = 0; i < 10'001; ++i) r.mutable_approve_plan()->add_except(i);
      },
      "10000 persons");
}

TEST(ControlCodec, RequestIdThatCannotBeEchoedIsNot) {
  wire::Request request = Request();
  request.mutable_get_status();
  request.set_request_id(std::string(65, 'r'));
  const auto decoded = DecodeRequest(request.SerializeAsString());
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().error.reason, "bad-request");
  EXPECT_EQ(decoded.error().request_id, "");
}

TEST(ControlCodec, GarbageNeverCrashes) {
  RandomModel random(5);
  wire::Request decide = Command();
  decide.mutable_decide()->set_decision(wire::SYNC);
  decide.mutable_decide()->mutable_filter()->set_match("Zoë");
  decide.mutable_decide()->mutable_filter()->add_reasons("new");
  decide.mutable_decide()->set_note("é");
  wire::Request approve = Approval();
  approve.mutable_approve_plan()->add_only(wire::CLASS_ADD);
  approve.mutable_approve_plan()->set_override_guards(true);
  approve.mutable_approve_plan()->set_override_reason("é");
  wire::Request resolve = Command();
  resolve.mutable_resolve_group()->set_group(1);
  resolve.mutable_resolve_group()->set_keep(2);
  wire::Request match = Command();
  match.mutable_decide_match()->set_person(1);
  match.mutable_decide_match()->set_account("a1");
  std::vector<std::string> good;
  for (const wire::Request& request : {decide, approve, resolve, match}) {
    good.push_back(request.SerializeAsString());
    EXPECT_TRUE(DecodeRequest(good.back()));
  }
  for (int i = 0; i < 50'000; ++i) {
    std::string payload = random.Bytes();
    if (i % 2 == 0) {
      payload = good[random.Below(good.size())];
      payload[random.Below(payload.size())] = static_cast<char>(random.Below(256));
    }
    const auto decoded = DecodeRequest(payload);
    if (decoded) continue;
    EXPECT_EQ(decoded.error().error.code, Code::kInvalid);
    EncodeReply(decoded.error().request_id, model::Refusal{decoded.error().error, {}, 0});
  }
}

TEST(ControlCodec, RowShowsTheVerdictAndTheChange) {
  for (int seed = 0; seed < 100; ++seed) {
    RandomModel random(seed);
    const model::UserRow row = random.Row();
    const wire::Reply reply = Reply(model::UserPage{{row}, "next", random.Tally()});
    ASSERT_EQ(reply.users().rows_size(), 1);
    EXPECT_EQ(reply.users().next_page_token(), "next");
    const wire::UserRow& out = reply.users().rows(0);
    const model::Candidate& candidate = row.change.candidate;
    EXPECT_EQ(out.person(), candidate.person.value());
    EXPECT_EQ(out.first_name(), candidate.first_name);
    EXPECT_EQ(out.last_name(), candidate.last_name);
    EXPECT_EQ(out.email(), candidate.email);
    EXPECT_EQ(out.school_code(), candidate.school_code);
    EXPECT_EQ(out.grade(), candidate.grade);
    EXPECT_EQ(out.status_word(), candidate.status_word);
    EXPECT_EQ(out.is_new(), row.verdict.is_new);
    EXPECT_EQ(out.sync(), row.verdict.sync);
    EXPECT_EQ(static_cast<int>(out.status()), static_cast<int>(row.verdict.status));
    EXPECT_EQ(static_cast<int>(out.situation()), static_cast<int>(row.change.situation));
    EXPECT_EQ(static_cast<int>(out.bucket()), static_cast<int>(row.verdict.bucket));
    EXPECT_EQ(out.reason(), model::ReasonWord(row.verdict.reason));
    EXPECT_EQ(out.sentence(), row.sentence);
    ASSERT_EQ(static_cast<std::size_t>(out.fields_size()), row.change.fields.size());
    ASSERT_EQ(static_cast<std::size_t>(out.drift_size()), row.change.drift.size());
    if (out.fields_size() > 0) {
      EXPECT_EQ(out.fields(0).field(), model::FieldWord(row.change.fields[0].field));
      EXPECT_EQ(out.fields(0).after(), row.change.fields[0].after);
    }
    EXPECT_EQ(out.account(), row.change.account        ? row.change.account->id.value()
                             : row.change.lost_account ? row.change.lost_account->value()
                                                       : "");
    EXPECT_EQ(out.in_progress(), row.in_progress);
    EXPECT_EQ(out.changed(), row.changed);
    EXPECT_EQ(out.decision(), row.decision ? model::DecisionWord(*row.decision) : "");
  }
}

TEST(ControlCodec, RowShowsTheFamilyAndTheRivals) {
  model::UserRow row;
  model::Candidate& candidate = row.change.candidate;
  candidate.families = {{FamilyId(3), true}, {FamilyId(4), false}};
  candidate.family_name = "Of Oz";
  candidate.children = {{PersonId(9), true, false, true, false, true}};
  candidate.mismatch = model::Mismatch::kTieAlone;
  candidate.email2 = "second@example.org";
  candidate.uses_email2 = true;
  row.change.several = {{AccountId("a1"), false, "ann@example.org", "Ann Lee", true}};
  row.change.duplicates = {PersonId(5)};
  row.change.taken_by = PersonId(6);
  row.verdict.change_class = model::ChangeClass::kEmailChange;
  row.verdict.severity = model::Severity::kWarning;
  row.decision = model::DecisionKind::kProtect;
  row.context = true;
  row.note = "why";
  row.outdated = {"e-mail", "name"};
  row.group = GroupId(12);
  const wire::UserRow out = Reply(model::UserPage{{row}, "", {}}).users().rows(0);
  ASSERT_EQ(out.families_size(), 2);
  EXPECT_EQ(out.families(0).family(), 3);
  EXPECT_TRUE(out.families(0).listed_first());
  EXPECT_FALSE(out.families(1).listed_first());
  EXPECT_EQ(out.family_name(), "Of Oz");
  ASSERT_EQ(out.children_size(), 1);
  EXPECT_EQ(out.children(0).person(), 9);
  EXPECT_TRUE(out.children(0).household());
  EXPECT_FALSE(out.children(0).link());
  EXPECT_TRUE(out.children(0).blocked());
  EXPECT_TRUE(out.children(0).eligible());
  EXPECT_EQ(out.mismatch(), "link-alone");
  EXPECT_EQ(out.email2(), "second@example.org");
  EXPECT_TRUE(out.uses_email2());
  ASSERT_EQ(out.fits_size(), 1);
  EXPECT_EQ(out.fits(0).account(), "a1");
  EXPECT_FALSE(out.fits(0).active());
  EXPECT_EQ(out.fits(0).user_name(), "ann@example.org");
  EXPECT_EQ(out.fits(0).name(), "Ann Lee");
  EXPECT_TRUE(out.fits(0).carries_id());
  ASSERT_EQ(out.duplicates_size(), 2);  // who wants the address, and who has the account
  EXPECT_EQ(out.duplicates(0), 5);
  EXPECT_EQ(out.duplicates(1), 6);
  EXPECT_EQ(out.change_class(), wire::CLASS_EMAIL_CHANGE);
  EXPECT_EQ(out.severity(), "warning");
  EXPECT_EQ(out.decision(), "protect");
  EXPECT_TRUE(out.context());
  EXPECT_EQ(out.note(), "why");
  ASSERT_EQ(out.outdated_size(), 2);
  EXPECT_EQ(out.outdated(1), "name");
  EXPECT_EQ(out.group(), 12U);
}

// rules, 13
TEST(ControlCodec, UndecidedUserIsListedWithWhatIsProposed) {
  model::UserRow row;
  row.change.action = model::Action::kAdd;
  row.verdict.reason = model::Reason::kUndecided;
  EXPECT_EQ(Reply(model::UserPage{{row}, "", {}}).users().rows(0).action(), wire::ADD);
  row.verdict.reason = model::Reason::kDeselected;
  EXPECT_EQ(Reply(model::UserPage{{row}, "", {}}).users().rows(0).action(),
            wire::ACTION_UNSPECIFIED);
}

TEST(ControlCodec, CountersAddUpAsTheTallyDoes) {
  model::Tally tally;
  tally.everybody = 21;
  tally.fresh = 4;
  for (std::size_t i = 1; i <= 6; ++i) tally.by_bucket[i] = i;
  for (std::size_t i = 1; i <= 4; ++i) tally.by_status[i] = i * 10;
  tally.by_reason[static_cast<std::size_t>(model::Reason::kGraduated)] = 5;
  const wire::Counters counters =
      Reply(model::DecideReply{1, 2, tally, {PersonId(3)}}).decide().counters();
  EXPECT_EQ(counters.to_add() + counters.to_update() + counters.to_archive() +
                counters.to_restore() + counters.to_skip() + counters.unchanged(),
            counters.everybody());
  EXPECT_EQ(counters.to_skip(), 5U);
  EXPECT_EQ(counters.status_error(), 40U);
  EXPECT_EQ(counters.fresh(), 4U);
  ASSERT_EQ(counters.skipped_because_size(), 1);
  EXPECT_EQ(counters.skipped_because(0).reason(), "graduated");
}

TEST(ControlCodec, CountersTellClassesSeveritiesAndFamilies) {
  model::Tally tally;
  tally.by_class[static_cast<std::size_t>(model::ChangeClass::kNone)] = 90;
  tally.by_class[static_cast<std::size_t>(model::ChangeClass::kEmailChange)] = 2;
  tally.by_severity[static_cast<std::size_t>(model::Severity::kWarning)] = 3;
  tally.by_severity[static_cast<std::size_t>(model::Severity::kError)] = 4;
  tally.linked_active = 5;
  tally.fresh_selected = 6;
  tally.families = 7;
  tally.families_fresh = 8;
  tally.families_selected = 9;
  tally.families_excluded = 10;
  const wire::Counters counters = Reply(model::UserPage{{}, "", tally}).users().counters();
  ASSERT_EQ(counters.by_class_size(), 1);  // rows without a class change nothing
  EXPECT_EQ(counters.by_class(0).reason(), "email-change");
  EXPECT_EQ(counters.by_class(0).count(), 2U);
  EXPECT_EQ(counters.warnings(), 3U);
  EXPECT_EQ(counters.errors(), 4U);
  EXPECT_EQ(counters.linked_active(), 5U);
  EXPECT_EQ(counters.fresh_selected(), 6U);
  EXPECT_EQ(counters.families(), 7U);
  EXPECT_EQ(counters.families_fresh(), 8U);
  EXPECT_EQ(counters.families_selected(), 9U);
  EXPECT_EQ(counters.families_excluded(), 10U);
}

model::Hold ArchivesHeld() {
  model::Hold hold;
  hold.guard = model::GuardKind::kArchive;
  hold.count = 40;
  hold.population = 300;
  hold.limit.max_share = 0.1;
  hold.limit.min_population = 20;
  hold.rollover = true;
  hold.persons = {PersonId(7), PersonId(8)};
  hold.message = "40 of 300 would be archived.";
  return hold;
}

TEST(ControlCodec, HoldTellsTheGuardTheNumbersAndThePeople) {
  const wire::Error error =
      Reply(model::Refusal{{Code::kRefused, "held", "words"}, {}, 0, {ArchivesHeld()}}).error();
  EXPECT_EQ(error.code(), "refused");
  ASSERT_EQ(error.holds_size(), 1);
  const wire::Hold& hold = error.holds(0);
  EXPECT_EQ(hold.guard(), wire::GUARD_ARCHIVE);
  EXPECT_EQ(hold.count(), 40U);
  EXPECT_EQ(hold.population(), 300U);
  EXPECT_FALSE(hold.has_max_count());  // no such limit, which is not a limit of 0
  EXPECT_EQ(hold.max_share(), 0.1);
  EXPECT_EQ(hold.min_population(), 20U);
  EXPECT_TRUE(hold.rollover());
  ASSERT_EQ(hold.persons_size(), 2);
  EXPECT_EQ(hold.persons(1), 8);
  EXPECT_EQ(hold.message(), "40 of 300 would be archived.");
  model::Hold strict;
  strict.limit.max_count = 0;
  const wire::Error other = Reply(model::Refusal{{}, {}, 0, {strict}}).error();
  EXPECT_TRUE(other.holds(0).has_max_count());
  EXPECT_FALSE(other.holds(0).has_max_share());
}

TEST(ControlCodec, PlanTellsWhatHoldsItAndWhatItTakesBack) {
  model::Plan plan;
  plan.by_class[static_cast<std::size_t>(model::ChangeClass::kEmailChange)] = 2;
  plan.by_class[static_cast<std::size_t>(model::ChangeClass::kMissing)] = 3;
  EXPECT_FALSE(Reply(model::PlanReply{plan, 0}).plan().plan().has_expires_at());
  plan.undo_of = PlanId(4);
  plan.not_undone = {{{PlanId(4), 5}, PersonId(6), "changed-since", "Changed since then."}};
  plan.not_undone_total = 7;
  plan.expires_at = Time(std::chrono::seconds(8));
  plan.holds = {ArchivesHeld()};
  plan.override_reason = "June";
  plan.not_chosen = 9;
  plan.recently_invited = 10;
  const wire::Plan out = Reply(model::PlanReply{plan, 0}).plan().plan();
  EXPECT_EQ(out.email_changes(), 2U);
  EXPECT_EQ(out.missing(), 3U);
  EXPECT_EQ(out.undo_of(), 4U);
  ASSERT_EQ(out.not_undone_size(), 1);
  EXPECT_EQ(out.not_undone(0).plan(), 4U);
  EXPECT_EQ(out.not_undone(0).index(), 5U);
  EXPECT_EQ(out.not_undone(0).person(), 6);
  EXPECT_EQ(out.not_undone(0).reason(), "changed-since");
  EXPECT_EQ(out.not_undone(0).sentence(), "Changed since then.");
  EXPECT_EQ(out.not_undone_total(), 7U);
  EXPECT_EQ(out.expires_at().seconds(), 8);
  ASSERT_EQ(out.holds_size(), 1);
  EXPECT_EQ(out.holds(0).guard(), wire::GUARD_ARCHIVE);
  EXPECT_EQ(out.override_reason(), "June");
  EXPECT_EQ(out.not_chosen(), 9U);
  EXPECT_EQ(out.recently_invited(), 10U);
}

TEST(ControlCodec, PollTellsWhatMayWantMending) {
  model::Poll poll;
  poll.families = 5;
  poll.reused = true;
  poll.notices = {{"links-to-nobody", 3}, {"families-without-parents", 1}};
  const wire::Poll out = Reply(model::PollReply{poll, false}).poll().poll();
  EXPECT_EQ(out.families(), 5U);
  EXPECT_TRUE(out.reused());
  ASSERT_EQ(out.notices_size(), 2);
  EXPECT_EQ(out.notices(0).reason(), "links-to-nobody");
  EXPECT_EQ(out.notices(0).count(), 3U);
}

TEST(ControlCodec, FamiliesAreListedWithWhoExcludedThem) {
  model::FamilyRow row;
  row.count = {FamilyId(3), "Of Oz", 4, 1, 2, 1, 3};
  model::FamilyRow excluded = row;
  excluded.excluded = true;
  excluded.note = "moved";
  excluded.actor = "uid:1000";
  excluded.at = Time(std::chrono::seconds(9));
  model::Tally tally;
  tally.families = 2;
  const wire::FamilyPage page = Reply(model::FamilyPage{{row, excluded}, "n", tally}).families();
  ASSERT_EQ(page.rows_size(), 2);
  EXPECT_EQ(page.rows(0).family(), 3);
  EXPECT_EQ(page.rows(0).name(), "Of Oz");
  EXPECT_EQ(page.rows(0).users(), 4U);
  EXPECT_EQ(page.rows(0).fresh(), 1U);
  EXPECT_EQ(page.rows(0).selected(), 2U);
  EXPECT_EQ(page.rows(0).excluded_users(), 3U);
  EXPECT_FALSE(page.rows(0).excluded());
  EXPECT_FALSE(page.rows(0).has_at());
  EXPECT_TRUE(page.rows(1).excluded());
  EXPECT_EQ(page.rows(1).note(), "moved");
  EXPECT_EQ(page.rows(1).actor(), "uid:1000");
  EXPECT_EQ(page.rows(1).at().seconds(), 9);
  EXPECT_EQ(page.next_page_token(), "n");
  EXPECT_EQ(page.counters().families(), 2U);

  const auto decided = Reply(model::DecideFamiliesReply{1, 2, 3, tally}).decide_families();
  EXPECT_EQ(decided.changed(), 1U);
  EXPECT_EQ(decided.unchanged(), 2U);
  EXPECT_EQ(decided.users(), 3U);
  EXPECT_EQ(decided.counters().families(), 2U);
}

TEST(ControlCodec, DuplicatesAreListedWithTheirMembersAndWhatWasDecided) {
  model::GroupRow open;
  open.group.id = GroupId(12);
  open.group.reason = model::Reason::kEmailCollision;
  open.group.severity = model::Severity::kError;
  open.group.address = "ann@example.org";
  open.group.members_total = 120;
  open.members.resize(2);
  open.members[1].change.candidate.person = PersonId(8);
  model::GroupRow resolved = open;
  resolved.open = false;
  resolved.group.account = AccountId("a1");
  resolved.group.family = FamilyId(3);
  resolved.decision.emplace();
  resolved.decision->kind = model::HolderKind::kShare;
  resolved.decision->holder = PersonId(8);
  resolved.decision->actor = "uid:1000";
  resolved.decision->at = Time(std::chrono::seconds(9));
  resolved.outdated = {"person 9 is in it now"};
  const wire::GroupPage page = Reply(model::GroupPage{{open, resolved}, "n"}).groups();
  EXPECT_EQ(page.next_page_token(), "n");
  ASSERT_EQ(page.rows_size(), 2);
  const wire::GroupRow& first = page.rows(0);
  EXPECT_EQ(first.group(), 12U);
  EXPECT_EQ(first.reason(), "email-collision");
  EXPECT_EQ(first.severity(), "error");
  EXPECT_EQ(first.address(), "ann@example.org");
  EXPECT_EQ(first.account(), "");
  EXPECT_EQ(first.family(), 0);
  EXPECT_EQ(first.members_total(), 120U);
  ASSERT_EQ(first.members_size(), 2);
  EXPECT_EQ(first.members(1).person(), 8);
  EXPECT_TRUE(first.open());
  EXPECT_EQ(first.decision(), "");
  EXPECT_FALSE(first.has_decided_at());
  const wire::GroupRow& second = page.rows(1);
  EXPECT_FALSE(second.open());
  EXPECT_EQ(second.account(), "a1");
  EXPECT_EQ(second.family(), 3);
  EXPECT_EQ(second.decision(), "share");
  EXPECT_EQ(second.holder(), 8);
  EXPECT_EQ(second.decided_by(), "uid:1000");
  EXPECT_EQ(second.decided_at().seconds(), 9);
  ASSERT_EQ(second.outdated_size(), 1);
  EXPECT_EQ(second.outdated(0), "person 9 is in it now");
}

TEST(ControlCodec, WhatIsSettledSaysWhenItShows) {
  model::SettleReply body;
  EXPECT_EQ(Reply(body).settle().poll(), 0U);
  body.poll = PollId(5);
  body.rows.resize(1);
  EXPECT_EQ(Reply(body).settle().poll(), 5U);
  EXPECT_EQ(Reply(body).settle().rows_size(), 1);
}

TEST(ControlCodec, EveryReplyIsSaid) {
  RandomModel random(1);
  const std::vector<std::pair<model::ReplyBody, wire::Reply::BodyCase>> all = {
      {model::Refusal{{Code::kConflict, "stale", "words"}, {random.Row()}, 9}, wire::Reply::kError},
      {model::Status{}, wire::Reply::kStatus},
      {model::PollReply{random.Poll(), true}, wire::Reply::kPoll},
      {model::UserPage{}, wire::Reply::kUsers},
      {model::PlanUserPage{}, wire::Reply::kPlanUsers},
      {model::DecideReply{}, wire::Reply::kDecide},
      {model::PlanReply{random.Plan(), 3}, wire::Reply::kPlan},
      {model::PlanPage{{random.Plan()}, "n"}, wire::Reply::kPlans},
      {model::ApproveReply{random.Plan(), {random.Row()}, 1}, wire::Reply::kApprove},
      {model::TaskPage{{{random.Task(), "A", "B", "s"}}, "n", random.Counts()},
       wire::Reply::kTasks},
      {model::RetryReply{1, {{random.AnyTask(), "held", "words"}}}, wire::Reply::kRetry},
      {model::ExplainReply{random.Row(), {{random.AnyTime(), "t", Seq(1)}}}, wire::Reply::kExplain},
      {model::ReplayReply{{"bytes"}, Seq(4), {Seq(4)}, Blake2b("bytes")}, wire::Reply::kReplay},
      {model::DecideFamiliesReply{}, wire::Reply::kDecideFamilies},
      {model::FamilyPage{}, wire::Reply::kFamilies},
      {model::GroupPage{}, wire::Reply::kGroups},
      {model::SettleReply{}, wire::Reply::kSettle},
      {model::ConfirmReply{1, {{random.AnyTask(), "held", "words"}}}, wire::Reply::kConfirm},
      {model::VerifyReply{}, wire::Reply::kVerify},
      {model::WhoAmIReply{}, wire::Reply::kWhoAmI},
      {model::ReloadReply{}, wire::Reply::kReload},
      {model::AcknowledgeReply{}, wire::Reply::kAcknowledge},
      {model::ForgetReply{}, wire::Reply::kForget},
      {model::BackupReply{}, wire::Reply::kBackup},
      {model::BackupList{}, wire::Reply::kBackups},
  };
  ASSERT_EQ(all.size(), std::variant_size_v<model::ReplyBody>);
  for (const auto& [body, which] : all) EXPECT_EQ(Reply(body).body_case(), which);
  const wire::Error error = Reply(all[0].first).error();
  EXPECT_EQ(error.code(), "conflict");
  EXPECT_EQ(error.reason(), "stale");
  EXPECT_EQ(error.message(), "words");
  EXPECT_EQ(error.changed_size(), 1);
  EXPECT_EQ(error.changed_total(), 9U);
}

TEST(ControlCodec, StatusTellsEachSchool) {
  RandomModel random(2);
  model::Status status;
  status.daemon_version = "0.1";
  status.now = Time(Duration(1'500'001));
  status.disk_problem = "full";
  status.config_problem = "wrong";
  model::SchoolStatus school;
  school.school = SchoolId("tcs");
  school.accounts = model::AccountsOf::kParents;
  school.last_poll = random.Poll();
  school.next_poll = Time(Duration(-1));
  school.head = Seq(9);
  school.unknown_words = {{"Leaving", 3}};
  school.holds.resize(2);
  school.rollover = true;
  status.schools.push_back(school);
  status.workers.push_back({"w1", Time{}, 2});
  const wire::Status out = Reply(status).status();
  EXPECT_EQ(out.now().seconds(), 1);
  EXPECT_EQ(out.now().nanos(), 500'001'000);
  EXPECT_EQ(out.disk_problem(), "full");
  EXPECT_EQ(out.config_problem(), "wrong");
  ASSERT_EQ(out.schools_size(), 1);
  EXPECT_EQ(out.schools(0).accounts(), "parents");
  EXPECT_TRUE(out.schools(0).has_last_poll());
  EXPECT_FALSE(out.schools(0).has_last_good_poll());
  EXPECT_EQ(out.schools(0).next_poll_at().seconds(), -1);
  EXPECT_EQ(out.schools(0).next_poll_at().nanos(), 999'999'000);
  EXPECT_EQ(out.schools(0).unknown_words(0).reason(), "Leaving");
  EXPECT_EQ(out.schools(0).holds_size(), 2);
  EXPECT_TRUE(out.schools(0).rollover());
  EXPECT_EQ(out.workers(0).leased(), 2U);
}

TEST(ControlCodec, KeptReplyIsGivenAnotherLabel) {
  RandomModel random(3);
  const model::ReplyBody body = model::PlanReply{random.Plan(), 3};
  const std::string kept = EncodeReply("", body);
  wire::Reply relabelled;
  ASSERT_TRUE(relabelled.ParseFromString(RelabelReply(kept, "again")));
  wire::Reply fresh;
  ASSERT_TRUE(fresh.ParseFromString(EncodeReply("again", body)));
  EXPECT_EQ(relabelled.SerializeAsString(), fresh.SerializeAsString());
}

}  // namespace
}  // namespace roster::bus
