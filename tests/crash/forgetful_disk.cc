#include "tests/crash/forgetful_disk.h"

#include <algorithm>
#include <fstream>
#include <utility>

namespace roster::crash {

namespace fs = std::filesystem;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class ForgetfulDisk::File : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile>&& target, ForgetfulDisk& disk,
       std::shared_ptr<Node> node)
      : FSWritableFileOwnerWrapper(std::move(target)), disk_(disk), node_(std::move(node)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const std::lock_guard guard(disk_.mutex_);
    disk_.Count();
    auto status = FSWritableFileOwnerWrapper::Append(data, options, debug);
    if (status.ok()) node_->written += data.size();
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    const std::lock_guard guard(disk_.mutex_);
    disk_.Count();
    node_->written = size;
    node_->synced = std::min(node_->synced, size);
    return FSWritableFileOwnerWrapper::Truncate(size, options, debug);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return SyncNode(); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return SyncNode(); }
  // Starts writing, and promises nothing.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  // Nothing needs to reach the real disk: this one is what the test looks at.
  IOStatus SyncNode() {
    const std::lock_guard guard(disk_.mutex_);
    disk_.Count();
    node_->synced = node_->written;
    return IOStatus::OK();
  }

  ForgetfulDisk& disk_;
  const std::shared_ptr<Node> node_;
};

class ForgetfulDisk::Directory : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(std::unique_ptr<rocksdb::FSDirectory>&& target, ForgetfulDisk& disk, std::string path)
      : FSDirectoryWrapper(std::move(target)), disk_(disk), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return SyncNames(); }
  IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*,
                               const rocksdb::DirFsyncOptions&) override {
    return SyncNames();
  }

 private:
  IOStatus SyncNames() {
    const std::lock_guard guard(disk_.mutex_);
    disk_.Count();
    ++disk_.syncs_[path_];
    if (path_ == disk_.directory_.lexically_normal().string()) {
      disk_.durable_ = disk_.live_;
      disk_.changes_.clear();
    }
    return IOStatus::OK();
  }

  ForgetfulDisk& disk_;
  const std::string path_;
};

ForgetfulDisk::ForgetfulDisk(fs::path directory, fs::path shadow)
    : FileSystemWrapper(rocksdb::FileSystem::Default()),
      directory_(std::move(directory)),
      shadow_(std::move(shadow)) {
  std::error_code none;
  for (const auto& file : fs::directory_iterator(directory_, none)) {
    auto node = std::make_shared<Node>();
    node->shadow = shadow_ / std::to_string(nodes_++);
    node->written = node->synced = file.file_size();
    fs::create_hard_link(file.path(), node->shadow);
    live_[file.path().filename().string()] = node;
  }
  durable_ = live_;
}

void ForgetfulDisk::CutBefore(std::uint64_t operation, std::function<void()> cut) {
  const std::lock_guard guard(mutex_);
  cut_before_ = operation;
  cut_ = std::move(cut);
}

std::uint64_t ForgetfulDisk::operations() const {
  const std::lock_guard guard(mutex_);
  return operations_;
}

int ForgetfulDisk::SyncsOf(const fs::path& directory) const {
  const std::lock_guard guard(mutex_);
  const auto found = syncs_.find(directory.lexically_normal().string());
  return found == syncs_.end() ? 0 : found->second;
}

void ForgetfulDisk::Count() {
  if (++operations_ == cut_before_ && cut_) std::exchange(cut_, nullptr)();
}

void ForgetfulDisk::Change(NameChange change) {
  change(live_);
  changes_.push_back(std::move(change));
}

bool ForgetfulDisk::IsOurs(const std::string& path) const {
  return fs::path(path).parent_path().lexically_normal() == directory_.lexically_normal();
}

ForgetfulDisk::Forgotten ForgetfulDisk::CutPower(const fs::path& into, Random& random) const {
  const std::lock_guard guard(mutex_);
  const auto below = [&](std::uint64_t limit) { return random.Next() % limit; };
  Forgotten forgotten;
  Names names = durable_;
  const std::uint64_t kept = below(2) == 0 ? 0 : below(changes_.size() + 1);
  for (std::uint64_t i = 0; i < kept; ++i) changes_[i](names);
  forgotten.names = changes_.size() - kept;
  fs::create_directories(into);
  for (const auto& [name, node] : names) {
    const std::uint64_t unsynced = node->written - node->synced;
    const std::uint64_t more = below(2) == 0 ? 0 : below(unsynced + 1);
    const bool zeros = below(4) == 0;
    forgotten.bytes += zeros ? unsynced : unsynced - more;
    std::string bytes(node->synced + more, '\0');
    std::ifstream in(node->shadow, std::ios::binary);
    in.read(bytes.data(), static_cast<std::streamsize>(zeros ? node->synced : bytes.size()));
    std::ofstream(into / name, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  return forgotten;
}

IOStatus ForgetfulDisk::NewWritableFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSWritableFile>* file,
                                        IODebugContext* debug) {
  const std::lock_guard guard(mutex_);
  Count();
  if (!IsOurs(name)) return FileSystemWrapper::NewWritableFile(name, options, file, debug);
  // Not truncated but made anew: what had this name may come back.
  std::error_code none;
  fs::remove(name, none);
  std::unique_ptr<rocksdb::FSWritableFile> target;
  auto status = FileSystemWrapper::NewWritableFile(name, options, &target, debug);
  if (!status.ok()) return status;
  auto node = std::make_shared<Node>();
  node->shadow = shadow_ / std::to_string(nodes_++);
  fs::create_hard_link(name, node->shadow);
  Change([key = fs::path(name).filename().string(), node](Names& names) { names[key] = node; });
  *file = std::make_unique<File>(std::move(target), *this, node);
  return status;
}

// RocksDB as we open it does neither: should it begin to, the tests say so.
IOStatus ForgetfulDisk::ReopenWritableFile(const std::string& name, const rocksdb::FileOptions&,
                                           std::unique_ptr<rocksdb::FSWritableFile>*,
                                           IODebugContext*) {
  return IOStatus::NotSupported("ReopenWritableFile", name);
}
IOStatus ForgetfulDisk::ReuseWritableFile(const std::string& name, const std::string&,
                                          const rocksdb::FileOptions&,
                                          std::unique_ptr<rocksdb::FSWritableFile>*,
                                          IODebugContext*) {
  return IOStatus::NotSupported("ReuseWritableFile", name);
}

IOStatus ForgetfulDisk::NewDirectory(const std::string& name, const IOOptions& options,
                                     std::unique_ptr<rocksdb::FSDirectory>* directory,
                                     IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> target;
  auto status = FileSystemWrapper::NewDirectory(name, options, &target, debug);
  if (status.ok()) {
    *directory = std::make_unique<Directory>(std::move(target), *this,
                                             fs::path(name).lexically_normal().string());
  }
  return status;
}

IOStatus ForgetfulDisk::DeleteFile(const std::string& name, const IOOptions& options,
                                   IODebugContext* debug) {
  const std::lock_guard guard(mutex_);
  Count();
  auto status = FileSystemWrapper::DeleteFile(name, options, debug);
  if (status.ok() && IsOurs(name)) {
    Change([key = fs::path(name).filename().string()](Names& names) { names.erase(key); });
  }
  return status;
}

IOStatus ForgetfulDisk::RenameFile(const std::string& from, const std::string& to,
                                   const IOOptions& options, IODebugContext* debug) {
  const std::lock_guard guard(mutex_);
  Count();
  auto status = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (status.ok() && IsOurs(from)) {
    Change([old_key = fs::path(from).filename().string(),
            key = fs::path(to).filename().string()](Names& names) {
      const auto found = names.find(old_key);
      if (found == names.end()) return;
      names[key] = found->second;
      names.erase(old_key);
    });
  }
  return status;
}

}  // namespace roster::crash
