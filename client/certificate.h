#pragma once

// Key pairs for tcp, in files: ZeroMQ's certificates, in its property language (RFC 4). NAME.cert
// holds the public key, NAME.cert_secret both.

#include <optional>
#include <string>
#include <string_view>

#include "client/failure.h"

namespace roster::client {

// Each 40 characters of Z85 (ZeroMQ RFC 32).
struct KeyPair {
  std::string public_key;
  std::string secret_key;
};

// What it takes to call rosterd over tcp.
struct CallKeys {
  std::string server_key;  // whom we expect there
  KeyPair own;
};

inline constexpr std::string_view kSecretSuffix = ".cert_secret";
inline constexpr std::string_view kPublicSuffix = ".cert";

bool IsKey(std::string_view text);
// [a-z0-9-]{1,32}, as in the config's `access`.
bool IsKeyName(std::string_view text);

// Fails with kUsage: no such file, none with a key pair, or one that others may read as well.
Answer<KeyPair> ReadKeyPair(const std::string& path);

// A new one. Throws std::runtime_error when libzmq was built without CURVE.
KeyPair MakeKeyPair();

// Where a key pair was written: absolute paths.
struct KeyFiles {
  std::string certificate;
  std::string secret;
};

// Writes both files into the folder: NAME.cert with mode 0644, NAME.cert_secret with 0600. Neither
// may be there already (kRefused); one that could not be written leaves nothing behind.
Answer<KeyFiles> WriteKeyPair(const KeyPair& pair, const std::string& name,
                              const std::string& folder);

}  // namespace roster::client
