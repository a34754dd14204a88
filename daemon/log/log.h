#pragma once

// The one place where the programs of daemon/ write their log. Under systemd, when stderr is the
// journal, each line goes there with fields to filter by; otherwise it is a line of text with the
// same fields behind it, as key=value. Lines that libraries and older code write with spdlog itself
// go the same way, without fields.

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/log_level.h"

namespace roster::log {

using Level = LogLevel;

// `key` is our own word, a-z and _: "request_id" is ROSTER_REQUEST_ID in the journal. `value` may
// come from outside: nothing in it can end a line, begin another field, or move a terminal's
// cursor. An empty one is left out.
struct Field {
  std::string_view key;
  std::string value;
};
using Fields = std::vector<Field>;

// Call first in main, before any thread: where lines go from here on. `program` is what the journal
// calls us.
void Start(const std::string& program, Level least);

// Less important lines are dropped. Any thread.
void SetLevel(Level least);

// Any thread. The message is for people: what happened, what it means, what to do; control
// characters in it are shown as escapes.
void Write(Level level, std::string_view message, const Fields& fields = {});

}  // namespace roster::log
