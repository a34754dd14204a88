#include "daemon/engine/refusals.h"

#include <algorithm>

namespace roster::engine {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);

}  // namespace

bool Refusals::Note(const Refused& refused, Duration now) {
  auto at = rows_.find(refused);
  if (at == rows_.end()) {
    if (rows_.size() >= kinds_max_) return false;
    at = rows_.emplace(refused, Row()).first;
  }
  if (at->second.times++ == 0) at->second.since = now;
  return true;
}

std::vector<Refusals::Entry> Refusals::ToTell(Duration now) {
  std::erase_if(rows_, [&](const auto& item) {
    const Row& row = item.second;
    return row.times == 0 && row.telling == 0 && row.told_at && now - *row.told_at >= kMinute;
  });
  if (now - minute_ >= kMinute) {
    minute_ = now;
    told_ = 0;
  }
  std::vector<std::map<Refused, Row>::iterator> due;
  for (auto at = rows_.begin(); at != rows_.end(); ++at) {
    const Row& row = at->second;
    if (row.times > 0 && (!row.told_at || now - *row.told_at >= kMinute)) due.push_back(at);
  }
  std::stable_sort(due.begin(), due.end(),
                   [](const auto& a, const auto& b) { return a->second.since < b->second.since; });
  due.resize(std::min(due.size(), entries_a_minute_ - told_));
  told_ += due.size();
  std::vector<Entry> entries;
  for (const auto& at : due) {
    Row& row = at->second;
    entries.push_back({at->first, row.times});
    row.telling = row.times;
    row.times = 0;
    row.told_at = now;
  }
  return entries;
}

void Refusals::Settle(bool kept) {
  for (auto& [refused, row] : rows_) {
    if (!kept) row.times += row.telling;
    row.telling = 0;
  }
}

}  // namespace roster::engine
