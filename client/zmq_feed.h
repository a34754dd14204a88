#pragma once

#include <memory>
#include <string>

#include "client/feed.h"

namespace roster::client {

// A SUB on one school's topics. Connects in the background and again after a loss.
class ZmqFeed : public Feed {
 public:
  // Fails when the endpoint cannot be used at all.
  static Answer<std::unique_ptr<Feed>> Open(const std::string& endpoint, const std::string& school);
  ~ZmqFeed() override;

  Answer<std::optional<Published>> Receive(Millis wait_max) override;

 private:
  struct Socket;
  explicit ZmqFeed(std::unique_ptr<Socket> socket);

  std::unique_ptr<Socket> socket_;
};

}  // namespace roster::client
