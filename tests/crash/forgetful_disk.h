#pragma once

// A disk that forgets: what a machine finds after its power was cut. Bytes that were not synced are
// gone, or a part of them is, or zeros stand in their place; files that came, went or were renamed
// since their directory was last synced may have done so or not, in order (a journalling file
// system keeps the order, and promises no more).

#include <rocksdb/file_system.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/base/random.h"

namespace roster::crash {

class ForgetfulDisk : public rocksdb::FileSystemWrapper {
 public:
  // `directory`: the store's; what is in it now is on the disk. `shadow`: an empty directory on the
  // same file system, for files that are gone and may come back.
  ForgetfulDisk(std::filesystem::path directory, std::filesystem::path shadow);
  const char* Name() const override { return "ForgetfulDisk"; }

  // Before the operation of this number (counted from 1, in whatever thread it is done) `cut` is
  // called, once, with all operations held up.
  void CutBefore(std::uint64_t operation, std::function<void()> cut);
  std::uint64_t operations() const;

  // Makes `into` what the machine finds. Inside `cut`, or when nobody uses the disk.
  struct Forgotten {
    std::uint64_t bytes = 0;
    std::uint64_t names = 0;
  };
  Forgotten CutPower(const std::filesystem::path& into, Random& random) const;

  // How often this directory was synced, the store's own or another.
  int SyncsOf(const std::filesystem::path& directory) const;

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

 private:
  struct Node {
    std::filesystem::path shadow;
    std::uint64_t written = 0;
    std::uint64_t synced = 0;
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;  // file names in the directory
  using NameChange = std::function<void(Names&)>;
  class File;
  class Directory;

  bool IsOurs(const std::string& path) const;
  // Counts an operation; under mutex_.
  void Count();
  void Change(NameChange change);

  const std::filesystem::path directory_;
  const std::filesystem::path shadow_;
  mutable std::recursive_mutex mutex_;
  Names durable_;
  Names live_;
  std::vector<NameChange> changes_;  // of names, since the directory was synced
  std::map<std::string, int> syncs_;
  std::uint64_t operations_ = 0;
  std::uint64_t nodes_ = 0;
  std::uint64_t cut_before_ = 0;
  std::function<void()> cut_;
};

}  // namespace roster::crash
