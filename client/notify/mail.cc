#include "client/notify/mail.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "client/event_text.h"
#include "client/format.h"
#include "client/notify/curl.h"
#include "client/notify/matters.h"
#include "client/notify/wording.h"
#include "client/text.h"

namespace roster::notify {
namespace {

constexpr std::size_t kBodyWidth = 72;
constexpr std::size_t kLineMax = 76;
constexpr std::chrono::seconds kMailTimeout{60};
constexpr std::string_view kEnd = "\r\n";

std::string Base64(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  text.pop_back();
  return text;
}

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80; }

// RFC 5322, section 3.3, in UTC: "Mon, 24 Aug 2026 06:30:00 +0000".
std::string DateText(Time time) {
  const std::time_t value = std::chrono::system_clock::to_time_t(time);
  std::tm broken{};
  ::gmtime_r(&value, &broken);
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000",
                     kDays.at(static_cast<std::size_t>(broken.tm_wday)), broken.tm_mday,
                     kMonths.at(static_cast<std::size_t>(broken.tm_mon)), broken.tm_year + 1900,
                     broken.tm_hour, broken.tm_min, broken.tm_sec);
}

// A rejected poll awaits somebody when it is one too many, a refusal when it is the first of its
// like; the others are told for the record.
Telling TellingOf(const v1::Entry& entry, const Delivery& delivery) {
  const bool plain = (entry.has_poll_rejected() || entry.has_request_refused()) &&
                     !delivery.awaiting.contains(entry.seq());
  return plain ? TellPlainly(entry) : Tell(entry, delivery.school);
}

std::string Subject(const Delivery& delivery) {
  const Parcel& parcel = delivery.parcel;
  std::string text = TellingOf(parcel.entries.back(), delivery).headline;
  const std::size_t others = parcel.entries.size() - 1;
  if (others > 0) text += fmt::format(", and {} more", client::Number(others));
  const bool reminder = parcel.kind == Parcel::Kind::kReminder;
  return fmt::format("[{}] {}{}", delivery.school_name, reminder ? "Reminder: " : "", text);
}

void Paragraph(std::string& body, const std::string& text, std::string_view indent = "") {
  for (const std::string& line : client::Wrap(text, kBodyWidth - indent.size())) {
    body.append(indent).append(line) += '\n';
  }
}

void Section(std::string& body, const v1::Entry& entry, const Delivery& delivery) {
  const Telling telling = TellingOf(entry, delivery);
  const auto at = Time(std::chrono::seconds(entry.at().seconds()));
  const bool awaiting = delivery.awaiting.contains(entry.seq());
  Paragraph(body, telling.headline);
  Paragraph(body, fmt::format("Entry {} of {}, {}", entry.seq(), delivery.school,
                              TimeText(delivery.zone, at)));
  body += '\n';
  Paragraph(body, telling.what);
  if (!telling.awaits.empty() && awaiting) {
    Paragraph(body, "This awaits " + telling.awaits + ". Run:");
    for (const std::string& command : telling.commands) body += "    " + command + "\n";
    if (!telling.others.empty()) Paragraph(body, telling.others + ":");
    for (const std::string& command : telling.others_commands) body += "    " + command + "\n";
  } else if (!telling.awaits.empty()) {
    Paragraph(body,
              "This has been settled or acknowledged since, or is no longer watched because "
              "much else has come: rosterctl status shows how it stands.");
  }
  body += "\n";
}

std::string Body(const Delivery& delivery) {
  const Parcel& parcel = delivery.parcel;
  std::string body;
  if (parcel.kind == Parcel::Kind::kReminder) {
    Paragraph(body, fmt::format("Still awaiting somebody in {}:", delivery.school_name));
    body += "\n";
  }
  for (const v1::Entry& entry : parcel.entries) Section(body, entry, delivery);
  body += "-- \n";
  if (!delivery.awaiting.empty()) {
    const std::uint64_t last = *delivery.awaiting.rbegin();
    const bool nags =
        std::any_of(parcel.entries.begin(), parcel.entries.end(), [&](const v1::Entry& entry) {
          return Nags(entry) && delivery.awaiting.contains(entry.seq());
        });
    const bool reminds = delivery.remind && nags;
    Paragraph(body,
              fmt::format("{}The following says that everything up to entry {} of {} is known, for "
                          "everybody who is told of this school{}. What fails again after that is "
                          "told again.",
                          reminds ? "You will be reminded until it is done. " : "", last,
                          delivery.school, reminds ? ", and ends all reminders up to there" : ""));
    body += "    " + AcknowledgeCommand(last, delivery.school) + "\n";
  }
  Paragraph(body,
            fmt::format("Sent by roster-notify, rule {}. It names people by their numbers alone; "
                        "rosterctl shows who they are to those who may see it.",
                        delivery.rule));
  return body;
}

}  // namespace

std::string HeaderText(std::string_view text) {
  std::string clean = client::Clean(text);
  bool plain = clean.size() <= 60 && clean.find("=?") == std::string::npos;
  for (char& c : clean) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
    if (byte >= 0x80) plain = false;
  }
  if (plain) return clean;
  // Encoded words of 75 characters at most, each of whole characters: 45 bytes are 60 in base64.
  std::string encoded;
  for (std::size_t at = 0; at < clean.size();) {
    std::size_t size = std::min<std::size_t>(45, clean.size() - at);
    while (at + size < clean.size() && IsContinuation(clean[at + size])) --size;
    encoded += (encoded.empty() ? "" : "\r\n ") + std::string("=?UTF-8?B?") +
               Base64(std::string_view(clean).substr(at, size)) + "?=";
    at += size;
  }
  return encoded;
}

std::string QuotedPrintable(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      out += kEnd;
      column = 0;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    const bool at_end = i + 1 == text.size() || text[i + 1] == '\n';
    const bool blank_at_end = c == ' ' && at_end;
    // A dot that begins a line is what SMTP stuffs, and libcurl does so.
    const bool literal = byte >= 0x20 && byte < 0x7F && c != '=' && !blank_at_end;
    const std::string piece = literal ? std::string(1, c) : fmt::format("={:02X}", byte);
    if (column + piece.size() > kLineMax - (at_end ? 0 : 1)) {
      out.append("=").append(kEnd);
      column = 0;
    }
    out += piece;
    column += piece.size();
  }
  return out;
}

std::string MessageId(const Delivery& delivery, std::string_view from) {
  const Parcel& parcel = delivery.parcel;
  const std::string host(from.substr(from.find('@') + 1));
  // A reminder's entries become fewer while it is tried, and the first may be among them.
  const bool reminder = parcel.kind == Parcel::Kind::kReminder;
  return fmt::format("<{}.{}.{}@{}>", delivery.school,
                     reminder ? fmt::format("reminder{}", parcel.number)
                              : std::to_string(parcel.entries.front().seq()),
                     NameOf(parcel, delivery.rule + "/" + delivery.school), host);
}

std::string ComposeMail(const Delivery& delivery, const std::string& from,
                        const std::vector<std::string>& to) {
  std::string mail;
  const auto header = [&mail](std::string_view name, std::string_view value) {
    mail.append(name).append(": ").append(value).append(kEnd);
  };
  header("Date", DateText(delivery.now));
  header("From", "rosterd <" + from + ">");
  std::string recipients;
  for (const std::string& address : to) {
    recipients += (recipients.empty() ? "" : ",\r\n ") + address;
  }
  header("To", recipients);
  header("Subject", HeaderText(Subject(delivery)));
  // A repeat of a reminder is a mail of its own, below the first.
  header("Message-ID", MessageId(delivery, from));
  header("Auto-Submitted", "auto-generated");  // RFC 3834: no out-of-office answers
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", "quoted-printable");
  mail += kEnd;
  mail += QuotedPrintable(Body(delivery));
  return mail;
}

std::string MailByCurl::Letter(const Delivery& delivery) const {
  return ComposeMail(delivery, server_.from, RecipientsOf(delivery.parcel, target_.to));
}

// Delivered when anybody has it: those who were refused are tried on their own.
Outcome MailByCurl::OfRecipients(const std::vector<std::string>& to,
                                 const std::vector<int>& codes) {
  Outcome outcome;
  for (std::size_t i = 0; i < to.size(); ++i) {
    const int code = i < codes.size() ? codes[i] : 0;
    if (code >= 200 && code < 300) continue;
    outcome.why += fmt::format("{}{}", outcome.refused.empty() ? "" : ", ", code);
    outcome.refused.push_back(to[i]);
  }
  if (outcome.refused.empty()) return outcome;
  outcome.why = fmt::format("The mail server refused {} of {} recipients ({})",
                            outcome.refused.size(), to.size(), outcome.why);
  if (outcome.refused.size() == to.size()) outcome.how = Outcome::How::kFailed;
  return outcome;
}

Outcome MailByCurl::Deliver(const Delivery& delivery, const client::Clock& clock) {
  Transfer transfer(clock, kMailTimeout, server_.ca_file);
  const bool tls = server_.security == MailServer::Security::kTls;
  const std::string host =
      server_.host.find(':') == std::string::npos ? server_.host : "[" + server_.host + "]";
  transfer.Set(CURLOPT_URL,
               fmt::format("{}://{}:{}/", tls ? "smtps" : "smtp", host, server_.port).c_str());
  transfer.Set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  transfer.Set(CURLOPT_USE_SSL,
               static_cast<long>(server_.security == MailServer::Security::kNone ? CURLUSESSL_NONE
                                                                                 : CURLUSESSL_ALL));
  if (server_.login) {
    transfer.Set(CURLOPT_USERNAME, server_.login->user.c_str());
    transfer.Set(CURLOPT_PASSWORD, password_.c_str());
  }
  transfer.Set(CURLOPT_MAIL_FROM, ("<" + server_.from + ">").c_str());
  const std::vector<std::string> to = RecipientsOf(delivery.parcel, target_.to);
  for (const std::string& address : to) transfer.AddRecipient("<" + address + ">");
  transfer.Upload(Letter(delivery));
  const CURLcode code = transfer.Run();
  if (code == CURLE_OK) return OfRecipients(to, transfer.recipient_codes());
  if (code == CURLE_ABORTED_BY_CALLBACK) return {Outcome::How::kInterrupted, "", {}, {}};
  return {Outcome::How::kFailed, "The mail server took it not: " + transfer.Why(code), {}, {}};
}

}  // namespace roster::notify
