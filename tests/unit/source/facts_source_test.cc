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
  FactsSourceTest()
      : http_([this](const http::Request& r) { return Result<http::Response>(facts_.Answer(r)); }) {
    facts_.Fill(25, 12);
  }

  static FactsSettings Settings(std::uint32_t page_size) {
    FactsSettings settings;
    settings.base_url = "https://facts.example.org";
    settings.page_size = page_size;
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
  FactsSource source_{Settings(10), {"s", "k"}, http_, clock_, random_, quota_};
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

}  // namespace
}  // namespace roster::source
