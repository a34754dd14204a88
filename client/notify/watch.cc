#include "client/notify/watch.h"

#include <algorithm>
#include <utility>

#include "client/event_text.h"
#include "client/notify/matters.h"

namespace roster::notify {
namespace {

using std::chrono::seconds;

}  // namespace

bool Watch::Wants(const v1::Entry& entry, bool awaits) const {
  switch (rule_.which) {
    case Rule::Which::kAwaiting:
      return awaits;
    case Rule::Which::kAll:
      return true;
    case Rule::Which::kTypes:
      return rule_.types.contains(client::EventName(entry));
  }
  return false;
}

bool Watch::OnEntry(const v1::Entry& entry, const std::string& hash, Time now) {
  if (entry.seq() <= state_.seq) return true;  // known
  state_.seq = entry.seq();
  state_.hash = hash;
  if (entry.event_case() == v1::Entry::EVENT_NOT_SET) return false;
  if (entry.has_poll_rejected()) ++state_.rejected_in_a_row;
  if (entry.has_poll_completed()) state_.rejected_in_a_row = 0;

  std::erase_if(state_.open, [&](const State::Open& open) {
    if (!Settles(entry, open.entry)) return false;
    // What was known then and goes on all the same is told again, when it is as many.
    const bool known = entry.has_acknowledged() && open.entry.has_poll_rejected();
    if (known) state_.rejected_in_a_row = 0;
    return true;
  });
  const bool awaits = Awaits(entry, state_.rejected_in_a_row, rule_.poll_rejected_after);
  if (!Wants(entry, awaits)) return true;
  state_.pending.push_back({entry, now});
  if (awaits) {
    state_.open.push_back({entry, std::nullopt});
    if (state_.open.size() > kOpenMax) {
      // The oldest goes; of refusals first, which strangers can make many of.
      auto goes = std::find_if(state_.open.begin(), state_.open.end(), [](const State::Open& open) {
        return open.entry.has_request_refused();
      });
      if (goes == state_.open.end()) goes = state_.open.begin();
      state_.open.erase(goes);
    }
  }
  return true;
}

bool Watch::IsOpen(std::uint64_t seq) const {
  return std::any_of(state_.open.begin(), state_.open.end(),
                     [seq](const State::Open& open) { return open.entry.seq() == seq; });
}

// What is pending becomes a parcel, if it is time.
bool Watch::Collect(Time now) {
  if (state_.pending.empty()) return false;
  std::size_t count = rule_.mail ? kMailEntriesMax : 1;
  if (rule_.digest) {
    // Set back, the clock does not make anybody wait for longer than the digest's time.
    const bool due = now >= state_.pending.front().since + *rule_.digest ||
                     now < state_.pending.front().since || state_.pending.size() >= kTogetherMax;
    if (!due) return false;
    count = kTogetherMax;
  }
  count = std::min(count, state_.pending.size());
  Parcel parcel;
  for (std::size_t i = 0; i < count; ++i)
    parcel.entries.push_back(std::move(state_.pending[i].entry));
  state_.pending.erase(state_.pending.begin(),
                       state_.pending.begin() + static_cast<std::ptrdiff_t>(count));
  state_.sending = std::move(parcel);
  return true;
}

// Once one of those that were told is old enough, all of them are named again.
bool Watch::Remind(Time now) {
  if (!rule_.remind) return false;
  const auto due = [&](const State::Open& open) {
    return open.told_at && Nags(open.entry) &&
           (now >= *open.told_at + *rule_.remind || now < *open.told_at - *rule_.remind);
  };
  if (std::none_of(state_.open.begin(), state_.open.end(), due)) return false;
  Parcel parcel;
  parcel.kind = Parcel::Kind::kReminder;
  parcel.number = ++state_.reminders;
  for (const State::Open& open : state_.open) {
    if (!open.told_at || !Nags(open.entry)) continue;
    if (parcel.entries.size() < kTogetherMax) parcel.entries.push_back(open.entry);
  }
  state_.sending = std::move(parcel);
  return true;
}

const Parcel* Watch::Next(Time now, double random) {
  if (rule_.quiet && IsQuiet(*rule_.quiet, zone_, now)) return nullptr;
  if (state_.sending && state_.sending->kind == Parcel::Kind::kReminder) {
    // What has been settled or acknowledged since nags no more.
    std::erase_if(state_.sending->entries,
                  [this](const v1::Entry& entry) { return !IsOpen(entry.seq()); });
    if (state_.sending->entries.empty()) state_.sending.reset();
  }
  if (!state_.sending && !Collect(now) && !Remind(now)) return nullptr;
  Parcel& parcel = *state_.sending;
  // A clock that was set back does not hold a parcel for longer than any backoff is.
  const bool early = now < parcel.next_at && parcel.next_at - now <= std::chrono::hours(1);
  if (early || Exhausted()) return nullptr;
  ++parcel.attempts;
  parcel.next_at = now + Backoff(parcel.attempts - 1, random);
  return &parcel;
}

void Watch::OnDelivered(Time now) {
  if (!state_.sending) return;
  for (const v1::Entry& entry : state_.sending->entries) {
    for (State::Open& open : state_.open) {
      if (open.entry.seq() == entry.seq()) open.told_at = now;
    }
  }
  std::erase_if(state_.open,
                [](const State::Open& open) { return open.told_at && !Nags(open.entry); });
  state_.sending.reset();
}

void Watch::OnFailed(Time now, std::optional<seconds> later) {
  if (!state_.sending) return;
  ++state_.sending->failures;
  if (!later) return;
  state_.sending->next_at =
      std::max(state_.sending->next_at, now + std::min<seconds>(*later, std::chrono::hours(1)));
}

void Watch::OnInterrupted(Time now) {
  if (!state_.sending) return;
  --state_.sending->attempts;
  state_.sending->next_at = now;
}

}  // namespace roster::notify
