// roster-notify: tells people and programs what the journal says. Everything it does is in the
// library beside.

#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/format.h"
#include "client/notify/arguments.h"
#include "client/notify/command.h"
#include "client/notify/config.h"
#include "client/notify/mail.h"
#include "client/notify/runner.h"
#include "client/notify/secret.h"
#include "client/notify/webhook.h"
#include "client/subscriber/durable_file.h"
#include "client/text.h"

namespace roster::notify {
namespace {

using client::Answer;
using client::Exit;

constexpr int kWrongUsage = 2;  // or a wrong config: no restart mends it
constexpr int kStopped = 3;     // every rule has: no restart mends that either

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

class Secrets {
 public:
  explicit Secrets(bool check) : check_(check) {}

  // With --check by hand there is no systemd to hand out credentials: those are not looked at.
  bool Skips(const SecretRef& ref) {
    const bool skips = check_ && ref.kind == SecretRef::Kind::kCredential &&
                       std::getenv("CREDENTIALS_DIRECTORY") == nullptr;
    skipped_ = skipped_ || skips;
    return skips;
  }
  Answer<std::string> Look(const SecretRef& ref) {
    if (Skips(ref)) return "";
    return Resolve(ref);
  }
  // Any so far.
  bool skipped() const { return skipped_; }

 private:
  const bool check_;
  bool skipped_ = false;
};

Answer<std::unique_ptr<Target>> OpenTarget(const Config& config, const Rule& rule,
                                           Secrets& secrets) {
  if (rule.mail) {
    std::string password;
    if (config.mail->login) {
      CLIENT_ASSIGN(password, secrets.Look(config.mail->login->password));
    }
    return std::make_unique<MailByCurl>(*config.mail, std::move(password), *rule.mail);
  }
  if (rule.webhook) {
    CLIENT_ASSIGN(std::string secret, secrets.Look(rule.webhook->secret));
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

bool HaveStopped(const std::vector<std::unique_ptr<Runner>>& runners) {
  return std::all_of(runners.begin(), runners.end(),
                     [](const auto& runner) { return runner->stopped(); });
}

// One line. What has stopped for good stands first.
std::string StatusOf(const std::vector<std::unique_ptr<Runner>>& runners) {
  std::vector<std::string> problems;
  for (const bool stopped : {true, false}) {
    for (const auto& runner : runners) {
      if (runner->stopped() != stopped) continue;
      const std::string problem = runner->Problem();
      if (!problem.empty()) problems.push_back((stopped ? "STOPPED: " : "") + problem);
    }
  }
  return client::Clean(fmt::format("{}", fmt::join(problems, "; ")));
}

// Tells systemd (WatchdogSec=) that all goes on, each time that every runner has turned since the
// last time: one that hangs silences all of them, one that has stopped for good does not. Until the
// clock is interrupted, or all have stopped. `systemctl status` shows what keeps them from it.
void WatchOver(const std::vector<std::unique_ptr<Runner>>& runners, client::Clock& clock) {
  constexpr std::chrono::milliseconds kLook{1000};
  std::vector<std::uint64_t> told(runners.size());
  std::string status;
  while (!clock.Interrupted() && !HaveStopped(runners)) {
    clock.Wait(kLook);
    if (std::string now = StatusOf(runners); now != status) {
      status = std::move(now);
      sd_notify(0, ("STATUS=" + status).c_str());
    }
    bool all = true;
    for (std::size_t i = 0; i < runners.size(); ++i) {
      all = all && (runners[i]->stopped() || runners[i]->turns() != told[i]);
    }
    if (!all) continue;
    for (std::size_t i = 0; i < runners.size(); ++i) told[i] = runners[i]->turns();
    sd_notify(0, "WATCHDOG=1");
  }
}

int Work(const Config& config, const std::optional<client::CallKeys>& keys,
         std::map<std::string, std::unique_ptr<Target>> targets) {
  if (const auto locked = TakeLock(config.state_dir); !locked) {
    spdlog::critical("{}", locked.error().message);
    return static_cast<int>(Exit::kFailed);
  }
  client::SystemClock clock;
  std::vector<std::unique_ptr<Runner>> runners;
  for (const Rule& rule : config.rules) {
    for (const std::string& id : rule.schools) {
      runners.push_back(std::make_unique<Runner>(config, keys, rule, Find(config, id),
                                                 *targets.at(rule.name), clock));
    }
  }
  std::vector<std::thread> threads;
  threads.reserve(runners.size());
  for (const auto& runner : runners) threads.emplace_back([&runner] { runner->Run(); });
  spdlog::info("roster-notify {} is ready: {}, rosterd at {}", ROSTER_VERSION,
               client::Count(config.rules.size(), "rule"), config.control);
  sd_notify(0, "READY=1");
  WatchOver(runners, clock);
  sd_notify(0, "STOPPING=1");
  for (std::thread& thread : threads) thread.join();
  if (HaveStopped(runners)) {
    spdlog::critical("Every rule is stopped; what to do stands above. roster-notify ends");
    return kStopped;
  }
  spdlog::info("roster-notify has stopped");
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app;
  Arguments arguments;
  Add(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  const std::string& path = arguments.config;

  auto config = Load(path);
  if (!config) {
    std::cerr << config.error().message << '\n';
    return kWrongUsage;
  }
  std::map<std::string, std::unique_ptr<Target>> targets;
  Secrets secrets(arguments.check);
  bool good = true;
  for (const Rule& rule : config->rules) {
    auto target = OpenTarget(*config, rule, secrets);
    if (target) {
      targets[rule.name] = std::move(*target);
    } else {
      good = false;
      std::cerr << path << ": rule " << rule.name << ": " << target.error().message << '\n';
    }
  }
  std::optional<client::CallKeys> keys;
  if (config->certificate && !secrets.Skips(*config->certificate)) {
    auto pair = ResolveKeyPair(*config->certificate);
    if (pair) {
      keys = client::CallKeys{config->server_key, std::move(*pair)};
    } else {
      good = false;
      std::cerr << path << ": rosterd.certificate: " << pair.error().message << '\n';
    }
  }
  if (!good) return kWrongUsage;
  if (arguments.check) {
    std::cout << path << " is good: " << client::Count(config->rules.size(), "rule") << ", "
              << client::Count(config->schools.size(), "school")
              << (secrets.skipped() ? "; credentials were not looked at: systemd hands them out\n"
                                    : "\n");
    return 0;
  }
  return Work(*config, keys, std::move(targets));
}

}  // namespace

// Under systemd the journal has the time, and reads the level from what stands in front of the line
// (sd-daemon(3)); elsewhere both stand in the line. A message is one line, whatever comes with it.
void StartLog() {
  struct Priority : spdlog::custom_flag_formatter {
    void format(const spdlog::details::log_msg& message, const std::tm&,
                spdlog::memory_buf_t& out) override {
      out.push_back('<');
      out.push_back("7764322"[message.level]);  // syslog(3); by spdlog's levels, trace first
      out.push_back('>');
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
      return std::make_unique<Priority>();
    }
  };
  struct OneLine : spdlog::custom_flag_formatter {
    void format(const spdlog::details::log_msg& message, const std::tm&,
                spdlog::memory_buf_t& out) override {
      const std::string text = client::Clean({message.payload.data(), message.payload.size()});
      out.append(text.data(), text.data() + text.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
      return std::make_unique<OneLine>();
    }
  };
  spdlog::set_default_logger(spdlog::stderr_logger_mt("roster-notify"));
  struct stat status {};
  const char* const stream = std::getenv("JOURNAL_STREAM");  // systemd.exec(5)
  const bool journal =
      stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
      std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<Priority>('*').add_flag<OneLine>('|');
  formatter->set_pattern(journal ? "%*%|" : "%Y-%m-%dT%H:%M:%S.%eZ %l %|");
  spdlog::set_formatter(std::move(formatter));
}

}  // namespace roster::notify

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  tzset();
  // What comes in malformed is reported by who reads it.
  google::protobuf::SetLogHandler(nullptr);
  roster::notify::StartLog();
  roster::client::CatchInterrupts();
  try {
    return roster::notify::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "roster-notify: " << error.what() << '\n';
    return static_cast<int>(roster::client::Exit::kFailed);
  }
}
