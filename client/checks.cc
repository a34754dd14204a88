#include "client/checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/format.h"
#include "client/text.h"

namespace roster::client {

std::optional<v1::TaskRef> ToTask(const std::string& text) {
  const auto dot = text.find('.');
  if (dot == std::string::npos) return std::nullopt;
  const auto plan = ToNumber<std::uint64_t>(text.substr(0, dot));
  const auto index = ToNumber<std::uint32_t>(text.substr(dot + 1));
  if (!plan || !index || *plan == 0) return std::nullopt;
  v1::TaskRef task;
  task.set_plan(*plan);
  task.set_index(*index);
  return task;
}

namespace {

constexpr std::size_t kActorKeySize = 16;  // hex digits

// What is no text is not repeated: a terminal would make of it what it likes.
CLI::Validator IsText(std::size_t size_max) {
  return CLI::Validator(
      [size_max](std::string& text) -> std::string {
        if (text.empty() || text.size() > size_max) {
          return fmt::format("\"{}\" is not allowed: 1 to {} characters", text, size_max);
        }
        if (IsUtf8(text)) return "";
        return "the text is not UTF-8, and nothing was sent: write it in a terminal whose "
               "character set is UTF-8 (the command locale shows it)";
      },
      "");
}

}  // namespace

CLI::Validator Check(std::function<bool(const std::string&)> allowed, std::string what) {
  return CLI::Validator(
      [allowed = std::move(allowed), what = std::move(what)](std::string& text) -> std::string {
        return allowed(text) ? "" : fmt::format("\"{}\" is not allowed: {}", text, what);
      },
      "");
}

CLI::Validator OneOf(std::vector<std::string> words) {
  std::string what = "use one of " + List(words);
  return Check(
      [words = std::move(words)](const std::string& text) {
        return std::find(words.begin(), words.end(), text) != words.end();
      },
      std::move(what));
}

CLI::Validator IsId(const char* what) {
  return Check([](const std::string& text) { return ToNumber<std::int64_t>(text).value_or(0) > 0; },
               what);
}

CLI::Validator IsShort() { return IsText(kTextMax); }

CLI::Validator IsNote() { return IsText(kNoteMax); }

CLI::Validator IsPath() { return IsText(kPathMax); }

CLI::Validator IsActor() {
  return Check(
      [](const std::string& text) {
        const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
        const auto after = [&](std::string_view kind) {
          return text.starts_with(kind) ? std::string_view(text).substr(kind.size())
                                        : std::string_view();
        };
        const std::string uid(after("uid:"));
        const std::string_view key = after("key:");
        if (!uid.empty()) return ToNumber<std::uint32_t>(uid).has_value();
        if (!key.empty()) {
          return key.size() == kActorKeySize && std::all_of(key.begin(), key.end(), is_hex);
        }
        return text == "rosterd" || (!after("worker:").empty() && text.size() <= kTextMax);
      },
      "the journal knows people by what rosterd attests, not by their names: uid:1000, "
      "key:9f86d081884c7d65, worker:NAME or rosterd. rosterctl whoami says what you are, and "
      "rosterctl journal shows who did what");
}

CLI::Validator IsReason() {
  return Check(
      [](const std::string& text) {
        const auto is_part = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
        return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_part);
      },
      "a word as plan and users show them, for example missing-email");
}

void Wrong(const std::string& message) { throw CLI::ValidationError(message); }

}  // namespace roster::client
