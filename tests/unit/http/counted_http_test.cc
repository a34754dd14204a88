// What becomes of requests, counted by class.

#include "daemon/http/counted_http.h"

#include <gtest/gtest.h>

namespace roster::http {
namespace {

class OneAnswer : public Http {
 public:
  Result<Response> Send(const Request&) override { return answer; }
  Result<Response> answer = Response{200, {}, ""};
};

TEST(CountedHttp, CountsEachClassAndPassesTheAnswerOn) {
  OneAnswer world;
  Counts counts;
  CountedHttp http(world, counts);
  for (const int status : {200, 204, 301, 400, 404, 429, 500, 503, 503, 199}) {
    world.answer = Response{status, {}, "body"};
    const auto answer = http.Send({});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->body, "body");
  }
  world.answer = Fail(Code::kUnavailable, "timeout", "no answer");
  EXPECT_EQ(http.Send({}).error().reason, "timeout");
  EXPECT_EQ(counts.Get(), (std::array<std::uint64_t, 6>{2, 1, 2, 1, 3, 2}));
}

TEST(CountedHttp, WhatIsGivenUpBecauseWeStopIsNoFailure) {
  OneAnswer world;
  world.answer = Fail(Code::kUnavailable, "stopped", "stopped");
  Counts counts;
  CountedHttp http(world, counts);
  EXPECT_FALSE(http.Send({}));
  EXPECT_EQ(counts.Get(), (std::array<std::uint64_t, 6>{}));
}

}  // namespace
}  // namespace roster::http
