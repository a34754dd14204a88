#pragma once

// A parcel on the standard input of a program.

#include <string>
#include <string_view>

#include "client/notify/target.h"

namespace roster::notify {

// The protobuf JSON of each entry, one a line.
std::string ComposeInput(const Delivery& delivery);

// Runs the program without a shell, in a process group of its own. It gets the entries on standard
// input, and in its environment PATH, LANG, and ROSTER_RULE, ROSTER_SCHOOL, ROSTER_KIND ("entry",
// "digest", "reminder"), ROSTER_SEQ (of the last entry); nothing of ours. What it prints is thrown
// away. Exit code 0 is delivered. After the timeout its group gets SIGTERM, 2 s later SIGKILL; what
// it leaves behind in the group when it ends gets SIGKILL, after exit code 0 too. What has left the
// group (setsid) is out of reach: it lives on until it ends, or the service is stopped.
class CommandByFork : public Target {
 public:
  explicit CommandByFork(CommandTarget target) : target_(std::move(target)) {}

  Outcome Deliver(const Delivery& delivery, const client::Clock& clock) override;
  std::string Letter(const Delivery& delivery) const override { return ComposeInput(delivery); }
  std::string_view LetterSuffix() const override { return ".jsonl"; }

 private:
  const CommandTarget target_;
};

}  // namespace roster::notify
