// A whole poll with nothing changed, against its floor in the same run: fetching the same bytes
// from the same servers and scanning their JSON, and a scan of as many stored rows. Prints CPU
// times, their ratio, and the peak memory of each. The servers are another process, and not
// counted.
//
//   build/tests/bench/poll_bench --people 100000

#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string>
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
#include "tests/bench/measure.h"

namespace roster {
namespace {

namespace fs = std::filesystem;
using bench::Cost;
using bench::Must;
using bench::Place;
using store::Family;

const SchoolId kSchool("tcs");
constexpr std::uint32_t kPage = 1000;

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
  if (!end.findings) bench::Die(end.findings.error());
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
    if (const auto done = store->Commit(batch, true); !done) bench::Die(done.error());
  }
  if (const auto done = store->Flush(); !done) bench::Die(done.error());
}

Cost MeasurePoll(const Place& place, const std::string& directory) {
  auto store = Must(store::RocksStore::Open(directory));
  const double before = bench::CpuSeconds();
  const engine::Findings findings = RunPoll(place, *store);
  return {bench::CpuSeconds() - before, bench::PeakMib(),
          findings.changed.size() + findings.removed.size() + findings.groups_changed.size(),
          findings.bytes};
}

Cost MeasureFloor(const Place& place, const std::string& directory) {
  auto store = Must(store::RocksStore::Open(directory));
  const double before = bench::CpuSeconds();
  const std::uint64_t bytes = bench::FetchAndScan(place, kPage);
  const std::uint64_t rows = bench::ScanRows(*store, kSchool);
  return {bench::CpuSeconds() - before, bench::PeakMib(), rows, bytes};
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
  // It is the students who are linked.
  Place place = bench::StartSandbox(directory, {people, enrolled, !parents});
  place.parents = parents;
  const std::string db = directory + "/db";
  bench::Apart([&] {
    Prepare(place, db);
    return Cost();
  });
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    const Cost poll = bench::Apart([&] { return MeasurePoll(place, db); });
    const Cost floor = bench::Apart([&] { return MeasureFloor(place, db); });
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
              enrolled, bench::Median(ratios));
  fs::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace roster

int main(int argc, char** argv) { return roster::Main(argc, argv); }
