#include "daemon/source/row.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "daemon/base/digest.h"
#include "daemon/base/text.h"

namespace roster::source {
namespace {

using simdjson::error_code;
using simdjson::ondemand::field;
using simdjson::ondemand::value;

constexpr std::string_view kNoId = "no-id";
constexpr std::string_view kWrongType = "wrong-type";
constexpr std::string_view kInvalidUtf8 = "invalid-utf8";

bool SameButCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           const auto lower = [](char c) {
             return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
           };
           return lower(x) == lower(y);
         });
}

// A value's bytes, without the blanks behind it.
std::string_view Token(value& json) {
  std::string_view token = json.raw_json_token();
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                            token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return token;
}

bool IsPlain(char c) { return c > ' ' && c < 127; }

std::string_view Trimmed(std::string_view text) {
  if (text.empty() || (IsPlain(text.front()) && IsPlain(text.back()))) return text;
  return Trim(text);
}

// Text, trimmed; "" for null. nullopt when the row is at fault.
std::optional<std::string_view> ReadText(value& json, std::string_view name, RowHead& head) {
  const std::string_view token = Token(json);
  if (token.size() >= 2 && token.front() == '"' && token.back() == '"') {
    const std::string_view inner = token.substr(1, token.size() - 2);
    if (std::memchr(inner.data(), '\\', inner.size()) == nullptr) return Trimmed(inner);
  }
  if (token == "null") return std::string_view();
  if (!token.starts_with('"')) {
    head.Blame(kWrongType, name);
    return std::nullopt;
  }
  std::string_view text;
  if (json.get_string().get(text) != simdjson::SUCCESS) {
    head.Blame(kInvalidUtf8, name);  // half a surrogate pair, or no escape at all
    return std::nullopt;
  }
  return Trimmed(text);
}

void KeepText(value& json, std::string_view name, model::TextArena& arena, RowHead& head,
              std::string_view& into) {
  if (const auto text = ReadText(json, name, head)) into = arena.Add(*text);
}

// A whole number; nothing for null. A number as text is a wrong type.
std::optional<std::int64_t> ReadNumber(value& json, std::string_view name, RowHead& head) {
  const std::string_view token = Token(json);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number);
  if (error == std::errc() && end == token.data() + token.size()) return number;
  if (token != "null") head.Blame(kWrongType, name);
  return std::nullopt;
}

std::optional<std::int32_t> ReadSmallNumber(value& json, std::string_view name, RowHead& head) {
  const auto number = ReadNumber(json, name, head);
  if (!number) return std::nullopt;
  if (*number < std::numeric_limits<std::int32_t>::min() ||
      *number > std::numeric_limits<std::int32_t>::max()) {
    head.Blame(kWrongType, name);
    return std::nullopt;
  }
  return static_cast<std::int32_t>(*number);
}

// Ids count from 1: 0 stands for none.
std::optional<std::int64_t> ReadId(value& json, std::string_view name, RowHead& head) {
  const auto id = ReadNumber(json, name, head);
  return id && *id > 0 ? id : std::nullopt;
}

bool ReadBool(value& json, std::string_view name, RowHead& head) {
  const std::string_view token = Token(json);
  if (token == "true") return true;
  if (token != "false" && token != "null") head.Blame(kWrongType, name);
  return false;
}

bool Digits(std::string_view text, int& number) {
  number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + (c - '0');
  }
  return true;
}

// "2016-05-26T00:00:00Z": the day alone counts.
std::optional<std::chrono::sys_days> ParseDay(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (text.size() < 10 || text[4] != '-' || text[7] != '-' || !Digits(text.substr(0, 4), year) ||
      !Digits(text.substr(5, 2), month) || !Digits(text.substr(8, 2), day)) {
    return std::nullopt;
  }
  if (text.size() > 10 && text[10] != 'T' && text[10] != ' ') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<std::chrono::sys_days> ReadDay(value& json, std::string_view name, RowHead& head) {
  const auto text = ReadText(json, name, head);
  if (!text || text->empty()) return std::nullopt;
  const auto day = ParseDay(*text);
  if (!day) head.Blame(kWrongType, name);
  return day;
}

// Calls `each(index, name, value)` for every wanted field. With blanked bytes about: says in which
// field the first of them is, wanted or not, or else that it must be in the last one.
template <typename Each>
error_code ForEachField(Object& object, FieldNames& names, const BadBytes& bad, RowHead& head,
                        const Each& each) {
  names.StartRow();
  const char* before = nullptr;
  int before_index = FieldNames::kUnknown;
  bool found = false;
  for (auto item : object) {
    if (const auto error = item.error()) return error;
    field& member = InPlace(item);
    const char* raw = member.key().raw();
    const int index = names.Find(raw);
    if (!bad.empty()) {
      if (before == nullptr || !bad.Any(before, raw)) {
        before = raw;
        before_index = index;
      } else if (!found) {
        found = true;
        head.blanked_field = names.Name(before_index);
      }
    }
    if (index == FieldNames::kUnknown) continue;
    if (const auto error = each(index, names.Name(index), member.value())) return error;
  }
  if (!found && !bad.empty()) head.blanked_field = names.Name(before_index);
  return simdjson::SUCCESS;
}

}  // namespace

FieldNames::Learned::Learned(std::string_view quoted, int name_index) : index(name_index) {
  const std::string ones(quoted.size(), '\xFF');
  std::memcpy(text.data(), quoted.data(), quoted.size());
  std::memcpy(mask.data(), ones.data(), ones.size());
}

int FieldNames::Look(std::string_view name) const {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] == name) return static_cast<int>(i);
  }
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (SameButCase(names_[i], name)) return static_cast<int>(i);
  }
  return kUnknown;
}

int FieldNames::FindElsewhere(const char* raw) {
  for (std::size_t tried = 0; tried < learned_.size(); ++tried) {
    const std::size_t at = (next_ + tried) % learned_.size();
    if (learned_[at].Is(raw)) {
      next_ = at + 1;
      return learned_[at].index;
    }
  }
  const char* end = raw;
  while (*end != '"') {
    if (*end == '\\') return kUnknown;  // no name of FACTS needs an escape
    ++end;
  }
  const std::string_view name(raw, static_cast<std::size_t>(end - raw));
  const std::string_view quoted(raw, name.size() + 1);
  const int index = Look(name);
  if (quoted.size() <= kQuotedMax && learned_.size() < kLearnedMax) {
    learned_.insert(learned_.begin() + static_cast<std::ptrdiff_t>(next_), Learned(quoted, index));
    ++next_;
  }
  return index;
}

bool BadBytes::Any(const char* begin, const char* end) const {
  const auto at = std::lower_bound(at_.begin(), at_.end(), begin);
  return at != at_.end() && *at < end;
}

namespace {
enum PersonField {
  kPersonId,
  kFirstName,
  kMiddleName,
  kLastName,
  kNickName,
  kEmail,
  kEmail2,
  kHomePhone,
  kCellPhone,
  kDeceased,
};
enum StudentField {
  kPersonStudentId,
  kStudentId,
  kConfigSchoolId,
  kSchoolCode,
  kSchool,
  kClassYear,
  kHomeroom,
};
enum SchoolField {
  kStatus,
  kEnrollDate,
  kGradeLevel,
  kNextStatus,
  kNextSchoolCode,
  kNextGradeLevel,
};
enum StatusField { kStatusWord, kDisplayName };
enum MemberField { kMemberPersonId, kMemberFamilyId, kIsParent, kIsStudent, kFamilyOrder };
enum TieField {
  kParentId,
  kTieStudentId,
  kCustody,
  kCorrespondence,
  kGrandparent,
  kEmergencyContact,
  kParentsWeb,
  kPwBlock,
  kTieId,
};
enum FamilyField { kFamilyId, kFamilyName };

// The key of two ids, the first of which names the row to people. Both must be there.
std::optional<TwoIds> TakeTwoIds(std::optional<std::int64_t> first, std::string_view first_name,
                                 std::optional<std::int64_t> second, std::string_view second_name,
                                 RowHead& head) {
  head.id = first;
  if (!first) head.Blame(kNoId, first_name);
  if (!second) head.Blame(kNoId, second_name);
  if (!first || !second) return std::nullopt;
  return TwoIds(*first, *second);
}

// Of a row's own id, whatever it is written as; 0 for none.
std::uint64_t DigestOfId(value& json) {
  const std::string_view token = Token(json);
  if (token == "null" || token == "\"\"") return 0;
  std::uint64_t digest = 0;
  const Fingerprint fingerprint = Xxh3(token);
  std::memcpy(&digest, fingerprint.bytes.data(), sizeof digest);
  return digest;
}

}  // namespace

PersonReader::PersonReader()
    : names_({"personId", "firstName", "middleName", "lastName", "nickName", "email", "email2",
              "homePhone", "cellPhone", "deceased"}) {}

error_code PersonReader::Read(Object object, model::TextArena& text, const BadBytes& bad, Row& row,
                              KeyedHead<Key>& head) {
  const auto error = ForEachField(object, names_, bad, head,
                                  [&](int index, std::string_view name, value& json) -> error_code {
                                    switch (index) {
                                      case kPersonId:
                                        head.key = ReadId(json, name, head);
                                        break;
                                      case kFirstName:
                                        KeepText(json, name, text, head, row.first_name);
                                        break;
                                      case kMiddleName:
                                        KeepText(json, name, text, head, row.middle_name);
                                        break;
                                      case kLastName:
                                        KeepText(json, name, text, head, row.last_name);
                                        break;
                                      case kNickName:
                                        KeepText(json, name, text, head, row.nick_name);
                                        break;
                                      case kEmail:
                                        KeepText(json, name, text, head, row.email);
                                        break;
                                      case kEmail2:
                                        KeepText(json, name, text, head, row.email2);
                                        break;
                                      case kHomePhone:
                                        KeepText(json, name, text, head, row.home_phone);
                                        break;
                                      case kCellPhone:
                                        KeepText(json, name, text, head, row.cell_phone);
                                        break;
                                      case kDeceased:
                                        row.deceased = ReadBool(json, name, head);
                                        break;
                                      default:
                                        break;
                                    }
                                    return simdjson::SUCCESS;
                                  });
  if (error) return error;
  if (!head.key) head.Blame(kNoId, names_.Name(kPersonId));
  head.id = head.key;
  row.id = PersonId(head.key.value_or(0));
  return simdjson::SUCCESS;
}

StudentReader::StudentReader()
    : names_({"personStudentId", "studentId", "configSchoolId", "schoolCode", "school", "classYear",
              "homeroom"}),
      school_names_({"status", "enrollDate", "gradeLevel", "nextStatus", "nextSchoolCode",
                     "nextGradeLevel"}) {}

error_code StudentReader::ReadSchool(Object object, model::TextArena& text, Row& row,
                                     RowHead& head) {
  const BadBytes seen_from_outside;
  return ForEachField(object, school_names_, seen_from_outside, head,
                      [&](int index, std::string_view name, value& json) -> error_code {
                        switch (index) {
                          case kStatus:
                            KeepText(json, name, text, head, row.status);
                            break;
                          case kEnrollDate:
                            row.enroll_date = ReadDay(json, name, head);
                            break;
                          case kGradeLevel:
                            KeepText(json, name, text, head, row.grade_level);
                            break;
                          case kNextStatus:
                            KeepText(json, name, text, head, row.next_status);
                            break;
                          case kNextSchoolCode:
                            KeepText(json, name, text, head, row.next_school_code);
                            break;
                          case kNextGradeLevel:
                            KeepText(json, name, text, head, row.next_grade_level);
                            break;
                          default:
                            break;
                        }
                        return simdjson::SUCCESS;
                      });
}

error_code StudentReader::Read(Object object, model::TextArena& text, const BadBytes& bad, Row& row,
                               KeyedHead<Key>& head) {
  const auto error = ForEachField(
      object, names_, bad, head, [&](int index, std::string_view name, value& json) -> error_code {
        switch (index) {
          case kPersonStudentId:
            head.key = ReadId(json, name, head);
            break;
          case kStudentId:
            head.id = ReadId(json, name, head);
            break;
          case kConfigSchoolId:
            row.config_school_id = ReadSmallNumber(json, name, head).value_or(0);
            break;
          case kSchoolCode:
            KeepText(json, name, text, head, row.school_code);
            break;
          case kSchool: {
            const std::string_view token = Token(json);
            if (token == "null") break;
            if (!token.starts_with('{')) {
              head.Blame(kWrongType, name);
              break;
            }
            Object school;
            if (const auto bad_object = json.get_object().get(school)) return bad_object;
            return ReadSchool(school, text, row, head);
          }
          case kClassYear:
            row.class_year = ReadSmallNumber(json, name, head).value_or(0);
            break;
          case kHomeroom:
            KeepText(json, name, text, head, row.homeroom);
            break;
          default:
            break;
        }
        return simdjson::SUCCESS;
      });
  if (error) return error;
  if (!head.key) head.Blame(kNoId, names_.Name(kPersonStudentId));
  if (!head.id) head.Blame(kNoId, names_.Name(kStudentId));
  row.person = PersonId(head.id.value_or(0));
  return simdjson::SUCCESS;
}

StatusReader::StatusReader() : names_({"status", "displayName"}) {}

error_code StatusReader::Read(Object object, model::TextArena&, const BadBytes& bad, Row& row,
                              KeyedHead<Key>& head) {
  return ForEachField(object, names_, bad, head,
                      [&](int index, std::string_view name, value& json) -> error_code {
                        const auto text = ReadText(json, name, head);
                        if (text) (index == kStatusWord ? row.status : row.display_name) = *text;
                        return simdjson::SUCCESS;
                      });
}

MemberReader::MemberReader()
    : names_({"personId", "familyId", "parent", "student", "familyOrder"}) {}

error_code MemberReader::Read(Object object, model::TextArena&, const BadBytes& bad, Row& row,
                              KeyedHead<Key>& head) {
  std::optional<std::int64_t> person;
  std::optional<std::int64_t> family;
  const auto error = ForEachField(
      object, names_, bad, head, [&](int index, std::string_view name, value& json) -> error_code {
        switch (index) {
          case kMemberPersonId:
            person = ReadId(json, name, head);
            break;
          case kMemberFamilyId:
            family = ReadId(json, name, head);
            break;
          case kIsParent:
            row.parent = ReadBool(json, name, head);
            break;
          case kIsStudent:
            row.student = ReadBool(json, name, head);
            break;
          case kFamilyOrder:
            row.order = std::max(ReadSmallNumber(json, name, head).value_or(0), 0);
            break;
          default:
            break;
        }
        return simdjson::SUCCESS;
      });
  if (error) return error;
  head.key =
      TakeTwoIds(person, names_.Name(kMemberPersonId), family, names_.Name(kMemberFamilyId), head);
  row.person = PersonId(person.value_or(0));
  row.family = FamilyId(family.value_or(0));
  return simdjson::SUCCESS;
}

TieReader::TieReader()
    : names_({"parentID", "studentID", "custody", "correspondence", "grandparent",
              "emergencyContact", "parentsWeb", "pwBlock", "id"}) {}

error_code TieReader::Read(Object object, model::TextArena&, const BadBytes& bad, Row& row,
                           KeyedHead<Key>& head) {
  std::optional<std::int64_t> parent;
  std::optional<std::int64_t> student;
  std::uint64_t own_id = 0;
  const auto error = ForEachField(object, names_, bad, head,
                                  [&](int index, std::string_view name, value& json) -> error_code {
                                    switch (index) {
                                      case kParentId:
                                        parent = ReadId(json, name, head);
                                        break;
                                      case kTieStudentId:
                                        student = ReadId(json, name, head);
                                        break;
                                      case kCustody:
                                        row.custody = ReadBool(json, name, head);
                                        break;
                                      case kCorrespondence:
                                        row.correspondence = ReadBool(json, name, head);
                                        break;
                                      case kGrandparent:
                                        row.grandparent = ReadBool(json, name, head);
                                        break;
                                      case kEmergencyContact:
                                        row.emergency_contact = ReadBool(json, name, head);
                                        break;
                                      case kParentsWeb:
                                        row.parents_web = ReadBool(json, name, head);
                                        break;
                                      case kPwBlock:
                                        row.pw_block = ReadBool(json, name, head);
                                        break;
                                      case kTieId:
                                        own_id = DigestOfId(json);
                                        break;
                                      default:
                                        break;
                                    }
                                    return simdjson::SUCCESS;
                                  });
  if (error) return error;
  const auto pair =
      TakeTwoIds(parent, names_.Name(kParentId), student, names_.Name(kTieStudentId), head);
  if (pair) head.key = PairWithId(pair->first, pair->second, own_id);
  row.parent = PersonId(parent.value_or(0));
  row.student = PersonId(student.value_or(0));
  return simdjson::SUCCESS;
}

FamilyReader::FamilyReader() : names_({"familyID", "familyName"}) {}

error_code FamilyReader::Read(Object object, model::TextArena& text, const BadBytes& bad, Row& row,
                              KeyedHead<Key>& head) {
  const auto error = ForEachField(object, names_, bad, head,
                                  [&](int index, std::string_view name, value& json) -> error_code {
                                    if (index == kFamilyId) head.key = ReadId(json, name, head);
                                    if (index == kFamilyName)
                                      KeepText(json, name, text, head, row.name);
                                    return simdjson::SUCCESS;
                                  });
  if (error) return error;
  if (!head.key) head.Blame(kNoId, names_.Name(kFamilyId));
  head.id = head.key;
  row.id = FamilyId(head.key.value_or(0));
  return simdjson::SUCCESS;
}

}  // namespace roster::source
