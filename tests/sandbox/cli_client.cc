#include "tests/sandbox/cli_client.h"

#include <httplib.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace roster::sandbox {
namespace {

std::string Checked(const httplib::Result& result, const std::string& url) {
  if (!result) {
    throw std::runtime_error("no sandbox answers at " + url +
                             ": is it running? (roster-sandbox serve --ready-file F)");
  }
  if (result->status >= 200 && result->status < 300) return result->body;
  const Json body = Json::parse(result->body, nullptr, false);
  std::string why = result->body;
  if (body.is_object() && body.contains("error")) why = body["error"].get<std::string>();
  throw std::runtime_error(why);
}

httplib::Client Connect(const std::string& url) {
  httplib::Client client(url);
  client.set_read_timeout(60);
  client.set_connection_timeout(5);
  return client;
}

}  // namespace

ControlClient::ControlClient(const std::string& url, const std::string& ready_file) : url_(url) {
  if (url_.empty() && !ready_file.empty()) {
    std::ifstream in(ready_file);
    const Json ready = Json::parse(in, nullptr, false);
    if (!ready.is_object() || !ready.contains("control")) {
      throw std::runtime_error(ready_file + " is not the ready file of a sandbox that runs");
    }
    url_ = ready["control"]["url"].get<std::string>();
  }
  if (url_.empty()) {
    const char* const environment = std::getenv("ROSTER_SANDBOX_CONTROL");
    if (environment != nullptr) url_ = environment;
  }
  if (url_.empty()) {
    throw std::runtime_error(
        "which sandbox? Give --ready-file F (that serve wrote), --control URL, or set "
        "ROSTER_SANDBOX_CONTROL");
  }
}

std::string ControlClient::Get(const std::string& path) const {
  httplib::Client client = Connect(url_);
  return Checked(client.Get(path), url_);
}

std::string ControlClient::Post(const std::string& path, const Json& body) const {
  httplib::Client client = Connect(url_);
  return Checked(client.Post(path, body.dump(), "application/json"), url_);
}

std::string ControlClient::Delete(const std::string& path) const {
  httplib::Client client = Connect(url_);
  return Checked(client.Delete(path), url_);
}

std::string Readable(const std::string& json) {
  const Json parsed = Json::parse(json, nullptr, false);
  return parsed.is_discarded() ? json : parsed.dump(2);
}

}  // namespace roster::sandbox
