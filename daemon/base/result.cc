#include "daemon/base/result.h"

namespace roster {

std::string_view CodeWord(Code code) {
  switch (code) {
    case Code::kUnavailable:
      return "unavailable";
    case Code::kConflict:
      return "conflict";
    case Code::kRefused:
      return "refused";
    case Code::kInvalid:
      return "invalid";
    case Code::kNotFound:
      return "not-found";
    case Code::kExhausted:
      return "exhausted";
    case Code::kCorrupt:
      return "corrupt";
  }
  return "invalid";
}

tl::unexpected<Error> Annotate(Error error, std::string_view doing) {
  if (!doing.empty()) error.message = std::string(doing) + ": " + error.message;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace roster
