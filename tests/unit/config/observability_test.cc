// What rosterd tells of itself, and to whom: to this machine alone.

#include <gtest/gtest.h>

#include "daemon/config/renew.h"
#include "tests/unit/config/sample_config.h"

namespace roster::config {
namespace {

Result<Config> With(const std::string& lines) {
  return LoadText("observability: {" + lines + "}\n" + std::string(kGoodConfig), "/etc/x.yaml");
}

TEST(Observability, IsOffWhenItIsLeftOut) {
  const auto config = LoadText(kGoodConfig, "/etc/x.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->observability.host, "");
  EXPECT_EQ(config->observability.log_level, LogLevel::kInfo);
}

TEST(Observability, ListensOnLoopback) {
  auto config = With("listen: \"127.0.0.1:9464\", log_level: debug");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->observability.host, "127.0.0.1");
  EXPECT_EQ(config->observability.port, 9464);
  EXPECT_EQ(config->observability.log_level, LogLevel::kDebug);
  config = With("listen: \"[::1]:9465\"");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->observability.host, "::1");
  EXPECT_EQ(config->observability.port, 9465);
}

TEST(Observability, ListensNowhereElse) {
  for (const char* address :
       {"0.0.0.0:9464", "[::]:9464", "10.0.0.5:9464", "localhost:9464", "*:9464", "0127.0.0.1:9464",
        "127.0.0.01:9464", "127.0.0.1.example.org:9464", "[::1%lo]:9464", "::1:9464",
        "126.0.0.1:9464"}) {
    const auto config = With("listen: \"" + std::string(address) + "\"");
    ASSERT_FALSE(config) << address;
    EXPECT_NE(config.error().message.find("observability.listen: is no loopback address"),
              std::string::npos)
        << config.error().message;
    EXPECT_NE(config.error().message.find("127.0.0.1:9464"), std::string::npos);
  }
  for (const char* address : {"127.0.0.1", "127.0.0.1:65536", "127.0.0.1:x", "127.0.0.1:"}) {
    EXPECT_FALSE(With("listen: \"" + std::string(address) + "\"")) << address;
  }
}

TEST(Observability, KnowsFourLevels) {
  const auto config = With("log_level: loud");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("debug, info, warning, error"), std::string::npos);
}

TEST(Observability, AReloadTakesTheLevelAndNotTheAddress) {
  const auto running = With("listen: \"127.0.0.1:9464\"");
  const auto next = With("listen: \"127.0.0.1:9465\", log_level: warning");
  ASSERT_TRUE(running && next);
  const Renewed renewed = Renew(*running, *next);
  EXPECT_EQ(renewed.changed, std::vector<std::string>{"observability.log_level"});
  EXPECT_EQ(renewed.needs_restart, std::vector<std::string>{"observability.listen"});
  EXPECT_EQ(renewed.config.observability.port, 9464);
  EXPECT_EQ(renewed.config.observability.log_level, LogLevel::kWarning);
}

}  // namespace
}  // namespace roster::config
