#pragma once

// How a command can end: an exit code, and what is said when it is not zero.

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "roster/v1/types.pb.h"

namespace roster::client {

namespace v1 = ::roster::v1;

// The exit codes of rosterctl. Programs rely on them: never renumber.
enum class Exit : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kRefused = 3,        // not allowed, stale, held
  kReviewNeeded = 10,  // status --exit-code
  kHeld = 11,          // status --exit-code: a guard holds what is pending
  kFailing = 12,       // status --exit-code: a source, a site or a worker
};

struct Failure {
  Exit exit = Exit::kFailed;
  std::string message;             // for people; "": nothing is said (an interrupt)
  std::optional<v1::Error> error;  // when it is the daemon that refuses
  bool unanswered = false;         // it said nothing at all: asking on is of no use
};

template <typename T>
using Answer = tl::expected<T, Failure>;

tl::unexpected<Failure> Fail(Exit exit, std::string message);

// "refused" and "conflict" are kRefused, "invalid" is kUsage, the rest kFailed.
Failure FromError(const v1::Error& error);

}  // namespace roster::client

#define CLIENT_CONCAT_INNER(a, b) a##b
#define CLIENT_CONCAT(a, b) CLIENT_CONCAT_INNER(a, b)
// CLIENT_ASSIGN(declaration, expr): declares a variable from an Answer, or returns its failure.
#define CLIENT_ASSIGN(declaration, expr) \
  CLIENT_ASSIGN_INNER(CLIENT_CONCAT(client_answer_, __LINE__), declaration, expr)
#define CLIENT_ASSIGN_INNER(answer, declaration, expr)           \
  auto answer = (expr);                                          \
  if (!answer) return tl::unexpected(std::move(answer).error()); \
  declaration = std::move(*answer)
// CLIENT_TRY(expr): returns the failure of `expr` from the enclosing function.
#define CLIENT_TRY(expr)                                     \
  do {                                                       \
    if (auto client_try_ = (expr); !client_try_) {           \
      return tl::unexpected(std::move(client_try_).error()); \
    }                                                        \
  } while (false)
