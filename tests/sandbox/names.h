// Made-up names and addresses. Addresses are under the names that RFC 2606 sets aside.
#pragma once

#include <string>
#include <string_view>

#include "tests/sandbox/random.h"

namespace roster::sandbox {

struct Name {
  std::string text;   // as FACTS holds it: may be any Unicode
  std::string ascii;  // for an address
};

Name FirstName(Random& random, bool female);
Name LastName(Random& random);

// A number that nobody has: 555-01xx.
std::string Phone(Random& random);

// first.last<number>@<domain>: unique as long as the number is.
std::string Address(const Name& first, const Name& last, int64_t number, std::string_view domain);

// One of the domains that parents use.
std::string_view ParentDomain(Random& random);

inline constexpr std::string_view kStudentDomain = "students.example.org";
inline constexpr std::string_view kStaffDomain = "staff.example.org";

}  // namespace roster::sandbox
