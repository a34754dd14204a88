#pragma once

// The small grammars of the config's single values. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace roster::notify {

bool HasControl(std::string_view text);
bool IsWord(std::string_view text);  // letters and _
bool IsId(std::string_view text);    // [a-z0-9-]{1,32}

// "50"; at most nine digits.
std::optional<std::uint32_t> ParseCount(std::string_view text);
// "90s", "15m", "1h", "7d"; at most 366 days.
std::optional<std::chrono::seconds> ParseDuration(std::string_view text);
// "22:30" -> 1350
std::optional<int> ParseMinute(std::string_view text);

// A mailbox (RFC 5321) in its plain form: dot-atom@host.
bool IsAddress(std::string_view text);
bool IsHost(std::string_view text);
bool IsEndpoint(std::string_view text);  // ipc:///path or tcp://host:port

// Scheme and host of an http URL; nullopt when it is none, or holds a user or a space.
std::optional<std::pair<std::string, std::string>> SchemeAndHost(std::string_view url);
// https, or http on loopback.
bool IsWebhookUrl(std::string_view text);
// A name or address of this machine itself: localhost, 127.0.0.0/8, ::1.
bool IsLoopback(std::string_view host);

bool IsEnvironmentName(std::string_view text);
bool IsCredentialName(std::string_view text);  // as in LoadCredential=

}  // namespace roster::notify
