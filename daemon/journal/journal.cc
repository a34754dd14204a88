#include "daemon/journal/journal.h"

#include <algorithm>

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

std::string Task(const TaskId& id, model::Action action) {
  return "Task " + ToString(id) + " (" + Doing(action) + ")";
}

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
  return std::visit(Match{[](const model::LinksRecorded& e) {
                            Persons persons;
                            for (const auto& [person, account] : e.links) persons.push_back(person);
                            return persons;
                          },
                          [](const model::PersonsDecided& e) { return e.persons; },
                          [](const model::PlanApproved& e) { return e.left_out; },
                          [](const model::TasksRetried& e) {
                            Persons persons;
                            for (const auto& [task, person] : e.tasks) persons.push_back(person);
                            return persons;
                          },
                          [](const model::TaskApplied& e) { return Persons{e.person}; },
                          [](const model::TaskDead& e) { return Persons{e.person}; },
                          [](const model::TaskSuperseded& e) { return Persons{e.person}; },
                          [](const model::TaskUnknown& e) { return Persons{e.person}; },
                          [](const auto&) { return Persons{}; }},
                    event);
}

std::string Tell(const model::Entry& entry, PersonId person) {
  const std::string by = " by " + entry.actor;
  return std::visit(Match{[&](const model::LinksRecorded& e) {
                            for (const auto& [who, account] : e.links) {
                              if (who == person) {
                                return "Linked to account " + account.value() +
                                       ", which carries this person's id already.";
                              }
                            }
                            return std::string();
                          },
                          [&](const model::PersonsDecided& e) {
                            switch (e.kind) {
                              case model::DecisionKind::kSync:
                                return "Selected" + by + ".";
                              case model::DecisionKind::kSkip:
                                return "Deselected" + by + ".";
                              case model::DecisionKind::kExclude:
                                return "Excluded" + by + ".";
                            }
                            return std::string();
                          },
                          [&](const model::PlanApproved& e) {
                            return "Left out of plan " + std::to_string(e.plan.value()) +
                                   ", approved" + by + ": changed since it was shown.";
                          },
                          [&](const model::TaskApplied& e) {
                            return Task(e.task, e.action) + " done on account " +
                                   e.account.value() +
                                   (e.already ? ": it was there already." : ".");
                          },
                          [&](const model::TaskDead& e) {
                            return Task(e.task, e.action) + " given up after " +
                                   std::to_string(e.attempt) + " attempts: " + e.reason + ".";
                          },
                          [&](const model::TaskSuperseded& e) {
                            return Task(e.task, e.action) + " not done: " + e.reason + ".";
                          },
                          [&](const model::TaskUnknown& e) {
                            return Task(e.task, e.action) + ": its outcome is not known (" +
                                   e.reason + "); the site is looked at first.";
                          },
                          [&](const model::TasksRetried& e) {
                            for (const auto& [task, who] : e.tasks) {
                              if (who == person)
                                return "Task " + ToString(task) + " retried" + by + ".";
                            }
                            return std::string();
                          },
                          [](const auto& e) { return std::string(EventName(e)); }},
                    entry.event);
}

std::vector<model::Event> SplitDecided(model::DecisionKind kind, std::vector<PersonId> persons) {
  std::vector<model::Event> events;
  for (std::size_t at = 0; at < persons.size(); at += model::kEntryPersonsMax) {
    const auto end = std::min(at + model::kEntryPersonsMax, persons.size());
    events.emplace_back(
        model::PersonsDecided{kind,
                              {persons.begin() + static_cast<std::ptrdiff_t>(at),
                               persons.begin() + static_cast<std::ptrdiff_t>(end)}});
  }
  return events;
}

}  // namespace roster::journal
