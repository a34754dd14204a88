// Who may what, at the engine: every request for every role by both transports, schools that are
// not there for those who have no business in them, other people's replies, and what goes on
// record.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using model::Role;
using store::Family;

constexpr char kKeys[][41] = {
    "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "cccccccccccccccccccccccccccccccccccccccc", "dddddddddddddddddddddddddddddddddddddddd"};
constexpr char kNobodysKey[] = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";

// One request of each kind, and who may send it: v viewer, r reviewer, a approver, o operator,
// w worker, s subscriber, - somebody without a role.
struct Case {
  std::string who;
  wire::Request request;
};

std::map<std::string, Case> Requests() {
  std::map<std::string, Case> all;
  const auto add = [&](const std::string& name, const std::string& who) -> wire::Request& {
    all[name].who = who;
    return all[name].request;
  };
  add("GetStatus", "vraows").mutable_get_status();
  add("StartPoll", "ro").mutable_start_poll();
  add("GetPoll", "vrao").mutable_get_poll();
  add("ListUsers", "vra").mutable_list_users();
  auto* decide = add("Decide", "r").mutable_decide();
  decide->set_decision(wire::SYNC);
  decide->add_persons(1);
  add("PreparePlan", "ra").mutable_prepare_plan();
  add("GetPlan", "vra").mutable_get_plan()->set_plan(1);
  add("ListPlans", "vra").mutable_list_plans();
  add("ListPlan", "vra").mutable_list_plan()->set_plan(1);
  auto* approve = add("ApprovePlan", "a").mutable_approve_plan();
  approve->set_plan(1);
  approve->set_digest(std::string(32, 'd'));
  add("ListTasks", "vra").mutable_list_tasks();
  add("RetryTasks", "ao").mutable_retry_tasks()->set_all_dead(true);
  add("Explain", "vra").mutable_explain()->set_person(1);
  add("Replay", "vraos").mutable_replay();
  add("DecideFamilies", "r").mutable_decide_families()->add_families(1);
  add("ListFamilies", "vra").mutable_list_families();
  add("ListGroups", "vra").mutable_list_groups();
  auto* resolve = add("ResolveGroup", "r").mutable_resolve_group();
  resolve->set_group(1);
  resolve->set_keep(1);
  auto* match = add("DecideMatch", "r").mutable_decide_match();
  match->set_person(1);
  match->set_none(true);
  add("ConfirmTasks", "a").mutable_confirm_tasks()->add_tasks()->set_plan(1);
  add("VerifyState", "vraos").mutable_verify_state();
  add("WhoAmI", "vraows-").mutable_who_am_i();
  add("Reload", "o").mutable_reload();
  add("Acknowledge", "rao").mutable_acknowledge();
  add("Forget", "o").mutable_forget()->add_persons(1);
  add("MakeBackup", "o").mutable_make_backup();
  add("ListBackups", "o").mutable_list_backups();
  return all;
}

const std::set<std::string> kOfAllSchools = {"Reload", "MakeBackup", "ListBackups"};

constexpr std::pair<char, Role> kLetters[] = {{'v', Role::kViewer},   {'r', Role::kReviewer},
                                              {'a', Role::kApprover}, {'o', Role::kOperator},
                                              {'w', Role::kWorker},   {'s', Role::kSubscriber}};

bus::Peer User(std::int64_t uid) { return {uid, uid, 77}; }
bus::Peer Key(const std::string& key) {
  bus::Peer peer;
  peer.key = key;
  return peer;
}

model::Grant Grant(const std::string& name, std::vector<Role> roles,
                   const std::vector<std::string>& schools = {}) {
  model::Grant grant;
  grant.name = name;
  grant.roles = std::move(roles);
  for (const auto& school : schools) grant.schools.emplace_back(school);
  return grant;
}

model::Grant ToUser(std::int64_t uid, std::vector<Role> roles,
                    const std::vector<std::string>& schools = {}) {
  model::Grant grant = Grant("user-" + std::to_string(uid), std::move(roles), schools);
  grant.uids = {uid};
  return grant;
}

// uid 1000 everything, and whoever else is given.
void Give(Desk& desk, std::vector<model::Grant> grants) {
  grants.push_back(ToUser(1000, {model::kRoles.begin(), model::kRoles.end()}));
  desk.access.Set(access::Access(std::move(grants)));
}

const SchoolSettings& AddSchool(Desk& desk, const std::string& id) {
  SchoolSettings school = desk.settings.schools.front();
  school.rules.school = SchoolId(id);
  school.name = "School " + id;
  desk.settings.schools.push_back(school);
  desk.Restart();
  return desk.settings.schools.back();
}

bool IsDenied(const wire::Error& error) {
  return error.reason() == "role-missing" || error.reason() == "no-role";
}

// All that is stored but the journal and what points into it.
std::string StateOf(const Desk& desk) {
  std::string all;
  for (const Family family : {Family::kReview, Family::kWork, Family::kReplies}) {
    for (auto at = desk.store.Scan(family, "", ""); at->Valid(); at->Next()) {
      all += std::string(at->key()) + "=" + std::string(at->value()) + "\n";
    }
  }
  return all;
}

wire::Request Of(const std::string& name, const std::string& school = "") {
  wire::Request request = Requests().at(name).request;
  request.set_school(school);
  return request;
}

wire::Reply AskAs(Desk& desk, const bus::Peer& peer, const wire::Request& request,
                  const std::string& command = "") {
  const bus::Peer before = std::exchange(desk.peer, peer);
  const bool named = !command.empty();
  static int commands = 0;
  wire::Reply reply = desk.Command(request, named ? command : "m" + std::to_string(++commands));
  desk.peer = before;
  return reply;
}

std::vector<std::string> Refused(Desk& desk, const std::string& school = "") {
  std::vector<std::string> lines;
  wire::Request request = Of("Replay", school);
  request.mutable_replay()->set_limit(10'000);
  const wire::Reply reply = desk.Ask(request);
  for (const std::string& bytes : reply.replay().entries()) {
    wire::Entry entry;
    EXPECT_TRUE(entry.ParseFromString(bytes));
    if (!entry.has_request_refused()) continue;
    const auto& refused = entry.request_refused();
    lines.push_back(entry.actor() + " " + refused.request() + " " + refused.reason() + " " +
                    std::to_string(refused.times()));
  }
  return lines;
}

using Lines = std::vector<std::string>;

// ---- the matrix ---------------------------------------------------------------------------------

TEST(AccessMatrix, EveryRequestEveryRoleBothTransports) {
  Desk desk;
  desk.pupils.push_back({1, "Ada", "Abel", "ada@example.org"});
  desk.Poll();
  std::vector<model::Grant> grants;
  std::map<char, std::vector<bus::Peer>> peers;
  for (std::size_t i = 0; i < std::size(kLetters); ++i) {
    const auto [letter, role] = kLetters[i];
    const auto uid = static_cast<std::int64_t>(2000 + i);
    model::Grant grant = ToUser(uid, {role});
    grant.keys = {kKeys[i]};
    grants.push_back(grant);
    peers[letter] = {User(uid), Key(kKeys[i])};
  }
  bus::Peer unattested;
  peers['-'] = {User(3000), Key(kNobodysKey), unattested};
  Give(desk, grants);

  std::size_t tried = 0;
  for (const auto& [name, one] : Requests()) {
    for (const auto& [letter, both] : peers) {
      for (const bus::Peer& peer : both) {
        const std::string at = name + " " + letter + " " + peer.Actor();
        const bool may = one.who.find(letter) != std::string::npos;
        const std::string before = StateOf(desk);
        const wire::Reply reply = AskAs(desk, peer, one.request);
        ++tried;
        EXPECT_EQ(IsDenied(reply.error()), !may) << at << ": " << reply.error().message();
        if (may) {
          EXPECT_NE(reply.error().reason(), "not-a-message") << at;
          continue;
        }
        EXPECT_EQ(reply.error().code(), "refused") << at;
        EXPECT_EQ(reply.error().reason(), letter == '-' ? "no-role" : "role-missing") << at;
        EXPECT_EQ(StateOf(desk), before) << at << " has changed something";
      }
    }
  }
  EXPECT_EQ(tried, Requests().size() * (6 * 2 + 3));
  EXPECT_EQ(Requests().size(), std::variant_size_v<model::RequestBody>);
}

TEST(AccessMatrix, WorkersRequests) {
  Desk desk;
  desk.pupils.push_back({1, "Ada", "Abel", "ada@example.org"});
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  desk.Approve(desk.Plan());
  std::vector<model::Grant> grants;
  for (std::size_t i = 0; i < std::size(kLetters); ++i) {
    model::Grant grant = ToUser(static_cast<std::int64_t>(2000 + i), {kLetters[i].second});
    grant.keys = {kKeys[i]};
    grants.push_back(grant);
  }
  Give(desk, grants);
  for (std::size_t i = 0; i < std::size(kLetters); ++i) {
    for (const bus::Peer& peer : {User(static_cast<std::int64_t>(2000 + i)), Key(kKeys[i])}) {
      for (int kind = 0; kind < 3; ++kind) {
        wire::WorkerRequest request;
        request.set_worker("w-" + peer.Actor());
        if (kind == 0) request.mutable_lease()->set_max(1);
        if (kind == 1) request.mutable_heartbeat();
        if (kind == 2) request.mutable_report();
        const wire::WorkerReply reply = desk.AskTasks(request, peer);
        EXPECT_EQ(reply.error().reason(), kLetters[i].first == 'w' ? "" : "role-missing")
            << kLetters[i].first << " " << kind;
      }
    }
  }
  const wire::WorkerReply stranger = desk.AskTasks(
      [] {
        wire::WorkerRequest request;
        request.set_worker("stranger");
        request.mutable_lease()->set_max(1);
        return request;
      }(),
      User(3000));
  EXPECT_EQ(stranger.error().reason(), "no-role");
  // Whoever was refused is no worker that is here.
  const wire::Status status = desk.Status();
  for (const auto& worker : status.workers()) {
    EXPECT_TRUE(worker.worker() == "w-uid:2004" ||
                worker.worker() == "w-" + model::KeyName(kKeys[4]))
        << worker.worker();
  }
}

// ---- schools ------------------------------------------------------------------------------------

class TwoSchools : public ::testing::Test {
 protected:
  TwoSchools() {
    AddSchool(desk_, "scs");
    Give(desk_,
         {ToUser(1, {Role::kViewer, Role::kReviewer}, {"tcs"}),
          ToUser(2, {Role::kOperator}, {"tcs"}), ToUser(3, {Role::kOperator}),
          ToUser(4, {Role::kOperator}, {"tcs", "scs"}), ToUser(5, {Role::kWorker}, {"scs"})});
  }
  Desk desk_;
};

TEST_F(TwoSchools, WhoAmITellsWhatOneMay) {
  wire::Reply reply = AskAs(desk_, User(1), Of("WhoAmI"));
  EXPECT_EQ(reply.who_am_i().actor(), "uid:1");
  EXPECT_EQ(reply.who_am_i().transport(), "ipc");
  ASSERT_EQ(reply.who_am_i().names_size(), 1);
  EXPECT_EQ(reply.who_am_i().names(0), "user-1");
  ASSERT_EQ(reply.who_am_i().schools_size(), 1);
  EXPECT_EQ(reply.who_am_i().schools(0).school(), "tcs");
  ASSERT_EQ(reply.who_am_i().schools(0).roles_size(), 2);
  EXPECT_EQ(reply.who_am_i().schools(0).roles(0), "viewer");
  EXPECT_EQ(reply.who_am_i().schools(0).roles(1), "reviewer");

  reply = AskAs(desk_, Key(kNobodysKey), Of("WhoAmI", "no-such"));
  EXPECT_EQ(reply.who_am_i().actor(), model::KeyName(kNobodysKey));
  EXPECT_EQ(reply.who_am_i().transport(), "tcp");
  EXPECT_EQ(reply.who_am_i().schools_size(), 0);
}

TEST_F(TwoSchools, TheStatusIsOfOnesOwnSchools) {
  EXPECT_EQ(desk_.Status().schools_size(), 2);
  const wire::Reply own = AskAs(desk_, User(1), Of("GetStatus"));
  ASSERT_EQ(own.status().schools_size(), 1);
  EXPECT_EQ(own.status().schools(0).school(), "tcs");
}

TEST_F(TwoSchools, TheOnlySchoolOfOnesOwnNeedsNoName) {
  EXPECT_TRUE(AskAs(desk_, User(1), Of("ListUsers")).has_users());
  EXPECT_EQ(AskAs(desk_, User(1000), Of("ListUsers")).error().reason(), "school-needed");
}

TEST_F(TwoSchools, AForeignSchoolIsAnsweredAsOneThatIsNotThere) {
  for (const auto& [name, one] : Requests()) {
    if (name == "WhoAmI" || kOfAllSchools.contains(name)) continue;  // of no school
    wire::Reply foreign = AskAs(desk_, User(1), Of(name, "scs"));
    wire::Reply none = AskAs(desk_, User(1), Of(name, "nowhere"));
    foreign.clear_request_id();
    none.clear_request_id();
    EXPECT_EQ(foreign.SerializeAsString(), none.SerializeAsString()) << name;
    EXPECT_EQ(foreign.error().reason(), "unknown-school") << name;
  }
  // In the journal that one may read, both look alike too; the foreign school has it on record.
  desk_.clock.Advance(std::chrono::hours(1));
  desk_.Step();
  const auto own = Refused(desk_, "tcs");
  EXPECT_EQ(std::count(own.begin(), own.end(), "uid:1 Decide unknown-school 1"), 2);
  const auto foreign = Refused(desk_, "scs");
  EXPECT_EQ(std::count(foreign.begin(), foreign.end(), "uid:1 Decide no-role 1"), 1);
}

TEST_F(TwoSchools, WithoutAnyRoleEverySchoolIsTheSame) {
  for (const char* school : {"", "tcs", "scs", "nowhere"}) {
    EXPECT_EQ(AskAs(desk_, User(9), Of("ListUsers", school)).error().reason(), "no-role");
  }
}

TEST_F(TwoSchools, ARoleInOneSchoolIsNoneInTheOther) {
  EXPECT_EQ(AskAs(desk_, User(1), Of("Decide", "scs")).error().reason(), "unknown-school");
  EXPECT_EQ(AskAs(desk_, User(1), Of("ApprovePlan", "tcs")).error().reason(), "role-missing");
  EXPECT_EQ(Refused(desk_, "scs"), Lines{"uid:1 Decide no-role 1"});
  EXPECT_EQ(Refused(desk_, "tcs"),
            (Lines{"uid:1 Decide unknown-school 1", "uid:1 ApprovePlan role-missing 1"}));
}

TEST_F(TwoSchools, WhatConcernsAllSchoolsIsForOperatorsOfAllSchools) {
  for (const std::string& name : kOfAllSchools) {
    EXPECT_EQ(AskAs(desk_, User(2), Of(name)).error().reason(), "role-missing") << name;
    EXPECT_EQ(AskAs(desk_, User(1), Of(name)).error().reason(), "role-missing") << name;
  }
  EXPECT_EQ(AskAs(desk_, User(3), Of("Reload")).error().reason(), "no-config-file");
  EXPECT_EQ(AskAs(desk_, User(4), Of("Reload")).error().reason(), "no-config-file");
  EXPECT_TRUE(AskAs(desk_, User(3), Of("MakeBackup")).has_backup());
  EXPECT_TRUE(AskAs(desk_, User(4), Of("ListBackups")).has_backups());
}

// ---- workers ------------------------------------------------------------------------------------

wire::WorkerRequest LeaseOf(const std::string& worker, const std::vector<std::string>& schools) {
  wire::WorkerRequest request;
  request.set_worker(worker);
  request.mutable_lease()->set_max(10);
  for (const auto& school : schools) request.mutable_lease()->add_schools(school);
  return request;
}

// A school with a task that waits.
class Working : public ::testing::Test {
 protected:
  Working() {
    desk_.pupils.push_back({1, "Ada", "Abel", "ada@example.org"});
    desk_.Poll();
    desk_.Decide(wire::SYNC, {1});
    desk_.Approve(desk_.Plan());
  }
  Desk desk_;
};

TEST_F(Working, ALeaseIsOfTheSchoolsOfTheRole) {
  AddSchool(desk_, "scs");
  Give(desk_, {ToUser(5, {Role::kWorker}, {"scs"}), ToUser(6, {Role::kWorker}, {"tcs"})});
  wire::WorkerReply reply = desk_.AskTasks(LeaseOf("w5", {}), User(5));
  EXPECT_EQ(reply.lease().tasks_size(), 0);
  ASSERT_EQ(reply.lease().shares_size(), 1);
  EXPECT_EQ(reply.lease().shares(0).school(), "scs");
  reply = desk_.AskTasks(LeaseOf("w5", {"tcs", "scs"}), User(5));
  EXPECT_TRUE(reply.has_lease());
  EXPECT_EQ(reply.lease().tasks_size(), 0) << "tcs is left out";
  reply = desk_.AskTasks(LeaseOf("w5", {"tcs"}), User(5));
  EXPECT_EQ(reply.error().reason(), "role-missing");
  EXPECT_EQ(Refused(desk_, "tcs"), Lines{"uid:5 Lease role-missing 1"});
  EXPECT_EQ(Refused(desk_, "scs"), Lines());
  reply = desk_.AskTasks(LeaseOf("w6", {"tcs", "scs"}), User(6));
  EXPECT_EQ(reply.lease().tasks_size(), 1);
}

// A worker's name tells of its host, and is for those whose tasks it may carry out.
TEST_F(Working, StatusShowsTheWorkersOfOnesOwnSchoolsAlone) {
  AddSchool(desk_, "scs");
  Give(desk_, {ToUser(5, {Role::kWorker}, {"scs"}), ToUser(6, {Role::kWorker}, {"tcs"}),
               ToUser(7, {Role::kViewer}, {"tcs"})});
  ASSERT_TRUE(desk_.AskTasks(LeaseOf("w5", {}), User(5)).has_lease());
  ASSERT_TRUE(desk_.AskTasks(LeaseOf("w6", {}), User(6)).has_lease());
  EXPECT_EQ(desk_.Status().workers_size(), 2);
  const auto seen = AskAs(desk_, User(7), Of("GetStatus")).status();
  ASSERT_EQ(seen.workers_size(), 1);
  EXPECT_EQ(seen.workers(0).worker(), "w6");
}

TEST_F(Working, HeartbeatsAndReportsCountForSchoolsOfTheRoleAlone) {
  AddSchool(desk_, "scs");
  Give(desk_, {ToUser(5, {Role::kWorker}, {"scs"}), ToUser(6, {Role::kWorker}, {"tcs"})});
  const auto leased = desk_.AskTasks(LeaseOf("w", {"tcs"}), User(6));
  ASSERT_EQ(leased.lease().tasks_size(), 1);
  const wire::Outcome outcome = desk_.Execute(leased.lease().tasks(0));
  // Long gone: the name is free, and is taken by one who may not work for this school.
  desk_.clock.Advance(std::chrono::seconds(61));
  wire::WorkerRequest report;
  report.set_worker("w");
  *report.mutable_report()->add_outcomes() = outcome;
  const auto refused = desk_.AskTasks(report, User(5));
  ASSERT_EQ(refused.report().refused_size(), 1) << refused.error().message();
  wire::WorkerRequest beat;
  beat.set_worker("w");
  *beat.mutable_heartbeat()->add_held() = outcome.lease();
  const auto lost = desk_.AskTasks(beat, User(5));
  EXPECT_EQ(lost.heartbeat().lost_size(), 1) << lost.error().message();
  EXPECT_EQ(Refused(desk_, "tcs"),
            (Lines{"uid:5 Report role-missing 1", "uid:5 Heartbeat role-missing 1"}));
}

TEST_F(Working, NobodyWorksUnderAnothersName) {
  Give(desk_, {ToUser(5, {Role::kWorker}), ToUser(6, {Role::kWorker})});
  const auto leased = desk_.AskTasks(LeaseOf("w", {}), User(6));
  ASSERT_EQ(leased.lease().tasks_size(), 1);
  wire::WorkerRequest report;
  report.set_worker("w");
  *report.mutable_report()->add_outcomes() = desk_.Execute(leased.lease().tasks(0));
  EXPECT_EQ(desk_.AskTasks(report, User(5)).error().reason(), "other-actor");
  EXPECT_EQ(Refused(desk_), Lines{"uid:5 Report other-actor 1"});
  EXPECT_TRUE(desk_.AskTasks(report, User(6)).has_report());
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kTaskApplied), 1U);
  const auto entries = desk_.Entries();
  for (const auto& entry : entries) {
    if (entry.has_task_applied()) {
      EXPECT_EQ(entry.actor(), "worker:w");
    }
  }
}

// ---- replies that are kept ----------------------------------------------------------------------

TEST(KeptReplies, AreForWhoeverSentTheCommand) {
  Desk desk;
  desk.pupils.push_back({1, "Ada", "Abel", "ada@example.org"});
  desk.Poll();
  Give(desk, {ToUser(1, {Role::kReviewer}), ToUser(2, {Role::kReviewer})});
  const wire::Reply first = AskAs(desk, User(1), Of("Decide"), "one");
  ASSERT_TRUE(first.has_decide()) << first.error().message();
  EXPECT_TRUE(AskAs(desk, User(1), Of("Decide"), "one").has_decide());
  const wire::Reply stolen = AskAs(desk, User(2), Of("Decide"), "one");
  EXPECT_EQ(stolen.error().reason(), "other-actor");
  EXPECT_EQ(stolen.error().code(), "refused");
  EXPECT_EQ(Refused(desk), Lines{"uid:2 Decide other-actor 1"});
  EXPECT_TRUE(AskAs(desk, User(1), Of("Decide"), "one").has_decide()) << "still the first one's";
}

TEST(KeptReplies, AreNotForWhoeverHasLostTheRole) {
  Desk desk;
  desk.pupils.push_back({1, "Ada", "Abel", "ada@example.org"});
  desk.Poll();
  Give(desk, {ToUser(1, {Role::kReviewer})});
  ASSERT_TRUE(AskAs(desk, User(1), Of("Decide"), "one").has_decide());
  Give(desk, {ToUser(1, {Role::kOperator})});
  EXPECT_EQ(AskAs(desk, User(1), Of("Decide"), "one").error().reason(), "role-missing");
}

TEST(KeptReplies, ARefusalIsNotKept) {
  Desk desk;
  desk.pupils.push_back({1, "Ada", "Abel", "ada@example.org"});
  desk.Poll();
  Give(desk, {});
  EXPECT_EQ(AskAs(desk, User(1), Of("Decide"), "one").error().reason(), "no-role");
  Give(desk, {ToUser(1, {Role::kReviewer})});
  EXPECT_TRUE(AskAs(desk, User(1), Of("Decide"), "one").has_decide());
}

// ---- on record ----------------------------------------------------------------------------------

TEST(RefusedOnRecord, AThousandAreTwoEntriesAndNoCommitBetween) {
  Desk desk;
  desk.Poll();
  Give(desk, {ToUser(1, {Role::kViewer})});
  AskAs(desk, User(1), Of("Decide"));
  EXPECT_EQ(Refused(desk), Lines{"uid:1 Decide role-missing 1"});
  // The next commit would fail, and be told: none is tried.
  desk.store.FailNextCommit({Code::kExhausted, "disk-full", "no room"});
  for (int i = 0; i < 1000; ++i) AskAs(desk, User(1), Of("Decide"));
  EXPECT_EQ(desk.Status().disk_problem(), "");
  desk.clock.Advance(std::chrono::seconds(60));
  AskAs(desk, User(1), Of("Decide"));
  EXPECT_NE(desk.Status().disk_problem(), "") << "and here one was";
  // What the disk did not take is told later, and not lost.
  desk.clock.Advance(std::chrono::seconds(60));
  desk.Step();
  EXPECT_EQ(Refused(desk),
            (Lines{"uid:1 Decide role-missing 1", "uid:1 Decide role-missing 1001"}));
  desk.ExpectConsistent();
}

TEST(RefusedOnRecord, ManyWhoAreRefusedMakeSixtyEntriesAMinute) {
  Desk desk;
  desk.Poll();
  for (std::int64_t uid = 5000; uid < 7000; ++uid) AskAs(desk, User(uid), Of("ListUsers"));
  EXPECT_EQ(Refused(desk).size(), 60U);
  for (int minute = 1; minute <= 20; ++minute) {
    desk.clock.Advance(std::chrono::seconds(61));
    desk.Step();
  }
  EXPECT_EQ(Refused(desk).size(), 1000U) << "1,000 are told apart";
  const auto status = desk.Status();
  ASSERT_EQ(status.limits_size(), 1);
  EXPECT_EQ(status.limits(0).limit(), "refusals");
  EXPECT_EQ(status.limits(0).times(), 1000U);
}

TEST(RefusedOnRecord, WhomTheBusHasTurnedAway) {
  Desk desk;
  desk.Poll();
  Give(desk, {ToUser(1, {Role::kWorker})});
  desk.bus.turned_away = {{Key(kNobodysKey), "Connect"}, {User(1), "Subscribe"}};
  desk.Step();
  const Lines lines = Refused(desk);
  EXPECT_EQ(lines, (Lines{"uid:1 Subscribe role-missing 1",
                          model::KeyName(kNobodysKey) + " Connect no-role 1"}));
}

TEST(RefusedOnRecord, KeysMadeWithoutEndCrowdNobodyOut) {
  Desk desk;
  desk.Poll();
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 100; ++i) {
      std::string key(40, 'x');
      key.replace(0, 6, std::to_string(100'000 + round * 100 + i));
      desk.bus.turned_away.push_back({Key(key), "Connect"});
    }
    desk.Step();
  }
  EXPECT_EQ(Refused(desk).size(), 10U) << "a minute";
  AskAs(desk, User(1), Of("Decide"));
  EXPECT_EQ(Refused(desk).back(), "uid:1 Decide no-role 1") << "at once";
}

// ---- reload -------------------------------------------------------------------------------------

class Reloading : public ::testing::Test {
 protected:
  Reloading() {
    next_ = desk_.settings;
    desk_.reload = [this]() -> Result<Engine::Reloaded> {
      ++reads_;
      if (!problem_.empty()) return Fail(Code::kInvalid, "config", problem_);
      Engine::Reloaded read;
      read.settings = next_;
      read.access = access::Access(grants_);
      read.digest = Blake2b("the file");
      read.changed = {"access"};
      read.needs_restart = {"state_dir"};
      read.taken = [this] { ++taken_; };
      return read;
    };
    desk_.Restart();
    desk_.pupils.push_back({1, "Ada", "Abel", "ada@example.org"});
    desk_.Poll();
    grants_ = {ToUser(1000, {model::kRoles.begin(), model::kRoles.end()})};
  }

  Desk desk_;
  Settings next_;
  std::vector<model::Grant> grants_;
  std::string problem_;
  int reads_ = 0;
  int taken_ = 0;
};

TEST_F(Reloading, IsOnRecordAndSaysWhatCounts) {
  const wire::Reply reply = AskAs(desk_, User(1000), Of("Reload"));
  ASSERT_TRUE(reply.has_reload()) << reply.error().message();
  ASSERT_EQ(reply.reload().changed_size(), 1);
  EXPECT_EQ(reply.reload().changed(0), "access");
  ASSERT_EQ(reply.reload().needs_restart_size(), 1);
  EXPECT_EQ(reply.reload().needs_restart(0), "state_dir");
  const auto entry = desk_.Entries().back();
  ASSERT_TRUE(entry.has_config_reloaded());
  EXPECT_EQ(entry.actor(), "uid:1000");
  EXPECT_EQ(entry.config_reloaded().config(), std::string(Blake2b("the file").view()));
  EXPECT_EQ(taken_, 1);
  EXPECT_EQ(desk_.bus.gate_asked, 1);
  EXPECT_EQ(reads_, 1);
  desk_.Step();
  EXPECT_EQ(taken_, 1) << "once";
}

TEST_F(Reloading, WhoMayWhatCountsFromTheNextStepOn) {
  EXPECT_EQ(AskAs(desk_, User(7), Of("ListUsers")).error().reason(), "no-role");
  grants_.push_back(ToUser(7, {Role::kViewer}));
  AskAs(desk_, User(1000), Of("Reload"));
  EXPECT_TRUE(AskAs(desk_, User(7), Of("ListUsers")).has_users());
  grants_.pop_back();
  AskAs(desk_, User(1000), Of("Reload"));
  EXPECT_EQ(AskAs(desk_, User(7), Of("ListUsers")).error().reason(), "no-role");
}

TEST_F(Reloading, GuardsAndPollsFollow) {
  desk_.Decide(wire::SYNC, {1});
  auto& school = next_.schools[0];
  school.plans.guards[static_cast<std::size_t>(model::GuardKind::kAdd)] = {0, std::nullopt, 0};
  school.poll_every = std::chrono::minutes(5);
  school.name = "Renamed";
  EXPECT_EQ(desk_.School().holds_size(), 0);
  AskAs(desk_, User(1000), Of("Reload"));
  EXPECT_EQ(desk_.School().holds_size(), 1);
  EXPECT_EQ(desk_.School().name(), "Renamed");
  desk_.clock.Advance(std::chrono::minutes(5));
  desk_.Step();
  EXPECT_EQ(desk_.polls.started.size(), 1U) << "not in an hour, as it was";
  desk_.EndPoll(desk_.Look(desk_.StartPoll()));
  desk_.ExpectConsistent();
}

TEST_F(Reloading, AFileThatIsNotGoodChangesNothingAndIsTold) {
  problem_ = "rosterd.yaml:3: access[0]: names nobody";
  const std::string before = StateOf(desk_);
  const auto entries = desk_.Entries().size();
  const wire::Reply reply = AskAs(desk_, User(1000), Of("Reload"));
  EXPECT_EQ(reply.error().reason(), "config");
  EXPECT_NE(reply.error().message().find(problem_), std::string::npos);
  EXPECT_EQ(StateOf(desk_), before);
  ASSERT_EQ(desk_.Entries().size(), entries + 1);
  EXPECT_EQ(Refused(desk_), Lines{"uid:1000 Reload config 1"});
  EXPECT_EQ(taken_, 0);
  EXPECT_EQ(desk_.bus.gate_asked, 0);
  EXPECT_EQ(desk_.Status().config_problem(), problem_);
  Give(desk_, {ToUser(7, {Role::kViewer})});
  const std::string others = AskAs(desk_, User(7), Of("GetStatus")).status().config_problem();
  EXPECT_NE(others, "");
  EXPECT_EQ(others.find("access[0]"), std::string::npos) << "it may be about any school";
  problem_.clear();
  AskAs(desk_, User(1000), Of("Reload"));
  EXPECT_EQ(desk_.Status().config_problem(), "");
}

TEST_F(Reloading, BySignalItIsRosterdsOwn) {
  desk_.engine().AskToReload();
  desk_.Step();
  EXPECT_EQ(taken_, 1);
  EXPECT_EQ(desk_.Entries().back().actor(), "rosterd");
  EXPECT_TRUE(desk_.Entries().back().has_config_reloaded());
  desk_.Step();
  EXPECT_EQ(reads_, 1) << "once";
  problem_ = "rosterd.yaml:1: wrong";
  desk_.engine().AskToReload();
  desk_.Step();
  desk_.Step();
  EXPECT_EQ(reads_, 2);
  EXPECT_EQ(desk_.Status().config_problem(), problem_);
  EXPECT_EQ(Refused(desk_), Lines{"rosterd Reload config 1"});
}

TEST_F(Reloading, WhatIsNotOnDiskDoesNotCount) {
  grants_.push_back(ToUser(7, {Role::kViewer}));
  desk_.store.FailNextCommit({Code::kExhausted, "disk-full", "no room"});
  EXPECT_EQ(AskAs(desk_, User(1000), Of("Reload")).error().reason(), "disk-full");
  EXPECT_EQ(taken_, 0);
  EXPECT_EQ(AskAs(desk_, User(7), Of("ListUsers")).error().reason(), "no-role");
  // A signal's is tried again until it is.
  desk_.store.FailNextCommit({Code::kExhausted, "disk-full", "no room"});
  desk_.engine().AskToReload();
  desk_.Step();
  EXPECT_EQ(taken_, 0);
  desk_.Step();
  EXPECT_EQ(taken_, 1);
  EXPECT_TRUE(AskAs(desk_, User(7), Of("ListUsers")).has_users());
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kConfigReloaded), 1U);
}

TEST_F(Reloading, AWorkerThatWaitsAndMayNoLongerIsToldSo) {
  grants_.push_back(ToUser(7, {Role::kWorker}));
  AskAs(desk_, User(1000), Of("Reload"));
  wire::WorkerRequest lease = LeaseOf("w7", {});
  lease.mutable_lease()->mutable_wait()->set_seconds(20);
  lease.set_version(1);
  lease.set_request_id("waits");
  desk_.bus.inputs.push_back({bus::Channel::kTasks, "far", User(7), lease.SerializeAsString()});
  desk_.Step();
  EXPECT_TRUE(desk_.bus.replies["far"].empty());
  grants_.pop_back();
  AskAs(desk_, User(1000), Of("Reload"));
  ASSERT_EQ(desk_.bus.replies["far"].size(), 1U);
  wire::WorkerReply reply;
  ASSERT_TRUE(reply.ParseFromString(desk_.bus.replies["far"].front()));
  EXPECT_EQ(reply.request_id(), "waits");
  EXPECT_EQ(reply.error().reason(), "no-role");
}

}  // namespace
}  // namespace roster::engine
