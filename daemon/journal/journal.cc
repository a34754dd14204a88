#include "daemon/journal/journal.h"

#include <algorithm>
#include <utility>

namespace roster::journal {
namespace {

template <typename... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Match(Cases...) -> Match<Cases...>;

std::string Doing(model::Action action) {
  switch (action) {
    case model::Action::kAdd:
      return "add the account";
    case model::Action::kUpdate:
      return "update the account";
    case model::Action::kArchive:
      return "archive the account";
    case model::Action::kRestore:
      return "restore the account";
    case model::Action::kInvite:
      return "invite";
    case model::Action::kNone:
      break;
  }
  return "do nothing";
}

std::string Guarded(model::GuardKind guard) {
  switch (guard) {
    case model::GuardKind::kAdd:
      return "adds";
    case model::GuardKind::kUpdate:
      return "updates";
    case model::GuardKind::kArchive:
      return "archives";
    case model::GuardKind::kRestore:
      return "restores";
    case model::GuardKind::kMissing:
      return "archives of missing people";
  }
  return "changes";
}

std::string Task(const TaskId& id, model::Action action) {
  return "Task " + ToString(id) + " (" + Doing(action) + ")";
}

std::string Number(std::uint64_t number) { return std::to_string(number); }

std::string Counted(std::uint64_t count, const std::string& one, const std::string& many) {
  return Number(count) + " " + (count == 1 ? one : many);
}

// "the guard on adds", "the guards on adds, updates and archives"; "" of none.
std::string Guards(const std::vector<model::GuardKind>& guards) {
  std::string text = guards.size() == 1 ? "the guard on " : "the guards on ";
  for (std::size_t i = 0; i < guards.size(); ++i) {
    if (i > 0) text += i + 1 == guards.size() ? " and " : ", ";
    text += Guarded(guards[i]);
  }
  return guards.empty() ? "" : text;
}

std::vector<PersonId> PersonsOf(const std::vector<std::pair<PersonId, AccountId>>& links) {
  std::vector<PersonId> persons;
  persons.reserve(links.size());
  for (const auto& [person, account] : links) persons.push_back(person);
  return persons;
}

std::vector<PersonId> PersonsOf(const std::vector<std::pair<TaskId, PersonId>>& tasks) {
  std::vector<PersonId> persons;
  persons.reserve(tasks.size());
  for (const auto& [task, person] : tasks) persons.push_back(person);
  return persons;
}

// nullptr: this person is not among them.
const AccountId* AccountOf(const std::vector<std::pair<PersonId, AccountId>>& links,
                           PersonId person) {
  for (const auto& [who, account] : links) {
    if (who == person) return &account;
  }
  return nullptr;
}

std::string HolderSentence(const model::DuplicateResolved& e, PersonId person,
                           const std::string& by) {
  const std::string duplicate = "duplicate " + Number(e.group.value());
  const std::string holder = "person " + std::to_string(e.holder.value());
  if (!e.kind) return "What was decided on " + duplicate + " was taken back" + by + ".";
  if (*e.kind == model::HolderKind::kKeep) {
    if (e.holder == person) return "Chosen to hold the address of " + duplicate + "," + by + ".";
    return "Gives way to " + holder + ", chosen to hold the address of " + duplicate + "," + by +
           ".";
  }
  if (e.holder == person) {
    return "Chosen to hold the login that the family shares, of " + duplicate + "," + by + ".";
  }
  return "Uses the login of " + holder + ", which the family shares, of " + duplicate + "," + by +
         ".";
}

std::string ApprovalSentence(const model::PlanApproved& e, PersonId person, const std::string& by) {
  const std::string plan = "plan " + Number(e.plan.value());
  const std::string after =
      e.first_actor.empty() ? "" : ", the second of two after " + e.first_actor + ",";
  const std::string lifted =
      e.lifted.empty() ? "" : " with " + Guards(e.lifted) + " lifted for it alone";
  if (std::find(e.left_out.begin(), e.left_out.end(), person) != e.left_out.end()) {
    return "Left out of " + plan + ", approved" + by + lifted + ": changed since it was shown.";
  }
  return "P" + plan.substr(1) + " approved" + by + after + lifted + ": " +
         Counted(e.adds + e.updates + e.archives + e.restores + e.invites, "change", "changes") +
         (e.not_chosen > 0 ? ", " + Number(e.not_chosen) + " left out on purpose" : "") +
         (e.left_out_total > 0 ? ", " + Number(e.left_out_total) + " changed since it was shown"
                               : "") +
         ".";
}

// In order, as few events as hold them all.
template <typename Named, typename Make>
std::vector<model::Event> Split(const std::vector<Named>& all, Make make) {
  std::vector<model::Event> events;
  for (std::size_t at = 0; at < all.size(); at += model::kEntryPersonsMax) {
    const auto end = std::min(at + model::kEntryPersonsMax, all.size());
    events.emplace_back(make({all.begin() + static_cast<std::ptrdiff_t>(at),
                              all.begin() + static_cast<std::ptrdiff_t>(end)}));
  }
  return events;
}

// One overload an event.
struct Teller {
  PersonId person;
  std::string by;  // " by uid:1000"

  std::string operator()(const model::LinksRecorded& e) const {
    const AccountId* account = AccountOf(e.links, person);
    if (account == nullptr) return "";
    return "Linked to account " + account->value() + ", which carries this person's id already.";
  }
  std::string operator()(const model::LinksForgotten& e) const {
    const AccountId* account = AccountOf(e.links, person);
    if (account == nullptr) return "";
    return "The link to account " + account->value() +
           ", which is gone from the site, was given up" + by + ".";
  }
  std::string operator()(const model::PersonsDecided& e) const {
    switch (e.kind) {
      case model::DecisionKind::kSync:
        return "Selected" + by + ".";
      case model::DecisionKind::kSkip:
        return "Deselected" + by + ".";
      case model::DecisionKind::kExclude:
        return "Excluded" + by + ".";
      case model::DecisionKind::kInclude:
        return "Included again" + by + ": no longer excluded or protected.";
      case model::DecisionKind::kProtect:
        return "Protected" + by + ": the account is never touched.";
    }
    return "";
  }
  std::string operator()(const model::FamiliesDecided& e) const {
    const std::string families = e.families.size() == 1
                                     ? "Family " + std::to_string(e.families[0].value())
                                     : Counted(e.families.size(), "family", "families");
    return families + (e.excluded ? " excluded" : " included again") + by + ".";
  }
  std::string operator()(const model::DuplicateResolved& e) const {
    return HolderSentence(e, person, by);
  }
  std::string operator()(const model::EmailChosen& e) const {
    return (e.email2 ? "The address in email2 was chosen" : "The address in email counts again,") +
           by + ".";
  }
  std::string operator()(const model::MatchDecided& e) const {
    if (e.withdrawn) return "What was said of their account was taken back" + by + ".";
    if (!e.account) return "None of the accounts that fit is theirs, said" + by + ".";
    return "Account " + e.account->value() + " is theirs, said" + by + ".";
  }
  std::string operator()(const model::ReviewRequired& e) const {
    const std::string held = e.held.empty() ? "" : "; " + Guards(e.held) + " would hold a plan";
    return "To review: " + Counted(e.new_users, "new user", "new users") + ", " +
           Counted(e.new_errors, "new error", "new errors") + held + ".";
  }
  std::string operator()(const model::PlanPrepared& e) const {
    const std::string undo =
        e.undo_of ? ", which takes back plan " + Number(e.undo_of->value()) + "," : "";
    const std::string held = e.held.empty() ? "" : ", held by " + Guards(e.held);
    return "Plan " + Number(e.plan.value()) + undo + " prepared" + by + ": " +
           Counted(e.items, e.invitations ? "invitation" : "change",
                   e.invitations ? "invitations" : "changes") +
           held + ".";
  }
  std::string operator()(const model::PlanApproved& e) const {
    return ApprovalSentence(e, person, by);
  }
  std::string operator()(const model::TaskApplied& e) const {
    return Task(e.task, e.action) + " done on account " + e.account.value() +
           (e.already ? ": it was there already." : ".");
  }
  std::string operator()(const model::TaskDead& e) const {
    return Task(e.task, e.action) + " given up after " + std::to_string(e.attempt) +
           " attempts: " + e.reason + ".";
  }
  std::string operator()(const model::TaskSuperseded& e) const {
    return Task(e.task, e.action) + " not done: " + e.reason + ".";
  }
  std::string operator()(const model::TaskUnknown& e) const {
    return Task(e.task, e.action) + ": its outcome is not known (" + e.reason +
           (e.resting ? "); a person is to look at the site, and to confirm or retry it."
                      : "); the site is looked at first.");
  }
  std::string operator()(const model::TasksConfirmed& e) const {
    for (const auto& [task, who] : e.tasks) {
      if (who == person) return "Task " + ToString(task) + " confirmed as done" + by + ".";
    }
    return "";
  }
  std::string operator()(const model::TasksRetried& e) const {
    for (const auto& [task, who] : e.tasks) {
      if (who == person) return "Task " + ToString(task) + " retried" + by + ".";
    }
    return "";
  }
  std::string operator()(const model::ApprovalGiven& e) const {
    const std::string replaced =
        e.replaces.value() == 0 ? "" : "that of " + e.replaced_actor + " no longer counts, and ";
    return "Plan " + Number(e.plan.value()) + " approved" + by + ", the first of two (" + e.reason +
           "); " + replaced + "it waits for the second.";
  }
  std::string operator()(const model::PersonsForgotten& e) const {
    return "What was kept was removed" + (e.by_age ? ", by age." : by + ".");
  }
  // What bears on nobody in particular.
  template <typename Event>
  std::string operator()(const Event& e) const {
    return std::string(EventName(e));
  }
};

}  // namespace

model::Entry Next(const Head& head, const SchoolId& school, Time now, std::string actor,
                  std::string cause, model::Event event) {
  model::Entry entry;
  entry.school = school;
  entry.seq = Seq(head.seq.value() + 1);
  entry.at = now;
  entry.actor = std::move(actor);
  entry.cause = std::move(cause);
  entry.previous = head.hash;
  entry.event = std::move(event);
  return entry;
}

Head Advance(const Head& head, std::string_view bytes) {
  return {Seq(head.seq.value() + 1), Blake2b(bytes)};
}

Result<Head> Follow(const Head& head, const model::Entry& entry, std::string_view bytes) {
  if (entry.seq.value() != head.seq.value() + 1) {
    return Fail(Code::kCorrupt, "journal-broken",
                "Entry " + std::to_string(entry.seq.value()) + " stands where entry " +
                    std::to_string(head.seq.value() + 1) + " was expected.");
  }
  if (entry.previous != head.hash) {
    return Fail(Code::kCorrupt, "journal-broken",
                "Entry " + std::to_string(entry.seq.value()) +
                    " does not carry the digest of the entry before it.");
  }
  return Advance(head, bytes);
}

std::vector<PersonId> PersonsOf(const model::Event& event) {
  using Persons = std::vector<PersonId>;
  return std::visit(Match{[](const model::LinksRecorded& e) { return PersonsOf(e.links); },
                          [](const model::LinksForgotten& e) { return PersonsOf(e.links); },
                          [](const model::PersonsDecided& e) { return e.persons; },
                          [](const model::DuplicateResolved& e) { return e.persons; },
                          [](const model::EmailChosen& e) { return Persons{e.person}; },
                          [](const model::MatchDecided& e) { return Persons{e.person}; },
                          [](const model::PersonsForgotten& e) { return e.persons; },
                          [](const model::PlanApproved& e) { return e.left_out; },
                          [](const model::TasksRetried& e) { return PersonsOf(e.tasks); },
                          [](const model::TasksConfirmed& e) { return PersonsOf(e.tasks); },
                          [](const model::TaskApplied& e) { return Persons{e.person}; },
                          [](const model::TaskDead& e) { return Persons{e.person}; },
                          [](const model::TaskSuperseded& e) { return Persons{e.person}; },
                          [](const model::TaskUnknown& e) { return Persons{e.person}; },
                          [](const auto&) { return Persons{}; }},
                    event);
}

std::string Tell(const model::Entry& entry, PersonId person) {
  return std::visit(Teller{person, " by " + entry.actor}, entry.event);
}

std::vector<model::Event> SplitDecided(model::DecisionKind kind,
                                       const std::vector<PersonId>& persons) {
  return Split(persons, [&](std::vector<PersonId> some) {
    return model::PersonsDecided{kind, std::move(some)};
  });
}

std::vector<model::Event> SplitFamilies(bool excluded, const std::vector<FamilyId>& families,
                                        const Digest& word) {
  return Split(families, [&](std::vector<FamilyId> some) {
    return model::FamiliesDecided{excluded, std::move(some), word};
  });
}

}  // namespace roster::journal
