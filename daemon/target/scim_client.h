#pragma once

// The conversation with a SCIM site: credentials, rate, patience, and what an answer's status
// means.

#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/random.h"
#include "daemon/http/http.h"
#include "daemon/target/site_rate.h"

namespace roster::target {

// How long a read is tried.
struct Patience {
  int attempts_max = 5;                                   // >= 1
  Duration delay_first = std::chrono::milliseconds(500);  // doubled each time, full jitter
  Duration delay_max = std::chrono::seconds(30);          // a longer Retry-After ends the trying
};

struct ScimAccess {
  std::string school;    // for messages
  std::string base_url;  // no trailing slash
  std::string token;     // never in a message
  std::chrono::milliseconds timeout{20'000};
  std::size_t body_max = std::size_t{64} << 20U;
};

// One thread at a time. What is passed by reference must outlive it.
class ScimClient {
 public:
  ScimClient(ScimAccess access, http::Http& http, SiteRate& rate, const Clock& clock,
             Random& random);

  // GET `path` (begins with "/", encoded), again after a broken connection, 429 and 5xx. Gives
  // every other answer but 401, 403 and redirects. Errors:
  //   Refused     "site-unauthorized" | "site-forbidden"
  //   Unavailable "site-unavailable" (retry_after when the site said so), "stopped"
  //   Exhausted   "site-malformed": the answer is larger than body_max
  Result<http::Response> Read(std::string_view path, const Patience& patience,
                              const std::stop_token& stop);

  // One request, never repeated; every status is given. `if_match` may be "". `stop` is obeyed
  // before it is sent, not after. Errors are the transport's (Http::Send), but Unavailable
  // "stopped" says that nothing was sent.
  Result<http::Response> Write(const std::string& method, std::string_view path, std::string body,
                               const std::string& if_match, const std::stop_token& stop);

  // What the answer told to wait.
  std::optional<std::chrono::milliseconds> RetryAfter(const http::Response& answer) const;

  std::uint64_t requests() const { return requests_; }

 private:
  http::Request MakeRequest(const std::string& method, std::string_view path) const;
  Result<http::Response> Once(const http::Request& request, const std::stop_token& stop);
  Result<http::Response> Judged(Result<http::Response> answer) const;
  Duration DelayBefore(int attempt, const Patience& patience) const;

  ScimAccess access_;
  http::Http& http_;
  SiteRate& rate_;
  const Clock& clock_;
  Random& random_;
  std::uint64_t requests_ = 0;
};

}  // namespace roster::target
