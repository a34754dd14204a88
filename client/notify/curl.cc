#include "client/notify/curl.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>

namespace roster::notify {
namespace {

constexpr std::size_t kAnswerMax = std::size_t{1} << 20U;  // bytes; nobody reads them
constexpr long kConnectMax = 10;                           // seconds
constexpr std::chrono::seconds kAfterwards{2};             // when it is known how it went

bool GlobalInit() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return done;
}

void Append(curl_slist*& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list, line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  list = longer;
}

}  // namespace

Transfer::Transfer(const client::Clock& clock, std::chrono::seconds timeout,
                   const std::string& ca_file)
    : handle_(GlobalInit() ? curl_easy_init() : nullptr), clock_(clock) {
  if (handle_ == nullptr) throw std::bad_alloc();
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_CONNECTTIMEOUT, std::min(kConnectMax, static_cast<long>(timeout.count())));
  Set(CURLOPT_TIMEOUT, static_cast<long>(timeout.count()));
  // A connection that is kept is closed when the handle is, without any of our limits: libcurl then
  // waits for the answer to QUIT for two minutes. One that is not is closed within Run.
  Set(CURLOPT_FORBID_REUSE, 1L);
  Set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(timeout.count()));
  Set(CURLOPT_SSL_VERIFYPEER, 1L);
  Set(CURLOPT_SSL_VERIFYHOST, 2L);
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!ca_file.empty()) Set(CURLOPT_CAINFO, ca_file.c_str());
  // The config says where to: neither the environment's proxies nor ~/.netrc do.
  Set(CURLOPT_PROXY, "");
  Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  Set(CURLOPT_NOPROGRESS, 0L);
  Set(CURLOPT_XFERINFOFUNCTION, &Transfer::Progress);
  Set(CURLOPT_XFERINFODATA, this);
  Set(CURLOPT_WRITEFUNCTION, &Transfer::Discard);
  Set(CURLOPT_WRITEDATA, this);
  Set(CURLOPT_HEADERFUNCTION, &Transfer::Header);
  Set(CURLOPT_HEADERDATA, this);
}

Transfer::~Transfer() {
  curl_slist_free_all(headers_);
  curl_slist_free_all(recipients_);
  curl_easy_cleanup(handle_);
}

void Transfer::AddHeader(const std::string& line) {
  Append(headers_, line);
  Set(CURLOPT_HTTPHEADER, headers_);
}

void Transfer::AddRecipient(const std::string& address) {
  if (recipients_ == nullptr) {
    Set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    // libcurl tells nobody else which ones were refused.
    Set(CURLOPT_VERBOSE, 1L);
    Set(CURLOPT_DEBUGFUNCTION, &Transfer::Watch);
    Set(CURLOPT_DEBUGDATA, this);
  }
  Append(recipients_, address);
  Set(CURLOPT_MAIL_RCPT, recipients_);
}

void Transfer::Upload(std::string body) {
  body_ = std::move(body);
  Set(CURLOPT_UPLOAD, 1L);
  Set(CURLOPT_READFUNCTION, &Transfer::Read);
  Set(CURLOPT_READDATA, this);
}

std::size_t Transfer::Read(char* buffer, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t next = std::min(size * count, transfer.body_.size() - transfer.sent_);
  std::memcpy(buffer, transfer.body_.data() + transfer.sent_, next);
  transfer.sent_ += next;
  return next;
}

std::size_t Transfer::Discard(char*, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.received_ += size * count;
  return transfer.received_ > kAnswerMax ? 0 : size * count;
}

// Of HTTP: an empty line ends the headers, of an interim answer (1xx) too.
std::size_t Transfer::Header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view line(data, size * count);
  const bool http = transfer.recipients_ == nullptr;
  if (http && line == "\r\n" && transfer.Code() >= 200 && !transfer.answered_) {
    transfer.answered_ = true;
    transfer.decided_at_ = transfer.clock_.Now();
  }
  return line.size();
}

// Credentials come by here too, and are left alone.
int Transfer::Watch(CURL*, curl_infotype kind, char* data, std::size_t size, void* self) {
  if (kind == CURLINFO_HEADER_OUT || kind == CURLINFO_HEADER_IN) {
    static_cast<Transfer*>(self)->OnSmtp(kind == CURLINFO_HEADER_OUT, {data, size});
  }
  return 0;
}

// Commands and answers take turns, as libcurl does not pipeline them.
void Transfer::OnSmtp(bool ours, std::string_view line) {
  if (ours) {
    asking_ = line.starts_with("RCPT TO:");
    if (line.starts_with("QUIT")) decided_at_ = clock_.Now();
    return;
  }
  // "250-and more follows", "250 the last line"
  if (!asking_ || line.size() < 3 || (line.size() > 3 && line[3] == '-')) return;
  int code = 0;
  std::from_chars(line.data(), line.data() + 3, code);
  recipient_codes_.push_back(code);
  asking_ = false;
}

int Transfer::Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.decided_at_ && transfer.clock_.Now() - *transfer.decided_at_ > kAfterwards) return 1;
  if (!transfer.clock_.Interrupted()) return 0;
  // A name server that does not answer holds libcurl's resolver for tens of seconds: not waited
  // for.
  transfer.Set(CURLOPT_QUICK_EXIT, 1L);
  return 1;
}

CURLcode Transfer::Run() { return broken_ ? CURLE_UNKNOWN_OPTION : curl_easy_perform(handle_); }

long Transfer::Code() const {
  long code = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

long Transfer::RetryAfter() const {
  curl_off_t seconds = 0;
  curl_easy_getinfo(handle_, CURLINFO_RETRY_AFTER, &seconds);
  return static_cast<long>(std::clamp<curl_off_t>(seconds, 0, 3600));
}

std::string Transfer::Why(CURLcode code) const {
  std::string why = curl_easy_strerror(code);
  if (const long answered = Code(); answered != 0) {
    why += " (the last answer was " + std::to_string(answered) + ")";
  }
  return why;
}

}  // namespace roster::notify
