#pragma once

// The store for tests and simulation: an ordered map in memory.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "daemon/store/store.h"

namespace roster::store {

// Reading is thread-safe. Snapshots and cursors share the maps; a commit copies a family that
// somebody still reads.
class MemoryStore : public Store {
 public:
  MemoryStore();

  Result<std::optional<std::string>> Get(Family family, std::string_view key) const override;
  std::unique_ptr<Cursor> Scan(Family family, std::string_view begin,
                               std::string_view end) const override;
  Result<void> Commit(const Batch& batch, bool sync) override;
  std::unique_ptr<Reader> Snapshot() const override;

  // The next commit fails with this, and writes nothing.
  void FailNextCommit(Error error);
  // How many keys were looked up so far.
  std::uint64_t reads() const;

  using Map = std::map<std::string, std::string, std::less<>>;
  using Maps = std::array<std::shared_ptr<Map>, kFamilies>;

 private:
  mutable std::mutex mutex_;
  Maps maps_;                          // under mutex_
  std::optional<Error> next_failure_;  // under mutex_
  mutable std::uint64_t reads_ = 0;    // under mutex_
};

}  // namespace roster::store
