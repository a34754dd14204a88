// What the site did: one line of JSON for each effect, in order, never changed again.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/sandbox/json_row.h"

namespace roster::sandbox {

// {"seq":7,"method":"PATCH","effect":"update","account":"acc-00012","externalId":"TCS-CA:1234",
//  "changed":["userName"],"before":"W/\"1\"","after":"W/\"2\"","time":"..."}
// effect: add, update, archive, restore, invite; or violation, with the rule that was broken.
// Thread-safe.
class EffectLog {
 public:
  // Also appends to this file. Throws std::runtime_error when it cannot be opened.
  void WriteTo(const std::string& file);

  // Gives the effect its number.
  void Append(Json effect);

  // Lines after this number, at most `limit`; waits until there is one, or for so long.
  std::vector<std::string> After(int64_t seq, size_t limit, int wait_ms) const;
  int64_t head() const;

  // {"add": 3, "update": 1, ...}
  Json Counts() const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable appended_;
  std::vector<std::string> lines_;
  std::map<std::string, int64_t> counts_;
  std::ofstream file_;
};

}  // namespace roster::sandbox
