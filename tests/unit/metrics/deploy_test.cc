// The dashboard and the alert rules use metrics that /metrics gives, labels that they have, and
// nothing else; and Prometheus's own tool has nothing against them.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "tests/unit/metrics/full.h"
#include "tests/unit/metrics/promtool.h"

namespace roster::metrics {
namespace {

using Json = nlohmann::json;

std::string FileText(const std::string& name) {
  std::ifstream file(std::string(ROSTER_OBSERVABILITY) + "/" + name);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::string> Given() {
  const model::Vitals vitals = FullVitals();
  std::istringstream text(MetricsText(FullReading(vitals)));
  std::set<std::string> names;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("# TYPE ")) names.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  return names;
}

// Names of metrics in a text, without what a histogram's parts add.
std::set<std::string> Named(const std::string& text) {
  static const std::regex kName("\\b(rosterd|process)_[a-z0-9_]+");
  static const std::regex kPart("_(bucket|sum|count)$");
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), kName), end; at != end; ++at) {
    names.insert(std::regex_replace(at->str(), kPart, ""));
  }
  return names;
}

void ExpectGiven(const std::string& text, std::size_t least) {
  const std::set<std::string> given = Given();
  const std::set<std::string> named = Named(text);
  EXPECT_GE(named.size(), least);
  for (const std::string& name : named) EXPECT_TRUE(given.contains(name)) << name;
}

void CollectExpressions(const Json& node, std::vector<std::string>& all) {
  if (node.is_object()) {
    const auto expr = node.find("expr");
    if (expr != node.end()) all.push_back(*expr);
  }
  if (node.is_structured()) {
    for (const Json& child : node) CollectExpressions(child, all);
  }
}

std::vector<std::string> DashboardExpressions() {
  std::vector<std::string> all;
  CollectExpressions(Json::parse(FileText("rosterd.dashboard.json")), all);
  return all;
}

TEST(Rules, UseMetricsThatThereAre) { ExpectGiven(FileText("rosterd.rules.yml"), 15); }

TEST(Rules, EachIsTested) {
  const std::string rules = FileText("rosterd.rules.yml");
  const std::string tests = FileText("rosterd.rules.test.yml");
  static const std::regex kAlert("- alert: ([A-Za-z]+)");
  std::size_t count = 0;
  for (std::sregex_iterator at(rules.begin(), rules.end(), kAlert), end; at != end; ++at, ++count) {
    EXPECT_NE(tests.find((*at)[1]), std::string::npos) << (*at)[1];
  }
  EXPECT_GE(count, 15U);
}

TEST(Rules, EachSaysWhatItIsAndWhatToDo) {
  const std::string rules = FileText("rosterd.rules.yml");
  const auto count = [&](const std::string& word) {
    std::size_t times = 0;
    for (std::size_t at = rules.find(word); at != std::string::npos;
         at = rules.find(word, at + 1)) {
      ++times;
    }
    return times;
  };
  EXPECT_EQ(count("- alert: "), count("          summary: "));
  EXPECT_EQ(count("- alert: "), count("          action: "));
  EXPECT_EQ(count("- alert: "), count("          severity: "));
}

TEST(Rules, PromtoolHasNothingAgainstThem) {
  ROSTER_NEEDS_PROMTOOL();
  const ToolEnd end =
      RunTool("promtool check rules --lint-fatal '" ROSTER_OBSERVABILITY "/rosterd.rules.yml'", "");
  EXPECT_EQ(end.code, 0) << end.said;
}

TEST(Rules, SoundWhenTheyShouldAndNotBefore) {
  ROSTER_NEEDS_PROMTOOL();
  const ToolEnd end =
      RunTool("promtool test rules '" ROSTER_OBSERVABILITY "/rosterd.rules.test.yml'", "");
  EXPECT_EQ(end.code, 0) << end.said;
}

TEST(Dashboard, UsesMetricsThatThereAre) {
  ExpectGiven(FileText("rosterd.dashboard.json"), 25);
  EXPECT_GE(DashboardExpressions().size(), 25U);
}

TEST(Dashboard, ItsPanelsHaveIdsOfTheirOwnAndShareNoPlace) {
  const Json board = Json::parse(FileText("rosterd.dashboard.json"));
  std::set<int> ids;
  std::set<std::pair<int, int>> taken;
  for (const Json& panel : board.at("panels")) {
    EXPECT_TRUE(ids.insert(panel.at("id").get<int>()).second);
    const Json& at = panel.at("gridPos");
    for (int x = at.at("x"); x < at.at("x").get<int>() + at.at("w").get<int>(); ++x) {
      ASSERT_LT(x, 24);
      for (int y = at.at("y"); y < at.at("y").get<int>() + at.at("h").get<int>(); ++y) {
        EXPECT_TRUE(taken.insert({x, y}).second) << panel.at("title");
      }
    }
  }
}

// As recording rules, with a value for each variable.
TEST(Dashboard, PromtoolCanReadEachExpression) {
  ROSTER_NEEDS_PROMTOOL();
  std::string rules = "groups:\n  - name: dashboard\n    rules:\n";
  std::size_t number = 0;
  for (const std::string& expression : DashboardExpressions()) {
    const std::string filled =
        std::regex_replace(expression, std::regex("\\$(job|instance|school)"), ".*");
    EXPECT_EQ(filled.find('$'), std::string::npos) << expression;
    rules += "      - record: panel:" + std::to_string(number++) +
             "\n        expr: " + Json(filled).dump() + "\n";
  }
  const ToolEnd end = RunTool("promtool check rules /dev/stdin", rules);
  EXPECT_EQ(end.code, 0) << end.said << rules;
}

}  // namespace
}  // namespace roster::metrics
