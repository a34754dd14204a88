#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/certificate.h"
#include "client/feed.h"

namespace roster::client {

class Link;

// A SUB on one school's topics. Connects in the background and again after a loss.
class ZmqFeed : public Feed {
 public:
  // Fails when the endpoint cannot be used at all.
  // `keys` for tcp://, where they are needed.
  static Answer<std::unique_ptr<Feed>> Open(const std::string& endpoint, const std::string& school,
                                            const std::optional<CallKeys>& keys = std::nullopt);
  ~ZmqFeed() override;

  // Fails too when the daemon does not let us in: kRefused.
  Answer<std::optional<Published>> Receive(Millis wait_max) override;

 private:
  explicit ZmqFeed(std::unique_ptr<Link> link);

  std::unique_ptr<Link> link_;
};

}  // namespace roster::client
