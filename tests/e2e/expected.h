#pragma once

// What the review has to show, computed anew from what the sandbox holds: the rows that FACTS
// serves, the accounts of the site, and what the test has decided. Written from the rules and from
// the workflow's table of severities, with plain loops, so that it can be checked by reading. It
// shares no code with daemon/, and speaks in the words of rosterctl --json.

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace roster::e2e {

using Json = nlohmann::json;

enum class Mode { kStudents, kParents };
// How tests name it.
inline void PrintTo(Mode mode, std::ostream* out) {
  *out << (mode == Mode::kStudents ? "students" : "parents");
}

struct Facts {
  std::map<std::int64_t, Json> people;
  std::vector<Json> students;
  std::vector<Json> members;  // PersonFamily
  std::vector<Json> ties;     // ParentStudent
  std::map<std::int64_t, Json> families;
};

// By what the sandbox says is the truth: School::GroundTruth, or GET /sandbox/school.
Facts ReadFacts(const std::string& ground_truth);

// The words that people have spoken.
struct Decided {
  std::map<std::int64_t, std::string> persons;  // "sync", "skip", "exclude"
  // What those were made on (BasisOf); without, they hold for ever.
  std::map<std::int64_t, std::string> made_on;
  std::set<std::int64_t> families;              // excluded
  std::set<std::int64_t> email2;                // use their second address
  std::map<std::int64_t, std::string> matches;  // person → the account that is theirs
  struct Keep {
    std::int64_t holder = 0;
    std::map<std::int64_t, std::string> then;  // who was in it, and their addresses, as keys
  };
  std::vector<Keep> keeps;
};

struct Person {
  std::int64_t id = 0;
  bool eligible = false;
  bool no_person = false;
  bool graphs_disagree = false;
  std::string why_not;  // of who is not eligible: "graduated", ..., "missing", "unknown-status"
  std::string first_name, last_name, grade, school_code;
  std::string email, email2;  // as shown
  std::string facts_email;    // of who uses email2: the first one
  bool uses_email2 = false;
  std::map<std::int64_t, bool> families;  // → listed first there
  std::string family_name;
  std::string mismatch;

  std::string situation;
  std::string account;  // linked, or the one that fits
  std::string owner_account;
  bool linked = false;
  bool active = false;
  bool writes = false;        // a mapped field differs
  bool writes_email = false;  // the address among them
  std::int64_t taken_by = 0;
  std::string collision;  // another account that has the new address
  std::set<std::int64_t> rivals;
  int group = -1;  // in Review::groups

  bool is_new = false, sync = false;
  std::string status, bucket, action, reason, severity, change_class;
};

struct Group {
  std::set<std::int64_t> members;
  std::string reason, severity, account;
  std::set<std::string> addresses;  // that tie it, as keys
  std::int64_t family = 0;          // that holds all of them
  bool open = false;
  std::int64_t holder = 0;  // by a word that counts
};

struct Review {
  std::map<std::int64_t, Person> people;  // everybody
  std::vector<Group> groups;
  std::map<std::string, std::uint64_t> counters;  // by their names in JSON; 0 where not there
  std::map<std::string, std::uint64_t> skipped;   // by reason
  std::map<std::string, std::uint64_t> classes;
  std::uint64_t unowned = 0;
};

// `accounts`: whole SCIM users. External ids are "tcs:PERSON". Nobody has been missing for several
// polls: `missing` waits.
Review Compute(const Facts& facts, const std::vector<Json>& accounts, Mode mode,
               const Decided& decided);

// E-mails are compared so (rules, 5): trimmed, NFKC as far as the sandbox's data goes, case folded.
std::string Key(const std::string& email);

std::string Trimmed(const std::string& text);

// Of a JSON row: a member's text, number or flag; "", 0, false without.
std::string Text(const Json& row, const std::string& name);
std::int64_t Int(const Json& row, const std::string& name);
bool Flag(const Json& row, const std::string& name);

// What a word on somebody rests on: who they are, their address, their families, their account.
std::string BasisOf(const Person& person);

// What a sync does on the site, as its log has it: "tcs:4711 add", ...
std::multiset<std::string> Effects(const Review& review);

}  // namespace roster::e2e
