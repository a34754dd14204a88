#pragma once

// What the engine keeps in memory of one school. All of it can be read again from the store.

#include <map>
#include <optional>
#include <set>
#include <string>

#include "daemon/engine/current_plans.h"
#include "daemon/engine/settings.h"
#include "daemon/journal/journal.h"
#include "daemon/model/plan.h"
#include "daemon/model/poll.h"
#include "daemon/model/school_head.h"
#include "daemon/model/vitals.h"
#include "daemon/task/queue.h"

namespace roster::engine {

struct School {
  const SchoolSettings* settings = nullptr;

  model::SchoolHead head;
  bool head_changed = false;  // since the last commit

  task::Queue queue;
  std::string origin;  // Task::origin; "" until it is first needed
  // Plans whose counts have changed since the last commit, and those under way.
  std::map<PlanId, model::Plan> plans;
  std::set<PlanId> plans_changed;
  CurrentPlans current_plans;  // as they are on disk, and in the step under way so far

  // The poll under way. Not stored: a poll that a crash has ended is found by its record.
  std::optional<model::Poll> polling;
  // Persons whose link or account a task has changed since FACTS and the site were last read.
  std::set<PersonId> touched;
  std::set<PersonId> touched_before;  // the poll whose start is not on disk yet

  // Forgotten since the poll under way began: what it finds of them is of before.
  std::set<PersonId> forgotten;
  // How far the look for those to be forgotten by age is: a key of the index of persons; "": at its
  // beginning. The next look, by the steady clock.
  std::string age_cursor;
  Duration next_age_look{};
  bool purging = false;  // the purge under way removes all that were forgotten so far

  // When a worker last asked for this school's tasks; nullopt: not since the start.
  std::optional<Time> worker_asked;
  Duration worker_asked_steady{};         // the same by the steady clock; of the start without
  std::optional<Duration> waiting_since;  // tasks wait; by the steady clock

  // Something was learnt that only the next poll can show: it goes out as soon as it may.
  bool read_again = false;
  // A decision was taken that the stages before review have to know: everything is examined again,
  // with what the last poll brought.
  bool examine_again = false;
  // Both as the last step on disk has left them: a poll whose start is not, is asked for still.
  bool kept_read_again = false;
  bool kept_examine_again = false;
  // Of every account on the site, as last read; null until a poll was used since the start.
  std::shared_ptr<const std::vector<std::uint64_t>> account_marks;  // AccountMark (polls.h)
  // A poll that ended while the disk was full: its record is still to be closed.
  std::optional<model::Poll> unrecorded;

  std::uint64_t replies = 0;  // kept

  // After answers that were not a task's fault, the site is left alone until then; then one task
  // goes out to see.
  Time site_paused_until;
  std::uint32_t site_failures = 0;
  std::string site_reason;                     // of the last of them
  std::optional<Duration> site_failing_since;  // by the steady clock
  // A person had tasks retried since it was told that the site has stopped: if it has not come
  // back, that is told again.
  bool site_tried_again = false;
  void NoteSiteAnswers() {
    site_failures = 0;
    site_failing_since.reset();
    site_paused_until = {};
  }
  // Tasks are not carried out: now, or as was told before the last start.
  bool IsSiteFailing() const { return site_failures > 0 || !head.site_stopped.empty(); }

  // For those who watch: what was counted of its polls since the start, the rest as last given.
  model::SchoolVitals vitals;
  bool polls_read = false;  // the last ones before the start, into `vitals`

  const SchoolId& id() const { return settings->id(); }
  const model::RosterRules& rules() const { return settings->rules; }
};

}  // namespace roster::engine
