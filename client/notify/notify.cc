// roster-notify: tells people and programs what the journal says. Everything it does is in the
// library beside.

#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "client/notify/command.h"
#include "client/notify/config.h"
#include "client/notify/mail.h"
#include "client/notify/runner.h"
#include "client/notify/secret.h"
#include "client/notify/webhook.h"
#include "client/subscriber/durable_file.h"

namespace roster::notify {
namespace {

using client::Answer;
using client::Exit;

constexpr int kBadConfig = 2;  // no restart mends it

Answer<Config> Load(const std::string& path) {
  CLIENT_ASSIGN(const auto text, client::ReadWholeFile(path));
  if (!text) return client::Fail(Exit::kUsage, path + ": there is no such file.");
  Reading reading = ReadConfig(*text);
  if (reading.problems.empty()) return std::move(reading.config);
  std::string message;
  for (const Problem& problem : reading.problems) {
    message +=
        fmt::format("{}{}:{}: {}", message.empty() ? "" : "\n", path, problem.line, problem.what);
  }
  return client::Fail(Exit::kUsage, message);
}

// With --check by hand there is no systemd to hand out credentials: those are not looked at.
bool IsAbsent(const SecretRef& ref) {
  return ref.kind == SecretRef::Kind::kCredential &&
         std::getenv("CREDENTIALS_DIRECTORY") == nullptr;
}

Answer<std::string> ResolveUnlessAbsent(const SecretRef& ref, bool check) {
  if (check && IsAbsent(ref)) return "";
  return Resolve(ref);
}

Answer<std::unique_ptr<Target>> OpenTarget(const Config& config, const Rule& rule, bool check) {
  if (rule.mail) {
    std::string password;
    if (config.mail->login) {
      CLIENT_ASSIGN(password, ResolveUnlessAbsent(config.mail->login->password, check));
    }
    return std::make_unique<MailByCurl>(*config.mail, std::move(password), *rule.mail);
  }
  if (rule.webhook) {
    CLIENT_ASSIGN(std::string secret, ResolveUnlessAbsent(rule.webhook->secret, check));
    return std::make_unique<WebhookByCurl>(*rule.webhook, std::move(secret));
  }
  return std::make_unique<CommandByFork>(*rule.command);
}

// Two at once would tell everything twice, and each undo the other's state.
Answer<void> TakeLock(const std::string& state_dir) {
  const std::string path = state_dir + "/lock";
  // Kept open until the process ends.
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return client::Fail(Exit::kFailed, path + " can't be made: " + std::strerror(errno) +
                                           ". Make the state_dir, and let this user write there.");
  }
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    return client::Fail(Exit::kFailed, "Another roster-notify works with " + state_dir +
                                           ": end that one, or give this one its own state_dir.");
  }
  const std::string letters = state_dir + "/" + kLettersFolder;
  if (::mkdir(letters.c_str(), 0700) != 0 && errno != EEXIST) {
    return client::Fail(Exit::kFailed, letters + " can't be made: " + std::strerror(errno) + ".");
  }
  return {};
}

const School& Find(const Config& config, const std::string& id) {
  return *std::find_if(config.schools.begin(), config.schools.end(),
                       [&](const School& school) { return school.id == id; });
}

int Work(const Config& config, const std::optional<client::CallKeys>& keys,
         std::map<std::string, std::unique_ptr<Target>> targets) {
  if (const auto locked = TakeLock(config.state_dir); !locked) {
    spdlog::critical("{}", locked.error().message);
    return static_cast<int>(Exit::kFailed);
  }
  client::SystemClock clock;
  std::vector<std::thread> threads;
  for (const Rule& rule : config.rules) {
    for (const std::string& id : rule.schools) {
      threads.emplace_back([&, id] {
        Runner(config, keys, rule, Find(config, id), *targets.at(rule.name), clock).Run();
      });
    }
  }
  spdlog::info("roster-notify {} is ready: {} rules, rosterd at {}", ROSTER_VERSION,
               config.rules.size(), config.control);
  for (std::thread& thread : threads) thread.join();
  spdlog::info("roster-notify has stopped");
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app{
      "Tells people and programs what rosterd's journal says: by mail, webhook or command."};
  std::string path = "/etc/rosterd/roster-notify.yaml";
  bool check = false;
  app.add_option("--config", path, "the config file")->capture_default_str();
  app.add_flag("--check", check, "say whether the config is good, and stop");
  app.set_version_flag("--version", ROSTER_VERSION);
  CLI11_PARSE(app, argc, argv);

  auto config = Load(path);
  if (!config) {
    std::cerr << config.error().message << '\n';
    return kBadConfig;
  }
  std::map<std::string, std::unique_ptr<Target>> targets;
  bool good = true;
  for (const Rule& rule : config->rules) {
    auto target = OpenTarget(*config, rule, check);
    if (target) {
      targets[rule.name] = std::move(*target);
    } else {
      good = false;
      std::cerr << path << ": rule " << rule.name << ": " << target.error().message << '\n';
    }
  }
  std::optional<client::CallKeys> keys;
  if (config->certificate && !(check && IsAbsent(*config->certificate))) {
    auto pair = ResolveKeyPair(*config->certificate);
    if (pair) {
      keys = client::CallKeys{config->server_key, std::move(*pair)};
    } else {
      good = false;
      std::cerr << path << ": rosterd.certificate: " << pair.error().message << '\n';
    }
  }
  if (!good) return kBadConfig;
  if (check) {
    std::cout << path << " is good: " << config->rules.size() << " rules, "
              << config->schools.size() << " schools\n";
    return 0;
  }
  return Work(*config, keys, std::move(targets));
}

}  // namespace
}  // namespace roster::notify

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  tzset();
  // What comes in malformed is reported by who reads it.
  google::protobuf::SetLogHandler(nullptr);
  spdlog::set_default_logger(spdlog::stderr_logger_mt("roster-notify"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  roster::client::CatchInterrupts();
  try {
    return roster::notify::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "roster-notify: " << error.what() << '\n';
    return static_cast<int>(roster::client::Exit::kFailed);
  }
}
