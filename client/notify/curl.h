#pragma once

// What both users of libcurl share: one transfer, bounded in time and bytes, ended by an interrupt.

#include <curl/curl.h>

#include <memory>
#include <string>

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
  void AddRecipient(const std::string& address);
  // Sends `body` when the other side asks for it (SMTP).
  void Upload(std::string body);

  // CURLE_ABORTED_BY_CALLBACK: interrupted.
  CURLcode Run();
  long Code() const;        // of the last answer; 0: none
  long RetryAfter() const;  // seconds; 0: not said
  // What went wrong: libcurl's words, which hold neither content nor credentials.
  std::string Why(CURLcode code) const;

 private:
  static std::size_t Read(char* buffer, std::size_t size, std::size_t count, void* self);
  static std::size_t Discard(char* data, std::size_t size, std::size_t count, void* self);
  static int Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  CURL* handle_;
  const client::Clock& clock_;
  curl_slist* headers_ = nullptr;
  curl_slist* recipients_ = nullptr;
  std::string body_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  bool broken_ = false;  // an option that this libcurl does not take
};

}  // namespace roster::notify
