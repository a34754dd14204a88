// Makes a data directory to be kept: `keep-format DIRECTORY`, once for each format, by the version
// that releases it. See tests/data/formats/README.md.

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "daemon/store/rocks_store.h"
#include "tests/unit/formats/story.h"

namespace {

namespace fs = std::filesystem;
using roster::store::Family;

bool Write(const roster::store::Store& from, const fs::path& directory) {
  auto opened = roster::store::RocksStore::Open(directory);
  if (!opened) {
    std::cerr << opened.error().message << "\n";
    return false;
  }
  // A part in table files, the rest in the log: both are the format.
  for (const Family family :
       {Family::kReview, Family::kJournal, Family::kWork, Family::kReplies, Family::kMeta}) {
    for (auto at = from.Scan(family, "", ""); at->Valid(); at->Next()) {
      roster::store::Batch batch;
      batch.Put(family, std::string(at->key()), std::string(at->value()));
      if (!(*opened)->Commit(batch, true)) return false;
    }
    if (family == Family::kJournal && !(*opened)->Flush()) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc != 2 || fs::exists(argv[1])) {
    std::cerr << "keep-format DIRECTORY, one that is not there yet\n";
    return 2;
  }
  roster::engine::Desk desk;
  roster::formats::Play(desk);
  if (::testing::UnitTest::GetInstance()->Failed() || !Write(desk.store, argv[1])) return 1;
  // What is no part of the format: it differs each time, and OPTIONS names this machine's paths.
  for (const auto& file : fs::directory_iterator(argv[1])) {
    const std::string name = file.path().filename();
    if (name.starts_with("LOG") || name == "LOCK" || name.starts_with("OPTIONS")) {
      fs::remove(file.path());
    }
  }
  return 0;
}
