#include "daemon/model/field.h"

#include <algorithm>

#include "daemon/base/text.h"
#include "daemon/model/words.h"

namespace roster::model {
namespace {

constexpr Words<Field, 13> kFields = {{
    {Field::kUserName, "userName"},
    {Field::kEmail, "emails"},
    {Field::kGivenName, "name.givenName"},
    {Field::kMiddleName, "name.middleName"},
    {Field::kFamilyName, "name.familyName"},
    {Field::kNickName, "nickName"},
    {Field::kDisplayName, "displayName"},
    {Field::kHomePhone, "phoneNumbers.home"},
    {Field::kMobilePhone, "phoneNumbers.mobile"},
    {Field::kSchool, "school"},
    {Field::kGrade, "grade"},
    {Field::kGrouping, "grouping"},
    {Field::kRole, "role"},
}};

constexpr Words<FactsField, 14> kFactsFields = {{
    {FactsField::kFirstName, "firstName"},
    {FactsField::kMiddleName, "middleName"},
    {FactsField::kLastName, "lastName"},
    {FactsField::kNickName, "nickName"},
    {FactsField::kEmail, "email"},
    {FactsField::kHomePhone, "homePhone"},
    {FactsField::kCellPhone, "cellPhone"},
    {FactsField::kGradeLevel, "gradeLevel"},
    {FactsField::kSchoolCode, "schoolCode"},
    {FactsField::kHomeroom, "homeroom"},
    {FactsField::kClassYear, "classYear"},
    {FactsField::kFamilyId, "familyId"},
    {FactsField::kFamilyName, "familyName"},
    {FactsField::kFamily, "family"},
}};

constexpr Words<Owner, 3> kOwners = {{
    {Owner::kFacts, "facts"},
    {Owner::kSite, "site"},
    {Owner::kUntilFirstLogin, "until-first-login"},
}};

template <typename Enum, std::size_t N>
std::vector<Enum> Keys(const Words<Enum, N>& words) {
  std::vector<Enum> keys;
  for (const auto& [key, word] : words) keys.push_back(key);
  return keys;
}

bool Before(const Fields::Item& item, Field field) { return item.first < field; }

}  // namespace

std::string_view FieldWord(Field field) { return WordOf(kFields, field); }
std::optional<Field> FieldFromWord(std::string_view word) { return FromWord(kFields, word); }
const std::vector<Field>& AllFields() {
  static const std::vector<Field> kAll = Keys(kFields);
  return kAll;
}

bool SameValue(Field field, std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (IsEmailField(field)) return EmailKey(a) == EmailKey(b);
  return Nfc(Trim(a)) == Nfc(Trim(b));
}

std::string_view FactsFieldWord(FactsField field) { return WordOf(kFactsFields, field); }
std::optional<FactsField> FactsFieldFromWord(std::string_view word) {
  return FromWord(kFactsFields, word);
}
const std::vector<FactsField>& AllFactsFields() {
  static const std::vector<FactsField> kAll = Keys(kFactsFields);
  return kAll;
}

std::string_view OwnerWord(Owner owner) { return WordOf(kOwners, owner); }
std::optional<Owner> OwnerFromWord(std::string_view word) { return FromWord(kOwners, word); }

const std::string& Fields::Get(Field field) const {
  static const std::string kBlank;
  const auto at = std::lower_bound(items_.begin(), items_.end(), field, Before);
  return at != items_.end() && at->first == field ? at->second : kBlank;
}

void Fields::Set(Field field, std::string value) {
  const auto at = std::lower_bound(items_.begin(), items_.end(), field, Before);
  const bool known = at != items_.end() && at->first == field;
  if (value.empty()) {
    if (known) items_.erase(at);
  } else if (known) {
    at->second = std::move(value);
  } else {
    items_.insert(at, {field, std::move(value)});
  }
}

}  // namespace roster::model
