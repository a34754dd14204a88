#pragma once

// A bus on real sockets, in a directory of its own, with a gate that a test can turn.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "daemon/bus/zmq_bus.h"
#include "tests/unit/store/temp_dir.h"

namespace roster::bus {

inline constexpr Duration kPatience = std::chrono::seconds(20);

class TestGate : public Gate {
 public:
  bool MayConnect(const model::PublicKey& key) const override {
    const std::lock_guard guard(mutex_);
    return keys_.contains(key);
  }
  std::vector<SchoolId> MayHear(const Peer& peer) const override {
    const std::lock_guard guard(mutex_);
    asked_.push_back(peer);
    return schools_;
  }

  void Know(const model::PublicKey& key) {
    const std::lock_guard guard(mutex_);
    keys_.insert(key);
  }
  void Withdraw(const model::PublicKey& key) {
    const std::lock_guard guard(mutex_);
    keys_.erase(key);
  }
  void LetHear(const std::vector<std::string>& schools) {
    const std::lock_guard guard(mutex_);
    schools_.clear();
    for (const std::string& school : schools) schools_.emplace_back(school);
  }
  // Whom it was asked about, as to what they may hear.
  std::vector<Peer> asked() const {
    const std::lock_guard guard(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<model::PublicKey> keys_;
  std::vector<SchoolId> schools_{SchoolId("tcs")};
  mutable std::vector<Peer> asked_;
};

inline CurveKeys MakeKeys() {
  char public_key[41];
  char secret_key[41];
  if (zmq_curve_keypair(public_key, secret_key) != 0) throw zmq::error_t();
  return {public_key, secret_key};
}

class BusWorld : public testing::Test {
 protected:
  Endpoints Names() const {
    const std::string base = "ipc://" + directory_.path().string();
    return {base + "/control.sock", base + "/events.sock", base + "/tasks.sock"};
  }

  auto TryOpen(const Endpoints& endpoints, const BusLimits& limits = {},
               const std::optional<CurveKeys>& keys = std::nullopt) {
    return ZmqBus::Open(endpoints, limits, keys, gate_);
  }
  void Open(const BusLimits& limits = {}) {
    auto opened = TryOpen(Names(), limits);
    ASSERT_TRUE(opened) << opened.error().message;
    bus_ = *std::move(opened);
  }
  // All three on tcp.
  void OpenTcp(const BusLimits& limits = {}) {
    const std::string any = "tcp://127.0.0.1:0";
    auto opened = TryOpen({any, any, any}, limits, keys_);
    ASSERT_TRUE(opened) << opened.error().message;
    bus_ = *std::move(opened);
  }

  zmq::socket_t Make(zmq::socket_type type) {
    zmq::socket_t socket(context_, type);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, 20'000);
    socket.set(zmq::sockopt::sndtimeo, 20'000);
    return socket;
  }
  zmq::socket_t Dealer(const std::string& endpoint) {
    zmq::socket_t socket = Make(zmq::socket_type::dealer);
    socket.connect(endpoint);
    return socket;
  }
  // With these keys, expecting the bus's.
  void UseKeys(zmq::socket_t& socket, const CurveKeys& own) {
    socket.set(zmq::sockopt::curve_serverkey, keys_.public_key);
    socket.set(zmq::sockopt::curve_publickey, own.public_key);
    socket.set(zmq::sockopt::curve_secretkey, own.secret_key);
  }

  // Lets the bus go round until that is so.
  template <typename Condition>
  bool Eventually(const Condition& condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      const auto inputs = bus_->Receive(std::chrono::milliseconds(10), 10);
      EXPECT_TRUE(inputs);
      for (const Inbound& input : *inputs) inputs_.push_back(input);
    }
    return false;
  }

  // The next message, however many times Receive returns for another reason.
  Inbound Next() {
    if (!Eventually([&] { return !inputs_.empty(); })) {
      ADD_FAILURE() << "nothing came";
      return {};
    }
    Inbound input = std::move(inputs_.front());
    inputs_.erase(inputs_.begin());
    return input;
  }

  static void Say(zmq::socket_t& socket, const std::string& text) {
    ASSERT_TRUE(socket.send(zmq::buffer(text)));
  }
  static std::string Hear(zmq::socket_t& socket) {
    zmq::message_t message;
    return socket.recv(message) ? message.to_string() : "(silence)";
  }

  TempDir directory_;
  zmq::context_t context_;
  TestGate gate_;
  const CurveKeys keys_ = MakeKeys();
  std::vector<Inbound> inputs_;
  std::unique_ptr<ZmqBus> bus_;
};

}  // namespace roster::bus
