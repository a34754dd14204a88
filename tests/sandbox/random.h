// A seeded source of chance whose numbers are the same with every compiler and library: std::
// distributions are not, and a school must be repeatable from its seed.
#pragma once

#include <cstdint>

namespace roster::sandbox {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 0x1234567ULL) {}

  // SplitMix64.
  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }

  // 0 <= result < n. n must not be 0.
  uint64_t Below(uint64_t n) { return Next() % n; }

  bool Chance(double probability) {
    return static_cast<double>(Next() >> 11U) * 0x1.0p-53 < probability;
  }

 private:
  uint64_t state_;
};

// A permutation of 0..n-1 that needs no memory: position i holds row (step * i + offset) mod n.
class Shuffle {
 public:
  Shuffle(uint64_t n, uint64_t seed);
  uint64_t operator()(uint64_t i) const { return n_ == 0 ? 0 : (step_ * i + offset_) % n_; }

 private:
  uint64_t n_;
  uint64_t step_ = 1;
  uint64_t offset_ = 0;
};

}  // namespace roster::sandbox
