#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/bus/curve_keys.h"
#include "daemon/bus/worker_channel.h"

namespace roster::bus {

// A DEALER that connects, and connects again with a backoff. An endpoint that can't be used is told
// by the first Send or Receive: Invalid "endpoint", "endpoint-path", "endpoint-address",
// "certificate-malformed"; Refused "tcp-needs-curve".
class ZmqWorkerChannel : public WorkerChannel {
 public:
  // `call` for tcp://, where it is needed.
  explicit ZmqWorkerChannel(const std::string& endpoint,
                            const std::optional<CurveCall>& call = std::nullopt);
  ~ZmqWorkerChannel() override;
  ZmqWorkerChannel(const ZmqWorkerChannel&) = delete;
  ZmqWorkerChannel& operator=(const ZmqWorkerChannel&) = delete;

  Result<void> Send(std::string payload) override;
  Result<std::optional<std::string>> Receive(Duration wait_max) override;
  void Wake() override;

 private:
  struct Socket;
  std::unique_ptr<Socket> socket_;
};

}  // namespace roster::bus
