#pragma once

// A parcel as a mail (RFC 5322), and the way to the mail server (RFC 5321).

#include <string>
#include <string_view>
#include <vector>

#include "client/failure.h"
#include "client/notify/target.h"

namespace roster::notify {

// A header's value that cannot begin another header: control characters become spaces; what is
// beyond ASCII, long, or looks as if it were encoded becomes encoded words (RFC 2047).
std::string HeaderText(std::string_view text);

// Lines of 76 characters at most, ended by CR LF (RFC 2045, quoted-printable).
std::string QuotedPrintable(std::string_view text);

// The same for the same parcel of the same rule, whenever it is sent: a repeat can be recognised.
std::string MessageId(const Delivery& delivery, std::string_view from);

// The whole message, headers and body, with CR LF.
std::string ComposeMail(const Delivery& delivery, const std::string& from,
                        const std::vector<std::string>& to);

class MailByCurl : public Target {
 public:
  // `password`: "" without a login.
  MailByCurl(MailServer server, std::string password, MailTarget target)
      : server_(std::move(server)), password_(std::move(password)), target_(std::move(target)) {}

  // One transaction for all whom the parcel is for.
  Outcome Deliver(const Delivery& delivery, const client::Clock& clock) override;
  std::string Letter(const Delivery& delivery) const override;
  std::string_view LetterSuffix() const override { return ".eml"; }

 private:
  // `codes`: what the server answered to each of `to`.
  static Outcome OfRecipients(const std::vector<std::string>& to, const std::vector<int>& codes);

  const MailServer server_;
  const std::string password_;
  const MailTarget target_;
};

}  // namespace roster::notify
