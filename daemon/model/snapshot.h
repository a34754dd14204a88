#pragma once

// What one whole poll of FACTS brought (../shared facts pages: daemon/source/README.md). Text is
// trimmed, valid UTF-8, "" when FACTS sent "", null or nothing.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/id.h"

namespace roster::model {

// Owns the text of a snapshot: a million people are a few large blocks, not ten million strings.
// The views it gives live as long as it does, also after a move.
class TextArena {
 public:
  std::string_view Add(std::string_view text);
  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kBlock = std::size_t{1} << 20U;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t left_ = 0;
  char* next_ = nullptr;
  std::size_t bytes_ = 0;
};

struct Person {
  PersonId id;
  bool deceased = false;
  std::string_view first_name;
  std::string_view middle_name;
  std::string_view last_name;
  std::string_view nick_name;
  std::string_view email;  // the field as it is; see FirstUsableEmail
  std::string_view email2;
  std::string_view home_phone;
  std::string_view cell_phone;
};

// One row of /Students. A person has several in a district, one per school. `personStudentId` is
// kept out on purpose: it is another id space that overlaps personId.
struct Student {
  PersonId person;  // studentId
  std::int32_t config_school_id = 0;
  std::int32_t class_year = 0;  // 0: none
  std::optional<std::chrono::sys_days> enroll_date;
  std::string_view school_code;
  std::string_view status;
  std::string_view grade_level;
  std::string_view homeroom;
  std::string_view next_status;
  std::string_view next_school_code;
  std::string_view next_grade_level;
};

// One row of /People/PersonFamily: a person in a household. A child of two households is two rows.
struct FamilyMember {
  FamilyId family;
  PersonId person;
  bool parent = false;
  bool student = false;    // shown, never used to decide who is a student (rules.md, 1)
  std::int32_t order = 0;  // familyOrder, from 1; 0: none
};

// One row of /People/ParentStudent: what an adult may do for a child. Disagrees with the households
// in practice.
struct ParentTie {
  PersonId parent;
  PersonId student;
  bool custody = false;
  bool correspondence = false;
  bool grandparent = false;
  bool emergency_contact = false;
  bool parents_web = false;
  bool pw_block = false;
};

// One row of /Families.
struct Family {
  FamilyId id;
  std::string_view name;
};

struct StatusWord {
  std::string status;
  std::string display_name;
};

// A row that could not be used. Names no person beyond the id.
struct RejectedRow {
  std::string resource;   // "People", "Students", "People/PersonFamily", ...
  std::uint64_t row = 0;  // from 1, in the order received
  std::optional<std::int64_t> id;
  std::string reason;  // "no-id", "wrong-type", "invalid-utf8"
  std::string field;   // FACTS's name of the field
};

// Rejected rows, of those that say whose they are: what such a row would have said is unknown, and
// not absent. Each sorted, unique.
struct UnreadRows {
  std::vector<PersonId> students;                      // of /Students: studentId
  std::vector<std::pair<FamilyId, PersonId>> members;  // of /People/PersonFamily
  std::vector<std::pair<PersonId, PersonId>> ties;     // of /People/ParentStudent: parent, student
};

struct Snapshot {
  TextArena text;
  std::vector<Person> people;     // by id, unique
  std::vector<Student> students;  // by person, then config_school_id
  std::vector<StatusWord> statuses;
  // Read only where the rules need them (NeedsFamilies); empty otherwise.
  std::vector<FamilyMember> members;  // by family, then person; unique
  std::vector<ParentTie> ties;        // by parent, then student; unique
  std::vector<Family> families;       // by id, unique
  std::vector<RejectedRow> rejected;  // the first kRejectedKept of them
  std::uint64_t rejected_count = 0;
  UnreadRows unread;
  std::uint64_t requests = 0;  // made to fetch this
  std::uint64_t bytes = 0;     // of decompressed bodies

  static constexpr std::size_t kRejectedKept = 100;

  const Person* FindPerson(PersonId id) const;
  const Family* FindFamily(FamilyId id) const;
  // The rows of one person; empty span when none.
  std::pair<const Student*, const Student*> FindStudents(PersonId id) const;
};

}  // namespace roster::model
