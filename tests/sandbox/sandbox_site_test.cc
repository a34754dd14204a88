// The sandbox's volunteer site: SCIM as RFC 7643 and 7644 have it, what the site refuses, what it
// writes down, and its quirks.
#include <set>

#include "tests/sandbox/sandbox_test_clients.h"

namespace roster::sandbox {
namespace {

Json User(const std::string& address, const std::string& external_id = "") {
  Json user = {{"schemas", {kUserUrn, kVolunteerUrn}},
               {"userName", address},
               {"name", {{"givenName", "Una"}, {"familyName", "Example"}}},
               {"emails", Json::array({{{"value", address}, {"type", "work"}}})},
               {std::string(kVolunteerUrn), {{"grade", "04"}, {"grouping", "77"}}}};
  if (!external_id.empty()) user["externalId"] = external_id;
  return user;
}

Json Op(const char* op, const std::string& path, const Json& value) {
  return Json::array({{{"op", op}, {"path", path}, {"value", value}}});
}

const std::string kExtension(kVolunteerUrn);

TEST(Site, TokensHaveRoles) {
  Running run;
  httplib::Client client = run.Site();
  EXPECT_EQ(client.Get("/scim/v2/Users")->status, 401);
  EXPECT_EQ(client.Get("/scim/v2/Users", {{"Authorization", "Bearer nonsense"}})->status, 401);
  EXPECT_EQ(client.Get("/scim/v2/Users", run.SiteHeaders(false))->status, 200);
  EXPECT_EQ(client
                .Post("/scim/v2/Users", run.SiteHeaders(false), User("a@example.org").dump(),
                      "application/scim+json")
                ->status,
            403);
  EXPECT_EQ(run.sandbox.effects().head(), 0);
}

TEST(Site, SaysWhatItCanDo) {
  Running run;
  EXPECT_TRUE(Json::parse(run.SiteGet("/ServiceProviderConfig")->body)["patch"]["supported"]);
  EXPECT_EQ(Json::parse(run.SiteGet("/Schemas")->body)["totalResults"], 2);
  EXPECT_EQ(run.SiteGet("/Schemas/" + kExtension)->status, 200);
  EXPECT_EQ(Json::parse(run.SiteGet("/ResourceTypes")->body)["Resources"][0]["endpoint"], "/Users");
  run.Control("site/settings", {{"extension", false}});
  EXPECT_EQ(Json::parse(run.SiteGet("/Schemas")->body)["totalResults"], 1);
  EXPECT_EQ(run.SiteGet("/Schemas/" + kExtension)->status, 404);
  const auto refused = run.Create(User("ext@example.org"));
  EXPECT_EQ(refused->status, 400);
}

TEST(Site, CreatesAndHoldsUserNames) {
  Running run;
  const auto made = run.Create(User("Una@Example.org", "TCS-CA:1"));
  ASSERT_EQ(made->status, 201) << made->body;
  const Json user = Json::parse(made->body);
  EXPECT_EQ(made->get_header_value("ETag"), "W/\"1\"");
  EXPECT_EQ(user["meta"]["version"], "W/\"1\"");
  EXPECT_EQ(made->get_header_value("Location"), user["meta"]["location"]);
  EXPECT_EQ(user["active"], true);

  const auto second = run.Create(User("una@example.ORG"));
  EXPECT_EQ(second->status, 409);
  EXPECT_EQ(Json::parse(second->body)["scimType"], "uniqueness");
  EXPECT_EQ(second->body.find("una@"), std::string::npos);
  // An archived account keeps its name.
  run.Patch(user["id"], Op("replace", "active", false));
  EXPECT_EQ(run.Create(User("una@example.org"))->status, 409);
  EXPECT_EQ(run.Create({{"displayName", "no name"}})->status, 400);

  run.Control("site/settings", {{"leaky_errors", true}});
  EXPECT_NE(run.Create(User("una@example.org"))->body.find("una@"), std::string::npos);
}

TEST(Site, PatchFollowsTheRfc) {
  Running run;
  const std::string id = Json::parse(run.Create(User("p@example.org"))->body)["id"];
  const auto patched = [&](const Json& operations) {
    const auto answer = run.Patch(id, operations);
    EXPECT_EQ(answer->status, 200) << answer->body;
    return Json::parse(answer->body);
  };
  EXPECT_EQ(patched(Op("replace", "name.familyName", "New"))["name"]["familyName"], "New");
  EXPECT_EQ(patched(Op("replace", "emails[type eq \"work\"].value",
                       "n@example.org"))["emails"][0]["value"],
            "n@example.org");
  EXPECT_EQ(
      patched(Op("Add", "emails", {{"value", "h@example.org"}, {"type", "home"}}))["emails"].size(),
      2U);
  EXPECT_EQ(patched(Op("remove", "emails[type eq \"home\"]", nullptr))["emails"].size(), 1U);
  EXPECT_EQ(patched(Op("add", "phoneNumbers[type eq \"mobile\"].value",
                       "555-0100"))["phoneNumbers"][0]["type"],
            "mobile");
  EXPECT_EQ(patched(Op("replace", kExtension + ":grade", "05"))[kExtension]["grade"], "05");
  // Without a path, with the schema's name as a key, and several at once.
  const Json user = patched(
      Json::array({{{"op", "replace"},
                    {"value", {{"externalId", "TCS-CA:9"}, {kExtension, {{"grade", "06"}}}}}},
                   {{"op", "replace"}, {"path", "displayName"}, {"value", "P"}}}));
  EXPECT_EQ(user["externalId"], "TCS-CA:9");
  EXPECT_EQ(user[kExtension]["grade"], "06");
  EXPECT_EQ(user[kExtension]["grouping"], "77");
  EXPECT_FALSE(patched(Op("remove", "displayName", nullptr)).contains("displayName"));

  const auto error = [&](const Json& operations) {
    const auto answer = run.Patch(id, operations);
    EXPECT_EQ(answer->status, 400);
    return Json::parse(answer->body)["scimType"].get<std::string>();
  };
  EXPECT_EQ(error(Op("replace", "emails[type eq \"fax\"].value", "x")), "noTarget");
  EXPECT_EQ(error(Op("replace", "shoeSize", 12)), "invalidPath");
  EXPECT_EQ(error(Op("replace", "emails[type", "x")), "invalidPath");
  EXPECT_EQ(error(Op("replace", "active", "no")), "invalidValue");
  EXPECT_EQ(error(Op("replace", "id", "x")), "mutability");
  EXPECT_EQ(error(Op("remove", "userName", nullptr)), "invalidValue");
  EXPECT_EQ(run.Patch("nobody", Op("replace", "active", false))->status, 404);
  // Nothing of a PATCH that fails is done.
  const Json before = Json::parse(run.SiteGet("/Users/" + id)->body);
  run.Patch(id, Json::array({{{"op", "replace"}, {"path", "title"}, {"value", "Dr"}},
                             {{"op", "replace"}, {"path", "id"}, {"value", "x"}}}));
  EXPECT_EQ(Json::parse(run.SiteGet("/Users/" + id)->body), before);
}

TEST(Site, IfMatchGuardsAgainstLostUpdates) {
  Running run;
  const std::string id = Json::parse(run.Create(User("v@example.org"))->body)["id"];
  EXPECT_EQ(run.Patch(id, Op("replace", "title", "A"), "W/\"2\"")->status, 412);
  const auto done = run.Patch(id, Op("replace", "title", "A"), "W/\"1\"");
  EXPECT_EQ(done->status, 200);
  EXPECT_EQ(done->get_header_value("ETag"), "W/\"2\"");
  EXPECT_EQ(run.Patch(id, Op("replace", "title", "B"), "W/\"1\"")->status, 412);
  // The same once more changes nothing: no new version, no effect.
  const int64_t head = run.sandbox.effects().head();
  EXPECT_EQ(run.Patch(id, Op("replace", "title", "A"))->get_header_value("ETag"), "W/\"2\"");
  EXPECT_EQ(run.sandbox.effects().head(), head);
  httplib::Headers headers = run.SiteHeaders();
  headers.emplace("If-None-Match", "W/\"2\"");
  EXPECT_EQ(run.Site().Get("/scim/v2/Users/" + id, headers)->status, 304);
}

TEST(Site, WritesDownEveryEffect) {
  Running run;
  const std::string id = Json::parse(run.Create(User("e@example.org", "TCS-CA:5"))->body)["id"];
  run.Patch(id, Op("replace", "active", false));
  run.Patch(id, Json::array({{{"op", "replace"},
                              {"value", {{"active", true}, {"name", {{"givenName", "Eve"}}}}}}}));
  run.Patch(id, Op("replace", kExtension + ":invitedAt", "2026-08-20T07:30:00Z"));
  const Json log = run.ControlGet("effects?account=" + id);
  std::vector<std::string> effects;
  for (const Json& effect : log["effects"]) effects.push_back(effect["effect"]);
  EXPECT_EQ(effects, (std::vector<std::string>{"add", "archive", "restore", "update", "invite"}));
  EXPECT_EQ(log["effects"][3]["changed"], Json::array({"name.givenName"}));
  EXPECT_EQ(log["effects"][1]["before"], "W/\"1\"");
  EXPECT_EQ(log["effects"][1]["after"], "W/\"2\"");
  EXPECT_EQ(log["effects"][0]["externalId"], "TCS-CA:5");
  EXPECT_EQ(log["counts"]["invite"], 1);
  EXPECT_EQ(run.ControlGet("effects?since=4")["effects"][0]["seq"], 5);
}

TEST(Site, RefusesAndReportsWhatMustNeverHappen) {
  Running run;
  const Json seeded = run.ControlGet("seeded");
  const std::string owner = seeded["protected"][0]["account"];
  EXPECT_EQ(run.Patch(owner, Op("replace", "title", "x"))->status, 403);
  const std::string found = seeded["found"][0]["account"];
  EXPECT_EQ(run.Site().Delete("/scim/v2/Users/" + found, run.SiteHeaders())->status, 403);
  EXPECT_EQ(run.Site()
                .Put("/scim/v2/Users/" + found, run.SiteHeaders(), "{}", "application/scim+json")
                ->status,
            501);
  const Json log = run.ControlGet("effects?effect=violation");
  ASSERT_EQ(log["effects"].size(), 2U);
  EXPECT_EQ(log["effects"][0]["rule"], "protected");
  EXPECT_EQ(log["effects"][1]["rule"], "delete");
}

TEST(Site, HasAccountsMadeByHand) {
  Running run;
  const Json seeded = run.ControlGet("seeded");
  for (const Json& found : seeded["found"]) {
    EXPECT_EQ(run.sandbox.school().PersonText(found["person"], "email"), found["userName"]);
    const auto account = run.sandbox.store().Find(found["account"].get<std::string>());
    EXPECT_TRUE(FieldOf(account->json, "externalId").empty());
  }
  EXPECT_EQ(seeded["found"].size(), 5U);
  EXPECT_EQ(seeded["foundArchived"].size(), 1U);
  EXPECT_EQ(seeded["protectedFits"].size(), 1U);
}

TEST(Site, ListsAndFilters) {
  Running run;
  for (int i = 0; i < 30; ++i) {
    run.Create(User("l" + std::to_string(i) + "@example.org", "X:" + std::to_string(i)));
  }
  const int64_t total = run.ControlGet("accounts")["total"];
  std::set<std::string> ids;
  for (int64_t start = 1; start <= total; start += 7) {
    const Json page =
        Json::parse(run.SiteGet("/Users?count=7&startIndex=" + std::to_string(start))->body);
    EXPECT_EQ(page["totalResults"], total);
    EXPECT_EQ(page["startIndex"], start);
    EXPECT_EQ(page["itemsPerPage"], page["Resources"].size());
    for (const Json& user : page["Resources"]) ids.insert(user["id"].get<std::string>());
  }
  EXPECT_EQ(static_cast<int64_t>(ids.size()), total);

  const auto count = [&](const std::string& filter) {
    const auto answer = run.SiteGet("/Users?filter=" + httplib::detail::encode_query_param(filter));
    EXPECT_EQ(answer->status, 200) << filter << answer->body;
    return Json::parse(answer->body)["totalResults"].get<int64_t>();
  };
  EXPECT_EQ(count("externalId eq \"X:7\""), 1);
  EXPECT_EQ(count("externalId eq \"x:7\""), 0);  // exact
  EXPECT_EQ(count("userName eq \"L7@example.org\""), 1);
  EXPECT_EQ(count("emails.value eq \"l8@example.org\""), 1);
  EXPECT_EQ(count("emails[type eq \"work\" and value eq \"l8@example.org\"]"), 1);
  EXPECT_EQ(count("userName eq \"l8@example.org\" and active eq false"), 0);
  EXPECT_EQ(count("userName eq \"l8@example.org\" or userName eq \"l9@example.org\""), 2);
  EXPECT_EQ(count("not (active eq true)"), count("active eq false"));
  EXPECT_EQ(count("externalId pr"), 30);
  EXPECT_EQ(count(kExtension + ":grade eq \"04\""), 30);
  const std::string bad = httplib::detail::encode_query_param("userName eq");
  EXPECT_EQ(Json::parse(run.SiteGet("/Users?filter=" + bad)->body)["scimType"], "invalidFilter");

  run.Control("site/settings", {{"page_max", 10}});
  EXPECT_EQ(Json::parse(run.SiteGet("/Users?count=500")->body)["itemsPerPage"], 10);
}

TEST(Site, QuirksCanBeSwitchedOn) {
  Running run;
  const int64_t total = run.ControlGet("accounts")["total"];
  const std::string past_end = "/Users?count=5&startIndex=" + std::to_string(total + 1);
  EXPECT_TRUE(Json::parse(run.SiteGet(past_end)->body)["Resources"].empty());
  run.Control(
      "site/settings",
      {{"past_end_first_page", true}, {"echo_items_per_page", true}, {"drop_unknown", true}});
  EXPECT_EQ(Json::parse(run.SiteGet(past_end)->body)["Resources"],
            Json::parse(run.SiteGet("/Users?count=5")->body)["Resources"]);
  EXPECT_EQ(Json::parse(run.SiteGet("/Users?count=5000")->body)["itemsPerPage"], 5000);

  Json user = User("q@example.org");
  user["shoeSize"] = 12;
  const auto made = run.Create(user);
  EXPECT_EQ(made->status, 201);
  EXPECT_EQ(made->body.find("shoeSize"), std::string::npos);
  run.Control("site/settings", {{"spurious_not_found", 1.0}});
  const std::string id = Json::parse(made->body)["id"];
  EXPECT_EQ(run.SiteGet("/Users/" + id)->status, 404);
}

TEST(Site, PeopleLogInAndEditTheirAccounts) {
  Running run;
  const std::string id = Json::parse(run.Create(User("d@example.org", "TCS-CA:3"))->body)["id"];
  EXPECT_EQ(run.Control("site/access", {{"account", "TCS-CA:3"}})->status, 200);
  EXPECT_EQ(
      run.Control("site/edit", {{"account", id}, {"attributes", {{"displayName", "Dee"}}}})->status,
      200);
  const auto answer = run.SiteGet("/Users/" + id);
  EXPECT_EQ(Json::parse(answer->body)["displayName"], "Dee");
  EXPECT_TRUE(Json::parse(answer->body)[kExtension].contains("lastAccessedAt"));
  EXPECT_EQ(answer->get_header_value("ETag"), "W/\"3\"");
  EXPECT_EQ(run.sandbox.effects().head(), 1);  // only the add: the rest was not the sync
  EXPECT_EQ(run.Control("site/forget", {{"account", id}})->status, 200);
  EXPECT_EQ(run.SiteGet("/Users/" + id)->status, 404);
}

TEST(Faults, LoseAnswersOfWhatWasDone) {
  Running run;
  run.AddFault("kind=break-after,server=site,method=POST,times=1");
  EXPECT_FALSE(run.Create(User("lost@example.org")));
  EXPECT_EQ(run.sandbox.effects().head(), 1);
  run.AddFault("kind=break-before,server=site,method=POST,times=1");
  EXPECT_FALSE(run.Create(User("never@example.org")));
  EXPECT_EQ(run.sandbox.effects().head(), 1);
  run.AddFault("kind=status,server=site,status=504,when=after,times=1");
  EXPECT_EQ(run.Create(User("late@example.org"))->status, 504);
  EXPECT_EQ(run.sandbox.effects().head(), 2);
  EXPECT_EQ(run.Create(User("late@example.org"))->status, 409);
  run.AddFault("kind=row-without-id,server=site,method=GET,times=1");
  EXPECT_EQ(run.SiteGet("/Users")->body.find("\"id\""), std::string::npos);
}

TEST(Control, CountsRequestsAndListsFaults) {
  Running run;
  run.SiteGet("/Users/nobody");
  run.Facts("/people?api-version=1");
  const Json requests = run.ControlGet("requests");
  EXPECT_EQ(requests["facts"]["GET /People"]["status"]["200"], 1);
  EXPECT_EQ(requests["site"]["GET /scim/v2/Users/{id}"]["status"]["404"], 1);
  const auto added = run.Control("faults", {{"kind", "delay"}, {"delay_ms", 1}, {"times", 2}});
  EXPECT_EQ(added->status, 201);
  EXPECT_EQ(run.ControlGet("faults")[0]["kind"], "delay");
  EXPECT_EQ(run.Control("faults", {{"kind", "nonsense"}})->status, 400);
  const int64_t id = run.sandbox.school().irregularities().at("plainEmail").front();
  EXPECT_EQ(run.Control("facts/edit",
                        {{"personId", id}, {"field", "school.status"}, {"value", "Inactive"}})
                ->status,
            200);
  EXPECT_EQ(run.Control("facts/remove", {{"resource", "people"}, {"personId", id}})->status, 200);
  EXPECT_FALSE(run.sandbox.school().PersonRow(id));
}

}  // namespace
}  // namespace roster::sandbox
