#include "tests/e2e/expected.h"

#include <algorithm>
#include <optional>

namespace roster::e2e {
namespace {

constexpr const char* kExtension = "urn:ietf:params:scim:schemas:extension:volunteer:2.0:User";

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Rules, 5: the first of those split at ; , and white space with exactly one "@" and a dot after
// it.
std::string UsableEmail(const std::string& field) {
  std::vector<std::string> words(1);
  for (const char c : field) {
    if (c == ';' || c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  for (const std::string& word : words) {
    const auto at = word.find('@');
    if (at == std::string::npos || at == 0 || word.find('@', at + 1) != std::string::npos) continue;
    const auto dot = word.find('.', at);
    if (dot == std::string::npos || dot == at + 1 || word.back() == '.') continue;
    return word;
  }
  return "";
}

// Rules, 4.
std::string StandingOf(const Json& student) {
  static const std::map<std::string, std::string> kWords = {
      {"enrolled", "enrolled"},   {"pre-enrolled", "not-yet"}, {"admissions", "not-yet"},
      {"inactive", "inactive"},   {"graduate", "graduated"},   {"graduated", "graduated"},
      {"withdrawn", "withdrawn"},
  };
  const auto word = kWords.find(Lower(Trimmed(Text(student.at("school"), "status"))));
  return word == kWords.end() ? "unknown-status" : word->second;
}

// An account of the site, as far as it is written to.
struct Account {
  std::string id, external_id, user_name, email, given, family, school, grade, grouping;
  std::set<std::string> keys;  // of its addresses
  bool active = true;
  bool is_protected = false;
};

Account Read(const Json& user) {
  Account account;
  account.id = Text(user, "id");
  account.external_id = Text(user, "externalId");
  account.user_name = Text(user, "userName");
  account.active = !user.contains("active") || Flag(user, "active");
  account.keys.insert(Key(account.user_name));
  for (const Json& email : user.value("emails", Json::array())) {
    const std::string value = Text(email, "value");
    account.keys.insert(Key(value));
    if (account.email.empty() || Flag(email, "primary")) account.email = value;
  }
  const Json name = user.value("name", Json::object());
  account.given = Text(name, "givenName");
  account.family = Text(name, "familyName");
  const Json more = user.value(kExtension, Json::object());
  account.school = Text(more, "school");
  account.grade = Text(more, "grade");
  account.grouping = Text(more, "grouping");
  for (const Json& role : user.value("roles", Json::array())) {
    const std::string word = Lower(Text(role, "value"));
    if (word == "owner" || word == "manager" || word == "coordinator") account.is_protected = true;
  }
  account.keys.erase("");
  return account;
}

class Computation {
 public:
  Computation(const Facts& facts, const std::vector<Json>& accounts, Mode mode,
              const Decided& decided)
      : facts_(facts), mode_(mode), decided_(decided) {
    for (const Json& user : accounts) {
      Account account = Read(user);
      accounts_[account.id] = account;
    }
  }

  Review Run() {
    for (const auto& [id, account] : accounts_) {
      if (account.external_id.rfind("tcs:", 0) == 0) {
        links_[std::stoll(account.external_id.substr(4))] = id;
      }
    }
    mode_ == Mode::kStudents ? FindStudents() : FindParents();
    for (auto& [id, person] : review_.people) {
      if (!person.eligible) person.email2.clear();  // an offer to those who are to be synced
      FindAccount(person);
    }
    for (auto& [id, person] : review_.people) FindRivals(person);
    FindGroups();
    for (auto& [id, person] : review_.people) Judge(person);
    for (Group& group : review_.groups) {
      for (const std::int64_t id : group.members) {
        const std::string& reason = review_.people[id].reason;
        if (reason == "duplicate-email" || reason == "taken" || reason == "email-collision") {
          group.open = true;
        }
      }
    }
    Count();
    return std::move(review_);
  }

 private:
  // ---- who is a candidate (rules, 1 to 4, 19, 20) ----

  const Json* FindPerson(std::int64_t id) const {
    const auto at = facts_.people.find(id);
    return at == facts_.people.end() ? nullptr : &at->second;
  }

  bool Deceased(std::int64_t id) const {
    const Json* person = FindPerson(id);
    return person != nullptr && Flag(*person, "deceased");
  }

  // "enrolled", "unknown-status", "not-yet", "graduated", ... or "missing" without a row.
  std::string SaysOf(std::int64_t id) const {
    std::set<std::string> says;
    for (const Json& row : facts_.students) {
      if (Int(row, "studentId") == id) says.insert(StandingOf(row));
    }
    for (const char* word :
         {"enrolled", "unknown-status", "not-yet", "graduated", "withdrawn", "inactive"}) {
      if (says.contains(word)) return word;
    }
    return "missing";
  }

  void TakePerson(Person& person) const {
    const Json* row = FindPerson(person.id);
    if (row == nullptr) return;
    person.first_name = Trimmed(Text(*row, "firstName"));
    person.last_name = Trimmed(Text(*row, "lastName"));
    const std::string first = UsableEmail(Text(*row, "email"));
    const std::string second = UsableEmail(Text(*row, "email2"));
    person.email = first;
    if (decided_.email2.contains(person.id) && !second.empty()) {
      person.email = second;
      person.facts_email = first;
      person.uses_email2 = true;
    } else if (!second.empty() && Key(second) != Key(first)) {
      person.email2 = second;
    }
  }

  void FindStudents() {
    std::set<std::int64_t> ids;
    for (const Json& row : facts_.students) ids.insert(Int(row, "studentId"));
    for (const auto& [id, account] : links_) ids.insert(id);
    for (const std::int64_t id : ids) {
      const bool linked = links_.contains(id);
      const std::string says = SaysOf(id);
      if (!linked && (says != "enrolled" || Deceased(id))) continue;
      Person& person = review_.people[id];
      person.id = id;
      TakePerson(person);
      for (const Json& row : facts_.students) {
        if (Int(row, "studentId") != id) continue;
        person.grade = Trimmed(Text(row.at("school"), "gradeLevel"));
        person.school_code = Trimmed(Text(row, "schoolCode"));
      }
      person.eligible = says == "enrolled" && !Deceased(id);
      person.no_person = FindPerson(id) == nullptr;
      person.why_not = Deceased(id) ? "deceased" : says;
      const bool left = says == "graduated" || says == "withdrawn" || says == "inactive";
      if (person.no_person && left) person.why_not = "missing";
    }
  }

  // A child and what ties a parent to it.
  struct Tie {
    std::set<std::int64_t> households;
    bool row = false;  // in ParentStudent
    bool blocked = false;
    bool vouched = false;  // custody, and no grandparent
  };

  // A parent in the household is a child there only while a student: alumni are not.
  bool IsChild(const Json& member) const {
    if (Flag(member, "parent")) return ChildSays(Int(member, "personId")) == "enrolled";
    if (Flag(member, "student")) return true;
    return SaysOf(Int(member, "personId")) != "missing";
  }

  std::map<std::int64_t, Tie> TiesOf(std::int64_t parent) const {
    std::map<std::int64_t, Tie> ties;
    for (const Json& place : facts_.members) {
      if (Int(place, "personId") != parent || !Flag(place, "parent")) continue;
      for (const Json& other : facts_.members) {
        if (Int(other, "familyId") != Int(place, "familyId")) continue;
        const std::int64_t child = Int(other, "personId");
        if (child != parent && IsChild(other)) {
          ties[child].households.insert(Int(place, "familyId"));
        }
      }
    }
    for (const Json& row : facts_.ties) {
      if (Int(row, "parentID") != parent || Int(row, "studentID") == parent) continue;
      Tie& tie = ties[Int(row, "studentID")];
      tie.row = true;
      tie.blocked = Flag(row, "pwBlock");
      tie.vouched = !Flag(row, "grandparent") && Flag(row, "custody");
    }
    return ties;
  }

  std::string ChildSays(std::int64_t child) const {
    return Deceased(child) ? "out-of-scope" : SaysOf(child);
  }

  void FindParents() {
    std::set<std::int64_t> ids;
    for (const Json& member : facts_.members) {
      if (Flag(member, "parent")) ids.insert(Int(member, "personId"));
    }
    for (const Json& row : facts_.ties) ids.insert(Int(row, "parentID"));
    for (const auto& [id, account] : links_) ids.insert(id);
    for (const std::int64_t id : ids) FindParent(id);
    ListFirst();
  }

  void FindParent(std::int64_t id) {
    const bool linked = links_.contains(id);
    const Json* row = FindPerson(id);
    if (!linked && (row == nullptr || Flag(*row, "deceased"))) return;
    Person person;
    person.id = id;
    TakePerson(person);
    bool by_household = false;
    bool by_link = false;
    bool vouched = false;
    bool any_row = false;
    bool blocked = false;
    std::set<std::string> says;
    for (const auto& [child, tie] : TiesOf(id)) {
      says.insert(ChildSays(child));
      if (ChildSays(child) != "enrolled") continue;
      any_row = any_row || tie.row;
      blocked = blocked || tie.blocked;
      if (tie.blocked) continue;
      by_household = by_household || !tie.households.empty();
      by_link = by_link || tie.row;
      vouched = vouched || (tie.row && tie.vouched);
      for (const std::int64_t family : tie.households) person.families[family] = false;
    }
    if (row == nullptr) {
      person.why_not = "missing";
    } else if (Flag(*row, "deceased")) {
      person.why_not = "deceased";
    } else if (by_household || (linked && by_link)) {
      person.eligible = true;
    } else if (!linked && by_link && vouched) {
      person.eligible = true;
      person.graphs_disagree = true;
    } else if (linked) {
      person.why_not = blocked ? "blocked" : WhyLeft(says);
    } else {
      return;
    }
    if (person.eligible && by_household && !any_row) person.mismatch = "household-alone";
    if (person.eligible && !by_household) person.mismatch = "link-alone";
    if (!person.families.empty()) {  // rules, 7
      const auto family = facts_.families.find(person.families.begin()->first);
      if (family != facts_.families.end()) {
        person.family_name = Trimmed(Text(family->second, "familyName"));
      }
    }
    review_.people[id] = person;
  }

  static std::string WhyLeft(const std::set<std::string>& says) {
    for (const char* word : {"unknown-status", "not-yet", "missing", "graduated", "withdrawn",
                             "inactive", "out-of-scope"}) {
      if (says.contains(word)) return word;
    }
    return "missing";
  }

  std::int64_t OrderOf(std::int64_t person, std::int64_t family) const {
    for (const Json& member : facts_.members) {
      if (Int(member, "personId") == person && Int(member, "familyId") == family) {
        const std::int64_t order = Int(member, "familyOrder");
        return order > 0 ? order : 1'000'000;  // rules, 6: without an order, last
      }
    }
    return 1'000'000;
  }

  void ListFirst() {
    std::map<std::int64_t, std::int64_t> lowest;
    for (const auto& [id, person] : review_.people) {
      if (!person.eligible || person.graphs_disagree) continue;
      for (const auto& [family, first] : person.families) {
        const std::int64_t order = OrderOf(id, family);
        if (!lowest.contains(family) || order < lowest[family]) lowest[family] = order;
      }
    }
    for (auto& [id, person] : review_.people) {
      if (!person.eligible || person.graphs_disagree) continue;
      for (auto& [family, first] : person.families) first = OrderOf(id, family) == lowest[family];
    }
  }

  // ---- accounts (rules, 14 to 18) ----

  void FindAccount(Person& person) {
    const auto link = links_.find(person.id);
    if (link != links_.end()) {
      Linked(person, accounts_.at(link->second));
      return;
    }
    if (!person.eligible) return;
    std::vector<const Account*> fits;
    for (const auto& [id, account] : accounts_) {
      if (!person.email.empty() && account.keys.contains(Key(person.email))) {
        fits.push_back(&account);
      }
    }
    const auto chosen = decided_.matches.find(person.id);
    if (chosen != decided_.matches.end()) fits = {&accounts_.at(chosen->second)};
    for (const Account* account : fits) fitting_.insert(account->id);
    if (fits.empty()) {
      person.situation = "NEW";
    } else if (fits.size() > 1) {
      person.situation = "AMBIGUOUS";
    } else {
      Fits(person, *fits.front());
    }
  }

  void Linked(Person& person, const Account& account) {
    person.linked = true;
    person.active = account.active;
    person.account = account.id;
    if (person.eligible) Compare(person, account);
    if (person.eligible) {
      person.situation = account.is_protected ? "PROTECTED"
                         : !account.active    ? "RETURNED"
                         : person.writes      ? "OUTDATED"
                                              : "IN_STEP";
    } else {
      person.situation = !account.active                      ? "RETIRED"
                         : account.is_protected               ? "PROTECTED"
                         : person.why_not == "not-yet"        ? "NOT_YET"
                         : person.why_not == "unknown-status" ? "UNCLEAR"
                         : person.why_not == "missing"        ? "MISSING"
                                                              : "INELIGIBLE";
    }
  }

  void Fits(Person& person, const Account& account) {
    person.account = account.id;
    if (account.is_protected) {
      person.situation = "PROTECTED";
      return;
    }
    if (!account.external_id.empty()) {
      person.situation = "TAKEN";
      if (account.external_id.rfind("tcs:", 0) == 0) {
        person.taken_by = std::stoll(account.external_id.substr(4));
      }
      return;
    }
    person.situation = account.active ? "FOUND" : "FOUND_ARCHIVED";
    Compare(person, account);
  }

  // Families of one name are told apart by their id.
  static std::string GroupingOf(const Person& person) {
    if (person.families.empty()) return "";
    const std::string id = std::to_string(person.families.begin()->first);
    return person.family_name.empty() ? id : person.family_name + " (" + id + ")";
  }

  void Compare(Person& person, const Account& account) {
    const auto differs = [](const std::string& wanted, const std::string& there) {
      return !wanted.empty() && wanted != Trimmed(there);
    };
    const std::string key = Key(person.email);
    for (const std::string& there : {account.user_name, account.email}) {
      if (key.empty() || key == Key(there)) continue;
      person.writes_email = true;
      for (const auto& [id, other] : accounts_) {
        if (id != account.id && other.keys.contains(key)) person.collision = id;
      }
    }
    person.writes = person.writes_email || differs(person.first_name, account.given) ||
                    differs(person.last_name, account.family);
    if (mode_ == Mode::kStudents) {
      person.writes = person.writes || differs(person.school_code, account.school) ||
                      differs(person.grade, account.grade);
    } else {
      person.writes = person.writes || differs(GroupingOf(person), account.grouping);
    }
  }

  // ---- duplicates (rules, 8, 9; the workflow's table) ----

  // What somebody wants that only one can have; `as_rival`: of those who would take it now.
  static std::set<std::string> Wants(const Person& person, bool as_rival) {
    std::set<std::string> wants;
    if (!person.eligible) return wants;
    if (!person.email.empty()) wants.insert("e:" + Key(person.email));
    if (!as_rival && !person.facts_email.empty()) wants.insert("e:" + Key(person.facts_email));
    if (!person.linked && (person.situation == "FOUND" || person.situation == "FOUND_ARCHIVED")) {
      wants.insert("a:" + person.account);
    }
    return wants;
  }

  static bool Share(const std::set<std::string>& a, const std::set<std::string>& b) {
    return std::any_of(a.begin(), a.end(), [&](const auto& want) { return b.contains(want); });
  }

  void FindRivals(Person& person) {
    for (const auto& [id, other] : review_.people) {
      if (id == person.id) continue;
      if (Share(Wants(person, true), Wants(other, true))) person.rivals.insert(id);
    }
    if (person.taken_by != 0) person.rivals.insert(person.taken_by);
  }

  void FindGroups() {
    std::vector<std::set<std::int64_t>> sets;
    for (const auto& [id, person] : review_.people) {
      const bool blocked = person.situation == "TAKEN" || !person.collision.empty();
      for (const auto& [other_id, other] : review_.people) {
        if (other_id <= id || !Share(Wants(person, false), Wants(other, false))) continue;
        sets.push_back({id, other_id});
      }
      if (!blocked) continue;
      sets.push_back({id});
      if (person.taken_by != 0) sets.back().insert(person.taken_by);
      for (const auto& [owner, account] : links_) {
        if (account == person.collision) sets.back().insert(owner);
      }
    }
    for (bool merged = true; merged;) {  // until no two have anybody in common
      merged = false;
      for (std::size_t a = 0; a < sets.size() && !merged; ++a) {
        for (std::size_t b = a + 1; b < sets.size() && !merged; ++b) {
          if (std::none_of(sets[b].begin(), sets[b].end(),
                           [&](std::int64_t id) { return sets[a].contains(id); })) {
            continue;
          }
          sets[a].insert(sets[b].begin(), sets[b].end());
          sets.erase(sets.begin() + static_cast<std::ptrdiff_t>(b));
          merged = true;
        }
      }
    }
    for (const auto& members : sets) AddGroup(members);
  }

  void AddGroup(const std::set<std::int64_t>& members) {
    Group group;
    group.members = members;
    group.reason = "duplicate-email";
    std::map<std::string, int> wanted;
    std::map<std::int64_t, std::size_t> homes;
    std::map<std::int64_t, std::string> now;
    for (const std::int64_t id : members) {
      const Person& person = review_.people.at(id);
      now[id] = Key(person.email);
      for (const std::string& want : Wants(person, false)) ++wanted[want];
      for (const auto& [family, first] : person.families) ++homes[family];
      if (!person.collision.empty()) group.reason = "email-collision";
      if (person.situation == "TAKEN" && group.reason == "duplicate-email") group.reason = "taken";
    }
    for (const auto& [want, count] : wanted) {
      if (count > 1 && want[0] == 'e') group.addresses.insert(want.substr(2));
    }
    for (const auto& [family, count] : homes) {
      if (group.family == 0 && count == members.size()) group.family = family;
    }
    bool first = false;
    for (const std::int64_t id : members) {
      const auto& families = review_.people.at(id).families;
      first = first || (families.contains(group.family) && families.at(group.family));
    }
    const bool warns =
        mode_ == Mode::kParents && group.reason == "duplicate-email" && group.family != 0 && !first;
    group.severity = warns ? "warning" : "error";
    for (const Decided::Keep& keep : decided_.keeps) {
      if (keep.then == now) group.holder = keep.holder;
    }
    for (const std::int64_t id : members) {
      review_.people.at(id).group = static_cast<int>(review_.groups.size());
    }
    review_.groups.push_back(group);
  }

  // ---- where everybody stands (rules, 10 to 13, 22) ----

  bool FamilyExcluded(const Person& person) const {
    for (const auto& [family, first] : person.families) {
      if (!decided_.families.contains(family)) return false;
    }
    return !person.families.empty();
  }

  std::string WordOn(std::int64_t id) const {
    const auto word = decided_.persons.find(id);
    return word == decided_.persons.end() ? "" : word->second;
  }

  // The workflow's line 7: a word holds until what it was made on changes. That a selected person
  // has an account since is what was wished; and exclusions last.
  bool Outdated(const Person& person) const {
    const std::string word = WordOn(person.id);
    const auto then = decided_.made_on.find(person.id);
    if (then == decided_.made_on.end() || !person.eligible) return false;
    if (word != "skip" && !(word == "sync" && !person.linked)) return false;
    return then->second != BasisOf(person);
  }

  bool StillWanted(std::int64_t id) const {
    const auto at = review_.people.find(id);
    if (at != review_.people.end() && FamilyExcluded(at->second)) return false;
    if (at != review_.people.end() && Outdated(at->second)) return true;
    return WordOn(id).empty() || WordOn(id) == "sync";
  }

  static void Hold(Person& person, const char* status, const std::string& reason) {
    person.status = status;
    person.bucket = "TO_SKIP";
    person.action = "ACTION_UNSPECIFIED";
    person.reason = reason;
  }

  static void Do(Person& person, const char* status, const char* action,
                 const std::string& reason) {
    person.status = status;
    person.action = action;
    person.bucket = std::string("TO_") + action;
    person.reason = reason;
    person.change_class = std::string("CLASS_") + action;
    if (person.action == "UPDATE" && person.linked && person.writes_email) {
      person.change_class = "CLASS_EMAIL_CHANGE";
    }
  }

  std::string ErrorOf(const Person& person) const {
    if (!person.eligible) return "";
    if (person.no_person) return "no-person";
    if (person.graphs_disagree) return "graphs-disagree";
    if (person.email.empty()) return "missing-email";
    const bool decided = person.group >= 0 && review_.groups[GroupOf(person)].holder != 0;
    for (const std::int64_t rival : person.rivals) {
      if (!decided && StillWanted(rival)) return "duplicate-email";
    }
    if (person.situation == "TAKEN") return "taken";
    if (person.situation == "AMBIGUOUS") return "ambiguous";
    return person.collision.empty() ? "" : "email-collision";
  }

  static std::size_t GroupOf(const Person& person) {
    return static_cast<std::size_t>(person.group);
  }

  std::string SeverityOf(const Person& person, const std::string& error) const {
    if (error == "missing-email" && mode_ == Mode::kParents) {
      bool first = person.families.empty();
      for (const auto& [family, listed] : person.families) first = first || listed;
      return first ? "error" : "warning";
    }
    const bool in_group =
        error == "duplicate-email" || error == "taken" || error == "email-collision";
    return in_group ? review_.groups[GroupOf(person)].severity : "error";
  }

  void Judge(Person& person) {
    const bool outdated = Outdated(person);
    const std::string word = outdated ? "" : WordOn(person.id);
    if (person.situation == "RETIRED") {
      Hold(person, "STATUS_SKIPPED", "retired");
      person.bucket = "UNCHANGED";
      return;
    }
    if (word == "exclude" || FamilyExcluded(person)) {
      return Hold(person, "STATUS_SKIPPED", "excluded");
    }
    if (word == "skip" && person.linked && person.active && person.situation != "PROTECTED") {
      return Do(person, "STATUS_SKIPPED", "ARCHIVE", "deselected");
    }
    if (word == "skip" && person.situation != "PROTECTED") {
      return Hold(person, "STATUS_SKIPPED", "deselected");
    }
    if (person.situation == "PROTECTED") return Hold(person, "STATUS_SKIPPED", "protected");
    if (person.eligible && person.group >= 0) {
      const std::int64_t holder = review_.groups[GroupOf(person)].holder;
      if (holder != 0 && holder != person.id && !person.uses_email2) {
        return Hold(person, "STATUS_SKIPPED", "another-holder");
      }
    }
    if (const std::string error = ErrorOf(person); !error.empty()) {
      Hold(person, "STATUS_ERROR", error);
      person.severity = SeverityOf(person, error);
      person.is_new = word.empty() && (!person.linked || outdated);
      person.sync = word == "sync" || person.linked;
      return;
    }
    if (!person.eligible) return JudgeLeaver(person);
    if (outdated || (!person.linked && word.empty())) {
      Hold(person, "STATUS_NEW", outdated ? "decision-outdated" : "undecided");
      person.is_new = true;
      return;
    }
    person.sync = true;
    if (person.situation == "NEW") Do(person, "STATUS_SELECTED", "ADD", "new");
    if (person.situation == "FOUND") Do(person, "STATUS_SELECTED", "UPDATE", "found");
    if (person.situation == "FOUND_ARCHIVED") {
      Do(person, "STATUS_SELECTED", "RESTORE", "found-archived");
    }
    if (person.situation == "RETURNED") Do(person, "STATUS_SELECTED", "RESTORE", "returned");
    if (person.situation == "OUTDATED") Do(person, "STATUS_SELECTED", "UPDATE", "outdated");
    if (person.situation == "IN_STEP") {
      Hold(person, "STATUS_SELECTED", "in-step");
      person.bucket = "UNCHANGED";
    }
  }

  static void JudgeLeaver(Person& person) {
    const std::string& why = person.why_not;
    if (why == "missing") return Hold(person, "STATUS_SKIPPED", "missing-waiting");
    if (why == "not-yet" || why == "unknown-status") return Hold(person, "STATUS_SKIPPED", why);
    Do(person, "STATUS_SKIPPED", "ARCHIVE", why);
  }

  void Count() {
    auto& counters = review_.counters;
    struct Family {
      int users = 0, fresh = 0, selected = 0, excluded = 0;
    };
    std::map<std::int64_t, Family> families;
    static const std::map<std::string, std::string> kNames = {{"STATUS_NEW", "statusNew"},
                                                              {"STATUS_SELECTED", "statusSelected"},
                                                              {"STATUS_ERROR", "statusError"},
                                                              {"STATUS_SKIPPED", "statusSkipped"},
                                                              {"TO_ADD", "toAdd"},
                                                              {"TO_UPDATE", "toUpdate"},
                                                              {"TO_ARCHIVE", "toArchive"},
                                                              {"TO_RESTORE", "toRestore"},
                                                              {"TO_SKIP", "toSkip"},
                                                              {"UNCHANGED", "unchanged"}};
    for (const auto& [id, person] : review_.people) {
      const bool fresh_selected =
          person.sync && (person.action == "ADD" || (person.action == "UPDATE" && !person.linked));
      ++counters["everybody"];
      ++counters[kNames.at(person.status)];
      ++counters[kNames.at(person.bucket)];
      counters["fresh"] += person.is_new ? 1 : 0;
      counters["freshSelected"] += fresh_selected ? 1 : 0;
      counters["linkedActive"] += person.linked && person.active ? 1 : 0;
      counters["errors"] += person.severity == "error" ? 1 : 0;
      counters["warnings"] += person.severity == "warning" ? 1 : 0;
      if (person.bucket == "TO_SKIP") ++review_.skipped[person.reason];
      if (!person.change_class.empty()) ++review_.classes[person.change_class];
      for (const auto& [family, first] : person.families) {
        Family& count = families[family];
        ++count.users;
        count.fresh += person.is_new ? 1 : 0;
        count.selected += fresh_selected ? 1 : 0;
        count.excluded += person.reason == "excluded" ? 1 : 0;
      }
    }
    for (const auto& [id, family] : families) {
      ++counters["families"];
      counters["familiesFresh"] += family.fresh > 0 ? 1 : 0;
      counters["familiesSelected"] += family.selected > 0 ? 1 : 0;
      counters["familiesExcluded"] += family.excluded == family.users ? 1 : 0;
    }
    for (const auto& [id, account] : accounts_) {
      const bool owned = account.external_id.rfind("tcs:", 0) == 0;
      if (!owned && !fitting_.contains(id)) ++review_.unowned;
    }
  }

  const Facts& facts_;
  const Mode mode_;
  const Decided& decided_;
  std::map<std::string, Account> accounts_;
  std::map<std::int64_t, std::string> links_;
  std::set<std::string> fitting_;
  Review review_;
};

}  // namespace

std::string Trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string::npos) return "";
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

std::string Key(const std::string& email) {
  std::string plain;
  for (std::size_t i = 0; i < email.size(); ++i) {
    const auto byte = [&](std::size_t at) {
      return at < email.size() ? static_cast<unsigned char>(email[at]) : 0U;
    };
    // U+FF01 to U+FF5E are the wide forms of ASCII.
    if (byte(i) == 0xEF && (byte(i + 1) == 0xBC || byte(i + 1) == 0xBD)) {
      const unsigned point = 0xF000U | (byte(i + 1) & 0x3FU) << 6U | (byte(i + 2) & 0x3FU);
      plain += static_cast<char>(point - 0xFF01U + 0x21U);
      i += 2;
    } else {
      plain += email[i];
    }
  }
  return Lower(Trimmed(plain));
}

std::string Text(const Json& row, const std::string& name) {
  const auto at = row.find(name);
  return at != row.end() && at->is_string() ? at->get<std::string>() : "";
}

std::int64_t Int(const Json& row, const std::string& name) {
  const auto at = row.find(name);
  if (at == row.end()) return 0;
  if (at->is_string()) return std::stoll(at->get<std::string>());
  return at->is_number() ? at->get<std::int64_t>() : 0;
}

bool Flag(const Json& row, const std::string& name) {
  const auto at = row.find(name);
  return at != row.end() && at->is_boolean() && at->get<bool>();
}

Facts ReadFacts(const std::string& ground_truth) {
  const Json truth = Json::parse(ground_truth);
  Facts facts;
  for (const Json& row : truth.at("people")) facts.people[Int(row, "personId")] = row;
  for (const Json& row : truth.at("families")) facts.families[Int(row, "familyID")] = row;
  for (const Json& row : truth.at("students")) facts.students.push_back(row);
  for (const Json& row : truth.at("personFamily")) facts.members.push_back(row);
  for (const Json& row : truth.at("parentStudent")) facts.ties.push_back(row);
  return facts;
}

Review Compute(const Facts& facts, const std::vector<Json>& accounts, Mode mode,
               const Decided& decided) {
  return Computation(facts, accounts, mode, decided).Run();
}

std::string BasisOf(const Person& person) {
  std::string basis = person.first_name + " " + person.last_name + " ";
  basis += Key(person.uses_email2 ? person.facts_email : person.email);
  for (const auto& [family, first] : person.families) basis += " " + std::to_string(family);
  return basis + " " + (person.taken_by == 0 ? person.account : "");
}

std::multiset<std::string> Effects(const Review& review) {
  std::multiset<std::string> effects;
  for (const auto& [id, person] : review.people) {
    const std::string who = "tcs:" + std::to_string(id) + " ";
    if (person.action == "ACTION_UNSPECIFIED") continue;
    effects.insert(who + Lower(person.action));
    const bool links = person.situation == "FOUND_ARCHIVED";
    if (person.action == "RESTORE" && (person.writes || links)) effects.insert(who + "update");
  }
  return effects;
}

}  // namespace roster::e2e
