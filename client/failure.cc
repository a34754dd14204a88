#include "client/failure.h"

namespace roster::client {

tl::unexpected<Failure> Fail(Exit exit, std::string message) {
  return tl::unexpected(Failure{exit, std::move(message), std::nullopt});
}

Failure FromError(const v1::Error& error) {
  Exit exit = Exit::kFailed;
  if (error.code() == "refused" || error.code() == "conflict") exit = Exit::kRefused;
  if (error.code() == "invalid") exit = Exit::kUsage;
  std::string message = error.message();
  if (message.empty()) {
    message = "rosterd answers with \"" + error.code() + "\" (" + error.reason() + ").";
  }
  return Failure{exit, std::move(message), error};
}

}  // namespace roster::client
