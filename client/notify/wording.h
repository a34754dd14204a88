#pragma once

// What an entry says to people, in plain words: what happened, whom it awaits, what to run. Pure;
// ids and counts alone.

#include <string>
#include <vector>

#include "roster/v1/journal.pb.h"

namespace roster::notify {

namespace v1 = ::roster::v1;

struct Telling {
  std::string headline;               // "3 new users to review"; one line, no school
  std::string awaits;                 // "a reviewer"; "": nobody
  std::string what;                   // a few sentences
  std::vector<std::string> commands;  // to run, in order; whomever it awaits may run them all
  // What others may run, who have to do with it: "A reviewer or approver sees why". "": nobody.
  std::string others{};
  std::vector<std::string> others_commands{};
};

// `school`: given with --school in the commands, as whoever reads it may have others too.
Telling Tell(const v1::Entry& entry, const std::string& school);
// The same of one that is told for the record: what happened alone.
Telling TellPlainly(const v1::Entry& entry);

// The command that ends the reminders of everything up to an entry.
std::string AcknowledgeCommand(std::uint64_t seq, const std::string& school);

}  // namespace roster::notify
