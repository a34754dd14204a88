#include "daemon/base/digest.h"

#include <sodium.h>
#include <xxhash.h>

#include <algorithm>

namespace roster {
namespace {

template <typename T>
std::optional<T> Copy(std::string_view bytes) {
  T result;
  if (bytes.size() != result.bytes.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), result.bytes.begin());
  return result;
}

}  // namespace

std::string Digest::Hex() const {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

std::optional<Digest> Digest::FromBytes(std::string_view bytes) { return Copy<Digest>(bytes); }

Digest Blake2b(std::string_view bytes) {
  Digest digest;
  crypto_generichash(digest.bytes.data(), digest.bytes.size(),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr,
                     0);
  return digest;
}

std::optional<Fingerprint> Fingerprint::FromBytes(std::string_view bytes) {
  return Copy<Fingerprint>(bytes);
}

Fingerprint Xxh3(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  Fingerprint fingerprint;
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), fingerprint.bytes.begin());
  return fingerprint;
}

Canonical& Canonical::Add(std::string_view text) {
  Add(static_cast<std::uint64_t>(text.size()));
  bytes_.append(text);
  return *this;
}

Canonical& Canonical::Add(std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes_ += static_cast<char>((number >> static_cast<unsigned>(shift)) & 255U);
  }
  return *this;
}

}  // namespace roster
