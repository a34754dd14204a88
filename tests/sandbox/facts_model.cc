#include "tests/sandbox/facts_model.h"

#include "tests/sandbox/json_row.h"

namespace roster::sandbox {
namespace {

using enum ColumnType;

constexpr Column kPeopleColumns[] = {
    {"personId", kInt},
    {"firstName", kText},
    {"lastName", kText},
    {"middleName", kText},
    {"nickName", kText},
    {"gender", kText},
    {"salutation", kText},
    {"suffix", kText},
    {"email", kText},
    {"email2", kText},
    {"username", kText},
    {"homePhone", kText},
    {"cellPhone", kText},
    {"addressID", kInt},
    {"deceased", kBool},
    {"modifiedDate", kDate},
    {"birthdate", kDate},
    {"pathToPicture", kText, false},
    {"legacyPersonId", kText, false},
    {"hasProfilePicture", kBool},
};

// The status and grade columns of older versions can still be filtered, and never match.
constexpr Column kStudentColumns[] = {
    {"personStudentId", kInt},
    {"studentId", kInt},
    {"configSchoolId", kInt},
    {"schoolCode", kText},
    {"classYear", kInt},
    {"advisorId", kInt, false},
    {"gender", kText},
    {"birthdate", kDate},
    {"homeroom", kText},
    {"busOrCarpool", kText, false},
    {"studentUDID", kText, false},
    {"status", kText, false},
    {"subStatus", kText, false},
    {"gradeLevel", kText, false},
    {"nextStatus", kText, false},
    {"enrollDate", kDate, false},
    {"withdrawDate", kDate, false},
};

constexpr Column kPersonFamilyColumns[] = {
    {"personId", kInt},
    {"familyId", kInt},
    {"parent", kBool},
    {"student", kBool},
    {"financialResponsibility", kBool},
    {"financialResponsibilityPercent", kText},
    {"familyOrder", kInt},
    {"factsCustomer", kBool},
};

constexpr Column kParentStudentColumns[] = {
    {"parentID", kInt},     {"studentID", kInt},
    {"custody", kBool},     {"correspondence", kBool},
    {"grandparent", kBool}, {"emergencyContact", kBool},
    {"reportCard", kBool},  {"pwBlock", kBool},
    {"pickUp", kBool},      {"parentsWeb", kBool},
    {"reEnroll", kBool},    {"relationship", kText},
    {"id", kText},
};

constexpr Column kFamilyColumns[] = {
    {"familyID", kInt},
    {"familyName", kText},
    {"familyName2", kText},
    {"familyLetter", kText},
    {"familyNameBP", kText},
    {"familyUDID", kText, false},
    {"accountingCode", kText},
    {"note", kText},
    {"enableWeb", kBool},
    {"accounting", kBool},
    {"parentsWebFinancialBlock", kBool},
    {"unlisted", kInt},
    {"modifiedBy", kInt},
    {"modifiedDate", kDate},
};

constexpr Column kConfigurationColumns[] = {
    {"configSchoolID", kInt}, {"schoolCode", kText},   {"schoolName", kText},
    {"districtName", kText},  {"defaultYearId", kInt}, {"nextYearId", kInt},
};

constexpr Column kGradeLevelColumns[] = {
    {"gradeLevelId", kInt},
    {"gradeLevelName", kText},
    {"sortOrder", kInt},
    {"finalGradeLevel", kBool},
};

constexpr Resource kResources[] = {
    {kPeople, "/People", "1", "People", "personId", kPeopleColumns},
    {kStudents, "/Students", "1.3", "Students", "personStudentId", kStudentColumns},
    {kPersonFamily, "/People/PersonFamily", "1", "People", "personId", kPersonFamilyColumns},
    {kParentStudent, "/People/ParentStudent", "1.1", "People", "parentID", kParentStudentColumns},
    {kFamilies, "/Families", "1.1", "Families", "familyID", kFamilyColumns},
    {kConfigurations, "/SchoolConfigurations", "1", "SchoolConfigurations", "configSchoolID",
     kConfigurationColumns},
    {kGradeLevels, "/Academics/GradeLevels", "1", "Academics", "gradeLevelId", kGradeLevelColumns},
};

}  // namespace

std::span<const Resource> Resources() { return kResources; }

const Resource* FindResource(std::string_view name_or_path) {
  for (const Resource& resource : kResources) {
    if (EqualNoCase(resource.name, name_or_path) || EqualNoCase(resource.path, name_or_path)) {
      return &resource;
    }
  }
  return nullptr;
}

const Column* FindColumn(const Resource& resource, std::string_view name) {
  for (const Column& column : resource.columns) {
    if (EqualNoCase(column.name, name)) return &column;
  }
  return nullptr;
}

}  // namespace roster::sandbox
