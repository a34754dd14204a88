#include "daemon/engine/limits.h"

namespace roster::engine {
namespace {

constexpr Duration kTellEvery = std::chrono::minutes(1);

struct Words {
  const char* word;
  const char* sentence;
};

// In the order of Limit.
constexpr std::array<Words, kLimits> kWords{{
    {"frames",
     "Messages that were empty or of several frames were dropped. Whoever sends them speaks "
     "another protocol."},
    {"answers",
     "Answers were dropped: a client or worker asks on and does not read what it is sent."},
    {"unread",
     "Connections of clients or workers were ended: all together left too many answers unread."},
    {"events",
     "A subscriber does not keep up. It loses events, and gets them when it asks for a replay."},
    {"topics",
     "Connections of subscribers were ended: they subscribed to too many topics. school. is enough "
     "for all of a school."},
    {"connections",
     "Connections were ended: there are too many. Look for a client, subscriber or worker that "
     "connects again and again."},
    {"messages", "Messages were not understood, and were answered so."},
    {"step", "More was asked at once than is answered at once. The rest waited its turn."},
    {"workers", "Workers were refused: too many have been here in the last minutes."},
    {"names", "Names of workers were refused: one process may work under 64 of them."},
    {"held",
     "A worker got fewer tasks than it asked for: a process may hold 1,000 that are not reported."},
    {"lapsed",
     "A worker let leases run out. It gets one task at a time until it reports something."},
    {"replies",
     "More than 100,000 commands came to one school within a day: the oldest can no longer be "
     "repeated. Look for a client that sends commands again and again."},
    {"refusals",
     "More kinds of refused requests than are told apart came in one minute. They were refused, "
     "and "
     "those over the limit are not in the journal. Look at who tries what they may not."},
}};

}  // namespace

void Limits::Take(const bus::Bus::Counters& counters) {
  const std::pair<Limit, std::uint64_t> all[] = {
      {Limit::kFrames, counters.dropped_in}, {Limit::kAnswers, counters.dropped_full},
      {Limit::kUnread, counters.cut_unread}, {Limit::kEvents, counters.events_late},
      {Limit::kTopics, counters.cut_topics}, {Limit::kConnections, counters.cut_peers},
  };
  for (const auto& [limit, times] : all) counts_[Index(limit)].times = times;
}

std::vector<model::LimitReached> Limits::ToTell(Time now, Duration steady) {
  std::vector<model::LimitReached> tell;
  for (std::size_t i = 0; i < kLimits; ++i) {
    Count& count = counts_[i];
    if (count.times > count.noted) {
      count.noted = count.times;
      count.last = now;
    }
    const bool may_tell = !count.told_at || steady - *count.told_at >= kTellEvery;
    if (count.times == count.told || !may_tell) continue;
    count.told = count.times;
    count.told_at = steady;
    tell.push_back(Of(i));
  }
  return tell;
}

std::vector<model::LimitReached> Limits::All() const {
  std::vector<model::LimitReached> all;
  for (std::size_t i = 0; i < kLimits; ++i) {
    if (counts_[i].times > 0) all.push_back(Of(i));
  }
  return all;
}

std::vector<model::LimitReached> Limits::Each() const {
  std::vector<model::LimitReached> each;
  for (std::size_t i = 0; i < kLimits; ++i) each.push_back(Of(i));
  return each;
}

model::LimitReached Limits::Of(std::size_t index) const {
  const Count& count = counts_[index];
  return {kWords[index].word, count.times, count.last, kWords[index].sentence};
}

}  // namespace roster::engine
