#include "daemon/metrics/metrics.h"

#include <algorithm>
#include <functional>

#include "daemon/metrics/text.h"

namespace roster::metrics {
namespace {

using model::SchoolVitals;

// Why polls are not used. A reason that is not here is counted as "other": the words of this list
// and no others become labels.
constexpr std::string_view kPollReasons[] = {"disk-full",
                                             "disk-read-only",
                                             "empty",
                                             "facts-rejected-request",
                                             "facts-unavailable",
                                             "header",
                                             "interrupted",
                                             "malformed",
                                             "poll-failed",
                                             "quota-exhausted",
                                             "row-count-changed",
                                             "rows-missing",
                                             "school-key-refused",
                                             "scope-missing",
                                             "shrunk",
                                             "site-forbidden",
                                             "site-incomplete",
                                             "site-malformed",
                                             "site-shrunk",
                                             "site-too-large",
                                             "site-unauthorized",
                                             "site-unavailable",
                                             "stopped",
                                             "subscription-key-refused",
                                             "tls",
                                             "too-many-rejected",
                                             "too-many-rows",
                                             "url"};
// Why polling stops until somebody mends it.
constexpr std::string_view kStopReasons[] = {"school-key-refused", "scope-missing",
                                             "subscription-key-refused"};
constexpr std::string_view kOther = "other";

template <typename Words>
std::string_view Closed(const Words& words, std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words) ? word : kOther;
}

// Metrics that every school has, one sample each.
struct PerSchool {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  std::function<void(Text&, const SchoolVitals&, std::string_view id)> add;
};

template <typename Get>
auto Plain(Get get) {
  return [get](Text& text, const SchoolVitals& school, std::string_view id) {
    text.Add(get(school), {{"school", id}});
  };
}

// Left out where it is not known.
template <typename Get>
auto Optional(Get get) {
  return [get](Text& text, const SchoolVitals& school, std::string_view id) {
    if (const auto value = get(school)) text.Add(*value, {{"school", id}});
  };
}

template <typename Member>
auto OfGood(Member member) {
  return [member](Text& text, const SchoolVitals& school, std::string_view id) {
    if (school.last_good) text.Add((*school.last_good).*member, {{"school", id}});
  };
}

template <typename Enum>
std::uint64_t At(const std::uint64_t* counts, Enum index) {
  return counts[static_cast<std::size_t>(index)];
}

std::vector<PerSchool> PollMetrics() {
  using model::PollVitals;
  const auto rejected = [](Text& text, const SchoolVitals& school, std::string_view id) {
    // Those that have not happened too: Prometheus sees no increase in what begins at 1.
    std::map<std::string_view, std::uint64_t> counts = {{kOther, 0}};
    for (const std::string_view reason : kPollReasons) counts[reason] = 0;
    for (const auto& [reason, count] : school.polls_rejected) {
      counts[Closed(kPollReasons, reason)] += count;
    }
    text.Add(school.polls_used, {{"school", id}, {"outcome", "used"}});
    for (const auto& [reason, count] : counts) {
      text.Add(count, {{"school", id}, {"outcome", reason}});
    }
  };
  return {
      {"rosterd_poll_last_success_timestamp_seconds", "gauge",
       "When the last poll ended that was used.",
       Optional([](const SchoolVitals& s) -> std::optional<Time> {
         if (!s.last_good) return std::nullopt;
         return s.last_good->ended;
       })},
      {"rosterd_poll_last_end_timestamp_seconds", "gauge", "When the last poll ended, used or not.",
       Optional([](const SchoolVitals& s) -> std::optional<Time> {
         if (!s.last_poll) return std::nullopt;
         return s.last_poll->ended;
       })},
      {"rosterd_poll_last_duration_seconds", "gauge", "How long the last poll took, used or not.",
       Optional([](const SchoolVitals& s) -> std::optional<Duration> {
         if (!s.last_poll) return std::nullopt;
         return s.last_poll->took;
       })},
      {"rosterd_poll_last_used", "gauge", "1 when the last poll that ended was used.",
       Plain([](const SchoolVitals& s) { return s.last_used; })},
      {"rosterd_poll_interval_seconds", "gauge", "How often the config wants polls.",
       Plain([](const SchoolVitals& s) { return s.poll_every; })},
      {"rosterd_poll_running", "gauge", "1 while a poll is under way.",
       Plain([](const SchoolVitals& s) { return s.polling; })},
      {"rosterd_poll_next_timestamp_seconds", "gauge",
       "When the next poll goes out; absent when polls are stopped or one goes out at once.",
       Optional([](const SchoolVitals& s) { return s.next_poll; })},
      {"rosterd_polls_total", "counter",
       "Polls that ended since the start, by what became of them: used, or why not.", rejected},
      {"rosterd_polling_stopped", "gauge",
       "1 when no poll goes out until somebody mends this, by reason.",
       [](Text& text, const SchoolVitals& school, std::string_view id) {
         for (const std::string_view reason : kStopReasons) {
           const bool so = school.stopped && school.stopped_reason == reason;
           text.Add(so, {{"school", id}, {"reason", reason}});
         }
         const bool other = school.stopped && Closed(kStopReasons, school.stopped_reason) == kOther;
         text.Add(other, {{"school", id}, {"reason", kOther}});
       }},
      {"rosterd_source_problem", "gauge", "1 when FACTS gives no whole reading.",
       Plain([](const SchoolVitals& s) { return s.source_problem; })},
      {"rosterd_site_problem", "gauge", "1 when the site does not answer as it should.",
       Plain([](const SchoolVitals& s) { return s.site_problem; })},
      {"rosterd_facts_people", "gauge", "People in FACTS at the last good poll.",
       OfGood(&PollVitals::people)},
      {"rosterd_facts_students", "gauge", "Student rows in FACTS at the last good poll.",
       OfGood(&PollVitals::students)},
      {"rosterd_facts_families", "gauge", "Families in FACTS at the last good poll.",
       OfGood(&PollVitals::families)},
      {"rosterd_facts_rows_rejected", "gauge",
       "Rows of FACTS that the last good poll could not use.", OfGood(&PollVitals::rows_rejected)},
      {"rosterd_rows_changed", "gauge", "Rows that the last good poll found changed.",
       OfGood(&PollVitals::rows_changed)},
      {"rosterd_site_accounts", "gauge", "Accounts on the site at the last good poll.",
       OfGood(&PollVitals::accounts)},
      {"rosterd_site_accounts_unowned", "gauge",
       "Accounts on the site that belong to nobody in FACTS, at the last good poll.",
       OfGood(&PollVitals::unowned_accounts)},
      {"rosterd_unmapped_status_words", "gauge",
       "Status words of FACTS that the config does not map.",
       Plain([](const SchoolVitals& s) { return s.unmapped_words; })},
  };
}

std::vector<PerSchool> ReviewMetrics() {
  using model::Bucket;
  using model::ListStatus;
  return {
      {"rosterd_users", "gauge", "Everybody, by the list they stand in.",
       [](Text& text, const SchoolVitals& school, std::string_view id) {
         for (const auto list :
              {ListStatus::kNew, ListStatus::kSelected, ListStatus::kSkipped, ListStatus::kError}) {
           text.Add(At(school.tally.by_status, list),
                    {{"school", id}, {"list", model::ListStatusWord(list)}});
         }
       }},
      {"rosterd_users_unreviewed", "gauge", "Users whom nobody has reviewed yet, errors included.",
       Plain([](const SchoolVitals& s) { return s.tally.fresh; })},
      {"rosterd_users_skipped", "gauge", "Users who are skipped, by reason.",
       [](Text& text, const SchoolVitals& school, std::string_view id) {
         for (std::size_t i = 0; i < std::size(school.tally.by_reason); ++i) {
           const auto reason = static_cast<model::Reason>(i);
           const std::string_view word = model::ReasonWord(reason);
           if (word.empty() || school.tally.by_reason[i] == 0) continue;
           text.Add(school.tally.by_reason[i], {{"school", id}, {"reason", word}});
         }
       }},
      {"rosterd_changes_pending", "gauge",
       "What is to be done and no plan has approved, by action.",
       [](Text& text, const SchoolVitals& school, std::string_view id) {
         for (const auto bucket :
              {Bucket::kAdd, Bucket::kUpdate, Bucket::kArchive, Bucket::kRestore}) {
           text.Add(At(school.tally.by_bucket, bucket),
                    {{"school", id}, {"action", model::BucketWord(bucket)}});
         }
       }},
      {"rosterd_accounts_linked_active", "gauge",
       "Accounts that are linked and active: what guards are counted against.",
       Plain([](const SchoolVitals& s) { return s.tally.linked_active; })},
      {"rosterd_guard_tripped", "gauge", "1 when what is pending would be held by this guard.",
       [](Text& text, const SchoolVitals& school, std::string_view id) {
         for (const auto guard :
              {model::GuardKind::kAdd, model::GuardKind::kUpdate, model::GuardKind::kArchive,
               model::GuardKind::kRestore, model::GuardKind::kMissing}) {
           const auto& holds = school.holds;
           text.Add(std::find(holds.begin(), holds.end(), guard) != holds.end(),
                    {{"school", id}, {"guard", model::GuardWord(guard)}});
         }
       }},
      {"rosterd_rollover_open", "gauge", "1 while a rollover window is open.",
       Plain([](const SchoolVitals& s) { return s.rollover; })},
      {"rosterd_plans_waiting", "gauge",
       "Plans that one person has approved and a second one has to.",
       Plain([](const SchoolVitals& s) { return s.plans_waiting; })},
      {"rosterd_plans_under_way", "gauge", "Approved plans whose tasks have not all ended.",
       Plain([](const SchoolVitals& s) { return s.plans_under_way; })},
      {"rosterd_tasks", "gauge",
       "Tasks of all plans, by state; resting: unknown ones that wait for a person, and are "
       "counted "
       "there alone.",
       [](Text& text, const SchoolVitals& school, std::string_view id) {
         const model::TaskCounts& tasks = school.tasks;
         const std::pair<std::string_view, std::uint64_t> counts[] = {
             {"queued", tasks.queued},        {"leased", tasks.leased},
             {"unknown", tasks.looked_up()},  {"resting", tasks.resting},
             {"applied", tasks.applied},      {"dead", tasks.dead},
             {"superseded", tasks.superseded}};
         for (const auto& [state, count] : counts) {
           text.Add(count, {{"school", id}, {"state", state}});
         }
       }},
      {"rosterd_workers_away", "gauge",
       "1 when tasks wait and no worker has asked for any for a minute.",
       Plain([](const SchoolVitals& s) { return s.workers_away; })},
      {"rosterd_worker_last_ask_timestamp_seconds", "gauge",
       "When a worker last asked for the school's tasks; absent when none has since the start.",
       Optional([](const SchoolVitals& s) { return s.worker_asked; })},
      {"rosterd_journal_head", "gauge", "The number of the journal's newest entry.",
       Plain([](const SchoolVitals& s) { return s.head.value(); })},
      {"rosterd_journal_acknowledged", "gauge", "Up to this entry people have said that they know.",
       Plain([](const SchoolVitals& s) { return s.acknowledged.value(); })},
  };
}

void AddSchools(Text& text, const Reading& reading) {
  const model::Vitals& engine = *reading.engine;
  text.Begin("rosterd_school_info", "gauge",
             "The schools: whose accounts are kept in step, and which quota is used.");
  for (const SchoolVitals& school : engine.schools) {
    std::string_view quota;
    for (const QuotaVitals& one : reading.quotas) {
      const auto& users = one.schools;
      if (std::find(users.begin(), users.end(), school.school) != users.end()) {
        quota = one.first.value();
      }
    }
    text.Add(std::uint64_t{1},
             {{"school", school.school.value()},
              {"accounts", school.accounts == model::AccountsOf::kParents ? "parents" : "students"},
              {"quota", quota}});
  }
  for (const auto& metrics : {PollMetrics(), ReviewMetrics()}) {
    for (const PerSchool& metric : metrics) {
      text.Begin(metric.name, metric.type, metric.help);
      for (const SchoolVitals& school : engine.schools) {
        metric.add(text, school, school.school.value());
      }
    }
  }
}

void AddHttp(Text& text, const Reading& reading) {
  if (reading.http.empty()) return;
  const auto add = [&](const HttpVitals& one, std::string_view peer, const auto& counts) {
    for (std::size_t i = 0; i < kHttpClasses.size(); ++i) {
      if (counts[i] == 0 && i > 0) continue;
      text.Add(counts[i],
               {{"school", one.school.value()}, {"peer", peer}, {"class", kHttpClasses[i]}});
    }
  };
  text.Begin(
      "rosterd_http_requests_total", "counter",
      "Requests to FACTS and, for reading, to the site, by the class of the answer's status; "
      "failed: no whole answer came.");
  for (const HttpVitals& one : reading.http) {
    add(one, "facts", one.facts);
    add(one, "site", one.site);
  }
}

void AddQuotas(Text& text, const Reading& reading) {
  if (reading.quotas.empty()) return;
  text.Begin(
      "rosterd_facts_quota_left", "gauge",
      "Requests that FACTS may still be asked with one subscription key, by window; the quota "
      "is named after the first school that uses it.");
  for (const QuotaVitals& quota : reading.quotas) {
    text.Add(quota.left_minute, {{"quota", quota.first.value()}, {"window", "minute"}});
    text.Add(quota.left_day, {{"quota", quota.first.value()}, {"window", "day"}});
  }
  text.Begin("rosterd_facts_quota_refused_seconds", "gauge",
             "How long FACTS has said that it answers nothing more; 0: it has not.");
  for (const QuotaVitals& quota : reading.quotas) {
    Duration wait{};
    if (quota.refused_until) wait = std::max(wait, *quota.refused_until - reading.now);
    text.Add(wait, {{"quota", quota.first.value()}});
  }
}

void AddBus(Text& text, const model::BusVitals& bus) {
  text.Begin("rosterd_bus_messages_received_total", "counter",
             "Messages of clients and workers since the start.");
  text.Add(bus.received);
  text.Begin("rosterd_bus_messages_sent_total", "counter", "Answers sent since the start.");
  text.Add(bus.sent);
  text.Begin("rosterd_bus_events_published_total", "counter", "Events and beats since the start.");
  text.Add(bus.published);
  text.Begin("rosterd_bus_messages_dropped_total", "counter",
             "Messages dropped since the start: malformed ones that came in, answers that the peer "
             "does not read, what was for peers that are gone.");
  text.Add(bus.dropped_malformed, {{"why", "malformed"}});
  text.Add(bus.dropped_unread, {{"why", "unread"}});
  text.Add(bus.dropped_gone, {{"why", "gone"}});
  text.Begin("rosterd_bus_events_late_total", "counter",
             "Events published while a subscriber had so many unread that it loses some.");
  text.Add(bus.events_late);
  text.Begin("rosterd_bus_connections_ended_total", "counter",
             "Connections ended since the start: too much unread, too many topics, too many of "
             "them.");
  text.Add(bus.ended_unread, {{"why", "unread"}});
  text.Add(bus.ended_topics, {{"why", "topics"}});
  text.Add(bus.ended_crowd, {{"why", "connections"}});
  text.Begin("rosterd_bus_connections", "gauge",
             "Connections of clients, subscribers and workers that are open.");
  text.Add(bus.connections);
}

void AddEngine(Text& text, const Reading& reading) {
  const model::Vitals& engine = *reading.engine;
  text.Begin("rosterd_engine_steps_total", "counter", "Steps of the engine since the start.");
  text.Add(engine.steps);
  text.Begin("rosterd_engine_step_age_seconds", "gauge",
             "How long ago the engine last ended a step; about a second when it is idle.");
  text.Add(reading.since_step);
  text.Begin("rosterd_engine_inputs_waiting", "gauge",
             "Messages that a step left to the next one.");
  text.Add(engine.inputs_waiting);
  text.Begin("rosterd_engine_leases_waiting", "gauge",
             "Workers' requests that wait until there are tasks.");
  text.Add(engine.leases_waiting);
  text.Begin("rosterd_vitals_timestamp_seconds", "gauge", "When these numbers were taken.");
  text.Add(engine.at);
  text.Begin("rosterd_requests_total", "counter",
             "Requests answered since the start, by name and outcome: done, or the code of the "
             "refusal.");
  for (const auto& [key, count] : engine.requests) {
    text.Add(count, {{"request", key.first}, {"outcome", key.second}});
  }
  text.Begin("rosterd_commit_duration_seconds", "histogram",
             "How long commits took, with the disk's word that they are durable.");
  const auto& commits = engine.commit_times;
  text.Buckets(commits.bounds.data(), commits.counts.data(), commits.bounds.size(), commits.sum);
  text.Begin("rosterd_poll_duration_seconds", "histogram",
             "How long the polls of all schools took, used or not.");
  const auto& polls = engine.poll_times;
  text.Buckets(polls.bounds.data(), polls.counts.data(), polls.bounds.size(), polls.sum);
  text.Begin("rosterd_disk_problem", "gauge",
             "1 when the state directory's disk takes no writes (full, read-only), or is slow.");
  for (const auto& [reason, word] :
       {std::pair{"disk-full", "full"}, {"disk-read-only", "read-only"}}) {
    text.Add(engine.disk_reason == reason, {{"reason", word}});
  }
  text.Add(engine.disk_slow, {{"reason", "slow"}});
  text.Begin("rosterd_config_refused", "gauge",
             "1 when the config file was refused when it was last read again.");
  text.Add(engine.config_refused);
  text.Begin("rosterd_config_last_read_timestamp_seconds", "gauge",
             "When the config that counts was read.");
  text.Add(engine.config_read);
  if (engine.backups) {
    text.Begin("rosterd_backup_last_success_timestamp_seconds", "gauge",
               "The newest backup that was read again and is whole; 0 without any.");
    text.Add(engine.backup_good.value_or(Time()));
    text.Begin(
        "rosterd_backup_failed", "gauge",
        "1 when the last backup was not made, or made and something is to be looked at, as an "
        "older one that could not be removed.");
    text.Add(engine.backup_failed);
    text.Begin("rosterd_backup_overdue", "gauge",
               "1 when no good backup was made for 50 hours, of a state that is older.");
    text.Add(engine.backup_overdue);
  }
  text.Begin("rosterd_limit_reached_total", "counter",
             "How often limits of rosterd's own were reached since the start.");
  for (const model::LimitReached& limit : engine.limits) {
    text.Add(limit.times, {{"limit", limit.limit}});
  }
  text.Begin("rosterd_workers", "gauge", "Workers heard of in the last minute.");
  text.Add(engine.workers);
  text.Begin("rosterd_workers_lapsed", "gauge",
             "Of those, which let leases run out and have reported nothing since.");
  text.Add(engine.workers_lapsed);
  if (engine.worker_seen) {
    text.Begin("rosterd_worker_last_word_timestamp_seconds", "gauge",
               "The newest word of any worker.");
    text.Add(*engine.worker_seen);
  }
}

void AddProcess(Text& text, const Reading& reading) {
  text.Begin("rosterd_build_info", "gauge", "The version that runs.");
  text.Add(std::uint64_t{1}, {{"version", reading.version}});
  const ProcessVitals& process = reading.process;
  if (process.cpu_seconds) {
    text.Begin("process_cpu_seconds_total", "counter", "User and system time.");
    text.Add(*process.cpu_seconds);
  }
  if (process.resident_bytes) {
    text.Begin("process_resident_memory_bytes", "gauge", "Memory that is not swapped out.");
    text.Add(*process.resident_bytes);
  }
  if (process.open_files) {
    text.Begin("process_open_fds", "gauge", "Open file descriptors.");
    text.Add(*process.open_files);
  }
  if (process.files_max) {
    text.Begin("process_max_fds", "gauge", "The most descriptors that may be open.");
    text.Add(*process.files_max);
  }
}

// Before the first step nothing is due: reading what is stored takes its time.
bool IsStuck(const Reading& reading) {
  return reading.engine != nullptr && reading.since_step > kStepAgeMax;
}

std::string StuckText(const Reading& reading) {
  return "The engine has not ended a step for " + FormatDuration(reading.since_step) +
         ". Look at the log (journalctl -u rosterd) and at the disk with the state directory.\n";
}

}  // namespace

std::string MetricsText(const Reading& reading) {
  Text text;
  AddProcess(text, reading);
  text.Begin("rosterd_ready", "gauge", "1 when /readyz says so.");
  text.Add(Readiness(reading).well);
  if (reading.engine == nullptr) return text.Take();
  text.Begin("process_start_time_seconds", "gauge", "When rosterd was started.");
  text.Add(reading.engine->started);
  AddEngine(text, reading);
  AddBus(text, reading.engine->bus);
  AddQuotas(text, reading);
  AddHttp(text, reading);
  AddSchools(text, reading);
  return text.Take();
}

Answer Health(const Reading& reading) {
  if (IsStuck(reading)) return {false, StuckText(reading)};
  if (reading.engine == nullptr) return {true, "rosterd is starting.\n"};
  return {true, "The engine goes on.\n"};
}

Answer Readiness(const Reading& reading) {
  if (reading.engine == nullptr) {
    return {false, "rosterd is starting: it reads what it has stored.\n"};
  }
  Answer answer;
  const auto add = [&](const std::string& line) {
    answer.well = false;
    answer.text += line;
  };
  if (IsStuck(reading)) add(StuckText(reading));
  const std::string& disk = reading.engine->disk_reason;
  if (disk == "disk-read-only") {
    add("The disk with the state directory is read-only: nothing can be written. Look at why "
        "(dmesg, "
        "mount), and make it writable; rosterd goes on by itself.\n");
  } else if (!disk.empty()) {
    add("The disk with the state directory is full: nothing can be written. Make room; rosterd "
        "goes "
        "on by itself.\n");
  }
  if (answer.well) answer.text = "rosterd can serve and write.\n";
  return answer;
}

}  // namespace roster::metrics
