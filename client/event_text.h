#pragma once

#include <string>

#include "roster/v1/journal.pb.h"

namespace roster::client {

namespace v1 = ::roster::v1;

// "PollCompleted"; "" when this client does not know it.
std::string EventName(const v1::Entry& entry);

// What happened, in plain words. Not cleaned.
std::string EventText(const v1::Entry& entry);

}  // namespace roster::client
