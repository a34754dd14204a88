#pragma once

// What makes a thread return that waits in zmq_poll. Of this folder alone.

namespace roster::bus {

class Wake {
 public:
  Wake();  // throws std::system_error when the process has no descriptor left
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  int fd() const { return fd_; }  // readable once signalled
  void Signal();                  // any thread, and signal-safe
  void Clear();

 private:
  int fd_;
};

}  // namespace roster::bus
