// One resource's rows as the JSON text that is served, with cached orders for sorted walks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace roster::sandbox {

// Positions of rows in a Table, valid until its version changes.
using Positions = std::shared_ptr<const std::vector<uint32_t>>;

// One key of an order.
struct SortKey {
  std::string field;
  bool numeric = false;
  bool descending = false;

  bool operator==(const SortKey&) const = default;
};

// Threads: Add, Replace and RemoveIf need exclusion by the caller (School's lock); the others may
// run at the same time as each other.
class Table {
 public:
  Table() = default;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  void Add(std::string_view row);
  // The old text stays in memory until the table goes: edits are few.
  void Replace(uint32_t position, std::string_view row);
  void RemoveIf(const std::function<bool(std::string_view row)>& gone);

  uint32_t size() const { return static_cast<uint32_t>(rows_.size()); }
  std::string_view operator[](uint32_t position) const { return rows_[position]; }

  // Grows with each change.
  uint64_t version() const { return version_; }

  // All positions in this order, ties in the table's own order. Computed once, kept until a row's
  // key changes.
  Positions Order(const std::vector<SortKey>& keys) const;

  // Positions of the rows whose numeric field has this value.
  std::vector<uint32_t> Find(const std::string& field, int64_t value) const;

 private:
  struct CachedOrder {
    std::vector<SortKey> keys;
    Positions positions;
  };

  std::vector<std::string_view> rows_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t block_left_ = 0;
  char* block_next_ = nullptr;
  uint64_t version_ = 1;
  mutable std::mutex mutex_;
  mutable std::vector<CachedOrder> orders_;  // by mutex_

  std::string_view Keep(std::string_view row);
};

}  // namespace roster::sandbox
