// What happens to a school in the course of a year, on demand. Each says exactly whom it touched.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/sandbox/random.h"
#include "tests/sandbox/school.h"
#include "tests/sandbox/scim_store.h"

namespace roster::sandbox {

// The scenario is unknown, or cannot happen now; says why.
class ScenarioError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ScenarioName {
  std::string_view name;
  std::string_view what;  // one line
};

class Scenarios {
 public:
  // Both must outlive it. The store is only read: for addresses of archived accounts.
  Scenarios(School& school, const ScimStore& store)
      : school_(school), store_(store), random_(school.options().seed + 77) {}

  static std::vector<ScenarioName> All();

  // Takes the school's lock. The summary names persons by personId. Throws ScenarioError.
  Json Apply(const std::string& name);

 private:
  struct Enrolled {
    int64_t person_id;
    int64_t person_student_id;
    std::string grade;
  };

  Json NewSchoolYear();
  Json EmailChanges();
  Json Merge();
  Json Summer();
  Json SummerEnd();
  Json Progression();
  Json ProgressionUndo();
  Json NewStudent();
  Json Withdraw();

  std::vector<Enrolled> EnrolledNow() const;
  // Some of them, no one twice, taken out of `from`.
  std::vector<Enrolled> Draw(std::vector<Enrolled>& from, size_t count);
  // Of these, who has a People row and an address of their own, in `from` no longer.
  std::vector<Enrolled> DrawWithEmail(std::vector<Enrolled>& from, size_t count);
  void SetStudent(int64_t person_student_id,
                  const std::vector<std::pair<std::string, Json>>& fields);
  Json WithdrawOne(const Enrolled& student);
  Json ChangeEmail(int64_t person_id, const std::string& email);
  std::string FreshEmail(int64_t person_id);
  Json AddFamily(int grade);

  School& school_;
  const ScimStore& store_;
  Random random_;
  int year_shift_ = 0;
  std::vector<std::string> away_;                                    // rows gone for the summer
  std::vector<std::pair<int64_t, std::string>> before_progression_;  // personStudentId, row
};

}  // namespace roster::sandbox
