#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/certificate.h"
#include "client/feed.h"

namespace roster::client {

class Link;

// A SUB on the topics of one school, or of several. Connects in the background and again after a
// loss.
class ZmqFeed : public Feed {
 public:
  // Fails when the endpoint cannot be used at all.
  // `keys` for tcp://, where they are needed.
  static Answer<std::unique_ptr<Feed>> Open(const std::string& endpoint, const std::string& school,
                                            const std::optional<CallKeys>& keys = std::nullopt);
  static Answer<std::unique_ptr<Feed>> OpenAll(const std::string& endpoint,
                                               const std::vector<std::string>& schools,
                                               const std::optional<CallKeys>& keys = std::nullopt);
  ~ZmqFeed() override;

  // Fails too when the daemon does not let us in: kRefused. The next one calls again.
  Answer<std::optional<Published>> Receive(Millis wait_max) override;

 private:
  using Reopen = std::function<Answer<std::unique_ptr<Link>>()>;
  ZmqFeed(Reopen reopen, std::unique_ptr<Link> link);

  const Reopen reopen_;
  std::unique_ptr<Link> link_;  // nullptr: it was refused, and is to be opened anew
};

}  // namespace roster::client
