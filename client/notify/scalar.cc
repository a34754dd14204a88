#include "client/notify/scalar.h"

#include <algorithm>

namespace roster::notify {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

// Whether all of it is of these characters.
bool Only(std::string_view text, std::string_view some, std::string_view more = "",
          std::string_view others = "") {
  return std::all_of(text.begin(), text.end(), [&](const char c) {
    return some.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos ||
           others.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](const char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= 32 && Only(text, kLower, kDigits, "-");
}

std::optional<std::chrono::seconds> ParseDuration(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  const std::string_view number = text.substr(0, text.size() - 1);
  if (!Only(number, kDigits)) return std::nullopt;
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3600;
      break;
    case 'd':
      unit = 86400;
      break;
    default:
      return std::nullopt;
  }
  const std::chrono::seconds duration(std::stoll(std::string(number)) * unit);
  if (duration > std::chrono::days(366)) return std::nullopt;
  return duration;
}

std::optional<int> ParseMinute(std::string_view text) {
  if (text.size() != 5 || text[2] != ':' || !Only(text.substr(0, 2), kDigits) ||
      !Only(text.substr(3), kDigits)) {
    return std::nullopt;
  }
  const int hour = std::stoi(std::string(text.substr(0, 2)));
  const int minute = std::stoi(std::string(text.substr(3)));
  if (hour > 23 || minute > 59) return std::nullopt;
  return hour * 60 + minute;
}

// Quoted mailboxes, and those beyond ASCII, are more than a mail server's next hop is sure to take.
bool IsAddress(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view host = text.substr(at + 1);
  const auto dots = [](std::string_view part) {
    return part.front() != '.' && part.back() != '.' && part.find("..") == std::string_view::npos;
  };
  return Only(local, kLetters, kDigits, ".!#$%&'*+-/=?^_`{|}~") && dots(local) && !host.empty() &&
         Only(host, kLetters, kDigits, ".-") && dots(host) && host.front() != '-';
}

bool IsHost(std::string_view text) {
  return !text.empty() && text.size() <= 253 && Only(text, kLetters, kDigits, ".-:") &&
         text.front() != '-' && text.front() != '.';
}

std::optional<std::pair<std::string, std::string>> SchemeAndHost(std::string_view url) {
  for (const std::string_view scheme : {"https", "http"}) {
    if (!url.starts_with(std::string(scheme) + "://")) continue;
    std::string_view rest = url.substr(scheme.size() + 3);
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (rest.find_first_of("@\\") != std::string_view::npos) return std::nullopt;
    std::string_view host = rest.substr(0, rest.rfind(':'));
    if (rest.starts_with('[')) {
      const std::size_t end = rest.find(']');
      if (end == std::string_view::npos) return std::nullopt;
      host = rest.substr(1, end - 1);
    }
    if (!IsHost(host) || HasControl(url) || url.find(' ') != std::string_view::npos) {
      return std::nullopt;
    }
    return std::pair{std::string(scheme), std::string(host)};
  }
  return std::nullopt;
}

bool IsLoopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // 127.0.0.0/8, as numbers: 127.example.org is elsewhere.
  return host.starts_with("127.") && Only(host, kDigits, ".") &&
         std::count(host.begin(), host.end(), '.') == 3;
}

bool IsWord(std::string_view text) { return Only(text, kLetters, "_"); }

bool IsEnvironmentName(std::string_view text) {
  return !text.empty() && Only(text, kLetters, kDigits, "_");
}

bool IsCredentialName(std::string_view text) {
  return !text.empty() && text.front() != '.' && Only(text, kLetters, kDigits, "._-");
}

std::optional<std::uint32_t> ParseCount(std::string_view text) {
  if (text.empty() || text.size() > 9 || !Only(text, kDigits)) return std::nullopt;
  return static_cast<std::uint32_t>(std::stoul(std::string(text)));
}

bool IsEndpoint(std::string_view text) {
  const bool known = text.starts_with("ipc:///") || text.starts_with("tcp://");
  return known && text.size() >= 8 && text.find(' ') == std::string_view::npos;
}

bool IsWebhookUrl(std::string_view text) {
  const auto parts = SchemeAndHost(text);
  return parts && (parts->first == "https" || IsLoopback(parts->second));
}

}  // namespace roster::notify
