// What a worker says arrives as it was meant, and so does what it is told.

#include "daemon/bus/task_codec.h"

#include <gtest/gtest.h>

#include "daemon/bus/event_codec.h"
#include "roster/v1/events.pb.h"
#include "roster/v1/tasks.pb.h"
#include "tests/unit/store/random_model.h"

namespace roster::bus {
namespace {

namespace wire = ::roster::v1;

void ExpectSame(const model::Outcome& a, const model::Outcome& b) {
  ASSERT_EQ(a.index(), b.index());
  if (const auto* applied = std::get_if<model::Applied>(&a)) {
    EXPECT_EQ(applied->account, std::get<model::Applied>(b).account);
    EXPECT_EQ(applied->already, std::get<model::Applied>(b).already);
  } else if (const auto* failed = std::get_if<model::Failed>(&a)) {
    const auto& other = std::get<model::Failed>(b);
    EXPECT_EQ(failed->reason, other.reason);
    EXPECT_EQ(failed->again, other.again);
    EXPECT_EQ(failed->site_failing, other.site_failing);
    EXPECT_EQ(failed->retry_after, other.retry_after);
  } else if (const auto* superseded = std::get_if<model::Superseded>(&a)) {
    EXPECT_EQ(superseded->reason, std::get<model::Superseded>(b).reason);
  } else {
    EXPECT_EQ(std::get<model::Unknown>(a).reason, std::get<model::Unknown>(b).reason);
    EXPECT_EQ(std::get<model::Unknown>(a).untold, std::get<model::Unknown>(b).untold);
  }
}

std::string AnyReason(RandomModel& random) { return "why-" + std::to_string(random.Below(99)); }

model::Outcome AnyOutcome(RandomModel& random) {
  switch (random.Below(4)) {
    case 0:
      return model::Applied{random.Account(), random.Coin()};
    case 1:
      return model::Failed{AnyReason(random), random.Coin(), random.Coin(), random.Maybe([&] {
                             return std::chrono::milliseconds(random.Below(1'000'000));
                           })};
    case 2:
      return model::Superseded{AnyReason(random)};
    default:
      return model::Unknown{AnyReason(random), random.Coin()};
  }
}

model::LeaseRef AnyRef(RandomModel& random) {
  return {random.School(), random.AnyTask(), random.Small()};
}

void ExpectSame(const model::LeaseRef& a, const model::LeaseRef& b) {
  EXPECT_EQ(a.school, b.school);
  EXPECT_EQ(a.task, b.task);
  EXPECT_EQ(a.attempt, b.attempt);
}

TEST(TaskCodec, RequestsArriveAsTheyWereSent) {
  for (int seed = 0; seed < 200; ++seed) {
    RandomModel random(seed);
    model::WorkerRequest request{"r" + random.Text(), "w" + std::to_string(seed) + "-Zoë", {}};

    const model::Lease lease{random.Some([&] { return random.School(); }),
                             static_cast<std::uint32_t>(1 + random.Below(1000)),
                             Duration(random.Below(30'000'001))};
    request.body = lease;
    auto back = DecodeWorkerRequest(EncodeWorkerRequest(request));
    ASSERT_TRUE(back) << back.error().error.message;
    EXPECT_EQ(back->request_id, request.request_id);
    EXPECT_EQ(back->worker, request.worker);
    EXPECT_EQ(std::get<model::Lease>(back->body).schools, lease.schools);
    EXPECT_EQ(std::get<model::Lease>(back->body).max, lease.max);
    EXPECT_EQ(std::get<model::Lease>(back->body).wait, lease.wait);

    const model::Heartbeat beat{random.Some([&] { return AnyRef(random); })};
    request.body = beat;
    back = DecodeWorkerRequest(EncodeWorkerRequest(request));
    ASSERT_TRUE(back);
    const auto& held = std::get<model::Heartbeat>(back->body).held;
    ASSERT_EQ(held.size(), beat.held.size());
    for (std::size_t i = 0; i < held.size(); ++i) ExpectSame(held[i], beat.held[i]);

    const model::ReportOutcomes report{random.Some([&] {
      return model::Report{random.School(), random.AnyTask(), random.Small(), AnyOutcome(random)};
    })};
    request.body = report;
    back = DecodeWorkerRequest(EncodeWorkerRequest(request));
    ASSERT_TRUE(back) << back.error().error.message;
    const auto& reports = std::get<model::ReportOutcomes>(back->body).reports;
    ASSERT_EQ(reports.size(), report.reports.size());
    for (std::size_t i = 0; i < reports.size(); ++i) {
      EXPECT_EQ(reports[i].school, report.reports[i].school);
      EXPECT_EQ(reports[i].task, report.reports[i].task);
      EXPECT_EQ(reports[i].attempt, report.reports[i].attempt);
      ExpectSame(reports[i].outcome, report.reports[i].outcome);
    }
  }
}

TEST(TaskCodec, RepliesArriveAsTheyWereSent) {
  for (int seed = 0; seed < 200; ++seed) {
    RandomModel random(seed);
    const model::LeaseReply lease{
        random.Some([&] {
          model::LeasedTask leased{random.School(), random.Task()};
          if (random.Coin()) leased.task.origin = leased.task.digest.Short();
          return leased;
        }),
        Duration(random.Below(1'000'000'000)), random.Some([&] {
          return model::SiteShare{random.School(), static_cast<double>(random.Below(100)) / 8};
        })};
    const std::string bytes = EncodeWorkerReply({"r1", lease});
    EXPECT_EQ(bytes, EncodeWorkerReply({"r1", lease}));
    const auto back = DecodeWorkerReply(bytes);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->request_id, "r1");
    const auto& got = std::get<model::LeaseReply>(back->body);
    EXPECT_EQ(got.lease, lease.lease);
    ASSERT_EQ(got.tasks.size(), lease.tasks.size());
    for (std::size_t i = 0; i < got.tasks.size(); ++i) {
      const model::Task& a = got.tasks[i].task;
      const model::Task& b = lease.tasks[i].task;
      EXPECT_EQ(got.tasks[i].school, lease.tasks[i].school);
      EXPECT_EQ(a.id, b.id);
      EXPECT_EQ(a.attempt, b.attempt);
      EXPECT_EQ(a.person, b.person);
      EXPECT_EQ(a.action, b.action);
      EXPECT_EQ(a.digest, b.digest);
      EXPECT_EQ(a.external_id, b.external_id);
      EXPECT_EQ(a.account, b.account);
      EXPECT_EQ(a.fields, b.fields);
      EXPECT_EQ(a.was_active, b.was_active);
      EXPECT_EQ(a.link_only, b.link_only);
      EXPECT_EQ(a.fitted_by, b.fitted_by);
      EXPECT_EQ(a.invited_before, b.invited_before);
      EXPECT_EQ(a.look_only, b.look_only);
      EXPECT_EQ(a.doubt, b.doubt);
      EXPECT_EQ(a.origin, b.origin);
      EXPECT_EQ(a.state, model::TaskState::kLeased);
    }
    ASSERT_EQ(got.shares.size(), lease.shares.size());
    for (std::size_t i = 0; i < got.shares.size(); ++i) {
      EXPECT_EQ(got.shares[i].requests_per_second, lease.shares[i].requests_per_second);
    }
    const model::LeaseRef ref = AnyRef(random);
    const auto beat = DecodeWorkerReply(EncodeWorkerReply({"r", model::HeartbeatReply{{ref}}}));
    ExpectSame(std::get<model::HeartbeatReply>(beat->body).lost.at(0), ref);
    const auto report = DecodeWorkerReply(EncodeWorkerReply({"r", model::ReportReply{{ref}}}));
    ExpectSame(std::get<model::ReportReply>(report->body).refused.at(0), ref);
  }
}

TEST(TaskCodec, ErrorsArriveWithTheirCode) {
  for (const Code code : {Code::kUnavailable, Code::kConflict, Code::kRefused, Code::kInvalid,
                          Code::kNotFound, Code::kExhausted, Code::kCorrupt}) {
    const auto back = DecodeWorkerReply(EncodeWorkerReply({"r", Error{code, "why", "words"}}));
    ASSERT_TRUE(back);
    EXPECT_EQ(std::get<Error>(back->body).code, code);
    EXPECT_EQ(std::get<Error>(back->body).reason, "why");
  }
}

TEST(TaskCodec, BadRequestsAreRefusedUnderTheirId) {
  const auto reason = [](const auto& fill) {
    wire::WorkerRequest request;
    request.set_version(1);
    request.set_request_id("r1");
    request.set_worker("w");
    fill(request);
    const auto decoded = DecodeWorkerRequest(request.SerializeAsString());
    EXPECT_FALSE(decoded);
    if (decoded) return std::string();
    EXPECT_EQ(decoded.error().request_id, "r1");
    return decoded.error().error.reason;
  };
  EXPECT_EQ(reason([](auto&) {}), "bad-request");
  EXPECT_EQ(reason([](auto& r) { r.set_version(2); }), "unknown-version");
  EXPECT_EQ(reason([](auto& r) { r.mutable_lease()->set_max(0); }), "bad-request");
  EXPECT_EQ(reason([](auto& r) { r.mutable_lease()->set_max(1001); }), "bad-request");
  EXPECT_EQ(reason([](auto& r) {
              r.mutable_lease()->set_max(1);
              r.mutable_lease()->mutable_wait()->set_seconds(31);
            }),
            "bad-request");
  EXPECT_EQ(reason([](auto& r) {
              r.mutable_lease()->set_max(1);
              r.mutable_lease()->mutable_wait()->set_seconds(-1);
            }),
            "bad-request");
  EXPECT_EQ(reason([](auto& r) {
              r.mutable_heartbeat();
              r.set_worker("");
            }),
            "bad-request");
  EXPECT_EQ(reason([](auto& r) { r.mutable_heartbeat()->add_held(); }), "bad-request");
  EXPECT_EQ(reason([](auto& r) {
              r.mutable_report()->add_outcomes()->mutable_lease()->set_school("tcs");
            }),
            "bad-request");  // without an end
  EXPECT_EQ(reason([](auto& r) {
              wire::Outcome& outcome = *r.mutable_report()->add_outcomes();
              outcome.mutable_lease()->set_school("tcs");
              outcome.mutable_applied();
            }),
            "bad-request");  // without the account
  EXPECT_EQ(reason([](auto& r) {
              for (int i = 0; i < 1001; ++i) {
                wire::Outcome& outcome = *r.mutable_report()->add_outcomes();
                outcome.mutable_lease()->set_school("tcs");
                outcome.mutable_unknown();
              }
            }),
            "bad-request");
}

// Both stay in the journal for ever, and are shown on terminals.
TEST(TaskCodec, AWorkersNameIsOneLineOfPlainText) {
  const auto taken = [](const std::string& name) {
    return DecodeWorkerRequest(EncodeWorkerRequest({"r1", name, model::Heartbeat{}})).has_value();
  };
  EXPECT_TRUE(taken("host.example.org-4711-ab12"));
  EXPECT_TRUE(taken("Büro 3"));
  EXPECT_FALSE(taken("w\nrosterd: all is well"));
  EXPECT_FALSE(taken("w\x1b[2J"));
  EXPECT_FALSE(taken("w\u0085"));
  EXPECT_FALSE(taken("w\u202e"));
}

TEST(TaskCodec, AnOutcomesReasonIsAWordAndNoSentence) {
  const auto taken = [](const model::Outcome& outcome) {
    const model::ReportOutcomes report{{{SchoolId("tcs"), {}, 1, outcome}}};
    return DecodeWorkerRequest(EncodeWorkerRequest({"r1", "w", report})).has_value();
  };
  EXPECT_TRUE(taken(model::Failed{"site-unavailable", true, true, std::nullopt}));
  EXPECT_TRUE(taken(model::Unknown{"no-answer", true}));
  EXPECT_FALSE(taken(model::Failed{"ann@example.org is taken", true, true, std::nullopt}));
  EXPECT_FALSE(taken(model::Superseded{"gone\n"}));
  EXPECT_FALSE(taken(model::Unknown{std::string(65, 'a'), false}));
}

TEST(TaskCodec, GarbageNeverCrashes) {
  RandomModel random(6);
  const std::string request = EncodeWorkerRequest(
      {"r", "w",
       model::ReportOutcomes{{{SchoolId("tcs"), {}, 1, model::Applied{random.Account(), true}}}}});
  const std::string reply = EncodeWorkerReply(
      {"r", model::LeaseReply{{{SchoolId("tcs"), random.Task()}}, Duration(5), {}}});
  ASSERT_TRUE(DecodeWorkerReply(reply));
  for (int i = 0; i < 30'000; ++i) {
    for (std::string payload : {random.Bytes(), request, reply}) {
      if (!payload.empty())
        payload[random.Below(payload.size())] ^= static_cast<char>(random.Below(256));
      const auto asked = DecodeWorkerRequest(payload);
      EXPECT_TRUE(asked || asked.error().error.code == Code::kInvalid);
      const auto answered = DecodeWorkerReply(payload);
      EXPECT_TRUE(answered || answered.error().code == Code::kInvalid);
    }
  }
}

TEST(EventCodec, BeatSaysTheHead) {
  wire::Beat beat;
  ASSERT_TRUE(beat.ParseFromString(EncodeBeat(SchoolId("tcs"), Seq(9), Blake2b("x"))));
  EXPECT_EQ(beat.version(), 1U);
  EXPECT_EQ(beat.school(), "tcs");
  EXPECT_EQ(beat.head(), 9U);
  EXPECT_EQ(beat.head_hash(), Blake2b("x").view());
}

}  // namespace
}  // namespace roster::bus
