#pragma once

// A question to rosterd and its answer, with patience: a daemon that is being restarted is waited
// for, and a command is sent again under the same command id, so that it counts once.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/failure.h"
#include "client/system.h"
#include "roster/v1/control.pb.h"

namespace roster::client {

using Millis = std::chrono::milliseconds;

// A message on the wire is 4 MiB at most (proto/README.md).
inline constexpr std::size_t kMessageMax = std::size_t{4} << 20U;

// The seam to the socket: one frame out, one frame in.
class Channel {
 public:
  virtual ~Channel() = default;

  // Hands the frame to a connected daemon; false when none was there within `wait_max`, or a signal
  // came. Fails when the endpoint cannot be used at all.
  virtual Answer<bool> Send(const std::string& frame, Millis wait_max) = 0;

  // nullopt when nothing came within `wait_max`, or a signal did.
  virtual Answer<std::optional<std::string>> Receive(Millis wait_max) = 0;

  // For messages: "ipc:///run/rosterd/control.sock".
  virtual std::string_view endpoint() const = 0;
};

struct Patience {
  Millis each{3000};                      // for one try
  std::optional<Millis> overall{15'000};  // for all tries; nullopt: for ever
};

class Connection {
 public:
  Connection(Channel& channel, Clock& clock, Patience patience, std::string school)
      : channel_(channel), clock_(clock), patience_(patience), school_(std::move(school)) {}

  // Fills in version, school, request id and, for commands, the command id. An Error of the daemon
  // comes back as a Failure that holds it; an interrupt as a Failure with kDone and no message.
  Answer<v1::Reply> Call(v1::Request request);

  // Another one, over the same channel and with the same patience, about that school.
  Connection For(std::string school) const;

  // From now on Call never gives up; `waiting` is told once each time that the daemon has been
  // silent for the patience there was, or has said that it can't answer now ("unavailable").
  void WaitForEver(std::function<void(const std::string& message)> waiting);

 private:
  struct Course;  // of one call
  Answer<std::optional<v1::Reply>> Try(const std::string& frame, Course& course);
  Failure GiveUp(const Course& course) const;

  Channel& channel_;
  Clock& clock_;
  Patience patience_;
  std::string school_;
  std::function<void(const std::string&)> waiting_;
};

// Requests marked (command) in control.proto.
bool IsCommand(const v1::Request& request);

// Why this process may not connect to an ipc endpoint, or nullopt: no such socket yet, another
// transport, or it may.
std::optional<std::string> PermissionProblem(std::string_view endpoint);

}  // namespace roster::client
