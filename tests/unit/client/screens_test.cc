// Golden screens at 80 and 120 columns. ROSTER_UPDATE_GOLDEN=1 refreshes tests/data/golden/client.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/follow.h"
#include "client/text.h"
#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

v1::Poll UsedPoll() {
  v1::Poll poll;
  poll.set_poll(12);
  poll.set_state(v1::Poll::USED);
  *poll.mutable_ended_at() = At();
  poll.set_people(9176);
  poll.set_students(1535);
  poll.set_accounts(1498);
  poll.set_requests(14);
  poll.set_bytes(4'212'345);
  poll.set_rows_changed(19);
  poll.set_rows_rejected(1);
  poll.set_unowned_accounts(7);
  auto* row = poll.add_rejected();
  row->set_resource("People");
  row->set_row(4711);
  row->set_id(33);
  row->set_field("email");
  row->set_reason("wrong-type");
  return poll;
}

v1::Reply Tasks() {
  v1::Reply reply;
  reply.mutable_tasks()->mutable_counts()->set_applied(16);
  reply.mutable_tasks()->mutable_counts()->set_dead(1);
  reply.mutable_tasks()->mutable_counts()->set_queued(1);
  auto* task = reply.mutable_tasks()->add_rows();
  task->set_plan(7);
  task->set_index(0);
  task->set_person(10412);
  task->set_first_name("Ann");
  task->set_last_name("Abbott");
  task->set_action(v1::ADD);
  task->set_state(v1::DEAD);
  task->set_attempt(8);
  task->set_reason("rejected-by-site");
  task->set_sentence("The site calls the request wrong: it will not help to send it again.");
  *task->mutable_ended_at() = At(60);
  task = reply.mutable_tasks()->add_rows();
  task->set_plan(7);
  task->set_index(1);
  task->set_person(10433);
  task->set_first_name("美咲");
  task->set_last_name("田中");
  task->set_action(v1::UPDATE);
  task->set_state(v1::RETRY);
  task->set_attempt(2);
  task->set_sentence("The site does not answer: it is tried again.");
  *task->mutable_not_before() = At(90);
  return reply;
}

v1::Reply Explained() {
  v1::Reply reply;
  *reply.mutable_explain()->mutable_row() = SampleUsers()[1];
  auto* drift = reply.mutable_explain()->mutable_row()->add_drift();
  drift->set_field("name.familyName");
  drift->set_before("田中");
  drift->set_after("Tanaka");
  auto* line = reply.mutable_explain()->add_lines();
  line->set_text("The account 4f1c fits by its e-mail, and carries no external id.");
  line = reply.mutable_explain()->add_lines();
  *line->mutable_at() = At(-86400);
  line->set_seq(17);
  line->set_text("Selected by uid:1000.");
  return reply;
}

std::string JournalBytes(std::uint64_t seq, v1::Entry entry, const std::string& previous) {
  entry.set_version(1);
  entry.set_school("tcs");
  entry.set_seq(seq);
  *entry.mutable_at() = At(static_cast<std::int64_t>(seq));
  entry.set_previous(previous);
  if (entry.actor().empty()) entry.set_actor("rosterd");
  std::string bytes = entry.SerializeAsString();
  return bytes;
}

std::vector<std::string> OneOfEachEvent();

class Screens : public testing::TestWithParam<std::size_t> {
 protected:
  Screens() {
    // As on a terminal, without colour.
    world_.terminal = Terminal{GetParam(), true, true, true, false};
    world_.daemon.On("get_status", SampleStatus());
    world_.daemon.On("list_users", Page(SampleUsers()));
    world_.daemon.On("prepare_plan", PlanOf(SamplePlan()));
    world_.daemon.On("get_plan", PlanOf(SamplePlan()));
    world_.daemon.On("list_plan", PlanPage({SampleUsers()[0], SampleUsers()[1]}));
    world_.daemon.On("list_tasks", Tasks());
    world_.daemon.On("explain", Explained());
  }
  // An empty entry is one that is not there.
  void ServeJournal(const std::vector<std::string>& journal, const std::string& head_hash,
                    const std::vector<v1::Difference>& differences = {}) {
    v1::Reply replay;
    replay.mutable_replay()->set_head(journal.size());
    replay.mutable_replay()->set_head_hash(head_hash);
    for (std::size_t i = 0; i < journal.size(); ++i) {
      if (journal[i].empty()) continue;
      replay.mutable_replay()->add_entries(journal[i]);
      replay.mutable_replay()->add_numbers(i + 1);
    }
    world_.daemon.On("replay", replay);
    v1::Reply verified;
    verified.mutable_verify()->set_entries(journal.size());
    verified.mutable_verify()->set_decisions(1535);
    verified.mutable_verify()->set_links(1498);
    verified.mutable_verify()->set_tasks(3204);
    verified.mutable_verify()->set_plans(12);
    for (const auto& difference : differences) {
      *verified.mutable_verify()->add_differences() = difference;
    }
    verified.mutable_verify()->set_differences_total(differences.size());
    world_.daemon.On("verify_state", verified);
  }
  void Expect(const std::string& name, std::vector<std::string> args,
              const std::string& input = "") {
    ExpectScreen(world_, name, std::move(args), input);
  }
  FakeWorld world_;
};

INSTANTIATE_TEST_SUITE_P(Width, Screens, testing::Values(80U, 120U));

TEST_P(Screens, Status) { Expect("status", {"status"}); }

TEST_P(Screens, StatusWithEverythingWrong) {
  v1::Reply reply = SampleStatus();
  v1::Status& status = *reply.mutable_status();
  status.set_disk_problem("No space left on /var/lib/rosterd: free some, nothing is lost.");
  v1::SchoolStatus& school = *status.mutable_schools(0);
  school.mutable_last_poll()->set_poll(13);
  school.mutable_last_poll()->set_state(v1::Poll::REJECTED);
  school.mutable_last_poll()->set_message(
      "9,176 people announced, 9,100 received. Nothing was changed; trying again in 4 min.");
  school.clear_next_poll_at();
  school.set_source_problem("FACTS refuses the school's key: ask the school for a new one.");
  school.set_site_problem("The site refuses the token: check site.scim.read_token.");
  school.mutable_tasks()->set_dead(2);
  school.mutable_tasks()->set_queued(3);
  auto* word = school.add_unknown_words();
  word->set_reason("Alumni \x1b[5m");
  word->set_count(3);
  school.add_unknown_words()->set_count(2);
  v1::Plan plan = SamplePlan();
  plan.set_state(v1::APPROVED);
  *plan.mutable_approved_at() = At(60);
  plan.set_approved_by("uid:1000");
  plan.mutable_tasks()->set_applied(10);
  plan.mutable_tasks()->set_queued(8);
  *school.add_plans() = plan;
  status.clear_workers();
  school.set_workers_away(true);
  world_.daemon.On("get_status", reply);
  Expect("status-wrong", {"status", "--exit-code"});
}

TEST_P(Screens, StatusWithAPlanThatWaitsForASecondApprover) {
  v1::Reply reply = SampleStatus();
  v1::SchoolStatus& school = *reply.mutable_status()->mutable_schools(0);
  v1::Plan& plan = *school.add_waiting();
  plan = SamplePlan();
  plan.mutable_first_approval()->set_actor("uid:1001");
  *plan.mutable_first_approval()->mutable_at() = At(60);
  plan.mutable_first_approval()->add_only(v1::CLASS_ARCHIVE);
  school.set_acknowledged(38);
  world_.daemon.On("get_status", reply);
  Expect("status-two", {"status"});
}

TEST_P(Screens, PlanThatWaitsForASecondApprover) {
  v1::Plan plan = SamplePlan();
  plan.set_two_needed("archives");
  plan.mutable_first_approval()->set_actor("uid:1001");
  *plan.mutable_first_approval()->mutable_at() = At(60);
  world_.daemon.On("prepare_plan", PlanOf(plan));
  Expect("plan-two", {"plan"});
}

TEST_P(Screens, Poll) {
  v1::Reply started;
  started.mutable_poll()->mutable_poll()->set_poll(12);
  started.mutable_poll()->mutable_poll()->set_state(v1::Poll::RUNNING);
  world_.daemon.On("start_poll", started);
  Expect("poll", {"poll"});
}

TEST_P(Screens, PollWait) {
  v1::Reply started;
  started.mutable_poll()->mutable_poll()->set_poll(12);
  started.mutable_poll()->mutable_poll()->set_state(v1::Poll::RUNNING);
  world_.daemon.On("start_poll", started);
  int looks = 0;
  world_.daemon.On("get_poll", [&](const v1::Request&) {
    v1::Reply reply = started;
    v1::Poll& poll = *reply.mutable_poll()->mutable_poll();
    if (++looks == 1) poll.set_phase("Students");
    if (looks == 2) {
      poll.set_phase("People");
      poll.set_done(4000);
      poll.set_total(9176);
    }
    if (looks == 3) poll = UsedPoll();
    return reply;
  });
  Expect("poll-wait", {"poll", "--wait"});
}

TEST_P(Screens, PollRejected) {
  v1::Reply reply;
  v1::Poll& poll = *reply.mutable_poll()->mutable_poll();
  poll.set_poll(13);
  poll.set_state(v1::Poll::REJECTED);
  poll.set_reason("rows-missing");
  poll.set_message("9,176 people announced, 9,100 received. Trying again in 4 min.");
  world_.daemon.On("start_poll", reply);
  Expect("poll-rejected", {"poll", "--wait"});
}

TEST_P(Screens, Users) { Expect("users", {"users"}); }

TEST_P(Screens, UsersWithNobodyNew) {
  world_.daemon.On("list_users", Page({}));
  Expect("users-none", {"users"});
}

TEST_P(Screens, Select) {
  v1::Reply reply;
  reply.mutable_decide()->set_changed(12);
  reply.mutable_decide()->set_unchanged(2);
  *reply.mutable_decide()->mutable_counters() = SampleCounters();
  reply.mutable_decide()->add_not_selectable(998);
  world_.daemon.On("decide", reply);
  Expect("select", {"select", "--all"});
}

TEST_P(Screens, Plan) { Expect("plan", {"plan"}); }

TEST_P(Screens, PlanByAction) { Expect("plan-add", {"plan", "7", "--action", "add"}); }

TEST_P(Screens, PlanWithNothing) {
  v1::Plan plan;
  *plan.mutable_counters() = SampleCounters();
  world_.daemon.On("prepare_plan", PlanOf(plan));
  Expect("plan-nothing", {"plan"});
}

TEST_P(Screens, PlanSaysWhatWaitsWhereNothingIsToBeApproved) {
  v1::Plan plan;
  *plan.mutable_counters() = SampleCounters();
  for (const auto& [reason, count] : {std::pair("decision-outdated", 3), std::pair("lost", 1)}) {
    v1::Count& skipped = *plan.mutable_counters()->add_skipped_because();
    skipped.set_reason(reason);
    skipped.set_count(static_cast<std::uint64_t>(count));
  }
  v1::Reply reply = PlanOf(plan);
  reply.mutable_plan()->set_in_progress(2);
  world_.daemon.On("prepare_plan", reply);
  const Ran ran = world_.Run({"plan"});
  const std::string text = Replaced(ran.out, "\n", " ");
  EXPECT_NE(text.find("Nothing is to be approved. There are 2 users with a task"),
            std::string::npos)
      << ran.out;
  EXPECT_NE(text.find("3 users to be decided on again"), std::string::npos) << ran.out;
}

TEST_P(Screens, SyncAsksShowsAndWaits) {
  v1::Plan approved = SamplePlan();
  approved.set_state(v1::APPROVED);
  approved.mutable_tasks()->set_queued(18);
  v1::Reply reply;
  *reply.mutable_approve()->mutable_plan() = approved;
  world_.daemon.On("approve_plan", reply);
  v1::Plan finished = approved;
  finished.set_state(v1::FINISHED);
  finished.mutable_tasks()->set_queued(0);
  finished.mutable_tasks()->set_applied(16);
  finished.mutable_tasks()->set_dead(1);
  finished.mutable_tasks()->set_superseded(1);
  world_.daemon.On("get_plan", PlanOf(finished));
  Expect("sync-wait", {"sync", "--wait"}, "y\n");
}

TEST_P(Screens, SyncRefusedSinceItHasChanged) {
  v1::Reply reply = ErrorOf("conflict", "plan-changed",
                            "Plan 7 was not approved: 1 item has changed since it was prepared.");
  *reply.mutable_error()->add_changed() = SampleUsers()[1];
  reply.mutable_error()->mutable_changed(0)->set_changed(true);
  reply.mutable_error()->set_changed_total(1);
  world_.daemon.On("approve_plan", reply);
  Expect("sync-changed", {"sync", "7"});
}

TEST_P(Screens, Invite) {
  v1::Plan plan;
  plan.set_plan(8);
  plan.set_invitations(true);
  plan.set_state(v1::OPEN);
  plan.set_digest("\x01\x02\x03\x04");
  plan.set_items(25);
  plan.set_invites(25);
  world_.daemon.On("prepare_plan", PlanOf(plan));
  Expect("invite", {"invite", "--never-accessed"}, "n\n");
}

TEST_P(Screens, Tasks) { Expect("tasks", {"tasks"}); }

TEST_P(Screens, TasksThatWaitForAPerson) {
  v1::Reply reply;
  reply.mutable_tasks()->mutable_counts()->set_applied(24);
  reply.mutable_tasks()->mutable_counts()->set_unknown(1);
  reply.mutable_tasks()->mutable_counts()->set_resting(1);
  auto* task = reply.mutable_tasks()->add_rows();
  task->set_plan(8);
  task->set_index(3);
  task->set_person(10412);
  task->set_first_name("Ann");
  task->set_last_name("Abbott");
  task->set_action(v1::INVITE);
  task->set_state(v1::UNKNOWN);
  task->set_attempt(2);
  task->set_reason("not-told");
  task->set_resting(true);
  task->set_sentence(
      "It may have been done, and the site can't tell. Look at the site: if it is done, "
      "`rosterctl confirm 8.3`; if not, `rosterctl retry 8.3`.");
  world_.daemon.On("list_tasks", reply);
  Expect("tasks-unknown", {"tasks", "--state", "unknown"});
}

TEST_P(Screens, StatusWithATaskThatWaitsForAPerson) {
  v1::Reply reply = SampleStatus();
  reply.mutable_status()->mutable_schools(0)->mutable_tasks()->set_unknown(1);
  reply.mutable_status()->mutable_schools(0)->mutable_tasks()->set_resting(1);
  world_.daemon.On("get_status", reply);
  Expect("status-unknown", {"status", "--exit-code"});
}

TEST_P(Screens, Retry) {
  v1::Reply reply;
  reply.mutable_retry()->set_retried(1);
  reply.mutable_retry()->add_refused()->set_plan(7);
  reply.mutable_retry()->mutable_refused(0)->set_index(3);
  auto* why = reply.mutable_retry()->add_why();
  why->set_plan(7);
  why->set_index(3);
  why->set_reason("not-dead");
  why->set_sentence("It is neither dead nor unknown.");
  world_.daemon.On("retry_tasks", reply);
  Expect("retry", {"retry", "7.0", "7.3"});
}

TEST_P(Screens, Confirm) {
  v1::Reply reply;
  reply.mutable_confirm()->set_confirmed(2);
  auto* refused = reply.mutable_confirm()->add_refused();
  refused->set_plan(8);
  refused->set_index(5);
  refused->set_reason("held");
  refused->set_sentence("A worker has it now: wait for what it reports.");
  world_.daemon.On("confirm_tasks", reply);
  Expect("confirm", {"confirm", "8.3", "8.4", "8.5"});
}

TEST_P(Screens, JournalVerified) {
  const std::vector<std::string> journal = OneOfEachEvent();
  ServeJournal(journal, EntryHash(journal.back()));
  Expect("journal-verify", {"journal", "verify"});
}

TEST_P(Screens, JournalDamaged) {
  std::vector<std::string> journal = OneOfEachEvent();
  const std::string hash = EntryHash(journal.back());
  journal[4].back() ^= 1;
  std::swap(journal[8], journal[9]);
  journal[14].clear();  // taken out
  v1::Difference difference;
  difference.set_about("link");
  difference.set_id("10412");
  difference.set_reason("other-account");
  difference.set_sentence(
      "Person 10412 is stored as linked to account 4f1d; the journal says account 4f1c.");
  ServeJournal(journal, hash, {difference});
  Expect("journal-damaged", {"journal", "verify"});
}

TEST_P(Screens, Explain) { Expect("explain", {"explain", "10433"}); }

TEST_P(Screens, Events) {
  const std::vector<std::string> journal = OneOfEachEvent();
  world_.daemon.On("replay", [journal](const v1::Request& request) {
    v1::Reply reply;
    reply.mutable_replay()->set_head(journal.size());
    for (std::size_t i = request.replay().since(); i < journal.size(); ++i) {
      reply.mutable_replay()->add_entries(journal[i]);
    }
    return reply;
  });
  Expect("events", {"events"});
}

// Every event that journal.proto has, filled by its descriptor: a new one shows up here.
std::vector<std::string> OneOfEachEvent() {
  std::vector<std::string> journal;
  std::string previous(32, '\0');
  const auto* events = v1::Entry::descriptor()->FindOneofByName("event");
  for (int i = 0; i < events->field_count(); ++i) {
    v1::Entry entry;
    auto* event = v1::Entry::GetReflection()->MutableMessage(&entry, events->field(i));
    const auto* reflection = event->GetReflection();
    for (int j = 0; j < event->GetDescriptor()->field_count(); ++j) {
      const auto* field = event->GetDescriptor()->field(j);
      using google::protobuf::FieldDescriptor;
      if (field->is_repeated()) {
        if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
          reflection->AddInt64(event, field, 10412);
        } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
          reflection->AddEnumValue(event, field, 3);
        } else {
          reflection->AddMessage(event, field);
        }
        continue;
      }
      switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_UINT64:
          reflection->SetUInt64(event, field, 1000 + static_cast<unsigned>(j));
          break;
        case FieldDescriptor::CPPTYPE_UINT32:
          reflection->SetUInt32(event, field, 3);
          break;
        case FieldDescriptor::CPPTYPE_INT64:
          reflection->SetInt64(event, field, 10412);
          break;
        case FieldDescriptor::CPPTYPE_STRING:
          reflection->SetString(event, field, field->name());
          break;
        case FieldDescriptor::CPPTYPE_ENUM:
          reflection->SetEnumValue(event, field, 1);
          break;
        default:
          break;
      }
    }
    entry.set_actor("uid:1000");
    journal.push_back(JournalBytes(journal.size() + 1, entry, previous));
    previous = EntryHash(journal.back());
  }
  return journal;
}

}  // namespace
}  // namespace roster::client
