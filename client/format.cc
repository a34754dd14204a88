#include "client/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace roster::client {
namespace {

std::string Local(const Timestamp& time, const char* format) {
  const auto seconds = static_cast<std::time_t>(time.seconds());
  std::tm local{};
  if (seconds == 0 || localtime_r(&seconds, &local) == nullptr) return "-";
  char text[64];
  const std::size_t length = std::strftime(text, sizeof text, format, &local);
  return std::string(text, length);
}

std::string OrBlank(const std::string& value) { return value.empty() ? "(blank)" : value; }

}  // namespace

std::string Number(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string Count(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", Number(number), noun, number == 1 ? "" : "s");
}

std::uint64_t SkippedBecause(const v1::Counters& counters, std::string_view reason) {
  for (const v1::Count& count : counters.skipped_because()) {
    if (count.reason() == reason) return count.count();
  }
  return 0;
}

std::string ToReview(const v1::Counters& counters) {
  std::string text = Count(counters.fresh(), "user") + " to review";
  const std::uint64_t again = SkippedBecause(counters, "decision-outdated");
  if (again > 0) {
    text += fmt::format(", {} of them again, since something changed", Number(again));
  }
  return text;
}

std::string Families(std::uint64_t number) {
  return fmt::format("{} famil{}", Number(number), number == 1 ? "y" : "ies");
}

std::string Ids(const google::protobuf::RepeatedField<std::int64_t>& ids) {
  constexpr int kNamed = 20;
  std::vector<std::string> names;
  for (int i = 0; i < ids.size() && i < kNamed; ++i) names.push_back(std::to_string(ids.Get(i)));
  if (ids.size() > kNamed) names.emplace_back("...");
  return List(names);
}

std::string Bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  const auto size = static_cast<double>(bytes);
  if (size < 1e6) return fmt::format("{:.1f} kB", size / 1e3);
  if (size < 1e9) return fmt::format("{:.1f} MB", size / 1e6);
  return fmt::format("{:.1f} GB", size / 1e9);
}

std::string Minute(const Timestamp& time) { return Local(time, "%Y-%m-%d %H:%M"); }
std::string Second(const Timestamp& time) { return Local(time, "%Y-%m-%d %H:%M:%S"); }

std::optional<Timestamp> ParseTime(const std::string& text) {
  std::string local = text;
  const bool utc = !local.empty() && local.back() == 'Z';
  if (utc) local.pop_back();
  for (const char* format :
       {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"}) {
    std::tm time{};
    const char* const end = strptime(local.c_str(), format, &time);
    if (end == nullptr || *end != '\0') continue;
    time.tm_isdst = -1;  // as the local clock has it then
    const std::tm asked = time;
    Timestamp stamp;
    stamp.set_seconds(utc ? timegm(&time) : std::mktime(&time));
    // The 31st of a month of 30 days is no day.
    if (time.tm_mday != asked.tm_mday || stamp.seconds() <= 0) return std::nullopt;
    return stamp;
  }
  return std::nullopt;
}

std::string Ago(const Timestamp& time, const Timestamp& now) {
  const std::int64_t seconds = now.seconds() - time.seconds();
  if (seconds < 2) return "just now";
  if (seconds < 120) return fmt::format("{} s ago", seconds);
  if (seconds < 120 * 60) return fmt::format("{} min ago", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{} h ago", seconds / 3600);
  return fmt::format("{} days ago", seconds / 86400);
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

std::string ShortDigest(std::string_view digest) { return Hex(digest.substr(0, 4)); }

std::string Name(std::string_view first, std::string_view last, std::int64_t person) {
  if (first.empty() && last.empty()) return fmt::format("(person {})", person);
  if (first.empty()) return std::string(last);
  if (last.empty()) return std::string(first);
  return fmt::format("{}, {}", last, first);
}

std::string Arrow(const v1::FieldChange& change) {
  return fmt::format("{}: {} → {}", change.field(), OrBlank(change.before()),
                     OrBlank(change.after()));
}

bool CarryId(const v1::UserRow& row) {
  return std::any_of(row.fits().begin(), row.fits().end(),
                     [](const v1::Fit& fit) { return fit.carries_id(); });
}

std::string List(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

}  // namespace roster::client
