// The FACTS SIS on loopback: keys, quota, gateway cache, and the lists of a School.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tests/sandbox/http_host.h"
#include "tests/sandbox/rate_limit.h"
#include "tests/sandbox/sandbox_clock.h"
#include "tests/sandbox/school.h"
#include "tests/sandbox/sieve.h"

namespace roster::sandbox {

struct FactsOptions {
  std::string subscription_key;                 // 32 hex digits
  std::string api_key;                          // the school's
  std::optional<Tier> tier = TierNamed("pro");  // none: no limits
  int64_t page_size_cap = 0;                    // 0: none. A larger page silently loses rows.
  int64_t page_size_default = 100;
  int wrong_key_status = 401;  // or 403: nobody knows which
  bool unordered = true;       // without Sorts each answer has its own order
  bool cache = true;           // answers for up to 2 minutes, as the gateway does
};

class FactsServer {
 public:
  // All must outlive the server.
  FactsServer(FactsOptions options, School& school, const SandboxClock& clock, FaultBook& faults);

  void Start(int port) { host_.Start(port); }
  void Stop() { host_.Stop(); }
  int port() const { return host_.port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  RequestLog& log() { return host_.log(); }
  RateLimit& limit() { return limit_; }

  // Thread-safe.
  FactsOptions options() const;
  void set_options(const FactsOptions& options);
  // As the school's administrator would: a scope is People, Students, Families, ...
  void SetScope(const std::string& scope, bool granted);

 private:
  struct CachedAnswer {
    int64_t made_ms = 0;
    std::string body;
  };
  // Positions that a filter and an order leave, so that a walk computes them once.
  struct Selection {
    uint64_t version = 0;
    Positions positions;
  };

  Answer Handle(const Call& call);
  Answer Gateway(const Call& call, const Resource* resource, bool status_list,
                 const std::string& student_id);
  std::optional<Answer> Unauthorized(const Call& call, const FactsOptions& options,
                                     std::string_view scope);
  Answer List(const Call& call, const Resource& resource, const FactsOptions& options);
  Answer OneStudent(const std::string& id);
  Positions Select(const Resource& resource, const std::string& filters, const std::string& sorts);
  std::string NextPage(const Call& call, int64_t page) const;

  School& school_;
  const SandboxClock& clock_;
  RateLimit limit_;
  mutable std::mutex mutex_;
  FactsOptions options_;                         // by mutex_
  std::set<std::string> withdrawn_;              // by mutex_
  std::map<std::string, CachedAnswer> cache_;    // by mutex_
  size_t cache_bytes_ = 0;                       // by mutex_
  std::map<std::string, Selection> selections_;  // by mutex_
  std::atomic<uint64_t> answers_ = 0;
  HttpHost host_;
};

}  // namespace roster::sandbox
