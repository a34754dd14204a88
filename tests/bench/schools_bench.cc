// Many schools in one rosterd: memory, what a poll of all of them costs beside its floor (fetching
// the same pages, scanning their JSON, walking as many stored rows), how long it takes, and how
// long a client waits for a page of 100 people meanwhile, beside when nothing else goes on.
//
//   build/tests/bench/schools_bench --schools 300 --people 3000
//
// One sandbox school is served under a path for each of them, with external ids of its own.

#include <fcntl.h>
#include <httplib.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "daemon/store/rocks_store.h"
#include "roster/v1/control.pb.h"
#include "tests/bench/measure.h"

namespace roster {
namespace {

namespace fs = std::filesystem;
using bench::Place;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint32_t kPage = 1000;
constexpr auto kPatience = std::chrono::minutes(30);

double Seconds(steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

[[noreturn]] void Stop(const std::string& why) { bench::Die({Code::kUnavailable, "bench", why}); }

std::string SchoolName(int number) { return "s" + std::to_string(1000 + number); }

// The sandbox's pages under /SCHOOL/facts and /SCHOOL/scim, kept, with the school in external ids.
class Mirror {
 public:
  explicit Mirror(Place place) : place_(std::move(place)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(32); };
    server_.set_keep_alive_max_count(1);  // a connection would hold a thread
    server_.Get(R"(/([a-z0-9]+)/(facts|scim)(/.*))",
                [this](const httplib::Request& request, httplib::Response& response) {
                  Answer(request, response);
                });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~Mirror() {
    server_.stop();
    thread_.join();
  }
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  Place Of(const std::string& school) const {
    const std::string url = "http://127.0.0.1:" + std::to_string(port_) + "/" + school;
    return {url + "/facts", "any", "any", url + "/scim", "any"};
  }

 private:
  void Answer(const httplib::Request& request, httplib::Response& response) {
    const bool facts = request.matches[2] == "facts";
    const auto question = request.target.find('?');
    std::string target = request.matches[3];
    if (question != std::string::npos) target += request.target.substr(question);
    std::string body = Kept(facts, target);
    if (!facts) Rename(body, request.matches[1]);
    response.set_content(std::move(body), "application/json");
  }

  static void Rename(std::string& body, const std::string& school) {
    constexpr std::string_view kOwn = "TCS-CA:";
    std::string renamed;
    renamed.reserve(body.size());
    std::size_t from = 0;
    for (std::size_t at = 0; (at = body.find(kOwn, from)) != std::string::npos;) {
      renamed.append(body, from, at - from).append(school).append(":");
      from = at + kOwn.size();
    }
    body = renamed.append(body, from);
  }

  std::string Kept(bool facts, const std::string& target) {
    const std::lock_guard lock(mutex_);
    std::string& kept = kept_[(facts ? "f" : "s") + target];
    if (!kept.empty()) return kept;
    const std::string& base = facts ? place_.facts : place_.site;
    const auto path = base.find('/', std::string("http://").size());
    httplib::Client client(base.substr(0, path));
    const auto answer = client.Get((path == std::string::npos ? "" : base.substr(path)) + target,
                                   {{"Ocp-Apim-Subscription-Key", place_.subscription_key},
                                    {"Facts-Api-Key", place_.api_key},
                                    {"Authorization", "Bearer " + place_.token}});
    if (!answer || answer->status != 200) Stop("the sandbox did not answer " + target);
    kept = answer->body;
    return kept;
  }

  const Place place_;
  httplib::Server server_;
  int port_ = 0;
  std::mutex mutex_;
  std::map<std::string, std::string> kept_;
  std::thread thread_;
};

std::string WriteConfig(const std::string& directory, const Mirror& mirror, int schools) {
  const std::string path = directory + "/rosterd.yaml";
  fs::create_directory(directory + "/state");
  const std::string ipc = "\"ipc://" + directory;
  std::ofstream config(path);
  config << "state_dir: " << directory << "/state\n"
         << "endpoints: {control: " << ipc << "/control.sock\", events: " << ipc
         << "/events.sock\", tasks: " << ipc << "/tasks.sock\"}\nschools:\n";
  for (int i = 0; i < schools; ++i) {
    const std::string school = SchoolName(i);
    const Place place = mirror.Of(school);
    const std::string secret = directory + "/" + school;
    std::ofstream(secret) << "secret-of-" << school << "\n";
    fs::permissions(secret, fs::perms::owner_read | fs::perms::owner_write);
    config << "  - id: " << school << "\n    name: School " << i << "\n    accounts: students\n"
           << "    facts: {base_url: \"" << place.facts << "\", subscription_key: {file: " << secret
           << "}, api_key: {file: " << secret
           << "}, tier: enterprise, page_size: 1000, poll_every: 7d}\n"
           << "    scope: {statuses: [enrolled]}\n    site: {scim: {base_url: \"" << place.site
           << "\", read_token: {file: " << secret << "}, write_token: {file: " << secret
           << "}, external_id: \"" << school << ":{person}\", requests_per_second: 1000}}\n";
  }
  return path;
}

// rosterd as it is, in a process that ends with this one.
class Daemon {
 public:
  Daemon(const std::string& config, const std::string& log) : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, 1);
    ::dup2(file, 2);
    const std::string program = std::string(ROSTER_BUILD_DIR) + "/daemon/rosterd";
    ::execl(program.c_str(), "rosterd", "--config", config.c_str(), nullptr);
    std::_Exit(127);
  }

  bool running() const { return ::waitpid(pid_, nullptr, WNOHANG) == 0; }
  void Terminate() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

  // "VmRSS", "VmHWM"
  double Mib(const std::string& line) const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
    for (std::string text; std::getline(file, text);) {
      if (text.starts_with(line + ":")) return std::stod(text.substr(line.size() + 1)) / 1024;
    }
    Stop("rosterd has ended");
  }
  double Cpu() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
    std::string word;
    double ticks = 0;
    for (int i = 1; i <= 15 && file >> word; ++i) {
      if (i >= 14) ticks += std::stod(word);
    }
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

 private:
  pid_t pid_;
};

class Client {
 public:
  explicit Client(const std::string& endpoint) : socket_(context_, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 60'000);
    socket_.connect(endpoint);
  }

  v1::Reply Ask(v1::Request request) {
    request.set_version(1);
    request.set_request_id(std::to_string(++asked_));
    const std::string frame = request.SerializeAsString();
    if (!socket_.send(zmq::buffer(frame))) Stop("rosterd takes no request");
    zmq::message_t message;
    v1::Reply reply;
    if (!socket_.recv(message) ||
        !reply.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      Stop("rosterd does not answer");
    }
    if (reply.has_error()) Stop("rosterd answers: " + reply.error().message());
    return reply;
  }

  v1::Status Status() {
    v1::Request request;
    request.mutable_get_status();
    return Ask(std::move(request)).status();
  }

  double PageMs(const std::string& school) {
    v1::Request request;
    request.set_school(school);
    request.mutable_list_users()->set_page_size(100);  // of everybody
    const auto begin = steady_clock::now();
    if (Ask(std::move(request)).users().rows_size() != 100) Stop("a page is short");
    return Seconds(steady_clock::now() - begin) * 1000;
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::uint64_t asked_ = 0;
};

// How many schools have used poll `number`; stops at one that was rejected.
int Done(const v1::Status& status, std::uint64_t number) {
  int done = 0;
  for (const v1::SchoolStatus& school : status.schools()) {
    if (school.last_poll().state() == v1::Poll::REJECTED) {
      Stop(school.school() + ": " + school.last_poll().message());
    }
    if (school.last_poll().poll() >= number && !school.polling()) ++done;
  }
  return done;
}

struct Sizes {
  int schools = 300;
  std::uint64_t people = 3'000;
  std::uint64_t enrolled = 400;
  int rounds = 3;
};

// Asks every school to poll, and for pages meanwhile. Wall seconds until the last has done it.
double PollAll(Client& client, const Sizes& sizes, std::uint64_t number,
               std::vector<double>& pages) {
  const auto begin = steady_clock::now();
  for (int i = 0; i < sizes.schools; ++i) {
    v1::Request request;
    request.set_school(SchoolName(i));
    request.set_command_id("poll-" + std::to_string(number));
    request.mutable_start_poll();
    client.Ask(std::move(request));
  }
  for (int i = 0;; ++i) {
    pages.push_back(client.PageMs(SchoolName(i % sizes.schools)));
    if (i % 50 != 0) continue;
    if (Done(client.Status(), number) == sizes.schools) break;
    if (steady_clock::now() - begin > kPatience) Stop("the polls do not end");
  }
  return Seconds(steady_clock::now() - begin);
}

void Measure(const std::string& directory, const Mirror& mirror, const Sizes& sizes) {
  const std::string config = WriteConfig(directory, mirror, sizes.schools);
  std::vector<double> cpus;
  {
    Daemon daemon(config, directory + "/rosterd.log");
    while (!fs::exists(directory + "/control.sock")) {
      if (!daemon.running()) Stop("rosterd does not start: see " + directory + "/rosterd.log");
      std::this_thread::sleep_for(milliseconds(20));
    }
    Client client("ipc://" + directory + "/control.sock");
    const auto begin = steady_clock::now();
    while (Done(client.Status(), 1) < sizes.schools) {
      std::this_thread::sleep_for(milliseconds(200));
      if (steady_clock::now() - begin > kPatience) Stop("the first polls do not end");
    }
    std::printf("first polls of %d schools of %lu people: %.1f s, %.1f s of CPU, peak %.0f MiB\n",
                sizes.schools, sizes.people, Seconds(steady_clock::now() - begin), daemon.Cpu(),
                daemon.Mib("VmHWM"));
    std::vector<double> unused;
    PollAll(client, sizes, 2, unused);  // links that the first one recorded are known now

    std::vector<double> idle;
    for (int i = 0; i < 3'000; ++i) idle.push_back(client.PageMs(SchoolName(i % sizes.schools)));
    std::vector<double> busy;
    for (int round = 0; round < sizes.rounds; ++round) {
      const double cpu = daemon.Cpu();
      const std::uint64_t number = 3 + static_cast<std::uint64_t>(round);
      const std::size_t pages = busy.size();
      const double wall = PollAll(client, sizes, number, busy);
      cpus.push_back(daemon.Cpu() - cpu);
      const v1::Status status = client.Status();
      for (const v1::SchoolStatus& school : status.schools()) {
        if (school.last_poll().rows_changed() != 0) Stop("an unchanged poll has changed rows");
      }
      std::printf("all %d poll at once, unchanged: %.1f s, %.2f s of CPU, %zu pages meanwhile\n",
                  sizes.schools, wall, cpus.back(), busy.size() - pages);
    }
    std::printf(
        "a page of 100: p50 %.2f ms, p99 %.2f ms; while all poll p50 %.2f ms, p99 %.2f ms "
        "(%.1f x at p99)\n",
        bench::Median(idle), bench::Share(idle, 0.99), bench::Median(busy),
        bench::Share(busy, 0.99), bench::Share(busy, 0.99) / bench::Share(idle, 0.99));
    std::printf("memory: %.0f MiB now, %.0f MiB at the peak, %.2f MiB a school\n",
                daemon.Mib("VmRSS"), daemon.Mib("VmHWM"), daemon.Mib("VmHWM") / sizes.schools);
    daemon.Terminate();
  }
  const auto store = bench::Must(store::RocksStore::Open(directory + "/state/db"));
  // This thread's time: the mirror's threads are in this process too.
  timespec from{};
  timespec to{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  for (int i = 0; i < sizes.schools; ++i) {
    bytes += bench::FetchAndScan(mirror.Of(SchoolName(i)), kPage);
    rows += bench::ScanRows(*store, SchoolId(SchoolName(i)));
  }
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
  const double floor = static_cast<double>(to.tv_sec - from.tv_sec) +
                       static_cast<double>(to.tv_nsec - from.tv_nsec) / 1e9;
  std::printf("floor: %.2f s of CPU (%.0f MiB of JSON, %lu rows)\n", floor,
              static_cast<double>(bytes) / (1 << 20), rows);
  std::printf(
      "%d schools of %lu people, %lu enrolled, unchanged polls: median %.2f x the floor's "
      "CPU\n",
      sizes.schools, sizes.people, sizes.enrolled, bench::Median(cpus) / floor);
}

int Main(int argc, char** argv) {
  CLI::App app{"Many schools in one rosterd: memory, polls, and the client meanwhile"};
  Sizes sizes;
  app.add_option("--schools", sizes.schools)->capture_default_str()->check(CLI::Range(1, 1000));
  app.add_option("--people", sizes.people, "of each")->capture_default_str();
  app.add_option("--enrolled", sizes.enrolled, "of each")->capture_default_str();
  app.add_option("--rounds", sizes.rounds)->capture_default_str()->check(CLI::Range(1, 100));
  CLI11_PARSE(app, argc, argv);

  std::string directory = (fs::temp_directory_path() / "rosterd-bench-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  {
    const Mirror mirror(bench::StartSandbox(directory, {sizes.people, sizes.enrolled, true}));
    Measure(directory, mirror, sizes);
  }
  fs::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace roster

int main(int argc, char** argv) { return roster::Main(argc, argv); }
