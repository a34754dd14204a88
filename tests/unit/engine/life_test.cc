// Random lives of random schools, of students and of parents: decisions of every kind, changes of
// FACTS and of the site, plans, partial approvals, lifted guards, undos, invitations, failing
// workers, full disks, restarts. What is expected of them here is written down by means of its own:
// what was shown, what was said and what the site was written, side by side.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using model::Field;

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Not the product's: by the words of the config below.
bool IsOwners(const model::Account& account) {
  for (const std::string& role : account.roles) {
    if (Lower(role) == "owner" || Lower(role) == "manager") return true;
  }
  std::vector<std::string> addresses = account.other_emails;
  addresses.push_back(account.fields.Get(Field::kUserName));
  addresses.push_back(account.fields.Get(Field::kEmail));
  return std::any_of(addresses.begin(), addresses.end(), [](const std::string& address) {
    return Lower(address).ends_with("@staff.example.org");
  });
}

bool IsKept(const model::Account& account) {
  std::vector<std::string> addresses = account.other_emails;
  addresses.push_back(account.fields.Get(Field::kUserName));
  addresses.push_back(account.fields.Get(Field::kEmail));
  return std::any_of(addresses.begin(), addresses.end(),
                     [](const std::string& address) { return Lower(address).starts_with("keep"); });
}

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed) {
    parents_ = seed % 2 == 0;
    SetUpRules(seed);
    MakeSchool();
    MakeSite();
  }

  void Live(int steps) {
    Poll();
    Check();
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step) + " after " + last_step_);
      Step();
      Check();
    }
  }

  // Works off what is approved, and then polls a world that stands still.
  void ComeToRest() {
    EndLooking();
    Work();
    for (int i = 0; i < 40 && IsBusy(); ++i) {
      desk_.clock.Advance(std::chrono::minutes(10));
      desk_.Step();
      EndLooking();
      Work();
    }
    const auto tasks = desk_.School().tasks();
    EXPECT_EQ(tasks.queued() + tasks.leased() + tasks.unknown(), 0U) << "lost on the way";
    for (int i = 0; i < 6; ++i) Poll();
    const auto head = desk_.School().head();
    Poll();
    EXPECT_EQ(desk_.School().last_poll().rows_changed(), 0U) << "an unchanged poll";
    EXPECT_EQ(desk_.School().head(), head) << "an unchanged poll asks nothing again";
    desk_.ExpectGroupsConsistent();
    desk_.Restart();
    EXPECT_EQ(desk_.School().head(), head);
    Check();
    for (const auto& entry : desk_.Entries()) {
      EXPECT_EQ(entry.SerializeAsString().find("example.org"), std::string::npos);
    }
  }

 private:
  std::uint64_t Below(std::uint64_t n) { return random_.Next() % n; }
  bool Chance(std::uint64_t of) { return Below(of) == 0; }
  template <typename All>
  const auto& Any(const All& all) {
    return all[Below(all.size())];
  }

  // ---- the school ----------------------------------------------------------------------------

  void SetUpRules(std::uint64_t seed) {
    SchoolSettings& school = desk_.settings.schools[0];
    school.rules.protected_accounts = {"*@staff.example.org"};
    school.rules.never_archive = {"keep*"};
    school.rules.missing_polls = static_cast<std::uint32_t>(1 + seed % 3);
    school.rules.shared_logins = seed % 3 == 0;
    school.rules.email2_fallback = seed % 7 == 0;
    if (parents_ && seed % 5 == 0) school.rules.parents.graph = model::FamilyGraph::kTies;
    for (model::Guard& guard : school.plans.guards) {
      if (Chance(2)) guard.max_count = static_cast<std::uint32_t>(1 + Below(4));
      if (Chance(3)) {
        guard.max_share = 0.3;
        guard.min_population = 4;
      }
    }
    if (parents_) {
      desk_.SyncParents();
    } else {
      if (seed % 3 == 1) {
        school.rules.fields.push_back(
            {model::FactsField::kFamilyName, Field::kGrouping, model::Owner::kFacts});
      }
      desk_.Restart();
    }
  }

  std::string Address() {
    if (Chance(7)) return "";
    if (Chance(20)) return "x" + std::to_string(Below(3)) + "@staff.example.org";
    if (Chance(12)) return "keep" + std::to_string(Below(2)) + "@example.org";
    return (Chance(2) ? "n" : "N") + std::to_string(Below(14)) + "@example.org";
  }

  std::string Status() {
    static const std::vector<std::string> kWords = {"Enrolled",  "Enrolled", "Enrolled",
                                                    "enrolled ", "Graduate", "Withdrawn",
                                                    "Inactive",  "Odd",      "Pre-enrolled"};
    return Any(kWords);
  }

  void MakeSchool() {
    const std::int64_t users = 12;
    for (std::int64_t id = 1; id <= users; ++id) {
      Pupil pupil;
      pupil.id = id;
      pupil.first = "F" + std::to_string(id);
      pupil.last = "L" + std::to_string(Below(5));
      pupil.email = Address();
      if (Chance(3)) pupil.email2 = Address();
      pupil.status = Status();
      pupil.deceased = Chance(30);
      pupil.student = !parents_ || Chance(15);
      desk_.pupils.push_back(pupil);
    }
    if (parents_) {
      for (std::int64_t id = 101; id <= 108; ++id) {
        desk_.pupils.push_back({id, "C" + std::to_string(id), "L", "", Status()});
      }
    }
    for (std::int64_t home = 1; home <= 6; ++home) desk_.households.push_back(MakeHome(home));
    if (!parents_) return;
    for (const auto& home : desk_.households) {
      for (const auto parent : home.parents) {
        for (const auto child : home.children) {
          if (!Chance(8)) AddLink({parent, child, Chance(12)});
        }
      }
    }
  }

  Desk::Household MakeHome(std::int64_t id) {
    Desk::Household home;
    home.id = id;
    home.name = "Home " + std::to_string(id);
    std::set<std::int64_t> parents;
    std::set<std::int64_t> children;
    for (auto i = 1 + Below(3); i > 0; --i)
      parents.insert(static_cast<std::int64_t>(1 + Below(12)));
    for (auto i = Below(3); i > 0; --i) children.insert(static_cast<std::int64_t>(101 + Below(8)));
    home.parents.assign(parents.begin(), parents.end());
    if (parents_) home.children.assign(children.begin(), children.end());
    return home;
  }

  void AddLink(const Parenthood& link) {
    std::erase_if(desk_.links, [&](const Parenthood& known) {
      return known.parent == link.parent && known.child == link.child;
    });
    desk_.links.push_back(link);
  }

  void MakeSite() {
    for (auto i = Below(8); i > 0; --i) MakeByHand();
  }

  void MakeByHand() {
    const std::string id = "h" + std::to_string(++by_hand_);
    const std::string address = Address();
    for (const auto& [other, account] : desk_.site) {
      if (Lower(account.fields.Get(Field::kUserName)) == Lower(address)) return;
    }
    model::Account account;
    account.id = AccountId(id);
    account.active = !Chance(4);
    account.fields.Set(Field::kUserName, address.empty() ? id : address);
    account.fields.Set(Field::kEmail, address);
    account.fields.Set(Field::kFamilyName, "Hand");
    if (Chance(5)) account.other_emails = {"n" + std::to_string(Below(14)) + "@example.org"};
    if (Chance(6)) account.roles = {Chance(2) ? "Owner" : "manager"};
    if (Chance(8)) account.external_id = "elsewhere:" + std::to_string(by_hand_);
    if (Chance(8) && rows_.empty()) account.external_id = "tcs:" + std::to_string(by_hand_);
    desk_.site[id] = account;
    handled_.insert(id);
  }

  // ---- what happens --------------------------------------------------------------------------

  void Step() {
    struct Happening {
      const char* name;
      int weight;
      void (Life::*run)();
    };
    static const std::vector<Happening> kHappenings = {
        {"a poll", 8, &Life::Poll},
        {"a poll that looks", 3, &Life::StartLooking},
        {"a poll that ends", 4, &Life::EndLooking},
        {"a change in FACTS", 9, &Life::ChangeFacts},
        {"a change on the site", 4, &Life::ChangeSite},
        {"a decision", 12, &Life::Decide},
        {"a decision on families", 3, &Life::DecideFamilies},
        {"a duplicate", 6, &Life::Resolve},
        {"a match", 3, &Life::Match},
        {"a plan", 9, &Life::PlanAndApprove},
        {"an undo", 3, &Life::UndoNow},
        {"an undo that is queued", 1, &Life::UndoLater},
        {"invitations", 2, &Life::Invite},
        {"a lease", 8, &Life::Lease},
        {"a report", 8, &Life::Report},
        {"time", 5, &Life::LetTimePass},
        {"a restart", 2, &Life::Restart},
        {"a retry", 2, &Life::Retry},
        {"a full disk", 2, &Life::FillTheDisk},
        {"work", 3, &Life::Work},
    };
    static const int kWeights = [] {
      int all = 0;
      for (const auto& one : kHappenings) all += one.weight;
      return all;
    }();
    auto at = static_cast<int>(Below(static_cast<std::uint64_t>(kWeights)));
    for (const Happening& one : kHappenings) {
      at -= one.weight;
      if (at >= 0) continue;
      last_step_ = one.name;
      (this->*one.run)();
      return;
    }
  }

  void Poll() {
    EndLooking();
    desk_.Poll();
  }

  void StartLooking() {
    if (!looking_) looking_ = desk_.Look(desk_.StartPoll());
  }

  void EndLooking() {
    if (!looking_) return;
    PollEnd end = *std::move(looking_);
    looking_.reset();
    if (Chance(12)) {
      desk_.EndPoll({end.school, end.poll, PollEnd::Side::kSource,
                     Fail(Code::kInvalid, "rows-missing", "12 announced, 11 received.")});
    } else {
      desk_.EndPoll(std::move(end));
    }
  }

  void ChangeFacts() {
    for (auto times = 1 + Below(2); times > 0; --times) {
      Pupil& pupil = desk_.pupils[Below(desk_.pupils.size())];
      switch (Below(12)) {
        case 0:
        case 1:
        case 2:
          pupil.email = Address();
          break;
        case 3:
          pupil.email2 = Address();
          break;
        case 4:
          pupil.last += "x";
          break;
        case 5:
        case 6:
          pupil.status = Status();
          break;
        case 7:
          pupil.grade = "1" + std::to_string(Below(3));
          break;
        case 8:
          pupil.person = !Chance(3);
          break;
        case 9:
          pupil.student = !parents_ || pupil.id > 100 ? !Chance(3) : Chance(10);
          break;
        case 10: {
          Desk::Household& home = desk_.households[Below(desk_.households.size())];
          home = MakeHome(home.id);
          break;
        }
        default:
          if (parents_) {
            AddLink({static_cast<std::int64_t>(1 + Below(12)),
                     static_cast<std::int64_t>(101 + Below(8)), Chance(3)});
          }
          break;
      }
      if (Chance(40)) pupil.deceased = !pupil.deceased;
    }
    desk_.rejected_rows = Chance(10) ? 1 : 0;
  }

  void ChangeSite() {
    if (desk_.site.empty() || Chance(5)) return MakeByHand();
    auto at = desk_.site.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(Below(desk_.site.size())));
    model::Account& account = at->second;
    handled_.insert(at->first);
    switch (Below(7)) {
      case 0:
        account.active = !account.active;
        break;
      case 1:
        account.fields.Set(Field::kGivenName, "Site" + std::to_string(Below(100)));
        break;
      case 2:
        account.fields.Set(Field::kEmail, "site" + std::to_string(Below(9)) + "@example.org");
        break;
      case 3:
        account.last_accessed = desk_.clock.Now();
        break;
      case 4:
        account.roles =
            Chance(3) ? std::vector<std::string>{"MANAGER"} : std::vector<std::string>();
        break;
      case 5:
        account.external_id.clear();
        break;
      default:
        desk_.site.erase(at);
        break;
    }
  }

  std::int64_t AnyPerson() {
    return rows_.empty()
               ? 1
               : std::next(rows_.begin(), static_cast<std::ptrdiff_t>(Below(rows_.size())))->first;
  }

  // Says it, and says it again: the second time nothing happens.
  wire::Reply Twice(wire::Request request) {
    const wire::Reply reply = desk_.Command(request);
    if (reply.has_error()) return reply;
    const auto head = desk_.School().head();
    const wire::Reply again = desk_.Command(std::move(request));
    // Of a family without users nothing is left once it is included again.
    const bool gone =
        again.error().reason() == "unknown-family" && !reply.decide_families().users();
    EXPECT_TRUE(!again.has_error() || gone) << again.error().message();
    EXPECT_EQ(again.decide().changed(), 0U) << "deciding twice is deciding once";
    EXPECT_EQ(again.decide_families().changed(), 0U) << "deciding twice is deciding once";
    EXPECT_EQ(desk_.School().head(), head) << "deciding twice is deciding once";
    return reply;
  }

  void Decide() {
    static const std::vector<wire::Decision> kKinds = {
        wire::SYNC, wire::SYNC,    wire::SYNC,    wire::SYNC,    wire::SKIP,
        wire::SKIP, wire::EXCLUDE, wire::INCLUDE, wire::PROTECT, wire::INCLUDE};
    wire::Request request;
    auto* body = request.mutable_decide();
    body->set_decision(Any(kKinds));
    if (Chance(3)) body->set_note("said so");
    std::set<std::int64_t> persons;
    if (Chance(6)) {
      body->set_decision(wire::SYNC);
      body->mutable_filter()->set_status(wire::STATUS_NEW);
      for (const auto& [person, row] : rows_) {
        if (row.status() == wire::STATUS_NEW) persons.insert(person);
      }
    } else {
      for (auto i = 1 + Below(4); i > 0; --i) {
        const auto person = AnyPerson();
        persons.insert(person);
        body->add_persons(person);
      }
    }
    if (Twice(request).has_error()) return;
    for (const auto person : persons) {
      if (body->decision() != wire::INCLUDE) {
        word_[person] = body->decision();
      } else if (word_.contains(person) && word_[person] >= wire::EXCLUDE) {
        word_.erase(person);
      }
    }
  }

  void DecideFamilies() {
    const auto family = static_cast<std::int64_t>(1 + Below(6));
    wire::Request request;
    auto* body = request.mutable_decide_families();
    body->set_exclude(!Chance(3));
    body->add_families(family);
    if (Chance(2)) body->set_note("moving away");
    if (Twice(request).has_error()) return;
    if (body->exclude()) {
      excluded_.insert(family);
    } else {
      excluded_.erase(family);
    }
  }

  void Resolve() {
    const auto groups = desk_.Groups(wire::GROUP_ALL);
    if (groups.empty()) return;
    const auto& group = Any(groups);
    if (group.members().empty()) return;
    const auto person =
        group.members(static_cast<int>(Below(static_cast<std::uint64_t>(group.members_size()))))
            .person();
    wire::Request request;
    auto* body = request.mutable_resolve_group();
    body->set_group(group.group());
    switch (Below(5)) {
      case 0:
      case 1:
        body->set_keep(person);
        break;
      case 2:
        body->set_share_login(person);
        break;
      case 3:
        body->set_use_email2(person);
        break;
      default:
        body->set_reopen(true);
        break;
    }
    Twice(request);
  }

  void Match() {
    std::vector<std::int64_t> asked;
    for (const auto& [person, row] : rows_) {
      const bool open = row.fits_size() > 0 || row.situation() == wire::LOST ||
                        row.situation() == wire::FOUND || row.situation() == wire::TAKEN;
      if (open || Chance(20)) asked.push_back(person);
    }
    if (asked.empty()) return;
    wire::Request request;
    auto* body = request.mutable_decide_match();
    body->set_person(Any(asked));
    switch (Below(3)) {
      case 0:
        body->set_none(true);
        break;
      case 1:
        body->set_withdraw(true);
        break;
      default:
        if (desk_.site.empty()) return;
        body->set_account(
            std::next(desk_.site.begin(), static_cast<std::ptrdiff_t>(Below(desk_.site.size())))
                ->first);
        break;
    }
    if (body->word_case() == wire::DecideMatch::kAccount) {
      Twice(request);
    } else {
      desk_.Command(request);
    }
  }

  // ---- plans ---------------------------------------------------------------------------------

  // Approves some or all of a plan, and keeps what it showed.
  bool Approve(const wire::Plan& plan, bool all) {
    if (plan.items() == 0) return false;
    const auto shown = desk_.PlanRows(plan.plan());
    EXPECT_EQ(shown.size(), plan.items());
    wire::ApprovePlan body;
    body.set_plan(plan.plan());
    body.set_digest(plan.digest());
    body.set_leave_out_changed(Chance(2));
    if (!all && Chance(3)) body.add_only(Any(shown).change_class());
    if (!all && Chance(3)) body.add_except(Any(shown).person());
    if (all || !plan.holds().empty()) {
      body.set_override_guards(all || Chance(2));
      if (body.override_guards()) body.set_override_reason("looked at it twice");
    }
    const auto before = desk_.School().tasks();
    const wire::Reply reply = desk_.Approve(body);
    if (!reply.has_approve()) {
      EXPECT_EQ(desk_.School().tasks().SerializeAsString(), before.SerializeAsString())
          << "refused, with something done: " << reply.error().message();
      return false;
    }
    if (!body.override_guards()) {
      EXPECT_TRUE(reply.approve().plan().holds().empty()) << "a guard let it through";
    }
    std::uint64_t taken = 0;
    for (const auto& row : shown) {
      const bool chosen = (body.only().empty() || body.only(0) == row.change_class()) &&
                          std::find(body.except().begin(), body.except().end(), row.person()) ==
                              body.except().end();
      if (!chosen || row.changed()) continue;
      approved_[{plan.plan(), row.person()}] = row;
      ++taken;
    }
    EXPECT_EQ(reply.approve().plan().tasks().queued(), taken) << "approved is what was shown";
    return true;
  }

  void PlanAndApprove() {
    const auto plan = desk_.Plan();
    EXPECT_EQ(plan.items(), counters_.to_add() + counters_.to_update() + counters_.to_archive() +
                                counters_.to_restore())
        << "a plan holds what is pending";
    if (Chance(4)) EndLooking();
    Approve(plan, Chance(2));
  }

  void Invite() {
    wire::PreparePlan what;
    what.mutable_invitations()->set_never_accessed(Chance(2));
    if (Chance(3)) what.mutable_invitations()->set_batch(1);
    const auto reply = desk_.Prepare(what);
    ASSERT_TRUE(reply.has_plan()) << reply.error().message();
    Approve(reply.plan().plan(), Chance(2));
  }

  std::optional<wire::Plan> PrepareUndo() {
    wire::Request request;
    request.mutable_list_plans()->set_page_size(1000);
    const auto listed = desk_.Ask(request).plans();
    std::vector<std::uint64_t> done;
    for (const auto& plan : listed.plans()) {
      if (plan.state() == wire::FINISHED) done.push_back(plan.plan());
    }
    if (done.empty()) return std::nullopt;
    const auto undone = Any(done);
    const auto reply = desk_.PrepareUndo(undone);
    EXPECT_TRUE(reply.has_plan()) << reply.error().message();
    const wire::Plan& plan = reply.plan().plan();
    // Everything that was applied is taken back, or it is said why not.
    wire::Request tasks;
    tasks.mutable_list_tasks()->set_plan(undone);
    tasks.mutable_list_tasks()->set_state(wire::APPLIED);
    tasks.mutable_list_tasks()->set_page_size(1000);
    EXPECT_EQ(desk_.Ask(tasks).tasks().rows_size(),
              static_cast<int>(plan.items() + plan.not_undone_total()));
    for (const auto& left : plan.not_undone()) {
      EXPECT_NE(left.sentence(), "");
      const SiteWrite* write = WriteOf(undone, left.person());
      if (write == nullptr || left.reason() != "changed-since") continue;
      const auto now = desk_.site.find(write->account);
      EXPECT_TRUE(handled_.contains(write->account) || now == desk_.site.end() ||
                  now->second.fields != write->after.fields)
          << "nobody has changed it since";
    }
    return plan;
  }

  // The last one: a task that was never told of may have been done again, on another account.
  const SiteWrite* WriteOf(std::uint64_t plan, std::int64_t person) const {
    const auto found = std::find_if(
        desk_.writes.rbegin(), desk_.writes.rend(),
        [&](const SiteWrite& write) { return write.plan == plan && write.person == person; });
    return found == desk_.writes.rend() ? nullptr : &*found;
  }

  void UndoLater() {
    const auto plan = PrepareUndo();
    if (plan) Approve(*plan, true);
  }

  // Undone at once, every field is what it was before.
  void UndoNow() {
    Report();
    const auto plan = PrepareUndo();
    if (!plan || !Approve(*plan, true)) return;
    Lease();
    Report();
    for (const SiteWrite& undo : desk_.writes) {
      if (undo.plan != plan->plan()) continue;
      const SiteWrite* done = WriteOf(plan->undo_of(), undo.person);
      ASSERT_TRUE(done != nullptr || handled_.contains(undo.account)) << "undoes what was not done";
      if (done == nullptr) continue;
      const wire::UserRow& row = approved_.at({plan->plan(), undo.person});
      EXPECT_EQ(undo.account, done->account);
      const model::Account& now = desk_.site.at(undo.account);
      // Approved of an account in the archive, whoever may have been faster than the worker.
      const bool was_active = done->action == wire::ARCHIVE || done->action == wire::UPDATE;
      EXPECT_EQ(now.active, was_active) << wire::Action_Name(done->action);
      for (const auto& field : row.fields()) {
        const auto which = *model::FieldFromWord(field.field());
        EXPECT_EQ(now.fields.Get(which), field.after()) << field.field();
        EXPECT_EQ(Lower(field.after()), Lower(done->before ? done->before->fields.Get(which) : ""))
            << field.field();
      }
    }
  }

  // ---- workers -------------------------------------------------------------------------------

  void Lease() {
    for (const auto& task : desk_.Lease("w", static_cast<std::uint32_t>(1 + Below(30)))) {
      CheckLeased(task);
      held_.push_back(task);
    }
  }

  // What is handed out is what was approved, and what people have said since still allows it.
  void CheckLeased(const wire::Task& task) {
    const auto found = approved_.find({task.plan(), task.person()});
    ASSERT_TRUE(found != approved_.end()) << "never approved: " << task.DebugString();
    const wire::UserRow& row = found->second;
    EXPECT_EQ(task.action(), row.action());
    if (task.action() != wire::ADD) {
      EXPECT_EQ(task.account(), row.account());
    }
    if (task.action() <= wire::UPDATE || task.action() == wire::RESTORE) {
      ASSERT_EQ(task.fields_size(), row.fields_size()) << task.DebugString() << row.DebugString();
      for (int i = 0; i < task.fields_size(); ++i) {
        EXPECT_EQ(task.fields(i).SerializeAsString(), row.fields(i).SerializeAsString());
      }
    } else {
      EXPECT_EQ(task.fields_size(), 0);
    }
    if (task.look_only()) return;
    const auto said = word_.find(task.person());
    const auto word = said == word_.end() ? wire::DECISION_UNSPECIFIED : said->second;
    EXPECT_NE(word, wire::PROTECT) << task.DebugString();
    EXPECT_NE(word, wire::EXCLUDE) << task.DebugString();
    if (task.action() == wire::ADD || task.link_only()) {
      EXPECT_EQ(word, wire::SYNC) << "added or linked without being selected";
    }
    const auto now = rows_.find(task.person());
    ASSERT_TRUE(now != rows_.end()) << task.DebugString();
    const auto& families = now->second.families();
    const bool out =
        !families.empty() && std::all_of(families.begin(), families.end(), [&](const auto& place) {
          return excluded_.contains(place.family());
        });
    EXPECT_FALSE(out) << "all their families are excluded";
  }

  wire::Outcome Fails(const wire::Task& task) {
    wire::Outcome outcome;
    outcome.mutable_lease()->set_school(task.school());
    outcome.mutable_lease()->set_plan(task.plan());
    outcome.mutable_lease()->set_index(task.index());
    outcome.mutable_lease()->set_attempt(task.attempt());
    switch (Below(4)) {
      case 0:
        outcome.mutable_failed()->set_reason("rejected-by-site");
        break;
      case 1:
        outcome.mutable_failed()->set_reason("site-unavailable");
        outcome.mutable_failed()->set_again(true);
        outcome.mutable_failed()->set_site_failing(true);
        break;
      case 2:
        outcome.mutable_unknown()->set_reason("no-answer");
        break;
      default:
        outcome.mutable_failed()->set_reason("conflict");
        outcome.mutable_failed()->set_again(true);
        break;
    }
    return outcome;
  }

  void Report() {
    std::vector<wire::Outcome> outcomes;
    for (const auto& task : std::exchange(held_, {})) {
      const auto fate = Below(20);
      if (fate == 0) {
        outcomes.push_back(Fails(task));
        continue;
      }
      auto outcome = desk_.Execute(task);
      if (fate == 1) continue;  // done, and never told
      if (fate == 2) {
        outcome.clear_end();
        outcome.mutable_unknown()->set_reason("no-answer");
      }
      outcomes.push_back(std::move(outcome));
    }
    desk_.Report("w", outcomes);
  }

  void Work() {
    for (int i = 0; i < 20; ++i) {
      Report();
      Lease();
      if (held_.empty()) return;
    }
  }

  bool IsBusy() {
    const auto tasks = desk_.School().tasks();
    return tasks.queued() + tasks.leased() + tasks.unknown() > 0;
  }

  void Retry() {
    wire::Request request;
    request.mutable_retry_tasks()->set_all_dead(true);
    EXPECT_TRUE(desk_.Command(request).has_retry());
  }

  // ---- the rest ------------------------------------------------------------------------------

  void LetTimePass() {
    const std::vector<Duration> spans = {std::chrono::seconds(1), std::chrono::seconds(70),
                                         std::chrono::minutes(10), std::chrono::hours(30),
                                         std::chrono::days(8)};
    desk_.clock.Advance(Any(spans));
    desk_.Step();
  }

  void Restart() {
    looking_.reset();
    const auto before = desk_.School().counters().SerializeAsString();
    desk_.Restart();
    EXPECT_EQ(desk_.School().counters().SerializeAsString(), before);
  }

  void FillTheDisk() {
    const auto before = desk_.School();
    wire::Request request;
    request.mutable_decide()->set_decision(wire::SYNC);
    request.mutable_decide()->add_persons(AnyPerson());
    desk_.store.FailNextCommit({Code::kExhausted, "disk-full", "no room"});
    EXPECT_EQ(desk_.Command(request).error().reason(), "disk-full");
    EXPECT_EQ(desk_.School().counters().SerializeAsString(), before.counters().SerializeAsString());
    EXPECT_EQ(desk_.School().head(), before.head());
  }

  // ---- what always holds ---------------------------------------------------------------------

  void Check() {
    desk_.ExpectConsistent();
    ReadRows();
    CheckWrites();
  }

  void ReadRows() {
    wire::Request request;
    request.mutable_list_users()->set_page_size(1000);
    const auto reply = desk_.Ask(request);
    rows_.clear();
    std::map<wire::Bucket, std::uint64_t> buckets;
    std::map<wire::ListStatus, std::uint64_t> lists;
    std::uint64_t fresh = 0;
    for (const auto& row : reply.users().rows()) {
      EXPECT_TRUE(rows_.emplace(row.person(), row).second) << "listed twice";
      EXPECT_TRUE(row.reason() != "" || row.bucket() == wire::UNCHANGED) << row.DebugString();
      EXPECT_TRUE(row.sentence() != "" || row.reason() == "") << row.DebugString();
      ++buckets[row.bucket()];
      ++lists[row.status()];
      fresh += row.is_new() ? 1 : 0;
    }
    counters_ = desk_.School().counters();
    EXPECT_EQ(counters_.everybody(), rows_.size());
    EXPECT_EQ(counters_.to_add(), buckets[wire::TO_ADD]);
    EXPECT_EQ(counters_.to_update(), buckets[wire::TO_UPDATE]);
    EXPECT_EQ(counters_.to_archive(), buckets[wire::TO_ARCHIVE]);
    EXPECT_EQ(counters_.to_restore(), buckets[wire::TO_RESTORE]);
    EXPECT_EQ(counters_.to_skip(), buckets[wire::TO_SKIP]);
    EXPECT_EQ(counters_.unchanged(), buckets[wire::UNCHANGED]);
    EXPECT_EQ(counters_.to_add() + counters_.to_update() + counters_.to_archive() +
                  counters_.to_restore() + counters_.to_skip() + counters_.unchanged(),
              counters_.everybody());
    EXPECT_EQ(counters_.status_new(), lists[wire::STATUS_NEW]);
    EXPECT_EQ(counters_.status_selected(), lists[wire::STATUS_SELECTED]);
    EXPECT_EQ(counters_.status_skipped(), lists[wire::STATUS_SKIPPED]);
    EXPECT_EQ(counters_.status_error(), lists[wire::STATUS_ERROR]);
    EXPECT_EQ(counters_.fresh(), fresh);
  }

  // Every write since the last look was approved for that person, on an account that is theirs or
  // nobody's, and on nobody's who is protected.
  void CheckWrites() {
    for (; checked_ < desk_.writes.size(); ++checked_) {
      const SiteWrite& write = desk_.writes[checked_];
      const auto found = approved_.find({write.plan, write.person});
      ASSERT_TRUE(found != approved_.end()) << "written and never approved";
      const wire::UserRow& row = found->second;
      EXPECT_EQ(write.action, row.action());
      const std::string own = "tcs:" + std::to_string(write.person);
      const bool links = write.action <= wire::UPDATE || write.action == wire::RESTORE;
      EXPECT_EQ(write.after.external_id, links ? own : write.before->external_id);
      if (!write.before) {
        EXPECT_EQ(write.action, wire::ADD);
        continue;
      }
      EXPECT_FALSE(IsOwners(*write.before)) << "a protected account, for person " << write.person;
      EXPECT_EQ(write.account, row.account());
      EXPECT_TRUE(write.before->external_id == own || write.before->external_id.empty())
          << "somebody else's account: " << write.before->external_id;
      if (write.action == wire::ARCHIVE) {
        EXPECT_FALSE(IsKept(*write.before)) << "never to be archived";
      }
      for (int field = 1; field < 32; ++field) {
        const auto which = static_cast<Field>(field);
        if (write.before->fields.Get(which) == write.after.fields.Get(which)) continue;
        const auto shown = std::find_if(row.fields().begin(), row.fields().end(), [&](auto& one) {
          return model::FieldFromWord(one.field()) == which;
        });
        ASSERT_TRUE(shown != row.fields().end()) << "a field that nobody was shown: " << field;
        EXPECT_EQ(shown->after(), write.after.fields.Get(which));
      }
    }
    std::map<std::string, int> owners;
    for (const auto& [id, account] : desk_.site) {
      if (!account.external_id.empty()) ++owners[account.external_id];
    }
    for (const auto& [owner, count] : owners) EXPECT_EQ(count, 1) << owner;
  }

  SeededRandom random_;
  Desk desk_;
  bool parents_ = false;
  int by_hand_ = 0;
  std::string last_step_;
  std::optional<PollEnd> looking_;
  std::vector<wire::Task> held_;
  std::map<std::int64_t, wire::UserRow> rows_;  // as they stood after the last step
  wire::Counters counters_;
  std::map<std::int64_t, wire::Decision> word_;  // the last one on each person
  std::set<std::int64_t> excluded_;              // families
  std::map<std::pair<std::uint64_t, std::int64_t>, wire::UserRow> approved_;
  std::set<std::string> handled_;  // accounts that people have had their hands on
  std::size_t checked_ = 0;        // of the site's writes
};

TEST(EngineProperty, WhateverHappensItAllAgrees) {
  const char* seeds_text = std::getenv("ROSTER_TEST_SEEDS");
  const char* first_text = std::getenv("ROSTER_TEST_FIRST_SEED");
  const int seeds = seeds_text != nullptr ? std::atoi(seeds_text) : 20;
  const int first = first_text != nullptr ? std::atoi(first_text) : 1;
  for (int seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life life(static_cast<std::uint64_t>(seed));
    life.Live(80);
    if (!::testing::Test::HasFailure()) life.ComeToRest();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace roster::engine
