#pragma once

// An open RocksDB with its column families, checked to be ours. Of this folder alone.

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/store/rocks_store.h"

namespace roster::store {

// What RocksDB says, as an error. `doing`: "committing". Its text names files, never keys.
Error RocksError(const rocksdb::Status& status, std::string_view doing);

class RocksStore::Database {
 public:
  // Errors as RocksStore::Open.
  static Result<std::shared_ptr<Database>> Open(const std::filesystem::path& path,
                                                const RocksOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() { return *db_; }
  rocksdb::Env& env() { return *env_; }
  rocksdb::ColumnFamilyHandle* family(Family family) const {
    return handles_[static_cast<std::size_t>(family)];
  }

 private:
  Database() = default;
  Result<void> CheckFormat(const RocksOptions& options);
  Result<bool> IsEmpty();

  std::unique_ptr<rocksdb::Env> own_env_;  // outlives db_
  rocksdb::Env* env_ = nullptr;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* default_ = nullptr;  // RocksDB's own, unused
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> handles_{};
};

}  // namespace roster::store
