#pragma once

// The seam to the backup thread: the engine starts a run, goes on, and takes its end.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/backup.h"

namespace roster::engine {

struct BackupEnd {
  struct Made {
    model::Backup backup;
    std::uint64_t removed = 0;  // older ones
    std::string problem;        // to be looked at all the same; or ""
  };
  std::uint64_t run = 0;
  Result<Made> made;
};

class Backups {
 public:
  virtual ~Backups() = default;

  // One at a time: the engine sees to it.
  virtual void Start(std::uint64_t run) = 0;

  // The end of a run, once.
  virtual std::optional<BackupEnd> Take() = 0;

  virtual model::BackupProgress Progress() const = 0;

  // Has what there is read anew: somebody may have removed some, or put some there.
  virtual void Look() = 0;

  // What there is, the newest first: as at the start, the last look, or the end of the last run.
  virtual std::vector<model::Backup> All() const = 0;
};

}  // namespace roster::engine
