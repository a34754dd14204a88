#pragma once

// An open RocksDB with its column families, checked to be ours. Of this folder alone.

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

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
  // The same of a directory whose disk has no room: only to read, and locked as if to write. The
  // log is read and nothing is written. Errors besides: those of RocksDB, for one that is not there
  // yet.
  static Result<std::shared_ptr<Database>> OpenToRead(const std::filesystem::path& path,
                                                      const RocksOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // A copy of it as it is now, sharing its table files; `path` is not there yet. Errors as
  // RocksStore::Commit.
  Result<void> Checkpoint(const std::filesystem::path& path);

  // What it was written in, when it was opened.
  std::uint32_t format() const { return format_; }
  rocksdb::DB& db() { return *db_; }
  rocksdb::Env& env() { return *env_; }
  rocksdb::ColumnFamilyHandle* family(Family family) const {
    return handles_[static_cast<std::size_t>(family)];
  }

 private:
  Database() = default;
  static Result<std::shared_ptr<Database>> Prepare(const std::filesystem::path& path,
                                                   const RocksOptions& options);
  void Take(rocksdb::DB* db, const std::vector<rocksdb::ColumnFamilyHandle*>& handles);
  Result<void> CheckFormat(const RocksOptions& options);
  Result<bool> IsEmpty();

  std::unique_ptr<rocksdb::Env> own_env_;  // outlives db_
  rocksdb::Env* env_ = nullptr;
  std::uint32_t format_ = 0;
  rocksdb::FileLock* lock_ = nullptr;  // of OpenToRead: RocksDB takes none then
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* default_ = nullptr;  // RocksDB's own, unused
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> handles_{};
};

}  // namespace roster::store
