// An HTTP server on loopback around one function, which sees each request and the faults that fall
// on it. What a fault does to the connection or to the bytes is done here.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/sandbox/faults.h"

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace roster::sandbox {

struct Call {
  std::string method;
  std::string path;   // decoded, without the query
  std::string query;  // as it came, without the question mark
  std::vector<std::pair<std::string, std::string>> parameters;  // decoded, in order
  std::string body;
  std::vector<Fault> faults;
  std::function<std::optional<std::string>(const std::string& name)> header;

  // The first value; the name in any case.
  std::optional<std::string> Parameter(std::string_view name) const;
  bool Has(FaultKind kind) const { return FindFault(faults, kind) != nullptr; }
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string route;  // what the request is counted as
};

// How often what was asked, and what was answered. Thread-safe.
class RequestLog {
 public:
  void Count(const std::string& method, const std::string& route, int status);
  // {"GET /People": {"count": 12, "status": {"200": 11, "503": 1}}, ...}
  Json ToJson() const;
  void Clear();

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, int64_t>> counts_;  // request → status → count
};

class LoopbackServer;

class HttpHost {
 public:
  using Handler = std::function<Answer(const Call& call)>;
  // The server's own way to say an error, for faults.
  using ErrorAnswer = std::function<Answer(const Fault& fault, int status)>;

  // Without `faults` none fall on it. All must outlive the host.
  HttpHost(Server server, FaultBook* faults, Handler handler, ErrorAnswer error_answer);
  ~HttpHost();
  HttpHost(const HttpHost&) = delete;
  HttpHost& operator=(const HttpHost&) = delete;

  // Port 0: any free one. Throws std::runtime_error when the port cannot be had.
  void Start(int port);
  // Ends open connections, then returns. Harmless when it does not run.
  void Stop();

  int port() const { return port_; }
  const RequestLog& log() const { return log_; }
  RequestLog& log() { return log_; }

 private:
  void Serve(const httplib::Request& request, httplib::Response& response);
  std::optional<Answer> InsteadOf(const Call& call);
  void Send(const httplib::Request& request, httplib::Response& response, const Call& call,
            Answer answer);
  void Wait(int milliseconds);

  const Server server_;
  FaultBook* const faults_;
  const Handler handler_;
  const ErrorAnswer error_answer_;
  RequestLog log_;
  std::unique_ptr<LoopbackServer> http_;
  std::thread thread_;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable stopping_changed_;
  bool stopping_ = false;  // by mutex_
};

// Compressed as a gzip file, fast rather than small.
std::string Gzip(std::string_view text);

// %XX and + undone.
std::string UrlDecode(std::string_view text, bool plus_is_space);

}  // namespace roster::sandbox
