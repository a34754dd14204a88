// roster-sandbox as a client of a sandbox that runs: the control API from the command line.
#pragma once

#include <string>

#include "tests/sandbox/json_row.h"

namespace roster::sandbox {

class ControlClient {
 public:
  // The URL of the control API; when empty, the one in the ready file; when that is empty too, the
  // environment's ROSTER_SANDBOX_CONTROL. Throws std::runtime_error with advice.
  ControlClient(const std::string& url, const std::string& ready_file);

  // The answer's text. Throws std::runtime_error for any answer but a success.
  std::string Get(const std::string& path) const;
  std::string Post(const std::string& path, const Json& body) const;
  std::string Delete(const std::string& path) const;

 private:
  std::string url_;
};

// The JSON, on several lines.
std::string Readable(const std::string& json);

}  // namespace roster::sandbox
