// A whole poll: the walk over the lists, and each reason for not using what came.

#include "daemon/source/facts_source.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/unit/source/fakes.h"

namespace roster::source {
namespace {

using std::chrono::seconds;

class FactsSourceTest : public testing::Test {
 protected:
  explicit FactsSourceTest(bool families = false)
      : http_([this](const http::Request& r) { return Result<http::Response>(facts_.Answer(r)); }),
        source_(Settings(families), {"s", "k"}, http_, clock_, random_, quota_) {
    facts_.Fill(25, 12);
    facts_.FillFamilies(25);
  }

  static FactsSettings Settings(bool families) {
    FactsSettings settings;
    settings.base_url = "https://facts.example.org";
    settings.page_size = 10;
    settings.families = families;
    return settings;
  }
  Result<model::Snapshot> Fetch(const LastGood& last = {}, const std::stop_token& stop = {}) {
    return source_.Fetch(
        last, [this](const Progress& p) { progress_.push_back(p); }, stop);
  }
  std::string Reason(const LastGood& last = {}) {
    const auto result = Fetch(last);
    return result ? "" : result.error().reason;
  }
  // Meddles with the answers to one page of one list.
  void On(const std::string& path, std::size_t page,
          const std::function<void(http::Response&)>& change) {
    facts_.meddle = [=](const Asked& asked, http::Response& response) {
      if (asked.path == path && asked.number("Page") == page) change(response);
    };
  }

  ManualClock clock_;
  SeededRandom random_{1};
  Quota quota_{{10, 600, 1'000'000}, clock_, [](const QuotaState&) { return Result<void>(); }};
  FakeFacts facts_;
  FakeHttp http_;
  std::vector<Progress> progress_;
  FactsSource source_;
};

TEST_F(FactsSourceTest, AWholePollIsASnapshotInOrder) {
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  ASSERT_EQ(snapshot->people.size(), 25U);
  ASSERT_EQ(snapshot->students.size(), 12U);
  for (std::size_t i = 0; i < 25; ++i) {
    EXPECT_EQ(snapshot->people[i].id, PersonId(static_cast<std::int64_t>(i) + 1));
  }
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(snapshot->students[i].person, PersonId(static_cast<std::int64_t>(i) + 1))
        << "FACTS sorts by personStudentId, the snapshot by person";
  }
  ASSERT_NE(snapshot->FindPerson(PersonId(17)), nullptr);
  EXPECT_EQ(snapshot->FindPerson(PersonId(17))->email, "p17@example.org");
  ASSERT_EQ(snapshot->statuses.size(), 1U);
  EXPECT_EQ(snapshot->statuses[0].display_name, "Enrolled");
  EXPECT_EQ(snapshot->requests, 1U + 2U + 3U);
  EXPECT_GT(snapshot->bytes, 1000U);
  EXPECT_EQ(snapshot->rejected_count, 0U);
}

TEST_F(FactsSourceTest, AsksForEachListAsThePageSays) {
  ASSERT_TRUE(Fetch());
  std::vector<std::string> urls;
  for (const http::Request& request : http_.requests) urls.push_back(request.url);
  const std::string base = "https://facts.example.org/";
  EXPECT_EQ(urls, (std::vector<std::string>{
                      base + "Students/Status?api-version=1",
                      base + "Students?Sorts=personStudentId&Page=1&PageSize=10&api-version=1.3",
                      base + "Students?Sorts=personStudentId&Page=2&PageSize=10&api-version=1.3",
                      base + "People?Sorts=personId&Page=1&PageSize=10&api-version=1",
                      base + "People?Sorts=personId&Page=2&PageSize=10&api-version=1",
                      base + "People?Sorts=personId&Page=3&PageSize=10&api-version=1"}))
      << "and never where nextPage points";
}

TEST_F(FactsSourceTest, ReportsProgress) {
  ASSERT_TRUE(Fetch());
  ASSERT_EQ(progress_.size(), 5U);
  EXPECT_EQ(progress_[0].resource, "Students");
  EXPECT_EQ(progress_[0].rows, 10U);
  EXPECT_EQ(progress_[0].total, 12U);
  EXPECT_EQ(progress_[4].resource, "People");
  EXPECT_EQ(progress_[4].rows, 25U);
  EXPECT_TRUE(source_.Fetch({}, nullptr, {})) << "nobody need listen";
}

TEST_F(FactsSourceTest, ADistrictsStudentHasARowPerSchool) {
  facts_.students.push_back(
      R"({"personStudentId":90,"studentId":3,"configSchoolId":0,"schoolCode":"B"})");
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot);
  const auto [first, last] = snapshot->FindStudents(PersonId(3));
  ASSERT_EQ(last - first, 2);
  EXPECT_EQ(first->school_code, "B") << "by config_school_id";
}

TEST_F(FactsSourceTest, PagesThatDoNotAddUpAreRowsMissing) {
  On("People", 2, [](http::Response& response) {
    response.body = FakeFacts::Envelope(FakeFacts::Person(11), 2, 3, 10, 25);
  });
  const auto result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kInvalid);
  EXPECT_EQ(result.error().reason, "rows-missing");
  EXPECT_EQ(result.error().message, "25 people announced, 16 received.");
}

TEST_F(FactsSourceTest, ARowThatMovedBetweenPagesIsRowsMissing) {
  // After the first page somebody is inserted in front, and somebody behind leaves: row 10 comes
  // twice, the count stays, one is never seen.
  facts_.meddle = [this](const Asked& asked, http::Response&) {
    if (asked.path != "People" || asked.number("Page") != 1) return;
    facts_.people.insert(facts_.people.begin(), FakeFacts::Person(1000));
    facts_.people.pop_back();
  };
  EXPECT_EQ(Reason(), "rows-missing");
}

TEST_F(FactsSourceTest, ARepeatedRowIsHarmlessWhenNobodyIsMissing) {
  facts_.meddle = [](const Asked& asked, http::Response& response) {
    if (asked.path == "People" && asked.number("Page") == 3) {
      std::string rows = FakeFacts::Person(20);
      for (int i = 21; i <= 25; ++i) rows += "," + FakeFacts::Person(i);
      response.body = FakeFacts::Envelope(rows, 3, 3, 10, 25);
    }
    if (asked.path == "Students" && asked.number("Page") == 2) {
      response.body =
          FakeFacts::Envelope(FakeFacts::Student(11, 2) + "," + FakeFacts::Student(12, 1) + "," +
                                  FakeFacts::Student(10, 3),
                              2, 2, 10, 12);
    }
  };
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->people.size(), 25U);
  EXPECT_EQ(snapshot->students.size(), 12U);
  std::set<std::int64_t> ids;
  for (const model::Student& student : snapshot->students) ids.insert(student.person.value());
  EXPECT_EQ(ids.size(), 12U);
}

TEST_F(FactsSourceTest, ARowCountThatChangesIsSeenAtOnce) {
  facts_.meddle = [this](const Asked& asked, http::Response&) {
    if (asked.path == "People" && asked.number("Page") == 1) {
      facts_.people.push_back(FakeFacts::Person(26));
    }
  };
  const auto result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "row-count-changed");
  EXPECT_EQ(result.error().message,
            "25 people announced on the first page, 26 on page 2: the list changed while it was "
            "read.");
}

TEST_F(FactsSourceTest, MoreRowsThanAnnouncedIsAChangedList) {
  facts_.meddle = [](const Asked& asked, http::Response& response) {
    if (asked.path == "Students/Status") return;
    response.body =
        FakeFacts::Envelope(FakeFacts::Student(1, 1) + "," + FakeFacts::Student(2, 2), 1, 1, 10, 1);
  };
  EXPECT_EQ(Reason(), "row-count-changed");
}

TEST_F(FactsSourceTest, AnEmptyListProvesNothing) {
  const auto people = facts_.people;
  facts_.people.clear();
  EXPECT_EQ(Reason(), "empty");
  facts_.people = people;
  facts_.students.clear();
  EXPECT_EQ(Reason(), "empty");
  facts_.Fill(0, 12);
  facts_.statuses = "[]";
  EXPECT_EQ(Reason(), "empty");
}

TEST_F(FactsSourceTest, AListThatShrankTooMuchIsNotUsed) {
  EXPECT_EQ(Reason({31, 15}), "") << "25 of 31 and 12 of 15: at most 20 % fewer";
  EXPECT_EQ(Reason({32, 15}), "shrunk");
  EXPECT_EQ(Reason({31, 16}), "shrunk");
}

TEST_F(FactsSourceTest, RejectedRowsAreCountedNamedAndLeftOut) {
  facts_.people.clear();
  facts_.Fill(400, 0);
  facts_.people[6] = R"({"personId":7,"email":7})";
  facts_.people[9] = R"({"firstName":"nobody"})";
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->people.size(), 398U);
  EXPECT_EQ(snapshot->FindPerson(PersonId(7)), nullptr);
  EXPECT_EQ(snapshot->rejected_count, 2U);
  ASSERT_EQ(snapshot->rejected.size(), 2U);
  EXPECT_EQ(snapshot->rejected[0].resource, "People");
  EXPECT_EQ(snapshot->rejected[0].row, 7U);
  EXPECT_EQ(snapshot->rejected[0].id, 7);
  EXPECT_EQ(snapshot->rejected[0].reason, "wrong-type");
  EXPECT_EQ(snapshot->rejected[0].field, "email");
  EXPECT_EQ(snapshot->rejected[1].row, 10U);
  EXPECT_EQ(snapshot->rejected[1].reason, "no-id");
}

TEST_F(FactsSourceTest, WhoseRowCouldNotBeReadIsKnown) {
  facts_.students.clear();
  facts_.Fill(0, 800);
  const auto add = [this](std::size_t row, const std::string& member) {
    facts_.students[row].insert(facts_.students[row].size() - 1, "," + member);
  };
  const auto before = Fetch();
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_TRUE(before->unread.students.empty());
  add(9, R"("homeroom":7)");
  add(6, "\"homeroom\":\"caf\xE9\"");
  facts_.students[20] = R"({"personStudentId":999999,"homeroom":"7"})";
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->rejected_count, 3U);
  EXPECT_EQ(snapshot->unread.students, (std::vector{PersonId(791), PersonId(794)}))
      << "by person, the highest of whom has the first row";
}

TEST_F(FactsSourceTest, TooManyRejectedRowsRejectThePoll) {
  facts_.people[6] = R"({"personId":7,"email":7})";
  EXPECT_EQ(Reason(), "too-many-rejected") << "1 of 25 is more than 0.5 %";
}

TEST_F(FactsSourceTest, IdsThatBecameTextAreNotAMassDeparture) {
  for (std::string& row : facts_.students)
    row.insert(row.find(":") + 1, "\""), row.insert(row.find(",\"studentId"), "\"");
  const auto result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "too-many-rejected");
}

TEST_F(FactsSourceTest, HtmlInsteadOfJsonIsMalformed) {
  On("People", 2, [](http::Response& response) { response.body = "<html>Maintenance</html>"; });
  const auto result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kInvalid);
  EXPECT_EQ(result.error().reason, "malformed");
}

TEST_F(FactsSourceTest, ABodyCutShortOnceIsAskedForAgain) {
  int cut = 0;
  On("People", 2, [&](http::Response& response) {
    if (++cut == 1) response.body.resize(response.body.size() / 2);
  });
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->people.size(), 25U) << "what came of the cut page is not counted twice";
  EXPECT_EQ(snapshot->requests, 7U);
}

TEST_F(FactsSourceTest, AnEnvelopeThatContradictsItselfIsMalformed) {
  const auto with = [this](std::size_t page, std::size_t pages, bool next) {
    On("People", 2, [=](http::Response& response) {
      std::string rows;
      for (int i = 11; i <= 20; ++i) rows += (rows.empty() ? "" : ",") + FakeFacts::Person(i);
      response.body = "{\"results\":[" + rows + "],\"currentPage\":" + std::to_string(page) +
                      ",\"pageCount\":" + std::to_string(pages) +
                      ",\"rowCount\":25,\"nextPage\":\"" + (next ? "x" : "") + "\"}";
    });
    return Reason();
  };
  EXPECT_EQ(with(2, 3, true), "");
  EXPECT_EQ(with(1, 3, true), "malformed") << "the first page again";
  EXPECT_EQ(with(2, 3, false), "malformed") << "says it is the last";
  EXPECT_EQ(with(2, 2, true), "malformed") << "says another follows";
}

TEST_F(FactsSourceTest, ACapOnTheServerIsNamed) {
  // Sieve with a maximum: at most 4 rows a page, while the offset follows what was asked for.
  facts_.meddle = [this](const Asked& asked, http::Response& response) {
    if (asked.path != "People") return;
    std::string rows;
    const std::size_t start = (asked.number("Page") - 1) * 10;
    for (std::size_t i = start; i < std::min<std::size_t>(start + 4, 25); ++i) {
      rows += (rows.empty() ? "" : ",") + facts_.people[i];
    }
    response.body = FakeFacts::Envelope(rows, asked.number("Page"), 7, 4, 25);
  };
  const auto result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "rows-missing");
  EXPECT_NE(result.error().message.find("page_size"), std::string::npos);
}

TEST_F(FactsSourceTest, AListWithoutEndIsGivenUp) {
  facts_.meddle = [](const Asked& asked, http::Response& response) {
    if (asked.path != "People") return;
    response.body =
        FakeFacts::Envelope(FakeFacts::Person(1), asked.number("Page"), 1'000'000, 10, 25);
  };
  EXPECT_EQ(Reason(), "rows-missing");
  EXPECT_LT(http_.requests.size(), 100U);

  On("People", 1, [](http::Response& response) {
    response.body = FakeFacts::Envelope(FakeFacts::Person(1), 1, 9, 10, 9'000'000'000);
  });
  EXPECT_EQ(Reason(), "too-many-rows");
}

TEST_F(FactsSourceTest, OnePollsTroubleIsNotTheNexts) {
  On("People", 3, [](http::Response& response) { response.body = "{"; });
  EXPECT_EQ(Reason(), "malformed");
  facts_.meddle = nullptr;
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->people.size(), 25U);
  EXPECT_EQ(snapshot->requests, 6U);
}

TEST_F(FactsSourceTest, StopIsHeardBetweenPages) {
  std::stop_source stop;
  On("Students", 1, [&](http::Response&) { stop.request_stop(); });
  const auto result = Fetch({}, stop.get_token());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kUnavailable);
  EXPECT_EQ(result.error().reason, "stopped");
  EXPECT_EQ(http_.requests.size(), 2U);
}

TEST_F(FactsSourceTest, AMissingScopeIsNeverReadAsNobodyIsLeft) {
  On("People", 1, [](http::Response& response) { response = Answered(403, "{\"status\":403}"); });
  const auto result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kRefused);
  EXPECT_EQ(result.error().reason, "scope-missing");
}

TEST_F(FactsSourceTest, FamiliesAreOnlyReadWhenTheyAreWanted) {
  const auto snapshot = Fetch({25, 12, 9999, 9999, 9999});
  ASSERT_TRUE(snapshot) << "what is not read can't have shrunk";
  EXPECT_TRUE(snapshot->members.empty());
  EXPECT_TRUE(snapshot->ties.empty());
  EXPECT_TRUE(snapshot->families.empty());
  for (const http::Request& request : http_.requests) {
    EXPECT_EQ(request.url.find("Famil"), std::string::npos) << request.url;
    EXPECT_EQ(request.url.find("ParentStudent"), std::string::npos) << request.url;
  }
}

class FactsFamiliesTest : public FactsSourceTest {
 protected:
  FactsFamiliesTest() : FactsSourceTest(/*families=*/true) {}

  std::vector<std::string>& members() { return facts_.family_lists["People/PersonFamily"]; }
  std::vector<std::string>& ties() { return facts_.family_lists["People/ParentStudent"]; }
  std::vector<std::string>& families() { return facts_.family_lists["Families"]; }
};

TEST_F(FactsFamiliesTest, AWholePollHoldsThemInOrder) {
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->people.size(), 25U);
  ASSERT_EQ(snapshot->members.size(), 25U);
  ASSERT_EQ(snapshot->ties.size(), 25U);
  ASSERT_EQ(snapshot->families.size(), 25U);
  EXPECT_EQ(snapshot->members[0].family, FamilyId(1));
  EXPECT_EQ(snapshot->members[0].person, PersonId(1));
  EXPECT_EQ(snapshot->members[1].family, FamilyId(1)) << "by family, FACTS sorts by person";
  EXPECT_EQ(snapshot->members[1].person, PersonId(2));
  EXPECT_EQ(snapshot->members[24].family, FamilyId(3));
  for (std::size_t i = 0; i < 25; ++i) {
    const auto place = static_cast<std::int64_t>(i);
    EXPECT_EQ(snapshot->ties[i].parent, PersonId(place / 3 + 1));
    EXPECT_EQ(snapshot->ties[i].student, PersonId(place % 3 + 1));
    EXPECT_TRUE(snapshot->ties[i].custody);
    EXPECT_EQ(snapshot->families[i].id, FamilyId(place + 1));
  }
  ASSERT_NE(snapshot->FindFamily(FamilyId(17)), nullptr);
  EXPECT_EQ(snapshot->FindFamily(FamilyId(17))->name, "Name17");
  EXPECT_EQ(snapshot->requests, 1U + 2U + 4U * 3U);
}

TEST_F(FactsFamiliesTest, EachIsAskedForInItsVersionAndByItsUniqueKey) {
  ASSERT_TRUE(Fetch());
  std::vector<std::string> first_pages;
  for (const http::Request& request : http_.requests) {
    if (request.url.find("&Page=1&") != std::string::npos) first_pages.push_back(request.url);
  }
  const std::string base = "https://facts.example.org/";
  const std::string page = "&Page=1&PageSize=10&api-version=";
  EXPECT_EQ(first_pages, (std::vector<std::string>{
                             base + "Students?Sorts=personStudentId" + page + "1.3",
                             base + "People/PersonFamily?Sorts=personId,familyId" + page + "1",
                             base + "People/ParentStudent?Sorts=parentID,studentID" + page + "1.1",
                             base + "People?Sorts=personId" + page + "1",
                             base + "Families?Sorts=familyID" + page + "1.1"}))
      << "those who are named elsewhere are people who were read later";
}

TEST_F(FactsFamiliesTest, ProgressNamesThem) {
  ASSERT_TRUE(Fetch());
  std::vector<std::string> names;
  for (const Progress& progress : progress_) {
    EXPECT_EQ(progress.total, progress.resource == "Students" ? 12U : 25U);
    if (names.empty() || names.back() != progress.resource) names.emplace_back(progress.resource);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"Students", "People/PersonFamily",
                                             "People/ParentStudent", "People", "Families"}));
}

TEST_F(FactsFamiliesTest, TwoIdsAreNeverTakenForTwoOthers) {
  // Packed into 64 bits, added or crossed, some of these would be one.
  const std::int64_t high = std::int64_t{1} << 32;
  const std::vector<TwoIds> pairs = {{1, 2}, {1, 5}, {1, high + 5}, {2, 1},        {2, 5},
                                     {3, 3}, {4, 4}, {5, 1},        {high + 1, 5}, {high, high}};
  members().clear();
  ties().clear();
  for (const auto& [first, second] : pairs) {
    members().push_back(FakeFacts::Member(first, second));
    ties().push_back(FakeFacts::Tie(first, second));
  }
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  std::set<TwoIds> came;
  for (const model::FamilyMember& row : snapshot->members) {
    came.emplace(row.person.value(), row.family.value());
  }
  EXPECT_EQ(came, std::set<TwoIds>(pairs.begin(), pairs.end()));
  came.clear();
  for (const model::ParentTie& row : snapshot->ties) {
    came.emplace(row.parent.value(), row.student.value());
  }
  EXPECT_EQ(came, std::set<TwoIds>(pairs.begin(), pairs.end()));
}

TEST_F(FactsFamiliesTest, APairUnderSeveralIdsIsTakenOnceWithWhatAnyOfThemSays) {
  ties().push_back(FakeFacts::OtherTie(1, 2, R"("y")"));
  ties().push_back(FakeFacts::OtherTie(1, 2, "17"));
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  ASSERT_EQ(snapshot->ties.size(), 25U);
  EXPECT_EQ(snapshot->ties[1].student, PersonId(2));
  EXPECT_TRUE(snapshot->ties[1].custody);
  EXPECT_TRUE(snapshot->ties[1].pw_block);
  EXPECT_FALSE(snapshot->ties[0].pw_block);
  EXPECT_FALSE(snapshot->ties[2].pw_block);
}

TEST_F(FactsFamiliesTest, APairUnderTheSameIdOrNoneIsStillARowThatIsMissing) {
  ties().push_back(ties()[1]);
  EXPECT_EQ(Reason(), "rows-missing");
  ties().back() = FakeFacts::OtherTie(1, 2, "null");
  EXPECT_EQ(Reason(), "");
  ties().push_back(FakeFacts::OtherTie(1, 2, R"("")"));
  EXPECT_EQ(Reason(), "rows-missing");
}

TEST_F(FactsFamiliesTest, WithoutMembersOrTiesNobodyWouldBeAParent) {
  const auto all_members = members();
  members().clear();
  auto result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "empty") << "the first poll of a school too";
  EXPECT_NE(result.error().message.find("No family members at all"), std::string::npos);
  members() = all_members;
  ties().clear();
  result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "empty");
  EXPECT_NE(result.error().message.find("No parent links at all"), std::string::npos);
}

TEST_F(FactsFamiliesTest, NamelessFamiliesAreUsedWhileTheyNeverHadRows) {
  families().clear();
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_TRUE(snapshot->families.empty());
  EXPECT_EQ(snapshot->members.size(), 25U);
  EXPECT_EQ(Reason({25, 12, 25, 25, 1}), "empty") << "there was one";
}

TEST_F(FactsFamiliesTest, ATrickleOfBadRowsIsLeftOutCountedAndNamed) {
  members().clear();
  ties().clear();
  families().clear();
  facts_.FillFamilies(400);
  members()[6] = R"({"personId":3,"familyId":"1"})";
  ties()[9] = R"({"parentID":4,"studentID":1,"pwBlock":"no"})";
  families()[0] = R"({"familyName":"Example"})";
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->members.size(), 399U);
  EXPECT_EQ(snapshot->ties.size(), 399U);
  EXPECT_EQ(snapshot->families.size(), 399U);
  EXPECT_EQ(snapshot->rejected_count, 3U);
  ASSERT_EQ(snapshot->rejected.size(), 3U);
  EXPECT_EQ(snapshot->rejected[0].resource, "People/PersonFamily");
  EXPECT_EQ(snapshot->rejected[0].row, 7U);
  EXPECT_EQ(snapshot->rejected[0].id, 3);
  EXPECT_EQ(snapshot->rejected[0].field, "familyId");
  EXPECT_EQ(snapshot->rejected[1].resource, "People/ParentStudent");
  EXPECT_EQ(snapshot->rejected[1].id, 4);
  EXPECT_EQ(snapshot->rejected[1].reason, "wrong-type");
  EXPECT_EQ(snapshot->rejected[2].resource, "Families");
  EXPECT_EQ(snapshot->rejected[2].reason, "no-id");
  EXPECT_EQ(snapshot->unread.ties, (std::vector{std::pair(PersonId(4), PersonId(1))}));
  EXPECT_TRUE(snapshot->unread.members.empty()) << "it does not say of which family";
}

TEST_F(FactsFamiliesTest, AMissingScopeIsNamed) {
  On("Families", 1, [](http::Response& response) { response = Answered(403, "{}"); });
  const auto result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kRefused);
  EXPECT_EQ(result.error().message,
            "FACTS does not let this key read Families. Polling has stopped; ask the school to "
            "give its key the scope Families, and check facts.api_key.");
}

// What holds for People and Students, for each of the three.
class FactsFamilyListTest : public FactsFamiliesTest,
                            public testing::WithParamInterface<std::string> {
 protected:
  std::vector<std::string>& rows() { return facts_.family_lists[GetParam()]; }
  static std::string Row(int place) { return FakeFacts::FamilyRow(GetParam(), place); }
  void OnPage(std::size_t page, const std::function<void(http::Response&)>& change) {
    On(GetParam(), page, change);
  }
  // The last good poll had so many rows of this list.
  static LastGood Had(std::uint64_t count) {
    LastGood last{25, 12, 25, 25, 25};
    (GetParam() == "Families"              ? last.families
     : GetParam() == "People/PersonFamily" ? last.members
                                           : last.ties) = count;
    return last;
  }
};

TEST_P(FactsFamilyListTest, APageThatIsNotFullIsRowsMissing) {
  OnPage(2, [](http::Response& response) {
    response.body = FakeFacts::Envelope(Row(10), 2, 3, 10, 25);
  });
  const auto result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kInvalid);
  EXPECT_EQ(result.error().reason, "rows-missing");
  EXPECT_NE(result.error().message.find("25 "), std::string::npos);
  EXPECT_NE(result.error().message.find("16 received"), std::string::npos);
}

TEST_P(FactsFamilyListTest, AnEmptyPageInTheMiddleIsRowsMissing) {
  OnPage(2,
         [](http::Response& response) { response.body = FakeFacts::Envelope("", 2, 3, 10, 25); });
  EXPECT_EQ(Reason(), "rows-missing");
}

TEST_P(FactsFamilyListTest, APageThatNeverComesEndsThePoll) {
  OnPage(3, [](http::Response& response) { response = Answered(500, "x"); });
  EXPECT_EQ(Reason(), "facts-unavailable");
}

TEST_P(FactsFamilyListTest, ARowThatMovedBetweenPagesIsRowsMissing) {
  facts_.meddle = [this](const Asked& asked, http::Response&) {
    if (asked.path != GetParam() || asked.number("Page") != 1) return;
    rows().insert(rows().begin(), Row(1000));
    rows().pop_back();
  };
  EXPECT_EQ(Reason(), "rows-missing");
}

TEST_P(FactsFamilyListTest, ADoubledRowInThePlaceOfAnotherIsRowsMissing) {
  rows()[20] = rows()[3];
  EXPECT_EQ(Reason(), "rows-missing");
}

TEST_P(FactsFamilyListTest, ARepeatedRowIsHarmlessWhenNoneIsMissing) {
  OnPage(3, [](http::Response& response) {
    std::string rows = Row(19);
    for (int i = 20; i < 25; ++i) rows += "," + Row(i);
    response.body = FakeFacts::Envelope(rows, 3, 3, 10, 25);
  });
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->members.size(), 25U);
  EXPECT_EQ(snapshot->ties.size(), 25U);
  EXPECT_EQ(snapshot->families.size(), 25U);
}

TEST_P(FactsFamilyListTest, ARowCountThatChangesIsSeenAtOnce) {
  facts_.meddle = [this](const Asked& asked, http::Response&) {
    if (asked.path == GetParam() && asked.number("Page") == 1) rows().push_back(Row(25));
  };
  EXPECT_EQ(Reason(), "row-count-changed");
}

TEST_P(FactsFamilyListTest, ShrunkUpToTheLimitIsUsedAndOneMoreIsNot) {
  EXPECT_EQ(Reason(Had(31)), "") << "25 of 31: at most 20 % fewer";
  EXPECT_EQ(Reason(Had(32)), "shrunk");
}

TEST_P(FactsFamilyListTest, EmptyWhereRowsWereIsNotUsed) {
  rows().clear();
  EXPECT_EQ(Reason(Had(1)), "empty");
}

TEST_P(FactsFamilyListTest, TooManyRejectedRowsRejectThePoll) {
  rows()[7] = "{}";
  EXPECT_EQ(Reason(), "too-many-rejected") << "1 of 25 is more than 0.5 %";
}

TEST_P(FactsFamilyListTest, HtmlInsteadOfJsonIsMalformed) {
  OnPage(2, [](http::Response& response) { response.body = "<html>Maintenance</html>"; });
  EXPECT_EQ(Reason(), "malformed");
}

TEST_P(FactsFamilyListTest, ABodyCutShortOnceIsAskedForAgain) {
  int cut = 0;
  OnPage(2, [&](http::Response& response) {
    if (++cut == 1) response.body.resize(response.body.size() / 2);
  });
  const auto snapshot = Fetch();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->members.size() + snapshot->ties.size() + snapshot->families.size(), 75U);
}

TEST_P(FactsFamilyListTest, ARefusedKeyAndAMissingScopeStopThePolling) {
  OnPage(1, [](http::Response& response) { response = Answered(403, R"({"status":403})"); });
  auto result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kRefused);
  EXPECT_EQ(result.error().reason, "scope-missing");
  EXPECT_NE(result.error().message.find(GetParam()), std::string::npos);
  OnPage(1, [](http::Response& response) { response = Answered(401, R"({"status":401})"); });
  result = Fetch();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "school-key-refused");
}

INSTANTIATE_TEST_SUITE_P(Lists, FactsFamilyListTest,
                         testing::Values("People/PersonFamily", "People/ParentStudent", "Families"),
                         [](const auto& list) {
                           std::string name = list.param;
                           std::erase(name, '/');
                           return name;
                         });

}  // namespace
}  // namespace roster::source
