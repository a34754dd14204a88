#include "tests/contract/notify/receivers.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace roster::notify {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& text, bool secret) {
  std::ofstream(path) << text;
  if (secret) std::filesystem::permissions(path, std::filesystem::perms(0600));
}

MailServer::MailServer(std::string folder) : folder_(std::move(folder)) {
  const auto made = e2e::Run({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                              "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder_ + "/key.pem",
                              "-out", folder_ + "/cert.pem", "-days", "2", "-subj", "/CN=localhost",
                              "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"});
  EXPECT_EQ(made.code, 0) << made.err;
}

void MailServer::Start(bool plain) {
  std::filesystem::remove(folder_ + "/port");
  std::vector<std::string> words{"/usr/bin/python3",
                                 CONTRACT_DIR "/mail_server.py",
                                 std::to_string(port_),
                                 folder_ + "/mails.jsonl",
                                 folder_,
                                 "roster",
                                 "made-up-mail-password"};
  if (plain) words.emplace_back("--plain");
  process_ = e2e::Process::Start(words, folder_ + "/server.log");
  const bool listens = e2e::Eventually(
      [this] { return std::filesystem::exists(folder_ + "/port") || process_.HasEnded(); });
  const std::string port = ReadFile(folder_ + "/port");
  ASSERT_TRUE(listens && !port.empty()) << ReadFile(folder_ + "/server.log");
  port_ = std::stoi(port);
}

void MailServer::Stop() {
  process_.Kill(SIGKILL);
  process_.Wait();
}

void MailServer::Put(const std::string& name, const std::string& words) {
  const std::string path = folder_ + "/" + name;
  if (words.empty()) {
    std::filesystem::remove(path);
  } else {
    WriteFile(path + ".new", words);
    std::filesystem::rename(path + ".new", path);
  }
}

void MailServer::Answer(const std::string& words) { Put("fail", words); }

void MailServer::Hang(const std::string& command) {
  std::filesystem::remove(folder_ + "/hangs");
  Put("hang", command);
}

bool MailServer::hangs() const { return std::filesystem::exists(folder_ + "/hangs"); }

std::vector<Json> MailServer::Mails() const {
  std::vector<Json> mails;
  std::ifstream file(folder_ + "/mails.jsonl");
  for (std::string line; std::getline(file, line) && !file.eof();)
    mails.push_back(Json::parse(line));
  return mails;
}

HttpReceiver::HttpReceiver(AnswerTo answer, std::string location, AddBody body)
    : answer_(std::move(answer)), location_(std::move(location)), body_(std::move(body)) {
  server_.Post("/hook", [this](const httplib::Request& request, httplib::Response& response) {
    Got got{request.body, request.get_header_value("Roster-Signature"),
            request.get_header_value("Content-Type")};
    std::size_t count = 0;
    {
      const std::lock_guard lock(mutex_);
      got_.push_back(got);
      count = got_.size();
    }
    response.status = answer_(count, got);
    if (!location_.empty()) response.set_header("Location", location_);
    if (body_) body_(response);
  });
  port_ = server_.bind_to_any_port("127.0.0.1");
  thread_ = std::thread([this] { server_.listen_after_bind(); });
  e2e::Eventually([this] { return server_.is_running(); });
}

HttpReceiver::~HttpReceiver() {
  server_.stop();
  thread_.join();
}

std::vector<Got> HttpReceiver::All() const {
  const std::lock_guard lock(mutex_);
  return got_;
}

std::string BodyOf(const Json& mail) {
  const std::string content = mail.at("content").get<std::string>();
  const std::string coded = content.substr(content.find("\r\n\r\n") + 4);
  std::string body;
  for (std::size_t i = 0; i < coded.size(); ++i) {
    if (coded[i] == '\r') continue;
    if (coded[i] != '=') {
      body += coded[i];
    } else if (coded.compare(i, 3, "=\r\n") == 0) {
      i += 2;
    } else {
      body += static_cast<char>(std::stoi(coded.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  return body;
}

std::string HeaderOf(const Json& mail, const std::string& name) {
  const std::string content = mail.at("content").get<std::string>();
  const std::string head = "\r\n" + content.substr(0, content.find("\r\n\r\n") + 2);
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  std::string value;
  for (std::size_t i = at + name.size() + 4; i < head.size(); ++i) {
    if (head.compare(i, 2, "\r\n") == 0) {
      if (i + 2 >= head.size() || head[i + 2] != ' ') break;
      ++i;
    } else {
      value += head[i];
    }
  }
  return value;
}

}  // namespace roster::notify
