#pragma once

// The loop of a subscriber over real or made-up sockets: what was heard goes into a Follower, what
// the Follower misses is asked for, what is next is given out.

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "client/connection.h"
#include "client/feed.h"
#include "client/follow.h"
#include "client/system.h"

namespace roster::client {

class Loop {
 public:
  // Takes all that is next, in order and each once: 1 to 1,000 entries or a few more. False:
  // enough, return now.
  using Take = std::function<Answer<bool>(const std::vector<v1::Entry>&)>;
  // Comes before a question that only silence calls for, and fails where the school is no more: a
  // request about it would stand in the journals of those that are there.
  using LookFirst = std::function<Answer<void>()>;

  // All outlive the Loop. One thread. `look_first` may be empty.
  Loop(Connection& connection, Clock& clock, Follower& follower, LookFirst look_first = nullptr)
      : connection_(connection),
        clock_(clock),
        follower_(follower),
        look_first_(std::move(look_first)),
        heard_(clock.Now()) {}

  // Asks until nothing is missing. Fails with what is wrong with the journal, as Connection::Call
  // does, and as `take` does. An interrupt ends it without a failure.
  Answer<void> CatchUp(const Take& take);

  // Waits at most `wait_max` for one message of the feed, then catches up where it shows a gap;
  // after 3 s without one it asks, in case it is the socket that is deaf. Fails as CatchUp and
  // `look_first` do.
  Answer<void> Listen(Feed& feed, Millis wait_max, const Take& take);

  // The same of what came over a feed that brings several schools: one message of this school, or
  // nullopt when it was none.
  Answer<void> Hear(const std::optional<Published>& published, const Take& take);

 private:
  Answer<bool> Give(const Take& take);

  Connection& connection_;
  Clock& clock_;
  Follower& follower_;
  LookFirst look_first_;
  std::chrono::steady_clock::time_point heard_;
};

}  // namespace roster::client
