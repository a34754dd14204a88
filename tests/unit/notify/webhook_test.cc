#include "client/notify/webhook.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/notify/entries.h"

namespace roster::notify {
namespace {

using Json = nlohmann::json;

TEST(Webhook, ADigestHasAllEntriesInOneEvent) {
  Parcel parcel;
  parcel.entries = {Review(4), Away(6)};
  const Delivery delivery{parcel, "r",  "tcs", "Example School", "",
                          {},     true, false, Zone::kUtc,       Time()};
  const Json event = Json::parse(ComposeEvent(delivery));
  EXPECT_EQ(event.at("id"), "digest-4-6");
  EXPECT_EQ(event.at("type"), "rosterd.v1.Digest");
  EXPECT_EQ(event.at("data").at("entries").at(1).at("seq"), "6");
}

// RFC 4231 has no dot in its texts: checked with `openssl dgst -sha256 -hmac secret`.
TEST(Webhook, TheSignatureIsAnHmacOverTimeAndBody) {
  const Time time(std::chrono::seconds(1'800'000'000));
  EXPECT_EQ(Signature("secret", time, "{}"),
            "t=1800000000,v1=bb7079132825ac793cea8c013c1dd24d926b9b02132245b10588d9e5c0df70d7");
  EXPECT_NE(Signature("secret", time + std::chrono::seconds(1), "{}").substr(13),
            Signature("secret", time, "{}").substr(13));
  EXPECT_NE(Signature("another", time, "{}"), Signature("secret", time, "{}"));
}

}  // namespace
}  // namespace roster::notify
