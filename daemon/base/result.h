#pragma once

// Errors of the world travel as values. A code says what the caller does next; a reason is a stable
// word for programs; a message is for people: what happened, what it means, what to do. None of the
// three may hold personal data or a secret.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace roster {

enum class Code {
  kUnavailable,  // again later
  kConflict,     // read again, then decide anew
  kRefused,      // not allowed
  kInvalid,      // fix the input
  kNotFound,     // no such thing
  kExhausted,    // a limit is reached
  kCorrupt,      // stop: what is stored cannot be trusted
};

// The code's word, as shown on screen and wire: "unavailable", "conflict", ...
std::string_view CodeWord(Code code);

struct Error {
  Code code = Code::kInvalid;
  std::string reason;   // kebab-case word, e.g. "quota-exhausted"
  std::string message;  // a sentence for people
  // When the other side said how long to wait.
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> Fail(Code code, std::string reason, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(reason), std::move(message)});
}

// Adds what was being done to the front of the message.
tl::unexpected<Error> Annotate(Error error, std::string_view doing);

}  // namespace roster

// ROSTER_TRY(expr, doing): returns the error of `expr` from the enclosing function, annotated.
#define ROSTER_TRY(expr, doing)                                           \
  do {                                                                    \
    if (auto roster_try_ = (expr); !roster_try_) {                        \
      return ::roster::Annotate(std::move(roster_try_).error(), (doing)); \
    }                                                                     \
  } while (false)

#define ROSTER_CONCAT_INNER(a, b) a##b
#define ROSTER_CONCAT(a, b) ROSTER_CONCAT_INNER(a, b)
// ROSTER_ASSIGN(declaration, expr, doing): declares a variable from a Result, or returns its error.
#define ROSTER_ASSIGN(declaration, expr, doing) \
  ROSTER_ASSIGN_INNER(ROSTER_CONCAT(roster_result_, __LINE__), declaration, expr, doing)
#define ROSTER_ASSIGN_INNER(result, declaration, expr, doing)      \
  auto result = (expr);                                            \
  if (!result) {                                                   \
    return ::roster::Annotate(std::move(result).error(), (doing)); \
  }                                                                \
  declaration = std::move(*result)
