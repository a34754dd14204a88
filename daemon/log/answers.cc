#include "daemon/log/answers.h"

#include <utility>

namespace roster::log {
namespace {

constexpr std::size_t kIdBytesMin = 16;

}  // namespace

std::string AnswerText(const model::Answered& answered) {
  const std::string name =
      answered.request.empty() ? "A message that is no request" : answered.request;
  if (answered.code == "done") return name + ": " + answered.outcome;
  return name + " was refused: " + answered.outcome;
}

// Whoever asks chooses them, and could write a person's name or number there.
std::string IdToTell(const std::string& id) {
  const bool random =
      id.size() >= kIdBytesMin && id.find_first_not_of("0123456789abcdef-") == std::string::npos;
  return random ? id : "";
}

Fields AnswerFields(const model::Answered& answered) {
  const auto took = std::chrono::round<std::chrono::milliseconds>(answered.took);
  return {{"school", answered.school ? answered.school->value() : ""},
          {"request", answered.request},
          {"request_id", IdToTell(answered.request_id)},
          {"command_id", IdToTell(answered.command_id)},
          {"actor", answered.actor},
          {"outcome", answered.outcome},
          {"duration_ms", std::to_string(took.count())}};
}

Level AnswerLevel(const model::Answered& answered) {
  if (answered.code != "done") return Level::kWarning;
  return answered.writes ? Level::kInfo : Level::kDebug;
}

Answers::Answers(Line line)
    : line_(std::move(line)),
      refusals_({kRefusalsMax, std::chrono::minutes(1)}, std::chrono::seconds(1)) {}

void Answers::Take(const model::Answered& answered, Duration steady) {
  const Level level = AnswerLevel(answered);
  if (level == Level::kWarning) {
    const Time now{steady};
    if (refusals_.WaitFor(1, now) > Duration::zero()) {
      ++left_out_;
      return;
    }
    refusals_.Take(1, now);
    if (left_out_ > 0) {
      line_(Level::kWarning,
            "More requests were refused than are listed one by one: " + std::to_string(left_out_) +
                " more so far. Look at who asks again and again: `rosterctl journal --type "
                "RequestRefused`.",
            {});
      left_out_ = 0;
    }
  }
  line_(level, AnswerText(answered), AnswerFields(answered));
}

}  // namespace roster::log
