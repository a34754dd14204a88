#pragma once

// Whether a journal is what was written: numbers without gaps, each entry carrying the digest of
// the bytes of the one before it (journal.proto). Says what is wrong with which entry: altered,
// missing, or in another's place. No I/O of its own; one entry at a time, in the order they are
// kept in.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roster/v1/control.pb.h"

namespace roster::client {

namespace v1 = ::roster::v1;

class Chain {
 public:
  explicit Chain(std::string school);

  // `number`: what the entry is kept under, above that of the entry before.
  void Add(std::uint64_t number, std::string_view bytes);
  // The newest entry there is, and the digest that the daemon goes on from.
  void End(std::uint64_t head, std::string_view head_hash);

  std::uint64_t count() const { return count_; }
  std::uint64_t last() const { return last_; }
  // By entry, the first kFaultsMax found, about "entry"; all are counted.
  const std::vector<v1::Difference>& faults() const { return faults_; }
  std::uint64_t faults_total() const { return faults_total_; }

  static constexpr std::size_t kFaultsMax = 100;

 private:
  void Miss(std::uint64_t first, std::uint64_t end);
  void Link(std::uint64_t number, std::string_view previous);
  void SettleDoubt();
  void Place();
  void Fault(std::uint64_t number, std::string reason, std::string sentence);
  void Altered(std::uint64_t number);

  std::string school_;
  std::uint64_t count_ = 0;
  std::uint64_t last_ = 0;
  std::string last_hash_;
  bool last_good_ = true;  // what the next one says of it proves something
  // This entry and the one before do not fit. Which of them was altered, the next one shows.
  std::optional<std::uint64_t> doubted_;
  std::map<std::uint64_t, std::uint64_t> misplaced_;  // by place: the number that the entry says
  std::vector<v1::Difference> faults_;
  std::uint64_t faults_total_ = 0;
};

}  // namespace roster::client
