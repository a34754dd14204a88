#pragma once

// Where roster-notify's messages go in tests: a mail server, an HTTP receiver.

#include <httplib.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/process.h"

namespace roster::notify {

using Json = nlohmann::json;

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text, bool secret = false);

// The mail server, a program of its own.
class MailServer {
 public:
  // `folder` exists. Makes a certificate there.
  explicit MailServer(std::string folder);

  // Begins to listen: at the first time on any port, then on the same. `plain`: without STARTTLS.
  void Start(bool plain = false);
  void Stop();
  // What it answers instead of taking a mail: "451 later"; "": it takes them.
  void Answer(const std::string& words);
  // Whom it refuses at RCPT; "": nobody.
  void Refuse(const std::string& address) { Put("refuse", address); }
  // The command that it never answers, "DATA" or "QUIT"; "": it answers all.
  void Hang(const std::string& command);
  // It has been asked for that.
  bool hangs() const;

  int port() const { return port_; }
  std::string ca_file() const { return folder_ + "/cert.pem"; }
  std::vector<Json> Mails() const;

 private:
  void Put(const std::string& name, const std::string& words);

  const std::string folder_;
  int port_ = 0;
  e2e::Process process_;
};

// What a webhook got.
struct Got {
  std::string body;
  std::string signature;
  std::string type;
};

class HttpReceiver {
 public:
  // `answer` says for each request, from 1 on, with what to answer; on the server's threads.
  using AnswerTo = std::function<int(std::size_t count, const Got& got)>;
  // `body`: what is answered besides, if it is there.
  using AddBody = std::function<void(httplib::Response& response)>;
  explicit HttpReceiver(AnswerTo answer, std::string location = "", AddBody body = nullptr);
  ~HttpReceiver();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook"; }
  // All of them, also those that were not answered with 2xx.
  std::vector<Got> All() const;

 private:
  httplib::Server server_;
  int port_ = 0;
  AnswerTo answer_;
  std::string location_;
  AddBody body_;
  mutable std::mutex mutex_;
  std::vector<Got> got_;
  std::thread thread_;
};

// The text of a mail's body, its quoted-printable undone.
std::string BodyOf(const Json& mail);
// A header's value, folded lines joined.
std::string HeaderOf(const Json& mail, const std::string& name);

}  // namespace roster::notify
