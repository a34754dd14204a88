#include "client/notify/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/event_text.h"
#include "client/follow.h"
#include "client/format.h"

namespace roster::notify {
namespace {

using std::chrono::seconds;

Time AtOf(const v1::Entry& entry) { return Time(seconds(entry.at().seconds())); }

}  // namespace

std::string NameOf(const Parcel& parcel, std::string_view of) {
  std::string name = fmt::format("{}/{}/{}", of, static_cast<int>(parcel.kind), parcel.number);
  // A reminder's entries become fewer while it is tried.
  if (parcel.kind == Parcel::Kind::kEntries) {
    for (const v1::Entry& entry : parcel.entries) {
      // The first after a restore has the number and the predecessor of one that is no more.
      name += fmt::format("/{}/{}.{}/", entry.seq(), entry.at().seconds(), entry.at().nanos());
      name += client::Hex(entry.previous());
    }
  }
  return client::Hex(client::EntryHash(name)).substr(0, 16);
}

std::vector<std::string> RecipientsOf(const Parcel& parcel, const std::vector<std::string>& rules) {
  if (parcel.to.empty()) return rules;
  std::vector<std::string> to;
  std::copy_if(rules.begin(), rules.end(), std::back_inserter(to), [&](const std::string& one) {
    return std::find(parcel.to.begin(), parcel.to.end(), one) != parcel.to.end();
  });
  return to;
}

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

// Of refusals: whether it is more than the like of one that was told within a day. What was
// acknowledged is known for as long as it goes on, until none has come for a day.
bool Watch::IsNews(const v1::Entry& entry) {
  const v1::RequestRefused& event = entry.request_refused();
  const Time at = AtOf(entry);
  const auto is_over = [at](Time since) { return at >= since + kRefusalAgain; };
  // By the entries' own clock, and none of them is kept for ever when that was set back.
  std::erase_if(state_.refusals, [&](const State::Refusal& told) {
    return is_over(told.last_at) || at < told.told_at - kRefusalAgain;
  });
  const auto told =
      std::find_if(state_.refusals.begin(), state_.refusals.end(), [&](const State::Refusal& one) {
        return one.actor == entry.actor() && one.request == event.request() &&
               one.reason == event.reason();
      });
  if (told != state_.refusals.end() && (told->known || !is_over(told->told_at))) {
    told->last_at = std::max(told->last_at, at);
    return false;
  }
  if (told != state_.refusals.end()) state_.refusals.erase(told);
  if (state_.refusals.size() >= kRefusalsMax) {
    state_.refusals.erase(std::min_element(
        state_.refusals.begin(), state_.refusals.end(),
        [](const auto& one, const auto& other) { return one.last_at < other.last_at; }));
  }
  state_.refusals.push_back(
      {entry.actor(), event.request(), event.reason(), entry.seq(), at, at, false});
  return true;
}

// What later entries are judged by.
void Watch::Remember(const v1::Entry& entry) {
  if (entry.has_poll_rejected()) ++state_.rejected_in_a_row;
  if (entry.has_poll_completed()) state_.rejected_in_a_row = 0;
  if (entry.has_plan_prepared()) {
    const v1::PlanPrepared& plan = entry.plan_prepared();
    state_.plans[plan.plan()] = {plan.invitations(), plan.undo_of(), AtOf(entry)};
    if (state_.plans.size() > kPlansMax) state_.plans.erase(state_.plans.begin());
  }
  if (entry.has_restored()) state_.plans.clear();  // their numbers are given out again
  if (entry.has_acknowledged()) {
    for (State::Refusal& told : state_.refusals) {
      if (told.seq <= entry.acknowledged().seq()) told.known = true;
    }
  }
}

bool Watch::OnEntry(const v1::Entry& entry, const std::string& hash, Time now) {
  if (entry.seq() <= state_.seq) return true;  // known
  return TakeIn(entry, hash, now, false);
}

void Watch::OnPutBack(const PutBack& back, Time now) {
  const std::uint64_t from = back.restored.seq();
  std::erase_if(state_.open, [from](const State::Open& open) { return open.entry.seq() >= from; });
  std::erase_if(state_.refusals, [from](const State::Refusal& told) { return told.seq >= from; });
  state_.rejected_in_a_row = 0;
  TakeIn(back.restored, back.hash, now, true);
}

bool Watch::TakeIn(const v1::Entry& entry, const std::string& hash, Time now, bool in_any_case) {
  state_.seq = entry.seq();
  state_.hash = hash;
  state_.at = TimeOf(entry);
  if (entry.event_case() == v1::Entry::EVENT_NOT_SET) return false;
  std::erase_if(state_.open, [&](const State::Open& open) {
    if (!Settles(entry, open.entry, TraitsOf(open.entry))) return false;
    // What was known then and goes on all the same is told again, when it is as many.
    const bool known = entry.has_acknowledged() && open.entry.has_poll_rejected();
    if (known) state_.rejected_in_a_row = 0;
    return true;
  });
  Remember(entry);
  bool awaits = Awaits(entry, state_.rejected_in_a_row, rule_.poll_rejected_after);
  if (awaits && entry.has_request_refused()) awaits = IsNews(entry);
  if (!in_any_case && !Wants(entry, awaits)) return true;
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

// Of a plan that was prepared before we began, what is most often so.
PlanTraits Watch::TraitsOf(const v1::Entry& opened) const {
  const auto plan = state_.plans.find(PlanOf(opened));
  return plan == state_.plans.end() ? PlanTraits{false, 0, AtOf(opened)} : plan->second;
}

bool Watch::AsksStatus(Time now) const {
  if (rule_.quiet && IsQuiet(*rule_.quiet, zone_, now)) return false;
  const auto asks = [this](const v1::Entry& entry) {
    return NeedsStatus(entry, TraitsOf(entry)) && IsOpen(entry.seq());
  };
  if (state_.sending) {
    const auto& entries = state_.sending->entries;
    return IsDue(*state_.sending, now) && std::any_of(entries.begin(), entries.end(), asks);
  }
  if (const std::size_t count = Together(now); count > 0) {
    const auto first = state_.pending.begin();
    return std::any_of(first, first + static_cast<std::ptrdiff_t>(count),
                       [&](const State::Pending& pending) { return asks(pending.entry); });
  }
  return IsReminderDue(now) &&
         std::any_of(state_.open.begin(), state_.open.end(),
                     [&](const State::Open& open) { return asks(open.entry); });
}

void Watch::OnStatus(const v1::SchoolStatus& status) {
  std::erase_if(state_.open, [&](const State::Open& open) {
    return NeedsStatus(open.entry, TraitsOf(open.entry)) && Settles(status, open.entry);
  });
}

Parcel* Watch::Current() {
  if (aside_) return &state_.aside.at(*aside_);
  return state_.sending ? &*state_.sending : nullptr;
}

std::set<std::uint64_t> Watch::Awaiting() const {
  std::set<std::uint64_t> seqs;
  const Parcel& parcel = aside_ ? state_.aside.at(*aside_) : state_.sending.value();
  for (const v1::Entry& entry : parcel.entries) {
    // A refusal is over for us when the others have been told of it.
    const bool over = aside_ && Awaits(entry, 0, 1) && !Nags(entry);
    if (IsOpen(entry.seq()) || over) seqs.insert(entry.seq());
  }
  return seqs;
}

// What can't be done any more, and what nobody is to be told of any more.
void Watch::Forget(Time now) {
  std::erase_if(state_.open, [&](const State::Open& open) {
    return PlanOf(open.entry) != 0 && now >= TraitsOf(open.entry).prepared_at + kPlanLife;
  });
  const auto is_settled = [this](const v1::Entry& entry) { return !IsOpen(entry.seq()); };
  if (state_.sending && state_.sending->kind == Parcel::Kind::kReminder) {
    std::erase_if(state_.sending->entries, is_settled);
    if (state_.sending->entries.empty()) state_.sending.reset();
  }
  std::erase_if(state_.aside, [&](Parcel& parcel) {
    if (parcel.kind == Parcel::Kind::kReminder) std::erase_if(parcel.entries, is_settled);
    return parcel.entries.empty() || !rule_.mail || RecipientsOf(parcel, rule_.mail->to).empty();
  });
}

// How many of what is pending are told together, if it is time; else 0.
std::size_t Watch::Together(Time now) const {
  if (state_.pending.empty()) return 0;
  std::size_t count = rule_.mail ? kMailEntriesMax : 1;
  if (rule_.digest) {
    // Set back, the clock does not make anybody wait for longer than the digest's time.
    const bool due = closing_ || now >= state_.pending.front().since + *rule_.digest ||
                     now < state_.pending.front().since || state_.pending.size() >= kTogetherMax;
    if (!due) return 0;
    count = kTogetherMax;
  }
  return std::min(count, state_.pending.size());
}

// What is pending becomes a parcel, if it is time.
bool Watch::Collect(Time now) {
  const std::size_t count = Together(now);
  if (count == 0) return false;
  Parcel parcel;
  for (std::size_t i = 0; i < count; ++i)
    parcel.entries.push_back(std::move(state_.pending[i].entry));
  state_.pending.erase(state_.pending.begin(),
                       state_.pending.begin() + static_cast<std::ptrdiff_t>(count));
  state_.sending = std::move(parcel);
  return true;
}

bool Watch::IsOverdue(const State::Open& open, Time now) const {
  return open.told_at && Nags(open.entry) &&
         (now >= *open.told_at + *rule_.remind || now < *open.told_at - *rule_.remind);
}

bool Watch::IsReminderDue(Time now) const {
  if (!rule_.remind || closing_) return false;
  return std::any_of(state_.open.begin(), state_.open.end(),
                     [&](const State::Open& open) { return IsOverdue(open, now); });
}

// Once one of those that were told is old enough, all of them are named again. Where they are too
// many for one reminder, each names those whose turn it is: so each has its turn, and none twice.
bool Watch::Remind(Time now) {
  if (!IsReminderDue(now)) return false;
  Parcel parcel;
  parcel.kind = Parcel::Kind::kReminder;
  parcel.number = ++state_.reminders;
  const auto told =
      std::count_if(state_.open.begin(), state_.open.end(),
                    [](const State::Open& open) { return open.told_at && Nags(open.entry); });
  const bool all = static_cast<std::size_t>(told) <= kTogetherMax;
  for (const State::Open& open : state_.open) {
    if (!open.told_at || !Nags(open.entry) || !(all || IsOverdue(open, now))) continue;
    parcel.entries.push_back(open.entry);
    if (parcel.entries.size() == kTogetherMax) break;
  }
  state_.sending = std::move(parcel);
  return true;
}

const Parcel* Watch::Next(Time now, double random) {
  if (rule_.quiet && IsQuiet(*rule_.quiet, zone_, now)) return nullptr;
  Forget(now);
  aside_.reset();
  const bool any = state_.sending || Collect(now) || Remind(now);
  if (!any || !IsDue(*state_.sending, now)) {
    // While the way as a whole fails, it is not tried for some, too.
    if (any && state_.sending->failures > 0) return nullptr;
    const auto due = std::find_if(state_.aside.begin(), state_.aside.end(),
                                  [&](const Parcel& parcel) { return IsDue(parcel, now); });
    if (due == state_.aside.end()) return nullptr;
    aside_ = static_cast<std::size_t>(due - state_.aside.begin());
  }
  Parcel& parcel = *Current();
  ++parcel.attempts;
  parcel.next_at = now + Backoff(parcel.attempts - 1, random);
  return &parcel;
}

bool Watch::IsDue(const Parcel& parcel, Time now) const {
  // A clock that was set back does not hold a parcel for longer than any backoff is.
  const bool early = now < parcel.next_at && parcel.next_at - now <= std::chrono::hours(1);
  return !early && parcel.failures < Tries();
}

std::uint32_t Watch::Tries() const { return closing_failures_ >= rule_.tries ? 1 : rule_.tries; }

std::size_t Watch::Held() const {
  std::size_t held = state_.pending.size();
  if (state_.sending) held += state_.sending->entries.size();
  for (const Parcel& parcel : state_.aside) held += parcel.entries.size();
  return held;
}

const Parcel* Watch::Exhausted() {
  aside_.reset();
  if (state_.sending && state_.sending->failures >= Tries()) return &*state_.sending;
  const auto last = std::find_if(state_.aside.begin(), state_.aside.end(), [&](const Parcel& one) {
    return one.failures >= Tries() || state_.aside.size() > kAsideMax;
  });
  if (last == state_.aside.end()) return nullptr;
  aside_ = static_cast<std::size_t>(last - state_.aside.begin());
  return &*last;
}

void Watch::OnDelivered(Time now, const std::vector<std::string>& refused) {
  Parcel* const parcel = Current();
  if (parcel == nullptr) return;
  if (!refused.empty()) {
    parcel->to = refused;
    ++parcel->failures;
  }
  if (aside_) {
    if (refused.empty()) {
      state_.aside.erase(state_.aside.begin() + static_cast<std::ptrdiff_t>(*aside_));
      aside_.reset();
    }
    return;
  }
  for (const v1::Entry& entry : state_.sending->entries) {
    for (State::Open& open : state_.open) {
      if (open.entry.seq() == entry.seq()) open.told_at = now;
    }
  }
  std::erase_if(state_.open,
                [](const State::Open& open) { return open.told_at && !Nags(open.entry); });
  if (!refused.empty()) state_.aside.push_back(std::move(*state_.sending));
  state_.sending.reset();
}

void Watch::OnFailed(Time now, std::optional<seconds> later) {
  Parcel* const parcel = Current();
  if (parcel == nullptr) return;
  ++parcel->failures;
  if (closing_ && !aside_) ++closing_failures_;
  if (!later) return;
  parcel->next_at =
      std::max(parcel->next_at, now + std::min<seconds>(*later, std::chrono::hours(1)));
}

void Watch::OnInterrupted(Time now) {
  Parcel* const parcel = Current();
  if (parcel == nullptr) return;
  --parcel->attempts;
  parcel->next_at = now;
}

}  // namespace roster::notify
