#pragma once

// The daemon's side of `tasks`, in memory, behind the WorkerChannel seam and the real codec. Time
// moves only while the worker waits and `time_moves` says so.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/bus/task_codec.h"
#include "daemon/bus/worker_channel.h"
#include "tests/unit/target/manual_clock.h"

namespace roster::worker {

class FakeDaemon : public bus::WorkerChannel {
 public:
  using Answer = std::function<std::optional<model::WorkerReply>(const model::WorkerRequest&)>;

  FakeDaemon(target::ManualClock& clock, Answer answer)
      : clock_(clock), answer_(std::move(answer)) {}

  std::function<bool()> time_moves = [] { return false; };
  int refuse_sends = 0;             // so many Sends find nobody
  std::optional<Error> send_error;  // all of them
  std::deque<std::string> garbage;  // given before anything else
  // What a lease that was kept open is answered with; nullopt: nothing yet.
  std::function<std::optional<model::LeaseReply>()> answer_open = [] { return std::nullopt; };

  Result<void> Send(std::string payload) override {
    if (send_error) return tl::unexpected<Error>(*send_error);
    if (refuse_sends > 0) {
      --refuse_sends;
      return Fail(Code::kUnavailable, "not-connected", "nobody there");
    }
    auto request = bus::DecodeWorkerRequest(payload);
    if (!request) return Fail(Code::kInvalid, "test", "the worker sent no request");
    auto reply = answer_(*request);
    if (!reply) {
      if (std::holds_alternative<model::Lease>(request->body)) open_ = request->request_id;
      return {};
    }
    reply->request_id = request->request_id;
    const std::lock_guard lock(mutex_);
    replies_.push_back(bus::EncodeWorkerReply(*reply));
    return {};
  }

  Result<std::optional<std::string>> Receive(Duration wait_max) override {
    if (!garbage.empty()) return Take(garbage);
    const bool moves = time_moves();
    std::unique_lock lock(mutex_);
    if (!open_.empty()) {
      if (const auto lease = answer_open()) {
        replies_.push_back(bus::EncodeWorkerReply({std::exchange(open_, ""), *lease}));
      }
    }
    if (replies_.empty() && !woken_ && moves) {
      clock_.Advance(std::max(wait_max, Duration(1)));
      return std::optional<std::string>();
    }
    came_.wait(lock, [&] { return !replies_.empty() || woken_ || wait_max <= Duration::zero(); });
    woken_ = false;
    if (replies_.empty()) return std::optional<std::string>();
    return Take(replies_);
  }

  void Wake() override {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    came_.notify_one();
  }

 private:
  static std::optional<std::string> Take(std::deque<std::string>& from) {
    std::string payload = std::move(from.front());
    from.pop_front();
    return payload;
  }

  target::ManualClock& clock_;
  Answer answer_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::string> replies_;
  std::string open_;  // the lease that is kept open; the worker's thread alone
  bool woken_ = false;
};

}  // namespace roster::worker
