#pragma once

// Where a command reads and writes. Colour, hints, questions and progress are for terminals alone.

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace roster::client {

struct Terminal {
  std::size_t width = 80;  // columns; 20..1000
  bool in = false;         // is a terminal
  bool out = false;
  bool err = false;
  bool colour = false;      // of out
  std::size_t height = 24;  // lines; 5..1000
  bool bounded = true;      // by `width`: else rows of tables are as long as they need to be
};

// What the three standard streams are, with COLUMNS, LINES and NO_COLOR (https://no-color.org)
// respected.
Terminal DetectTerminal();

enum class Tone { kPlain, kDim, kBold, kGood, kWarning, kBad };

class Console {
 public:
  // The streams outlive the console. `measure` says what the terminal is like by now.
  Console(std::istream& in, std::ostream& out, std::ostream& err, Terminal terminal,
          std::function<Terminal()> measure = nullptr)
      : in_(in), out_(out), err_(err), terminal_(terminal), measure_(std::move(measure)) {}

  // To standard output, as it is; Line adds the end of the line.
  void Print(std::string_view text);
  void Line(std::string_view text = "");
  // Sentences: at a terminal broken at spaces to its width, else one line.
  void Paragraph(std::string_view text, Tone tone = Tone::kPlain);
  // To standard error.
  void Error(std::string_view text);
  void Status(std::string_view text);  // no end of line: for progress
  void Flush();

  // A heading over what comes next to standard output; nothing where nothing comes.
  void Announce(std::string heading) { heading_ = std::move(heading); }
  // Takes a heading back that nothing came below of; whether it did.
  bool Withdraw() { return !std::exchange(heading_, {}).empty(); }

  // The text in that tone, when the output is a terminal with colour.
  std::string In(Tone tone, std::string_view text) const;

  // Asks on standard error, reads a line; true for "y" or "yes".
  bool Confirm(const std::string& question);
  // Somebody is there to be asked.
  bool can_ask() const { return terminal_.in && terminal_.err; }

  // Nobody reads any more, or the disk is full: stop producing.
  bool broken() const { return broken_; }
  // "" or why the output could not be written; a reader that went away (EPIPE) is no reason.
  const std::string& write_problem() const { return write_problem_; }

  const Terminal& terminal() const { return terminal_; }
  // Takes the size of the terminal anew: it may have been resized.
  void Measure();

 private:
  void Check();
  void ShowHeading();

  std::istream& in_;
  std::ostream& out_;
  std::ostream& err_;
  Terminal terminal_;
  std::function<Terminal()> measure_;
  std::string heading_;  // still to be shown
  bool broken_ = false;
  std::string write_problem_;
};

}  // namespace roster::client
