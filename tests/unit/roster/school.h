#pragma once

// A small school with families, short to write: made-up people, named by their id.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "daemon/model/change.h"
#include "daemon/model/settings.h"
#include "daemon/model/snapshot.h"
#include "daemon/roster/roster.h"
#include "tests/unit/dump/sample.h"

namespace roster::dump {

class School {
 public:
  // People rows: P7 Example, p7@example.org.
  School& Adult(std::int64_t id);
  // People and Students rows.
  School& Child(std::int64_t id, const std::string& status = "Enrolled",
                const std::string& grade = "09");
  School& Row(StudentRow row);
  School& Person(PersonRow row);

  // PersonFamily rows. An order of 0: none.
  School& Parent(std::int64_t family, std::int64_t id, std::int32_t order = 0);
  School& Kid(std::int64_t family, std::int64_t id, std::int32_t order = 0);
  School& Member(model::FamilyMember member);
  // A ParentStudent row; what it says besides is for the caller to set, before the next call.
  model::ParentTie& Link(std::int64_t parent, std::int64_t child);
  School& Family(std::int64_t id, const std::string& name);

  // Takes every row of the person away, but the ParentStudent ones.
  School& Vanish(std::int64_t id);

  model::Snapshot Snapshot() const;
  // Parents' accounts, `linked` in any order.
  roster::RosterResult Parents(std::initializer_list<std::int64_t> linked = {},
                               const model::RosterRules& rules = Rules()) const;

  // Parents' accounts, all defaults.
  static model::RosterRules Rules();

 private:
  std::vector<PersonRow> people_;
  std::vector<StudentRow> students_;
  std::vector<model::FamilyMember> members_;
  std::vector<model::ParentTie> ties_;
  std::vector<std::pair<std::int64_t, std::string>> families_;
};

// Choices of email2 addresses, by person.
model::Choices Choosing(std::initializer_list<std::pair<std::int64_t, std::string>> emails);

// The one of this id; a candidate of nobody, and a failure, when there is none.
model::Candidate Of(const roster::RosterResult& result, std::int64_t id);
std::vector<std::int64_t> Ids(const roster::RosterResult& result);
// 0 when there is no such notice.
std::uint64_t Notice(const roster::RosterResult& result, const std::string& word);
// What dump::Print leaves out: families, children, mismatch, email2.
std::string PrintFamilies(const model::Candidate& candidate);

}  // namespace roster::dump
