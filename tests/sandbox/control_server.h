// The strings to pull, as HTTP under /sandbox on a port of its own, where no fault falls.
// README.md lists them.
#pragma once

#include <string>

#include "tests/sandbox/http_host.h"

namespace roster::sandbox {

class Sandbox;

class ControlServer {
 public:
  explicit ControlServer(Sandbox& sandbox);

  void Start(int port) { host_.Start(port); }
  void Stop() { host_.Stop(); }
  int port() const { return host_.port(); }

 private:
  Answer Handle(const Call& call);
  Answer Get(const Call& call, const std::string& what);
  Answer Post(const Call& call, const std::string& what);
  Answer Delete(const std::string& what);
  Answer Effects(const Call& call);
  Answer Accounts(const Call& call);
  Answer EditFacts(const Json& body, const std::string& how);
  Answer FactsSettings(const Json& body);
  Answer SiteSettings(const Json& body);

  Sandbox& sandbox_;
  HttpHost host_;
};

}  // namespace roster::sandbox
