#pragma once

// What the benchmarks share: a sandbox school in another process, what things cost, and the floor
// of a poll, which is to fetch the same pages and to scan their JSON.

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/settings.h"
#include "daemon/store/store.h"

namespace roster::bench {

// Where a school's FACTS and site are.
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

[[noreturn]] void Die(const Error& error);

template <typename T>
T Must(Result<T> result) {
  if (!result) Die(result.error());
  return *std::move(result);
}

double CpuSeconds();  // of this process
double PeakMib();
double Median(std::vector<double> values);
double Share(std::vector<double> values, double share);  // 0.99: the 99th percentile

// Measures in a process of its own, so that memory is told apart. Call it while there are no other
// threads.
Cost Apart(const std::function<Cost()>& measure);

// A roster-sandbox that ends with this process; it writes to `directory`.
struct SandboxSize {
  std::uint64_t people = 0;
  std::uint64_t enrolled = 0;
  bool linked = false;  // the site begins with an account for each student
};
Place StartSandbox(const std::string& directory, const SandboxSize& size);

// Fetches every page of the school, `page` rows each, and scans all their JSON. How many bytes of
// bodies that were.
std::uint64_t FetchAndScan(const Place& place, std::uint32_t page);
// Walks the stored rows of the school; how many there are.
std::uint64_t ScanRows(const store::Store& store, const SchoolId& school);

}  // namespace roster::bench
