#pragma once

#include "daemon/http/curl_http.h"
#include "tests/crash/hasty_clock.h"

namespace roster::http {

// Gives up as much sooner as the clock is faster.
class HastyHttp : public CurlHttp {
 public:
  Result<Response> Send(const Request& request) override {
    Request hasty = request;
    hasty.timeout /= HastyClock::kHaste;
    return CurlHttp::Send(hasty);
  }
};

}  // namespace roster::http
