#include "tests/sandbox/table.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "tests/sandbox/json_row.h"

namespace roster::sandbox {
namespace {

constexpr size_t kBlockBytes = 1U << 20U;
constexpr size_t kOrdersMax = 8;

using Order = std::vector<uint32_t>;

// Sorts by one key; earlier calls for lower keys stay as the order among equals.
template <typename Value, typename Extract>
void SortBy(Order& order, bool descending, const Extract& extract) {
  std::vector<std::pair<Value, uint32_t>> keyed;
  keyed.reserve(order.size());
  for (const uint32_t position : order) keyed.emplace_back(extract(position), position);
  const auto less = [descending](const auto& a, const auto& b) {
    return descending ? b.first < a.first : a.first < b.first;
  };
  if (!std::is_sorted(keyed.begin(), keyed.end(), less)) {
    std::stable_sort(keyed.begin(), keyed.end(), less);
  }
  std::transform(keyed.begin(), keyed.end(), order.begin(), [](const auto& k) { return k.second; });
}

}  // namespace

std::string_view Table::Keep(std::string_view row) {
  if (row.size() > block_left_) {
    block_left_ = std::max(kBlockBytes, row.size());
    blocks_.push_back(std::make_unique<char[]>(block_left_));
    block_next_ = blocks_.back().get();
  }
  std::memcpy(block_next_, row.data(), row.size());
  const std::string_view kept(block_next_, row.size());
  block_next_ += row.size();
  block_left_ -= row.size();
  return kept;
}

void Table::Add(std::string_view row) {
  rows_.push_back(Keep(row));
  ++version_;
  const std::lock_guard lock(mutex_);
  orders_.clear();
}

void Table::Replace(uint32_t position, std::string_view row) {
  const std::string_view before = rows_[position];
  rows_[position] = Keep(row);
  ++version_;
  const std::lock_guard lock(mutex_);
  // A new text with the same keys leaves an order as it was.
  std::erase_if(orders_, [&](const CachedOrder& order) {
    return std::any_of(order.keys.begin(), order.keys.end(), [&](const SortKey& key) {
      return FieldOf(before, key.field) != FieldOf(rows_[position], key.field);
    });
  });
}

void Table::RemoveIf(const std::function<bool(std::string_view row)>& gone) {
  if (std::erase_if(rows_, gone) == 0) return;
  ++version_;
  const std::lock_guard lock(mutex_);
  orders_.clear();
}

Positions Table::Order(const std::vector<SortKey>& keys) const {
  const std::lock_guard lock(mutex_);
  for (const CachedOrder& order : orders_) {
    if (order.keys == keys) return order.positions;
  }
  auto positions = std::make_shared<std::vector<uint32_t>>(rows_.size());
  std::iota(positions->begin(), positions->end(), 0U);
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    if (key->numeric) {
      SortBy<int64_t>(*positions, key->descending,
                      [&](uint32_t p) { return IntOf(rows_[p], key->field); });
    } else {
      SortBy<std::string>(*positions, key->descending,
                          [&](uint32_t p) { return TextOf(rows_[p], key->field); });
    }
  }
  if (orders_.size() >= kOrdersMax) orders_.erase(orders_.begin());
  orders_.push_back({keys, positions});
  return positions;
}

std::vector<uint32_t> Table::Find(const std::string& field, int64_t value) const {
  const Positions order = Order({{field, /*numeric=*/true, /*descending=*/false}});
  const auto less = [&](uint32_t p, int64_t v) { return IntOf(rows_[p], field) < v; };
  auto first = std::lower_bound(order->begin(), order->end(), value, less);
  std::vector<uint32_t> found;
  for (; first != order->end() && IntOf(rows_[*first], field) == value; ++first) {
    found.push_back(*first);
  }
  return found;
}

}  // namespace roster::sandbox
