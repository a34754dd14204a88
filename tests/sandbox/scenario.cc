#include "tests/sandbox/scenario.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <unordered_set>

#include "tests/sandbox/school_rows.h"

namespace roster::sandbox {
namespace {

size_t Share(size_t count, double share) {
  return std::max<size_t>(1, static_cast<size_t>(std::llround(static_cast<double>(count) * share)));
}

Json Ids(const auto& students) {
  Json ids = Json::array();
  for (const auto& student : students) ids.push_back(student.person_id);
  return ids;
}

}  // namespace

std::vector<ScenarioName> Scenarios::All() {
  return {
      {"new-school-year",
       "grade 12 graduates, the others move up, some withdraw, some are new, some e-mails and "
       "names change"},
      {"email-changes",
       "five addresses change, two are swapped, one becomes another's, one an archived account's"},
      {"merge", "two people are merged: one id is gone, the Students row has the other"},
      {"summer", "the enrolled students vanish from the list"},
      {"summer-end", "they are back"},
      {"progression", "next* becomes the current status and grade, for everyone at once"},
      {"progression-undo", "and back"},
      {"new-student", "one new student, with two parents"},
      {"withdraw", "one student leaves"},
  };
}

Json Scenarios::Apply(const std::string& name) {
  const std::unique_lock lock(school_.mutex());
  Json summary;
  if (name == "new-school-year") {
    summary = NewSchoolYear();
  } else if (name == "email-changes") {
    summary = EmailChanges();
  } else if (name == "merge") {
    summary = Merge();
  } else if (name == "summer") {
    summary = Summer();
  } else if (name == "summer-end") {
    summary = SummerEnd();
  } else if (name == "progression") {
    summary = Progression();
  } else if (name == "progression-undo") {
    summary = ProgressionUndo();
  } else if (name == "new-student") {
    summary = NewStudent();
  } else if (name == "withdraw") {
    summary = Withdraw();
  } else {
    std::string known;
    for (const ScenarioName& one : All())
      known += (known.empty() ? "" : ", ") + std::string(one.name);
    throw ScenarioError("there is no scenario \"" + name + "\". There are: " + known);
  }
  Json out = {{"scenario", name}};
  out.update(summary);
  return out;
}

std::vector<Scenarios::Enrolled> Scenarios::EnrolledNow() const {
  const Table& students = school_.table(kStudents);
  std::vector<Enrolled> enrolled;
  for (const uint32_t row : school_.EnrolledRows()) {
    enrolled.push_back({IntOf(students[row], "studentId"), IntOf(students[row], "personStudentId"),
                        std::string(Trim(TextOf(students[row], "school.gradeLevel")))});
  }
  return enrolled;
}

std::vector<Scenarios::Enrolled> Scenarios::Draw(std::vector<Enrolled>& from, size_t count) {
  std::vector<Enrolled> drawn;
  while (drawn.size() < count && !from.empty()) {
    const auto at = static_cast<ptrdiff_t>(random_.Below(from.size()));
    drawn.push_back(from[static_cast<size_t>(at)]);
    from.erase(from.begin() + at);
  }
  return drawn;
}

std::vector<Scenarios::Enrolled> Scenarios::DrawWithEmail(std::vector<Enrolled>& from,
                                                          size_t count) {
  std::vector<Enrolled> drawn;
  for (size_t tries = 20 * count + 200; drawn.size() < count && tries > 0; --tries) {
    std::vector<Enrolled> one = Draw(from, 1);
    if (one.empty()) break;
    const std::string email = school_.PersonText(one.front().person_id, "email");
    if (email.ends_with(kStudentDomain) && !email.starts_with(' ')) drawn.push_back(one.front());
  }
  return drawn;
}

void Scenarios::SetStudent(int64_t person_student_id,
                           const std::vector<std::pair<std::string, Json>>& fields) {
  Table& students = school_.table(kStudents);
  for (const uint32_t position : students.Find("personStudentId", person_student_id)) {
    std::string row(students[position]);
    for (const auto& [field, value] : fields) row = WithField(row, "school." + field, value);
    students.Replace(position, row);
  }
}

Json Scenarios::WithdrawOne(const Enrolled& student) {
  const int year = school_.options().year + year_shift_;
  SetStudent(student.person_student_id, {{"status", "Withdrawn"},
                                         {"withdrawDate", Day(year, 6, 20)},
                                         {"withdrawReason", "Moved"},
                                         {"nextStatus", ""},
                                         {"nextGradeLevel", ""}});
  return student.person_id;
}

std::string Scenarios::FreshEmail(int64_t person_id) {
  return "changed." + std::to_string(person_id) + "." + std::to_string(random_.Below(1'000'000)) +
         "@" + std::string(kStudentDomain);
}

Json Scenarios::ChangeEmail(int64_t person_id, const std::string& email) {
  const std::string before = school_.PersonText(person_id, "email");
  school_.SetPersonField(person_id, "email", email);
  return {{"person", person_id}, {"before", before}, {"after", email}};
}

Json Scenarios::AddFamily(int grade) {
  const Name last = LastName(random_);
  const int64_t family_id = school_.NewFamilyId();
  const std::string today = Day(school_.options().year + year_shift_, 7, 1);
  const auto person_of = [&](bool female) {
    Person person;
    person.id = school_.NewPersonId();
    person.female = female;
    person.first = FirstName(random_, female);
    person.last = last;
    person.first_name = person.first.text;
    person.last_name = last.text;
    person.modified = today;
    return person;
  };
  Person child = person_of(random_.Chance(0.5));
  child.email = Address(child.first, last, child.id, kStudentDomain);
  child.birthdate = Day(school_.options().year + year_shift_ - 5 - grade, 3, 14);
  std::vector<Person> parents = {person_of(true), person_of(false)};
  Student student;
  student.person_student_id = school_.NewPersonStudentId();
  student.student_id = child.id;
  student.school_code = school_.options().school_code;
  student.status = "Enrolled";
  student.enroll_date = today;
  student.grade = GradeName(grade);
  student.next_status = grade == kGradeCount - 1 ? "Graduate" : "Enrolled";
  student.next_school_code = student.school_code;
  student.next_grade = GradeAfter(student.grade);
  student.class_year = school_.options().year + year_shift_ + kGradeCount - 1 - grade;
  student.female = child.female;
  student.birthdate = child.birthdate;

  school_.table(kFamilies).Add(RowOf(Household{family_id, last.text, ""}));
  school_.table(kPeople).Add(RowOf(child));
  school_.table(kStudents).Add(RowOf(student));
  school_.table(kPersonFamily).Add(RowOf(Member{child.id, family_id, false, true, 3}));
  Json parent_ids = Json::array();
  int order = 0;
  for (Person& parent : parents) {
    parent.email = Address(parent.first, last, parent.id, ParentDomain(random_));
    parent.cell_phone = Phone(random_);
    school_.table(kPeople).Add(RowOf(parent));
    school_.table(kPersonFamily).Add(RowOf(Member{parent.id, family_id, true, false, ++order}));
    school_.table(kParentStudent)
        .Add(RowOf(Tie{parent.id, child.id, parent.female ? "Mother" : "Father"}));
    parent_ids.push_back(parent.id);
  }
  return {{"person", child.id},     {"personStudentId", student.person_student_id},
          {"grade", student.grade}, {"email", child.email},
          {"parents", parent_ids},  {"family", family_id}};
}

Json Scenarios::NewSchoolYear() {
  std::vector<Enrolled> all = EnrolledNow();
  const int year = school_.options().year + year_shift_;
  Json summary = Json::object();
  Json graduated = Json::array();
  std::vector<Enrolled> staying;
  for (const Enrolled& student : all) {
    if (student.grade != GradeName(kGradeCount - 1)) {
      staying.push_back(student);
      continue;
    }
    SetStudent(student.person_student_id, {{"status", "Graduate"},
                                           {"graduationDate", Day(year, 6, 5)},
                                           {"nextStatus", ""},
                                           {"nextGradeLevel", ""}});
    graduated.push_back(student.person_id);
  }
  summary["graduated"] = graduated;
  Json withdrawn = Json::array();
  for (const Enrolled& one : Draw(staying, Share(all.size(), 0.03))) {
    withdrawn.push_back(WithdrawOne(one));
  }
  summary["withdrawn"] = withdrawn;

  Json moved = Json::array();
  for (const Enrolled& student : staying) {
    const std::string grade = GradeAfter(student.grade);
    if (grade.empty()) continue;
    const std::string next = GradeAfter(grade);
    SetStudent(student.person_student_id, {{"gradeLevel", grade},
                                           {"nextStatus", next.empty() ? "Graduate" : "Enrolled"},
                                           {"nextGradeLevel", next}});
    moved.push_back(student.person_id);
  }
  summary["movedUp"] = moved;

  std::vector<Enrolled> rest = staying;
  Json emails = Json::array();
  for (const Enrolled& one : DrawWithEmail(rest, Share(all.size(), 0.01))) {
    emails.push_back(ChangeEmail(one.person_id, FreshEmail(one.person_id)));
  }
  summary["emailChanged"] = emails;
  Json renamed = Json::array();
  for (const Enrolled& one : DrawWithEmail(rest, Share(all.size(), 0.01))) {
    const std::string before = school_.PersonText(one.person_id, "lastName");
    const std::string after = std::string(Trim(before)) + "-" + LastName(random_).text;
    school_.SetPersonField(one.person_id, "lastName", after);
    renamed.push_back({{"person", one.person_id}, {"before", before}, {"after", after}});
  }
  summary["renamed"] = renamed;
  ++year_shift_;
  Json enrolled = Json::array();
  for (size_t left = Share(all.size(), 0.06); left > 0; --left) {
    enrolled.push_back(AddFamily(static_cast<int>(random_.Below(4))));
  }
  summary["enrolled"] = enrolled;
  return summary;
}

Json Scenarios::EmailChanges() {
  std::vector<Enrolled> all = EnrolledNow();
  const std::vector<Enrolled> chosen = DrawWithEmail(all, 10);
  if (chosen.size() < 10)
    throw ScenarioError("fewer than ten students have an address of their own");
  Json summary = Json::object();
  for (size_t i = 0; i < 5; ++i) {
    summary["changed"].push_back(ChangeEmail(chosen[i].person_id, FreshEmail(chosen[i].person_id)));
  }
  const std::string first = school_.PersonText(chosen[5].person_id, "email");
  const std::string second = school_.PersonText(chosen[6].person_id, "email");
  summary["swapped"] = Json::array(
      {ChangeEmail(chosen[5].person_id, second), ChangeEmail(chosen[6].person_id, first)});
  summary["toAnothers"] =
      ChangeEmail(chosen[7].person_id, school_.PersonText(chosen[8].person_id, "email"));
  summary["toAnothers"]["holder"] = chosen[8].person_id;

  // Not one that waits for an enrolled student: its owner is to be somebody who left, or unknown.
  std::unordered_set<std::string> addresses;
  for (const Enrolled& student : EnrolledNow()) {
    addresses.insert(Lower(Trim(school_.PersonText(student.person_id, "email"))));
  }
  const ScimFilter archived("active eq false");
  const ScimStore::Page page = store_.List(&archived, 0, 1'000'000);
  for (auto account = page.accounts.rbegin(); account != page.accounts.rend(); ++account) {
    const std::string address = TextOf(account->json, "userName");
    if (address.find('@') == std::string::npos || addresses.contains(Lower(address))) continue;
    summary["toArchived"] = ChangeEmail(chosen[9].person_id, address);
    summary["toArchived"]["account"] = account->id;
    break;
  }
  return summary;
}

Json Scenarios::Merge() {
  std::vector<Enrolled> all = EnrolledNow();
  const std::vector<Enrolled> chosen = DrawWithEmail(all, 1);
  if (chosen.empty()) throw ScenarioError("no student is left to be merged");
  const int64_t gone = chosen.front().person_id;
  // The one that stays is somebody from the past who is no student.
  const Table& people = school_.table(kPeople);
  std::unordered_set<int64_t> taken;
  for (const auto& [resource, field] :
       {std::pair{kStudents, "studentId"}, std::pair{kParentStudent, "parentID"},
        std::pair{kPersonFamily, "personId"}}) {
    const Table& table = school_.table(resource);
    for (uint32_t i = 0; i < table.size(); ++i) taken.insert(IntOf(table[i], field));
  }
  int64_t kept = 0;
  for (uint32_t i = 0; i < people.size() && kept == 0; ++i) {
    const int64_t id = IntOf(people[i], "personId");
    if (!taken.contains(id)) kept = id;
  }
  if (kept == 0) throw ScenarioError("nobody is left to merge with");

  const auto repoint = [&](std::string_view resource, const std::string& field, auto change) {
    Table& table = school_.table(resource);
    for (const uint32_t position : table.Find(field, gone)) {
      table.Replace(position, change(WithField(table[position], field, kept)));
    }
  };
  const auto same = [](std::string row) { return row; };
  Table& people_table = school_.table(kPeople);
  const auto kept_row = school_.PersonRow(kept);
  const auto gone_row = school_.PersonRow(gone);
  if (!kept_row || !gone_row) throw ScenarioError("a person to merge has no row");
  people_table.Replace(*kept_row, WithField(people_table[*gone_row], "personId", kept));
  people_table.RemoveIf([gone](std::string_view row) { return IntOf(row, "personId") == gone; });
  repoint(kStudents, "studentId", same);
  repoint(kPersonFamily, "personId", same);
  repoint(kParentStudent, "studentID", [](const std::string& row) {
    return WithField(row, "id", TextOf(row, "parentID") + "-" + TextOf(row, "studentID"));
  });
  return {{"gone", gone},
          {"kept", kept},
          {"personStudentId", chosen.front().person_student_id},
          {"email", school_.PersonText(kept, "email")}};
}

Json Scenarios::Summer() {
  if (!away_.empty()) throw ScenarioError("it is summer already: first summer-end");
  const std::vector<Enrolled> all = EnrolledNow();
  Table& students = school_.table(kStudents);
  students.RemoveIf([this](std::string_view row) {
    const std::string status = TextOf(row, "school.status");
    if (!EqualNoCase(Trim(status), "enrolled")) return false;
    away_.emplace_back(row);
    return true;
  });
  return {{"vanished", Ids(all)}};
}

Json Scenarios::SummerEnd() {
  if (away_.empty()) throw ScenarioError("it is not summer: first summer");
  Json back = Json::array();
  for (const std::string& row : away_) {
    school_.table(kStudents).Add(row);
    back.push_back(IntOf(row, "studentId"));
  }
  away_.clear();
  return {{"returned", back}};
}

Json Scenarios::Progression() {
  Table& students = school_.table(kStudents);
  Json graduated = Json::array();
  Json withdrawn = Json::array();
  Json moved = Json::array();
  before_progression_.clear();
  for (const Enrolled& student : EnrolledNow()) {
    for (const uint32_t position : students.Find("personStudentId", student.person_student_id)) {
      const std::string row(students[position]);
      before_progression_.emplace_back(student.person_student_id, row);
      const std::string status = TextOf(row, "school.nextStatus");
      const std::string grade = TextOf(row, "school.nextGradeLevel");
      if (!status.empty()) SetStudent(student.person_student_id, {{"status", status}});
      if (!grade.empty()) SetStudent(student.person_student_id, {{"gradeLevel", grade}});
      const std::string next = GradeAfter(grade);
      SetStudent(student.person_student_id, {{"nextStatus", next.empty() ? "Graduate" : "Enrolled"},
                                             {"nextGradeLevel", next}});
      Json& list = status == "Graduate" ? graduated : status == "Withdrawn" ? withdrawn : moved;
      list.push_back(student.person_id);
    }
  }
  return {{"graduated", graduated}, {"withdrawn", withdrawn}, {"movedUp", moved}};
}

Json Scenarios::ProgressionUndo() {
  if (before_progression_.empty()) throw ScenarioError("there is no progression to undo");
  Table& students = school_.table(kStudents);
  Json restored = Json::array();
  for (const auto& [id, row] : before_progression_) {
    for (const uint32_t position : students.Find("personStudentId", id)) {
      students.Replace(position, row);
      restored.push_back(IntOf(row, "studentId"));
    }
  }
  before_progression_.clear();
  return {{"restored", restored}};
}

Json Scenarios::NewStudent() { return {{"enrolled", AddFamily(4)}}; }

Json Scenarios::Withdraw() {
  std::vector<Enrolled> all = EnrolledNow();
  std::vector<Enrolled> chosen = DrawWithEmail(all, 1);
  if (chosen.empty()) throw ScenarioError("no student is left to withdraw");
  return {{"withdrawn", WithdrawOne(chosen.front())}};
}

}  // namespace roster::sandbox
