#include "client/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <istream>
#include <ostream>

#include "client/text.h"

namespace roster::client {
namespace {

constexpr std::size_t kWidthMin = 20;
constexpr std::size_t kHeightMin = 5;
constexpr std::size_t kLengthMax = 1000;  // of either

// By a variable, else by what the terminal says; 0: by neither.
std::size_t DetectSize(const char* variable, unsigned short winsize::*member, std::size_t min) {
  std::size_t length = 0;
  if (const char* given = std::getenv(variable)) {
    const std::string_view text = given;
    std::from_chars(text.data(), text.data() + text.size(), length);
  }
  if (length == 0) {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) length = size.*member;
  }
  return length == 0 ? 0 : std::clamp(length, min, kLengthMax);
}

bool IsSet(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

std::string_view Code(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kDim:
      return "\x1b[2m";
    case Tone::kBold:
      return "\x1b[1m";
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kWarning:
      return "\x1b[33m";
    case Tone::kBad:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

Terminal DetectTerminal() {
  Terminal terminal;
  const std::size_t width = DetectSize("COLUMNS", &winsize::ws_col, kWidthMin);
  const std::size_t height = DetectSize("LINES", &winsize::ws_row, kHeightMin);
  terminal.bounded = width != 0;
  if (width != 0) terminal.width = width;
  if (height != 0) terminal.height = height;
  terminal.in = isatty(STDIN_FILENO) == 1;
  terminal.out = isatty(STDOUT_FILENO) == 1;
  terminal.err = isatty(STDERR_FILENO) == 1;
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::strcmp(term, "dumb") == 0;
  terminal.colour = terminal.out && !IsSet("NO_COLOR") && !dumb;
  return terminal;
}

void Console::Measure() {
  if (!measure_) return;
  const Terminal now = measure_();
  terminal_.width = now.width;
  terminal_.height = now.height;
}

void Console::ShowHeading() {
  if (!heading_.empty()) out_ << std::exchange(heading_, {}) << '\n';
}

void Console::Print(std::string_view text) {
  if (broken_ || text.empty()) return;
  ShowHeading();
  out_ << text;
  Check();
}

void Console::Line(std::string_view text) {
  if (broken_) return;
  ShowHeading();
  out_ << text << '\n';
  Check();
}

void Console::Paragraph(std::string_view text, Tone tone) {
  if (!terminal_.out) return Line(text);
  for (const std::string& line : Wrap(text, terminal_.width)) Line(In(tone, line));
}

void Console::Error(std::string_view text) {
  Flush();
  err_ << text << '\n' << std::flush;
}

void Console::Status(std::string_view text) { err_ << text << std::flush; }

void Console::Flush() {
  if (broken_) return;
  errno = 0;
  out_.flush();
  Check();
}

void Console::Check() {
  if (out_.good()) return;
  broken_ = true;
  if (errno != EPIPE) {
    write_problem_ = std::string("The output could not be written: ") + std::strerror(errno) + ".";
  }
}

std::string Console::In(Tone tone, std::string_view text) const {
  const std::string_view code = Code(tone);
  if (!terminal_.colour || code.empty() || text.empty()) return std::string(text);
  return std::string(code) + std::string(text) + "\x1b[0m";
}

bool Console::Confirm(const std::string& question) {
  Flush();
  Status(question + " [y/N] ");
  std::string answer;
  if (!std::getline(in_, answer)) {
    Status("\n");
    return false;
  }
  while (!answer.empty() && (answer.back() == ' ' || answer.back() == '\r')) answer.pop_back();
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes";
}

}  // namespace roster::client
