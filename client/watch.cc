#include "client/watch.h"

#include "client/progress.h"

namespace roster::client {
namespace {

constexpr Millis kLookEvery{250};

}  // namespace

Answer<v1::Poll> WaitForPoll(Session& session, v1::Poll poll) {
  Progress progress(session.console, session.progress());
  while (poll.state() == v1::Poll::RUNNING) {
    progress.Show(poll.phase().empty() ? "Starting" : poll.phase(), poll.done(), poll.total());
    session.clock.Wait(kLookEvery);
    v1::Request request;
    request.mutable_get_poll()->set_poll(poll.poll());
    auto reply = session.connection.Call(request);
    if (!reply) return tl::unexpected(std::move(reply).error());
    poll = std::move(*reply->mutable_poll()->mutable_poll());
  }
  return poll;
}

}  // namespace roster::client
