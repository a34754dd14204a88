#include "tests/sandbox/school.h"

#include <algorithm>
#include <stdexcept>
#include <unordered_set>

namespace roster::sandbox {

School::School(SchoolOptions options) : options_(std::move(options)) { Generate(*this); }

Table& School::table(std::string_view resource) {
  const auto all = Resources();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == resource) return tables_[i];
  }
  throw std::invalid_argument("there is no resource " + std::string(resource));
}

const Table& School::table(std::string_view resource) const {
  return const_cast<School*>(this)->table(resource);
}

std::vector<uint32_t> School::EnrolledRows() const {
  const Table& students = table(kStudents);
  const Positions order = students.Order({{"personStudentId", true, false}});
  std::vector<uint32_t> rows;
  for (const uint32_t position : *order) {
    const std::string status = TextOf(students[position], "school.status");
    if (EqualNoCase(Trim(status), "enrolled")) rows.push_back(position);
  }
  return rows;
}

std::optional<uint32_t> School::PersonRow(int64_t person_id) const {
  const auto found = table(kPeople).Find("personId", person_id);
  if (found.empty()) return std::nullopt;
  return found.front();
}

std::optional<uint32_t> School::StudentRow(int64_t person_id) const {
  const auto found = table(kStudents).Find("studentId", person_id);
  if (found.empty()) return std::nullopt;
  return found.front();
}

std::string School::PersonText(int64_t person_id, std::string_view field) const {
  const auto position = PersonRow(person_id);
  return position ? TextOf(table(kPeople)[*position], field) : std::string();
}

void School::SetPersonField(int64_t person_id, std::string_view field, const Json& value) {
  const auto position = PersonRow(person_id);
  if (!position) return;
  Table& people = table(kPeople);
  people.Replace(*position, WithField(people[*position], field, value));
}

int64_t School::NewPersonId() {
  // Beyond the ids of students without a People row too.
  if (last_person_id_ == 0) {
    last_person_id_ = std::max(Greatest(kPeople, "personId"), Greatest(kStudents, "studentId"));
  }
  return ++last_person_id_;
}

int64_t School::NewPersonStudentId() {
  if (last_person_student_id_ == 0) {
    // Some way on: where both id spaces end together, nobody is to get the same number in both.
    last_person_student_id_ = Greatest(kStudents, "personStudentId") + 500;
  }
  return ++last_person_student_id_;
}

int64_t School::NewFamilyId() {
  if (last_family_id_ == 0) last_family_id_ = Greatest(kFamilies, "familyID");
  return ++last_family_id_;
}

int64_t School::Greatest(std::string_view resource, std::string_view key) const {
  const Table& rows = table(resource);
  int64_t greatest = 0;
  for (uint32_t i = 0; i < rows.size(); ++i) greatest = std::max(greatest, IntOf(rows[i], key));
  return greatest;
}

std::string School::GroundTruth(const std::vector<std::string>& parts) const {
  Json summary = {{"seed", options_.seed}, {"schoolCode", options_.school_code}};
  for (const Resource& resource : Resources()) {
    summary["rows"][std::string(resource.name)] = table(resource.name).size();
  }
  const std::vector<uint32_t> enrolled = EnrolledRows();
  const Table& students = table(kStudents);
  std::unordered_set<int64_t> enrolled_ids;
  Json ids = Json::array();
  for (const uint32_t position : enrolled) {
    const int64_t id = IntOf(students[position], "studentId");
    if (enrolled_ids.insert(id).second) ids.push_back(id);
  }
  std::unordered_set<int64_t> parents;
  const Table& ties = table(kParentStudent);
  for (uint32_t i = 0; i < ties.size(); ++i) {
    if (enrolled_ids.contains(IntOf(ties[i], "studentID"))) {
      parents.insert(IntOf(ties[i], "parentID"));
    }
  }
  summary["enrolledRows"] = enrolled.size();
  summary["parentsOfEnrolled"] = parents.size();
  std::string out = "{\"summary\":" + summary.dump();
  out += ",\"enrolled\":" + ids.dump();
  out += ",\"irregularities\":" + Json(irregularities_).dump();
  for (const std::string& part : parts) {
    const Resource* resource = FindResource(part);
    if (resource == nullptr) continue;
    const Table& rows = table(resource->name);
    out += ",\"" + std::string(resource->name) + "\":[";
    for (uint32_t i = 0; i < rows.size(); ++i) {
      if (i > 0) out += ',';
      out += rows[i];
    }
    out += ']';
  }
  return out + "}";
}

}  // namespace roster::sandbox
