#pragma once

#include "daemon/http/curl_http.h"
#include "tests/crash/kill_point.h"

namespace roster::http {

// Dies before or after a request: of one that writes, after the site has done it.
class DyingHttp : public CurlHttp {
 public:
  Result<Response> Send(const Request& request) override {
    const bool write = request.method != "GET";
    crash::KillPoint(write ? "write.before" : "read.before");
    auto response = CurlHttp::Send(request);
    crash::KillPoint(write ? "write.after" : "read.after");
    return response;
  }
};

}  // namespace roster::http
