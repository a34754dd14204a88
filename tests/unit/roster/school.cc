#include "tests/unit/roster/school.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

namespace roster::dump {

School& School::Adult(std::int64_t id) {
  const std::string number = std::to_string(id);
  return Person({id, "P" + number, "Example", "p" + number + "@example.org"});
}

School& School::Child(std::int64_t id, const std::string& status, const std::string& grade) {
  return Adult(id).Row({id, status, grade});
}

School& School::Row(StudentRow row) {
  students_.push_back(std::move(row));
  return *this;
}

School& School::Person(PersonRow row) {
  people_.push_back(std::move(row));
  return *this;
}

School& School::Parent(std::int64_t family, std::int64_t id, std::int32_t order) {
  return Member({FamilyId(family), PersonId(id), true, false, order});
}

School& School::Kid(std::int64_t family, std::int64_t id, std::int32_t order) {
  return Member({FamilyId(family), PersonId(id), false, true, order});
}

School& School::Member(model::FamilyMember member) {
  members_.push_back(member);
  return *this;
}

model::ParentTie& School::Link(std::int64_t parent, std::int64_t child) {
  model::ParentTie& tie = ties_.emplace_back();
  tie.parent = PersonId(parent);
  tie.student = PersonId(child);
  return tie;
}

School& School::Family(std::int64_t id, const std::string& name) {
  families_.emplace_back(id, name);
  return *this;
}

School& School::Vanish(std::int64_t id) {
  std::erase_if(people_, [id](const auto& row) { return row.id == id; });
  std::erase_if(students_, [id](const auto& row) { return row.id == id; });
  std::erase_if(members_, [id](const auto& row) { return row.person == PersonId(id); });
  return *this;
}

model::Snapshot School::Snapshot() const {
  model::Snapshot snapshot = MakeSnapshot(people_, students_);
  snapshot.members = members_;
  std::sort(snapshot.members.begin(), snapshot.members.end(), [](const auto& a, const auto& b) {
    return std::tie(a.family, a.person) < std::tie(b.family, b.person);
  });
  snapshot.ties = ties_;
  std::sort(snapshot.ties.begin(), snapshot.ties.end(), [](const auto& a, const auto& b) {
    return std::tie(a.parent, a.student) < std::tie(b.parent, b.student);
  });
  for (const auto& [id, name] : families_) {
    snapshot.families.push_back({FamilyId(id), snapshot.text.Add(name)});
  }
  std::sort(snapshot.families.begin(), snapshot.families.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return snapshot;
}

roster::RosterResult School::Parents(std::initializer_list<std::int64_t> linked,
                                     const model::RosterRules& rules) const {
  std::vector<PersonId> persons;
  for (const std::int64_t id : linked) persons.emplace_back(id);
  std::sort(persons.begin(), persons.end());
  return roster::Roster(Snapshot(), rules, persons, {});
}

model::RosterRules School::Rules() {
  model::RosterRules rules = MakeRules();
  rules.accounts = model::AccountsOf::kParents;
  rules.fields = model::DefaultFieldRules(rules.accounts);
  return rules;
}

model::Choices Choosing(std::initializer_list<std::pair<std::int64_t, std::string>> emails) {
  model::Choices choices;
  for (const auto& [id, email2] : emails) {
    model::EmailChoice& choice = choices.emails.emplace_back();
    choice.person = PersonId(id);
    choice.email2 = email2;
  }
  return choices;
}

model::Candidate Of(const roster::RosterResult& result, std::int64_t id) {
  for (const model::Candidate& candidate : result.candidates) {
    if (candidate.person == PersonId(id)) return candidate;
  }
  ADD_FAILURE() << "no candidate " << id;
  return {};
}

std::vector<std::int64_t> Ids(const roster::RosterResult& result) {
  std::vector<std::int64_t> ids;
  for (const model::Candidate& candidate : result.candidates) {
    ids.push_back(candidate.person.value());
  }
  return ids;
}

std::uint64_t Notice(const roster::RosterResult& result, const std::string& word) {
  for (const auto& [known, count] : result.notices) {
    if (known == word) return count;
  }
  return 0;
}

std::string PrintFamilies(const model::Candidate& candidate) {
  std::string text;
  if (candidate.mismatch != model::Mismatch::kNone) {
    text += "  mismatch: " + std::string(MismatchWord(candidate.mismatch)) + "\n";
  }
  if (!candidate.email2.empty()) text += "  email2: " + candidate.email2 + "\n";
  if (candidate.uses_email2) text += "  uses email2, FACTS: " + candidate.facts_email + "\n";
  if (!candidate.family_name.empty()) text += "  family: " + candidate.family_name + "\n";
  for (const model::FamilyPlace& place : candidate.families) {
    text += "  in family " + std::to_string(place.family.value()) +
            (place.listed_first ? ", listed first\n" : "\n");
  }
  for (const model::Child& child : candidate.children) {
    text += "  child " + std::to_string(child.person.value()) + ":";
    text += child.household ? " household" : "";
    text += child.tie ? " link" : "";
    text += child.blocked ? " blocked" : "";
    text += child.counts ? " counts" : "";
    text += child.eligible ? " eligible\n" : "\n";
  }
  return text;
}

}  // namespace roster::dump
