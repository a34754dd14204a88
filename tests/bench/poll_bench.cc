// A whole poll with nothing changed, against its floor in the same run: fetching the same bytes
// from the same servers and scanning their JSON, and a scan of as many stored rows. Prints CPU
// times, their ratio, and the peak memory of each. The servers are another process, and not
// counted.
//
//   build/tests/bench/poll_bench --people 100000

#include <fcntl.h>
#include <simdjson.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "daemon/engine/examine.h"
#include "daemon/http/curl_http.h"
#include "daemon/source/facts_source.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "daemon/store/rocks_store.h"
#include "daemon/target/scim_site.h"

namespace roster {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using store::Family;

const SchoolId kSchool("tcs");
constexpr std::uint32_t kPage = 1000;

struct Place {
  std::string facts;
  std::string subscription_key;
  std::string api_key;
  std::string site;
  std::string token;
  bool parents = false;  // parents' accounts, with the three lists of families
};

struct Cost {
  double cpu_s = 0;
  double peak_mib = 0;
  std::uint64_t rows = 0;   // changed rows, or scanned ones
  std::uint64_t bytes = 0;  // of bodies
};

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double PeakMib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

[[noreturn]] void Die(const Error& error) {
  std::cerr << "poll_bench: " << error.message << "\n";
  std::_Exit(1);
}

template <typename T>
T Must(Result<T> result) {
  if (!result) Die(result.error());
  return *std::move(result);
}

model::RosterRules Rules(bool parents) {
  model::RosterRules rules;
  rules.school = kSchool;
  rules.status_words = model::DefaultStatusWords();
  rules.external_id = "TCS-CA:{person}";
  if (parents) {
    rules.accounts = model::AccountsOf::kParents;
    rules.fields = model::DefaultFieldRules(rules.accounts);
  }
  return rules;
}

engine::Findings RunPoll(const Place& place, store::RocksStore& store) {
  const SystemClock clock;
  SystemRandom random;
  http::CurlHttp facts_http;
  http::CurlHttp site_http;
  source::Quota quota({1'000'000, 10'000'000, 100'000'000}, clock,
                      [](const auto&) { return Result<void>(); });
  source::FactsSettings facts;
  facts.base_url = place.facts;
  facts.page_size = kPage;
  facts.families = place.parents;
  source::FactsSource source(facts, {place.subscription_key, place.api_key}, facts_http, clock,
                             random, quota);
  target::SiteRate rate(10'000, clock);
  target::ScimSettings scim;
  scim.school = kSchool;
  scim.base_url = place.site;
  scim.page_size = kPage;
  target::ScimSite site(scim, place.token, site_http, rate, clock, random);
  engine::PollJob job;
  job.school = kSchool;
  job.stored = store.Snapshot();
  std::unique_ptr<engine::Reading> last;
  auto end = engine::RunPoll(source, site, job, Rules(place.parents), last, [](const auto&) {}, {});
  if (!end.findings) Die(end.findings.error());
  return *std::move(end.findings);
}

// Rows and links as a first poll leaves them.
void Prepare(const Place& place, const std::string& directory) {
  auto store = Must(store::RocksStore::Open(directory));
  for (int round = 0; round < 2; ++round) {
    const engine::Findings findings = RunPoll(place, *store);
    store::Batch batch;
    for (const model::Change& change : findings.changed) {
      batch.Put(Family::kReview, store::ChangeKey(kSchool, change.candidate.person),
                store::EncodeChange(change));
    }
    for (const model::Link& link : findings.recorded) {
      batch.Put(Family::kReview, store::LinkKey(kSchool, link.person), store::EncodeLink(link));
    }
    for (const model::DuplicateGroup& group : findings.groups_changed) {
      batch.Put(Family::kReview, store::GroupKey(kSchool, group.key), store::EncodeGroup(group));
    }
    if (const auto done = store->Commit(batch, true); !done) Die(done.error());
  }
  if (const auto done = store->Flush(); !done) Die(done.error());
}

Cost MeasurePoll(const Place& place, const std::string& directory) {
  auto store = Must(store::RocksStore::Open(directory));
  const double before = CpuSeconds();
  const engine::Findings findings = RunPoll(place, *store);
  return {CpuSeconds() - before, PeakMib(),
          findings.changed.size() + findings.removed.size() + findings.groups_changed.size(),
          findings.bytes};
}

// Every value of every row, as cheaply as simdjson can.
void ScanValue(simdjson::ondemand::value value) {
  switch (value.type()) {
    case simdjson::ondemand::json_type::array:
      for (auto item : value.get_array()) ScanValue(item.value());
      break;
    case simdjson::ondemand::json_type::object:
      for (auto field : value.get_object()) ScanValue(field.value());
      break;
    default:
      static_cast<void>(value.raw_json_token());
  }
}

class FloorReader {
 public:
  std::uint64_t bytes = 0;

  std::uint64_t Get(const std::string& url,
                    std::vector<std::pair<std::string, std::string>> headers, const char* list,
                    const char* count) {
    http::Request request;
    request.url = url;
    request.headers = std::move(headers);
    auto answer = Must(http_.Send(request));
    if (answer.status != 200) {
      Die({Code::kInvalid, "floor", "the floor got status " + std::to_string(answer.status)});
    }
    bytes += answer.body.size();
    const simdjson::padded_string padded(answer.body);
    auto document = parser_.iterate(padded);
    std::uint64_t total = 0;
    for (auto field : document.get_object()) {
      const std::string_view key = field.unescaped_key();
      if (key == count) {
        total = field.value().get_uint64();
      } else if (key == list) {
        for (auto item : field.value().get_array()) ScanValue(item.value());
      }
    }
    return total;
  }

 private:
  http::CurlHttp http_;
  simdjson::ondemand::parser parser_;
};

Cost MeasureFloor(const Place& place, const std::string& directory) {
  auto store = Must(store::RocksStore::Open(directory));
  const double before = CpuSeconds();
  FloorReader reader;
  const auto facts = [&](const std::string& path, const char* version, const char* key) {
    for (std::uint64_t page = 1, total = 1; (page - 1) * kPage < total; ++page) {
      total = reader.Get(place.facts + path + "?api-version=" + version + "&Sorts=" + key +
                             "&Page=" + std::to_string(page) + "&PageSize=" + std::to_string(kPage),
                         {{"Ocp-Apim-Subscription-Key", place.subscription_key},
                          {"Facts-Api-Key", place.api_key},
                          {"x-bypass-cache", "1"}},
                         "results", "rowCount");
    }
  };
  facts("/Students", "1.3", "personStudentId");
  facts("/People", "1", "personId");
  if (place.parents) {
    facts("/People/PersonFamily", "1", "personId,familyId");
    facts("/People/ParentStudent", "1.1", "parentID,studentID");
    facts("/Families", "1.1", "familyID");
  }
  for (std::uint64_t start = 1, total = 1; start <= total; start += kPage) {
    total = reader.Get(place.site + "/Users?startIndex=" + std::to_string(start) +
                           "&count=" + std::to_string(kPage),
                       {{"Authorization", "Bearer " + place.token}}, "Resources", "totalResults");
  }
  std::uint64_t rows = 0;
  std::uint64_t stored = 0;
  const store::Range range = store::ChangeRange(kSchool);
  for (auto at = store->Scan(Family::kReview, range.begin, range.end); at->Valid(); at->Next()) {
    ++rows;
    stored += at->value().size();
  }
  if (stored == 0) Die({Code::kInvalid, "floor", "nothing is stored"});
  return {CpuSeconds() - before, PeakMib(), rows, reader.bytes};
}

// In a process of its own, so that memory is told apart.
Cost Apart(const std::function<Cost()>& measure) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) std::abort();
  const pid_t pid = ::fork();
  if (pid == 0) {
    const Cost cost = measure();
    if (::write(ends[1], &cost, sizeof cost) != sizeof cost) std::_Exit(1);
    std::_Exit(0);
  }
  ::close(ends[1]);
  Cost cost;
  const bool whole = ::read(ends[0], &cost, sizeof cost) == sizeof cost;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (!whole || status != 0) {
    std::cerr << "poll_bench: a measured process failed\n";
    std::exit(1);
  }
  return cost;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Place StartSandbox(const std::string& directory, std::uint64_t people, std::uint64_t enrolled,
                   bool parents) {
  const std::string ready = directory + "/ready.json";
  if (::fork() == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, 1);
    const std::string program = std::string(ROSTER_BUILD_DIR) + "/tests/sandbox/roster-sandbox";
    ::execl(program.c_str(), "roster-sandbox", "serve", "--people", std::to_string(people).c_str(),
            "--enrolled", std::to_string(enrolled).c_str(), "--no-limits", "--no-cache",
            "--site-page-max", "1000", "--ready-file", ready.c_str(),
            parents ? nullptr : "--linked",  // it is the students who are linked
            nullptr);
    std::_Exit(127);
  }
  while (!fs::exists(ready)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const Json json = Json::parse(std::ifstream(ready));
  return {json["facts"]["url"], json["facts"]["subscription_key"], json["facts"]["api_key"],
          json["site"]["url"],  json["site"]["read_token"],        parents};
}

int Main(int argc, char** argv) {
  CLI::App app{"CPU and memory of a whole, unchanged poll against its floor"};
  std::uint64_t people = 10'000;
  std::uint64_t enrolled = 0;
  int rounds = 5;
  bool parents = false;
  app.add_option("--people", people)->capture_default_str();
  app.add_option("--enrolled", enrolled, "default: 5.8 % of the people");
  app.add_flag("--parents", parents, "parents' accounts, with the lists of families");
  app.add_option("--rounds", rounds)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (enrolled == 0) enrolled = people * 58 / 1000;

  std::string directory = (fs::temp_directory_path() / "rosterd-bench-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  const Place place = StartSandbox(directory, people, enrolled, parents);
  const std::string db = directory + "/db";
  Apart([&] {
    Prepare(place, db);
    return Cost();
  });
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    const Cost poll = Apart([&] { return MeasurePoll(place, db); });
    const Cost floor = Apart([&] { return MeasureFloor(place, db); });
    if (poll.rows != 0) {
      std::cerr << "poll_bench: " << poll.rows << " rows differ in an unchanged poll\n";
      return 1;
    }
    ratios.push_back(poll.cpu_s / floor.cpu_s);
    std::printf(
        "poll %.3f s, %.0f MiB; floor %.3f s, %.0f MiB (%.1f MiB of JSON, %lu rows); %.2f x\n",
        poll.cpu_s, poll.peak_mib, floor.cpu_s, floor.peak_mib,
        static_cast<double>(floor.bytes) / (1 << 20), floor.rows, ratios.back());
  }
  std::printf("%lu people, %lu enrolled, unchanged poll: median %.2f x the floor's CPU\n", people,
              enrolled, Median(ratios));
  fs::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace roster

int main(int argc, char** argv) { return roster::Main(argc, argv); }
