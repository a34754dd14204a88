#include "tests/sandbox/http_host.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace roster::sandbox {
namespace {

constexpr int kThreads = 32;
constexpr size_t kGzipFrom = 512;

// The port of one end of a socket; 0 when it has none.
int PortOf(int fd, bool peer) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  const int result = peer ? ::getpeername(fd, raw, &size) : ::getsockname(fd, raw, &size);
  return result == 0 && address.sin_family == AF_INET ? ntohs(address.sin_port) : 0;
}

// httplib does not give out its sockets, so they are found by their ports. peer_port 0: all.
void ShutDownConnections(int local_port, int peer_port) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 8192));
  for (int fd = 3; fd < end; ++fd) {
    if (PortOf(fd, false) != local_port) continue;
    const int peer = PortOf(fd, true);
    if (peer != 0 && (peer_port == 0 || peer == peer_port)) ::shutdown(fd, SHUT_RDWR);
  }
}

std::vector<std::pair<std::string, std::string>> ParseQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    // Only the first "=" divides: a Sieve filter may hold more of them, unescaped.
    const size_t equals = part.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    if (!part.empty()) {
      parameters.emplace_back(UrlDecode(part.substr(0, equals), true), UrlDecode(value, true));
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return parameters;
}

bool AcceptsGzip(const httplib::Request& request) {
  const std::string accepted = Lower(request.get_header_value("Accept-Encoding"));
  const size_t at = accepted.find("gzip");
  if (at == std::string::npos) return false;
  const std::string rest = accepted.substr(at, accepted.find(',', at) - at);
  return rest.find("q=0") == std::string::npos || rest.find("q=0.") != std::string::npos;
}

}  // namespace

std::string UrlDecode(std::string_view text, bool plus_is_space) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

std::string Gzip(std::string_view text) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  if (deflateInit2(&stream, 1, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib cannot start");
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::optional<std::string> Call::Parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (EqualNoCase(key, name)) return value;
  }
  return std::nullopt;
}

void RequestLog::Count(const std::string& method, const std::string& route, int status) {
  const std::lock_guard lock(mutex_);
  ++counts_[method + " " + route][status == 0 ? "none" : std::to_string(status)];
}

Json RequestLog::ToJson() const {
  const std::lock_guard lock(mutex_);
  Json out = Json::object();
  for (const auto& [request, statuses] : counts_) {
    int64_t count = 0;
    for (const auto& [status, times] : statuses) count += times;
    out[request] = {{"count", count}, {"status", statuses}};
  }
  return out;
}

void RequestLog::Clear() {
  const std::lock_guard lock(mutex_);
  counts_.clear();
}

class LoopbackServer : public httplib::Server {
 public:
  int Bind(int port) {
    constexpr const char* kLoopback = "127.0.0.1";
    const int bound = port == 0                       ? bind_to_any_port(kLoopback)
                      : bind_to_port(kLoopback, port) ? port
                                                      : -1;
    // httplib waits for 5 connections at most, too few for a client that opens many at once.
    if (bound > 0) ::listen(svr_sock_, 512);
    return bound;
  }
};

HttpHost::HttpHost(Server server, FaultBook* faults, Handler handler, ErrorAnswer error_answer)
    : server_(server),
      faults_(faults),
      handler_(std::move(handler)),
      error_answer_(std::move(error_answer)) {}

HttpHost::~HttpHost() { Stop(); }

void HttpHost::Start(int port) {
  http_ = std::make_unique<LoopbackServer>();
  http_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  http_->set_keep_alive_max_count(1'000'000'000);
  http_->set_keep_alive_timeout(20);
  http_->set_tcp_nodelay(true);
  http_->set_socket_options([](socket_t fd) {
    // Not SO_REUSEPORT, httplib's default: two servers on one port would share its requests.
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
    Serve(request, response);
  };
  http_->Get(".*", serve).Post(".*", serve).Put(".*", serve).Patch(".*", serve);
  http_->Delete(".*", serve).Options(".*", serve);
  port_ = http_->Bind(port);
  if (port_ <= 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1:" + std::to_string(port) +
                             ": is another program using this port?");
  }
  thread_ = std::thread([this] { http_->listen_after_bind(); });
}

void HttpHost::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopping_changed_.notify_all();
  // stop() before the loop has begun would be lost.
  while (!http_->is_running()) std::this_thread::yield();
  http_->stop();
  // A worker waits on its idle connection until that ends, so they are ended here.
  std::atomic<bool> done = false;
  std::thread closer([&] {
    while (!done) {
      ShutDownConnections(port_, 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  thread_.join();
  done = true;
  closer.join();
}

void HttpHost::Wait(int milliseconds) {
  std::unique_lock lock(mutex_);
  stopping_changed_.wait_for(lock, std::chrono::milliseconds(milliseconds),
                             [this] { return stopping_; });
}

void HttpHost::Serve(const httplib::Request& request, httplib::Response& response) {
  Call call;
  call.method = request.method;
  const size_t question = request.target.find('?');
  call.path = UrlDecode(std::string_view(request.target).substr(0, question), false);
  if (question != std::string::npos) call.query = request.target.substr(question + 1);
  call.parameters = ParseQuery(call.query);
  call.body = request.body;
  call.header = [&request](const std::string& name) -> std::optional<std::string> {
    if (!request.has_header(name)) return std::nullopt;
    return request.get_header_value(name);
  };
  if (faults_ != nullptr) call.faults = faults_->Take(server_, call.method, call.path);

  if (const Fault* delay = FindFault(call.faults, FaultKind::kDelay)) Wait(delay->delay_ms);
  if (call.Has(FaultKind::kBreakBefore)) {
    log_.Count(call.method, "broken before the effect", 0);
    ShutDownConnections(request.local_port, request.remote_port);
    response.status = 503;
    return;
  }
  std::optional<Answer> instead = InsteadOf(call);
  const Fault* const after = FindFault(call.faults, FaultKind::kStatus);
  Answer answer;
  if (instead && !(after != nullptr && after->after_effect)) {
    answer = std::move(*instead);
  } else {
    try {
      answer = handler_(call);
    } catch (const std::exception& error) {
      answer.status = 500;
      answer.content_type = "text/plain";
      answer.body = std::string("the sandbox failed: ") + error.what();
    }
    if (instead) answer = std::move(*instead);
  }
  if (answer.route.empty()) answer.route = call.path;
  if (call.Has(FaultKind::kBreakAfter)) {
    log_.Count(call.method, answer.route, 0);
    ShutDownConnections(request.local_port, request.remote_port);
    response.status = 503;
    return;
  }
  log_.Count(call.method, answer.route, answer.status);
  Send(request, response, call, std::move(answer));
}

std::optional<Answer> HttpHost::InsteadOf(const Call& call) {
  if (const Fault* fault = FindFault(call.faults, FaultKind::kStatus)) {
    return error_answer_(*fault, fault->status == 0 ? 503 : fault->status);
  }
  if (const Fault* fault = FindFault(call.faults, FaultKind::kHtml)) {
    Answer answer;
    answer.status = fault->status == 0 ? 200 : fault->status;
    answer.content_type = "text/html";
    answer.body = "<!DOCTYPE html><html><body><h1>We are down for maintenance</h1></body></html>";
    return answer;
  }
  return std::nullopt;
}

void HttpHost::Send(const httplib::Request& request, httplib::Response& response, const Call& call,
                    Answer answer) {
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  if (answer.body.empty()) return;

  const bool cut_short = call.Has(FaultKind::kTruncateGzip);
  const bool zipped = AcceptsGzip(request) && (answer.body.size() >= kGzipFrom || cut_short);
  auto bytes = std::make_shared<std::string>(zipped ? Gzip(answer.body) : std::move(answer.body));
  if (zipped) response.set_header("Content-Encoding", "gzip");
  if (cut_short) bytes->resize(std::max<size_t>(1, bytes->size() / 2));
  const size_t broken_at = call.Has(FaultKind::kTruncate) ? bytes->size() / 2 : bytes->size();
  // A provider, not a plain body: httplib would compress that by itself.
  response.set_content_provider(
      bytes->size(), answer.content_type,
      [bytes, broken_at](size_t offset, size_t length, httplib::DataSink& sink) {
        if (offset >= broken_at) return false;
        return sink.write(bytes->data() + offset, std::min(length, broken_at - offset));
      });
}

}  // namespace roster::sandbox
