#pragma once

// The simulated parts of the world: time, disk, network, FACTS, the site. Each is the real seam
// with everything that can go wrong behind it, and all chance comes from one seed.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/random.h"
#include "daemon/bus/bus.h"
#include "daemon/engine/examine.h"
#include "daemon/engine/polls.h"
#include "daemon/engine/settings.h"
#include "daemon/source/source.h"
#include "daemon/store/memory_store.h"
#include "daemon/target/scim_site.h"
#include "tests/simulation/fiber.h"
#include "tests/unit/target/fake_scim.h"

namespace roster::simulation {

using Json = nlohmann::json;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Checker;

// The daemon's process ends here and now.
struct Crash {};

// All chance, and how many faults of each kind there were.
class Chance : public Random {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t Next() override { return engine_.Next(); }
  std::uint64_t Below(std::uint64_t n) { return n == 0 ? 0 : Next() % n; }
  bool Is(double share) { return Uniform() < share; }
  Duration Between(Duration least, Duration most) {
    const auto width = static_cast<std::uint64_t>((most - least).count()) + 1;
    return least + Duration(static_cast<Duration::rep>(Below(width)));
  }
  template <typename List>
  auto& Of(List& list) {
    return list[Below(list.size())];
  }
  // A fault of this name happens now; never once faults are off.
  bool Fault(const char* name, double share) {
    if (!faults || !Is(share * level)) return false;
    ++counts[name];
    return true;
  }

  bool faults = true;
  double level = 1;  // of the seed: from quiet to stormy
  std::map<std::string, std::uint64_t> counts;

 private:
  SeededRandom engine_;
};

// Wall clock and steady clock. Who waits, waits in a fiber.
class SimClock : public Clock {
 public:
  Time Now() const override { return Time(seconds(1'800'000'000)) + steady_ + skew_; }
  Duration Steady() const override { return steady_; }
  bool Wait(Duration duration, const std::stop_token& stop) const override;
  void Advance(Duration by) { steady_ += by; }
  void Jump(Duration by) { skew_ += by; }
  Duration skew() const { return skew_; }

 private:
  Duration steady_{};
  Duration skew_{};
};

// A disk: commits that fail, that crash before or after they are there, that are forgotten when
// they were not synced; reads that fail.
class SimStore : public store::Store {
 public:
  SimStore(Chance& chance, const SimClock& clock) : chance_(chance), clock_(clock) {}

  Result<std::optional<std::string>> Get(store::Family family, std::string_view key) const override;
  std::unique_ptr<store::Cursor> Scan(store::Family family, std::string_view begin,
                                      std::string_view end) const override;
  Result<void> Commit(const store::Batch& batch, bool sync) override;
  std::unique_ptr<store::Reader> Snapshot() const override;

  // The power is gone: of what was not synced, a part is lost.
  void Forget();
  // There is room again, and nothing is unsynced: between two processes.
  void Rest() { full_until_ = {}; }
  const store::MemoryStore& memory() const { return memory_; }

  Checker* checker = nullptr;

 private:
  Chance& chance_;
  const SimClock& clock_;
  store::MemoryStore memory_;
  std::vector<store::Batch> undo_;  // of each commit that was not synced, newest last
  Duration full_until_{};           // Steady
};

// Who is there besides uid 1000: a user without any role, and one who may hear of entries.
inline constexpr std::int64_t kNobody = 2000;
inline constexpr std::int64_t kListener = 2001;
inline constexpr char kStranger[] = "stranger";  // the route of both

// Messages between the daemon and the others: dropped, doubled, late, out of order.
class Network : public bus::Bus {
 public:
  using Inbox = std::function<void(const std::string& payload)>;
  using Feed = std::function<void(const std::string& topic, const std::string& payload)>;

  Network(Chance& chance, const SimClock& clock) : chance_(chance), clock_(clock) {}

  // The daemon's side.
  Result<std::vector<bus::Inbound>> Receive(Duration wait_max, std::size_t count_max) override;
  void Send(bus::Channel channel, const std::string& route, std::string payload) override;
  void Publish(const std::string& topic, std::string_view payload) override;
  void Wake() override {}
  Counters counters() const override { return {}; }

  // The others' side.
  void Listen(const std::string& route, Inbox inbox) { inboxes_[route] = std::move(inbox); }
  void Hang(const std::string& route) { inboxes_.erase(route); }
  void Subscribe(const std::string& name, Feed feed) { feeds_[name] = std::move(feed); }
  void Ask(bus::Channel channel, const std::string& route, std::string payload);

  // Hands over to the others what has arrived.
  void Deliver();
  // The daemon's process is gone, and with it what it had not sent, and some of what it was sent.
  void Cut();

  Checker* checker = nullptr;

 private:
  struct Packet {
    bool to_daemon = false;
    bus::Inbound inbound;
    std::string name;  // route, or the subscriber's name
    std::string topic;
    std::string payload;
  };
  void Post(Packet packet, double loss);

  Chance& chance_;
  const SimClock& clock_;
  std::map<std::string, Inbox> inboxes_;
  std::map<std::string, Feed> feeds_;
  std::multimap<Duration, Packet> on_the_way_;
};

// ---- FACTS ------------------------------------------------------------------------------------

struct Person {
  std::string first, last, email, email2;
  bool deceased = false;
  bool listed = true;    // has a People row
  bool student = false;  // has a Students row
  std::string status = "Enrolled", grade = "09", code = "TCS-CA";
};

struct Household {
  std::string name;
  std::vector<std::int64_t> parents, children;
};

// A school that changes, and what a poll of it brings.
class SimFacts : public source::Source {
 public:
  SimFacts(Chance& chance, const SimClock& clock, bool with_families);

  void Change();  // one thing that happens in a school

  Result<model::Snapshot> Fetch(const source::LastGood& last_good,
                                const std::function<void(const source::Progress&)>& progress,
                                const std::stop_token& stop) override;
  const source::Rejected& rejected() const override { return rejected_; }

  // Of the last Fetch: whether it brought all there was.
  bool whole = true;
  std::map<std::int64_t, Person> people;
  std::map<std::int64_t, Household> households;
  std::set<std::pair<std::int64_t, std::int64_t>> blocked;  // parent, child

  static constexpr double kShrinkMax = 0.6;

 private:
  std::int64_t AddPerson(bool student);
  std::int64_t AnyOf(bool student);
  std::string FreshEmail();
  void ChangePerson(Person& person);
  std::optional<Error> Refusal();
  Result<void> Walk(std::string_view what, std::uint64_t announced, std::uint64_t received,
                    std::uint64_t rejected, std::uint64_t last_good);
  void ReadStudents(model::Snapshot& into);
  void ReadPeople(model::Snapshot& into);
  void ReadFamilies(model::Snapshot& into);

  Chance& chance_;
  const SimClock& clock_;
  const bool with_families_;
  source::Rejected rejected_;
  std::int64_t next_id_ = 100;
  int next_email_ = 1;
};

// ---- the site ---------------------------------------------------------------------------------

// Who is asking: a worker's task, or nobody for a poll.
struct Asker {
  std::uint64_t plan = 0;
  std::uint32_t index = 0;
  std::uint32_t attempt = 0;
};

// One write that the site has carried out.
struct Effect {
  Asker asker;
  std::string account;
  Json before;  // null: it was made
  Json after;
  std::uint64_t people_edits = 0;  // what the site's own people had done to this account by then
};

class SimSite {
 public:
  SimSite(Chance& chance, const SimClock& clock, SimFacts& facts);

  // What the site's own people do.
  void Change();
  // A door for one caller, to be used within a fiber. `asker` is read at each request.
  std::unique_ptr<http::Http> Door(const Asker* asker);

  target::FakeScim scim;
  Checker* checker = nullptr;
  std::set<std::string> ids;
  std::map<std::string, std::uint64_t> people_edits;

 private:
  friend class SimDoor;
  Result<http::Response> Handle(const http::Request& request, const Asker* asker);
  std::optional<Result<http::Response>> FaultBefore();
  std::optional<Result<http::Response>> FaultAfter();
  Json& Add(const std::string& user_name);
  void ChangeAccount(const std::string& id);

  Chance& chance_;
  const SimClock& clock_;
  SimFacts& facts_;
  Duration down_until_{};
  int next_ = 1;
  int made_ = 1000;  // as FakeScim numbers what is made there
  std::uint64_t edits_ = 0;
};

// ---- polls ------------------------------------------------------------------------------------

// The daemon's poll thread: the real RunPoll, in a fiber.
class SimPolls : public engine::Polls {
 public:
  SimPolls(Chance& chance, const SimClock& clock, SimFacts& facts, SimSite& site,
           const model::RosterRules& rules);

  void Start(engine::PollJob job) override;
  std::vector<engine::PollEnd> Take() override;
  engine::PollProgress Progress(const SchoolId&) override { return {"People", 1, 2}; }

  void Step();
  // The process is gone: what ran, and what the last poll had read.
  void Die();
  bool running() const { return fiber_ != nullptr; }

  Checker* checker = nullptr;

 private:
  Chance& chance_;
  const SimClock& clock_;
  SimFacts& facts_;
  const model::RosterRules& rules_;
  std::unique_ptr<http::Http> door_;
  target::SiteRate rate_;
  target::ScimSite reader_;
  std::unique_ptr<engine::Reading> last_;
  std::unique_ptr<Fiber> fiber_;
  std::vector<engine::PollEnd> ended_;
  Duration slow_until_{};
};

target::ScimSettings SiteSettings();
SchoolId TheSchool();

}  // namespace roster::simulation
