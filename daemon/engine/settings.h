#pragma once

#include <string>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/model/settings.h"
#include "daemon/task/task.h"

namespace roster::engine {

// What the engine needs to know of one school.
struct SchoolSettings {
  std::string name;
  model::RosterRules rules;
  model::PlanRules plans;
  Duration poll_every = std::chrono::hours(1);
  double shrink_max = 0.2;  // share, 0..1, that a list may shrink by between two good polls
  double site_requests_per_second = 10;  // shared among the workers
  model::Retention retention;
  std::string import_directory = {};  // of a site without an API; "": it has one

  const SchoolId& id() const { return rules.school; }
};

struct Settings {
  std::string version;          // of the program
  std::string events_endpoint;  // told to clients
  std::string tasks_endpoint;
  task::Policy tasks;
  Duration beat_every = std::chrono::seconds(1);
  Duration reply_kept = std::chrono::hours(24);        // how long a command can be repeated
  std::uint64_t replies_max = 100'000;                 // of a school: beyond, the oldest go earlier
  Duration worker_away = std::chrono::seconds(60);     // without a word: no longer counted
  Duration poll_retry_base = std::chrono::minutes(1);  // after a poll that was not used, doubled
  std::uint64_t polls_kept = 1000;                     // records of a school
  std::vector<SchoolSettings> schools;                 // unique ids
  std::string backup_directory;                        // told to operators
  std::uint32_t backups_kept = 0;
};

}  // namespace roster::engine
