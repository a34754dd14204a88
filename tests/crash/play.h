#pragma once

// A school year's worth of work by a client that keeps its own books: what it asked for, what it
// was told, and so what the site may and must have done. Every command is sent until it is
// answered, and some once more after that.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/connection.h"
#include "client/zmq_channel.h"
#include "daemon/base/random.h"
#include "roster/v1/control.pb.h"
#include "tests/crash/journal_copy.h"
#include "tests/e2e/world.h"

namespace roster::crash {

class Play {
 public:
  Play(e2e::World& world, JournalCopy& journal, std::uint64_t seed);

  // Something happens at the school or on the site; it is polled, decided, approved and carried
  // out, and what the site did is compared with what was approved.
  void Round(int number);

  // The journal holds every command that was answered, once, and whole.
  void CheckAcknowledged();
  // All of the journal, by replays from the beginning.
  void FetchJournal();

  struct Counts {
    int commands = 0;
    int repeated = 0;
    int polls = 0;
    int plans = 0;
    int effects = 0;
    int superseded = 0;
    int refused = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  // A person and what is done to them: "tcs:4711 add".
  using Effects = std::multiset<std::string>;

  v1::Reply Ask(v1::Request request);
  // nullopt when it is refused.
  std::optional<v1::Reply> Command(v1::Request request);
  void SomethingHappens();
  void PollUntilUsed();
  std::vector<v1::UserRow> Users(v1::ListStatus status);
  void DecideAll();
  void Decide(v1::Decision decision, const std::vector<std::int64_t>& persons);
  void CheckDecisions();
  // Approves a plan made by `prepare`, has it carried out, and compares.
  void Sync(const v1::PreparePlan& prepare);
  std::map<std::int64_t, Effects> ListItems(std::uint64_t plan);
  std::map<std::int64_t, v1::TaskRow> WaitForTasks(std::uint64_t plan);
  void RetryDead();
  void Compare(std::size_t from, const std::map<std::int64_t, Effects>& approved,
               const std::map<std::int64_t, v1::TaskRow>& tasks);
  std::uint64_t Below(std::uint64_t limit) { return random_.Next() % limit; }

  e2e::World& world_;
  JournalCopy& journal_;
  SeededRandom random_;
  client::SystemClock clock_;
  client::ZmqChannel channel_;
  client::Connection connection_;
  int command_ = 0;
  std::map<std::string, v1::Reply> answered_;           // by command id, refusals left out
  std::map<std::string, v1::Request::BodyCase> kinds_;  // of those
  std::map<std::int64_t, std::string> decided_;         // since the last poll
  std::uint64_t last_plan_ = 0;
  Counts counts_;
};

}  // namespace roster::crash
