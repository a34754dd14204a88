// The real rosterd, watched: its pages, its log with fields, and a reload that changes the level.

#include <gtest/gtest.h>
#include <httplib.h>

#include <csignal>
#include <fstream>
#include <regex>

#include "tests/e2e/world.h"
#include "tests/unit/metrics/promtool.h"

namespace roster::e2e {
namespace {

constexpr const char* kWatched = "observability: {listen: \"127.0.0.1:0\", log_level: info}\n";

WorldOptions Watched(std::uint64_t seed) {
  WorldOptions options = SmallSchool(seed);
  options.top = kWatched;
  return options;
}

class MetricsOfAWorld : public testing::Test {
 protected:
  // The port, as the log says it.
  int Port() {
    std::smatch found;
    EXPECT_TRUE(Eventually([&] {
      const std::string logs = world_.Logs();
      return std::regex_search(logs, std::regex("127\\.0\\.0\\.1:(\\d+)/metrics"));
    }));
    const std::string logs = world_.Logs();
    std::regex_search(logs, found, std::regex("127\\.0\\.0\\.1:(\\d+)/metrics"));
    return std::stoi(found[1]);
  }
  std::string Get(const std::string& page, int status = 200) {
    httplib::Client client("127.0.0.1", Port());
    const auto answer = client.Get(page);
    if (!answer) return "";
    EXPECT_EQ(answer->status, status) << answer->body;
    return answer->body;
  }
  bool Shows(const std::string& line) {
    return Eventually(
        [&] { return ("\n" + Get("/metrics")).find("\n" + line) != std::string::npos; });
  }

  World world_{Watched(71)};
};

TEST_F(MetricsOfAWorld, ShowWhatHappensAndPromtoolHasNothingAgainstThem) {
  world_.StartDaemon();
  world_.Poll();
  EXPECT_TRUE(Shows("rosterd_polls_total{school=\"tcs\",outcome=\"used\"} "));
  EXPECT_TRUE(Shows("rosterd_poll_last_used{school=\"tcs\"} 1\n"));
  EXPECT_TRUE(Shows("rosterd_http_requests_total{school=\"tcs\",peer=\"facts\",class=\"2xx\"} "));
  EXPECT_TRUE(Shows("rosterd_facts_quota_left{quota=\"tcs\",window=\"day\"} "));
  EXPECT_TRUE(Shows("rosterd_requests_total{request=\"StartPoll\",outcome=\"done\"} 1\n"));
  EXPECT_TRUE(Shows("rosterd_ready 1\n"));
  EXPECT_EQ(Get("/readyz"), "rosterd can serve and write.\n");
  EXPECT_EQ(Get("/healthz"), "The engine goes on.\n");
  Get("/", 404);
  if (metrics::HasPromtool()) {
    const metrics::ToolEnd end = metrics::RunTool("promtool check metrics", Get("/metrics"));
    EXPECT_EQ(end.code, 0) << end.said;
    EXPECT_EQ(end.said, "");
  } else {
    EXPECT_EQ(std::getenv("ROSTER_NO_SKIP"), nullptr) << "promtool is not installed";
    std::puts("promtool is not installed: its check of the metrics is left out");
  }
}

TEST_F(MetricsOfAWorld, ARefusedKeyAndARefusedConfigAreShown) {
  world_.StartDaemon();
  world_.Poll();
  world_.sandbox().faults().Add(sandbox::FaultFromText("kind=key-refused,server=facts"));
  EXPECT_EQ(world_.Ctl({"poll", "--wait"}).code, 1);
  EXPECT_TRUE(Shows("rosterd_polling_stopped{school=\"tcs\",reason=\"school-key-refused\"} 1\n"));
  EXPECT_TRUE(Shows("rosterd_poll_last_used{school=\"tcs\"} 0\n"));
  EXPECT_TRUE(Shows("rosterd_ready 1\n")) << "that is the school's trouble, not rosterd's";

  std::ofstream(world_.config(), std::ios::app) << "nonsense: 1\n";
  world_.daemon().Kill(SIGHUP);
  EXPECT_TRUE(Shows("rosterd_config_refused 1\n"));
  EXPECT_EQ(Get("/readyz"), "rosterd can serve and write.\n") << "what was read before counts";
}

TEST_F(MetricsOfAWorld, HoldNothingOfAnybody) {
  world_.StartDaemon();
  world_.Poll();
  const std::string text = Get("/metrics");
  // Nothing of a person: the names and addresses of the school.
  for (const char* word : {"@", "ipc://", "http://", "Example"}) {
    EXPECT_EQ(text.find(word), std::string::npos) << word;
  }
}

TEST_F(MetricsOfAWorld, CommandsAndRefusalsLeaveALineAndQueriesOnlyAtDebug) {
  world_.StartDaemon();
  world_.Poll();
  EXPECT_NE(world_.Ctl({"plan", "999"}).code, 0);
  std::string logs = world_.Logs();
  const std::string me = "actor=uid:" + std::to_string(::getuid());
  EXPECT_TRUE(std::regex_search(
      logs, std::regex("info StartPoll: done school=tcs request=StartPoll request_id=\\S+ "
                       "command_id=\\S+ " +
                       me + " outcome=done duration_ms=\\d+")))
      << logs;
  EXPECT_TRUE(std::regex_search(
      logs, std::regex("warning GetPlan was refused: unknown-plan school=tcs request=GetPlan")))
      << logs;
  EXPECT_TRUE(std::regex_search(logs, std::regex("PollCompleted by rosterd school=tcs entry=\\d+ "
                                                 "event=PollCompleted actor=rosterd")))
      << logs;
  EXPECT_EQ(logs.find("GetStatus"), std::string::npos) << "what only asks";

  std::string config = ReadFile(world_.config());
  config.replace(config.find("log_level: info"), 15, "log_level: debug");
  std::ofstream(world_.config()) << config;
  const Finished reloaded = world_.Ctl({"reload"});
  EXPECT_NE(reloaded.out.find("observability.log_level"), std::string::npos) << reloaded.out;
  EXPECT_TRUE(Eventually([&] {
    world_.Ctl({"status"});
    return world_.Logs().find("debug GetStatus: done request=GetStatus") != std::string::npos;
  })) << world_.Logs();
}

TEST(Watched, APortThatIsTakenEndsTheStartWithWords) {
  World first(Watched(72));
  first.StartDaemon();
  first.School();
  std::smatch found;
  const std::string logs = first.Logs();
  ASSERT_TRUE(std::regex_search(logs, found, std::regex("127\\.0\\.0\\.1:(\\d+)/metrics")));
  WorldOptions options = SmallSchool(73);
  options.top = "observability: {listen: \"127.0.0.1:" + found[1].str() + "\"}\n";
  World second(options);
  const Finished ended = e2e::Run({Program("daemon/rosterd"), "--config", second.config()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.err.find("observability.listen can't be used"), std::string::npos) << ended.err;
}

TEST(Watched, AnAddressOfTheNetworkIsRefusedByTheCheck) {
  WorldOptions options = SmallSchool(74);
  options.top = "observability: {listen: \"0.0.0.0:9464\"}\n";
  World world(options);
  const Finished ended =
      e2e::Run({Program("daemon/rosterd"), "--config", world.config(), "--check"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("is no loopback address"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace roster::e2e
