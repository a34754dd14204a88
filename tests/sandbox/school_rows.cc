#include "tests/sandbox/school_rows.h"

#include <cstdio>

#include "tests/sandbox/json_row.h"

namespace roster::sandbox {
namespace {

// Spreads the id, so that neighbours differ in what they leave out.
uint64_t Spread(int64_t id) { return Random(static_cast<uint64_t>(id)).Next(); }

// An unset string is written as "" or left out: FACTS does both.
void Optional(RowWriter& row, std::string_view key, std::string_view value, bool leave_out) {
  if (value.empty() && leave_out) return;
  row.Text(key, value);
}

}  // namespace

std::string Day(int year, int month, int day) {
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
  return text;
}

std::string RowOf(const Person& person) {
  const uint64_t spread = Spread(person.id);
  const auto bit = [spread](unsigned n) { return (spread >> n & 1U) != 0; };
  RowWriter row;
  row.Int("personId", person.id);
  row.Text("firstName", person.first_name);
  row.Text("lastName", person.last_name);
  Optional(row, "middleName", "", bit(0));
  Optional(row, "nickName", person.nick_name, bit(1));
  row.Text("gender", person.female ? "Female" : "Male");
  Optional(row, "salutation", person.salutation, bit(2));
  Optional(row, "suffix", person.suffix, bit(3));
  Optional(row, "email", person.email, bit(4));
  Optional(row, "email2", person.email2, bit(5));
  Optional(row, "username", "", bit(6));
  Optional(row, "homePhone", person.home_phone, bit(7));
  Optional(row, "cellPhone", person.cell_phone, bit(8));
  if (person.address_id != 0 || bit(9)) {
    row.Int("addressID", person.address_id);
  } else if (bit(10)) {
    row.Raw("addressID", "null");
  }
  row.Bool("deceased", person.deceased);
  row.Text("modifiedDate", person.modified);
  if (!person.birthdate.empty()) row.Text("birthdate", person.birthdate);
  row.Bool("hasProfilePicture", bit(11) && bit(12));
  return row.Finish();
}

std::string RowOf(const Student& student) {
  const uint64_t spread = Spread(student.person_student_id);
  const auto bit = [spread](unsigned n) { return (spread >> n & 1U) != 0; };
  RowWriter school;
  Optional(school, "status", student.status, bit(0));
  school.Text("substatus", student.substatus);
  if (!student.enroll_date.empty()) school.Text("enrollDate", student.enroll_date);
  if (!student.withdraw_date.empty()) school.Text("withdrawDate", student.withdraw_date);
  school.Text("withdrawReason", student.withdraw_reason);
  if (!student.graduation_date.empty()) school.Text("graduationDate", student.graduation_date);
  Optional(school, "gradeLevel", student.grade, bit(1));
  Optional(school, "nextStatus", student.next_status, bit(2));
  Optional(school, "nextSchoolCode", student.next_school_code, bit(3));
  Optional(school, "nextGradeLevel", student.next_grade, bit(4));

  RowWriter row;
  row.Int("personStudentId", student.person_student_id);
  row.Int("studentId", student.student_id);
  row.Int("configSchoolId", student.config_school_id);
  row.Text("schoolCode", student.school_code);
  row.Raw("school", school.Finish());
  if (bit(5) && bit(6)) {
    row.Raw("locker", R"([{"id":)" + std::to_string(spread % 400) + R"(,"name":"L-)" +
                          std::to_string(spread % 400) + R"("}])");
  } else {
    row.Raw("locker", "[]");
  }
  if (student.class_year != 0) row.Int("classYear", student.class_year);
  row.Text("gender", student.female ? "Female" : "Male");
  if (!student.birthdate.empty()) row.Text("birthdate", student.birthdate);
  Optional(row, "homeroom", student.homeroom, bit(7));
  return row.Finish();
}

std::string RowOf(const Member& member) {
  const bool pays = member.parent && member.order == 1;
  RowWriter row;
  row.Int("personId", member.person_id);
  row.Int("familyId", member.family_id);
  row.Bool("parent", member.parent);
  row.Bool("student", member.student);
  row.Bool("financialResponsibility", pays);
  row.Text("financialResponsibilityPercent", pays ? "100" : "");
  if (member.order != 0) row.Int("familyOrder", member.order);
  row.Bool("factsCustomer", pays);
  return row.Finish();
}

std::string RowOf(const Tie& tie) {
  RowWriter row;
  row.Int("parentID", tie.parent_id);
  row.Int("studentID", tie.student_id);
  row.Bool("custody", tie.custody);
  row.Bool("correspondence", tie.correspondence);
  row.Bool("grandparent", tie.grandparent);
  row.Bool("emergencyContact", tie.emergency);
  row.Bool("reportCard", tie.custody);
  row.Bool("pwBlock", tie.blocked);
  row.Bool("pickUp", !tie.blocked);
  row.Bool("parentsWeb", tie.correspondence && !tie.blocked);
  row.Bool("reEnroll", tie.custody);
  row.Text("relationship", tie.relationship);
  row.Text("id", std::to_string(tie.parent_id) + "-" + std::to_string(tie.student_id));
  return row.Finish();
}

std::string RowOf(const Household& household) {
  const uint64_t spread = Spread(household.id);
  RowWriter row;
  row.Int("familyID", household.id);
  row.Text("familyName", household.name);
  Optional(row, "familyName2", household.name2, (spread & 1U) != 0);
  row.Text("familyLetter", "The " + household.name + " Family");
  Optional(row, "familyNameBP", "", (spread & 2U) != 0);
  Optional(row, "accountingCode", "", (spread & 4U) != 0);
  row.Text("note", "");
  row.Bool("enableWeb", true);
  row.Bool("accounting", (spread & 8U) != 0);
  row.Bool("parentsWebFinancialBlock", false);
  row.Int("unlisted", 0);
  row.Int("modifiedBy", 1 + static_cast<int64_t>(spread % 7));
  row.Text("modifiedDate", Day(2025, 1 + static_cast<int>(spread % 12), 15));
  return row.Finish();
}

std::string GradeName(int index) {
  if (index <= 0) return "PK";
  if (index == 1) return "K";
  const int number = index - 1;
  return (number < 10 ? "0" : "") + std::to_string(number);
}

std::string GradeAfter(std::string_view grade) {
  for (int index = 0; index + 1 < kGradeCount; ++index) {
    if (GradeName(index) == Trim(grade)) return GradeName(index + 1);
  }
  return {};
}

}  // namespace roster::sandbox
