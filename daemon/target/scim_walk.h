#pragma once

// All accounts of a site, page by page, and the proof that they are all.

#include <cstdint>
#include <functional>
#include <stop_token>

#include "daemon/model/account.h"
#include "daemon/target/scim_client.h"
#include "daemon/target/scim_read.h"

namespace roster::target {

struct WalkSettings {
  std::uint32_t page_size = 200;  // asked for; a site may give fewer
  std::uint64_t accounts_max = 5'000'000;
  int walks_max = 3;  // a list that changes while it is read is read again
  Patience patience;
};

// A list is whole when totalResults never changed, as many accounts with different ids came, and
// what follows the end is nothing or the beginning again. Sorted by id. Errors: those of
// ScimClient::Read, and
//   Invalid   "site-incomplete": the list does not add up, walks_max times
//   Invalid   "site-malformed": an answer that can't be read
//   Exhausted "site-too-large": more than accounts_max
class ScimWalk {
 public:
  using Progress = std::function<void(std::uint64_t, std::uint64_t)>;

  // References must outlive it; one thread.
  ScimWalk(const WalkSettings& settings, ScimClient& client, ScimReader& reader)
      : settings_(settings), client_(client), reader_(reader) {}

  Result<std::vector<model::Account>> All(bool sorted, const Progress& progress,
                                          const std::stop_token& stop);

 private:
  Result<std::vector<model::Account>> Once(bool sorted, const Progress& progress,
                                           const std::stop_token& stop);
  Result<UserPage> Page(std::uint64_t start, bool sorted, bool past_the_end,
                        const std::stop_token& stop);
  Result<void> CheckEnd(const std::vector<model::Account>& accounts, bool sorted,
                        const std::stop_token& stop);

  const WalkSettings& settings_;
  ScimClient& client_;
  ScimReader& reader_;
};

}  // namespace roster::target
