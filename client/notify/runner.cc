#include "client/notify/runner.h"

#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "client/event_text.h"
#include "client/notify/put_back.h"
#include "client/notify/state.h"
#include "client/subscriber/durable_file.h"
#include "client/subscriber/loop.h"
#include "client/subscriber/subscriber.h"
#include "client/text.h"
#include "client/zmq_channel.h"
#include "client/zmq_feed.h"

namespace roster::notify {
namespace {

namespace fs = std::filesystem;
using client::Answer;
using client::Exit;
using client::Millis;

// What is due is told between two questions, so a daemon that is away is not waited for any longer.
constexpr client::Patience kPatience{Millis(3000), Millis(3000)};
constexpr Millis kListen{500};
constexpr Millis kPause{500};         // after a failure, or while too much is pending
constexpr Millis kPauseBroken{5000};  // after one that begins everything anew
constexpr int kAtOnce = 200;          // messages between two looks at what is due

Time Now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

double Random() { return randombytes_uniform(1'000'000) / 1e6; }

std::string Span(const Parcel& parcel) {
  const auto first = parcel.entries.front().seq();
  const auto last = parcel.entries.back().seq();
  if (parcel.entries.size() == 1) return fmt::format("entry {}", first);
  return fmt::format("{} entries, {} to {}", parcel.entries.size(), first, last);
}

}  // namespace

// From one reading of the state to what makes another necessary.
class Runner::Course {
 public:
  Course(const Config& config, const std::optional<client::CallKeys>& keys, const Rule& rule,
         client::Clock& clock, const std::string& school)
      : watch(rule, config.zone, state),
        channel(config.control, keys),
        connection(channel, clock, kPatience, school) {}

  // Follows anew, from the state on.
  void Unfollow() {
    loop.reset();
    follower.reset();
    feed.reset();  // it would subscribe again by itself, whether the school is there or not
  }

  State state;
  Watch watch;
  bool begun = false;    // the state counts: it was read, or made and saved
  bool changed = false;  // since it was saved

  client::ZmqChannel channel;
  client::Connection connection;
  std::unique_ptr<client::Feed> feed;
  std::optional<client::Follower> follower;
  std::optional<client::Loop> loop;
  std::string said;  // the problem that was logged last; "": none
};

Runner::Runner(const Config& config, const std::optional<client::CallKeys>& keys, const Rule& rule,
               const School& school, Target& target, client::Clock& clock)
    : config_(config),
      keys_(keys),
      rule_(rule),
      school_(school),
      target_(target),
      clock_(clock),
      name_(rule.name + "." + school.id),
      state_file_(config.state_dir + "/" + name_ + ".json"),
      letters_(config.state_dir + "/" + kLettersFolder) {}

std::string Runner::Problem() const {
  const std::lock_guard lock(mutex_);
  return problem_.empty() ? "" : name_ + ": " + problem_;
}

void Runner::SetProblem(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  problem_ = problem;
}

void Runner::Say(Course& course, const std::string& problem) {
  if (course.said == problem) return;
  SetProblem(problem);
  course.said = problem;
  if (!problem.empty()) spdlog::warn("{}: {}", name_, problem);
}

Answer<void> Runner::Save(Course& course) {
  CLIENT_TRY(client::ReplaceFile(state_file_, ToText(course.state, rule_.name, school_.id)));
  course.changed = false;
  return {};
}

Answer<void> Runner::Begin(Course& course) {
  CLIENT_ASSIGN(const auto text, client::ReadWholeFile(state_file_));
  if (!text) return {};
  auto state = FromText(*text, rule_.name, school_.id);
  if (!state) {
    return client::Fail(
        Exit::kFailed, fmt::format("The state {} is not used: {}. Put back what was there, or move "
                                   "it away to begin anew with what comes from then on.",
                                   state_file_, state.error().message));
  }
  course.state = std::move(*state);
  course.begun = true;
  return {};
}

Answer<void> Runner::Follow(Course& course) {
  const auto take = [&](const std::vector<v1::Entry>& entries) -> Answer<bool> {
    const Time now = Now();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const v1::Entry& entry = entries[i];
      const bool last = i + 1 == entries.size();
      if (!course.watch.OnEntry(
              entry, last ? course.follower->known_hash() : entries[i + 1].previous(), now)) {
        spdlog::warn(
            "{}: entry {} is of a type that this roster-notify does not know, and is passed "
            "by: install the version of rosterd",
            name_, entry.seq());
      }
    }
    course.changed = true;
    return !course.watch.Full();
  };
  if (!course.loop) {
    CLIENT_ASSIGN(const auto found, client::FindSchool(course.connection, config_.control,
                                                       config_.events, school_.id));
    if (!course.begun) {
      course.state.seq = rule_.from_beginning ? 0 : found.head;
      // The time of that entry is not known, and is no later than now.
      course.state.at = std::chrono::system_clock::now();
      CLIENT_TRY(Save(course));
      course.begun = true;
      spdlog::info("{}: begins after entry {}", name_, course.state.seq);
    }
    CLIENT_TRY(LearnKnown(course));
    // Subscribed before the first replay, so that nothing falls between.
    CLIENT_ASSIGN(course.feed, client::ZmqFeed::Open(found.events, school_.id, keys_));
    course.follower.emplace(school_.id, course.state.seq, course.state.hash);
    course.loop.emplace(course.connection, clock_, *course.follower, [&]() -> Answer<void> {
      CLIENT_TRY(
          client::FindSchool(course.connection, config_.control, config_.events, school_.id));
      return {};
    });
    return course.loop->CatchUp(take);
  }
  for (int i = 0; i < kAtOnce && !course.watch.Full() && !clock_.Interrupted(); ++i) {
    const std::uint64_t before = course.follower->known();
    CLIENT_TRY(course.loop->Listen(*course.feed, i == 0 ? kListen : Millis(0), take));
    if (course.follower->known() == before) break;
  }
  return {};
}

Answer<v1::ReplayReply> Runner::Replay(Course& course, std::uint64_t since, std::uint32_t limit) {
  ++turns_;
  v1::Request request;
  request.mutable_replay()->set_since(since);
  request.mutable_replay()->set_limit(limit);
  CLIENT_ASSIGN(v1::Reply reply, course.connection.Call(request));
  return std::move(*reply.mutable_replay());
}

Answer<void> Runner::LearnKnown(Course& course) {
  State& state = course.state;
  if (!state.hash.empty() || state.seq == 0) return {};
  CLIENT_ASSIGN(const v1::ReplayReply reply, Replay(course, state.seq - 1, 1));
  if (reply.entries().empty()) return {};  // the follower says what that means
  v1::Entry entry;
  const std::string& bytes = reply.entries(0);
  if (!entry.ParseFromString(bytes) || entry.seq() != state.seq) return {};
  state.hash = client::EntryHash(bytes);
  state.at = TimeOf(entry);
  course.changed = true;
  return {};
}

Answer<void> Runner::GoOnAfterRestore(Course& course, const client::Failure& fault) {
  const std::uint64_t known = course.follower->known();
  const auto replay = [&](std::uint64_t since, std::uint32_t limit) {
    return Replay(course, since, limit);
  };
  CLIENT_ASSIGN(const auto back, FindPutBack(school_.id, known, course.state.at, replay));
  if (!back) {
    stops_for_ = client::Clean(fault.message);
    SetProblem(stops_for_);
    course.watch.Close();
    if (const std::size_t held = course.watch.Held(); held > 0) {
      spdlog::error(
          "{}: {} This rule stops when what it has read and not yet told is told or given up: {} "
          "of the journal that was known.",
          name_, stops_for_, held == 1 ? "1 entry" : fmt::format("{} entries", held));
    }
    return {};
  }
  const std::uint64_t from = back->restored.seq();
  spdlog::warn(
      "{}: rosterd was put back from backup {}: entries {} to {}, which were known, are no more. "
      "Goes on with the new entry {}.",
      name_, back->restored.restored().backup(), from, known, from);
  course.watch.OnPutBack(*back, Now());
  course.changed = true;
  course.Unfollow();
  return {};
}

void Runner::Stop(Course& course) {
  if (course.watch.Held() > 0) return;
  SetProblem(stops_for_);
  stopped_ = true;
  spdlog::error(
      "{}: {} This rule is stopped. When you know what happened, let it begin anew as its "
      "`since` says: systemctl stop roster-notify; mv {} {}.aside; systemctl start roster-notify",
      name_, stops_for_, state_file_, state_file_);
}

Delivery Runner::DeliveryOf(const Course& course, const Parcel& parcel, Time now) const {
  return {parcel,
          rule_.name,
          school_.id,
          school_.name.empty() ? school_.id : school_.name,
          course.watch.Awaiting(),
          rule_.digest.has_value(),
          rule_.remind.has_value(),
          config_.zone,
          now};
}

Answer<void> Runner::Bury(Course& course, const Parcel& parcel) {
  const Delivery delivery = DeliveryOf(course, parcel, Now());
  std::error_code error;
  const auto kept =
      std::distance(fs::directory_iterator(letters_, error), fs::directory_iterator());
  if (error || static_cast<std::size_t>(kept) >= kDeadLettersMax) {
    return client::Fail(
        Exit::kFailed,
        fmt::format("{} holds {} dead letters, or can't be read: nothing is given up "
                    "any more. Look through them and delete them.",
                    letters_, kept));
  }
  const bool reminder = parcel.kind == Parcel::Kind::kReminder;
  const std::string whom =
      parcel.to.empty() ? "" : fmt::format(" for {} of its recipients", parcel.to.size());
  const v1::Entry& first = parcel.entries.front();
  // With the first entry's time: after a restore its number is given out again.
  const std::string file =
      fmt::format("{}/{}.{}{}-{}.{}{}", letters_, name_,
                  reminder ? fmt::format("reminder{}-", parcel.number) : "", first.seq(),
                  parcel.entries.back().seq(), TimeOf(first).time_since_epoch().count(),
                  target_.LetterSuffix());
  CLIENT_TRY(client::ReplaceFile(file, target_.Letter(delivery)));
  spdlog::error(
      "{}: {} given up{} after {} tries; it is kept in {}. Mend the target, and send it by "
      "hand if it still matters.",
      name_, Span(parcel), whom, parcel.failures, file);
  course.watch.GiveUp(Now());
  return Save(course);
}

// Where no answer comes, a reminder too many does less harm than one too few.
void Runner::LookAtStatus(Course& course) {
  if (!course.watch.AsksStatus(Now())) return;
  v1::Request request;
  request.mutable_get_status();
  const auto reply = course.connection.For("").Call(request);  // as FindSchool does
  if (!reply) return;
  for (const v1::SchoolStatus& school : reply->status().schools()) {
    if (school.school() == school_.id) course.watch.OnStatus(school);
  }
}

Answer<void> Runner::Tell(Course& course) {
  while (!clock_.Interrupted()) {
    ++turns_;
    while (const Parcel* const last = course.watch.Exhausted()) CLIENT_TRY(Bury(course, *last));
    LookAtStatus(course);
    const Parcel* parcel = course.watch.Next(Now(), Random());
    if (parcel == nullptr) break;
    // The try is on disk before it is made: what is in doubt after a crash is told again.
    CLIENT_TRY(Save(course));
    const std::string span = Span(*parcel);
    Outcome outcome;
    try {
      outcome = target_.Deliver(DeliveryOf(course, *parcel, Now()), clock_);
    } catch (const std::exception& error) {
      outcome = {Outcome::How::kFailed, error.what(), {}, {}};
    }
    switch (outcome.how) {
      case Outcome::How::kDelivered:
        spdlog::info("{}: told {}", name_, span);
        if (!outcome.refused.empty()) {
          spdlog::warn("{}: {} not told to all: {}. Those are tried again on their own.", name_,
                       span, outcome.why);
        }
        course.watch.OnDelivered(Now(), outcome.refused);
        break;
      case Outcome::How::kFailed:
        course.watch.OnFailed(Now(), outcome.later);
        spdlog::warn("{}: {} not told, failure {} of {}: {}", name_, span, parcel->failures,
                     rule_.tries, outcome.why);
        break;
      case Outcome::How::kInterrupted:
        course.watch.OnInterrupted(Now());
        break;
    }
    CLIENT_TRY(Save(course));
  }
  if (course.changed) CLIENT_TRY(Save(course));
  return {};
}

void Runner::Run() {
  std::string broken;  // what was told of a state or a disk that can't be used
  while (!clock_.Interrupted()) {
    Course course(config_, keys_, rule_, clock_, school_.id);
    Answer<void> went = Begin(course);
    if (went) SetProblem(stops_for_);
    if (!stops_for_.empty()) course.watch.Close();
    while (went && !clock_.Interrupted()) {
      ++turns_;
      if (course.begun) went = Tell(course);
      if (!went || clock_.Interrupted()) break;
      if (!stops_for_.empty()) Stop(course);
      if (stopped_) return;
      if (!stops_for_.empty() || course.watch.Full()) {
        clock_.Wait(kPause);
        continue;
      }
      Answer<void> followed = Follow(course);
      if (clock_.Interrupted()) break;
      if (!followed && course.follower && course.follower->is_another()) {
        followed = GoOnAfterRestore(course, followed.error());
        if (!stops_for_.empty()) continue;
      }
      Say(course, followed ? "" : client::Clean(followed.error().message));
      if (!followed) {
        // The next try looks first whether the school is there: a request about one that has left
        // would stand in the journals of others.
        const bool at_fault = course.follower && !course.follower->fault().empty();
        course.Unfollow();
        // Who is refused asks seldom: each time may stand in the journal.
        const bool soon = followed.error().exit == Exit::kFailed && !at_fault;
        clock_.Wait(soon ? kPause : kPauseBroken);
      }
    }
    // What was taken in since the last save is in the journal still.
    if (clock_.Interrupted()) break;
    ++turns_;
    if (!went && went.error().message != broken) {
      broken = went.error().message;
      SetProblem(broken);
      spdlog::error("{}: {}", name_, broken);
    }
    clock_.Wait(kPauseBroken);
  }
}

}  // namespace roster::notify
