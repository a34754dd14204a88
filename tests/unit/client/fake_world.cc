#include "tests/unit/client/fake_world.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

namespace roster::client {
namespace {

constexpr std::int64_t kMorning = 1'787'553'000;  // 2026-08-24 06:30:00 UTC

std::string BodyName(const v1::Request& request) {
  const auto* body = v1::Request::descriptor()->FindOneofByName("body");
  const auto* field = v1::Request::GetReflection()->GetOneofFieldDescriptor(request, body);
  return field == nullptr ? "" : field->name();
}

v1::UserRow Row(std::int64_t person, const char* first, const char* last, const char* email,
                const char* grade) {
  v1::UserRow row;
  row.set_person(person);
  row.set_first_name(first);
  row.set_last_name(last);
  row.set_email(email);
  row.set_grade(grade);
  row.set_school_code("TCS-CA");
  row.set_status_word("Enrolled");
  return row;
}

}  // namespace

Answer<bool> FakeDaemon::Send(const std::string& frame, Millis wait_max) {
  if (!connected) {
    clock_.Wait(wait_max);
    return false;
  }
  v1::Request request;
  if (!request.ParseFromString(frame)) return Fail(Exit::kFailed, "the test sent no request");
  requests.push_back(request);
  if (swallow > 0) {
    --swallow;
    return true;
  }
  const auto handler = handlers_.find(BodyName(request));
  v1::Reply reply = handler == handlers_.end()
                        ? ErrorOf("invalid", "unexpected", "unexpected " + BodyName(request))
                        : handler->second(request);
  if (reply.version() == 0) reply.set_version(1);
  if (reply.request_id().empty()) reply.set_request_id(request.request_id());
  replies_.push_back(reply.SerializeAsString());
  return true;
}

Answer<std::optional<std::string>> FakeDaemon::Receive(Millis wait_max) {
  auto& queue = unasked.empty() ? replies_ : unasked;
  if (queue.empty()) {
    clock_.Wait(wait_max);
    return std::nullopt;
  }
  std::string frame = queue.front();
  queue.pop_front();
  return frame;
}

std::vector<v1::Request> FakeDaemon::Requests(const std::string& name) const {
  std::vector<v1::Request> found;
  for (const v1::Request& request : requests) {
    if (BodyName(request) == name) found.push_back(request);
  }
  return found;
}

Answer<std::optional<Published>> FakeFeed::Receive(Millis wait_max) {
  if (next) {
    if (auto published = next()) return published;
  }
  clock_.Wait(wait_max);
  return std::nullopt;
}

FakeWorld::FakeWorld() {
  setenv("TZ", "UTC", 1);
  tzset();
  for (const char* name : {"ROSTER_CONTROL", "ROSTER_SERVER_KEY", "ROSTER_KEY"}) unsetenv(name);
  daemon.On("who_am_i", WhoIn({"tcs"}));
}

Ran FakeWorld::Run(std::vector<std::string> args, const std::string& input) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Console console(in, out, err, terminal, [this] { return terminal; });
  // The channel is the test's own, so what is handed out only passes on.
  class Borrowed : public Channel {
   public:
    explicit Borrowed(Channel& channel) : channel_(channel) {}
    Answer<bool> Send(const std::string& frame, Millis wait_max) override {
      return channel_.Send(frame, wait_max);
    }
    Answer<std::optional<std::string>> Receive(Millis wait_max) override {
      return channel_.Receive(wait_max);
    }
    std::string_view endpoint() const override { return channel_.endpoint(); }

   private:
    Channel& channel_;
  };
  World world{console, clock,
              [this](const std::string&, const std::optional<CallKeys>& own) {
                keys = own;
                return std::make_unique<Borrowed>(daemon);
              },
              [this](const std::string& endpoint, const std::vector<std::string>& schools,
                     const std::optional<CallKeys>&) -> Answer<std::unique_ptr<Feed>> {
                for (const std::string& school : schools) {
                  subscriptions.push_back(endpoint + " " + school);
                }
                auto feed = std::make_unique<FakeFeed>(clock);
                feed->next = published;
                return feed;
              }};
  Ran ran;
  ran.exit = RunProgram(std::move(args), world);
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(GOLDEN_DIR) + "/" + name;
  if (std::getenv("ROSTER_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  ASSERT_TRUE(file) << path << " is missing: ROSTER_UPDATE_GOLDEN=1 writes it";
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(golden.str(), text) << "ROSTER_UPDATE_GOLDEN=1 accepts it";
}

void ExpectScreen(FakeWorld& world, const std::string& name, std::vector<std::string> args,
                  const std::string& input) {
  const Ran ran = world.Run(std::move(args), input);
  ExpectGolden(
      name + "." + std::to_string(world.terminal.width) + ".txt",
      "exit " + std::to_string(ran.exit) + "\n---- out\n" + ran.out + "---- err\n" + ran.err);
}

google::protobuf::Timestamp At(std::int64_t seconds_after) {
  google::protobuf::Timestamp time;
  time.set_seconds(kMorning + seconds_after);
  return time;
}

v1::Counters SampleCounters() {
  v1::Counters counters;
  counters.set_everybody(1535);
  counters.set_fresh(16);
  counters.set_status_new(14);
  counters.set_status_selected(1312);
  counters.set_status_skipped(204);
  counters.set_status_error(5);
  counters.set_to_add(12);
  counters.set_to_update(3);
  counters.set_to_archive(2);
  counters.set_to_restore(1);
  counters.set_to_skip(23);
  counters.set_unchanged(1494);
  counters.set_errors(4);
  counters.set_warnings(1);
  counters.set_fresh_selected(12);
  counters.set_families(820);
  counters.set_families_fresh(11);
  counters.set_families_selected(9);
  counters.set_families_excluded(2);
  for (const auto& [word, count] : {std::pair{"email-change", 1}, {"missing", 1}}) {
    auto* part = counters.add_by_class();
    part->set_reason(word);
    part->set_count(static_cast<std::uint64_t>(count));
  }
  for (const auto& [reason, count] :
       {std::pair{"undecided", 14}, {"missing-email", 5}, {"deselected", 4}}) {
    auto* because = counters.add_skipped_because();
    because->set_reason(reason);
    because->set_count(static_cast<std::uint64_t>(count));
  }
  return counters;
}

std::vector<v1::UserRow> SampleUsers() {
  std::vector<v1::UserRow> rows;
  rows.push_back(Row(10412, "Ann", "Abbott", "ann.abbott@example.org", "09"));
  rows.back().set_is_new(true);
  rows.back().set_sync(true);
  rows.back().set_status(v1::STATUS_NEW);
  rows.back().set_situation(v1::NEW);
  rows.back().set_bucket(v1::TO_ADD);
  rows.back().set_action(v1::ADD);
  rows.back().set_reason("new");
  rows.back().set_sentence("Has no account on the site yet: one will be added.");
  rows.push_back(Row(10433, "美咲", "田中", "misaki.tanaka.of.the.long.address@example.org", "10"));
  rows.back().set_is_new(true);
  rows.back().set_sync(true);
  rows.back().set_status(v1::STATUS_NEW);
  rows.back().set_situation(v1::FOUND);
  rows.back().set_bucket(v1::TO_UPDATE);
  rows.back().set_action(v1::UPDATE);
  rows.back().set_reason("found");
  rows.back().set_sentence(
      "An account with this e-mail is there already: it will be linked, and brought up to date.");
  auto* change = rows.back().add_fields();
  change->set_field("name.givenName");
  change->set_before("Misaki");
  change->set_after("美咲");
  change = rows.back().add_fields();
  change->set_field("grade");
  change->set_after("10");
  rows.push_back(Row(998, "Zoe\u0301", "\x1b[31mRed\x1b[0m", "", "12"));
  rows.back().set_is_new(true);
  rows.back().set_status(v1::STATUS_ERROR);
  rows.back().set_situation(v1::NEW);
  rows.back().set_bucket(v1::TO_SKIP);
  rows.back().set_reason("missing-email");
  rows.back().set_sentence("No usable e-mail in FACTS, and an account needs one: add it there.");
  return rows;
}

std::vector<v1::UserRow> SampleParents() {
  std::vector<v1::UserRow> rows;
  const auto add = [&rows](std::int64_t person, const char* first, const char* email, bool listed) {
    rows.push_back(Row(person, first, "Abernathy-Montgomery", email, ""));
    rows.back().clear_school_code();
    rows.back().clear_status_word();
    rows.back().set_family_name("Abernathy-Montgomery");
    auto* place = rows.back().add_families();
    place->set_family(812);
    place->set_listed_first(listed);
    auto* child = rows.back().add_children();
    child->set_person(10412);
    child->set_household(true);
    child->set_link(true);
    child->set_eligible(true);
  };
  add(20001, "Ann", "ann.abernathy@example.org", true);
  rows.back().set_is_new(true);
  rows.back().set_sync(true);
  rows.back().set_status(v1::STATUS_NEW);
  rows.back().set_situation(v1::NEW);
  rows.back().set_action(v1::ADD);
  rows.back().set_bucket(v1::TO_ADD);
  rows.back().set_reason("new");
  rows.back().set_sentence("Has no account on the site yet: one will be added.");
  add(20002, "Bob", "bob.abernathy@example.org", false);
  rows.back().set_context(true);
  rows.back().set_sync(true);
  rows.back().set_status(v1::STATUS_SELECTED);
  rows.back().set_situation(v1::IN_STEP);
  rows.back().set_bucket(v1::UNCHANGED);
  rows.back().set_reason("in-step");
  rows.back().set_sentence("Site and FACTS agree.");
  rows.back().set_account("4f1c");
  add(20003, "Cy", "shared@example.org", false);
  rows.back().set_is_new(true);
  rows.back().set_status(v1::STATUS_ERROR);
  rows.back().set_severity("warning");
  rows.back().set_situation(v1::NEW);
  rows.back().set_bucket(v1::TO_SKIP);
  rows.back().set_reason("duplicate-email");
  rows.back().set_sentence("Another person in FACTS has the same e-mail: choose who holds it.");
  rows.back().set_group(3);
  rows.back().add_duplicates(20004);
  rows.back().set_email2("cy.second@example.org");
  add(20004, "Di", "shared@example.org", false);
  rows.back().set_family_name("");
  rows.back().add_families()->set_family(930);
  rows.back().set_is_new(true);
  rows.back().set_status(v1::STATUS_ERROR);
  rows.back().set_severity("error");
  rows.back().set_situation(v1::NEW);
  rows.back().set_bucket(v1::TO_SKIP);
  rows.back().set_reason("duplicate-email");
  rows.back().set_sentence("Another person in FACTS has the same e-mail: choose who holds it.");
  rows.back().set_group(3);
  return rows;
}

v1::Reply StatusOfParents() {
  v1::Reply reply = SampleStatus();
  v1::SchoolStatus& school = *reply.mutable_status()->mutable_schools(0);
  school.set_accounts("parents");
  school.mutable_last_poll()->set_families(845);
  *school.mutable_last_good_poll() = school.last_poll();
  return reply;
}

v1::Plan HeldPlan() {
  v1::Plan plan = SamplePlan();
  plan.set_archives(62);
  plan.set_items(78);
  plan.set_email_changes(1);
  plan.set_missing(21);
  v1::Hold& archive = *plan.add_holds();
  archive.set_guard(v1::GUARD_ARCHIVE);
  archive.set_count(41);
  archive.set_population(412);
  archive.set_message(
      "41 accounts of 412 would be archived (10.0 %), and the limit is 25. Look at them first; if "
      "they are right, approve the plan and say why.");
  archive.add_persons(10412);
  archive.add_persons(10433);
  v1::Hold& missing = *plan.add_holds();
  missing.set_guard(v1::GUARD_MISSING);
  missing.set_rollover(true);
  missing.set_message("21 accounts of 412 are missing from FACTS, and the limit is 20.");
  return plan;
}

v1::Plan SamplePlan() {
  v1::Plan plan;
  plan.set_plan(7);
  plan.set_state(v1::OPEN);
  plan.set_digest("\x3f\x9a\x12\xc4" + std::string(28, '\x01'));
  plan.set_items(18);
  *plan.mutable_counters() = SampleCounters();
  plan.set_adds(12);
  plan.set_updates(3);
  plan.set_archives(2);
  plan.set_restores(1);
  *plan.mutable_prepared_at() = At();
  *plan.mutable_expires_at() = At(14 * 86400);
  plan.set_prepared_by("uid:1000");
  return plan;
}

v1::Reply SampleStatus() {
  v1::Reply reply;
  v1::Status& status = *reply.mutable_status();
  status.set_daemon_version("0.1.0");
  *status.mutable_now() = At(300);
  *status.mutable_started_at() = At(-86400);
  status.set_events_endpoint("ipc:///run/rosterd/events.sock");
  v1::SchoolStatus& school = *status.add_schools();
  school.set_school("tcs");
  school.set_name("Example Christian School");
  school.set_accounts("students");
  *school.mutable_counters() = SampleCounters();
  v1::Poll& poll = *school.mutable_last_poll();
  poll.set_poll(12);
  poll.set_state(v1::Poll::USED);
  *poll.mutable_ended_at() = At();
  poll.set_students(1535);
  poll.set_accounts(1498);
  poll.set_rows_changed(19);
  *school.mutable_last_good_poll() = poll;
  *school.mutable_next_poll_at() = At(3600);
  school.mutable_tasks()->set_applied(480);
  school.set_head(41);
  v1::WorkerStatus& worker = *status.add_workers();
  worker.set_worker("host-4711-a3");
  *worker.mutable_seen_at() = At(299);
  return reply;
}

v1::Reply WhoIn(const std::vector<std::string>& schools) {
  v1::Reply reply;
  reply.mutable_who_am_i()->set_actor("uid:1000");
  for (const std::string& school : schools) {
    auto* roles = reply.mutable_who_am_i()->add_schools();
    roles->set_school(school);
    roles->add_roles("viewer");
  }
  return reply;
}

v1::Reply Page(const std::vector<v1::UserRow>& rows) {
  v1::Reply reply;
  *reply.mutable_users()->mutable_counters() = SampleCounters();
  for (const v1::UserRow& row : rows) *reply.mutable_users()->add_rows() = row;
  return reply;
}

v1::Reply PlanPage(const std::vector<v1::UserRow>& rows) {
  v1::Reply reply;
  *reply.mutable_plan_users()->mutable_counters() = SampleCounters();
  for (const v1::UserRow& row : rows) *reply.mutable_plan_users()->add_rows() = row;
  return reply;
}

v1::Reply PlanOf(const v1::Plan& plan) {
  v1::Reply reply;
  *reply.mutable_plan()->mutable_plan() = plan;
  return reply;
}

v1::Reply ErrorOf(const std::string& code, const std::string& reason, const std::string& message) {
  v1::Reply reply;
  reply.mutable_error()->set_code(code);
  reply.mutable_error()->set_reason(reason);
  reply.mutable_error()->set_message(message);
  return reply;
}

}  // namespace roster::client
