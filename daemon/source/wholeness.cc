#include "daemon/source/wholeness.h"

#include <array>
#include <cstdio>

namespace roster::source {
namespace {

// "0.5 %"
std::string Percent(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g %%", share * 100);
  return text.data();
}

}  // namespace

std::string Grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

Result<void> CheckWhole(const Walked& walked, std::uint64_t last_good,
                        const model::SourceLimits& limits) {
  const std::string what(walked.what);
  const std::uint64_t received = walked.unique + walked.without_id;
  const std::string counts =
      Grouped(walked.announced) + " " + what + " announced, " + Grouped(received) + " received.";
  if (received > walked.announced) {
    return Fail(Code::kInvalid, "row-count-changed",
                counts + " The list changed while it was read.");
  }
  if (received < walked.announced) {
    const bool capped = walked.largest_page > 0 && walked.largest_page < walked.page_size &&
                        walked.announced > walked.largest_page;
    return Fail(Code::kInvalid, "rows-missing",
                capped ? counts + " No page held more than " + Grouped(walked.largest_page) +
                             " rows: set page_size to that or less."
                       : counts);
  }
  if (walked.announced == 0) {
    if (walked.may_be_empty && last_good == 0) return {};
    return Fail(Code::kInvalid, "empty",
                "No " + what +
                    " at all. An empty answer proves nothing; check in FACTS that the key may "
                    "still see them.");
  }
  if (static_cast<double>(walked.rejected) >
      limits.rejected_max * static_cast<double>(walked.announced)) {
    return Fail(Code::kInvalid, "too-many-rejected",
                Grouped(walked.rejected) + " of " + Grouped(walked.announced) + " " + what +
                    " could not be read, more than the " + Percent(limits.rejected_max) +
                    " of max_rejected. The poll's record names the first of them.");
  }
  if (static_cast<double>(walked.used) <
      (1.0 - limits.shrink_max) * static_cast<double>(last_good)) {
    return Fail(Code::kInvalid, "shrunk",
                Grouped(walked.used) + " " + what + " received, " + Grouped(last_good) +
                    " at the last good poll: fewer by more than the " + Percent(limits.shrink_max) +
                    " of max_shrink. If that is right, raise max_shrink for one poll.");
  }
  return {};
}

}  // namespace roster::source
