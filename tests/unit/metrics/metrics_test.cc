// What /metrics says, that Prometheus's own tool has nothing against it, and what the two plain
// pages answer.

#include "daemon/metrics/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "tests/unit/metrics/full.h"
#include "tests/unit/metrics/promtool.h"

namespace roster::metrics {
namespace {

std::string FullText(std::size_t schools = 1) {
  const model::Vitals vitals = FullVitals(schools);
  return MetricsText(FullReading(vitals));
}

void ExpectLine(const std::string& text, const std::string& line) {
  EXPECT_NE(("\n" + text).find("\n" + line + "\n"), std::string::npos) << line << "\n" << text;
}

TEST(Metrics, PromtoolHasNothingAgainstThem) {
  ROSTER_NEEDS_PROMTOOL();
  const ToolEnd end = RunTool("promtool check metrics", FullText(3));
  EXPECT_EQ(end.code, 0) << end.said;
  EXPECT_EQ(end.said, "");
}

TEST(Metrics, PromtoolHasNothingAgainstThoseOfTheStart) {
  ROSTER_NEEDS_PROMTOOL();
  Reading reading;
  reading.version = "0.1.0";
  const ToolEnd end = RunTool("promtool check metrics", MetricsText(reading));
  EXPECT_EQ(end.code, 0) << end.said;
  EXPECT_EQ(end.said, "");
}

TEST(Metrics, AnswerAnOperatorsQuestions) {
  const std::string text = FullText();
  for (const char* line :
       {"rosterd_build_info{version=\"0.1.0\"} 1",
        "rosterd_ready 1",
        "rosterd_poll_last_success_timestamp_seconds{school=\"tcs\"} 1799998200",
        "rosterd_poll_last_duration_seconds{school=\"tcs\"} 12.5",
        "rosterd_polls_total{school=\"tcs\",outcome=\"used\"} 40",
        "rosterd_polls_total{school=\"tcs\",outcome=\"shrunk\"} 2",
        "rosterd_polls_total{school=\"tcs\",outcome=\"facts-unavailable\"} 0",
        "rosterd_polling_stopped{school=\"tcs\",reason=\"scope-missing\"} 0",
        "rosterd_http_requests_total{school=\"tcs\",peer=\"facts\",class=\"429\"} 2",
        "rosterd_http_requests_total{school=\"tcs\",peer=\"site\",class=\"2xx\"} 12",
        "rosterd_facts_quota_left{quota=\"tcs\",window=\"day\"} 9876",
        "rosterd_facts_people{school=\"tcs\"} 9176",
        "rosterd_changes_pending{school=\"tcs\",action=\"add\"} 12",
        "rosterd_users{school=\"tcs\",list=\"selected\"} 1312",
        "rosterd_users_skipped{school=\"tcs\",reason=\"graduated\"} 3",
        "rosterd_guard_tripped{school=\"tcs\",guard=\"archive\"} 1",
        "rosterd_guard_tripped{school=\"tcs\",guard=\"missing\"} 0",
        "rosterd_tasks{school=\"tcs\",state=\"unknown\"} 3",
        "rosterd_tasks{school=\"tcs\",state=\"resting\"} 2",
        "rosterd_plans_under_way{school=\"tcs\"} 1",
        "rosterd_journal_head{school=\"tcs\"} 41",
        "rosterd_commit_duration_seconds_bucket{le=\"0.005\"} 3",
        "rosterd_commit_duration_seconds_count 5",
        "rosterd_limit_reached_total{limit=\"answers\"} 3",
        "rosterd_requests_total{request=\"ApprovePlan\",outcome=\"refused\"} 1",
        "rosterd_disk_problem{reason=\"full\"} 0",
        "rosterd_config_refused 0",
        "rosterd_backup_failed 0",
        "rosterd_backup_overdue 1",
        "rosterd_workers 1",
        "process_resident_memory_bytes 64000000"}) {
    ExpectLine(text, line);
  }
}

TEST(Metrics, AReasonOfNoListIsCountedAsOther) {
  const std::string text = FullText();
  ExpectLine(text, "rosterd_polls_total{school=\"tcs\",outcome=\"other\"} 1");
  EXPECT_EQ(text.find("never heard of"), std::string::npos);
}

// What would begin at 1 has no increase.
TEST(Metrics, EachOutcomeOfPollsIsThereBeforeItHappens) {
  model::Vitals vitals = FullVitals();
  vitals.schools[0].polls_rejected.clear();
  vitals.schools[0].polls_used = 0;
  const std::string none = MetricsText(FullReading(vitals));
  const auto series = [](const std::string& text) {
    std::set<std::string> names;
    static const std::regex kLine("rosterd_polls_total\\{[^}]*\\}");
    for (std::sregex_iterator at(text.begin(), text.end(), kLine), end; at != end; ++at) {
      names.insert(at->str());
    }
    return names;
  };
  EXPECT_GT(series(none).size(), 25U);
  EXPECT_EQ(series(none), series(FullText()));
}

TEST(Metrics, APollingThatStoppedSaysWhy) {
  model::Vitals vitals = FullVitals();
  vitals.schools[0].stopped = true;
  vitals.schools[0].stopped_reason = "school-key-refused";
  std::string text = MetricsText(FullReading(vitals));
  ExpectLine(text, "rosterd_polling_stopped{school=\"tcs\",reason=\"school-key-refused\"} 1");
  ExpectLine(text, "rosterd_polling_stopped{school=\"tcs\",reason=\"other\"} 0");
  vitals.schools[0].stopped_reason = "something new";
  text = MetricsText(FullReading(vitals));
  ExpectLine(text, "rosterd_polling_stopped{school=\"tcs\",reason=\"other\"} 1");
}

TEST(Metrics, WhatIsNotKnownIsLeftOut) {
  model::Vitals vitals = FullVitals();
  vitals.schools[0].last_poll.reset();
  vitals.schools[0].last_good.reset();
  vitals.schools[0].next_poll.reset();
  vitals.schools[0].worker_asked.reset();
  Reading reading = FullReading(vitals);
  reading.process = {};
  const std::string text = MetricsText(reading);
  for (const char* name : {"\nrosterd_poll_last_success_timestamp_seconds{",
                           "\nrosterd_facts_people{", "\nrosterd_poll_next_timestamp_seconds{",
                           "\nrosterd_worker_last_ask_timestamp_seconds{", "process_open_fds"}) {
    EXPECT_EQ(text.find(name), std::string::npos) << name;
  }
}

// Each school adds a bounded number of series, whatever happens in it.
TEST(Metrics, OfThreeHundredSchoolsStayReasonable) {
  const std::string text = FullText(300);
  const auto lines = std::count(text.begin(), text.end(), '\n');
  EXPECT_LT(lines, 300 * 90);
  EXPECT_LT(text.size(), std::size_t{3} << 20U);
}

TEST(Metrics, LabelsAreIdsAndWordsOfListsAlone) {
  const std::string text = FullText();
  const std::regex label("([a-z]+)=\"([^\"]*)\"");
  const std::set<std::string> names = {
      "version", "request", "outcome", "le",       "reason", "limit",  "why",   "quota", "window",
      "school",  "peer",    "class",   "accounts", "list",   "action", "guard", "state"};
  for (std::sregex_iterator at(text.begin(), text.end(), label), end; at != end; ++at) {
    EXPECT_TRUE(names.contains((*at)[1])) << (*at)[1];
  }
}

TEST(Health, IsWellWhileTheEngineGoesOn) {
  const model::Vitals vitals = FullVitals();
  Reading reading = FullReading(vitals);
  EXPECT_TRUE(Health(reading).well);
  reading.since_step = kStepAgeMax + Duration(1);
  EXPECT_FALSE(Health(reading).well);
  EXPECT_NE(Health(reading).text.find("for 16 s"), std::string::npos) << Health(reading).text;
  EXPECT_FALSE(Readiness(reading).well);
}

TEST(Health, IsWellHoweverLongTheStoreIsOpened) {
  Reading reading;
  reading.since_step = std::chrono::minutes(5);
  EXPECT_TRUE(Health(reading).well);
  EXPECT_FALSE(Readiness(reading).well);
  EXPECT_NE(Readiness(reading).text.find("starting"), std::string::npos);
}

TEST(Readiness, SaysEachReason) {
  model::Vitals vitals = FullVitals();
  EXPECT_TRUE(Readiness(FullReading(vitals)).well);
  vitals.disk_slow = true;
  EXPECT_TRUE(Readiness(FullReading(vitals)).well) << "slow is not unable";
  vitals.config_refused = true;
  EXPECT_TRUE(Readiness(FullReading(vitals)).well) << "what was read before still counts";
  ExpectLine(MetricsText(FullReading(vitals)), "rosterd_ready 1");
  ExpectLine(MetricsText(FullReading(vitals)), "rosterd_config_refused 1");
  vitals.disk_reason = "disk-full";
  const Answer answer = Readiness(FullReading(vitals));
  EXPECT_FALSE(answer.well);
  EXPECT_EQ(std::count(answer.text.begin(), answer.text.end(), '\n'), 1);
  EXPECT_NE(answer.text.find("full"), std::string::npos);
  ExpectLine(MetricsText(FullReading(vitals)), "rosterd_ready 0");
}

}  // namespace
}  // namespace roster::metrics
