#pragma once

// The seam to the disk: an ordered map in a few families, written by atomic batches.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace roster::store {

// Written in stone: a family's name is part of the format.
enum class Family : std::uint8_t {
  kMeta = 0,     // format, school heads, quotas
  kReview = 1,   // changes, indexes, links, decisions
  kWork = 2,     // polls, plans, items, tasks
  kJournal = 3,  // entries, person index
  kReplies = 4,  // replies kept for repeated commands
};
inline constexpr std::size_t kFamilies = 5;

// Goes through the keys of one range in order. Not thread-safe. Views live until Next().
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual bool Valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual void Next() = 0;
  // kCorrupt or kUnavailable when the scan ended before its range did. Ask after the last Next().
  virtual Result<void> status() const = 0;
};

// Thread-safe.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual Result<std::optional<std::string>> Get(Family family, std::string_view key) const = 0;
  // Keys in [begin, end); an empty end means: to the last key.
  virtual std::unique_ptr<Cursor> Scan(Family family, std::string_view begin,
                                       std::string_view end) const = 0;
};

struct Batch {
  struct Write {
    Family family;
    std::string key;
    std::optional<std::string> value;  // nullopt: delete
  };
  std::vector<Write> writes;

  void Put(Family family, std::string key, std::string value) {
    writes.push_back({family, std::move(key), std::move(value)});
  }
  void Delete(Family family, std::string key) {
    writes.push_back({family, std::move(key), std::nullopt});
  }
};

class Store : public Reader {
 public:
  // Atomic. Durable (fsync) before it returns when `sync`; without, a power cut may take it, or a
  // part of it. Errors: Exhausted "disk-full" or "disk-read-only" (nothing was written; later
  // commits may succeed when there is room), Unavailable "disk", Corrupt. One thread at a time.
  virtual Result<void> Commit(const Batch& batch, bool sync) = 0;
  // The state as it is now, for other threads; holds back compaction while it lives.
  virtual std::unique_ptr<Reader> Snapshot() const = 0;

  // Begins to remove from the disk what was deleted or replaced so far, where a store keeps such
  // bytes; in the background. One at a time: ended by TakePurged(). The committing thread.
  virtual void StartPurge() {}
  // How the purge has ended; nullopt: it goes on. Errors: Unavailable "held-back" (somebody reads
  // an older state: later), those of Commit.
  virtual std::optional<Result<void>> TakePurged() { return Result<void>(); }
};

}  // namespace roster::store
