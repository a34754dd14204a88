#pragma once

// The lines of answered requests: each command and each refusal leaves one, with who asked and what
// came of it; what only asks leaves one at debug level.

#include <cstdint>
#include <functional>

#include "daemon/base/rate_limit.h"
#include "daemon/base/time.h"
#include "daemon/log/log.h"
#include "daemon/model/vitals.h"

namespace roster::log {

// An id as it may stand in the log: 16 or more hexadecimal digits (and dashes), as programs make
// them; anything else is left out.
std::string IdToTell(const std::string& id);

// "ApprovePlan: done", with its fields. `answered.request` of a message that was not understood is
// "".
std::string AnswerText(const model::Answered& answered);
Fields AnswerFields(const model::Answered& answered);
Level AnswerLevel(const model::Answered& answered);

// Refusals come as fast as somebody cares to send: beyond kRefusalsMax a minute they are counted,
// and the count is one line. Commands that were done always leave theirs: each is an fsync. Not
// thread-safe.
class Answers {
 public:
  using Line = std::function<void(Level, std::string_view, const Fields&)>;
  static constexpr std::uint32_t kRefusalsMax = 600;

  explicit Answers(Line line = Write);

  // `steady` never goes back.
  void Take(const model::Answered& answered, Duration steady);

 private:
  Line line_;
  TokenBucket refusals_;
  std::uint64_t left_out_ = 0;
};

}  // namespace roster::log
