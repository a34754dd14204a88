#include "tests/crash/disk_on_demand.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

namespace roster::crash {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

constexpr auto kSlowSync = std::chrono::milliseconds(700);

class Disk : public rocksdb::FileSystemWrapper {
 public:
  explicit Disk(std::string word)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), word_(std::move(word)) {}
  const char* Name() const override { return "DiskOnDemand"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    if (auto refused = Refusal(); !refused.ok()) return refused;
    std::unique_ptr<rocksdb::FSWritableFile> target;
    auto status = FileSystemWrapper::NewWritableFile(name, options, &target, debug);
    if (status.ok()) *file = std::make_unique<File>(std::move(target), *this);
    return status;
  }
  IOStatus DeleteFile(const std::string& name, const IOOptions& options,
                      IODebugContext* debug) override {
    if (Word() == "read-only") return ReadOnly();
    return FileSystemWrapper::DeleteFile(name, options, debug);
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    if (auto refused = Refusal(); !refused.ok()) return refused;
    return FileSystemWrapper::RenameFile(from, to, options, debug);
  }

  // As the machine's own adapter words them (errno's text).
  static IOStatus ReadOnly() { return IOStatus::IOError("While writing", "Read-only file system"); }
  IOStatus Refusal() const {
    const std::string word = Word();
    if (word == "full") return IOStatus::NoSpace("While writing", "No space left on device");
    if (word == "read-only") return ReadOnly();
    return IOStatus::OK();
  }
  void WaitIfSlow() const {
    if (Word() == "slow") std::this_thread::sleep_for(kSlowSync);
  }

 private:
  class File : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile>&& target, const Disk& disk)
        : FSWritableFileOwnerWrapper(std::move(target)), disk_(disk) {}
    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                    IODebugContext* debug) override {
      if (auto refused = disk_.Refusal(); !refused.ok()) return refused;
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                    const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
      if (auto refused = disk_.Refusal(); !refused.ok()) return refused;
      return FSWritableFileOwnerWrapper::Append(data, options, info, debug);
    }
    IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
      disk_.WaitIfSlow();
      return FSWritableFileOwnerWrapper::Sync(options, debug);
    }

   private:
    const Disk& disk_;
  };

  std::string Word() const {
    std::ifstream file(word_);
    std::string word;
    file >> word;
    return word;
  }

  const std::string word_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> DiskOnDemand() {
  const char* word = std::getenv("ROSTER_DISK");
  return word == nullptr ? nullptr : std::make_shared<Disk>(word);
}

}  // namespace roster::crash
