#include "tests/sandbox/effects.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace roster::sandbox {

void EffectLog::WriteTo(const std::string& file) {
  const std::lock_guard lock(mutex_);
  file_.open(file, std::ios::app);
  if (!file_) throw std::runtime_error("cannot write the effects to " + file);
}

void EffectLog::Append(Json effect) {
  {
    const std::lock_guard lock(mutex_);
    Json line = {{"seq", lines_.size() + 1}};
    const auto name = MemberText(effect, "effect");
    ++counts_[name];
    line.update(effect);
    lines_.push_back(line.dump());
    if (file_.is_open()) file_ << lines_.back() << std::endl;
  }
  appended_.notify_all();
}

std::vector<std::string> EffectLog::After(int64_t seq, size_t limit, int wait_ms) const {
  std::unique_lock lock(mutex_);
  const auto first = static_cast<size_t>(std::max<int64_t>(0, seq));
  appended_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                     [&] { return lines_.size() > first; });
  std::vector<std::string> out;
  for (size_t i = first; i < lines_.size() && out.size() < limit; ++i) out.push_back(lines_[i]);
  return out;
}

int64_t EffectLog::head() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(lines_.size());
}

Json EffectLog::Counts() const {
  const std::lock_guard lock(mutex_);
  return Json(counts_);
}

}  // namespace roster::sandbox
