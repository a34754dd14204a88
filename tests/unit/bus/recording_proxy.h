#pragma once

// Stands between a caller and a server on loopback, passes on every byte, and keeps a copy.

#include <mutex>
#include <string>
#include <thread>

namespace roster::bus {

class RecordingProxy {
 public:
  // To "tcp://127.0.0.1:PORT", or another address of IPv4.
  explicit RecordingProxy(const std::string& server);
  ~RecordingProxy();
  RecordingProxy(const RecordingProxy&) = delete;
  RecordingProxy& operator=(const RecordingProxy&) = delete;

  // Where to call instead.
  std::string endpoint() const;

  // What callers have sent, and what they were sent, of all connections.
  std::string sent() const;
  std::string received() const;

 private:
  void Serve(const std::stop_token& stop);

  int listener_ = -1;
  std::string server_host_;
  int server_port_ = 0;
  int port_ = 0;
  int wake_[2] = {-1, -1};
  mutable std::mutex mutex_;
  std::string sent_;      // guarded by mutex_
  std::string received_;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace roster::bus
