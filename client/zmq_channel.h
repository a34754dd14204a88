#pragma once

#include <memory>
#include <string>

#include "client/connection.h"

namespace roster::client {

// A DEALER. Connects in the background and again after a loss; frames are handed to a connected
// daemon alone, so none pile up while it is away.
class ZmqChannel : public Channel {
 public:
  explicit ZmqChannel(std::string endpoint);
  ~ZmqChannel() override;

  Answer<bool> Send(const std::string& frame, Millis wait_max) override;
  Answer<std::optional<std::string>> Receive(Millis wait_max) override;
  std::string_view endpoint() const override { return endpoint_; }

 private:
  struct Socket;
  Answer<Socket*> Opened();

  std::string endpoint_;
  std::unique_ptr<Socket> socket_;
};

}  // namespace roster::client
