// A real server on loopback: what it answers, and that nobody who is slow or silent holds it up.

#include "daemon/metrics/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "daemon/base/system_clock.h"

namespace roster::metrics {
namespace {

class Serving : public testing::Test {
 protected:
  void Start(Server::Serve serve) {
    auto server = Server::Listen("127.0.0.1", 0, clock_, std::move(serve));
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  static Server::Serve Pages() {
    return [](const std::string& path) -> std::optional<Page> {
      if (path == "/healthz") return Page{503, "text/plain; charset=utf-8", "not well\n"};
      if (path == "/big") return Page{200, "text/plain", std::string(std::size_t{8} << 20U, 'x')};
      if (path == "/throws") throw std::runtime_error("secret");
      return std::nullopt;
    };
  }
  httplib::Client Client() const {
    httplib::Client client("127.0.0.1", server_->port());
    client.set_read_timeout(30);
    return client;
  }
  // A connection of our own; closed with the test.
  int Connect() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    sockets_.push_back(fd);
    return fd;
  }
  void TearDown() override {
    for (const int fd : sockets_) ::close(fd);
  }

  SystemClock clock_;
  std::unique_ptr<Server> server_;
  std::vector<int> sockets_;
};

TEST_F(Serving, GivesThePageWithItsStatusAndType) {
  Start(Pages());
  const auto answer = Client().Get("/healthz");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "not well\n");
  EXPECT_EQ(answer->get_header_value("Content-Type"), "text/plain; charset=utf-8");
}

TEST_F(Serving, GivesALargePageWhole) {
  Start(Pages());
  const auto answer = Client().Get("/big");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.size(), std::size_t{8} << 20U);
}

TEST_F(Serving, HasNoOtherPageAndNoOtherMethod) {
  Start(Pages());
  EXPECT_EQ(Client().Get("/")->status, 404);
  EXPECT_EQ(Client().Get("/../etc/passwd")->status, 404);
  const auto posted = Client().Post("/healthz", "x", "text/plain");
  EXPECT_EQ(posted->status, 405);
  EXPECT_EQ(posted->get_header_value("Allow"), "GET, HEAD");
  EXPECT_EQ(Client().Head("/healthz")->status, 503);
}

TEST_F(Serving, WhatAPageThrowsIsNotShown) {
  Start(Pages());
  const auto answer = Client().Get("/throws");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(answer->body, "rosterd could not make this page.\n");
  for (const auto& [name, value] : answer->headers) {
    EXPECT_EQ(value.find("secret"), std::string::npos) << name;
  }
}

TEST_F(Serving, ServesOnIpv6Too) {
  auto server = Server::Listen("::1", 0, clock_, Pages());
  if (!server) GTEST_SKIP() << "this machine has no ::1";
  httplib::Client client("::1", (*server)->port());
  ASSERT_TRUE(client.Get("/healthz"));
}

TEST_F(Serving, APortThatIsTakenIsSaidSo) {
  Start(Pages());
  const auto second = Server::Listen("127.0.0.1", server_->port(), clock_, Pages());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("observability.listen"), std::string::npos);
  EXPECT_TRUE(Client().Get("/healthz")) << "the first one serves on";
}

// cpp-httplib would keep a line for as long as no newline comes.
TEST_F(Serving, ARequestHasALimit) {
  Start(Pages());
  const int endless = Connect();
  const std::string piece(1 << 16, 'G');
  std::size_t sent = 0;
  ssize_t took = 0;
  while ((took = ::send(endless, piece.data(), piece.size(), MSG_NOSIGNAL)) > 0) {
    sent += static_cast<std::size_t>(took);
    ASSERT_LT(sent, std::size_t{64} << 20U) << "it takes whatever comes";
  }
  EXPECT_EQ(Client().Get("/healthz")->status, 503);
}

// A byte now and then does not make its time longer.
TEST_F(Serving, WhoeverDripsIsCutOff) {
  Start(Pages());
  const std::stop_token never;
  std::vector<int> slow;
  for (int i = 0; i < Server::kThreads; ++i) slow.push_back(Connect());
  // Until the other side has closed: then a byte is answered with a reset.
  for (const int fd : slow) {
    while (::send(fd, "G", 1, MSG_NOSIGNAL) == 1) {
      clock_.Wait(std::chrono::milliseconds(50), never);
    }
  }
  EXPECT_EQ(Client().Get("/healthz")->status, 503);
}

// More of them than threads and places in line: they are cut off, one after another, and whoever
// asks properly is answered.
TEST_F(Serving, WhoeverSaysNothingIsCutOff) {
  Start(Pages());
  for (int i = 0; i < Server::kThreads * 2; ++i) Connect();
  const auto answer = Client().Get("/healthz");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
}

TEST_F(Serving, WhoeverDoesNotReadIsCutOff) {
  Start(Pages());
  const std::string request = "GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
  for (int i = 0; i < Server::kThreads * 2; ++i) {
    ASSERT_EQ(::send(Connect(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
  }
  const auto answer = Client().Get("/healthz");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
}

// The end of the program waits for none of them.
TEST_F(Serving, EndsWhileSomebodySendsAByteNowAndThen) {
  Start(Pages());
  std::atomic<bool> done{false};
  std::vector<int> slow;
  for (int i = 0; i < Server::kThreads; ++i) slow.push_back(Connect());
  std::jthread sender([&] {
    const std::stop_token never;
    while (!done) {
      for (const int fd : slow) (void)::send(fd, "G", 1, MSG_NOSIGNAL);
      clock_.Wait(std::chrono::milliseconds(100), never);
    }
  });
  server_.reset();  // a join would wait for the sender, and the sender waits for this
  done = true;
}

}  // namespace
}  // namespace roster::metrics
