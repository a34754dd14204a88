// The sandbox's FACTS, its school, faults and scenarios: each line of the description of FACTS that
// a client relies on is shown here by asking over HTTP.
#include <algorithm>
#include <map>
#include <set>

#include "tests/sandbox/sandbox_test_clients.h"

namespace roster::sandbox {
namespace {

std::set<int64_t> Ids(const std::vector<Json>& rows, const char* key) {
  std::set<int64_t> ids;
  for (const Json& row : rows) ids.insert(row[key].get<int64_t>());
  return ids;
}

TEST(School, HasTheCountsOfTheSchoolThatWasSeen) {
  const School school{SchoolOptions{}};
  const Json truth = Json::parse(school.GroundTruth({"people", "students"}));
  EXPECT_EQ(truth["summary"]["rows"]["people"], 9176);
  EXPECT_EQ(truth["summary"]["rows"]["parentStudent"], 10021);
  EXPECT_EQ(truth["summary"]["enrolledRows"], 535);
  EXPECT_EQ(truth["summary"]["parentsOfEnrolled"], 1605);

  std::map<int64_t, std::string> emails;
  std::map<std::string, int> holders;
  for (const Json& person : truth["people"]) {
    const std::string email = Lower(Trim(MemberText(person, "email")));
    emails[person["personId"]] = email;
    if (email.find('@') != std::string::npos) ++holders[email];
  }
  int shared = 0;
  int colliding = 0;
  for (const auto& [email, count] : holders) {
    shared += count > 1 ? 1 : 0;
    colliding += count - 1;
  }
  EXPECT_EQ(shared, 368);
  EXPECT_EQ(colliding, 403);

  const auto enrolled = truth["enrolled"].get<std::set<int64_t>>();
  int blank = 0;
  int missing = 0;
  int overlapping = 0;
  for (const Json& student : truth["students"]) {
    const int64_t id = student["studentId"];
    if (!enrolled.contains(id)) continue;
    const int64_t other = student["personStudentId"];
    overlapping += other != id && emails.contains(other) ? 1 : 0;
    missing += emails.contains(id) ? 0 : 1;
    blank += emails.contains(id) && emails[id].empty() ? 1 : 0;
  }
  EXPECT_EQ(blank, 211);
  EXPECT_EQ(missing, 3);
  EXPECT_EQ(overlapping, 463);
  for (const char* kind : {"emailWithoutAt", "emailOfTwoStudents", "emailOfParent", "emptyStatus",
                           "parentInTwoHouseholds", "staleStatus", "emailOfTwoFamilies"}) {
    EXPECT_TRUE(truth["irregularities"].contains(kind)) << kind;
  }
}

TEST(School, IsTheSameForTheSameSeed) {
  const auto truth = [](uint64_t seed) {
    SchoolOptions options;
    options.seed = seed;
    options.people = 200;
    options.enrolled = 40;
    return School(options).GroundTruth({"people", "students", "personFamily", "parentStudent"});
  };
  EXPECT_EQ(truth(3), truth(3));
  EXPECT_NE(truth(3), truth(4));
}

TEST(School, AnySmallSeedAddsUp) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SchoolOptions options;
    options.seed = seed;
    options.people = 200;
    options.enrolled = 40;
    const School school(options);
    EXPECT_EQ(school.table(kPeople).size(), 200U) << "seed " << seed;
    EXPECT_EQ(school.EnrolledRows().size(), 40U) << "seed " << seed;
  }
  SchoolOptions impossible;
  impossible.people = 10;
  EXPECT_THROW(School{impossible}, std::invalid_argument);
}

TEST(Facts, SortedWalkGivesEveryRowOnce) {
  Running run;
  for (const auto& [path, key] :
       {std::pair{"/People?api-version=1&Sorts=personId", "personId"},
        std::pair{"/students?API-VERSION=1.3&sorts=-personStudentId", "personStudentId"},
        std::pair{"/Families?api-version=1.1&Sorts=familyID", "familyID"}}) {
    const std::vector<Json> rows = run.Walk(path, 37);
    EXPECT_EQ(Ids(rows, key).size(), rows.size()) << path;
  }
  EXPECT_EQ(run.Walk("/People?api-version=1&Sorts=personId", 37).size(), 400U);
}

TEST(Facts, UnsortedWalkLosesRows) {
  Running run;
  const std::vector<Json> rows = run.Walk("/People?api-version=1", 37);
  EXPECT_EQ(rows.size(), 400U);
  EXPECT_LT(Ids(rows, "personId").size(), 400U);
}

TEST(Facts, EnvelopeSaysWhereOneIs) {
  Running run;
  const Json page =
      run.FactsJson("/People?Filters=&Sorts=personId&Page=2&PageSize=150&api-version=1");
  EXPECT_EQ(page["currentPage"], 2);
  EXPECT_EQ(page["pageCount"], 3);
  EXPECT_EQ(page["pageSize"], 150);
  EXPECT_EQ(page["rowCount"], 400);
  const auto next = page["nextPage"].get<std::string>();
  EXPECT_TRUE(next.ends_with("&Page=3")) << next;
  const Json last = run.FactsJson(next.substr(run.sandbox.facts().url().size()));
  EXPECT_EQ(last["results"].size(), 100U);
  EXPECT_EQ(last["nextPage"], "");
}

TEST(Facts, PageSizeCapSilentlyLosesRows) {
  SandboxOptions options = SmallSchool();
  options.facts.page_size_cap = 50;
  Running run(options);
  EXPECT_EQ(run.Walk("/People?api-version=1&Sorts=personId", 50).size(), 400U);
  const std::vector<Json> rows = run.Walk("/People?api-version=1&Sorts=personId", 100);
  EXPECT_EQ(rows.size(), 200U);
}

TEST(Facts, FiltersSpeakSieve) {
  Running run;
  const std::vector<Json> all = run.Walk("/People?api-version=1&Sorts=personId", 400);
  const auto id = [&](size_t i) { return std::to_string(all[i]["personId"].get<int64_t>()); };
  const auto count = [&](const std::string& filter) {
    return run
        .FactsJson("/People?api-version=1&Sorts=personId&PageSize=1000&Filters=" +
                   filter)["rowCount"]
        .get<int64_t>();
  };
  EXPECT_EQ(count("personId==" + id(3)), 1);
  EXPECT_EQ(count("personId==" + id(1) + "%7C" + id(2) + "|" + id(9)), 3);
  EXPECT_EQ(count("personId%3E%3D" + id(390)), 10);
  EXPECT_EQ(count("personId<" + id(5) + ",personId>" + id(2)), 2);
  const auto expected = [&](auto fits) { return std::count_if(all.begin(), all.end(), fits); };
  const auto email = [](const Json& row) { return MemberText(row, "email"); };
  EXPECT_EQ(count("email@=students.example"), expected([&](const Json& row) {
              return email(row).find("students.example") != std::string::npos;
            }));
  EXPECT_EQ(count("lastName_=*ALDER"), expected([](const Json& row) {
              return Lower(row["lastName"].get<std::string>()).starts_with("alder");
            }));
  EXPECT_EQ(count("(firstName|lastName)@=a"), expected([](const Json& row) {
              return row["firstName"].get<std::string>().find('a') != std::string::npos ||
                     row["lastName"].get<std::string>().find('a') != std::string::npos;
            }));
  EXPECT_EQ(count("birthdate==null"),
            expected([](const Json& row) { return !row.contains("birthdate"); }));
  // != drops nulls.
  EXPECT_EQ(count("email!=nobody"),
            expected([](const Json& row) { return row.contains("email"); }));
  // Known, but nothing is in it.
  EXPECT_EQ(count("legacyPersonId==7"), 0);
}

TEST(Facts, EachErrorHasItsOwnShape) {
  Running run;
  httplib::Client client(run.sandbox.facts().url());
  const auto get = [&](const std::string& path, httplib::Headers headers) {
    const auto result = client.Get(path, headers);
    EXPECT_TRUE(result);
    return *result;
  };
  httplib::Headers keys = run.FactsHeaders();

  httplib::Response answer = get("/People?api-version=1", {});
  EXPECT_EQ(answer.status, 401);
  EXPECT_NE(answer.body.find("Access denied due to missing subscription key."), std::string::npos);
  answer = get("/People?api-version=1", {{"Ocp-Apim-Subscription-Key", std::string(32, '0')}});
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(Json::parse(answer.body)["statusCode"], 401);
  EXPECT_NE(answer.body.find("Access denied due to invalid subscription key."), std::string::npos);

  httplib::Headers wrong = keys;
  wrong.erase("Facts-Api-Key");
  wrong.emplace("Facts-Api-Key", "wrong");
  answer = get("/People?api-version=1", wrong);
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.get_header_value("Content-Type"), "application/problem+json; charset=utf-8");
  EXPECT_EQ(Json::parse(answer.body)["status"], 401);

  answer = get("/Persons?api-version=1", keys);
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, R"({"statusCode":404,"message":"Resource not found"})");
  EXPECT_EQ(client.Delete("/People?api-version=1", keys)->status, 404);

  for (const char* path : {"/People", "/People?api-version=1.3", "/Students?api-version=1",
                           "/People?api-version=1&Page=0", "/People?api-version=1&PageSize=x"}) {
    answer = get(path, keys);
    EXPECT_EQ(answer.status, 400) << path;
    const Json error = Json::parse(answer.body)["error"];
    for (const char* field : {"code", "message", "target", "details", "innererror"}) {
      EXPECT_TRUE(error.contains(field)) << path << " " << field;
    }
  }
  answer = get("/Students/999999999?api-version=1.3", keys);
  EXPECT_EQ(answer.status, 404);
  EXPECT_TRUE(Json::parse(answer.body).contains("error"));

  for (const char* path :
       {"/People?api-version=1&Filters=noSuchField==1", "/People?api-version=1&Sorts=noSuchField",
        "/People?api-version=1&Filters=personId==abc"}) {
    answer = get(path, keys);
    EXPECT_EQ(answer.status, 500) << path;
    EXPECT_NE(answer.body.find("\n   at "), std::string::npos);
  }

  run.sandbox.facts().SetScope("people", false);
  answer = get("/People?api-version=1", keys);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(Json::parse(answer.body)["title"], "Forbidden");
  EXPECT_EQ(get("/Families?api-version=1.1", keys).status, 200);
}

TEST(Facts, QuotaIsPerSecondMinuteAndDay) {
  SandboxOptions options = SmallSchool();
  options.facts.tier = TierNamed("Pro");
  Running run(options);
  const std::string path = "/SchoolConfigurations?api-version=1";
  RateLimit limit(TierNamed("pro"));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(limit.Take(1'000'000 + i));
  ASSERT_TRUE(limit.Take(1'000'500));
  EXPECT_FALSE(limit.Take(1'001'000));
  for (int i = 0; i < 89; ++i) EXPECT_FALSE(limit.Take(1'002'000 + 500 * i));
  const auto refusal = limit.Take(1'050'000);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->wait_seconds, 10);
  EXPECT_FALSE(limit.Take(1'060'000));

  // Over HTTP: as many as it takes within one second, however slow the machine.
  run.sandbox.facts().set_options([&] {
    FactsOptions one = run.sandbox.facts().options();
    one.tier = Tier{10, 1, 3};
    return one;
  }());
  EXPECT_EQ(run.Facts(path)->status, 200);
  auto answer = run.Facts(path);
  EXPECT_EQ(answer->status, 429);
  const std::string wait = answer->get_header_value("Retry-After");
  EXPECT_EQ(answer->body, R"({"statusCode":429,"message":"Rate limit is exceeded. Try again in )" +
                              wait + R"( seconds."})");
  run.sandbox.clock().Advance(std::stoi(wait) * 1000);
  EXPECT_EQ(run.Facts(path)->status, 200);
  run.Control("facts/spend", {{"calls", 10}});
  run.sandbox.clock().Advance(61'000);
  answer = run.Facts(path);
  EXPECT_EQ(answer->status, 403);
  EXPECT_FALSE(answer->get_header_value("Retry-After").empty());
  EXPECT_NE(answer->body.find("Out of call volume quota. Quota will be replenished in 23:"),
            std::string::npos);
}

TEST(Facts, GatewayCachesUnlessBypassed) {
  SandboxOptions options = SmallSchool();
  options.facts.cache = true;
  Running run(options);
  const int64_t id = run.sandbox.school().irregularities().at("plainEmail").front();
  const std::string path =
      "/People?api-version=1&PageSize=5&Filters=personId==" + std::to_string(id);
  const auto name = [&](const httplib::Headers& extra) {
    httplib::Headers headers = run.FactsHeaders();
    headers.insert(extra.begin(), extra.end());
    const auto answer = httplib::Client(run.sandbox.facts().url()).Get(path, headers);
    return Json::parse(answer->body)["results"][0]["lastName"].get<std::string>();
  };
  const std::string before = name({});
  run.Control("facts/edit", {{"personId", id}, {"field", "lastName"}, {"value", "Changed"}});
  EXPECT_EQ(name({}), before);
  EXPECT_EQ(name({{"x-bypass-cache", "1700000000"}}), "Changed");
  run.sandbox.clock().Advance(121'000);
  EXPECT_EQ(name({}), "Changed");
}

TEST(Facts, AnswersGzipToThoseWhoTakeIt) {
  Running run;
  httplib::Headers headers = run.FactsHeaders();
  headers.emplace("Accept-Encoding", "gzip");
  httplib::Client client(run.sandbox.facts().url());
  const auto zipped = client.Get("/People?api-version=1&Sorts=personId&PageSize=100", headers);
  EXPECT_EQ(zipped->get_header_value("Content-Encoding"), "gzip");
  EXPECT_EQ(zipped->body, run.Facts("/People?api-version=1&Sorts=personId&PageSize=100")->body);
  const auto plain = run.Facts("/Students/Status?api-version=1");
  EXPECT_TRUE(Json::parse(plain->body).is_array());
}

TEST(Faults, FallOnWhomTheyAreMeantFor) {
  Running run;
  const std::string path = "/People?api-version=1&PageSize=10&Sorts=personId";
  run.AddFault("kind=status,server=facts,path=/people$,status=503,retry_after=7,times=2,after=1");
  EXPECT_EQ(run.Facts(path)->status, 200);
  EXPECT_EQ(run.Facts("/Families?api-version=1.1")->status, 200);
  EXPECT_EQ(run.Facts(path)->get_header_value("Retry-After"), "7");
  EXPECT_EQ(run.Facts(path)->status, 503);
  EXPECT_EQ(run.Facts(path)->status, 200);
  run.AddFault("kind=status,server=facts,status=429,retry_after=3,times=1");
  EXPECT_NE(run.Facts(path)->body.find("Try again in 3 seconds."), std::string::npos);
  run.AddFault("kind=html,server=facts,times=1");
  EXPECT_NE(run.Facts(path)->body.find("<html>"), std::string::npos);
  run.AddFault("kind=key-refused,server=facts,times=1");
  EXPECT_EQ(run.Facts(path)->status, 401);
  run.AddFault("kind=scope-withdrawn,server=facts,times=1");
  EXPECT_EQ(run.Facts(path)->status, 403);
  EXPECT_THROW(FaultFromText("kind=nonsense"), FaultError);
  EXPECT_THROW(FaultFromText("kind=status,colour=red"), FaultError);
}

TEST(Faults, BreakConnectionsAndBodies) {
  Running run;
  const std::string path = "/People?api-version=1&PageSize=200&Sorts=personId";
  run.AddFault("kind=break-before,server=facts,times=1");
  EXPECT_FALSE(run.Facts(path));
  run.AddFault("kind=truncate,server=facts,times=1");
  EXPECT_FALSE(run.Facts(path));

  // With a Content-Length that fits, only the parser notices.
  run.AddFault("kind=truncate-gzip,server=facts,times=1");
  httplib::Headers headers = run.FactsHeaders();
  headers.emplace("Accept-Encoding", "gzip");
  httplib::Client client(run.sandbox.facts().url());
  client.set_decompress(false);
  const auto cut = client.Get(path, headers);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->status, 200);
  EXPECT_EQ(std::to_string(cut->body.size()), cut->get_header_value("Content-Length"));
  EXPECT_LT(cut->body.size(), Gzip(run.Facts(path)->body).size());
}

TEST(Faults, TearWalks) {
  Running run;
  const std::string path = "/People?api-version=1&Sorts=personId";
  run.AddFault("kind=torn,server=facts");
  EXPECT_LT(Ids(run.Walk(path, 100), "personId").size(), 400U);
  run.sandbox.faults().Clear();
  run.AddFault("kind=duplicate,server=facts");
  const auto rows = run.Walk(path, 100);
  EXPECT_LT(Ids(rows, "personId").size(), rows.size());
  run.sandbox.faults().Clear();
  run.AddFault("kind=row-count,server=facts");
  EXPECT_NE(run.FactsJson(path + "&PageSize=100&Page=1")["rowCount"],
            run.FactsJson(path + "&PageSize=100&Page=2")["rowCount"]);
  run.sandbox.faults().Clear();
  run.AddFault("kind=shrink,percent=25,server=facts");
  EXPECT_EQ(run.Walk(path, 30).size(), 100U);
  EXPECT_EQ(run.FactsJson(path)["rowCount"], 100);
  run.sandbox.faults().Clear();
  run.AddFault("kind=empty,server=facts");
  EXPECT_EQ(run.FactsJson(path)["rowCount"], 0);
}

TEST(Faults, SpoilRows) {
  Running run;
  const std::string path = "/People?api-version=1&Sorts=personId&PageSize=3";
  const auto spoilt = [&](const std::string& fault) {
    run.AddFault("times=1,server=facts,kind=" + fault);
    return run.Facts(path)->body;
  };
  const Json headless = Json::parse(spoilt("row-without-id,rows=one"))["results"];
  EXPECT_FALSE(headless[0].contains("personId"));
  EXPECT_TRUE(headless[1].contains("personId"));
  EXPECT_TRUE(Json::parse(spoilt("number-as-text"))["results"][2]["personId"].is_string());
  EXPECT_TRUE(Json::parse(spoilt("id-spelling"))["results"][0].contains("personID"));
  EXPECT_TRUE(Json::parse(spoilt("unknown-fields"))["results"][0].contains("futureField"));
  EXPECT_NE(spoilt("null-fields").find("null"), std::string::npos);
  EXPECT_EQ(spoilt("missing-fields").find(":\"\",\"email2\""), std::string::npos);
  const std::string broken = spoilt("invalid-utf8,rows=one");
  EXPECT_NE(broken.find('\xFF'), std::string::npos);
  run.AddFault("times=1,server=facts,kind=row-without-id");
  const Json tie = run.FactsJson("/People/ParentStudent?api-version=1.1")["results"][0];
  EXPECT_FALSE(tie.contains("parentID")) << "the id that people are joined by";
  EXPECT_TRUE(tie.contains("id"));
}

TEST(Scenarios, NewSchoolYearSaysWhomItTouched) {
  Running run;
  const Json before = run.ControlGet("school?parts=students,people");
  const Json year = Json::parse(run.Control("scenario", {{"name", "new-school-year"}})->body);
  const Json after = run.ControlGet("school?parts=students,people");
  std::map<int64_t, Json> old_rows;
  std::map<int64_t, Json> new_rows;
  for (const Json& row : before["students"]) old_rows[row["studentId"]] = row["school"];
  for (const Json& row : after["students"]) new_rows[row["studentId"]] = row["school"];
  ASSERT_FALSE(year["graduated"].empty());
  for (const Json& id : year["graduated"]) {
    EXPECT_EQ(old_rows[id]["gradeLevel"], "12");
    EXPECT_EQ(new_rows[id]["status"], "Graduate");
  }
  for (const Json& id : year["withdrawn"]) EXPECT_EQ(new_rows[id]["status"], "Withdrawn");
  for (const Json& id : year["movedUp"]) {
    EXPECT_NE(TextOf(new_rows[id].dump(), "gradeLevel"), TextOf(old_rows[id].dump(), "gradeLevel"));
  }
  for (const Json& one : year["enrolled"]) {
    EXPECT_FALSE(old_rows.contains(one["person"]));
    EXPECT_EQ(new_rows[one["person"]]["status"], "Enrolled");
  }
  EXPECT_FALSE(year["emailChanged"].empty());
  EXPECT_FALSE(year["renamed"].empty());
}

TEST(Scenarios, EachCanHappen) {
  Running run;
  const auto happens = [&](const char* name) {
    const auto answer = run.Control("scenario", {{"name", name}});
    EXPECT_EQ(answer->status, 200) << name << ": " << answer->body;
    return Json::parse(answer->body);
  };
  const Json emails = happens("email-changes");
  EXPECT_EQ(emails["changed"].size(), 5U);
  EXPECT_EQ(emails["swapped"][0]["before"], emails["swapped"][1]["after"]);
  const auto archived = run.sandbox.store().Find(emails["toArchived"]["account"]);
  ASSERT_TRUE(archived);
  EXPECT_EQ(FieldOf(archived->json, "active"), "false");
  EXPECT_EQ(TextOf(archived->json, "userName"), emails["toArchived"]["after"]);

  const Json merge = happens("merge");
  EXPECT_FALSE(run.sandbox.school().PersonRow(merge["gone"]));
  EXPECT_FALSE(run.sandbox.school().StudentRow(merge["gone"]));
  EXPECT_TRUE(run.sandbox.school().StudentRow(merge["kept"]));

  const size_t enrolled = run.sandbox.school().EnrolledRows().size();
  happens("summer");
  EXPECT_EQ(run.sandbox.school().EnrolledRows().size(), 0U);
  EXPECT_EQ(run.Control("scenario", {{"name", "summer"}})->status, 409);
  happens("summer-end");
  EXPECT_EQ(run.sandbox.school().EnrolledRows().size(), enrolled);

  const std::string before = run.sandbox.school().GroundTruth({"students"});
  const Json progression = happens("progression");
  EXPECT_FALSE(progression["graduated"].empty());
  EXPECT_NE(run.sandbox.school().GroundTruth({"students"}), before);
  happens("progression-undo");
  EXPECT_EQ(run.sandbox.school().GroundTruth({"students"}), before);

  happens("new-student");
  EXPECT_EQ(run.sandbox.school().EnrolledRows().size(), enrolled + 1);
  happens("withdraw");
  EXPECT_EQ(run.sandbox.school().EnrolledRows().size(), enrolled);
  EXPECT_EQ(run.Control("scenario", {{"name", "nonsense"}})->status, 409);
}

}  // namespace
}  // namespace roster::sandbox
