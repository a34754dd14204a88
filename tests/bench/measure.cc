#include "tests/bench/measure.h"

#include <fcntl.h>
#include <simdjson.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "daemon/http/curl_http.h"
#include "daemon/store/keys.h"

namespace roster::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using store::Family;

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

}  // namespace

void Die(const Error& error) {
  std::cerr << "bench: " << error.message << "\n";
  std::_Exit(1);
}

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

double Median(std::vector<double> values) { return Share(std::move(values), 0.5); }

double Share(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size()));
  return values.at(std::min(at, values.size() - 1));
}

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
    std::cerr << "bench: a measured process failed\n";
    std::exit(1);
  }
  return cost;
}

Place StartSandbox(const std::string& directory, const SandboxSize& size) {
  const std::string ready = directory + "/ready.json";
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, 1);
    const std::string program = std::string(ROSTER_BUILD_DIR) + "/tests/sandbox/roster-sandbox";
    ::execl(program.c_str(), "roster-sandbox", "serve", "--people",
            std::to_string(size.people).c_str(), "--enrolled",
            std::to_string(size.enrolled).c_str(), "--no-limits", "--no-cache", "--site-page-max",
            "1000", "--ready-file", ready.c_str(), size.linked ? "--linked" : nullptr, nullptr);
    std::_Exit(127);
  }
  while (!fs::exists(ready)) {
    if (::waitpid(pid, nullptr, WNOHANG) != 0) {
      Die({Code::kInvalid, "sandbox", "the sandbox has ended: it takes no such school"});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const Json json = Json::parse(std::ifstream(ready));
  return {json["facts"]["url"], json["facts"]["subscription_key"], json["facts"]["api_key"],
          json["site"]["url"], json["site"]["read_token"]};
}

std::uint64_t FetchAndScan(const Place& place, std::uint32_t page_size) {
  FloorReader reader;
  const std::string rows = std::to_string(page_size);
  const auto facts = [&](const std::string& path, const char* version, const char* key) {
    for (std::uint64_t page = 1, total = 1; (page - 1) * page_size < total; ++page) {
      total = reader.Get(place.facts + path + "?api-version=" + version + "&Sorts=" + key +
                             "&Page=" + std::to_string(page) + "&PageSize=" + rows,
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
  for (std::uint64_t start = 1, total = 1; start <= total; start += page_size) {
    total = reader.Get(place.site + "/Users?startIndex=" + std::to_string(start) + "&count=" + rows,
                       {{"Authorization", "Bearer " + place.token}}, "Resources", "totalResults");
  }
  return reader.bytes;
}

std::uint64_t ScanRows(const store::Store& store, const SchoolId& school) {
  std::uint64_t rows = 0;
  std::uint64_t stored = 0;
  const store::Range range = store::ChangeRange(school);
  for (auto at = store.Scan(Family::kReview, range.begin, range.end); at->Valid(); at->Next()) {
    ++rows;
    stored += at->value().size();
  }
  if (stored == 0) Die({Code::kInvalid, "floor", "nothing is stored"});
  return rows;
}

}  // namespace roster::bench
