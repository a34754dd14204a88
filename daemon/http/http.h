#pragma once

// The seam to HTTP servers: FACTS and the site. One request, one answer, no policy: retries, limits
// and what an answer means belong to the callers.

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/result.h"

namespace roster::http {

struct Request {
  std::string method = "GET";
  std::string url;  // absolute, encoded
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds timeout{60'000};      // for the whole exchange
  std::size_t body_max = std::size_t{64} << 20U;  // bytes after decompression; more is Exhausted
  std::stop_token stop{};                         // gives the exchange up, within about a second
};

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case, the last of equal names
  std::string body;                            // decompressed
};

// Implementations are used by one thread at a time; make one a thread.
class Http {
 public:
  virtual ~Http() = default;

  // Errors, none with a URL's query, a header's value or a body in its message:
  //   Unavailable "connect"   nothing was sent: the request has had no effect
  //   Unavailable "broken"    sent, and no whole answer came: the effect is unknown
  //   Unavailable "timeout"   the same
  //   Unavailable "stopped"   the request's `stop` was requested; the effect is unknown
  //   Exhausted "body-too-large"
  //   Invalid "url" | "tls" | "header"   nothing was sent (tls: the certificate is not trusted;
  //                                      header: a name or value that would not stay on its line)
  virtual Result<Response> Send(const Request& request) = 0;
};

}  // namespace roster::http
