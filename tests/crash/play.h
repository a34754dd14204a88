#pragma once

// A school year's worth of work by a client that keeps its own books: what it asked for, what it
// was told, and so what the site may and must have done. Every command is sent until it is
// answered, and some once more after that; some are sent before by somebody who does not wait: what
// has come of those by then is all of it, or nothing.

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
#include "tests/crash/books.h"
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
  // What rosterctl shows is what was acknowledged: everybody, the excluded, duplicates, matches.
  // Polls first, since some words show after a poll alone.
  void CheckLists();

  struct Counts {
    int commands = 0;
    int repeated = 0;
    int polls = 0;
    int plans = 0;
    int effects = 0;
    int superseded = 0;
    int refused = 0;
    int unanswered = 0;  // sent, and not waited for; all were sent again
    int half_way = 0;    // of those: done already when they were sent again
    int resolved = 0;    // duplicates: holders, second addresses, reopened
    int matched = 0;
    int excluded = 0;  // persons and families, in and out; protected
  };
  const Counts& counts() const { return counts_; }

 private:
  // A person and what is done to them: "tcs:4711 add".
  using Effects = std::multiset<std::string>;

  v1::Reply Ask(v1::Request request);
  // nullopt when it is refused.
  std::optional<v1::Reply> Command(v1::Request request);
  void CallAway(v1::Request request);
  // The entries of this command among those after `since`, as bytes.
  std::vector<std::string> EntriesOf(const std::string& command, std::uint64_t since);
  std::uint64_t Head();
  void SomethingHappens();
  void PollUntilUsed();
  std::vector<v1::UserRow> Users(const v1::Filter& filter);
  void DecideAll();
  void Decide(v1::Decision decision, const std::vector<std::int64_t>& persons,
              const std::string& note = "");

  // play_review.cc: duplicates, matches, exclusions.
  void GetInEachOthersWay();  // addresses that are shared, accounts that fit too
  void ReviewAll();
  void ReviewGroup(const v1::GroupRow& group);
  void Resolve(const v1::ResolveGroup& how);
  void Reopen(const v1::GroupRow& group);
  void ReviewMatches(const std::vector<v1::UserRow>& users);
  void Match(const v1::UserRow& row, const v1::DecideMatch& word);
  void ReviewFamilies(const std::vector<v1::UserRow>& users);
  void DecideFamilies(bool exclude, const std::vector<std::int64_t>& families);
  void ReviewPersons(const std::vector<v1::UserRow>& users);
  std::vector<v1::GroupRow> Groups(v1::GroupStatus status);
  Shown Look();
  // `examined`: a poll that began after the last word was used since.
  void CheckShown(const Shown& shown, bool examined);
  std::string NextNote() { return "note " + std::to_string(++note_); }
  // Approves a plan made by `prepare`, has it carried out, and compares.
  void Sync(const v1::PreparePlan& prepare);
  std::map<std::int64_t, Effects> ListItems(std::uint64_t plan);
  std::map<std::int64_t, v1::TaskRow> WaitForTasks(std::uint64_t plan);
  void RetryDead();
  void Compare(std::size_t from, const std::map<std::int64_t, Effects>& approved,
               const std::map<std::int64_t, v1::TaskRow>& tasks);
  std::uint64_t Below(std::uint64_t limit) { return random_.Next() % limit; }
  template <typename T>
  const T& AnyOf(const std::vector<T>& all) {
    return all[Below(all.size())];
  }

  e2e::World& world_;
  JournalCopy& journal_;
  SeededRandom random_;
  client::SystemClock clock_;
  client::ZmqChannel channel_;
  client::Connection connection_;
  client::ZmqChannel away_;  // of those who don't wait
  int command_ = 0;
  int note_ = 0;
  int accounts_ = 0;                                    // made on the site by hand
  std::map<std::string, v1::Reply> answered_;           // by command id, refusals left out
  std::map<std::string, v1::Request::BodyCase> kinds_;  // of those
  Books books_;
  std::uint64_t last_plan_ = 0;
  Counts counts_;
};

}  // namespace roster::crash
