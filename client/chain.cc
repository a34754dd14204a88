#include "client/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/follow.h"
#include "client/format.h"
#include "roster/v1/journal.pb.h"

namespace roster::client {
namespace {

constexpr std::size_t kHashSize = 32;
constexpr std::size_t kMisplacedMax = 10'000;

}  // namespace

Chain::Chain(std::string school)
    : school_(std::move(school)), last_hash_(std::string(kHashSize, '\0')) {}

void Chain::Fault(std::uint64_t number, std::string reason, std::string sentence) {
  ++faults_total_;
  if (faults_.size() == kFaultsMax) return;
  v1::Difference& fault = faults_.emplace_back();
  fault.set_about("entry");
  fault.set_id(std::to_string(number));
  fault.set_reason(std::move(reason));
  fault.set_sentence(std::move(sentence));
}

void Chain::Altered(std::uint64_t number) {
  if (number == 0) {
    Fault(1, "altered", "Entry 1 is altered: it does not say that nothing comes before it.");
    return;
  }
  Fault(number, "altered",
        fmt::format("Entry {} is altered: its bytes do not match what entry {} says of them.",
                    number, number + 1));
}

// The next one can't tell, so that both remain.
void Chain::SettleDoubt() {
  if (!doubted_) return;
  const std::uint64_t number = *std::exchange(doubted_, std::nullopt);
  if (number == 1) return Altered(0);
  Fault(number - 1, "altered",
        fmt::format("Entry {} or entry {} is altered: they do not fit each other.", number - 1,
                    number));
}

void Chain::Miss(std::uint64_t first, std::uint64_t end) {
  if (first == end) return;
  SettleDoubt();
  last_good_ = false;
  Fault(first, "missing",
        end - first == 1 ? fmt::format("Entry {} is missing.", first)
                         : fmt::format("Entries {} to {} are missing ({}).", first, end - 1,
                                       Number(end - first)));
}

// What `number` says of the entry before it.
void Chain::Link(std::uint64_t number, std::string_view previous) {
  if (!last_good_) return;
  const bool fits = previous == last_hash_;
  if (doubted_) {
    const std::uint64_t between = *std::exchange(doubted_, std::nullopt);
    if (fits) {
      Altered(between - 1);
    } else {
      Fault(between, "altered",
            fmt::format("Entry {} is altered: it fits neither the entry before it nor the one "
                        "after it.",
                        between));
    }
  } else if (!fits) {
    doubted_ = number;
  }
}

void Chain::Add(std::uint64_t number, std::string_view bytes) {
  ++count_;
  Miss(last_ + 1, number);
  v1::Entry entry;
  const bool readable = entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  bool good = false;
  if (!readable) {
    SettleDoubt();
    Fault(number, "altered", fmt::format("Entry {} is altered: it can't be read.", number));
  } else if (entry.school() != school_) {
    SettleDoubt();
    Fault(number, "altered", fmt::format("Entry {} is altered: it names another school.", number));
  } else if (entry.seq() != number) {
    SettleDoubt();
    if (misplaced_.size() < kMisplacedMax) {
      misplaced_[number] = entry.seq();
    } else {
      Fault(number, "misplaced", fmt::format("Entry {} says that it is another.", number));
    }
  } else {
    Link(number, entry.previous());
    good = true;
  }
  last_ = number;
  last_good_ = good;
  last_hash_ = EntryHash(bytes);
}

// An entry in another's place, whose own place holds another one too, was moved; else its number
// was altered.
void Chain::Place() {
  for (const auto& [place, says] : misplaced_) {
    const auto there = misplaced_.find(says);
    if (there == misplaced_.end()) {
      Fault(place, "altered",
            fmt::format("Entry {} is altered: it says that it is entry {}.", place, says));
    } else if (there->second != place) {
      Fault(place, "reordered",
            fmt::format("Where entry {} belongs stands entry {}.", place, says));
    } else if (place < says) {
      Fault(place, "reordered", fmt::format("Entries {} and {} have changed places.", place, says));
    }
  }
}

void Chain::End(std::uint64_t head, std::string_view head_hash) {
  if (last_ < head) Miss(last_ + 1, head + 1);
  if (last_ == head && last_good_) {
    const bool was_doubted = doubted_.has_value();
    Link(head + 1, head_hash);
    // Of the newest nothing but the daemon's own digest speaks.
    if (!was_doubted && std::exchange(doubted_, std::nullopt)) {
      Fault(head, "altered",
            fmt::format("Entry {} is altered: its bytes do not match the digest that rosterd "
                        "goes on from.",
                        head));
    }
  }
  SettleDoubt();
  Place();
  std::stable_sort(faults_.begin(), faults_.end(),
                   [](const v1::Difference& a, const v1::Difference& b) {
                     return std::stoull(a.id()) < std::stoull(b.id());
                   });
}

}  // namespace roster::client
