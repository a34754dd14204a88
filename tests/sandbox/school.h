// A made-up school as FACTS would hold it: rows, and what is wrong with them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/facts_model.h"
#include "tests/sandbox/json_row.h"
#include "tests/sandbox/table.h"

namespace roster::sandbox {

struct SchoolOptions {
  uint64_t seed = 1;
  int64_t people = 9176;                     // rows of /People
  int64_t enrolled = 535;                    // students whose status is Enrolled
  double blank_email_share = 211.0 / 535.0;  // of the enrolled
  std::string school_code = "TCS-CA";
  std::string school_name = "Example Christian School";
  int year = 2026;        // in which the school year ends
  bool district = false;  // a second school, where a few of the enrolled have a second row
};

// The same options give the same school, row for row.
// Threads: readers hold mutex() shared, whoever changes something holds it alone.
class School {
 public:
  // Throws std::invalid_argument when the sizes don't fit together.
  explicit School(SchoolOptions options);

  const SchoolOptions& options() const { return options_; }
  std::shared_mutex& mutex() const { return mutex_; }

  Table& table(std::string_view resource);
  const Table& table(std::string_view resource) const;

  // The plain array of GET /Students/Status.
  const std::string& statuses() const { return statuses_; }
  void set_statuses(std::string json) { statuses_ = std::move(json); }

  // What the generator did wrong on purpose: kind → person ids. Pairs stand one after the other.
  const std::map<std::string, std::vector<int64_t>>& irregularities() const {
    return irregularities_;
  }
  void NoteIrregularity(const std::string& kind, int64_t person_id) {
    irregularities_[kind].push_back(person_id);
  }

  // Positions of the Students rows whose status is Enrolled, by personStudentId.
  std::vector<uint32_t> EnrolledRows() const;

  // The position of the person's row in /People, or of the first of their rows in /Students.
  std::optional<uint32_t> PersonRow(int64_t person_id) const;
  std::optional<uint32_t> StudentRow(int64_t person_id) const;

  // A field of the person's People row as text; "" without a row.
  std::string PersonText(int64_t person_id, std::string_view field) const;

  void SetPersonField(int64_t person_id, std::string_view field, const Json& value);

  // Numbers that nothing has yet.
  int64_t NewPersonId();
  int64_t NewPersonStudentId();
  int64_t NewFamilyId();

  // Counts and irregularities; with `parts`, the rows of these resources ("people", ...) too.
  std::string GroundTruth(const std::vector<std::string>& parts) const;

 private:
  SchoolOptions options_;
  mutable std::shared_mutex mutex_;
  std::array<Table, 7> tables_;
  std::string statuses_;
  std::map<std::string, std::vector<int64_t>> irregularities_;
  int64_t last_person_id_ = 0;
  int64_t last_person_student_id_ = 0;
  int64_t last_family_id_ = 0;

  int64_t Greatest(std::string_view resource, std::string_view key) const;
};

// Fills an empty school. Called once, by School's constructor.
void Generate(School& school);

}  // namespace roster::sandbox
