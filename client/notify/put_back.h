#pragma once

// Whether a journal that is not the one that was known was put back from a backup.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "client/failure.h"
#include "roster/v1/control.pb.h"
#include "roster/v1/journal.pb.h"

namespace roster::notify {

namespace v1 = ::roster::v1;

// Of an entry, in full: an entry and the Restored after it may be of the same second.
using EntryTime = std::chrono::sys_time<std::chrono::nanoseconds>;
EntryTime TimeOf(const v1::Entry& entry);

struct PutBack {
  v1::Entry restored;
  std::string hash;  // of its bytes
};

// Replay{since, limit}. May answer with fewer entries than `limit`, where they are large.
using Replay = std::function<client::Answer<v1::ReplayReply>(std::uint64_t since,  //
                                                             std::uint32_t limit)>;

// The Restored that explains why the entry `known`, of the time `at`, is another one now or is not
// there: what is left of the journal that was known is no later than `at`, and the first later
// entry is that Restored. nullopt: nothing explains it. Reads back from `known`, no further than
// that. Fails as `replay` does.
client::Answer<std::optional<PutBack>> FindPutBack(const std::string& school, std::uint64_t known,
                                                   EntryTime at, const Replay& replay);

}  // namespace roster::notify
