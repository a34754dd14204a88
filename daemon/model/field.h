#pragma once

// Profile fields of the site, by the words the config uses (SCIM's attribute paths, RFC 7643).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roster::model {

// Stored by number (roster.store.v1): never renumber.
enum class Field : std::uint8_t {
  kUserName = 1,
  kEmail = 2,
  kGivenName = 3,
  kMiddleName = 4,
  kFamilyName = 5,
  kNickName = 6,
  kDisplayName = 7,
  kHomePhone = 8,
  kMobilePhone = 9,
  kSchool = 10,
  kGrade = 11,
  kGrouping = 12,
  kRole = 13,
};

// "userName", "emails", "name.givenName", "phoneNumbers.mobile", "school", ...
std::string_view FieldWord(Field field);
std::optional<Field> FieldFromWord(std::string_view word);
const std::vector<Field>& AllFields();
// userName and emails are compared by EmailKey (rules.md, 18).
inline bool IsEmailField(Field field) {
  return field == Field::kUserName || field == Field::kEmail;
}

// Whether two values of a field are the same (rules.md, 18): after trimming and NFC; e-mails by
// EmailKey.
bool SameValue(Field field, std::string_view a, std::string_view b);

// What FACTS offers to map from, by its own names: "firstName", "email", "gradeLevel", ...
enum class FactsField : std::uint8_t {
  kFirstName = 1,
  kMiddleName,
  kLastName,
  kNickName,
  kEmail,
  kHomePhone,
  kCellPhone,
  kGradeLevel,
  kSchoolCode,
  kHomeroom,
  kClassYear,
  kFamilyId,    // of the household that ties a family together (rules.md, 7)
  kFamilyName,  // the same household's name
  kFamily,      // both, "Example (5121)": to be read, and no two families have the same
};
std::string_view FactsFieldWord(FactsField field);
std::optional<FactsField> FactsFieldFromWord(std::string_view word);
const std::vector<FactsField>& AllFactsFields();

enum class Owner : std::uint8_t { kFacts = 1, kSite = 2, kUntilFirstLogin = 3 };
std::string_view OwnerWord(Owner owner);  // "facts", "site", "until-first-login"
std::optional<Owner> OwnerFromWord(std::string_view word);

// A few fields with their values, sorted by field. A blank value is not kept: blank and absent are
// the same (rules.md, 18).
class Fields {
 public:
  using Item = std::pair<Field, std::string>;

  // "" when the field is absent.
  const std::string& Get(Field field) const;
  void Set(Field field, std::string value);
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

  friend bool operator==(const Fields&, const Fields&) = default;

 private:
  std::vector<Item> items_;
};

struct FieldChange {
  Field field = Field::kUserName;
  std::string before;
  std::string after;

  friend bool operator==(const FieldChange&, const FieldChange&) = default;
};

}  // namespace roster::model
