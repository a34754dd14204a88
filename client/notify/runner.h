#pragma once

// A rule in a school at work, on a thread of its own: follows the journal, keeps the state on disk,
// and tells what is to be told. What fails is tried again; nothing of it touches another rule.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "client/certificate.h"
#include "client/failure.h"
#include "client/notify/config.h"
#include "client/notify/target.h"

namespace roster::notify {

// Dead letters of all rules; beyond, parcels are tried on instead of being given up.
inline constexpr std::size_t kDeadLettersMax = 10'000;

class Runner {
 public:
  // All outlive it.
  // `keys` are there where rosterd is called over tcp.
  Runner(const Config& config, const std::optional<client::CallKeys>& keys, const Rule& rule,
         const School& school, Target& target, client::Clock& clock);

  // Until the clock is interrupted, or the journal is not the one that was known and nothing
  // explains it; then what was read before is told or given up first.
  void Run();

  // Grows while it goes on; stands still during one delivery, which its target's timeout bounds (6
  // min at most). Any thread.
  std::uint64_t turns() const { return turns_; }
  // It has ended for good: only a person can say how to go on. Any thread.
  bool stopped() const { return stopped_; }
  // "RULE.SCHOOL: what keeps it from its work", for people; "": nothing does. Any thread.
  std::string Problem() const;

 private:
  class Course;
  client::Answer<void> Begin(Course& course);   // from the state on disk, if there is one
  client::Answer<void> Follow(Course& course);  // a step, half a second at most when all is well
  // The number alone is known where the journal was followed from its newest entry on.
  client::Answer<void> LearnKnown(Course& course);
  client::Answer<v1::ReplayReply> Replay(Course& course, std::uint64_t since, std::uint32_t limit);
  // The journal is another one: goes on after the Restored that explains it, or begins to stop.
  client::Answer<void> GoOnAfterRestore(Course& course, const client::Failure& fault);
  client::Answer<void> Tell(Course& course);                        // all that is due
  void LookAtStatus(Course& course);                                // before a reminder
  client::Answer<void> Bury(Course& course, const Parcel& parcel);  // all tries have failed
  client::Answer<void> Save(Course& course);
  Delivery DeliveryOf(const Course& course, const Parcel& parcel, Time now) const;
  void Stop(Course& course);  // once nothing is held any more
  void Say(Course& course, const std::string& problem);
  void SetProblem(const std::string& problem);

  const Config& config_;
  const std::optional<client::CallKeys>& keys_;
  const Rule& rule_;
  const School& school_;
  Target& target_;
  client::Clock& clock_;
  const std::string name_;  // "RULE.SCHOOL": in logs and of files
  const std::string state_file_;
  const std::string letters_;  // the folder
  std::string stops_for_;      // why it follows the journal no more; "": it does
  std::atomic<std::uint64_t> turns_{0};
  std::atomic<bool> stopped_{false};
  mutable std::mutex mutex_;
  std::string problem_;  // under mutex_
};

// Where dead letters are, within the state directory.
inline constexpr const char* kLettersFolder = "dead-letters";

}  // namespace roster::notify
