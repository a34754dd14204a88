#include "daemon/http/curl_http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace roster::http {
namespace {

constexpr std::size_t kHeadersMax = std::size_t{256} << 10U;  // bytes
// Readers of JSON want room behind the text; with it they need not copy the body.
constexpr std::size_t kPadding = 64;
constexpr std::size_t kExpectedMax = std::size_t{8} << 20U;

bool GlobalInit() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return done;
}

bool StaysOnItsLine(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view TrimBlanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListFree>;

void Append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  (void)list.release();
  list.reset(longer);
}

Error Unavailable(std::string reason, std::string message) {
  return {Code::kUnavailable, std::move(reason), std::move(message)};
}

}  // namespace

struct CurlHttp::Handle {
  Handle() : curl(GlobalInit() ? curl_easy_init() : nullptr) {
    if (curl == nullptr) throw std::bad_alloc();
  }
  ~Handle() { curl_easy_cleanup(curl); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  CURL* curl;
};

// One request on its way. The callbacks get it as their pointer; they never throw into libcurl.
struct CurlHttp::Exchange {
  CURL* curl = nullptr;
  const Request* request = nullptr;
  const std::stop_token* owner_stop = nullptr;
  Response response;
  List headers;
  std::size_t sent = 0;  // bytes of the request's body
  std::size_t header_bytes = 0;
  bool too_large = false;

  bool Stopped() const { return request->stop.stop_requested() || owner_stop->stop_requested(); }

  static std::size_t OnBody(char* data, std::size_t one, std::size_t size, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    const std::size_t bytes = one * size;
    std::string& body = exchange.response.body;
    if (bytes > exchange.request->body_max - std::min(body.size(), exchange.request->body_max)) {
      exchange.too_large = true;
      return CURL_WRITEFUNC_ERROR;
    }
    try {
      body.append(data, bytes);
    } catch (const std::bad_alloc&) {
      exchange.too_large = true;
      return CURL_WRITEFUNC_ERROR;
    }
    return bytes;
  }

  static std::size_t OnHeader(char* data, std::size_t one, std::size_t size, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    const std::size_t bytes = one * size;
    exchange.header_bytes += bytes;
    if (exchange.header_bytes > kHeadersMax) {
      exchange.too_large = true;
      return 0;
    }
    const std::string_view line(data, bytes);
    if (line.starts_with("HTTP/")) exchange.response.headers.clear();  // after a 1xx answer
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && colon > 0) {
      exchange.response.headers[LowerCase(TrimBlanks(line.substr(0, colon)))] =
          std::string(TrimBlanks(line.substr(colon + 1)));
    }
    return bytes;
  }

  static std::size_t OnSend(char* room, std::size_t one, std::size_t size, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    const std::string& body = exchange.request->body;
    const std::size_t bytes = std::min(one * size, body.size() - exchange.sent);
    std::memcpy(room, body.data() + exchange.sent, bytes);
    exchange.sent += bytes;
    return bytes;
  }

  // libcurl rewinds a body to send the request again when a kept connection turns out dead. Whether
  // the server has acted on the first one is unknown then, so the second must not go out.
  static int OnRewind(void*, curl_off_t, int) { return CURL_SEEKFUNC_FAIL; }

  static int OnProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& exchange = *static_cast<Exchange*>(self);
    if (!exchange.Stopped()) return 0;
    // A name server that does not answer holds libcurl's resolver for tens of seconds: not waited
    // for.
    curl_easy_setopt(exchange.curl, CURLOPT_QUICK_EXIT, 1L);
    return 1;
  }
};

CurlHttp::CurlHttp(CurlSettings settings)
    : settings_(std::move(settings)), handle_(std::make_unique<Handle>()) {}

CurlHttp::~CurlHttp() = default;

void CurlHttp::ConfigureMethod(const Request& request, Exchange& exchange) {
  CURL* curl = handle_->curl;
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    return;
  }
  if (request.method == "GET" && request.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    return;
  }
  const bool carries_body = !request.body.empty() || request.method == "POST" ||
                            request.method == "PUT" || request.method == "PATCH";
  if (carries_body) {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, &Exchange::OnSend);
    curl_easy_setopt(curl, CURLOPT_READDATA, &exchange);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, &Exchange::OnRewind);
    Append(exchange.headers, "Expect:");
  }
  // Without a body there is nothing to rewind, and so nothing to refuse: a fresh connection
  // instead, on which libcurl doesn't try again.
  if (request.body.empty()) curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void CurlHttp::Configure(const Request& request, Exchange& exchange) {
  CURL* curl = handle_->curl;
  curl_easy_reset(curl);  // keeps connections, sessions and the name cache
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!settings_.ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, settings_.ca_file.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(curl, CURLOPT_USERAGENT, settings_.user_agent.c_str());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::max<std::int64_t>(1, settings_.connect_timeout.count())));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<std::int64_t>(1, request.timeout.count())));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings_.stall_max.count()));

  for (const auto& [name, value] : request.headers) {
    // "Name;" is libcurl's spelling of a header without a value.
    Append(exchange.headers, value.empty() ? name + ";" : name + ": " + value);
  }
  ConfigureMethod(request, exchange);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, exchange.headers.get());

  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Exchange::OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Exchange::OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Exchange::OnProgress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
}

Result<Response> CurlHttp::Send(const Request& request) {
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || !StaysOnItsLine(name) || !StaysOnItsLine(value)) {
      return Fail(Code::kInvalid, "header",
                  "a header of the request holds a line break or has no name; look for one in the "
                  "configured keys");
    }
  }
  if (!StaysOnItsLine(request.method) || !StaysOnItsLine(request.url)) {
    return Fail(Code::kInvalid, "url", "the address holds a line break; check the configured URL");
  }
  Exchange exchange;
  exchange.curl = handle_->curl;
  exchange.request = &request;
  exchange.owner_stop = &stop_;
  if (exchange.Stopped()) return Fail(Code::kUnavailable, "stopped", "stopped before sending");
  exchange.response.body.reserve(std::min({expected_body_, request.body_max, kExpectedMax}) +
                                 kPadding);
  Configure(request, exchange);
  return Settle(curl_easy_perform(handle_->curl), exchange);
}

Result<Response> CurlHttp::Settle(int curl_code, Exchange& exchange) {
  CURL* curl = handle_->curl;
  // Zero until the request line is on its way.
  long request_bytes = 0;
  curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request_bytes);
  const bool sent = request_bytes > 0;
  switch (curl_code) {
    case CURLE_OK: {
      long status = 0;
      curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
      exchange.response.status = static_cast<int>(status);
      expected_body_ = exchange.response.body.size();
      return std::move(exchange.response);
    }
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Fail(Code::kInvalid, "url",
                  "the address is no http or https URL; check the configured URL");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Fail(Code::kInvalid, "tls",
                  "the server's certificate is not trusted; check the configured URL, this "
                  "machine's clock and its certificates");
    case CURLE_ABORTED_BY_CALLBACK:
      return Fail(Code::kUnavailable, "stopped", "stopped during the exchange");
    case CURLE_OPERATION_TIMEDOUT:
      if (!sent) break;
      return tl::unexpected(Unavailable("timeout", "no whole answer came in time"));
    default:
      break;
  }
  if (exchange.too_large) {
    return Fail(Code::kExhausted, "body-too-large",
                "the answer is larger than " + std::to_string(exchange.request->body_max) +
                    " bytes, and was not read on");
  }
  if (!sent) {
    return tl::unexpected(
        Unavailable("connect", "no connection to the server: is it up, and can it be reached?"));
  }
  return tl::unexpected(
      Unavailable("broken", "the connection broke before a whole answer had come"));
}

}  // namespace roster::http
