#include "daemon/metrics/server.h"

#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/metrics/bounded_stream.h"

namespace roster::metrics {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{16} << 10U;

// A few threads, and a short queue that makes the accepting thread wait when it is full: the kernel
// then keeps or refuses the rest, and we hold no more descriptors than these.
class ShortQueue : public httplib::TaskQueue {
 public:
  ShortQueue() {
    for (int i = 0; i < Server::kThreads; ++i) {
      threads_.emplace_back([this] { Run(); });
    }
  }

  void enqueue(std::function<void()> job) override {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return stopping_ || jobs_.size() < Server::kWaitingMax; });
    jobs_.push_back(std::move(job));
    work_.notify_one();
  }

  // Serves what is taken in: a connection is closed by its job alone.
  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void Run() {
    while (true) {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      room_.notify_one();
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable room_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_
  bool stopping_ = false;                   // guarded by mutex_
  std::vector<std::thread> threads_;
};

// With limits on what comes in (bounded_stream.h), and one request a connection.
class BoundedServer : public httplib::Server {
 public:
  // How long a request that begins now may still take, each time it is asked.
  using Deadline = std::function<std::function<Duration()>()>;

  explicit BoundedServer(Deadline deadline) : deadline_(std::move(deadline)) {}

 private:
  bool process_and_close_socket(socket_t socket) override {
    BoundedStream stream(socket, deadline_(), metrics::Server::kWriteWaitMax);
    bool closed = false;
    const bool answered = process_request(stream, true, closed, nullptr);
    // What came and nobody has read would take the answer with it.
    ::shutdown(socket, SHUT_WR);
    std::array<char, BoundedStream::kRequestBytesMax> rest{};
    if (answered) (void)::recv(socket, rest.data(), rest.size(), MSG_DONTWAIT);
    ::close(socket);
    return answered;
  }

  const Deadline deadline_;
};

}  // namespace

// Shared with the thread: it may outlive the Server by the time that the slowest client takes.
struct Server::Impl {
  Impl(const Clock& the_clock, Serve the_serve)
      : clock(the_clock),
        serve(std::move(the_serve)),
        server([this] { return [this, until = Until(kRequestMax)] { return Left(until); }; }) {}

  std::optional<Page> Ask(const std::string& path) {
    const std::shared_lock lock(serving);
    if (stopping) return Page{503, "text/plain; charset=utf-8", "rosterd is stopping.\n"};
    return serve(path);
  }

  void Answer(const httplib::Request& request, httplib::Response& response) {
    std::optional<Page> page = Ask(request.path);
    if (!page) page = Page{404, "text/plain; charset=utf-8", "There is no such page.\n"};
    response.status = page->status;
    response.set_header("Cache-Control", "no-store");
    const auto body = std::make_shared<const std::string>(std::move(page->body));
    // In pieces, so that a reader who takes a byte now and then does not keep the thread.
    response.set_content_provider(
        body->size(), page->type,
        [this, body, until = Until(kServeMax)](std::size_t offset, std::size_t length,
                                               httplib::DataSink& sink) {
          if (Left(until) <= Duration::zero()) return false;
          return sink.write(body->data() + offset, std::min(length, kPieceBytes));
        });
  }

  // Until when something may take that begins now, and how long it still may: not at all while
  // stopping.
  Duration Until(Duration most) {
    const std::shared_lock lock(serving);
    return stopping ? Duration::zero() : clock.Steady() + most;
  }
  Duration Left(Duration until) {
    const std::shared_lock lock(serving);
    return stopping ? Duration::zero() : until - clock.Steady();
  }

  const Clock& clock;  // used under `serving` while not stopping
  const Serve serve;   // the same
  BoundedServer server;
  std::shared_mutex serving;
  bool stopping = false;  // guarded by serving
  std::atomic<bool> ended{false};
};

Result<std::unique_ptr<Server>> Server::Listen(const std::string& host, std::uint16_t port,
                                               const Clock& clock, Serve serve) {
  auto impl = std::make_shared<Impl>(clock, std::move(serve));
  httplib::Server& server = impl->server;
  server.new_task_queue = [] { return new ShortQueue; };  // httplib deletes it
  server.set_payload_max_length(BoundedStream::kRequestBytesMax);
  // Its own way shows what was thrown, in a header.
  server.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
        response.status = 500;
        response.set_content("rosterd could not make this page.\n", "text/plain; charset=utf-8");
      });
  // Not SO_REUSEPORT, httplib's own choice, which would let two daemons share the port.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    if (request.method == "GET" || request.method == "HEAD") {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    response.status = 405;
    response.set_header("Allow", "GET, HEAD");
    response.set_content("Pages are only read here: GET or HEAD.\n", "text/plain; charset=utf-8");
    return httplib::Server::HandlerResponse::Handled;
  });
  server.Get(".*",
             [raw = impl.get()](const httplib::Request& request, httplib::Response& response) {
               raw->Answer(request, response);
             });
  int bound = port;
  if (port == 0) {
    bound = server.bind_to_any_port(host);
  } else if (!server.bind_to_port(host, port)) {
    bound = -1;
  }
  if (bound <= 0) {
    return Fail(Code::kUnavailable, "listen",
                "observability.listen can't be used: port " + std::to_string(port) + " of " + host +
                    " is taken, or this machine has no such address. Choose another one.");
  }
  std::thread thread([impl] {
    impl->server.listen_after_bind();
    impl->ended = true;
  });
  // httplib can be stopped only once it runs.
  while (!server.is_running() && !impl->ended) clock.Wait(std::chrono::milliseconds(1), {});
  return std::unique_ptr<Server>(
      new Server(std::move(impl), std::move(thread), static_cast<std::uint16_t>(bound)));
}

Server::Server(std::shared_ptr<Impl> impl, std::thread thread, std::uint16_t port)
    : impl_(std::move(impl)), thread_(std::move(thread)), port_(port) {}

Server::~Server() {
  const Clock& clock = impl_->clock;
  {
    const std::lock_guard lock(impl_->serving);
    impl_->stopping = true;
  }
  impl_->server.stop();
  const Duration until = clock.Steady() + kStopMax;
  while (!impl_->ended && clock.Steady() < until) clock.Wait(std::chrono::milliseconds(5), {});
  if (impl_->ended) {
    thread_.join();
  } else {
    thread_.detach();  // somebody sends a byte now and then: nobody waits for that
  }
}

}  // namespace roster::metrics
