#include "client/subscriber/loop.h"

#include "client/text.h"

namespace roster::client {
namespace {

constexpr std::uint32_t kReplayMax = 1000;  // entries in one answer
// A beat comes once a second: without one for so long the socket is deaf, or the daemon away.
constexpr Millis kSilenceMax{3000};

}  // namespace

Answer<bool> Loop::Give(const Take& take) {
  const std::vector<v1::Entry> next = follower_.Take();
  if (next.empty()) return true;
  return take(next);
}

Answer<void> Loop::CatchUp(const Take& take) {
  while (const auto since = follower_.Wanted()) {
    v1::Request request;
    request.mutable_replay()->set_since(*since);
    request.mutable_replay()->set_limit(kReplayMax);
    CLIENT_ASSIGN(const v1::Reply reply, connection_.Call(request));
    follower_.OnReplay(*since, reply.replay());
    CLIENT_ASSIGN(const bool more, Give(take));
    if (!more || clock_.Interrupted()) return {};
  }
  if (!follower_.fault().empty()) return Fail(Exit::kFailed, Clean(follower_.fault()));
  return {};
}

Answer<void> Loop::Listen(Feed& feed, Millis wait_max, const Take& take) {
  CLIENT_ASSIGN(const auto published, feed.Receive(wait_max));
  return Hear(published, take);
}

Answer<void> Loop::Hear(const std::optional<Published>& published, const Take& take) {
  const auto now = clock_.Now();
  if (published) {
    heard_ = now;
    if (published->topic.ends_with(".Beat")) {
      follower_.OnBeat(published->bytes);
    } else {
      follower_.OnPublished(published->bytes);
    }
  } else if (now - heard_ > kSilenceMax) {
    heard_ = now;
    if (look_first_) CLIENT_TRY(look_first_());
    follower_.OnSilence();
  }
  CLIENT_ASSIGN(const bool more, Give(take));
  if (!more) return {};
  return CatchUp(take);
}

}  // namespace roster::client
