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
  EXPECT_EQ(wire::Decision_MAX, wire::EXCLUDE);
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
  request.mutable_list_users()->set_page_size(7);
  request.mutable_list_users()->set_page_token("token");
  const auto body = std::get<model::ListUsers>(Decoded(request).body);
  EXPECT_EQ(body.filter.status, model::ListStatus::kError);
  EXPECT_EQ(body.filter.match, "ann");
  EXPECT_EQ(body.filter.grade, "09");
  EXPECT_EQ(body.filter.situation, model::Situation::kDrifted);
  EXPECT_EQ(body.filter.bucket, model::Bucket::kSkip);
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
  wire::Request request = Command();
  request.mutable_decide()->set_decision(wire::SYNC);
  request.mutable_decide()->mutable_filter()->set_match("Zoë");
  const std::string good = request.SerializeAsString();
  for (int i = 0; i < 50'000; ++i) {
    std::string payload = random.Bytes();
    if (i % 2 == 0) {
      payload = good;
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
      {model::RetryReply{1, {random.AnyTask()}}, wire::Reply::kRetry},
      {model::ExplainReply{random.Row(), {{random.AnyTime(), "t", Seq(1)}}}, wire::Reply::kExplain},
      {model::ReplayReply{{"bytes"}, Seq(4)}, wire::Reply::kReplay},
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
  model::SchoolStatus school;
  school.school = SchoolId("tcs");
  school.accounts = model::AccountsOf::kParents;
  school.last_poll = random.Poll();
  school.next_poll = Time(Duration(-1));
  school.head = Seq(9);
  school.unknown_words = {{"Leaving", 3}};
  status.schools.push_back(school);
  status.workers.push_back({"w1", Time{}, 2});
  const wire::Status out = Reply(status).status();
  EXPECT_EQ(out.now().seconds(), 1);
  EXPECT_EQ(out.now().nanos(), 500'001'000);
  EXPECT_EQ(out.disk_problem(), "full");
  ASSERT_EQ(out.schools_size(), 1);
  EXPECT_EQ(out.schools(0).accounts(), "parents");
  EXPECT_TRUE(out.schools(0).has_last_poll());
  EXPECT_FALSE(out.schools(0).has_last_good_poll());
  EXPECT_EQ(out.schools(0).next_poll_at().seconds(), -1);
  EXPECT_EQ(out.schools(0).next_poll_at().nanos(), 999'999'000);
  EXPECT_EQ(out.schools(0).unknown_words(0).reason(), "Leaving");
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
