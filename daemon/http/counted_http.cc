#include "daemon/http/counted_http.h"

namespace roster::http {
namespace {

std::size_t ClassOf(int status) {
  if (status >= 200 && status < 300) return 0;
  if (status >= 300 && status < 400) return 1;
  if (status == 429) return 3;
  if (status >= 400 && status < 500) return 2;
  if (status >= 500 && status < 600) return 4;
  return 5;
}

}  // namespace

void Counts::Add(const Result<Response>& answer) {
  counts_[answer ? ClassOf(answer->status) : 5].fetch_add(1, std::memory_order_relaxed);
}

std::array<std::uint64_t, Counts::kClasses> Counts::Get() const {
  std::array<std::uint64_t, kClasses> counts{};
  for (std::size_t i = 0; i < kClasses; ++i) counts[i] = counts_[i].load(std::memory_order_relaxed);
  return counts;
}

Result<Response> CountedHttp::Send(const Request& request) {
  Result<Response> answer = http_.Send(request);
  if (answer || answer.error().reason != "stopped") counts_.Add(answer);
  return answer;
}

}  // namespace roster::http
