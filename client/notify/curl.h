#pragma once

// What both users of libcurl share: one transfer, bounded in time and bytes, ended by an interrupt.

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/system.h"

namespace roster::notify {

class Transfer {
 public:
  // Verifies certificates: by the system's authorities, or those of `ca_file`.
  Transfer(const client::Clock& clock, std::chrono::seconds timeout, const std::string& ca_file);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  template <typename Value>
  void Set(CURLoption option, Value value) {
    if (curl_easy_setopt(handle_, option, value) != CURLE_OK) broken_ = true;
  }
  // Kept until the transfer is over.
  void AddHeader(const std::string& line);
  // Those that the server refuses don't keep the mail from the others.
  void AddRecipient(const std::string& address);
  // Sends `body` when the other side asks for it (SMTP).
  void Upload(std::string body);

  // Returns when it is known how it went. What comes after that (a body, the answer to QUIT) is
  // waited for 2 s at most, and changes nothing. CURLE_ABORTED_BY_CALLBACK: interrupted.
  CURLcode Run();
  // The answer that counts is there (HTTP): its status and its headers, whatever Run says.
  bool answered() const { return answered_; }
  // What the server answered to each recipient, in their order, as far as it came (SMTP).
  const std::vector<int>& recipient_codes() const { return recipient_codes_; }
  long Code() const;        // of the last answer; 0: none
  long RetryAfter() const;  // seconds; 0: not said
  // What went wrong: libcurl's words, which hold neither content nor credentials.
  std::string Why(CURLcode code) const;

 private:
  static std::size_t Read(char* buffer, std::size_t size, std::size_t count, void* self);
  static std::size_t Discard(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t Header(char* data, std::size_t size, std::size_t count, void* self);
  static int Watch(CURL*, curl_infotype kind, char* data, std::size_t size, void* self);
  static int Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  void OnSmtp(bool ours, std::string_view line);

  CURL* handle_;
  const client::Clock& clock_;
  curl_slist* headers_ = nullptr;
  curl_slist* recipients_ = nullptr;
  std::string body_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  bool broken_ = false;  // an option that this libcurl does not take
  bool answered_ = false;
  bool asking_ = false;  // the answer to a recipient is next
  std::vector<int> recipient_codes_;
  std::optional<std::chrono::steady_clock::time_point> decided_at_;
};

}  // namespace roster::notify
