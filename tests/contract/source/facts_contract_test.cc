// The FACTS client and the FACTS simulator were built from the same documents by different hands.
// Here they meet: over real HTTP the client brings what the simulated school holds, and takes each
// fault that the simulator knows for what it is.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <shared_mutex>
#include <string>

#include "daemon/base/text.h"
#include "daemon/http/curl_http.h"
#include "daemon/source/facts_source.h"
#include "tests/sandbox/sandbox.h"
#include "tests/unit/source/fakes.h"

namespace roster::source {
namespace {

using nlohmann::json;

sandbox::SandboxOptions SmallSchool() {
  sandbox::SandboxOptions options;
  options.school.people = 900;
  options.school.enrolled = 60;
  options.facts.tier = std::nullopt;
  return options;
}

// A sandbox, and a source that polls it, with all lists.
class Meeting {
 public:
  explicit Meeting(const sandbox::SandboxOptions& options = SmallSchool(),
                   std::uint32_t page_size = 100)
      : box_(options) {
    box_.Start();
    FactsSettings settings;
    settings.base_url = box_.facts().url();
    settings.page_size = page_size;
    settings.families = true;
    const auto keys = box_.facts().options();
    source_ = std::make_unique<FactsSource>(
        settings, FactsKeys{keys.subscription_key, keys.api_key}, http_, clock_, random_, quota_);
  }

  Result<model::Snapshot> Fetch(const LastGood& last = {}) {
    return source_->Fetch(last, nullptr, {});
  }
  std::string Reason(const LastGood& last = {}) {
    const auto result = Fetch(last);
    return result ? "" : result.error().reason;
  }
  void Fault(const std::string& text) { box_.faults().Add(sandbox::FaultFromText(text)); }
  sandbox::Sandbox& box() { return box_; }
  ManualClock& clock() { return clock_; }

  // The rows of a list, by their unique key.
  std::map<std::int64_t, json> Truth(std::string_view resource, const std::string& key) {
    std::map<std::int64_t, json> rows;
    for (json& row : Rows(resource)) {
      const auto id = row.at(key).get<std::int64_t>();
      EXPECT_TRUE(rows.emplace(id, std::move(row)).second);
    }
    return rows;
  }
  // The same, where two ids are the key; in the order of the snapshot.
  std::map<TwoIds, json> Truth(std::string_view resource, const std::string& first,
                               const std::string& second) {
    std::map<TwoIds, json> rows;
    for (json& row : Rows(resource)) {
      const TwoIds ids(row.at(first).get<std::int64_t>(), row.at(second).get<std::int64_t>());
      EXPECT_TRUE(rows.emplace(ids, std::move(row)).second);
    }
    return rows;
  }

 private:
  std::vector<json> Rows(std::string_view resource) {
    const std::shared_lock lock(box_.school().mutex());
    const sandbox::Table& table = box_.school().table(resource);
    std::vector<json> rows;
    for (std::uint32_t i = 0; i < table.size(); ++i) rows.push_back(json::parse(table[i]));
    return rows;
  }

  sandbox::Sandbox box_;
  ManualClock clock_;  // waits cost nothing; the sandbox has its own time
  SeededRandom random_{1};
  Quota quota_{
      {100'000, 1'000'000, 10'000'000}, clock_, [](const QuotaState&) { return Result<void>(); }};
  http::CurlHttp http_;
  std::unique_ptr<FactsSource> source_;
};

std::string Text(const json& row, const std::string& name) {
  const auto at = row.find(name);
  if (at == row.end() || at->is_null()) return "";
  return std::string(Trim(at->get_ref<const std::string&>()));
}

// Members, ties and families: each row of the school, in the order that the snapshot promises.
void ExpectFamilies(Meeting& meeting, const model::Snapshot& snapshot) {
  const auto members = meeting.Truth(sandbox::kPersonFamily, "familyId", "personId");
  ASSERT_GT(members.size(), 100U) << "several pages";
  ASSERT_EQ(snapshot.members.size(), members.size());
  auto member = snapshot.members.begin();
  for (const auto& [ids, row] : members) {
    ASSERT_EQ(TwoIds(member->family.value(), member->person.value()), ids);
    EXPECT_EQ(member->parent, row.value("parent", false));
    EXPECT_EQ(member->student, row.value("student", false));
    EXPECT_EQ(member->order, row.value("familyOrder", 0));
    ++member;
  }
  const auto ties = meeting.Truth(sandbox::kParentStudent, "parentID", "studentID");
  ASSERT_GT(ties.size(), 100U) << "several pages";
  ASSERT_EQ(snapshot.ties.size(), ties.size());
  auto tie = snapshot.ties.begin();
  for (const auto& [ids, row] : ties) {
    ASSERT_EQ(TwoIds(tie->parent.value(), tie->student.value()), ids);
    EXPECT_EQ(tie->custody, row.value("custody", false));
    EXPECT_EQ(tie->correspondence, row.value("correspondence", false));
    EXPECT_EQ(tie->grandparent, row.value("grandparent", false));
    EXPECT_EQ(tie->emergency_contact, row.value("emergencyContact", false));
    EXPECT_EQ(tie->parents_web, row.value("parentsWeb", false));
    EXPECT_EQ(tie->pw_block, row.value("pwBlock", false));
    ++tie;
  }
  const auto families = meeting.Truth(sandbox::kFamilies, "familyID");
  ASSERT_GT(families.size(), 0U);
  ASSERT_EQ(snapshot.families.size(), families.size());
  auto family = snapshot.families.begin();
  for (const auto& [id, row] : families) {
    ASSERT_EQ(family->id.value(), id);
    EXPECT_EQ(family->name, Text(row, "familyName"));
    ++family;
  }
}

void ExpectTruth(Meeting& meeting, const model::Snapshot& snapshot) {
  const auto people = meeting.Truth(sandbox::kPeople, "personId");
  ASSERT_EQ(snapshot.people.size(), people.size());
  for (const model::Person& person : snapshot.people) {
    const json& row = people.at(person.id.value());
    EXPECT_EQ(person.first_name, Text(row, "firstName"));
    EXPECT_EQ(person.middle_name, Text(row, "middleName"));
    EXPECT_EQ(person.last_name, Text(row, "lastName"));
    EXPECT_EQ(person.nick_name, Text(row, "nickName"));
    EXPECT_EQ(person.email, Text(row, "email"));
    EXPECT_EQ(person.email2, Text(row, "email2"));
    EXPECT_EQ(person.home_phone, Text(row, "homePhone"));
    EXPECT_EQ(person.cell_phone, Text(row, "cellPhone"));
    EXPECT_EQ(person.deceased, row.value("deceased", false));
  }
  const auto students = meeting.Truth(sandbox::kStudents, "personStudentId");
  ASSERT_EQ(snapshot.students.size(), students.size());
  std::map<std::pair<std::int64_t, std::int64_t>, json> by_person;
  for (const auto& [key, row] : students) {
    by_person[{row.at("studentId").get<std::int64_t>(),
               row.at("configSchoolId").get<std::int64_t>()}] = row;
  }
  for (const model::Student& student : snapshot.students) {
    const json& row = by_person.at({student.person.value(), student.config_school_id});
    const json& school = row.at("school");
    EXPECT_EQ(student.school_code, Text(row, "schoolCode"));
    EXPECT_EQ(student.homeroom, Text(row, "homeroom"));
    EXPECT_EQ(student.status, Text(school, "status"));
    EXPECT_EQ(student.grade_level, Text(school, "gradeLevel"));
    EXPECT_EQ(student.next_status, Text(school, "nextStatus"));
    EXPECT_EQ(student.next_grade_level, Text(school, "nextGradeLevel"));
    const std::string enrolled = Text(school, "enrollDate");
    ASSERT_EQ(student.enroll_date.has_value(), !enrolled.empty());
    if (student.enroll_date) {
      EXPECT_EQ(FormatTime(Time(*student.enroll_date)).substr(0, 10), enrolled.substr(0, 10));
    }
  }
  EXPECT_EQ(snapshot.statuses.size(), json::parse(meeting.box().school().statuses()).size());
  EXPECT_EQ(snapshot.rejected_count, 0U);
  ExpectFamilies(meeting, snapshot);
}

TEST(FactsContract, ASnapshotIsWhatTheSchoolHolds) {
  Meeting meeting;
  const auto snapshot = meeting.Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  ExpectTruth(meeting, *snapshot);
}

TEST(FactsContract, ADistrictToo) {
  auto options = SmallSchool();
  options.school.district = true;
  Meeting meeting(options, 37);
  const auto snapshot = meeting.Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  ExpectTruth(meeting, *snapshot);
}

TEST(FactsContract, TheDescribedSchoolToo) {
  sandbox::SandboxOptions options;
  options.facts.tier = std::nullopt;
  Meeting meeting(options, 1000);
  const auto snapshot = meeting.Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->ties.size(), 10'021U);
  ExpectTruth(meeting, *snapshot);
}

TEST(FactsContract, WhatASchoolGoesThroughInAYearStaysWhole) {
  Meeting meeting;
  for (const std::string name : {"merge", "withdraw", "new-student", "new-school-year", "merge"}) {
    meeting.box().scenarios().Apply(name);
    const auto snapshot = meeting.Fetch();
    ASSERT_TRUE(snapshot) << name << ": " << snapshot.error().message;
    ExpectTruth(meeting, *snapshot);
  }
}

TEST(FactsContract, HarmlessOdditiesChangeNothing) {
  for (const std::string kind :
       {"id-spelling", "null-fields", "missing-fields", "unknown-fields"}) {
    Meeting meeting;
    meeting.Fault("kind=" + kind + ",server=facts");
    const auto snapshot = meeting.Fetch();
    ASSERT_TRUE(snapshot) << kind << ": " << snapshot.error().message;
    ExpectTruth(meeting, *snapshot);
  }
}

// Each fault of the simulator, and what is to be said of it.
std::map<std::string, std::string> Faults() {
  return {
      {"kind=torn", "rows-missing"},
      {"kind=row-count", "row-count-changed"},
      {"kind=shrink,percent=50", "shrunk"},
      {"kind=empty", "empty"},
      {"kind=row-without-id", "too-many-rejected"},
      {"kind=number-as-text", "too-many-rejected"},
      {"kind=invalid-utf8", "too-many-rejected"},
      {"kind=html", "malformed"},
      {"kind=truncate-gzip", "malformed"},
      {"kind=truncate", "facts-unavailable"},
      {"kind=break-before", "facts-unavailable"},
      {"kind=break-after", "facts-unavailable"},
      {"kind=status,status=500", "facts-unavailable"},
      {"kind=status,status=404", "facts-rejected-request"},
      {"kind=scope-withdrawn", "scope-missing"},
      {"kind=key-refused", "school-key-refused"},
  };
}

class FactsContractOf : public testing::TestWithParam<std::string> {};

TEST_P(FactsContractOf, EveryFaultIsTakenForWhatItIs) {
  Meeting meeting(SmallSchool(), /*page_size=*/20);
  const auto whole = meeting.Fetch();
  ASSERT_TRUE(whole) << whole.error().message;
  const LastGood last{whole->people.size(), whole->students.size(), whole->members.size(),
                      whole->ties.size(), whole->families.size()};
  for (const auto& [fault, reason] : Faults()) {
    meeting.Fault(fault + ",server=facts,path=" + GetParam() + "$");
    const auto result = meeting.Fetch(last);
    EXPECT_EQ(result ? "" : result.error().reason, reason) << fault;
    meeting.box().faults().Clear();
    EXPECT_EQ(meeting.Reason(last), "") << "and it passes with " << fault;
  }
}

TEST_P(FactsContractOf, RowsThatComeTwiceAreHarmlessOnlyWhenNoneIsMissing) {
  const auto count = [](const model::Snapshot& snapshot) -> std::size_t {
    if (GetParam() == "/People") return snapshot.people.size();
    if (GetParam() == "/Students") return snapshot.students.size();
    if (GetParam() == "/Families") return snapshot.families.size();
    return GetParam() == "/People/PersonFamily" ? snapshot.members.size() : snapshot.ties.size();
  };
  Meeting whole;
  const auto snapshot = whole.Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  const std::size_t rows = count(*snapshot);
  std::size_t pages = 2;
  while (rows % pages != 0) ++pages;
  const std::string fault = "kind=duplicate,server=facts,path=" + GetParam() + "$";

  // A last page that is full has no room for the row that slipped into it: the last one is lost.
  Meeting full(SmallSchool(), static_cast<std::uint32_t>(rows / pages));
  full.Fault(fault);
  EXPECT_EQ(full.Reason(), "rows-missing");

  Meeting room(SmallSchool(), static_cast<std::uint32_t>(rows / 2 + 1));
  room.Fault(fault);
  const auto twice = room.Fetch();
  ASSERT_TRUE(twice) << twice.error().message;
  ExpectTruth(room, *twice);
}

TEST_P(FactsContractOf, EmptyAtTheFirstPollProvesNothing) {
  Meeting meeting;
  meeting.Fault("kind=empty,server=facts,path=" + GetParam() + "$");
  EXPECT_EQ(meeting.Reason(), GetParam() == "/Families" ? "" : "empty");
}

INSTANTIATE_TEST_SUITE_P(Lists, FactsContractOf,
                         testing::Values("/People", "/Students", "/People/PersonFamily",
                                         "/People/ParentStudent", "/Families"),
                         [](const auto& list) {
                           std::string name = list.param;
                           std::erase(name, '/');
                           return name;
                         });

TEST(FactsContract, WhatPassesIsRiddenOut) {
  for (const std::string fault :
       {"kind=status,status=503,times=3", "kind=break-after,times=2", "kind=truncate,times=2",
        "kind=truncate-gzip,times=2", "kind=html,times=2",
        "kind=status,status=429,retry_after=7,times=5"}) {
    Meeting meeting;
    meeting.Fault(fault + ",server=facts,path=/People$");
    const auto snapshot = meeting.Fetch();
    ASSERT_TRUE(snapshot) << fault << ": " << snapshot.error().message;
    ExpectTruth(meeting, *snapshot);
  }
}

TEST(FactsContract, AFewBadRowsAreRejectedAndNamed) {
  for (const auto& [kind, reason] : std::map<std::string, std::string>{
           {"invalid-utf8", "invalid-utf8"}, {"number-as-text", "wrong-type"}}) {
    Meeting meeting(SmallSchool(), 1000);
    meeting.Fault("kind=" + kind + ",server=facts,path=/People$,rows=one");
    const auto snapshot = meeting.Fetch();
    ASSERT_TRUE(snapshot) << kind << ": " << snapshot.error().message;
    EXPECT_EQ(snapshot->rejected_count, 1U);
    ASSERT_EQ(snapshot->rejected.size(), 1U);
    EXPECT_EQ(snapshot->rejected[0].reason, reason);
    EXPECT_EQ(snapshot->people.size(), 899U);
  }
}

TEST(FactsContract, ACapOnThePageSizeIsFound) {
  auto options = SmallSchool();
  options.facts.page_size_cap = 50;
  Meeting meeting(options, 100);
  const auto result = meeting.Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "rows-missing");
  EXPECT_NE(result.error().message.find("page_size"), std::string::npos);
}

TEST(FactsContract, EachKeyIsToldApart) {
  Meeting subscription;
  auto changed = subscription.box().facts().options();
  changed.subscription_key = std::string(32, 'f');
  subscription.box().facts().set_options(changed);
  EXPECT_EQ(subscription.Reason(), "subscription-key-refused");

  Meeting school;
  changed = school.box().facts().options();
  changed.api_key = std::string(108, 'f');
  school.box().facts().set_options(changed);
  EXPECT_EQ(school.Reason(), "school-key-refused");

  for (const std::string name : {"People", "Students", "Families"}) {
    Meeting scope;
    scope.box().facts().SetScope(name, false);
    const auto result = scope.Fetch();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, "scope-missing");
    EXPECT_NE(result.error().message.find("the scope " + name + ","), std::string::npos);
  }
}

}  // namespace
}  // namespace roster::source
