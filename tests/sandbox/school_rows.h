// The persons, students, households and ties of a school before they become rows of JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/sandbox/names.h"

namespace roster::sandbox {

struct Person {
  int64_t id = 0;
  Name first;
  Name last;
  bool female = false;
  std::string first_name;  // as the row has it: may be padded
  std::string last_name;
  std::string nick_name;
  std::string salutation;
  std::string suffix;
  std::string email;
  std::string email2;
  std::string home_phone;
  std::string cell_phone;
  std::string birthdate;  // "" is left out
  std::string modified;
  int64_t address_id = 0;  // 0 is written as 0, as null or left out
  bool deceased = false;
};

struct Student {
  int64_t person_student_id = 0;
  int64_t student_id = 0;
  int64_t config_school_id = 1;
  std::string school_code;
  std::string status;
  std::string substatus;
  std::string enroll_date;
  std::string withdraw_date;
  std::string withdraw_reason;
  std::string graduation_date;
  std::string grade;
  std::string next_status;
  std::string next_school_code;
  std::string next_grade;
  int class_year = 0;
  bool female = false;
  std::string birthdate;
  std::string homeroom;
};

struct Member {
  int64_t person_id = 0;
  int64_t family_id = 0;
  bool parent = false;
  bool student = false;
  int order = 0;  // 0 is left out
};

struct Tie {
  int64_t parent_id = 0;
  int64_t student_id = 0;
  std::string relationship;
  bool custody = true;
  bool correspondence = true;
  bool grandparent = false;
  bool emergency = false;
  bool blocked = false;
};

struct Household {
  int64_t id = 0;
  std::string name;
  std::string name2;
};

// A day as FACTS writes it: midnight UTC.
std::string Day(int year, int month, int day);

// Each is one row in FACTS' shape. Unset strings are "" or left out, which of the two by the id.
std::string RowOf(const Person& person);
std::string RowOf(const Student& student);
std::string RowOf(const Member& member);
std::string RowOf(const Tie& tie);
std::string RowOf(const Household& household);

// The grade after this one: PK, K, 01 ... 12; "" after 12 and for an unknown one.
std::string GradeAfter(std::string_view grade);

// 0 is PK, 1 is K, 2 is 01, 13 is 12.
std::string GradeName(int index);
inline constexpr int kGradeCount = 14;

}  // namespace roster::sandbox
