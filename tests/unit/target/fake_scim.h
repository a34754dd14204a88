#pragma once

// A SCIM 2.0 site in memory, behind the Http seam, with the quirks of real ones on demand. Written
// from RFC 7643 and 7644, not from our client.

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/http/http.h"

namespace roster::target {

class FakeScim : public http::Http {
 public:
  using Json = nlohmann::json;

  // ---- what the site is like
  bool has_extension = true;
  bool lists_schemas = true;     // else /Schemas is 404
  bool declares_invited = true;  // the extension's schema names invitedAt
  bool versions = true;          // meta.version, ETag, If-Match
  bool version_in_meta = true;   // else in the ETag alone
  bool sorts = false;
  bool answers_204 = false;  // to a PATCH
  bool create_without_body = false;
  bool ignores_filter = false;
  bool wraps_around = false;               // a page past the end is the first one again
  std::size_t page_max = 1000;             // a server-side cap
  std::set<std::string> dropped;           // top-level attributes accepted and not kept
  std::optional<std::uint64_t> announced;  // totalResults, if it lies
  std::string write_token = "w";
  std::string read_token = "w";

  // ---- what is on it
  Json& Add(const std::string& id, const std::string& user_name);
  Json& User(const std::string& id);
  bool Has(const std::string& id) const;
  std::size_t size() const { return users_.size(); }
  void Remove(const std::string& id);
  void Touch(const std::string& id);  // a new version

  // ---- what goes wrong. Called for each request in order; what it gives is used instead.
  enum class Fault { kBrokenBefore, kBrokenAfter, kTimeoutAfter, kConnect };
  // The nth request (from 1) of this method from now on.
  void Break(const std::string& method, int nth, Fault fault);
  void Answer(const std::string& method, int nth, int status, const std::string& body = "",
              const std::string& retry_after = "");
  // Runs before the nth request of this method is handled.
  void Before(const std::string& method, int nth, std::function<void()> act);

  // ---- what was asked: "GET /Users/1"
  std::vector<http::Request> requests;
  std::vector<std::string> Writes() const;
  int Count(const std::string& method) const;

  Result<http::Response> Send(const http::Request& request) override;

  static constexpr const char* kBase = "https://site.example.org/scim";
  static constexpr const char* kExtension =
      "urn:ietf:params:scim:schemas:extension:volunteer:2.0:User";

 private:
  struct Plan {
    std::string method;
    int countdown = 0;
    std::optional<Fault> fault;
    std::optional<http::Response> answer;
    std::function<void()> act;
  };

  http::Response Handle(const http::Request& request);
  http::Response Schemas(const std::string& path);
  Json Extension() const;
  http::Response List(const std::string& query);
  http::Response Search(const std::string& filter);
  http::Response Show(const Json& user, int status) const;
  http::Response Create(const http::Request& request);
  http::Response Patch(Json& user, const http::Request& request);
  http::Response Page(const std::vector<Json>& users, std::uint64_t total) const;
  Json Shown(const Json& user) const;
  Json* Find(const std::string& id);
  bool IsTaken(const std::string& user_name, const std::string& except) const;
  void Apply(Json& user, const Json& operation);

  std::vector<Json> users_;
  std::vector<Plan> plans_;
  int next_id_ = 1000;
  int next_version_ = 1;
};

}  // namespace roster::target
