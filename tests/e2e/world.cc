#include "tests/e2e/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace roster::e2e {
namespace {

namespace fs = std::filesystem;

std::string MakeDirectory() {
  std::string name = (fs::temp_directory_path() / "rosterd-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

}  // namespace

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Program(const std::string& name) { return std::string(ROSTER_BUILD_DIR) + "/" + name; }

WorldOptions SmallSchool(std::uint64_t seed) {
  WorldOptions options;
  options.sandbox.school.seed = seed;
  options.sandbox.school.people = 200;
  options.sandbox.school.enrolled = 40;
  options.sandbox.facts.tier.reset();
  options.sandbox.facts.cache = false;
  return options;
}

World::World(WorldOptions options)
    : options_(std::move(options)),
      directory_(MakeDirectory()),
      sandbox_(std::make_unique<sandbox::Sandbox>(options_.sandbox)) {
  sandbox_->Start();
  sandbox_->WriteSecrets(directory_);
  config_ = Path("rosterd.yaml");
  fs::create_directory(Path("state"));
  const std::string ipc = "\"ipc://" + directory_;
  const std::string endpoints = options_.endpoints.empty()
                                    ? "{control: " + ipc + "/control.sock\", events: " + ipc +
                                          "/events.sock\", tasks: " + ipc + "/tasks.sock\"}"
                                    : options_.endpoints;
  std::ofstream(config_)
      << "state_dir: " << Path("state") << "\n"
      << "endpoints: " << endpoints << "\n"
      << options_.top << "worker: {concurrency: 4, lease: " << options_.lease << "}\n"
      << "schools:\n"
      << "  - id: tcs\n"
      << "    name: Example Christian School\n"
      << "    accounts: " << options_.accounts << "\n"
      << "    missing_polls: " << options_.missing_polls << "\n"
      << "    facts: {base_url: \"" << sandbox_->facts().url()
      << "\", subscription_key: {file: subscription_key}, api_key: {file: api_key},"
      << " tier: " << options_.tier << ", page_size: " << options_.page_size
      << ", poll_every: " << options_.poll_every << ", max_shrink: " << options_.max_shrink << "}\n"
      << "    scope: " << options_.scope << "\n"
      << options_.more << "    site: " << (options_.site.empty() ? ScimSite() : options_.site)
      << "\n";
}

std::string World::ScimSite() const {
  std::ostringstream site;
  site << "{scim: {base_url: \"" << sandbox_->site().url()
       << "\", read_token: {file: read_token}, write_token: {file: write_token},"
       << " external_id: \"" << options_.external_id << "\","
       << " requests_per_second: " << options_.requests_per_second << "}}";
  return site.str();
}

World::~World() {
  worker_ = Process();
  daemon_ = Process();
  if (::testing::Test::HasFailure()) {
    std::cerr << "---- logs ----\n" << Logs() << "--------------\n";
  }
  sandbox_->Stop();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void World::StartDaemon() {
  daemon_ = Process::Start({Program("daemon/rosterd"), "--config", config_}, Path("rosterd.log"));
}

void World::StartWorker() {
  worker_ =
      Process::Start({Program("daemon/roster-worker"), "--config", config_}, Path("worker.log"));
}

std::string World::Logs() const {
  return ReadFile(Path("rosterd.log")) + ReadFile(Path("worker.log"));
}

Finished World::Ctl(std::vector<std::string> arguments, const std::string& input) {
  if (kSlower > 1 &&
      std::find(arguments.begin(), arguments.end(), "--timeout") == arguments.end()) {
    const int timeout = kSlower * 15;  // seconds; 15 are rosterctl's own
    arguments.insert(arguments.begin(), {"--timeout", std::to_string(timeout)});
  }
  arguments.insert(arguments.begin(), {Program("client/rosterctl"), "--endpoint", endpoint()});
  return Run(arguments, input);
}

std::vector<Json> World::CtlJson(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "--json");
  const Finished finished = Ctl(std::move(arguments));
  EXPECT_EQ(finished.code, 0) << finished.out << finished.err;
  std::vector<Json> rows;
  std::istringstream lines(finished.out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) rows.push_back(Json::parse(line));
  }
  return rows;
}

void World::Poll() {
  const Finished finished = Ctl({"poll", "--wait"});
  ASSERT_EQ(finished.code, 0) << finished.out << finished.err;
}

void World::SelectAllNew() {
  const Finished finished = Ctl({"select", "--all", "--status", "new"});
  ASSERT_EQ(finished.code, 0) << finished.out << finished.err;
}

Finished World::Sync() { return Ctl({"sync", "--yes", "--wait"}); }

Json World::School() { return CtlJson({"status"}).at(0).at("schools").at(0); }

std::vector<Json> World::Events() { return CtlJson({"events"}); }

std::size_t World::CountEvents(const std::string& name) {
  std::size_t count = 0;
  for (const Json& entry : Events()) count += entry.contains(name) ? 1 : 0;
  return count;
}

std::vector<Json> World::Effects() {
  std::vector<Json> effects;
  for (const std::string& line : sandbox_->effects().After(0, 1'000'000, 0)) {
    effects.push_back(Json::parse(line));
  }
  return effects;
}

}  // namespace roster::e2e
