#pragma once

// One line of the log, and how it is written. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/log/log.h"

namespace roster::log {

struct Record {
  Level level = Level::kInfo;
  std::string time;     // "2026-08-24T06:30:00.123Z"; the journal has its own
  std::string message;  // as given
  Fields fields;
};

// "2026-08-24T06:30:00.123Z info MESSAGE school=tcs actor=uid:1000\n". Values with anything but
// printable ASCII, with spaces, quotes or = are quoted.
std::string TextLine(const Record& record);

// "MESSAGE=...", "PRIORITY=6", "SYSLOG_IDENTIFIER=rosterd", "ROSTER_SCHOOL=tcs", ...: for
// sd_journal_sendv(3), which takes values as they are, newlines included; here there are none.
std::vector<std::string> JournalFields(const Record& record, std::string_view program);

// Control characters (C0, DEL, C1), line separators, marks that turn the direction of writing, and
// bytes that are no UTF-8 become \n, \t, \xHH.
std::string Escaped(std::string_view text);

// Whether $JOURNAL_STREAM, "DEVICE:INODE", names this file (systemd.exec(5)).
bool NamesStream(const char* journal_stream, std::uint64_t device, std::uint64_t inode);

}  // namespace roster::log
