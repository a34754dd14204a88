#pragma once

// The seam to the poll threads: the engine starts a poll, goes on, and takes what came of it.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/change.h"
#include "daemon/model/poll.h"
#include "daemon/model/quota_state.h"
#include "daemon/source/source.h"
#include "daemon/store/store.h"

namespace roster::engine {

struct PollJob {
  SchoolId school;
  PollId poll;
  std::shared_ptr<const store::Reader> stored;  // as it was when the poll began
  source::LastGood last_good;
  std::uint64_t last_good_accounts = 0;
  double shrink_max = 0.2;  // share, 0..1: of the site's list, as of FACTS's
  // Examine what the last poll brought, if that is still at hand; else read everything.
  bool reuse = false;
};

// Tells accounts apart in 8 bytes; two may share one, once in a very long while.
std::uint64_t AccountMark(const AccountId& account);

// What a poll found: only what differs from what was stored when it began.
struct Findings {
  std::vector<model::Change> changed;  // by person
  std::vector<PersonId> removed;       // stored rows of persons no longer among everybody
  std::vector<model::DuplicateGroup> groups_changed;  // by key, without ids
  std::vector<Fingerprint> groups_removed;            // stored groups that are no longer
  bool reused = false;                                // nothing was read: see PollJob::reuse
  std::vector<std::pair<std::string, std::uint64_t>> notices;
  std::uint64_t members = 0;  // PersonFamily rows
  std::uint64_t ties = 0;     // ParentStudent rows
  std::uint64_t families = 0;
  std::vector<model::Link> recorded;  // accounts that carry a person's external id (rules, 14)
  std::vector<std::pair<std::string, std::uint64_t>> unknown_words;
  std::uint64_t people = 0;
  std::uint64_t students = 0;
  std::uint64_t accounts = 0;
  std::uint64_t unowned_accounts = 0;
  std::optional<Time> accounts_as_of;                               // model::Accounts::as_of
  std::shared_ptr<const std::vector<std::uint64_t>> account_marks;  // of all accounts; AccountMark
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  std::uint64_t rows_rejected = 0;
  std::vector<model::RejectedRow> rejected;
};

struct PollEnd {
  enum class Side { kSource, kSite };

  SchoolId school;
  PollId poll;
  Side failed_side = Side::kSource;  // where an error came from; kSite: FACTS was read whole
  Result<Findings> findings;
  source::Rejected rejected = {};  // beside an error
};

// Where a running poll is.
struct PollProgress {
  std::string phase;
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: unknown
};

class Polls {
 public:
  virtual ~Polls() = default;

  // At most one poll of a school at a time: the engine sees to it.
  virtual void Start(PollJob job) = 0;

  // The polls that have ended since the last call.
  virtual std::vector<PollEnd> Take() = 0;

  virtual PollProgress Progress(const SchoolId& school) = 0;
};

}  // namespace roster::engine
