// What CurlHttp does against a well-behaved server.

#include "daemon/http/curl_http.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace roster::http {
namespace {

class Server {
 public:
  Server() {
    port_ = server.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();  // stop() before that is not heard
  }
  ~Server() {
    server.stop();
    thread_.join();
  }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  httplib::Server server;

 private:
  int port_ = 0;
  std::thread thread_;
};

class CurlHttpTest : public testing::Test {
 protected:
  Request Get(const std::string& path) {
    Request request;
    request.url = server_.url(path);
    return request;
  }
  httplib::Server& site() { return server_.server; }

  Server server_;
  CurlHttp http_;
};

TEST_F(CurlHttpTest, SendsHeadersAndGivesStatusHeadersInLowerCaseAndBody) {
  site().Get("/hello", [](const httplib::Request& request, httplib::Response& response) {
    response.status = 418;
    response.set_header("X-Answer", request.get_header_value("X-Question") + "!");
    response.set_content("body", "text/plain");
  });
  Request request = Get("/hello");
  request.headers = {{"X-Question", "what"}};
  const auto response = http_.Send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 418);
  EXPECT_EQ(response->headers.at("x-answer"), "what!");
  EXPECT_EQ(response->body, "body");
}

TEST_F(CurlHttpTest, SendsMethodAndBody) {
  std::string seen;
  const auto echo = [&seen](const httplib::Request& request, httplib::Response& response) {
    seen = request.method + " " + request.body;
    response.status = 201;
  };
  site().Post("/x", echo);
  site().Patch("/x", echo);
  site().Delete("/x", echo);
  for (const std::string method : {"POST", "PATCH"}) {
    Request request = Get("/x");
    request.method = method;
    request.body = R"({"a":1})";
    const auto response = http_.Send(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(seen, method + " {\"a\":1}");
  }
  Request request = Get("/x");
  request.method = "DELETE";
  ASSERT_TRUE(http_.Send(request));
  EXPECT_EQ(seen, "DELETE ");
  request.method = "POST";
  ASSERT_TRUE(http_.Send(request));
  EXPECT_EQ(seen, "POST ");
}

TEST_F(CurlHttpTest, UndoesGzip) {
  const std::string text(100'000, 'a');
  std::string encoding;
  site().Get("/big", [&](const httplib::Request& request, httplib::Response& response) {
    encoding = request.get_header_value("Accept-Encoding");
    response.set_content(text, "application/json");
  });
  const auto response = http_.Send(Get("/big"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(encoding, "gzip");
  EXPECT_EQ(response->headers.at("content-encoding"), "gzip");
  EXPECT_EQ(response->body, text);
}

TEST_F(CurlHttpTest, TheLimitOnTheBodyCountsAfterDecompression) {
  site().Get("/bomb", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(std::string(10'000'000, 'a'), "application/json");
  });
  Request request = Get("/bomb");
  request.body_max = 1'000'000;
  const auto response = http_.Send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kExhausted);
  EXPECT_EQ(response.error().reason, "body-too-large");
  request.body_max = 10'000'000;
  EXPECT_TRUE(http_.Send(request)) << "a body of exactly the limit is read";
}

TEST_F(CurlHttpTest, ARedirectIsAnAnswer) {
  bool followed = false;
  site().Get("/from", [](const httplib::Request&, httplib::Response& response) {
    response.set_redirect("/to");
  });
  site().Get("/to", [&](const httplib::Request&, httplib::Response&) { followed = true; });
  const auto response = http_.Send(Get("/from"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 302);
  EXPECT_FALSE(followed);
}

TEST_F(CurlHttpTest, AProxyInTheEnvironmentIsIgnored) {
  site().Get("/x", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("direct", "text/plain");
  });
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  const auto response = http_.Send(Get("/x"));
  unsetenv("http_proxy");
  unsetenv("ALL_PROXY");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "direct");
}

TEST_F(CurlHttpTest, ConnectionsAreUsedAgain) {
  std::vector<int> ports;
  site().Get("/x", [&](const httplib::Request& request, httplib::Response&) {
    ports.push_back(request.remote_port);
  });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(http_.Send(Get("/x")));
  ASSERT_EQ(ports.size(), 3U);
  EXPECT_EQ(ports[0], ports[1]);
  EXPECT_EQ(ports[1], ports[2]);
}

TEST_F(CurlHttpTest, NothingOfOneRequestIsLeftInTheNext) {
  std::string seen;
  site().Post("/x", [](const httplib::Request&, httplib::Response&) {});
  site().Get("/x", [&](const httplib::Request& request, httplib::Response&) {
    seen = request.method + request.body + request.get_header_value("X-Once");
  });
  Request post = Get("/x");
  post.method = "POST";
  post.body = "body";
  post.headers = {{"X-Once", "1"}};
  ASSERT_TRUE(http_.Send(post));
  ASSERT_TRUE(http_.Send(Get("/x")));
  EXPECT_EQ(seen, "GET");
}

TEST(CurlHttp, RefusesWhatIsNoHttpUrl) {
  CurlHttp http;
  for (const std::string url : {"", "file:///etc/hostname", "ftp://127.0.0.1/x", "http://",
                                "nonsense://x", "http://127.0.0.1/\r\nX-Injected: 1"}) {
    Request request;
    request.url = url;
    const auto response = http.Send(request);
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().code, Code::kInvalid) << url;
    EXPECT_EQ(response.error().reason, "url") << url;
  }
}

TEST(CurlHttp, RefusesAHeaderThatWouldNotStayOnItsLine) {
  CurlHttp http;
  Request request;
  request.url = "http://127.0.0.1:1/";
  request.headers = {{"Key", "secret\r\nX-Injected: 1"}};
  const auto response = http.Send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason, "header");
  EXPECT_EQ(response.error().message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace roster::http
