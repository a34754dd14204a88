#include "client/notify/put_back.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "client/follow.h"

namespace roster::notify {
namespace {

using client::Answer;

constexpr std::uint64_t kSlice = 1000;  // entries that are read together

// The bytes of the entries after `since`, up to `last`; fewer: rosterd gives no more.
Answer<std::vector<std::string>> Read(std::uint64_t since, std::uint64_t last,
                                      const Replay& replay) {
  std::vector<std::string> entries;
  while (since + entries.size() < last) {
    const std::uint64_t from = since + entries.size();
    CLIENT_ASSIGN(const v1::ReplayReply reply,
                  replay(from, static_cast<std::uint32_t>(last - from)));
    if (reply.entries().empty()) break;
    entries.insert(entries.end(), reply.entries().begin(), reply.entries().end());
  }
  return entries;
}

}  // namespace

EntryTime TimeOf(const v1::Entry& entry) {
  constexpr std::int64_t kSecondsMax = 9'000'000'000;  // what the type holds, and the year 2255
  const std::int64_t seconds = std::clamp<std::int64_t>(entry.at().seconds(), 0, kSecondsMax);
  return EntryTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(entry.at().nanos()));
}

Answer<std::optional<PutBack>> FindPutBack(const std::string& school, std::uint64_t known,
                                           EntryTime at, const Replay& replay) {
  CLIENT_ASSIGN(const v1::ReplayReply now, replay(known, 1));
  std::optional<PutBack> first;  // of those that are later than what was known, as far as was read
  const auto explains = [](std::optional<PutBack> found) {
    return found && found->restored.has_restored() ? std::move(found) : std::nullopt;
  };
  std::uint64_t last = std::min(known, now.head());
  while (last > 0) {
    const std::uint64_t since = last - std::min(last, kSlice);
    CLIENT_ASSIGN(const auto entries, Read(since, last, replay));
    if (entries.size() != last - since) return std::nullopt;
    for (std::uint64_t seq = last; seq > since; --seq) {
      const std::string& bytes = entries.at(seq - since - 1);
      v1::Entry entry;
      if (!entry.ParseFromString(bytes) || entry.seq() != seq || entry.school() != school) {
        return std::nullopt;
      }
      if (TimeOf(entry) <= at) return explains(std::move(first));
      first = PutBack{std::move(entry), client::EntryHash(bytes)};
    }
    last = since;
  }
  return explains(std::move(first));
}

}  // namespace roster::notify
