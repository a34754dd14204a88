#include "client/notify/webhook.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/notify/entries.h"

namespace roster::notify {
namespace {

using Json = nlohmann::json;

Delivery Made(const Parcel& parcel, const std::string& rule, bool digest) {
  return {parcel, rule, "tcs", "Example School", {}, digest, false, Zone::kUtc, Time()};
}

std::string IdOf(const std::vector<v1::Entry>& entries, const std::string& rule, bool digest) {
  Parcel parcel;
  parcel.entries = entries;
  const Json event = Json::parse(ComposeEvent(Made(parcel, rule, digest)));
  return event.at("source").get<std::string>() + " " + event.at("id").get<std::string>();
}

// CloudEvents 1.0, "id": what has the same source and id is the same event.
TEST(Webhook, AnIdIsOfOneEventAlone) {
  const v1::Entry entry = Review(4);
  // Put back from a backup: the same number, after the same entry, and another one.
  v1::Entry after = Review(4);
  after.mutable_at()->set_seconds(entry.at().seconds() + 3600);
  EXPECT_EQ(IdOf({entry}, "r", false), IdOf({entry}, "r", false));
  EXPECT_EQ(IdOf({entry}, "r", false), IdOf({entry}, "s", false)) << "it is the same entry";
  EXPECT_NE(IdOf({entry}, "r", false), IdOf({after}, "r", false));
  EXPECT_EQ(IdOf({entry, Away(6)}, "r", true), IdOf({entry, Away(6)}, "r", true));
  EXPECT_NE(IdOf({entry, Away(6)}, "r", true), IdOf({entry, Away(6)}, "s", true))
      << "another rule's digest may have other entries in between";
  EXPECT_NE(IdOf({entry, Away(6)}, "r", true), IdOf({after, Away(6)}, "r", true));
  EXPECT_NE(IdOf({entry, Away(6)}, "r", true), IdOf({entry, Away(5), Away(6)}, "r", true));
}

TEST(Webhook, ADigestHasAllEntriesInOneEvent) {
  Parcel parcel;
  parcel.entries = {Review(4), Away(6)};
  const Json event = Json::parse(ComposeEvent(Made(parcel, "r", true)));
  EXPECT_TRUE(event.at("id").get<std::string>().starts_with("digest-4-6-")) << event.at("id");
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
