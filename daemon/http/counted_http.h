#pragma once

// Counts what becomes of the requests of another Http.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "daemon/http/http.h"

namespace roster::http {

// By the class of the answer's status: 2xx, 3xx, 4xx but 429, 429, 5xx, and no whole answer. What
// is of none of them counts as the last. Thread-safe; counts from the start of the process.
class Counts {
 public:
  static constexpr std::size_t kClasses = 6;

  void Add(const Result<Response>& answer);
  std::array<std::uint64_t, kClasses> Get() const;

 private:
  std::array<std::atomic<std::uint64_t>, kClasses> counts_{};
};

class CountedHttp : public Http {
 public:
  // Both outlive this.
  CountedHttp(Http& http, Counts& counts) : http_(http), counts_(counts) {}

  // What was given up because we stop is not counted.
  Result<Response> Send(const Request& request) override;

 private:
  Http& http_;
  Counts& counts_;
};

}  // namespace roster::http
