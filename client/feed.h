#pragma once

#include <optional>
#include <string>

#include "client/connection.h"

namespace roster::client {

// Two frames of `events`: the topic "school.EventName" or "school.Beat", and the bytes.
struct Published {
  std::string topic;
  std::string bytes;
};

// The seam to the events socket. It may lose, repeat and be silent: see Follower.
class Feed {
 public:
  virtual ~Feed() = default;
  // nullopt when nothing came within `wait_max`, or a signal did.
  virtual Answer<std::optional<Published>> Receive(Millis wait_max) = 0;
};

}  // namespace roster::client
