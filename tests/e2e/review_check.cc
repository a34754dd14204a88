#include "tests/e2e/review_check.h"

#include <gtest/gtest.h>

#include <shared_mutex>

namespace roster::e2e {
namespace {

std::set<std::string> Texts(const Persons& persons) {
  std::set<std::string> texts;
  for (const std::int64_t person : persons) texts.insert(Id(person));
  return texts;
}

// One line for each thing that the lists say of a person.
std::map<std::string, std::string> Shown(const Json& row) {
  std::map<std::string, std::string> shown;
  for (const char* name : {"firstName", "lastName", "email", "email2", "status", "bucket", "action",
                           "reason", "severity", "account", "mismatch"}) {
    shown[name] = Text(row, name);
  }
  for (const char* name : {"isNew", "sync", "usesEmail2"}) {
    shown[name] = Flag(row, name) ? "yes" : "no";
  }
  std::string situation = Text(row, "situation");
  // What was written last is the daemon's alone to know: news of FACTS and drift are one here.
  shown["situation"] = situation == "DRIFTED" ? "OUTDATED" : situation;
  std::string families;
  std::map<std::int64_t, bool> places;
  for (const Json& place : row.at("families")) {
    places[Int(place, "family")] = Flag(place, "listedFirst");
  }
  for (const auto& [family, first] : places) families += Id(family) + (first ? "* " : " ");
  shown["families"] = families;
  shown["grouping"] = Text(row, "familyName");
  Persons rivals;
  for (const Json& rival : row.at("duplicates")) {
    rivals.insert(rival.is_string() ? std::stoll(rival.get<std::string>())
                                    : rival.get<std::int64_t>());
  }
  std::string duplicates;
  for (const std::int64_t rival : rivals) duplicates += Id(rival) + " ";
  shown["duplicates"] = duplicates;
  // Rules, 13: who is new is listed with what is proposed. Who is held back has nothing to be done.
  if (Text(row, "bucket") == "TO_SKIP" && Text(row, "status") != "STATUS_NEW") {
    shown["action"] = "ACTION_UNSPECIFIED";
  }
  const std::string change_class = Text(row, "changeClass");
  shown["class"] = change_class == "CHANGE_CLASS_UNSPECIFIED" ? "" : change_class;
  return shown;
}

std::map<std::string, std::string> Shown(const Person& person) {
  std::map<std::string, std::string> shown;
  shown["firstName"] = person.first_name;
  shown["lastName"] = person.last_name;
  shown["email"] = person.email;
  shown["email2"] = person.email2;
  shown["status"] = person.status;
  shown["bucket"] = person.bucket;
  shown["action"] = person.action;
  if (person.status == "STATUS_NEW") {
    static const std::map<std::string, std::string> kProposed = {
        {"NEW", "ADD"},         {"FOUND", "UPDATE"},     {"FOUND_ARCHIVED", "RESTORE"},
        {"OUTDATED", "UPDATE"}, {"RETURNED", "RESTORE"}, {"IN_STEP", "ACTION_UNSPECIFIED"}};
    shown["action"] = kProposed.at(person.situation);
  }
  shown["reason"] = person.reason == "drifted" ? "outdated" : person.reason;
  shown["severity"] = person.severity;
  shown["account"] = person.account;
  shown["mismatch"] = person.mismatch;
  shown["isNew"] = person.is_new ? "yes" : "no";
  shown["sync"] = person.sync ? "yes" : "no";
  shown["usesEmail2"] = person.uses_email2 ? "yes" : "no";
  shown["situation"] = person.situation;
  std::string families;
  for (const auto& [family, first] : person.families) families += Id(family) + (first ? "* " : " ");
  shown["families"] = families;
  shown["grouping"] = person.family_name;
  std::string duplicates;
  for (const std::int64_t rival : person.rivals) duplicates += Id(rival) + " ";
  shown["duplicates"] = duplicates;
  shown["class"] = person.change_class;
  return shown;
}

// What is told of a group: who, how bad, why, and whether it waits.
std::string Line(const Group& group) {
  std::string line = group.reason + " " + group.severity + (group.open ? " open" : " resolved") +
                     " family " + Id(group.family) + " keeps " + Id(group.holder) + ":";
  for (const std::int64_t member : group.members) line += " " + Id(member);
  return line;
}

std::string Line(const Json& row) {
  Group group;
  group.reason = Text(row, "reason");
  group.severity = Text(row, "severity");
  group.open = Flag(row, "open");
  group.family = Int(row, "family");
  // A word that something has outdated no longer counts.
  if (row.at("outdated").empty()) group.holder = Int(row, "holder");
  for (const Json& member : row.at("members")) group.members.insert(Int(member, "person"));
  EXPECT_EQ(Number(row, "membersTotal"), group.members.size());
  return Line(group);
}

void ExpectGroups(World& world, const Review& expected, const char* status) {
  std::multiset<std::string> shown;
  for (const Json& row : world.CtlJson({"duplicates", "--status", status})) {
    shown.insert(Line(row));
    for (const Group& group : expected.groups) {
      // Of several addresses that tie a group, any may name it.
      if (group.reason != "duplicate-email" || group.addresses.size() != 1) continue;
      if (Line(group) != Line(row)) continue;
      EXPECT_EQ(Key(Text(row, "address")), *group.addresses.begin());
    }
  }
  std::multiset<std::string> wanted;
  for (const Group& group : expected.groups) {
    const std::string state = group.open ? "new" : "resolved";
    if (state == status || std::string(status) == "all") wanted.insert(Line(group));
  }
  EXPECT_EQ(shown, wanted) << "duplicates --status " << status;
}

std::map<std::string, std::uint64_t> Counts(const Json& list) {
  std::map<std::string, std::uint64_t> counts;
  for (const Json& one : list) {
    if (Number(one, "count") > 0) counts[Text(one, "reason")] = Number(one, "count");
  }
  return counts;
}

void ExpectCounters(const Json& shown, const Review& expected) {
  for (const char* name :
       {"everybody",     "fresh",     "statusNew",     "statusSelected",   "statusSkipped",
        "statusError",   "toAdd",     "toUpdate",      "toArchive",        "toRestore",
        "toSkip",        "unchanged", "errors",        "warnings",         "linkedActive",
        "freshSelected", "families",  "familiesFresh", "familiesSelected", "familiesExcluded"}) {
    const auto at = expected.counters.find(name);
    EXPECT_EQ(Number(shown, name), at == expected.counters.end() ? 0 : at->second) << name;
  }
  EXPECT_EQ(Counts(shown.at("skippedBecause")), expected.skipped);
  std::uint64_t sum = 0;
  for (const char* bucket :
       {"toAdd", "toUpdate", "toArchive", "toRestore", "toSkip", "unchanged"}) {
    sum += Number(shown, bucket);
  }
  EXPECT_EQ(sum, Number(shown, "everybody")) << "the six buckets add up to everybody";
}

}  // namespace

std::string Id(std::int64_t number) { return std::to_string(number); }

std::uint64_t Number(const Json& object, const std::string& name) {
  return static_cast<std::uint64_t>(Int(object, name));
}

Facts FactsNow(World& world) {
  const std::shared_lock lock(world.sandbox().school().mutex());
  return ReadFacts(world.sandbox().school().GroundTruth(
      {"people", "students", "personFamily", "parentStudent", "families"}));
}

std::vector<Json> AccountsNow(World& world) {
  std::vector<Json> accounts;
  for (const auto& view : world.sandbox().store().List(nullptr, 0, 1'000'000).accounts) {
    accounts.push_back(Json::parse(view.json));
  }
  return accounts;
}

Review ReviewNow(World& world, Mode mode, const Decided& decided) {
  return Compute(FactsNow(world), AccountsNow(world), mode, decided);
}

Persons PersonsOf(const std::vector<Json>& rows) {
  Persons persons;
  for (const Json& row : rows) {
    if (!row.contains("person")) continue;
    EXPECT_TRUE(persons.insert(Int(row, "person")).second) << "listed twice: " << row.dump();
  }
  return persons;
}

std::multiset<std::string> Done(World& world, std::size_t from) {
  std::multiset<std::string> done;
  const auto effects = world.Effects();
  for (std::size_t i = from; i < effects.size(); ++i) {
    done.insert(Text(effects[i], "externalId") + " " + Text(effects[i], "effect"));
  }
  return done;
}

void ExpectReview(World& world, const Review& expected) {
  const auto rows = world.CtlJson({"users", "--status", "all"});
  EXPECT_EQ(Texts(PersonsOf(rows)), Texts(Those(expected, [](const Person&) { return true; })));
  for (const Json& row : rows) {
    const auto person = expected.people.find(Int(row, "person"));
    if (person == expected.people.end()) continue;
    auto shown = Shown(row);
    auto wanted = Shown(person->second);
    if (shown["reason"] == "drifted") shown["reason"] = "outdated";
    // A settled place in the list says what is to be done; of who is held, why.
    for (const auto& [name, value] : wanted) {
      EXPECT_EQ(shown[name], value) << name << " of " << person->first << ": " << row.dump();
    }
  }
  for (const char* status : {"new", "resolved", "all"}) ExpectGroups(world, expected, status);
  const Json school = world.School();
  ExpectCounters(school.at("counters"), expected);
  EXPECT_EQ(Number(school.at("lastPoll"), "unownedAccounts"), expected.unowned);
}

void ExpectPlan(World& world, const Review& expected) {
  const auto shown = world.CtlJson({"plan"});
  ASSERT_EQ(shown.size(), 1U);
  const Json& plan = shown[0].at("plan");
  ExpectCounters(plan.at("counters"), expected);
  const auto of = [&](const char* bucket) {
    return Those(expected, [&](const Person& person) { return person.bucket == bucket; });
  };
  const auto of_class = [&](const char* name) {
    return Those(expected, [&](const Person& person) { return person.change_class == name; });
  };
  EXPECT_EQ(Number(plan, "adds"), of("TO_ADD").size());
  EXPECT_EQ(Number(plan, "updates"), of("TO_UPDATE").size());
  EXPECT_EQ(Number(plan, "archives"), of("TO_ARCHIVE").size());
  EXPECT_EQ(Number(plan, "restores"), of("TO_RESTORE").size());
  EXPECT_EQ(Number(plan, "emailChanges"), of_class("CLASS_EMAIL_CHANGE").size());
  EXPECT_EQ(Number(plan, "missing"), of_class("CLASS_MISSING").size());
  EXPECT_EQ(Number(plan, "items"), of("TO_ADD").size() + of("TO_UPDATE").size() +
                                       of("TO_ARCHIVE").size() + of("TO_RESTORE").size());
  for (const auto& [action, bucket] :
       std::map<const char*, const char*>{{"add", "TO_ADD"},
                                          {"update", "TO_UPDATE"},
                                          {"archive", "TO_ARCHIVE"},
                                          {"restore", "TO_RESTORE"},
                                          {"skip", "TO_SKIP"},
                                          {"unchanged", "UNCHANGED"}}) {
    EXPECT_EQ(Texts(PersonsOf(world.CtlJson({"plan", "--action", action}))), Texts(of(bucket)))
        << "plan --action " << action;
  }
  for (const auto& [word, name] :
       std::map<const char*, const char*>{{"add", "CLASS_ADD"},
                                          {"update", "CLASS_UPDATE"},
                                          {"email-change", "CLASS_EMAIL_CHANGE"},
                                          {"archive", "CLASS_ARCHIVE"},
                                          {"missing", "CLASS_MISSING"},
                                          {"restore", "CLASS_RESTORE"}}) {
    EXPECT_EQ(Texts(PersonsOf(world.CtlJson({"plan", "--class", word}))), Texts(of_class(name)))
        << "plan --class " << word;
  }
  const auto skipped = world.CtlJson({"plan", "--action", "skip"});
  for (const Json& row : skipped) {
    EXPECT_EQ(Text(row, "reason"), expected.people.at(Int(row, "person")).reason);
    EXPECT_NE(Text(row, "sentence"), "");
  }
}

bool AsksAnew(const Review& before, const Review& after) {
  const auto need = [](const Person& person) -> std::string {
    if (person.status == "STATUS_NEW") return "new " + person.situation;
    if (person.status == "STATUS_ERROR") return "error " + person.reason;
    if (person.action == "ACTION_UNSPECIFIED") return "";
    return person.action + " " + person.email + " " + person.first_name + " " + person.last_name +
           " " + person.grade + " " + person.family_name;
  };
  for (const auto& [id, person] : after.people) {
    const std::string now = need(person);
    if (now.empty()) continue;
    const auto then = before.people.find(id);
    if (then == before.people.end() || need(then->second) != now) return true;
  }
  return false;
}

}  // namespace roster::e2e
