#include "client/notify/webhook.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>
#include <sodium.h>

#include <array>
#include <nlohmann/json.hpp>

#include "client/event_text.h"
#include "client/format.h"
#include "client/notify/curl.h"
#include "client/session.h"

namespace roster::notify {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kReplace = Json::error_handler_t::replace;

std::string AtText(const v1::Entry& entry) {
  return google::protobuf::util::TimeUtil::ToString(entry.at());
}

Json DataOf(const v1::Entry& entry) { return Json::parse(client::ToJson(entry)); }

}  // namespace

std::string ComposeEvent(const Delivery& delivery) {
  const Parcel& parcel = delivery.parcel;
  const v1::Entry& first = parcel.entries.front();
  const v1::Entry& last = parcel.entries.back();
  Json event{{"specversion", "1.0"}, {"source", "/rosterd/" + delivery.school}};
  if (delivery.digest) {
    event["id"] =
        fmt::format("digest-{}-{}-{}", first.seq(), last.seq(), NameOf(parcel, delivery.rule));
    event["type"] = "rosterd.v1.Digest";
  } else {
    event["id"] = fmt::format("{}-{}", first.seq(), NameOf(parcel, ""));
    event["type"] = "rosterd.v1." + client::EventName(first);
  }
  event["time"] = AtText(last);
  event["sequence"] = fmt::format("{:020}", last.seq());
  event["datacontenttype"] = "application/json";
  if (delivery.digest) {
    Json entries = Json::array();
    for (const v1::Entry& entry : parcel.entries) entries.push_back(DataOf(entry));
    event["data"] = {{"entries", std::move(entries)}};
  } else {
    event["data"] = DataOf(first);
  }
  return event.dump(-1, ' ', false, kReplace);
}

std::string Signature(std::string_view secret, Time now, std::string_view body) {
  const std::string seconds = std::to_string(now.time_since_epoch().count());
  const auto* bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }(secret);
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes, secret.size());
  const std::string front = seconds + ".";
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(front.data()),
                                front.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(body.data()),
                                body.size());
  std::string digest(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(digest.data()));
  return "t=" + seconds + ",v1=" + client::Hex(digest);
}

Outcome WebhookByCurl::Deliver(const Delivery& delivery, const client::Clock& clock) {
  const std::string body = ComposeEvent(delivery);
  Transfer transfer(clock, target_.timeout, target_.ca_file);
  transfer.Set(CURLOPT_URL, target_.url.c_str());
  transfer.Set(CURLOPT_PROTOCOLS_STR, "http,https");
  transfer.Set(CURLOPT_FOLLOWLOCATION, 0L);
  transfer.Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  transfer.Set(CURLOPT_POSTFIELDS, body.c_str());
  transfer.AddHeader("Content-Type: application/cloudevents+json; charset=utf-8");
  transfer.AddHeader("User-Agent: roster-notify");
  transfer.AddHeader("Roster-Signature: " + Signature(secret_, delivery.now, body));
  transfer.AddHeader("Expect:");
  const CURLcode code = transfer.Run();
  // Once it is there, the status decides: what becomes of the body is the receiver's own affair.
  if (!transfer.answered()) {
    if (code == CURLE_ABORTED_BY_CALLBACK) return {Outcome::How::kInterrupted, "", {}, {}};
    return {Outcome::How::kFailed, "The webhook was not reached: " + transfer.Why(code), {}, {}};
  }
  const long answered = transfer.Code();
  if (answered >= 200 && answered < 300) return {};
  Outcome outcome{Outcome::How::kFailed, fmt::format("The webhook answered {}", answered), {}, {}};
  if (answered >= 300 && answered < 400) {
    outcome.why += ", a redirect, which is never followed: put the right URL into the config";
  }
  if (const long later = transfer.RetryAfter(); later > 0) {
    outcome.later = std::chrono::seconds(later);
  }
  return outcome;
}

}  // namespace roster::notify
