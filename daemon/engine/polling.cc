// Polls: when they go out, and what becomes of what they bring.

#include <algorithm>
#include <utility>

#include "daemon/diff/diff.h"
#include "daemon/engine/engine.h"
#include "daemon/match/match.h"
#include "daemon/plan/guards.h"
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

Result<void> Engine::StartPoll(School& school, Time now, bool reuse) {
  model::Poll poll;
  poll.id = PollId(++school.head.polls);
  poll.started = now;
  school.head_changed = true;
  school.examine_again = false;
  school.forgotten.clear();
  if (!reuse) school.touched_before = std::exchange(school.touched, {});
  view_->Put(Family::kWork, store::PollKey(school.id(), poll.id), store::EncodePoll(poll));
  if (poll.id.value() > settings_.polls_kept) {
    view_->Delete(Family::kWork,
                  store::PollKey(school.id(), PollId(poll.id.value() - settings_.polls_kept)));
  }
  starts_.push_back(
      {school.id(),
       poll.id,
       nullptr,
       {school.head.last_good_people, school.head.last_good_students, school.head.last_good_members,
        school.head.last_good_ties, school.head.last_good_families},
       school.head.last_good_accounts,
       school.settings->shrink_max,
       reuse});
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
    if (plan.state == model::PlanState::kOpen && plan.expires_at <= now) {
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
    school.current_plans.Forget(plan.id);
    Append(school, {"rosterd", ""}, model::PlanExpired{plan.id});
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
  if (const auto stale = WhyStale(school.head, end.findings->accounts_as_of)) {
    poll.rows_rejected = end.findings->rows_rejected;
    poll.rejected = end.findings->rejected;
    return RejectPoll(school, std::move(poll), *stale, PollEnd::Side::kSite, now);
  }
  return UsePoll(school, std::move(poll), *end.findings, now);
}

// Whether a list of accounts can't show what was done since: a plan made from it would do that
// again.
std::optional<Error> Engine::WhyStale(const model::SchoolHead& head,
                                      const std::optional<Time>& as_of) {
  if (!as_of) return std::nullopt;
  if (head.site_changed && *as_of <= *head.site_changed) {
    return Error{Code::kConflict, "site-stale",
                 "The site's export is of " + FormatTime(*as_of) +
                     ", and what was confirmed, or restored from a backup, on " +
                     FormatTime(*head.site_changed) +
                     " may not be in it: a plan made from it could do the same again. Export the "
                     "volunteers on the site again."};
  }
  if (head.accounts_as_of && *as_of < *head.accounts_as_of) {
    return Error{Code::kConflict, "site-stale",
                 "The site's export is of " + FormatTime(*as_of) + ", and a newer one, of " +
                     FormatTime(*head.accounts_as_of) +
                     ", was read before it. Export the volunteers on the site again."};
  }
  return std::nullopt;
}

Result<void> Engine::CheckAccountsNewEnough(const School& school) {
  const model::SchoolHead& head = school.head;
  const auto stale = WhyStale(head, head.accounts_as_of);
  if (!stale) return {};
  return tl::unexpected(
      Error{stale->code, stale->reason,
            stale->message + " Then: `rosterctl poll --wait`. Nothing was done."});
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
                             "poll` asks for one, or rosterd is restarted."
                       : TryingAgain(error.message, delay);
  view_->Put(Family::kWork, store::PollKey(school.id(), poll.id), store::EncodePoll(poll));
  NotePollEnd(school, poll);
  head.next_poll = now + delay;
  if (side == PollEnd::Side::kSite) head.source_problem.clear();  // FACTS is read first: all of it
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
    if (school.forgotten.contains(link.person)) continue;
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
  match.severity = change.severity;
  match.group = change.group;
  match.never_archive = change.never_archive;
  if (!link) {
    ROSTER_ASSIGN(const auto stored, book.FindChange(change.candidate.person), "");
    return stored.value_or(change);
  }
  ROSTER_ASSIGN(const auto stored, book.FindChange(change.candidate.person), "");
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
  if (account) {
    // The config's patterns are read off the account: a task may just have made it, or given it
    // another address.
    if (match::IsProtected(*account, school.rules())) match.kind = model::Match::Kind::kProtected;
    if (match::IsNeverArchived(*account, school.rules())) match.never_archive = true;
  }
  const std::uint32_t missing = change.missing_polls > 0 ? change.missing_polls - 1 : 0;
  return diff::Diff(change.candidate, match, &*link, account ? &*account : nullptr, missing,
                    school.rules());
}

// What only a poll that has read FACTS and the site can tell.
void Engine::UseReading(School& school, PollId poll, const Findings& findings, Time now) {
  model::SchoolHead& head = school.head;
  head.last_good_poll = poll;
  head.last_good_people = findings.people;
  head.last_good_students = findings.students;
  head.last_good_members = findings.members;
  head.last_good_ties = findings.ties;
  head.last_good_families = findings.families;
  head.last_good_accounts = findings.accounts;
  head.accounts_as_of = findings.accounts_as_of;
  head.unknown_words = findings.unknown_words;
  head.rejected_in_a_row = 0;
  head.source_stopped.clear();
  head.source_problem.clear();
  head.site_problem.clear();
  head.next_poll = now + Jittered(school.settings->poll_every);
}

// Groups as the poll found them. Everybody in one that has changed is judged anew.
Result<void> Engine::UseGroups(Book& book, const Findings& findings,
                               std::set<PersonId>& concerned) {
  const auto add_members = [&](const Fingerprint& key) -> Result<void> {
    ROSTER_ASSIGN(const auto group, book.FindGroup(key), "reading a duplicate");
    if (group) concerned.insert(group->members.begin(), group->members.end());
    return {};
  };
  for (const model::DuplicateGroup& group : findings.groups_changed) {
    ROSTER_TRY(add_members(group.key), "");
    ROSTER_ASSIGN(const auto kept, book.PutGroup(group), "");
    concerned.insert(kept.members.begin(), kept.members.end());
  }
  for (const Fingerprint& key : findings.groups_removed) {
    ROSTER_TRY(add_members(key), "");
    ROSTER_TRY(book.RemoveGroup(key), "");
  }
  return {};
}

// Guards that what is pending would trip, were it approved now.
std::vector<model::Hold> Engine::PendingHolds(const School& school, Time now) const {
  plan::ClassCounts counts;
  std::copy(std::begin(school.head.tally.by_class), std::end(school.head.tally.by_class),
            counts.begin());
  return plan::CheckGuards(counts, school.head.tally.linked_active,
                           plan::LimitsAt(school.settings->plans, now));
}

Result<void> Engine::UsePoll(School& school, model::Poll poll, const Findings& findings, Time now) {
  const Caller self{std::string(kSelf), ""};
  model::SchoolHead& head = school.head;
  Book book(*view_, school);
  ROSTER_TRY(RecordLinks(school, findings.recorded), "taking in a poll");

  std::set<PersonId> concerned;
  for (const model::Change& change : findings.changed) {
    const PersonId person = change.candidate.person;
    if (school.forgotten.contains(person)) {
      school.read_again = true;  // if they are here again, the next poll shows it
      continue;
    }
    concerned.insert(person);
    // Whether a decision still counts may have changed, and with it who is whose rival.
    ROSTER_ASSIGN(const auto rivals, book.FindRivals(person), "taking in a poll");
    concerned.insert(rivals.begin(), rivals.end());
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
    concerned.insert(person);
    ROSTER_TRY(book.RemoveChange(person), "taking in a poll");
  }
  ROSTER_TRY(UseGroups(book, findings, concerned), "taking in a poll");
  bool something_new = false;
  for (const PersonId person : concerned) {
    ROSTER_ASSIGN(const auto before, book.FindPlacement(person), "taking in a poll");
    ROSTER_TRY(Recheck(school, person, "changed", self, now), "taking in a poll");
    ROSTER_ASSIGN(const auto after, book.Settle(person), "taking in a poll");
    if (!after || after->need == Fingerprint{}) continue;
    if (!before || before->need != after->need) something_new = true;
  }

  const bool recovered = head.rejected_in_a_row > 0 && !findings.reused;
  poll.state = model::PollState::kUsed;
  poll.people = findings.people;
  poll.students = findings.students;
  poll.accounts = findings.accounts;
  poll.families = findings.families;
  poll.requests = findings.requests;
  poll.bytes = findings.bytes;
  poll.rows_changed = findings.changed.size() + findings.removed.size();
  poll.rows_rejected = findings.rows_rejected;
  poll.rejected = findings.rejected;
  poll.unowned_accounts = findings.unowned_accounts;
  poll.reused = findings.reused;
  poll.notices = findings.notices;
  view_->Put(Family::kWork, store::PollKey(school.id(), poll.id), store::EncodePoll(poll));
  NotePollEnd(school, poll);
  if (!findings.reused) UseReading(school, poll.id, findings, now);
  school.account_marks = findings.account_marks;
  school.head_changed = true;

  std::vector<model::GuardKind> held;
  for (const model::Hold& hold : PendingHolds(school, now)) {
    const auto& told = head.held;
    if (std::find(told.begin(), told.end(), hold.guard) == told.end()) something_new = true;
    held.push_back(hold.guard);
  }
  if (!findings.reused) head.held = held;  // else nobody is told of them yet

  // An unchanged poll writes its record and nothing else.
  if (!concerned.empty() || recovered) {
    Append(school, self,
           model::PollCompleted{poll.id, poll.people, poll.students, poll.accounts,
                                poll.rows_rejected, poll.rows_changed});
  }
  // What comes of a person's own decision is not news: they see it at once.
  if (something_new && !findings.reused) {
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
                                 bucket(model::Bucket::kRestore), std::move(held)});
  }
  return {};
}

}  // namespace roster::engine
