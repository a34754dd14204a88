// The volunteer site on loopback: SCIM 2.0 (RFC 7643, 7644) under /scim/v2, and its quirks.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "tests/sandbox/http_host.h"
#include "tests/sandbox/random.h"
#include "tests/sandbox/scim_store.h"

namespace roster::sandbox {

struct SiteOptions {
  std::string read_token;
  std::string write_token;
  int page_max = 200;
  int page_default = 100;
  bool extension = true;             // the volunteer attributes exist, and /Schemas says so
  bool drop_unknown = false;         // an unknown attribute is accepted and dropped
  bool past_end_first_page = false;  // a page past the end is the first page again
  bool echo_items_per_page = false;  // itemsPerPage is what was asked for
  bool leaky_errors = false;         // an error's detail holds an address
  double spurious_not_found = 0;     // share of the requests about one account
  int slow_ms = 0;                   // each answer takes this long
};

class ScimServer {
 public:
  // All must outlive the server.
  ScimServer(SiteOptions options, uint64_t seed, ScimStore& store, FaultBook& faults);

  void Start(int port) { host_.Start(port); }
  void Stop() { host_.Stop(); }
  int port() const { return host_.port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/scim/v2"; }
  RequestLog& log() { return host_.log(); }

  // Thread-safe.
  SiteOptions options() const;
  void set_options(const SiteOptions& options);

 private:
  Answer Handle(const Call& call);
  Answer Route(const Call& call, const std::string& path, const SiteOptions& options);
  Answer Users(const Call& call, const SiteOptions& options);
  Answer User(const Call& call, const std::string& id, const SiteOptions& options);
  Answer AccountAnswer(int status, const AccountView& view, const Call& call,
                       const SiteOptions& options) const;
  std::string Rendered(const AccountView& view, const Call& call, const SiteOptions& options) const;
  void Authorize(const Call& call, const SiteOptions& options) const;
  bool SpuriouslyNotFound(const SiteOptions& options);

  ScimStore& store_;
  mutable std::mutex mutex_;
  SiteOptions options_;  // by mutex_
  Random random_;        // by mutex_
  HttpHost host_;
};

}  // namespace roster::sandbox
