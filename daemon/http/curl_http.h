#pragma once

// Http by libcurl: one easy handle, so connections are kept and used again. What it keeps to:
// http and https only; no redirects (a 3xx is an answer like any other); certificates and host
// names are verified; gzip is undone; no proxy, whatever the environment says, so that keys go to
// the host that was configured and to nobody else; no signals; a request that is not GET or HEAD is
// never sent twice by the library itself.

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "daemon/http/http.h"

namespace roster::http {

struct CurlSettings {
  std::chrono::milliseconds connect_timeout{10'000};  // name, TCP and TLS together
  std::chrono::seconds stall_max{30};  // less than a byte a second for this long is "broken"
  std::string ca_file;                 // PEM; "": the system's
  std::string user_agent = "rosterd";
};

// One thread at a time; make one a thread.
class CurlHttp : public Http {
 public:
  // Throws std::bad_alloc when libcurl can't be set up.
  explicit CurlHttp(CurlSettings settings = {});
  ~CurlHttp() override;
  CurlHttp(const CurlHttp&) = delete;
  CurlHttp& operator=(const CurlHttp&) = delete;

  // Gives up every exchange, this one included, once `stop` is requested; beside Request::stop, for
  // an owner whose requests come from elsewhere. Call it on the thread that sends, or before.
  void SetStop(const std::stop_token& stop) { stop_ = stop; }

  Result<Response> Send(const Request& request) override;

 private:
  struct Handle;
  struct Exchange;

  void Configure(const Request& request, Exchange& exchange);
  void ConfigureMethod(const Request& request, Exchange& exchange);
  Result<Response> Settle(int curl_code, Exchange& exchange);

  CurlSettings settings_;
  std::unique_ptr<Handle> handle_;
  std::stop_token stop_;
  std::size_t expected_body_ = 0;  // the last one's size: the next is likely as large
};

}  // namespace roster::http
