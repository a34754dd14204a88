#pragma once

// Who is let in over tcp: the ZAP handler (ZeroMQ RFC 27) that libzmq asks about each key that has
// been proven. Of this folder alone.

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "daemon/bus/bus.h"
#include "daemon/bus/wake.h"

namespace roster::bus {

inline constexpr const char* kZapDomain = "rosterd";
inline constexpr std::size_t kTurnedAwayMax = 100;  // between two times that somebody asks

// Binds inproc://zeromq.zap.01 of its context, and answers on a thread of its own until it is
// destroyed: after the sockets that need it.
class ZapHandler {
 public:
  // `gate` outlives it. Throws zmq::error_t, std::system_error.
  ZapHandler(zmq::context_t& context, const Gate& gate);
  ~ZapHandler();
  ZapHandler(const ZapHandler&) = delete;
  ZapHandler& operator=(const ZapHandler&) = delete;

  // Those who were refused since the last time, the first hundred at most. Any thread.
  std::vector<TurnedAway> Take();

 private:
  void Serve(const std::stop_token& stop);
  void Answer();
  bool LetsIn(const std::vector<zmq::message_t>& request, model::PublicKey& key);

  const Gate& gate_;
  zmq::socket_t socket_;  // of the thread
  bus::Wake wake_;
  std::mutex mutex_;
  std::vector<TurnedAway> turned_away_;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace roster::bus
