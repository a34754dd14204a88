#pragma once

// A parcel as a CloudEvent (1.0, JSON, structured mode), posted and signed.

#include <string>
#include <string_view>

#include "client/notify/target.h"

namespace roster::notify {

// One entry: type "rosterd.v1.EVENT", id "SEQ-NAME", `data` the protobuf JSON of the entry,
// `sequence` its number in 20 digits. A digest: type "rosterd.v1.Digest", id
// "digest-FIRST-LAST-NAME", `data` {"entries": [...]}. `source` is "/rosterd/SCHOOL". NAME is 16
// hex digits (NameOf): of an entry the same by whatever rule it is told, of a digest the rule's
// own. The same bytes at every try.
std::string ComposeEvent(const Delivery& delivery);

// "t=SECONDS,v1=HEX": HMAC-SHA-256 with the secret over "SECONDS.BODY", where SECONDS is when this
// try was made (Unix time). A receiver refuses an old one, so that a recorded one is worth nothing.
std::string Signature(std::string_view secret, Time now, std::string_view body);

class WebhookByCurl : public Target {
 public:
  WebhookByCurl(WebhookTarget target, std::string secret)
      : target_(std::move(target)), secret_(std::move(secret)) {}

  // 2xx is delivered, anything else failed: a redirect is not followed, wherever it points. The
  // body of the answer counts for nothing, whether it is long, slow or cut off.
  Outcome Deliver(const Delivery& delivery, const client::Clock& clock) override;
  std::string Letter(const Delivery& delivery) const override { return ComposeEvent(delivery); }
  std::string_view LetterSuffix() const override { return ".json"; }

 private:
  const WebhookTarget target_;
  const std::string secret_;
};

}  // namespace roster::notify
