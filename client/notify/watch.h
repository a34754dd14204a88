#pragma once

// One rule in one school: which entries are to be told, when, and together with which. Without I/O
// and without a clock. Its State is on disk before anything is told (state.h).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/notify/config.h"
#include "client/notify/schedule.h"
#include "roster/v1/journal.pb.h"

namespace roster::notify {

namespace v1 = ::roster::v1;

// What is being told, or was tried in vain: the same again until it is delivered or given up.
struct Parcel {
  enum class Kind : std::uint8_t { kEntries = 1, kReminder = 2 };
  Kind kind = Kind::kEntries;
  std::uint64_t number = 0;  // of a reminder, from 1; its first and last entry alone don't name it
  std::vector<v1::Entry> entries;  // in order; never empty
  std::uint32_t attempts = 0;      // begun; a crash in one counts here alone
  std::uint32_t failures = 0;      // that ended, without success
  Time next_at{};                  // not before
};

struct State {
  struct Pending {
    v1::Entry entry;
    Time since{};
  };
  // Something that awaits a person (matters.h).
  struct Open {
    v1::Entry entry;
    std::optional<Time> told_at;  // last
  };

  std::uint64_t seq = 0;  // the last entry that was taken in
  std::string hash;       // of its bytes; "": not known
  std::uint32_t rejected_in_a_row = 0;
  std::uint64_t reminders = 0;  // so far
  std::vector<Pending> pending;
  std::vector<Open> open;
  std::optional<Parcel> sending;
};

// Reading the journal pauses from here on, until some are told. Nothing is lost: it is all kept
// there.
inline constexpr std::size_t kPendingMax = 1000;
inline constexpr std::size_t kTogetherMax = 500;    // entries in one digest
inline constexpr std::size_t kMailEntriesMax = 50;  // entries in one mail that is no digest
inline constexpr std::size_t kOpenMax = 1000;       // that reminders are sent of; the newest

class Watch {
 public:
  // Both outlive it.
  Watch(const Rule& rule, Zone zone, State& state) : rule_(rule), zone_(zone), state_(state) {}

  // The next entry of the journal. False: it is of a type that this program does not know, and is
  // passed by. `hash`: of its bytes.
  bool OnEntry(const v1::Entry& entry, const std::string& hash, Time now);

  // No more entries now.
  bool Full() const { return state_.pending.size() >= kPendingMax; }

  // What to tell now, with a try begun; nullptr: nothing. It is State::sending, which is to be on
  // disk before it is told. `random` in [0, 1) is for the time until the next try.
  const Parcel* Next(Time now, double random);

  void OnDelivered(Time now);
  // It failed, and comes again; not before `later` from now, where the target says so.
  void OnFailed(Time now, std::optional<std::chrono::seconds> later);
  // All tries have failed: it is to be kept as a dead letter, and then given up.
  bool Exhausted() const { return state_.sending && state_.sending->failures >= rule_.tries; }
  void GiveUp(Time now) { OnDelivered(now); }
  // The try did not end because this program does; it does not count.
  void OnInterrupted(Time now);

  // Whether an entry still awaits somebody, as far as is known.
  bool IsOpen(std::uint64_t seq) const;

 private:
  bool Wants(const v1::Entry& entry, bool awaits) const;
  bool Collect(Time now);
  bool Remind(Time now);

  const Rule& rule_;
  Zone zone_;
  State& state_;
};

}  // namespace roster::notify
