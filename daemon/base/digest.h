#pragma once

// Two kinds of digest. `Digest` (BLAKE2b-256, RFC 7693) names what people approve and chains the
// journal: nobody can make another content with the same one. `Fingerprint` (XXH3, 128 bits) tells
// whether a stored row differs: fast, and never trusted against an adversary.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roster {

struct Digest {
  std::array<unsigned char, 32> bytes{};

  friend bool operator==(const Digest&, const Digest&) = default;
  friend auto operator<=>(const Digest&, const Digest&) = default;

  bool empty() const { return *this == Digest{}; }
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::string Hex() const;
  // The first 12 hex digits, for people.
  std::string Short() const { return Hex().substr(0, 12); }
  // nullopt unless exactly 32 bytes.
  static std::optional<Digest> FromBytes(std::string_view bytes);
};

// BLAKE2b-256 of the bytes.
Digest Blake2b(std::string_view bytes);

struct Fingerprint {
  std::array<unsigned char, 16> bytes{};

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  static std::optional<Fingerprint> FromBytes(std::string_view bytes);
};

Fingerprint Xxh3(std::string_view bytes);

// Builds the one canonical byte string of a value: every piece is length- or width-prefixed, so
// that two different values never give the same bytes.
class Canonical {
 public:
  Canonical& Add(std::string_view text);
  Canonical& Add(std::uint64_t number);
  const std::string& bytes() const { return bytes_; }
  void Clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

}  // namespace roster
