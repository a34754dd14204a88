#include "daemon/store/memory_store.h"

#include <utility>

namespace roster::store {
namespace {

class MemoryCursor : public Cursor {
 public:
  MemoryCursor(std::shared_ptr<const MemoryStore::Map> map, std::string_view begin,
               std::string_view end)
      : map_(std::move(map)), at_(map_->lower_bound(begin)), end_(end) {}

  bool Valid() const override { return at_ != map_->end() && (end_.empty() || at_->first < end_); }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  void Next() override { ++at_; }
  Result<void> status() const override { return {}; }

 private:
  const std::shared_ptr<const MemoryStore::Map> map_;
  MemoryStore::Map::const_iterator at_;
  const std::string end_;
};

std::optional<std::string> Find(const MemoryStore::Map& map, std::string_view key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

class MemorySnapshot : public Reader {
 public:
  explicit MemorySnapshot(MemoryStore::Maps maps) : maps_(std::move(maps)) {}

  Result<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    return Find(*maps_[static_cast<std::size_t>(family)], key);
  }
  std::unique_ptr<Cursor> Scan(Family family, std::string_view begin,
                               std::string_view end) const override {
    return std::make_unique<MemoryCursor>(maps_[static_cast<std::size_t>(family)], begin, end);
  }

 private:
  const MemoryStore::Maps maps_;
};

}  // namespace

MemoryStore::MemoryStore() {
  for (auto& map : maps_) map = std::make_shared<Map>();
}

Result<std::optional<std::string>> MemoryStore::Get(Family family, std::string_view key) const {
  const std::lock_guard guard(mutex_);
  ++reads_;
  return Find(*maps_[static_cast<std::size_t>(family)], key);
}

std::unique_ptr<Cursor> MemoryStore::Scan(Family family, std::string_view begin,
                                          std::string_view end) const {
  const std::lock_guard guard(mutex_);
  return std::make_unique<MemoryCursor>(maps_[static_cast<std::size_t>(family)], begin, end);
}

Result<void> MemoryStore::Commit(const Batch& batch, bool) {
  const std::lock_guard guard(mutex_);
  if (next_failure_) {
    return tl::unexpected<Error>(*std::exchange(next_failure_, std::nullopt));
  }
  for (const Batch::Write& write : batch.writes) {
    auto& map = maps_[static_cast<std::size_t>(write.family)];
    if (map.use_count() > 1) map = std::make_shared<Map>(*map);
    if (write.value) {
      map->insert_or_assign(write.key, *write.value);
    } else {
      map->erase(write.key);
    }
  }
  return {};
}

std::unique_ptr<Reader> MemoryStore::Snapshot() const {
  const std::lock_guard guard(mutex_);
  return std::make_unique<MemorySnapshot>(maps_);
}

void MemoryStore::FailNextCommit(Error error) {
  const std::lock_guard guard(mutex_);
  next_failure_ = std::move(error);
}

std::uint64_t MemoryStore::reads() const {
  const std::lock_guard guard(mutex_);
  return reads_;
}

}  // namespace roster::store
