#pragma once

// Secrets come by reference, never as text in the config file.

#include <cstddef>
#include <cstdint>
#include <string>

#include "daemon/base/result.h"

namespace roster::config {

struct SecretRef {
  enum class Kind : std::uint8_t {
    kFile = 1,        // value: an absolute path
    kEnv = 2,         // value: the name of an environment variable
    kCredential = 3,  // value: a name within $CREDENTIALS_DIRECTORY (systemd's LoadCredential=)
  };
  Kind kind = Kind::kFile;
  std::string value;

  friend bool operator==(const SecretRef&, const SecretRef&) = default;
};

// As the config writes it: "{file: /etc/rosterd/key}". Names the place, holds no secret.
std::string ToString(const SecretRef& ref);

// A longer secret is refused.
inline constexpr std::size_t kSecretBytesMax = 4096;

// Reads the secret: disk or environment, any thread. One trailing line break is taken off. Errors
// name the reference and never the content: Invalid "secret-unreadable" (no such place, no regular
// file, no leave to read), "secret-empty", "secret-too-long", "secret-malformed" (control
// characters: it could not be sent in an HTTP header); Refused "secret-world-readable" (a file that
// everybody may read).
Result<std::string> Resolve(const SecretRef& ref);

// A CURVE key pair, each 40 characters of Z85.
struct Certificate {
  std::string public_key;
  std::string secret_key;
};

// The same of a certificate with a secret key, in ZeroMQ's property language (RFC 4), as rosterctl
// keygen writes it. Errors besides: Invalid "certificate-malformed".
Result<Certificate> ResolveCertificate(const SecretRef& ref);

}  // namespace roster::config
