#include "daemon/metrics/text.h"

#include <array>
#include <charconv>
#include <chrono>

namespace roster::metrics {
namespace {

// The shortest text without an exponent that reads back as the same number.
std::string Plain(double value) {
  std::array<char, 400> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  return {digits.data(), end.ptr};
}

// 1800000000.25: a time is read by people too, so without an exponent.
std::string Seconds(Duration duration) {
  const auto micros = duration.count();
  const auto whole = micros / 1'000'000;
  auto rest = micros % 1'000'000;
  std::string text = std::to_string(whole);
  if (rest == 0) return text;
  if (rest < 0) {
    rest = -rest;
    if (whole == 0) text = "-0";
  }
  std::string digits = std::to_string(rest);
  digits.insert(0, 6 - digits.size(), '0');
  while (digits.back() == '0') digits.pop_back();
  return text + "." + digits;
}

void AppendEscaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

}  // namespace

void Text::Begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  out_ += "# HELP " + name_ + " ";
  AppendEscaped(out_, help, false);
  out_ += "\n# TYPE " + name_ + " ";
  out_ += type;
  out_ += '\n';
}

void Text::Sample(std::string_view suffix, const Labels& labels, const std::string& value) {
  out_ += name_;
  out_ += suffix;
  char before = '{';
  for (const auto& [name, text] : labels) {
    out_ += before;
    out_ += name;
    out_ += "=\"";
    AppendEscaped(out_, text, true);
    out_ += '"';
    before = ',';
  }
  if (!labels.empty()) out_ += '}';
  out_ += ' ';
  out_ += value;
  out_ += '\n';
}

void Text::Add(double value, const Labels& labels) { Sample("", labels, Plain(value)); }

void Text::Add(std::uint64_t value, const Labels& labels) {
  Sample("", labels, std::to_string(value));
}

void Text::Add(Time time, const Labels& labels) {
  Sample("", labels, Seconds(time.time_since_epoch()));
}

void Text::Add(Duration duration, const Labels& labels) { Sample("", labels, Seconds(duration)); }

void Text::Buckets(const double* bounds, const std::uint64_t* counts, std::size_t size,
                   double sum) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < size; ++i) {
    total += counts[i];
    const std::string bound = Plain(bounds[i]);
    Sample("_bucket", {{"le", bound}}, std::to_string(total));
  }
  total += counts[size];
  Sample("_bucket", {{"le", "+Inf"}}, std::to_string(total));
  Sample("_sum", {}, Plain(sum));
  Sample("_count", {}, std::to_string(total));
}

}  // namespace roster::metrics
