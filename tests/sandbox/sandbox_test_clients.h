// A sandbox with clients that hold its keys, for the tests of the sandbox itself.
#pragma once

#include <gtest/gtest.h>
#include <httplib.h>

#include <string>
#include <vector>

#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/scim_schema.h"

namespace roster::sandbox {

inline SandboxOptions SmallSchool(uint64_t seed = 7) {
  SandboxOptions options;
  options.school.seed = seed;
  options.school.people = 400;
  options.school.enrolled = 80;
  options.facts.tier.reset();
  options.facts.cache = false;
  return options;
}

class Running {
 public:
  explicit Running(SandboxOptions options = SmallSchool()) : sandbox(std::move(options)) {
    sandbox.Start();
  }

  httplib::Headers FactsHeaders() const {
    return {{"Ocp-Apim-Subscription-Key", sandbox.options().facts.subscription_key},
            {"Facts-Api-Key", sandbox.options().facts.api_key}};
  }
  httplib::Headers SiteHeaders(bool write = true) const {
    const SiteOptions& site = sandbox.options().site;
    return {{"Authorization", "Bearer " + (write ? site.write_token : site.read_token)}};
  }

  httplib::Result Facts(const std::string& path) {
    return httplib::Client(sandbox.facts().url()).Get(path, FactsHeaders());
  }
  Json FactsJson(const std::string& path) {
    const auto result = Facts(path);
    EXPECT_TRUE(result) << path;
    EXPECT_EQ(result ? result->status : 0, 200) << path;
    return result ? Json::parse(result->body) : Json();
  }
  // All rows of a list, page by page.
  std::vector<Json> Walk(const std::string& path, int page_size) {
    std::vector<Json> rows;
    for (int page = 1;; ++page) {
      const Json answer = FactsJson(path + "&PageSize=" + std::to_string(page_size) +
                                    "&Page=" + std::to_string(page));
      for (const Json& row : answer["results"]) rows.push_back(row);
      if (answer["nextPage"].get<std::string>().empty()) return rows;
    }
  }

  httplib::Client Site() const {
    return httplib::Client("http://127.0.0.1:" + std::to_string(sandbox.site().port()));
  }
  httplib::Result SiteGet(const std::string& path) {
    return Site().Get("/scim/v2" + path, SiteHeaders());
  }
  httplib::Result Create(const Json& user) {
    return Site().Post("/scim/v2/Users", SiteHeaders(), user.dump(), "application/scim+json");
  }
  httplib::Result Patch(const std::string& id, const Json& operations,
                        const std::string& if_match = "") {
    httplib::Headers headers = SiteHeaders();
    if (!if_match.empty()) headers.emplace("If-Match", if_match);
    const Json body = {{"schemas", {kPatchUrn}}, {"Operations", operations}};
    return Site().Patch("/scim/v2/Users/" + id, headers, body.dump(), "application/scim+json");
  }

  httplib::Result Control(const std::string& path, const Json& body) {
    httplib::Client client("http://127.0.0.1:" + std::to_string(sandbox.control_port()));
    return client.Post("/sandbox/" + path, body.dump(), "application/json");
  }
  Json ControlGet(const std::string& path) {
    httplib::Client client("http://127.0.0.1:" + std::to_string(sandbox.control_port()));
    const auto result = client.Get("/sandbox/" + path);
    EXPECT_TRUE(result && result->status == 200) << path;
    return result ? Json::parse(result->body) : Json();
  }

  void AddFault(const std::string& text) { sandbox.faults().Add(FaultFromText(text)); }

  mutable Sandbox sandbox;
};

}  // namespace roster::sandbox
