#pragma once

// The seam to where a parcel goes: mail, webhook, command.

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/notify/watch.h"
#include "client/system.h"

namespace roster::notify {

// What a target makes its message of.
struct Delivery {
  const Parcel& parcel;
  std::string rule;
  std::string school;
  std::string school_name;           // for people
  std::set<std::uint64_t> awaiting;  // which of the entries await somebody, still
  bool digest = false;               // of a rule with a digest
  bool remind = false;               // of a rule that reminds
  Zone zone = Zone::kLocal;
  Time now{};
};

struct Outcome {
  enum class How : std::uint8_t { kDelivered, kFailed, kInterrupted };
  How how = How::kDelivered;
  std::string why;                            // of a failure, for the log: no content, no secret
  std::optional<std::chrono::seconds> later;  // the receiver asks not to be tried before
  // Of a mail that was delivered: who was not let have it, while others were; `why` says with what.
  std::vector<std::string> refused;
};

class Target {
 public:
  virtual ~Target() = default;
  // Blocks, for as long as the target's timeout at most; ends early when `clock` is interrupted.
  virtual Outcome Deliver(const Delivery& delivery, const client::Clock& clock) = 0;
  // What Deliver sends, to be kept when all tries have failed; and the end of that file's name.
  virtual std::string Letter(const Delivery& delivery) const = 0;
  virtual std::string_view LetterSuffix() const = 0;
};

}  // namespace roster::notify
