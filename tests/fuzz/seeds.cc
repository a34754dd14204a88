// Writes real messages as inputs of the fuzz targets, one folder a target, by the codecs' own
// encoders where there are some.
//
//   fuzz_seeds --write-seeds FOLDER

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "daemon/bus/control_codec.h"
#include "daemon/bus/event_codec.h"
#include "daemon/bus/task_codec.h"
#include "daemon/engine/page_token.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/script.pb.h"
#include "tests/unit/config/sample_config.h"
#include "tests/unit/source/fakes.h"
#include "tests/unit/store/random_model.h"

namespace roster::fuzz {
namespace {

namespace fs = std::filesystem;
namespace v1 = ::roster::v1;

const std::string kName(kMarker);

class Writer {
 public:
  explicit Writer(fs::path folder) : folder_(std::move(folder)) {}

  void Write(const std::string& target, const std::string& name, const std::string& bytes) {
    fs::create_directories(folder_ / target);
    std::ofstream(folder_ / target / name, std::ios::binary) << bytes;
  }
  void Write(const std::string& target, const std::string& name,
             const google::protobuf::Message& message) {
    Write(target, name, message.SerializeAsString());
  }
  // Of targets whose first byte chooses.
  void Write(const std::string& target, const std::string& name, int choice,
             const std::string& bytes) {
    Write(target, name, static_cast<char>(choice) + bytes);
  }

 private:
  fs::path folder_;
};

void Config(Writer& out) {
  out.Write("config", "whole", std::string(kGoodConfig));
  out.Write("config", "least",
            "schools:\n  - id: tcs\n    name: E\n    facts: {subscription_key: {env: A}, api_key: "
            "{env: B}}\n    site: {scim: {base_url: \"https://s.example.org\", read_token: {env: "
            "C}, write_token: {env: D}}}\n");
  out.Write("config", "wrong-values",
            "schools:\n  - id: " + kName + "\n    accounts: " + kName + "\n    missing_polls: " +
                kName + "\n    facts: {subscription_key: " + kName + ", tier: " + kName +
                ", poll_every: " + kName + ", base_url: \"https://" + kName + "\"}\n");
  out.Write("config", "wrong-yaml", "a: &x [1, *x, !t " + kName + "]\nb: {c: \"" + kName + "\n");
}

// ---- FACTS

std::string Answers(const std::vector<std::string>& bodies) {
  std::string script;
  for (const std::string& body : bodies) {
    script += (script.empty() ? "" : "\n---\n") + std::string("200\n") + body;
  }
  return script;
}

// The byte that chooses this list, as an array: its highest bit is set, and modulo 6 it is `list`.
int ArrayOf(int list) { return 0x84 + list; }

void Facts(Writer& out) {
  using Fake = source::FakeFacts;
  const std::string person =
      R"({"personId":7,"firstName":" Ada ","lastName":"Qzmarker7","middleName":null,"nickName":"A",)"
      R"("email":"a@example.org; b@example.org","email2":"","homePhone":"1","cellPhone":"2",)"
      R"("deceased":false,"unknown":{"a":[1,2.5e3,"x\u00e9\n"]}})";
  const std::string student =
      R"({"personStudentId":3,"studentId":7,"configSchoolId":1,"schoolCode":"EX","school":{)"
      R"("status":"Enrolled","gradeLevel":"09","homeroom":"H","nextStatus":"","nextGradeLevel":"10",)"
      R"("classYear":2030,"enrollDate":"2024-08-20T00:00:00"}})";
  const std::vector<std::string> rows = {person,
                                         student,
                                         R"({"status":"Enrolled","displayName":"Enrolled "})",
                                         Fake::Member(7, 2),
                                         Fake::Tie(8, 7),
                                         Fake::Family(2)};
  for (int list = 0; list < 6; ++list) {
    const std::string& row = rows[static_cast<std::size_t>(list)];
    const std::string name = "list-" + std::to_string(list);
    out.Write("facts_page", name, list, Fake::Envelope(row, 1, 1, 1000, 1));
    out.Write("facts_page", name + "-array", ArrayOf(list), "[" + row + "," + row + "]");
    out.Write(
        "facts_page", name + "-wrong", list,
        Fake::Envelope(R"({"personId":"Qzmarker7"},{},{"personId":7,"lastName":5})", 1, 1, 9, 3));
  }
  out.Write(
      "sheet_export", "export", 0,
      "ID,External,Status,Roles,Login,Email,First\n1,tcs:1,Active,,2026-08-24,Qzmarker7@example."
      "org,Ada\n2,,Archived,Owner,never,b@example.org,\"Ben, Jr.\"\n");
  const std::string statuses = R"([{"status":"Enrolled","displayName":"Enrolled "}])";
  const auto page = [](const std::string& results, std::size_t at, std::size_t pages,
                       std::size_t count) { return Fake::Envelope(results, at, pages, 3, count); };
  const std::string three = Fake::Person(1) + "," + Fake::Person(2) + "," + Fake::Person(3);
  out.Write("facts_poll", "students", 0,
            Answers({statuses, page(Fake::Student(1, 1) + "," + Fake::Student(2, 2), 1, 1, 2),
                     page(three, 1, 2, 4), page(Fake::Person(4), 2, 2, 4)}));
  out.Write("facts_poll", "families", 1,
            Answers({statuses, page(Fake::Student(1, 1), 1, 1, 1),
                     page(Fake::Member(1, 9) + "," + Fake::Member(2, 9), 1, 1, 2),
                     page(Fake::Tie(2, 1), 1, 1, 1), page(three, 1, 1, 3),
                     page(Fake::Family(9), 1, 1, 1)}));
  out.Write("facts_poll", "rows-missing", 0,
            Answers({statuses, page(Fake::Student(1, 1), 1, 1, 1), page(three, 1, 2, 4),
                     page("", 2, 2, 4)}));
  out.Write("facts_poll", "throttled", 0,
            "429 3\nTry again in 3 seconds.\n---\n500\n\n---\n0\n\n---\n200\n" + statuses +
                "\n---\n403\nOut of call volume quota. Quota will be replenished in 01:02:03.");
  out.Write("facts_poll", "refused", 0,
            "401\n{\"message\":\"Access denied due to invalid subscription key Qzmarker7\"}");
  out.Write("facts_poll", "date", 0, "503 Mon, 24 Aug 2026 00:00:30 GMT\nQzmarker7");
}

// ---- SCIM

void Scim(Writer& out) {
  const auto user = [](const std::string& id, const std::string& external) {
    return R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":")" + id +
           R"(","externalId":")" + external +
           R"(","userName":"ann@example.org","active":true,"name":{"givenName":"Ann","familyName":"B"},)"
           R"("emails":[{"value":"ann@example.org","primary":true},{"value":"Qzmarker7@example.org"}],)"
           R"("phoneNumbers":[{"type":"home","value":"1"}],"roles":[{"value":"parent"}],)"
           R"("meta":{"version":"W/\"1\""},"urn:ietf:params:scim:schemas:extension:volunteer:2.0:User":)"
           R"({"school":"EX","grade":"09","invitedAt":"2026-08-24T06:30:00Z","lastAccessedAt":null}})";
  };
  const auto list = [](std::size_t total, const std::string& users) {
    return R"({"totalResults":)" + std::to_string(total) +
           R"(,"itemsPerPage":3,"startIndex":1,"Resources":[)" + users + "]}";
  };
  const std::string schemas =
      R"({"totalResults":1,"Resources":[{"id":"urn:ietf:params:scim:schemas:extension:volunteer:2.0:User",)"
      R"("attributes":[{"name":"invitedAt"},{"name":"grade"}]}]})";
  const std::string config = R"({"sort":{"supported":true},"patch":{"supported":true}})";
  const std::string error =
      R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409",)"
      R"("scimType":"uniqueness","detail":"Qzmarker7@example.org is taken"})";
  const std::string ann = user("7", "tcs:12");
  const std::string three =
      user("1", "tcs:1") + "," + user("2", "tcs:2") + "," + user("3", "tcs:3");
  out.Write("scim_answer", "list", 0, list(2, ann + "," + user("8", "Qzmarker7")));
  out.Write("scim_answer", "user", 1, ann);
  out.Write("scim_answer", "schemas", 2, schemas);
  out.Write("scim_answer", "sort", 3, config);
  out.Write("scim_answer", "error", 4, error);

  const auto site = [&](const std::string& name, int kind,
                        const std::vector<std::pair<int, std::string>>& answers) {
    std::string script;
    for (const auto& [status, body] : answers) {
      script += (script.empty() ? "" : "\n---\n") + std::to_string(status) + "\n" + body;
    }
    out.Write("scim_site", name, kind, script);
  };
  const std::string none = list(0, "");
  // Kinds by number: see TaskOf in the target.
  site("read", 0x80,
       {{200, schemas}, {200, config}, {200, list(4, three)}, {200, list(4, ann)}, {200, none}});
  site("read-smaller", 0x80, {{404, ""}, {404, ""}, {200, list(1, ann)}, {200, list(1, "")}});
  site("add", 0, {{200, schemas}, {200, none}, {201, ann}});
  site("add-conflict", 0, {{200, schemas}, {200, none}, {409, error}, {200, none}});
  site("add-broken", 0, {{200, schemas}, {200, none}, {1, ""}, {200, list(1, ann)}});
  site("update", 1, {{200, schemas}, {200, ann}, {412, ""}, {200, ann}, {200, ann}, {200, ann}});
  site("update-unclear", 1,
       {{200, schemas}, {200, ann}, {500, ""}, {200, ann}, {204, ""}, {200, ann}});
  site("update-broken", 1,
       {{200, schemas}, {200, ann}, {1, ""}, {200, ann}, {204, ""}, {200, ann}});
  site("archive", 2, {{200, schemas}, {200, ann}, {204, ""}, {200, ann}});
  site("restore", 3, {{200, schemas}, {200, ann}});
  site("invite", 4, {{200, schemas}, {200, ann}, {503, ""}, {200, ann}});
  site("invite-doubt", 4 + 0x40 + 1, {{200, schemas}, {200, ann}});
  site("gone", 2, {{200, schemas}, {404, ""}, {200, none}, {404, ""}});
  site("look-only", 0x20 + 2, {{200, schemas}, {200, ann}});
}

// ---- the wire

v1::Request Base() {
  v1::Request request;
  request.set_version(1);
  request.set_request_id("q1");
  request.set_school("tcs");
  return request;
}

void EachRequest(const std::function<void(const std::string&, const v1::Request&)>& each) {
  const auto give = [&](const std::string& name, const std::function<void(v1::Request&)>& fill,
                        bool command = false) {
    v1::Request request = Base();
    if (command) request.set_command_id("c1");
    fill(request);
    each(name, request);
  };
  give("get-status", [](auto& r) { r.mutable_get_status(); });
  give(
      "start-poll", [](auto& r) { r.mutable_start_poll(); }, true);
  give("get-poll", [](auto& r) { r.mutable_get_poll()->set_poll(1); });
  give("list-users", [](auto& r) {
    auto& body = *r.mutable_list_users();
    body.set_page_size(2);
    body.mutable_filter()->set_match("last");
    body.mutable_filter()->set_grade("09");
    body.mutable_filter()->add_reasons("duplicate-email");
    body.mutable_filter()->set_family_context(true);
  });
  give("list-everybody", [](auto& r) { r.mutable_list_users()->set_page_size(2); });
  give(
      "decide",
      [](auto& r) {
        r.mutable_decide()->set_decision(v1::SYNC);
        r.mutable_decide()->add_persons(4);
        r.mutable_decide()->set_note(kName);
      },
      true);
  give(
      "decide-all",
      [](auto& r) {
        r.mutable_decide()->set_decision(v1::SKIP);
        r.mutable_decide()->mutable_filter()->set_status(v1::STATUS_NEW);
      },
      true);
  give(
      "prepare", [](auto& r) { r.mutable_prepare_plan(); }, true);
  give(
      "prepare-invitations",
      [](auto& r) { r.mutable_prepare_plan()->mutable_invitations()->set_batch(5); }, true);
  give(
      "prepare-undo", [](auto& r) { r.mutable_prepare_plan()->set_undo_of(1); }, true);
  give("get-plan", [](auto& r) { r.mutable_get_plan()->set_plan(1); });
  give("list-plan", [](auto& r) { r.mutable_list_plan()->set_plan(1); });
  give(
      "approve",
      [](auto& r) {
        auto& body = *r.mutable_approve_plan();
        body.set_plan(1);
        body.set_digest(std::string(32, 'd'));
        body.add_only(v1::CLASS_ADD);
        body.add_except(5);
        body.set_override_guards(true);
        body.set_override_reason(kName);
      },
      true);
  give("list-tasks", [](auto& r) {
    r.mutable_list_tasks()->set_state(v1::UNKNOWN);
    r.mutable_list_tasks()->set_page_size(1);
  });
  give(
      "retry", [](auto& r) { r.mutable_retry_tasks()->add_tasks()->set_plan(2); }, true);
  give(
      "retry-dead", [](auto& r) { r.mutable_retry_tasks()->set_all_dead(true); }, true);
  give(
      "confirm", [](auto& r) { r.mutable_confirm_tasks()->add_tasks()->set_plan(2); }, true);
  give("explain", [](auto& r) { r.mutable_explain()->set_person(1); });
  give("replay", [](auto& r) { r.mutable_replay()->set_numbered(true); });
  give("list-plans", [](auto& r) { r.mutable_list_plans()->set_page_size(1); });
  give(
      "exclude-family",
      [](auto& r) {
        r.mutable_decide_families()->set_exclude(true);
        r.mutable_decide_families()->add_families(2);
      },
      true);
  give("list-families", [](auto& r) { r.mutable_list_families()->set_page_size(1); });
  give("list-groups", [](auto& r) { r.mutable_list_groups()->set_status(v1::GROUP_ALL); });
  give(
      "resolve",
      [](auto& r) {
        r.mutable_resolve_group()->set_group(1);
        r.mutable_resolve_group()->set_keep(5);
      },
      true);
  give(
      "use-email2", [](auto& r) { r.mutable_resolve_group()->set_use_email2(5); }, true);
  give(
      "match",
      [](auto& r) {
        r.mutable_decide_match()->set_person(4);
        r.mutable_decide_match()->set_account("a1");
      },
      true);
  give(
      "match-none",
      [](auto& r) {
        r.mutable_decide_match()->set_person(4);
        r.mutable_decide_match()->set_none(true);
      },
      true);
  give("verify", [](auto& r) { r.mutable_verify_state(); });
}

void Wire(Writer& out, RandomModel& chance) {
  EachRequest([&](const std::string& name, const v1::Request& request) {
    out.Write("control_request", name, request);
  });
  out.Write("control_request", "version-2", std::string("\x08\x02\x12\x02q1", 6));

  model::WorkerRequest request{"w1", "host:1:2", model::Lease{{SchoolId("tcs")}, 5, {}}};
  out.Write("worker_request", "lease", bus::EncodeWorkerRequest(request));
  request.body = model::Heartbeat{{{SchoolId("tcs"), chance.AnyTask(), 3}}};
  out.Write("worker_request", "heartbeat", bus::EncodeWorkerRequest(request));
  const std::vector<model::Outcome> ends = {
      model::Applied{chance.Account(), true},
      model::Failed{"site-unavailable", true, true, std::chrono::seconds(9)},
      model::Superseded{"changed"}, model::Unknown{"no-answer", true}};
  model::ReportOutcomes report;
  for (const model::Outcome& end : ends) {
    report.reports.push_back({SchoolId("tcs"), chance.AnyTask(), 1, end});
  }
  request.body = report;
  out.Write("worker_request", "report", bus::EncodeWorkerRequest(request));

  model::WorkerReply reply{"w1", Error{Code::kInvalid, "bad-request", "It can't be taken."}};
  out.Write("worker_reply", "error", bus::EncodeWorkerReply(reply));
  model::LeaseReply lease;
  lease.tasks = {{SchoolId("tcs"), chance.Task()}, {SchoolId("tcs"), chance.Task()}};
  lease.lease = std::chrono::seconds(60);
  lease.shares = {{SchoolId("tcs"), 2.5}};
  reply.body = lease;
  out.Write("worker_reply", "lease", bus::EncodeWorkerReply(reply));
  reply.body = model::HeartbeatReply{{{SchoolId("tcs"), chance.AnyTask(), 3}}};
  out.Write("worker_reply", "heartbeat", bus::EncodeWorkerReply(reply));
  reply.body = model::ReportReply{};
  out.Write("worker_reply", "report", bus::EncodeWorkerReply(reply));
}

// ---- rosterctl

model::Status AnyStatus(RandomModel& chance) {
  model::Status status;
  status.daemon_version = "1";
  model::SchoolStatus school;
  school.school = SchoolId("tcs");
  school.name = "E";
  school.tally = chance.Tally();
  school.last_poll = chance.Poll();
  school.last_good_poll = chance.Poll();
  school.plans = {chance.Plan()};
  school.head = Seq(2);
  school.holds = {chance.Hold()};
  school.unknown_words = {{"Odd", 3}};
  status.schools = {school};
  return status;
}

// Two entries, the second of this kind.
void AddEntries(int kind, Answered& answered) {
  for (int i = 0; i < 2; ++i) {
    Entry& entry = *answered.add_entries();
    entry.set_honest(true);
    entry.mutable_entry()->set_actor("uid:1000");
    if (i == 0) {
      entry.mutable_entry()->mutable_poll_completed()->set_people(2);
      continue;
    }
    const auto* event = v1::Entry::descriptor()->FindOneofByName("event")->field(kind);
    v1::Entry::GetReflection()->MutableMessage(entry.mutable_entry(), event);
  }
}

void Client(Writer& out, RandomModel& chance) {
  const model::ReplyBody status = AnyStatus(chance);
  model::UserPage users{{chance.Row(), chance.Row()}, "", chance.Tally()};
  model::GroupRow group;
  group.group = chance.Group();
  group.decision = chance.GroupDecision();
  group.members = {chance.Row()};
  const model::Plan plan = chance.Plan();
  model::TaskPage tasks{{{chance.Task(), "A", "B", "It is queued."}}, "", chance.Counts()};
  model::ExplainReply explain{chance.Row(), {{std::nullopt, "It was found.", Seq(1)}}};
  model::VerifyReply verify;
  verify.differences = {{"link", "7", "missing", "The link of 7 is missing."}};
  verify.differences_total = 1;
  const model::ReplyBody refused = model::Refusal{
      {Code::kConflict, "changed", "It has changed."}, {chance.Row()}, 1, {chance.Hold()}};
  struct Seed {
    std::string name;
    std::uint32_t command;
    std::vector<model::ReplyBody> replies;
  };
  const model::ReplyBody poll = model::PollReply{chance.Poll()};
  const model::ReplyBody planned = model::PlanReply{plan, 1};
  const model::ReplyBody approved = model::ApproveReply{plan, {chance.Row()}, 1};
  const model::ReplyBody plan_users = model::PlanUserPage{users};
  model::ReplayReply replay;
  replay.head = Seq(2);
  const std::vector<Seed> seeds = {
      {"status", 0, {status}},
      {"status-refused", 1, {refused}},
      {"poll", 2, {status, poll}},
      {"poll-wait", 3, {status, poll, poll, status}},
      {"users", 4, {status, users}},
      {"users-fields", 5, {status, users}},
      {"select", 6, {status, model::DecideReply{1, 0, chance.Tally(), {PersonId(3)}}}},
      {"select-all", 7, {status, model::DecideReply{1, 0, chance.Tally(), {}}}},
      {"duplicates", 8, {status, model::GroupPage{{group}, ""}}},
      {"resolve", 9, {status, model::SettleReply{std::nullopt, {chance.Row()}}}},
      {"matches", 10, {status, users}},
      {"match", 11, {status, model::SettleReply{PollId(3), {}}, poll}},
      {"excluded",
       12,
       {status, users,
        model::FamilyPage{{{chance.FamilyCount(), true, "n", "a", Time{}}}, "", chance.Tally()}}},
      {"exclude", 13, {status, model::DecideFamiliesReply{1, 0, 2, chance.Tally()}}},
      {"plan", 14, {status, planned, plan_users}},
      {"plan-2", 15, {status, planned, plan_users}},
      {"sync", 16, {status, planned, approved, planned}},
      {"sync-asked", 17, {status, planned, plan_users, approved}},
      {"sync-refused", 16, {status, planned, refused}},
      {"invite", 18, {status, planned, plan_users, approved, planned}},
      {"undo", 20, {status, planned, plan_users}},
      {"tasks", 21, {status, tasks}},
      {"retry", 22, {status, model::RetryReply{1, {{chance.AnyTask(), "no-such-task", "No."}}}}},
      {"confirm", 23, {status, model::ConfirmReply{1, {}}}},
      {"explain", 24, {status, explain}},
      {"events", 25, {status, replay}},
      {"follow", 26, {status, replay}},
      {"journal-verify", 27, {status, replay, verify}},
      {"journal", 28, {status, replay}},
  };
  for (const Seed& seed : seeds) {
    Run run;
    run.set_command(seed.command);
    for (const model::ReplyBody& body : seed.replies) {
      v1::Reply reply;
      reply.ParseFromString(bus::EncodeReply("", body));
      if (reply.has_replay()) {
        AddEntries(0, *run.add_answers());
        if (seed.name == "journal-verify") {
          reply.mutable_replay()->set_head_hash(std::string(32, 'h'));
          reply.mutable_replay()->add_numbers(1);
          reply.mutable_replay()->add_numbers(2);
        }
      } else {
        run.add_answers();
      }
      *run.mutable_answers(run.answers_size() - 1)->mutable_reply() = reply;
    }
    run.add_heard()->mutable_beat()->set_version(1);
    out.Write("control_reply", seed.name, run);
    run.set_json(true);
    out.Write("control_reply", seed.name + "-json", run);
  }
  const int events = v1::Entry::descriptor()->FindOneofByName("event")->field_count();
  for (int kind = 0; kind < events; ++kind) {
    Run run;
    run.set_command(25);
    run.add_answers()->mutable_reply()->ParseFromString(bus::EncodeReply("", status));
    AddEntries(kind, *run.add_answers());
    run.mutable_answers(1)->mutable_reply()->mutable_replay()->set_head(2);
    out.Write("control_reply", "event-" + std::to_string(kind), run);
  }
}

void Feeds(Writer& out) {
  Listening feed;
  const auto entry = [&](bool published) {
    Entry& one = *feed.add_heard()->mutable_entry();
    one.set_honest(true);
    one.set_published(published);
    one.mutable_entry()->mutable_poll_completed()->set_people(2);
  };
  const auto answer = [&] { feed.add_heard()->mutable_answer()->set_honest(true); };
  const auto beat = [&] {
    feed.add_heard()->mutable_beat();
    feed.mutable_heard(feed.heard_size() - 1)->set_honest(true);
  };
  answer();
  entry(true);
  beat();
  out.Write("journal_feed", "follows", feed);
  entry(false);
  entry(true);
  answer();
  feed.add_heard()->set_silence(true);
  answer();
  out.Write("journal_feed", "lost", feed);
  *feed.add_heard() = feed.heard(1);
  feed.mutable_heard(feed.heard_size() - 1)->mutable_entry()->set_honest(false);
  auto& lie = *feed.add_heard()->mutable_answer();
  lie.add_entries()->mutable_entry()->set_seq(2);
  lie.set_head_off(-1);
  out.Write("journal_feed", "lies", feed);
  feed.set_since(1);
  feed.add_heard()->set_raw_entry("no entry");
  feed.add_heard()->set_raw_beat("no beat");
  out.Write("journal_feed", "since", feed);
}

void Engine(Writer& out) {
  EachRequest([&](const std::string& name, const v1::Request& request) {
    Frames frames;
    for (int i = 0; i < 2; ++i) {
      Frame& frame = *frames.add_frames();
      *frame.mutable_control() = request;
      frame.set_honest(true);
    }
    out.Write("engine", name, frames);
  });
  Frames work;
  const auto add = [&] {
    work.add_frames()->set_honest(true);
    return work.mutable_frames(work.frames_size() - 1);
  };
  v1::WorkerRequest request;
  request.mutable_lease()->set_max(3);
  *add()->mutable_worker() = request;
  auto& report = *request.mutable_report();
  report.add_outcomes()->mutable_failed()->set_reason("site-unavailable");
  report.add_outcomes()->mutable_unknown()->set_reason("no-answer");
  report.add_outcomes()->mutable_applied()->mutable_account()->set_id("a9");
  *add()->mutable_worker() = request;
  add()->set_seconds(90'000);
  add()->set_restart(true);
  add()->set_poll(true);
  request.mutable_heartbeat()->add_held()->set_plan(2);
  *add()->mutable_worker() = request;
  out.Write("engine", "work", work);
}

// ---- the disk

void Disk(Writer& out, RandomModel& chance) {
  const std::vector<model::PlanItem> items = {chance.PlanItem(), chance.PlanItem()};
  model::SchoolHead head;
  head.tally = chance.Tally();
  head.seq = Seq(9);
  head.unknown_words = {{"Odd", 2}};
  v1::Entry entry;
  entry.set_version(1);
  entry.set_school("tcs");
  entry.set_seq(1);
  entry.set_previous(std::string(32, '\0'));
  entry.mutable_at()->set_seconds(1'787'553'000);
  entry.mutable_poll_completed()->set_people(2);
  // In the order of the target's kinds.
  const std::vector<std::string> values = {
      store::EncodeFormat({1, "0.1"}),
      store::EncodeSchoolHead(head),
      store::EncodeQuota({}),
      store::EncodeChange(chance.Change()),
      store::EncodeGroup(chance.Group()),
      store::EncodeFingerprint(chance.AnyFingerprint()),
      store::EncodePlacement(chance.Placement()),
      store::EncodeLink({PersonId(7), AccountId("a"), chance.Fields()}),
      store::EncodeDecision(chance.Decision()),
      store::EncodeGroupDecision(chance.GroupDecision()),
      store::EncodeEmailChoice(chance.EmailChoice()),
      store::EncodeMatchDecision(chance.MatchDecision()),
      store::EncodeFamilyExclusion(chance.FamilyExclusion()),
      store::EncodeFamilyCount(chance.FamilyCount()),
      store::EncodePerson(PersonId(-7)),
      store::EncodePoll(chance.Poll()),
      store::EncodePlan(chance.Plan()),
      store::EncodePlanItems(items),
      store::EncodeTask(chance.Task()),
      store::EncodeHeldTask(chance.AnyTask(), true),
      store::EncodeKeptReply(
          {chance.AnyDigest(), bus::EncodeReply("", model::DecideReply{}), chance.AnyTime()}),
      entry.SerializeAsString(),
  };
  for (std::size_t kind = 0; kind < values.size(); ++kind) {
    out.Write("stored_value", "kind-" + std::to_string(kind), static_cast<int>(kind), values[kind]);
  }
  const int events = v1::Entry::descriptor()->FindOneofByName("event")->field_count();
  for (int kind = 0; kind < events; ++kind) {
    v1::Entry::GetReflection()->MutableMessage(
        &entry, v1::Entry::descriptor()->FindOneofByName("event")->field(kind));
    out.Write("stored_value", "event-" + std::to_string(kind), 21, entry.SerializeAsString());
  }

  const SchoolId school("tcs");
  const std::vector<std::string> keys = {
      store::GroupNumberKey(school, GroupId(3)),
      store::FamilyCountKey(school, FamilyId(2)),
      store::StatusIndexKey(school, model::ListStatus::kNew,
                            "b\x01"
                            "a",
                            PersonId(7)),
      store::ChangeKey(school, PersonId(7)),
      store::TaskKey(school, {PlanId(3), 1}),
  };
  for (std::size_t list = 0; list < keys.size(); ++list) {
    out.Write("page_token", "list-" + std::to_string(list), static_cast<int>(list),
              engine::ToHex(keys[list]));
  }
  const std::vector<std::string> parsed = {
      store::ChangeKey(school, PersonId(7)),     store::FamilyCountKey(school, FamilyId(2)),
      store::GroupKey(school, Fingerprint{}),    store::GroupNumberKey(school, GroupId(3)),
      store::AccountKey(school, AccountId("a")), store::PollKey(school, PollId(3)),
      store::PlanKey(school, PlanId(3)),         store::TaskKey(school, {PlanId(3), 1}),
      store::EntryKey(school, Seq(3)),           store::ReplyKey(school, CommandId("c")),
  };
  for (std::size_t kind = 0; kind < parsed.size(); ++kind) {
    const int choice = static_cast<int>(kind + 5);
    out.Write("page_token", "key-" + std::to_string(kind), choice, parsed[kind]);
    out.Write("page_token", "key-" + std::to_string(kind) + "-hex", choice,
              engine::ToHex(parsed[kind]));
  }
  out.Write("page_token", "verify", 16, "");
}

int WriteAll(const std::string& folder) {
  Writer out{fs::path(folder)};
  RandomModel chance(4);
  Config(out);
  Facts(out);
  Scim(out);
  Wire(out, chance);
  Client(out, chance);
  Feeds(out);
  Engine(out);
  Disk(out, chance);
  return 0;
}

}  // namespace
}  // namespace roster::fuzz

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() != 2 || args[0] != "--write-seeds") {
    std::fprintf(stderr, "usage: fuzz_seeds --write-seeds FOLDER\n");
    return 2;
  }
  return roster::fuzz::WriteAll(args[1]);
}
