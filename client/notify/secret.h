#pragma once

#include <string>

#include "client/certificate.h"
#include "client/failure.h"
#include "client/notify/config.h"

namespace roster::notify {

// "{file: /etc/roster-notify/password}". Names the place, holds no secret.
std::string ToString(const SecretRef& ref);

// Reads the secret: 1 to 4,096 bytes on one line; one line break at its end is taken off. Failures
// name the reference, never the content. A file that everybody may read is refused.
client::Answer<std::string> Resolve(const SecretRef& ref);

// The key pair of a certificate with a secret key; of a file or a credential.
client::Answer<client::KeyPair> ResolveKeyPair(const SecretRef& ref);

}  // namespace roster::notify
