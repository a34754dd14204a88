#pragma once

// An HTTP server that gives scripted answers in turn, and a clock that is moved by waiting on it.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/http/http.h"

namespace roster::fuzz {

// Each part of the script is an answer: its first line is the status, then perhaps a space and
// Retry-After ("429 30"), the rest the body. "0": no connection. "1": it breaks before an answer.
// When all are given there is no connection any more.
class ScriptedHttp : public http::Http {
 public:
  explicit ScriptedHttp(std::vector<std::string> script) : script_(std::move(script)) {}

  Result<http::Response> Send(const http::Request& request) override {
    Exchange& exchange = exchanges.emplace_back(Exchange{request.method, 0});
    if (next_ == script_.size()) return Failed(0);
    const std::string& part = script_[next_++];
    const std::size_t line = std::min(part.find('\n'), part.size());
    const std::string head = part.substr(0, line);
    const std::size_t space = std::min(head.find(' '), head.size());
    http::Response response;
    for (std::size_t i = 0; i < space && i < 3 && head[i] >= '0' && head[i] <= '9'; ++i) {
      response.status = response.status * 10 + (head[i] - '0');
    }
    if (response.status < 100) return Failed(response.status);
    if (space < head.size()) response.headers["retry-after"] = head.substr(space + 1);
    response.body = part.substr(std::min(line + 1, part.size()));
    exchange.status = response.status;
    return response;
  }

  struct Exchange {
    std::string method;
    int status = 0;  // 0: there was no answer
  };
  std::vector<Exchange> exchanges;

 private:
  static Result<http::Response> Failed(int kind) {
    return kind == 1 ? Fail(Code::kUnavailable, "broken", "The connection broke.")
                     : Fail(Code::kUnavailable, "connect", "No connection.");
  }

  std::vector<std::string> script_;
  std::size_t next_ = 0;
};

class WaitingClock : public Clock {
 public:
  Time Now() const override {
    return Time(std::chrono::sys_days(std::chrono::year(2026) / 8 / 24)) + steady_;
  }
  Duration Steady() const override { return steady_; }
  bool Wait(Duration duration, const std::stop_token& stop) const override {
    if (stop.stop_requested()) return false;
    steady_ += duration;
    return true;
  }

 private:
  mutable Duration steady_ = std::chrono::hours(1);
};

}  // namespace roster::fuzz
