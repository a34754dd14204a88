#pragma once

// A rosterd of which everything is known that can be: every metric has a sample.

#include "daemon/metrics/metrics.h"

namespace roster::metrics {

inline Time FullNow() { return Time(std::chrono::seconds(1'800'000'000)); }

inline model::SchoolVitals FullSchool(const std::string& id) {
  model::SchoolVitals school;
  school.school = SchoolId(id);
  school.poll_every = std::chrono::hours(1);
  school.next_poll = FullNow() + std::chrono::minutes(30);
  school.last_used = true;
  school.last_poll = model::PollVitals{FullNow() - std::chrono::minutes(30),
                                       std::chrono::milliseconds(12'500),
                                       9176,
                                       1535,
                                       1498,
                                       845,
                                       7,
                                       19,
                                       2};
  school.last_good = school.last_poll;
  school.polls_used = 40;
  school.polls_rejected = {{"shrunk", 2}, {"never heard of", 1}};
  school.tally.everybody = 1535;
  school.tally.fresh = 16;
  school.tally.by_status[1] = 14;
  school.tally.by_status[2] = 1312;
  school.tally.by_bucket[1] = 12;
  school.tally.by_reason[static_cast<std::size_t>(model::Reason::kGraduated)] = 3;
  school.tally.linked_active = 1400;
  school.holds = {model::GuardKind::kArchive};
  school.tasks.queued = 3;
  school.tasks.unknown = 5;
  school.tasks.resting = 2;
  school.tasks.applied = 480;
  school.plans_under_way = 1;
  school.unmapped_words = 2;
  school.head = Seq(41);
  school.acknowledged = Seq(40);
  school.worker_asked = FullNow() - std::chrono::seconds(1);
  return school;
}

inline model::Vitals FullVitals(std::size_t schools = 1) {
  model::Vitals vitals;
  vitals.version = "0.1.0";
  vitals.at = FullNow();
  vitals.started = FullNow() - std::chrono::hours(24);
  vitals.steps = 86'400;
  vitals.requests = {{{"GetStatus", "done"}, 12}, {{"ApprovePlan", "refused"}, 1}};
  vitals.commits = 5;
  vitals.commit_times.bounds = model::kCommitBounds;
  vitals.poll_times.bounds = model::kPollBounds;
  for (const int ms : {1, 3, 3, 40, 2000}) {
    vitals.commit_times.Add(std::chrono::milliseconds(ms));
  }
  vitals.poll_times.Add(std::chrono::milliseconds(12'500));
  vitals.config_read = vitals.started;
  vitals.backups = true;
  vitals.backup_good = FullNow() - std::chrono::hours(9);
  vitals.backup_overdue = true;
  vitals.workers = 1;
  vitals.worker_seen = FullNow();
  vitals.limits = {{"frames", 0, {}, "x"}, {"answers", 3, FullNow(), "y"}};
  for (std::size_t i = 0; i < schools; ++i) {
    vitals.schools.push_back(FullSchool(i == 0 ? "tcs" : "school-" + std::to_string(i)));
  }
  return vitals;
}

// `vitals` outlives it.
inline Reading FullReading(const model::Vitals& vitals) {
  Reading reading;
  reading.version = "0.1.0";
  reading.now = FullNow();
  reading.engine = &vitals;
  reading.since_step = std::chrono::milliseconds(250);
  QuotaVitals quota;
  quota.first = vitals.schools.front().school;
  quota.left_minute = 8;
  quota.left_day = 9'876;
  for (const model::SchoolVitals& school : vitals.schools) {
    quota.schools.push_back(school.school);
    reading.http.push_back({school.school, {40, 0, 1, 2, 0, 3}, {12, 0, 0, 0, 0, 0}});
  }
  reading.quotas = {quota};
  reading.process = {12.5, 64'000'000, 40, 65'536};
  return reading;
}

}  // namespace roster::metrics
