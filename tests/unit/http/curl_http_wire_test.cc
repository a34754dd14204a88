// What CurlHttp makes of servers that break, stall, lie or can't be trusted.

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <zlib.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/http/curl_http.h"
#include "tests/unit/http/raw_server.h"

namespace roster::http {
namespace {

using std::chrono::milliseconds;

Request To(const std::string& url) {
  Request request;
  request.url = url;
  return request;
}

std::string Reason(const Result<Response>& response) {
  return response ? "answered " + std::to_string(response->status) : response.error().reason;
}

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
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

TEST(CurlHttpWire, NobodyListeningIsConnectNothingWasSent) {
  std::string url;
  {
    RawServer server([](RawConnection&) {});
    url = server.url();
  }
  CurlHttp http;
  EXPECT_EQ(Reason(http.Send(To(url))), "connect");
}

TEST(CurlHttpWire, ANameThatDoesNotExistIsConnect) {
  CurlHttp http;
  EXPECT_EQ(Reason(http.Send(To("http://no-such-host.invalid/"))), "connect");
}

TEST(CurlHttpWire, ClosedWithoutAnAnswerIsBroken) {
  RawServer server([](RawConnection& connection) { connection.ReadRequest(); });
  CurlHttp http;
  EXPECT_EQ(Reason(http.Send(To(server.url()))), "broken");
}

TEST(CurlHttpWire, ABodyShorterThanAnnouncedIsBroken) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"results\":[");
  });
  CurlHttp http;
  EXPECT_EQ(Reason(http.Send(To(server.url()))), "broken");
}

TEST(CurlHttpWire, BytesThatAreNoGzipAreBroken) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!");
  });
  CurlHttp http;
  EXPECT_EQ(Reason(http.Send(To(server.url()))), "broken");
}

// The trap that readers of the body must know of: daemon/source and daemon/target notice by the
// JSON's end.
TEST(CurlHttpWire, ACutGzipBodyWithAMatchingLengthIsAnAnswerThatIsNotWhole) {
  std::string text = "{\"results\":[";
  for (int i = 0; i < 5000; ++i) text += "{\"personId\":" + std::to_string(i * 7919) + "},";
  text += "{}]}";
  RawServer server([&](RawConnection& connection) {
    connection.ReadRequest();
    std::string zipped = Gzip(text);
    zipped.resize(zipped.size() / 2);
    connection.Send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
                    std::to_string(zipped.size()) + "\r\n\r\n" + zipped);
  });
  CurlHttp http;
  const auto response = http.Send(To(server.url()));
  ASSERT_TRUE(response) << response.error().reason;
  EXPECT_LT(response->body.size(), text.size());
}

TEST(CurlHttpWire, NoAnswerInTimeIsTimeout) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.AwaitClose();
  });
  CurlHttp http;
  Request request = To(server.url());
  request.timeout = milliseconds(200);
  EXPECT_EQ(Reason(http.Send(request)), "timeout");
}

TEST(CurlHttpWire, AConnectionThatIsNeverMadeIsConnectEvenWhenTheTimeIsOver) {
  // The TLS handshake never ends: no request has been sent.
  RawServer server([](RawConnection& connection) { connection.AwaitClose(); });
  CurlHttp http;
  Request request = To("https" + server.url().substr(4));
  request.timeout = milliseconds(200);
  EXPECT_EQ(Reason(http.Send(request)), "connect");
}

TEST(CurlHttpWire, EndlessHeadersAreCutOff) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 3000; ++i) connection.Send("X-Noise: " + std::string(1000, 'a') + "\r\n");
    connection.AwaitClose();
  });
  CurlHttp http;
  EXPECT_EQ(Reason(http.Send(To(server.url()))), "body-too-large");
}

TEST(CurlHttpWire, StopGivesUpWithinAboutASecond) {
  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false;
  RawServer server([&](RawConnection& connection) {
    connection.ReadRequest();
    {
      const std::lock_guard lock(mutex);
      asked = true;
    }
    changed.notify_all();
    connection.AwaitClose();
  });
  std::stop_source stop;
  std::jthread stopper([&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return asked; });
    stop.request_stop();
  });
  CurlHttp http;
  Request request = To(server.url());
  request.stop = stop.get_token();
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(Reason(http.Send(request)), "stopped");
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(20))
      << "far less than the 60 s that the request would have had";
}

TEST(CurlHttpWire, AnOwnersStopHoldsForEveryRequest) {
  RawServer server([](RawConnection& connection) { connection.ReadRequest(); });
  std::stop_source stop;
  stop.request_stop();
  CurlHttp http;
  http.SetStop(stop.get_token());
  EXPECT_EQ(Reason(http.Send(To(server.url()))), "stopped");
  EXPECT_EQ(server.connections(), 0);
}

// libcurl sends a request again when a kept connection dies before the answer. For a write that
// would be a second effect.
TEST(CurlHttpWire, AWriteIsNeverSentTwice) {
  for (const std::string body : {"{}", ""}) {
    std::atomic<int> posts = 0;
    RawServer server([&](RawConnection& connection) {
      for (;;) {
        const std::string request = connection.ReadRequest();
        if (request.starts_with("POST")) ++posts;
        if (!request.starts_with("GET")) return;  // read, perhaps acted upon, and gone
        connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
      }
    });
    CurlHttp http;
    ASSERT_EQ(Reason(http.Send(To(server.url()))), "answered 200");
    Request post = To(server.url());
    post.method = "POST";
    post.body = body;
    EXPECT_EQ(Reason(http.Send(post)), "broken");
    EXPECT_EQ(posts, 1) << "with a body of " << body.size() << " bytes";
  }
}

// The same death of a kept connection under a GET: asking again is harmless, and libcurl does.
TEST(CurlHttpWire, AReadOnADeadKeptConnectionIsSentAgain) {
  std::atomic<int> gets = 0;
  RawServer server([&](RawConnection& connection) {
    connection.ReadRequest();
    if (++gets == 2) return;
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    connection.ReadRequest();
    ++gets;
  });
  CurlHttp http;
  EXPECT_EQ(Reason(http.Send(To(server.url()))), "answered 200");
  EXPECT_EQ(Reason(http.Send(To(server.url()))), "answered 200");
}

TEST(CurlHttpWire, ErrorsHoldNeitherQueryNorHeaderNorBody) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbody-secret");
  });
  CurlHttp http;
  Request request = To(server.url() + "/x?q=query-secret");
  request.headers = {{"Facts-Api-Key", "header-secret"}};
  const auto response = http.Send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message.find("secret"), std::string::npos);
}

// A certificate that nobody has signed but itself, for 127.0.0.1.
class SelfSigned {
 public:
  SelfSigned() : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* name = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("school.example.org"), -1, -1,
                               0);
    X509_set_issuer_name(certificate_, name);
    X509_sign(certificate_, key_, EVP_sha256());
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, certificate_);
    SSL_CTX_use_PrivateKey(context_, key_);
  }
  ~SelfSigned() {
    SSL_CTX_free(context_);
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  SelfSigned(const SelfSigned&) = delete;
  SelfSigned& operator=(const SelfSigned&) = delete;

  SSL* Accept(int fd) {
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    SSL_accept(ssl);
    return ssl;
  }

 private:
  EVP_PKEY* key_;
  X509* certificate_;
  SSL_CTX* context_ = nullptr;
};

TEST(CurlHttpWire, AServerWithAnUntrustedCertificateGetsNothing) {
  SelfSigned identity;
  bool got_anything = false;
  std::string reason;
  {
    RawServer server([&](RawConnection& connection) {
      SSL* ssl = identity.Accept(connection.fd());
      char byte = 0;
      got_anything = SSL_read(ssl, &byte, 1) == 1;
      SSL_free(ssl);
    });
    CurlHttp http;
    Request request = To("https" + server.url().substr(4));
    request.headers = {{"Facts-Api-Key", "secret"}};
    reason = Reason(http.Send(request));
  }
  EXPECT_EQ(reason, "tls");
  EXPECT_FALSE(got_anything);
}

}  // namespace
}  // namespace roster::http
