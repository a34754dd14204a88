#include "daemon/engine/engine.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/bus/control_codec.h"
#include "daemon/bus/event_codec.h"
#include "daemon/bus/task_codec.h"
#include "daemon/review/review.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using store::Family;

// What waits in line before a request is at most so many others: within a channel, and between the
// two, the bus takes turns.
constexpr std::size_t kInputsAStep = 128;
constexpr Duration kStepTime = std::chrono::milliseconds(250);
constexpr std::size_t kStepReplyBytes = std::size_t{16} << 20U;
constexpr std::size_t kForgottenAStep = 1000;
constexpr std::string_view kSelf = "rosterd";
constexpr std::size_t kWorkersMax = 1000;
constexpr std::size_t kNamesMax = 64;  // of one process
constexpr std::size_t kRepublishedMax = 1000;
constexpr Duration kSetBackMin = std::chrono::seconds(1);  // less is a clock that is kept right
constexpr std::string_view kDiskFull =
    "The disk with the state directory is full: nothing can be written, and nothing was. Make "
    "room; "
    "rosterd goes on by itself.";
constexpr std::string_view kDiskReadOnly =
    "The disk with the state directory is read-only: nothing can be written, and nothing was. Look "
    "at why (dmesg, mount), and make it writable; rosterd goes on by itself.";
constexpr Duration kCommitSlow = std::chrono::seconds(1);
constexpr Duration kSlowAgain = std::chrono::seconds(5);
constexpr Duration kWriteEvery = std::chrono::minutes(1);  // at least: is there room still?
constexpr Duration kLookEvery = std::chrono::minutes(5);   // at the backups

bool IsCommand(const model::RequestBody& body) {
  return std::holds_alternative<model::StartPoll>(body) ||
         std::holds_alternative<model::Decide>(body) ||
         std::holds_alternative<model::PreparePlan>(body) ||
         std::holds_alternative<model::ApprovePlan>(body) ||
         std::holds_alternative<model::DecideFamilies>(body) ||
         std::holds_alternative<model::ResolveGroup>(body) ||
         std::holds_alternative<model::DecideMatch>(body) ||
         std::holds_alternative<model::RetryTasks>(body) ||
         std::holds_alternative<model::ConfirmTasks>(body) ||
         std::holds_alternative<model::Acknowledge>(body) ||
         std::holds_alternative<model::Forget>(body) ||
         std::holds_alternative<model::MakeBackup>(body);
}

// Whether a store's error ends the process.
bool IsFatal(const Error& error) { return error.code == Code::kCorrupt; }

}  // namespace

Engine::Engine(Settings settings, World world)
    : settings_(std::move(settings)),
      store_(world.store),
      bus_(world.bus),
      polls_(world.polls),
      clock_(world.clock),
      random_(world.random),
      access_(world.access),
      told_(std::move(world.told)),
      limited_(std::move(world.limited)),
      reload_(std::move(world.reload)),
      told_answered_(std::move(world.answered)),
      told_vitals_(std::move(world.vitals)),
      backups_(world.backups) {
  counted_.commit_times.bounds = model::kCommitBounds;
  counted_.poll_times.bounds = model::kPollBounds;
}

Result<void> Engine::Open() {
  started_ = clock_.Now();
  counted_.config_read = started_;
  view_ = std::make_unique<store::Overlay>(store_);
  for (const SchoolSettings& settings : settings_.schools) {
    School school;
    school.settings = &settings;
    school.worker_asked_steady = clock_.Steady();
    schools_.push_back(std::move(school));
  }
  ROSTER_TRY(Load(), "opening the store");
  unprepared_ = true;
  ROSTER_TRY(Prepare(), "opening the store");
  const Result<bool> committed = Commit();
  if (!committed && committed.error().code == Code::kExhausted) {
    return NoteDisk(committed.error());  // served all the same; prepared when there is room
  }
  if (!committed) return Annotate(committed.error(), "opening the store");
  unprepared_ = false;
  if (*committed) Release();
  return {};
}

// Nothing of the step is on disk: forget it, and say why.
Result<void> Engine::NoteDisk(const Error& error) {
  disk_reason_ = error.reason;
  disk_problem_ = disk_reason_ == "disk-read-only" ? kDiskReadOnly : kDiskFull;
  return Load();
}

// What the first commit after a start holds.
Result<void> Engine::Prepare() {
  const Time now = clock_.Now();
  ROSTER_TRY(EndInterruptedBackup(now), "closing an interrupted backup");
  for (School& school : schools_) {
    ROSTER_TRY(TakeRestored(school, now), "taking in what was restored");
    // Rows made by other rules are made anew at once.
    const Fingerprint rules = model::RulesFingerprint(school.rules());
    if (school.head.rules != rules) {
      school.head.next_poll.reset();
      ROSTER_TRY(SettleAll(school), "judging everybody anew");
    }
    school.head.rules = rules;
    ROSTER_TRY(CatchUp(school, now), "following the clock");
    // A refused key may have been mended while we were down.
    if (!school.head.source_stopped.empty()) school.head.next_poll = now;
    school.head.source_stopped.clear();
    school.head_changed = true;
    // What was committed and perhaps not sent: subscribers drop what they know.
    const std::uint64_t head = school.head.seq.value();
    const std::uint64_t from = std::max(school.head.published.value(),
                                        head > kRepublishedMax ? head - kRepublishedMax : 0);
    const store::Range range = store::EntryRange(school.id(), Seq(from + 1), Seq(head + 1));
    const auto cursor = store_.Scan(Family::kJournal, range.begin, range.end);
    for (; cursor->Valid(); cursor->Next()) {
      ROSTER_ASSIGN(const auto entry, store::DecodeEntry(cursor->value()), "reading the journal");
      publications_.push_back({school.id().value() + "." + std::string(EventName(entry.event)),
                               std::string(cursor->value())});
    }
    ROSTER_TRY(cursor->status(), "reading the journal");
    // A poll that was under way when the process ended.
    ROSTER_ASSIGN(auto poll, FindPoll(school, PollId(school.head.polls)), "reading polls");
    if (!poll || poll->state != model::PollState::kRunning) continue;
    ROSTER_TRY(
        RejectPoll(school, *std::move(poll),
                   {Code::kUnavailable, "interrupted", "rosterd was stopped while the poll ran."},
                   PollEnd::Side::kSource, now),
        "closing an interrupted poll");
    school.head.source_problem.clear();
    school.head.next_poll = now;
  }
  return {};
}

// The counts as this version counts the rows that are kept, so that each row takes out of them what
// is in them: an earlier version counted less.
Result<void> Engine::CountAll(School& school) {
  const model::Tally kept = std::exchange(school.head.tally, {});
  model::Tally& tally = school.head.tally;
  tally.families = kept.families;  // counted in rows of their own
  tally.families_fresh = kept.families_fresh;
  tally.families_selected = kept.families_selected;
  tally.families_excluded = kept.families_excluded;
  const store::Range range = store::PlacementRange(school.id());
  const auto cursor = store_.Scan(Family::kReview, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const auto placement, store::DecodePlacement(cursor->value()), "counting rows");
    review::CountIn(tally, placement);
  }
  return cursor->status();
}

// The clock may have been set back while we were down: nothing is older than the newest entry.
Result<void> Engine::CatchUp(School& school, Time now) {
  if (school.head.seq.value() == 0) return {};
  ROSTER_ASSIGN(const auto bytes,
                view_->Get(Family::kJournal, store::EntryKey(school.id(), school.head.seq)),
                "reading the journal");
  if (!bytes) return {};
  ROSTER_ASSIGN(const auto entry, store::DecodeEntry(*bytes), "reading the journal");
  if (entry.at < now + kSetBackMin) return {};
  return SetBack(school, entry.at - now, now);
}

// Everybody is judged by today's rules, and by a new version's. Rows that stay as they are, are not
// written.
Result<void> Engine::SettleAll(School& school) {
  ROSTER_TRY(CountAll(school), "counting rows");
  Book book(*view_, school);
  const store::Range range = store::ChangeRange(school.id());
  const auto cursor = store_.Scan(Family::kReview, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(cursor->key()), "reading rows");
    ROSTER_TRY(book.Settle(person), "reading rows");
  }
  return cursor->status();
}

// Reads everything that is kept in memory. What was changed in it and not committed is forgotten.
Result<void> Engine::Load() {
  view_->Clear();
  replies_.clear();
  publications_.clear();
  entries_.clear();
  for (const PollJob& job : starts_) {
    const auto school = FindSchool(job.school);
    if (!school) continue;
    (*school)->polling.reset();
    (*school)->touched.merge((*school)->touched_before);
  }
  starts_.clear();
  reloaded_.reset();
  answered_.clear();
  polls_ended_.clear();
  ROSTER_TRY(LoadBackupRun(), "reading the last backup");
  for (School& school : schools_) {
    school.read_again = school.kept_read_again;
    school.examine_again = school.kept_examine_again;
    ROSTER_TRY(LoadSchool(school), school.id().value());
  }
  return {};
}

Result<void> Engine::LoadSchool(School& school) {
  ROSTER_ASSIGN(const auto head, store_.Get(Family::kMeta, store::SchoolHeadKey(school.id())),
                "reading the head");
  school.head = {};
  if (head) {
    ROSTER_ASSIGN(school.head, store::DecodeSchoolHead(*head), "reading the head");
  }
  school.head_changed = false;
  school.plans.clear();
  school.plans_changed.clear();
  school.queue = {};
  const Time now = clock_.Now();
  std::map<PlanId, std::uint64_t> resting;
  const store::Range range = store::HeldTaskRange(school.id());
  const auto cursor = store_.Scan(Family::kWork, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const auto held, store::DecodeHeldTask(cursor->value()), "reading tasks");
    if (held.second) continue;  // dead
    ROSTER_ASSIGN(auto task, FindTask(school, held.first), "reading tasks");
    if (!task) {
      return Fail(Code::kCorrupt, "task-missing",
                  "Task " + ToString(held.first) + " is named as open and is not there.");
    }
    // A worker that held it through our absence gets the time to say so. Not more than a lease: the
    // clock may have been set back meanwhile.
    if (task->lease_until) task->lease_until = now + settings_.tasks.lease;
    school.queue.Place(*task);
    if (task->resting) ++resting[task->id.plan];
  }
  ROSTER_TRY(cursor->status(), "reading tasks");
  ROSTER_TRY(LoadPlans(school), "reading plans");
  ROSTER_TRY(CountResting(school, resting), "counting tasks");
  school.replies = 0;
  const store::Range replies = store::ReplyExpiryRange(school.id(), Time::max());
  const auto kept = store_.Scan(Family::kReplies, replies.begin, replies.end);
  for (; kept->Valid(); kept->Next()) ++school.replies;
  return kept->status();
}

Result<void> Engine::LoadPlans(School& school) {
  school.current_plans = {};
  const store::Range range = store::PlanRange(school.id());
  const auto cursor = store_.Scan(Family::kWork, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PlanId id, store::PlanOfKey(cursor->key()), "");
    ROSTER_ASSIGN(const model::Plan plan, store::DecodePlan(id, cursor->value()), "");
    school.current_plans.Note(plan);
  }
  return cursor->status();
}

// An earlier version counted those that rest once more when the clock was set back.
Result<void> Engine::CountResting(School& school, const std::map<PlanId, std::uint64_t>& resting) {
  std::uint64_t all = 0;
  for (const auto& [plan, count] : resting) all += count;
  if (school.head.tasks.resting == all) return {};
  school.head.tasks.resting = all;
  school.head_changed = true;
  for (std::uint64_t id = 1; id <= school.head.plans; ++id) {
    ROSTER_ASSIGN(model::Plan* const plan, FindPlan(school, PlanId(id)), "");
    if (plan == nullptr) continue;
    const auto found = resting.find(PlanId(id));
    const std::uint64_t count = found == resting.end() ? 0 : found->second;
    if (plan->tasks.resting == count) continue;
    plan->tasks.resting = count;
    school.plans_changed.insert(PlanId(id));
  }
  return {};
}

Result<void> Engine::Step(Duration wait_max) {
  // What was left over comes first, and is bounded: no more is taken until it is handled.
  const bool taking = inputs_.empty();
  const Duration wait = taking ? WaitTime(wait_max) : Duration::zero();
  ROSTER_ASSIGN(std::vector<bus::Inbound> received, bus_.Receive(wait, taking ? kInputsAStep : 0),
                "receiving");
  std::move(received.begin(), received.end(), std::back_inserter(inputs_));
  const std::vector<PollEnd> polls = polls_.Take();
  if (backups_ != nullptr && !backup_end_) backup_end_ = backups_->Take();
  if (backup_end_ && backup_end_->run != backup_.run) backup_end_.reset();
  std::vector<QuotaWrite> quotas;
  {
    const std::lock_guard guard(quota_mutex_);
    quotas.swap(quota_writes_);
  }
  for (const QuotaWrite& write : quotas) {
    view_->Put(Family::kMeta, store::QuotaKey(write.key), store::EncodeQuota(write.state));
  }
  // What has to be closed by a later step if this one does not reach the disk.
  std::vector<std::pair<School*, model::Poll>> ending;
  for (const PollEnd& end : polls) {
    const auto school = FindSchool(end.school);
    if (!school || !(*school)->polling || (*school)->polling->id != end.poll) continue;
    ending.emplace_back(*school, *(*school)->polling);
  }
  const auto wall_ahead = wall_ahead_;
  Result<std::size_t> handled = HandleAll(polls, false);
  Result<bool> committed =
      handled ? Commit() : Result<bool>(tl::unexpected<Error>(handled.error()));
  Result<void> kept;
  if (!committed && !IsFatal(committed.error())) {
    // Nothing of this step is on disk: forget it, say so, and serve those who only ask.
    kept = tl::unexpected<Error>(committed.error());
    if (committed.error().code != Code::kExhausted) return kept;
    refusals_.Settle(false);
    strangers_.Settle(false);
    wall_ahead_ = wall_ahead;
    ROSTER_TRY(NoteDisk(committed.error()), "reading the store again");
    for (auto& [school, poll] : ending) {
      school->polling.reset();
      school->unrecorded = std::move(poll);
    }
    handled = HandleAll({}, true);
    if (!handled) return Annotate(handled.error(), "answering");
  } else if (!committed) {
    kept = tl::unexpected<Error>(committed.error());
  } else if (*committed) {
    disk_problem_.clear();
    unprepared_ = false;
    backup_end_.reset();
    for (School& school : schools_) school.unrecorded.reset();
    refusals_.Settle(true);
    strangers_.Settle(true);
  }
  for (QuotaWrite& write : quotas) write.done.set_value(kept);
  if (!committed && IsFatal(committed.error())) return kept;
  inputs_.erase(inputs_.begin(), inputs_.begin() + static_cast<std::ptrdiff_t>(*handled));
  Release();
  TakeReload();
  TellLimits();
  ++counted_.steps;
  GiveVitals();
  return {};
}

void Engine::TellLimits() {
  limits_.Take(bus_.counters());
  const auto reached = limits_.ToTell(clock_.Now(), clock_.Steady());
  if (!limited_) return;
  for (const model::LimitReached& limit : reached) limited_(limit);
}

Duration Engine::WaitTime(Duration wait_max) const {
  const Time now = clock_.Now();
  const Duration steady = clock_.Steady();
  Duration wait = std::min(wait_max, std::max(Duration::zero(), next_beat_ - steady));
  for (const Parked& parked : parked_) {
    wait = std::min(wait, std::max(Duration::zero(), parked.until - steady));
  }
  if (!disk_problem_.empty()) return wait;  // not busy with what cannot be written
  for (const School& school : schools_) {
    if (!school.polling && school.head.source_stopped.empty()) {
      const Time next = school.head.next_poll.value_or(now);
      wait = std::min(wait, std::max(Duration::zero(), next - now));
    }
    if (const auto next = school.queue.NextExpiry()) {
      wait = std::min(wait, std::max(Duration::zero(), *next - now));
    }
    const auto next = school.queue.NextReady();
    const auto gets_some = [&](const Parked& parked) {
      return RoomIn(school, parked.worker, parked.lease, 1) > 0 &&
             RoomOf(parked.worker, 1).first > 0;
    };
    if (!next || std::none_of(parked_.begin(), parked_.end(), gets_some)) continue;
    const Time at = std::max(*next, school.site_paused_until);
    wait = std::min(wait, std::max(Duration::zero(), at - now));
  }
  return wait;
}

Result<std::size_t> Engine::HandleAll(const std::vector<PollEnd>& polls, bool read_only) {
  const Time now = clock_.Now();
  if (unprepared_ && !read_only) ROSTER_TRY(Prepare(), "opening the store");
  for (const PollEnd& end : polls) {
    ROSTER_ASSIGN(School* const school, FindSchool(end.school), "taking in a poll");
    ROSTER_TRY(AbsorbPoll(*school, end, now), "taking in a poll");
  }
  if (backup_end_ && !read_only) {
    ROSTER_TRY(EndBackup(backup_end_->made, now), "taking in a backup");
  }
  noting_refused_ = !read_only;
  // What is wrong with the file is in the status.
  if (reload_asked_ && !read_only) (void)Reload({std::string(kSelf), ""});
  const Duration begin = clock_.Steady();
  std::size_t handled = 0;
  std::size_t reply_bytes = 0;
  for (; handled < inputs_.size(); ++handled) {
    if (reply_bytes >= kStepReplyBytes || (handled > 0 && clock_.Steady() - begin >= kStepTime)) {
      limits_.Reached(Limit::kStep);
      break;
    }
    const bus::Inbound& input = inputs_[handled];
    const std::size_t replies = replies_.size();
    if (input.channel == bus::Channel::kControl) {
      ROSTER_TRY(HandleControl(input, read_only), "");
    } else {
      ROSTER_TRY(HandleWorker(input, read_only), "");
    }
    for (std::size_t i = replies; i < replies_.size(); ++i) {
      reply_bytes += replies_[i].payload.size();
    }
  }
  if (!read_only) {
    NoteTurnedAway();
    TellRefused();
    ROSTER_TRY(Tick(now), "");
  }
  return handled;
}

// A wall clock that is set back would have everything that waits for a time wait longer by as much:
// a lease of a worker that is gone, a retry, the next poll. They wait as long as was meant.
Result<void> Engine::FollowClock(Time now) {
  const Duration ahead = now.time_since_epoch() - clock_.Steady();
  const Duration back = wall_ahead_.value_or(ahead) - ahead;
  if (back >= Duration::zero() && back < kSetBackMin && wall_ahead_) return {};
  wall_ahead_ = ahead;
  if (back < kSetBackMin) return {};
  next_forget_ = std::min(next_forget_, now);
  for (auto& [name, worker] : workers_) worker.seen = std::min(worker.seen, now);
  for (School& school : schools_) {
    ROSTER_TRY(SetBack(school, back, now), "following the clock");
  }
  return {};
}

Result<void> Engine::SetBack(School& school, Duration back, Time now) {
  if (school.head.next_poll && *school.head.next_poll > now) {
    *school.head.next_poll -= back;
    school.head_changed = true;
  }
  if (school.site_paused_until > now) school.site_paused_until -= back;
  for (std::optional<Time>* const time : {&school.head.site_changed, &school.head.accounts_as_of}) {
    if (!*time || **time <= now) continue;
    **time = std::min(**time - back, now);
    school.head_changed = true;
  }
  const store::Range range = store::HeldTaskRange(school.id());
  const auto cursor = view_->Scan(Family::kWork, range.begin, range.end);
  std::vector<model::Task> waiting;
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const auto held, store::DecodeHeldTask(cursor->value()), "reading tasks");
    if (held.second) continue;  // dead
    ROSTER_ASSIGN(auto task, FindTask(school, held.first), "reading tasks");
    if (task) waiting.push_back(*std::move(task));
  }
  ROSTER_TRY(cursor->status(), "reading tasks");
  for (model::Task& task : waiting) {
    if (task.lease_until) task.lease_until = now + settings_.tasks.lease;
    if (task.not_before > now) task.not_before -= back;
    ROSTER_TRY(PutTask(school, task, task.state, task.resting), "reading tasks");
  }
  return {};
}

Result<void> Engine::Tick(Time now) {
  // Something to write, so that the trouble, and its end, is noticed when nobody asks for anything.
  // A slow disk is not made slower: it is tried again after a while.
  const Duration steady = clock_.Steady();
  const bool try_slow = !disk_slow_.empty() && steady >= slow_until_;
  const bool try_idle = steady >= next_write_;
  if ((!disk_problem_.empty() || try_slow || try_idle) && !schools_.empty()) {
    schools_.front().head_changed = true;
  }
  if (backups_ != nullptr && steady >= next_look_) {
    backups_->Look();
    next_look_ = steady + kLookEvery;
  }
  ROSTER_TRY(FollowClock(now), "");
  EndPurge();
  for (School& school : schools_) {
    ROSTER_TRY(ExpireLeases(school, now), "expiring leases");
    ROSTER_TRY(ForgetByAge(school, now), "forgetting who has left");
    if (school.unrecorded) {
      ROSTER_TRY(RejectPoll(school, *school.unrecorded,
                            {Code::kExhausted, disk_reason_,
                             "The disk could not be written to when the poll ended, and what it "
                             "found is lost."},
                            PollEnd::Side::kSource, now),
                 "closing a poll");
    }
    if (school.read_again && !school.polling && school.head.rejected_in_a_row == 0) {
      school.read_again = false;
      school.head.next_poll = now;
    }
    const bool due = school.head.next_poll.value_or(now) <= now;
    if (due && !school.polling && school.head.source_stopped.empty()) {
      ROSTER_TRY(StartPoll(school, now), "starting a poll");
    } else if (school.examine_again && !school.polling) {
      ROSTER_TRY(StartPoll(school, now, true), "examining again");
    }
  }
  ROSTER_TRY(ServeParked(now), "handing out tasks");
  for (School& school : schools_) WatchWorkers(school);
  const bool due = now >= next_forget_;
  for (School& school : schools_) {
    if (due || school.replies > settings_.replies_max) {
      ROSTER_TRY(ForgetReplies(school, now), "forgetting replies");
    }
  }
  if (due) next_forget_ = now + std::chrono::minutes(1);
  if (clock_.Steady() >= next_beat_) {
    next_beat_ = clock_.Steady() + settings_.beat_every;
    for (const School& school : schools_) {
      publications_.push_back({school.id().value() + ".Beat",
                               bus::EncodeBeat(school.id(), school.head.seq, school.head.hash)});
    }
  }
  return {};
}

// One batch for the whole step. False when there was nothing to write.
Result<bool> Engine::Commit() {
  for (School& school : schools_) {
    for (const PlanId id : school.plans_changed) PutPlan(school, school.plans.at(id));
    school.plans_changed.clear();
    std::erase_if(school.plans, [](const auto& item) {
      return item.second.state == model::PlanState::kFinished;
    });
    if (!school.head_changed) continue;
    view_->Put(Family::kMeta, store::SchoolHeadKey(school.id()),
               store::EncodeSchoolHead(school.head));
    school.head_changed = false;
  }
  const store::Batch batch = view_->Take();
  if (batch.writes.empty()) return false;
  const Duration begin = clock_.Steady();
  ROSTER_TRY(store_.Commit(batch, true), "committing");
  const Duration took = clock_.Steady() - begin;
  next_write_ = begin + kWriteEvery;
  ++counted_.commits;
  counted_.commit_times.Add(took);
  disk_slow_.clear();
  if (took >= kCommitSlow) {
    slow_until_ = clock_.Steady() + kSlowAgain;
    disk_slow_ = "The disk with the state directory is slow: the last commit took " +
                 FormatDuration(std::chrono::floor<std::chrono::seconds>(took)) +
                 ". Everything waits for it. Look at what else uses the disk, and at its health.";
  }
  return true;
}

// After the commit, and only then.
void Engine::Release() {
  for (Outgoing& reply : replies_) {
    bus_.Send(reply.channel, reply.route, std::move(reply.payload));
  }
  for (const Publication& publication : publications_) {
    bus_.Publish(publication.topic, publication.payload);
  }
  for (PollJob& job : starts_) {
    job.stored = store_.Snapshot();
    polls_.Start(std::move(job));
  }
  for (const model::Entry& entry : entries_) told_(entry);
  TellAnswered();
  CountPolls();
  replies_.clear();
  publications_.clear();
  entries_.clear();
  starts_.clear();
  for (School& school : schools_) {
    school.head.published = school.head.seq;
    school.touched_before.clear();
    school.kept_read_again = school.read_again;
    school.kept_examine_again = school.examine_again;
  }
  StartBackup();
  StartPurge();
}

Result<School*> Engine::FindSchool(const std::optional<SchoolId>& id) {
  if (!id) {
    if (schools_.size() == 1) return &schools_.front();
    return Fail(Code::kInvalid, "school-needed",
                "There are several schools here: say which one with --school.");
  }
  for (School& school : schools_) {
    if (school.id() == *id) return &school;
  }
  return Fail(Code::kNotFound, "unknown-school",
              "There is no such school here: `rosterctl status` lists them.");
}

void Engine::Append(School& school, const Caller& caller, model::Event event) {
  const journal::Head head{school.head.seq, school.head.hash};
  const model::Entry entry = journal::Next(head, school.id(), clock_.Now(), caller.actor,
                                           caller.cause, model::Published(event));
  std::string bytes = store::EncodeEntry(entry);
  const journal::Head after = journal::Advance(head, bytes);
  school.head.seq = after.seq;
  school.head.hash = after.hash;
  school.head_changed = true;
  for (const PersonId person : journal::PersonsOf(entry.event)) {
    view_->Put(Family::kJournal, store::PersonEntryKey(school.id(), person, entry.seq), "");
  }
  publications_.push_back({school.id().value() + "." + std::string(EventName(entry.event)), bytes});
  if (told_) {
    entries_.push_back(entry);
    entries_.back().event = std::move(event);  // the log of this machine has all of it
  }
  view_->Put(Family::kJournal, store::EntryKey(school.id(), entry.seq), std::move(bytes));
}

Result<void> Engine::HandleControl(const bus::Inbound& input, bool read_only) {
  const Duration begin = clock_.Steady();
  model::Answered answered;
  const auto reply = [&](std::string payload) {
    replies_.push_back({bus::Channel::kControl, input.route, std::move(payload)});
  };
  const auto refuse = [&](Error error) {
    NoteAnswered(answered, begin, &error);
    reply(bus::EncodeReply(answered.request_id, model::Refusal{std::move(error), {}, 0}));
  };
  access::Principal who = access_.Get()->Identify(input.peer);
  answered.actor = who.actor;
  const auto request = bus::DecodeRequest(input.payload);
  if (!request) {
    limits_.Reached(Limit::kMessages);
    answered.request_id = request.error().request_id;
    refuse(request.error().error);
    return {};
  }
  const bool command = IsCommand(request->body);
  answered.request = access::RequestName(request->body);
  answered.request_id = request->request_id;
  answered.command_id = request->command.value();
  answered.writes = command || std::holds_alternative<model::Reload>(request->body);
  const auto permitted = Permit(who, *request);
  if (!permitted) {
    refuse(permitted.error());
    return {};
  }
  School* const school = *permitted;
  if (school != nullptr && !access::ConcernsAll(request->body)) answered.school = school->id();
  const Caller caller{who.actor, request->command.value(), std::move(who)};
  if (command) {
    ROSTER_ASSIGN(const auto kept, FindKeptReply(*school, caller, *request),
                  "looking for a kept reply");
    if (kept) {
      answered.outcome = kept->refused ? kept->refused->reason : "repeated";
      NoteAnswered(answered, begin, kept->refused ? &*kept->refused : nullptr);
      reply(bus::RelabelReply(kept->reply, request->request_id));
      return {};
    }
  }
  if (answered.writes && read_only) {
    refuse({Code::kExhausted, disk_reason_, disk_problem_});
    return {};
  }
  auto body = Handle(school, caller, *request);
  if (!body) {
    // A command that the store fails in the middle of must not be committed by half.
    const bool broken = command && body.error().code == Code::kUnavailable;
    if (broken || IsFatal(body.error())) return tl::unexpected<Error>(body.error());
    body = model::ReplyBody(model::Refusal{body.error(), {}, 0});
  }
  const auto* const refusal = std::get_if<model::Refusal>(&*body);
  NoteAnswered(answered, begin, refusal != nullptr ? &refusal->error : nullptr);
  if (!command) {
    reply(bus::EncodeReply(request->request_id, *body));
    return {};
  }
  NoteNotDone(*school, caller, request->body, *body);
  store::KeptReply kept{request->body_digest, bus::EncodeReply("", *body), clock_.Now(),
                        caller.actor};
  reply(bus::RelabelReply(kept.reply, request->request_id));
  view_->Put(Family::kReplies, store::ReplyExpiryKey(school->id(), kept.at, request->command), "");
  view_->Put(Family::kReplies, store::ReplyKey(school->id(), request->command),
             store::EncodeKeptReply(kept));
  ++school->replies;
  return {};
}

Result<std::optional<Engine::KeptAnswer>> Engine::FindKeptReply(School& school,
                                                                const Caller& caller,
                                                                const model::Request& request) {
  ROSTER_ASSIGN(const auto value,
                view_->Get(Family::kReplies, store::ReplyKey(school.id(), request.command)), "");
  if (!value) return {std::nullopt};
  ROSTER_ASSIGN(store::KeptReply kept, store::DecodeKeptReply(*value), "");
  const auto refuse = [](Error error) {
    std::string reply = bus::EncodeReply("", model::Refusal{error, {}, 0});
    return KeptAnswer{std::move(reply), std::move(error)};
  };
  // A reply may show what its command did, and is for whoever sent that.
  if (!kept.actor.empty() && kept.actor != caller.actor) {
    NoteRefused(refusals_, {&school}, caller.actor, access::RequestName(request.body),
                "other-actor", AboutOf(request.body));
    return {refuse({Code::kRefused, "other-actor",
                    "Somebody else has used this command id. Nothing was done: send the command "
                    "again with an id of its own."})};
  }
  if (kept.request != request.body_digest) {
    NoteRefused(refusals_, {&school}, caller.actor, access::RequestName(request.body),
                "command-id-reused", AboutOf(request.body));
    return {refuse({Code::kInvalid, "command-id-reused",
                    "This command id was used for another command. Nothing was done: send the "
                    "command again with an id of its own."})};
  }
  return {KeptAnswer{std::move(kept.reply), std::nullopt}};
}

// Those that are old enough; and the oldest, when there are too many. A step forgets a bounded
// number: as fast as requests can come in.
Result<void> Engine::ForgetReplies(School& school, Time now) {
  const std::uint64_t over =
      school.replies > settings_.replies_max ? school.replies - settings_.replies_max : 0;
  const std::string old = store::ReplyExpiryRange(school.id(), now - settings_.reply_kept).end;
  const store::Range all = store::ReplyExpiryRange(school.id(), Time::max());
  std::vector<std::string> keys;
  const auto cursor = view_->Scan(Family::kReplies, all.begin, over > 0 ? all.end : old);
  for (; cursor->Valid() && keys.size() < kForgottenAStep; cursor->Next()) {
    const bool early = cursor->key() >= old;
    if (early && keys.size() >= over) break;
    if (early) limits_.Reached(Limit::kReplies);
    keys.emplace_back(cursor->key());
  }
  ROSTER_TRY(cursor->status(), "");
  for (std::string& key : keys) {
    ROSTER_ASSIGN(const CommandId command, store::CommandOfKey(key), "");
    view_->Delete(Family::kReplies, store::ReplyKey(school.id(), command));
    view_->Delete(Family::kReplies, std::move(key));
  }
  school.replies -= std::min<std::uint64_t>(school.replies, keys.size());
  return {};
}

Result<void> Engine::HandleWorker(const bus::Inbound& input, bool read_only) {
  const Duration begin = clock_.Steady();
  auto request = bus::DecodeWorkerRequest(input.payload);
  const access::Principal who = access_.Get()->Identify(input.peer);
  model::WorkerReply reply;
  reply.request_id = request ? request->request_id : request.error().request_id;
  model::Answered answered;
  answered.actor = who.actor;
  answered.request_id = reply.request_id;
  const auto send = [&] {
    NoteAnswered(answered, begin, std::get_if<Error>(&reply.body));
    replies_.push_back({bus::Channel::kTasks, input.route, bus::EncodeWorkerReply(reply)});
  };
  if (!request) {
    limits_.Reached(Limit::kMessages);
    reply.body = request.error().error;
    send();
    return {};
  }
  answered.request = WorkerRequestName(*request);
  const model::Lease* const asked = std::get_if<model::Lease>(&request->body);
  Parked parked{input.route, request->request_id, request->worker, input.peer, {}, {}, {}};
  if (asked != nullptr) parked.asked = *asked;
  model::WorkerReply barred;
  if (auto refused = PermitWorker(who, *request, barred)) {
    reply.body = *std::move(refused);
    send();
    return {};
  }
  if (read_only) {
    reply.body = Error{Code::kExhausted, disk_reason_, disk_problem_};
    send();
    return {};
  }
  const Time now = clock_.Now();
  if (auto refused = Admit(request->worker, who, input.peer.pid, now)) {
    reply.body = *std::move(refused);
    send();
    return {};
  }
  if (const auto* lease = std::get_if<model::Lease>(&request->body)) {
    const auto [room, limit] = RoomOf(request->worker, lease->max);
    if (limit) limits_.Reached(*limit);
    // A worker that asks again has given up on what it asked before.
    std::erase_if(parked_, [&](const Parked& other) { return other.worker == request->worker; });
    parked.lease = *lease;
    parked.until = clock_.Steady() + lease->wait;
    parked_.push_back(std::move(parked));
    NoteAnswered(answered, begin, nullptr);
    return {};  // answered by ServeParked, in this step if there is anything
  }
  if (const auto* heartbeat = std::get_if<model::Heartbeat>(&request->body)) {
    ROSTER_ASSIGN(model::HeartbeatReply extended, Extend(request->worker, *heartbeat, now),
                  "extending leases");
    const auto& more = std::get<model::HeartbeatReply>(barred.body).lost;
    extended.lost.insert(extended.lost.end(), more.begin(), more.end());
    reply.body = std::move(extended);
  } else {
    ROSTER_ASSIGN(model::ReportReply absorbed,
                  Absorb(request->worker, std::get<model::ReportOutcomes>(request->body), now),
                  "taking in reports");
    const auto& more = std::get<model::ReportReply>(barred.body).refused;
    absorbed.refused.insert(absorbed.refused.end(), more.begin(), more.end());
    reply.body = std::move(absorbed);
  }
  send();
  return {};
}

std::optional<Error> Engine::Admit(const std::string& name, const access::Principal& who,
                                   std::int64_t pid, Time now) {
  const auto known = workers_.find(name);
  if (known == workers_.end() || known->second.pid != pid || known->second.actor != who.actor) {
    if (known == workers_.end() && workers_.size() >= kWorkersMax) {
      limits_.Reached(Limit::kWorkers);
      return Error{Code::kExhausted, "too-many-workers",
                   "More than 1000 workers have been here. Wait until some have gone."};
    }
    // Over tcp there is no process to know: all that come with one key are counted together.
    const auto names = std::count_if(workers_.begin(), workers_.end(), [&](const auto& worker) {
      return pid >= 0 ? worker.second.pid == pid
                      : worker.second.pid < 0 && worker.second.actor == who.actor;
    });
    if (names >= static_cast<std::ptrdiff_t>(kNamesMax)) {
      limits_.Reached(Limit::kNames);
      return Error{Code::kExhausted, "too-many-names",
                   "This process has worked under 64 names. One is enough: use the same again."};
    }
  }
  Worker& worker = workers_[name];
  worker.seen = now;
  worker.pid = pid;
  worker.actor = who.actor;
  worker.who = who;
  return std::nullopt;
}

Result<void> Engine::KeepQuota(const Fingerprint& key, model::QuotaState state) {
  std::future<Result<void>> done;
  {
    const std::lock_guard guard(quota_mutex_);
    if (closed_) return Fail(Code::kUnavailable, "stopped", "rosterd is stopping.");
    quota_writes_.push_back({key, std::move(state), {}});
    done = quota_writes_.back().done.get_future();
  }
  bus_.Wake();
  try {
    return done.get();
  } catch (const std::future_error&) {  // the engine has ended without an answer
    return Fail(Code::kUnavailable, "stopped", "rosterd is stopping.");
  }
}

Result<std::optional<model::QuotaState>> Engine::FindQuota(const Fingerprint& key) const {
  ROSTER_ASSIGN(const auto value, store_.Get(Family::kMeta, store::QuotaKey(key)),
                "reading the quota");
  if (!value) return {std::nullopt};
  ROSTER_ASSIGN(auto state, store::DecodeQuota(*value), "reading the quota");
  return {std::move(state)};
}

void Engine::Close() {
  const std::lock_guard guard(quota_mutex_);
  closed_ = true;
  for (QuotaWrite& write : quota_writes_) {
    write.done.set_value(Fail(Code::kUnavailable, "stopped", "rosterd is stopping."));
  }
  quota_writes_.clear();
}

}  // namespace roster::engine
