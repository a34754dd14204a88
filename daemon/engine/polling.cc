// Polls: when they go out, and what becomes of what they bring.

#include <algorithm>

#include "daemon/diff/diff.h"
#include "daemon/engine/engine.h"
#include "daemon/review/review.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using store::Family;

constexpr std::string_view kSelf = "rosterd";

// What the other side says about how long to wait is believed up to this.
constexpr Duration kToldMax = std::chrono::hours(25);

std::string TryingAgain(std::string message, Duration delay) {
  if (!message.empty() && message.back() != '.') message += '.';
  return message + " Nothing was changed; trying again in " + FormatDuration(delay) + ".";
}

}  // namespace

Duration Engine::Jittered(Duration duration) {
  const double share = 0.9 + 0.2 * random_.Uniform();
  return Duration(static_cast<Duration::rep>(share * static_cast<double>(duration.count())));
}

Result<void> Engine::StartPoll(School& school, Time now) {
  model::Poll poll;
  poll.id = PollId(++school.head.polls);
  poll.started = now;
  school.head_changed = true;
  school.touched.clear();
  view_->Put(Family::kWork, store::PollKey(school.id(), poll.id), store::EncodePoll(poll));
  if (poll.id.value() > settings_.polls_kept) {
    view_->Delete(Family::kWork,
                  store::PollKey(school.id(), PollId(poll.id.value() - settings_.polls_kept)));
  }
  starts_.push_back({school.id(),
                     poll.id,
                     nullptr,
                     {school.head.last_good_people, school.head.last_good_students},
                     school.head.last_good_accounts,
                     school.settings->shrink_max});
  school.polling = std::move(poll);
  return DropOldPlans(school, now);
}

// Plans that were shown and never approved.
Result<void> Engine::DropOldPlans(School& school, Time now) {
  const store::Range range = store::PlanRange(school.id());
  const auto cursor = view_->Scan(Family::kWork, range.begin, range.end);
  std::vector<model::Plan> old;
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PlanId id, store::PlanOfKey(cursor->key()), "reading plans");
    ROSTER_ASSIGN(model::Plan plan, store::DecodePlan(id, cursor->value()), "reading plans");
    if (school.plans_changed.contains(id)) continue;  // approved in this very step
    if (plan.state == model::PlanState::kOpen && plan.prepared_at + settings_.plan_kept <= now) {
      old.push_back(std::move(plan));
    }
  }
  ROSTER_TRY(cursor->status(), "reading plans");
  for (const model::Plan& plan : old) {
    view_->Delete(Family::kWork, store::PlanKey(school.id(), plan.id));
    for (std::uint64_t first = 0; first < plan.items; first += store::kPlanChunk) {
      view_->Delete(Family::kWork,
                    store::PlanItemsKey(school.id(), plan.id,
                                        static_cast<std::uint32_t>(first / store::kPlanChunk)));
    }
    school.plans.erase(plan.id);
  }
  return {};
}

Result<void> Engine::AbsorbPoll(School& school, const PollEnd& end, Time now) {
  if (!school.polling || school.polling->id != end.poll) return {};  // its start was not committed
  model::Poll poll = *school.polling;
  poll.ended = now;
  school.polling.reset();
  if (!end.findings) {
    poll.rows_rejected = end.rejected.count;
    poll.rejected = end.rejected.rows;
    return RejectPoll(school, std::move(poll), end.findings.error(), end.failed_side, now);
  }
  return UsePoll(school, std::move(poll), *end.findings, now);
}

Result<void> Engine::RejectPoll(School& school, model::Poll poll, const Error& error,
                                PollEnd::Side side, Time now) {
  const Caller self{std::string(kSelf), ""};
  model::SchoolHead& head = school.head;
  head.rejected_in_a_row = std::min(head.rejected_in_a_row + 1, 32U);
  Duration delay = settings_.poll_retry_base;
  for (std::uint32_t i = 1; i < head.rejected_in_a_row && delay < school.settings->poll_every;
       ++i) {
    delay *= 2;
  }
  delay = Jittered(std::min(delay, school.settings->poll_every));
  if (error.retry_after) {
    delay = std::max(delay, std::min<Duration>(*error.retry_after, kToldMax));
  }

  const bool stops = side == PollEnd::Side::kSource && error.code == Code::kRefused;
  poll.state = model::PollState::kRejected;
  poll.ended = now;
  poll.reason = error.reason;
  poll.message = stops ? error.message +
                             " Nothing was changed; no poll goes out until `rosterctl "
                             "poll` asks for one."
                       : TryingAgain(error.message, delay);
  view_->Put(Family::kWork, store::PollKey(school.id(), poll.id), store::EncodePoll(poll));
  head.next_poll = now + delay;
  head.source_stopped = stops ? error.reason : "";
  (side == PollEnd::Side::kSource ? head.source_problem : head.site_problem) = poll.message;
  Append(school, self, model::PollRejected{poll.id, poll.reason, poll.message});
  if (stops) Append(school, self, model::SourceStopped{error.reason, error.message});
  school.head_changed = true;
  return {};
}

Result<void> Engine::RecordLinks(School& school, const std::vector<model::Link>& links) {
  Book book(*view_, school);
  model::LinksRecorded recorded;
  const auto flush = [&] {
    if (recorded.links.empty()) return;
    Append(school, {std::string(kSelf), ""}, std::move(recorded));
    recorded = {};
  };
  for (const model::Link& link : links) {
    ROSTER_ASSIGN(const auto known, book.FindLink(link.person), "recording links");
    ROSTER_ASSIGN(const auto owner, book.FindOwner(link.account), "recording links");
    if (known || owner) continue;  // an approved task was faster
    ROSTER_TRY(book.PutLink(link), "recording links");
    recorded.links.emplace_back(link.person, link.account);
    if (recorded.links.size() == model::kEntryPersonsMax) flush();
  }
  flush();
  return {};
}

// The row of a person whose link or account a task has changed since it was computed: the same
// candidate, with what is known now.
Result<model::Change> Engine::Refresh(Book& book, const School& school,
                                      const model::Change& change) {
  ROSTER_ASSIGN(const auto link, book.FindLink(change.candidate.person), "computing a row anew");
  model::Match match;
  match.duplicates = change.duplicates;
  match.collision = change.collision;
  if (!link) {
    ROSTER_ASSIGN(const auto stored, book.FindChange(change.candidate.person), "");
    return stored.value_or(change);
  }
  ROSTER_ASSIGN(const auto stored, book.FindChange(change.candidate.person), "");
  // Protection comes from roles and patterns, which a task does not change.
  const auto is_protected = [](const model::Change& row) {
    return row.situation == model::Situation::kProtected;
  };
  if (is_protected(change) || (stored && is_protected(*stored))) {
    match.kind = model::Match::Kind::kProtected;
  }
  std::optional<model::Account> account;
  for (const auto* row : {stored ? &*stored : nullptr, &change}) {
    if (!account && row && row->account && row->account->id == link->account) {
      account = row->account;
    }
  }
  const std::uint32_t missing = change.missing_polls > 0 ? change.missing_polls - 1 : 0;
  return diff::Diff(change.candidate, match, &*link, account ? &*account : nullptr, missing,
                    school.rules());
}

Result<void> Engine::UsePoll(School& school, model::Poll poll, const Findings& findings, Time now) {
  const Caller self{std::string(kSelf), ""};
  model::SchoolHead& head = school.head;
  Book book(*view_, school);
  ROSTER_TRY(RecordLinks(school, findings.recorded), "taking in a poll");

  std::vector<PersonId> concerned;
  for (const model::Change& change : findings.changed) {
    const PersonId person = change.candidate.person;
    concerned.push_back(person);
    if (school.touched.contains(person)) {
      ROSTER_ASSIGN(const model::Change fresh, Refresh(book, school, change), "taking in a poll");
      ROSTER_TRY(book.PutChange(fresh), "taking in a poll");
    } else {
      ROSTER_TRY(book.PutChange(change), "taking in a poll");
    }
  }
  for (const PersonId person : findings.removed) {
    if (school.touched.contains(person)) {
      school.read_again = true;  // linked meanwhile: the next poll sees it
      continue;
    }
    concerned.push_back(person);
    ROSTER_TRY(book.RemoveChange(person), "taking in a poll");
  }
  bool something_new = false;
  for (const PersonId person : concerned) {
    ROSTER_ASSIGN(const auto before, book.FindPlacement(person), "taking in a poll");
    ROSTER_TRY(Recheck(school, person, "changed", self, now), "taking in a poll");
    ROSTER_ASSIGN(const auto after, book.Settle(person), "taking in a poll");
    if (!after || after->need == Fingerprint{}) continue;
    if (!before || before->need != after->need) something_new = true;
  }

  const bool recovered = head.rejected_in_a_row > 0;
  poll.state = model::PollState::kUsed;
  poll.people = findings.people;
  poll.students = findings.students;
  poll.accounts = findings.accounts;
  poll.requests = findings.requests;
  poll.bytes = findings.bytes;
  poll.rows_changed = concerned.size();
  poll.rows_rejected = findings.rows_rejected;
  poll.rejected = findings.rejected;
  poll.unowned_accounts = findings.unowned_accounts;
  view_->Put(Family::kWork, store::PollKey(school.id(), poll.id), store::EncodePoll(poll));

  head.last_good_poll = poll.id;
  head.last_good_people = findings.people;
  head.last_good_students = findings.students;
  head.last_good_accounts = findings.accounts;
  head.unknown_words = findings.unknown_words;
  head.rejected_in_a_row = 0;
  head.source_stopped.clear();
  head.source_problem.clear();
  head.site_problem.clear();
  head.next_poll = now + Jittered(school.settings->poll_every);
  school.touched.clear();
  school.head_changed = true;

  // An unchanged poll writes its record and nothing else.
  if (!concerned.empty() || recovered) {
    Append(school, self,
           model::PollCompleted{poll.id, poll.people, poll.students, poll.accounts,
                                poll.rows_rejected, poll.rows_changed});
  }
  if (something_new) {
    const model::Tally& tally = head.tally;
    const auto bucket = [&](model::Bucket b) {
      return tally.by_bucket[static_cast<std::size_t>(b)];
    };
    const auto list = [&](model::ListStatus l) {
      return tally.by_status[static_cast<std::size_t>(l)];
    };
    Append(school, self,
           model::ReviewRequired{poll.id, list(model::ListStatus::kNew),
                                 list(model::ListStatus::kError), bucket(model::Bucket::kAdd),
                                 bucket(model::Bucket::kUpdate), bucket(model::Bucket::kArchive),
                                 bucket(model::Bucket::kRestore)});
  }
  return {};
}

}  // namespace roster::engine
