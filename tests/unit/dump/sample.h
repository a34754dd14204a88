#pragma once

// Made-up people and accounts, short to write.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/account.h"
#include "daemon/model/change.h"
#include "daemon/model/settings.h"
#include "daemon/model/snapshot.h"

namespace roster::dump {

struct PersonRow {
  std::int64_t id = 0;
  std::string first = "Ada";
  std::string last = "Example";
  std::string email;
  std::string email2 = "";
  bool deceased = false;
};

struct StudentRow {
  std::int64_t id = 0;
  std::string status = "Enrolled";
  std::string grade = "09";
  std::string school = "TCS";
  std::int32_t config_school = 1;
  std::optional<std::chrono::sys_days> enrolled = std::nullopt;
  std::string homeroom = "";
  std::int32_t class_year = 0;
};

// Sorted as a source gives it, whatever the order here.
model::Snapshot MakeSnapshot(const std::vector<PersonRow>& people,
                             const std::vector<StudentRow>& students);

// School "tcs", all defaults.
model::RosterRules MakeRules();

// userName and e-mail are `email`; the person's name is Ada Example, school TCS, grade 09.
model::Account MakeAccount(const std::string& id, const std::string& email);
model::Accounts MakeAccounts(std::vector<model::Account> accounts);  // sorts them

// Eligible, with the fields of MakeAccount, so that the two are in step.
model::Candidate MakeCandidate(std::int64_t id, const std::string& email);

// Written last: what the account says.
model::Link MakeLink(std::int64_t person, const model::Account& account);

}  // namespace roster::dump
