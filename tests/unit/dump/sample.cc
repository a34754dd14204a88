#include "tests/unit/dump/sample.h"

#include <algorithm>
#include <tuple>

namespace roster::dump {
namespace {

using model::Field;

model::Fields SampleFields(const std::string& email) {
  model::Fields fields;
  fields.Set(Field::kUserName, email);
  fields.Set(Field::kEmail, email);
  fields.Set(Field::kGivenName, "Ada");
  fields.Set(Field::kFamilyName, "Example");
  fields.Set(Field::kSchool, "TCS");
  fields.Set(Field::kGrade, "09");
  return fields;
}

}  // namespace

model::Snapshot MakeSnapshot(const std::vector<PersonRow>& people,
                             const std::vector<StudentRow>& students) {
  model::Snapshot snapshot;
  for (const PersonRow& row : people) {
    model::Person& person = snapshot.people.emplace_back();
    person.id = PersonId(row.id);
    person.deceased = row.deceased;
    person.first_name = snapshot.text.Add(row.first);
    person.last_name = snapshot.text.Add(row.last);
    person.email = snapshot.text.Add(row.email);
    person.email2 = snapshot.text.Add(row.email2);
  }
  for (const StudentRow& row : students) {
    model::Student& student = snapshot.students.emplace_back();
    student.person = PersonId(row.id);
    student.config_school_id = row.config_school;
    student.class_year = row.class_year;
    student.enroll_date = row.enrolled;
    student.school_code = snapshot.text.Add(row.school);
    student.status = snapshot.text.Add(row.status);
    student.grade_level = snapshot.text.Add(row.grade);
    student.homeroom = snapshot.text.Add(row.homeroom);
  }
  std::sort(snapshot.people.begin(), snapshot.people.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  std::sort(snapshot.students.begin(), snapshot.students.end(), [](const auto& a, const auto& b) {
    return std::tie(a.person, a.config_school_id) < std::tie(b.person, b.config_school_id);
  });
  return snapshot;
}

model::RosterRules MakeRules() {
  model::RosterRules rules;
  rules.school = SchoolId("tcs");
  rules.status_words = model::DefaultStatusWords();
  return rules;
}

model::Account MakeAccount(const std::string& id, const std::string& email) {
  model::Account account;
  account.id = AccountId(id);
  account.version = "W/\"1\"";
  account.fields = SampleFields(email);
  return account;
}

model::Accounts MakeAccounts(std::vector<model::Account> accounts) {
  std::sort(accounts.begin(), accounts.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  model::Accounts all;
  all.all = std::move(accounts);
  return all;
}

model::Candidate MakeCandidate(std::int64_t id, const std::string& email) {
  model::Candidate candidate;
  candidate.person = PersonId(id);
  candidate.first_name = "Ada";
  candidate.last_name = "Example";
  candidate.school_code = "TCS";
  candidate.grade = "09";
  candidate.status_word = "Enrolled";
  candidate.fields = SampleFields(email);
  candidate.email = email;
  if (email.empty()) candidate.reason = model::Reason::kMissingEmail;
  return candidate;
}

model::Link MakeLink(std::int64_t person, const model::Account& account) {
  return {PersonId(person), account.id, account.fields};
}

}  // namespace roster::dump
