#include "daemon/config/scalar.h"

#include <algorithm>
#include <charconv>

namespace roster::config {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

template <typename Test>
bool AllOf(std::string_view text, const Test& test) {
  return std::all_of(text.begin(), text.end(), test);
}

// Four numbers from 0 to 255, the first 127 (RFC 1122, 3.2.1.3). A name like 127.example.org is
// not. Nor is one with a zero in front, which resolvers read as octal: 0127.0.0.1 is 87.0.0.1.
bool IsLoopbackIpv4(std::string_view host) {
  for (int part = 0; part < 4; ++part) {
    const auto dot = host.find('.');
    if ((dot == std::string_view::npos) != (part == 3)) return false;
    const std::string_view digits = host.substr(0, dot);
    if (digits.size() > 1 && digits.front() == '0') return false;
    const auto number = ParseCount(digits);
    if (!number || *number > 255 || (part == 0 && *number != 127)) return false;
    host.remove_prefix(part == 3 ? host.size() : dot + 1);
  }
  return true;
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || IsLoopbackIpv4(host);
}

bool IsHost(std::string_view host) {
  if (host.starts_with('[')) {
    return host.size() > 2 && host.ends_with(']') &&
           AllOf(host.substr(1, host.size() - 2), [](char c) {
             return IsDigit(c) || c == ':' || c == '.' || (c >= 'a' && c <= 'f') ||
                    (c >= 'A' && c <= 'F');
           });
  }
  return !host.empty() &&
         AllOf(host, [](char c) { return IsLetter(c) || IsDigit(c) || c == '.' || c == '-'; });
}

bool IsPort(std::string_view port) {
  const auto number = ParseCount(port);
  return number && *number >= 1 && *number <= 65535;
}

}  // namespace

std::optional<std::uint64_t> ParseCount(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || !AllOf(text, IsDigit) || read.ec != std::errc() || read.ptr != end) {
    return std::nullopt;
  }
  return number;
}

std::optional<double> ParseNumber(std::string_view text) {
  if (text.empty() || text.size() > 20 || !IsDigit(text.front()) || !IsDigit(text.back()) ||
      !AllOf(text, [](char c) { return IsDigit(c) || c == '.'; })) {
    return std::nullopt;
  }
  double number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

std::optional<double> ParsePercent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  return ParseNumber(text.substr(0, text.size() - 1));
}

std::optional<Duration> ParseDuration(std::string_view text) {
  constexpr std::uint64_t kSecondsMax = std::uint64_t{3650} * 24 * 3600;
  if (text.empty()) return std::nullopt;
  std::uint64_t unit = 0;
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
  const auto number = ParseCount(text.substr(0, text.size() - 1));
  if (!number || *number > kSecondsMax / unit) return std::nullopt;
  return std::chrono::seconds(*number * unit);
}

std::optional<bool> ParseBool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<std::chrono::sys_days> ParseDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = ParseCount(text.substr(0, 4));
  const auto month = ParseCount(text.substr(5, 2));
  const auto day = ParseCount(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

bool IsSchoolId(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         AllOf(text, [](char c) { return (c >= 'a' && c <= 'z') || IsDigit(c) || c == '-'; });
}

bool IsEnvironmentName(std::string_view text) {
  return !text.empty() && text.size() <= 255 && !IsDigit(text.front()) &&
         AllOf(text, [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; });
}

bool IsCredentialName(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text != "." && text != ".." &&
         AllOf(text, [](char c) {
           return IsLetter(c) || IsDigit(c) || c == '.' || c == '_' || c == '-';
         });
}

bool HasControlCharacter(std::string_view text) {
  return !AllOf(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7F;
  });
}

std::string WhyNotUrl(std::string_view text) {
  constexpr std::string_view kHttps = "https://";
  constexpr std::string_view kHttp = "http://";
  const bool secure = text.starts_with(kHttps);
  if (!secure && !text.starts_with(kHttp)) return "is not an https:// address";
  if (text.size() > 1000) return "is longer than 1000 bytes";
  if (HasControlCharacter(text) || text.find_first_of(" \\\"<>") != std::string_view::npos) {
    return "holds a character that no address has";
  }
  if (text.find_first_of("?#") != std::string_view::npos) {
    return "holds a query or a fragment, which is added by the program";
  }
  std::string_view authority = text.substr(secure ? kHttps.size() : kHttp.size());
  authority = authority.substr(0, authority.find('/'));
  if (authority.find('@') != std::string_view::npos) {
    return "holds a user name or password, which would end up in logs";
  }
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = authority.substr(0, colon);
  if (!IsHost(host)) return "has no valid host name";
  if (colon != std::string_view::npos && !IsPort(authority.substr(colon + 1))) {
    return "has no valid port";
  }
  if (!secure && !IsLoopback(host)) {
    return "would send secrets and personal data in the clear: http:// is for this machine alone";
  }
  return "";
}

std::string WhyNotLoopback(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return "has no port";
  const auto port = ParseCount(text.substr(colon + 1));
  if (!port || *port > 65535) return "has no port from 0 to 65535";
  const std::string_view host = text.substr(0, colon);
  if (host == "[::1]" || IsLoopbackIpv4(host)) return "";
  return "is no loopback address: others on the network could read it";
}

LoopbackAddress ParseLoopback(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const auto port = ParseCount(text.substr(colon + 1));
  return {std::string(host), static_cast<std::uint16_t>(port.value_or(0))};
}

bool IsAccountName(std::string_view text) {
  if (text.empty() || text.size() > 32) return false;
  if (const auto number = ParseCount(text)) return *number < 4294967295U;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  if (text[0] == '-' || text[0] == '.') return false;
  return std::all_of(text.begin(), text.end(), fits);
}

namespace {

// "HOST:PORT", "[::1]:PORT", "*:PORT".
std::string WhyNotTcp(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return "has no port";
  const std::string_view host = text.substr(0, colon);
  const auto port = ParseCount(text.substr(colon + 1));
  if (!port || *port > 65535) return "has no port from 0 to 65535";
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':' || c == '[' || c == ']' || c == '*';
  };
  if (host.empty() || host.size() > 255 || !std::all_of(host.begin(), host.end(), fits)) {
    return "has no address";
  }
  return "";
}

}  // namespace

std::string WhyNotEndpoint(std::string_view text) {
  constexpr std::string_view kIpc = "ipc://";
  constexpr std::string_view kTcp = "tcp://";
  constexpr std::size_t kSocketPathMax = 107;  // sockaddr_un, less its final zero
  if (text.starts_with(kTcp)) return WhyNotTcp(text.substr(kTcp.size()));
  if (!text.starts_with(kIpc)) return "is neither an ipc:// nor a tcp:// endpoint";
  const std::string_view path = text.substr(kIpc.size());
  if (!path.starts_with('/')) return "has no absolute path";
  if (path.ends_with('/')) return "names a folder";
  if (path.size() > kSocketPathMax) return "is longer than the 107 bytes a socket's path can have";
  if (HasControlCharacter(path)) return "holds a control character";
  return "";
}

std::string WhyNotTemplate(std::string_view text) {
  if (text.size() > 200) return "is longer than 200 bytes";
  if (HasControlCharacter(text)) return "holds a control character";
  int persons = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("{person}")) {
      ++persons;
      at += std::string_view("{person}").size() - 1;
    } else if (text.substr(at).starts_with("{school}")) {
      at += std::string_view("{school}").size() - 1;
    } else if (text[at] == '{' || text[at] == '}') {
      return "holds a brace that belongs to neither {school} nor {person}";
    }
  }
  return persons == 1 ? "" : "does not hold {person} exactly once";
}

}  // namespace roster::config
