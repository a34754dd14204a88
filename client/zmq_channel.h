#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/certificate.h"
#include "client/connection.h"

namespace roster::client {

class Link;

// A DEALER. Connects in the background and again after a loss; frames are handed to a connected
// daemon alone, so none pile up while it is away.
class ZmqChannel : public Channel {
 public:
  // `keys` for tcp://, where they are needed.
  explicit ZmqChannel(std::string endpoint, std::optional<CallKeys> keys = std::nullopt);
  ~ZmqChannel() override;

  // Fails too when the daemon does not let us in: kRefused.
  Answer<bool> Send(const std::string& frame, Millis wait_max) override;
  Answer<std::optional<std::string>> Receive(Millis wait_max) override;
  std::string_view endpoint() const override { return endpoint_; }

 private:
  Answer<Link*> Opened();
  Answer<bool> Ready(short events, Millis wait_max);

  std::string endpoint_;
  std::optional<CallKeys> keys_;
  std::unique_ptr<Link> link_;
};

}  // namespace roster::client
