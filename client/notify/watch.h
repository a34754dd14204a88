#pragma once

// One rule in one school: which entries are to be told, when, and together with which. Without I/O
// and without a clock. Its State is on disk before anything is told (state.h).

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client/notify/config.h"
#include "client/notify/matters.h"
#include "client/notify/put_back.h"
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
  std::vector<std::string> to;     // of mail: who of the rule's recipients lacks it; empty: all
};

// 16 hex digits that name what is told: the same at every try, and of nothing else, even where a
// restore gave the numbers of entries out again. `of`: told apart by it, too.
std::string NameOf(const Parcel& parcel, std::string_view of);

// Whom a mail is for: of the rule's recipients, as they are now, those who lack it.
std::vector<std::string> RecipientsOf(const Parcel& parcel, const std::vector<std::string>& rules);

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
  // Of a kind, as RequestRefused tells them: who, what, why.
  struct Refusal {
    std::string actor;
    std::string request;
    std::string reason;
    std::uint64_t seq = 0;  // of the entry that was told
    Time told_at{};         // that entry's time
    Time last_at{};         // of the last entry that was like it
    bool known = false;     // acknowledged
  };

  std::uint64_t seq = 0;  // the last entry that was taken in
  std::string hash;       // of its bytes; "": not known
  EntryTime at{};         // of that entry; an older version did not write it: 0
  std::uint32_t rejected_in_a_row = 0;
  std::uint64_t reminders = 0;  // so far
  std::vector<Pending> pending;
  std::vector<Open> open;
  std::optional<Parcel> sending;
  std::vector<Parcel> aside;  // others have them: for whom the mail server refused, each on its own
  std::map<std::uint64_t, PlanTraits> plans;  // the newest that were prepared
  std::vector<Refusal> refusals;              // that came within a day
};

// Reading the journal pauses from here on, until some are told. Nothing is lost: it is all kept
// there.
inline constexpr std::size_t kPendingMax = 1000;
inline constexpr std::size_t kTogetherMax = 500;    // entries in one digest
inline constexpr std::size_t kMailEntriesMax = 50;  // entries in one mail that is no digest
inline constexpr std::size_t kOpenMax = 1000;       // that reminders are sent of; the newest
inline constexpr std::size_t kAsideMax = 100;       // beyond, the oldest is given up
inline constexpr std::size_t kPlansMax = 100;
inline constexpr std::size_t kRefusalsMax = 1000;  // whose like is not told again
inline constexpr std::chrono::hours kRefusalAgain{24};
// What nobody approved by then has expired, by the default of rosterd's plan_ttl: no entry says so.
inline constexpr std::chrono::hours kPlanLife{14 * 24};

class Watch {
 public:
  // Both outlive it.
  Watch(const Rule& rule, Zone zone, State& state) : rule_(rule), zone_(zone), state_(state) {}

  // The next entry of the journal. False: it is of a type that this program does not know, and is
  // passed by. `hash`: of its bytes.
  bool OnEntry(const v1::Entry& entry, const std::string& hash, Time now);

  // The journal was put back, and goes on with this Restored under a number that was known. It is
  // told whatever the rule wants, since what was told of the numbers from there on counts no more;
  // none of that awaits anybody any longer. What is on its way is told all the same.
  void OnPutBack(const PutBack& back, Time now);

  // No more entries now.
  bool Full() const { return state_.pending.size() >= kPendingMax; }

  // The journal is followed no more: what is held is told without waiting for the digest's time,
  // in quiet hours alone it is not, and nothing is reminded of anew. `tries` failures are for all
  // of it together: from then on what fails once is given up, so that it ends though nobody is
  // there.
  void Close() { closing_ = true; }
  // Entries that are pending, on their way or set aside.
  std::size_t Held() const;

  // Whether what is told next has something that the school's status, as it is now, may show to be
  // done: OnStatus hears it.
  bool AsksStatus(Time now) const;
  void OnStatus(const v1::SchoolStatus& status);

  // What to tell now, with a try begun; nullptr: nothing. It is part of the State, which is to be
  // on disk before it is told. `random` in [0, 1) is for the time until the next try. What follows
  // is about the parcel that Next or Exhausted gave last.
  const Parcel* Next(Time now, double random);
  // Which of its entries still await somebody, as far as is known.
  std::set<std::uint64_t> Awaiting() const;

  // `refused`: who does not have it; they are tried on their own, and hold up nobody else.
  void OnDelivered(Time now, const std::vector<std::string>& refused = {});
  // It failed, and comes again; not before `later` from now, where the target says so.
  void OnFailed(Time now, std::optional<std::chrono::seconds> later);
  // All tries have failed: it is to be kept as a dead letter, and then given up. nullptr: none.
  const Parcel* Exhausted();
  void GiveUp(Time now) { OnDelivered(now); }
  // The try did not end because this program does; it does not count.
  void OnInterrupted(Time now);

  // Whether an entry still awaits somebody, as far as is known.
  bool IsOpen(std::uint64_t seq) const;

 private:
  bool TakeIn(const v1::Entry& entry, const std::string& hash, Time now, bool in_any_case);
  bool Wants(const v1::Entry& entry, bool awaits) const;
  bool IsNews(const v1::Entry& refused);
  void Remember(const v1::Entry& entry);
  void Forget(Time now);
  std::size_t Together(Time now) const;
  bool Collect(Time now);
  bool IsOverdue(const State::Open& open, Time now) const;  // of a rule that reminds
  bool IsReminderDue(Time now) const;
  bool Remind(Time now);
  PlanTraits TraitsOf(const v1::Entry& opened) const;
  bool IsDue(const Parcel& parcel, Time now) const;
  Parcel* Current();
  std::uint32_t Tries() const;

  const Rule& rule_;
  Zone zone_;
  State& state_;
  std::optional<std::size_t> aside_;  // of State::aside; nullopt: State::sending
  bool closing_ = false;
  std::uint32_t closing_failures_ = 0;  // of State::sending; one recipient's own are no sign
};

}  // namespace roster::notify
