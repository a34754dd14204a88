#include "client/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/format.h"
#include "client/text.h"

namespace roster::client {
namespace {

constexpr std::size_t kBarMax = 40;
constexpr std::size_t kBarMin = 10;

}  // namespace

Progress::Progress(Console& console, bool wanted)
    : console_(console), shown_(wanted && console.terminal().err) {}

Progress::~Progress() { Clear(); }

void Progress::Show(const std::string& what, std::uint64_t done, std::uint64_t total) {
  if (!shown_) return;
  // One column is left free: a full line would scroll some terminals.
  console_.Status("\r\x1b[K" + ProgressLine(what, done, total, console_.terminal().width - 1));
  dirty_ = true;
}

void Progress::Clear() {
  if (!dirty_) return;
  console_.Status("\r\x1b[K");
  dirty_ = false;
}

std::string ProgressLine(const std::string& what, std::uint64_t done, std::uint64_t total,
                         std::size_t width) {
  const std::string title = Clean(what);
  if (total == 0) {
    return Fit(done == 0 ? title + " ..." : title + " ... " + Number(done), width);
  }
  done = std::min(done, total);
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const std::string figures =
      fmt::format(" {:3.0f} %  {} of {}", share * 100, Number(done), Number(total));
  const std::size_t used = Width(title) + figures.size() + 3;  // a space and the brackets
  if (used + kBarMin > width) return Fit(title + figures, width);
  const std::size_t room = std::min(kBarMax, width - used);
  const auto full = static_cast<std::size_t>(share * static_cast<double>(room));
  return title + " [" + std::string(full, '#') + std::string(room - full, '-') + "]" + figures;
}

}  // namespace roster::client
