// Runs a fuzz target without libFuzzer: over every file of some folders, over each of their
// truncations, and over seeded changes of them. The same inputs each time, in seconds.
//
//   TARGET FOLDER|FILE...

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "daemon/base/random.h"
#include "tests/fuzz/fuzz.h"

// Of targets that change their input by its shape. Null for the others.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                                                     std::size_t size,
                                                                     std::size_t size_max,
                                                                     unsigned int seed);

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCutsMax = 150;  // of one file
constexpr int kFlips = 30;
constexpr int kChanges = 30;
constexpr std::size_t kSizeMax = 16'384;

std::string input;  // what is being tried, for whoever has to repeat it

std::uint64_t Try(std::string bytes) {
  input = std::move(bytes);
  // In a place of its own size, so that a sanitizer sees what reads past it.
  const std::vector<std::uint8_t> exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  return 1;
}

std::uint64_t TryAll(const std::string& file, std::uint64_t seed) {
  std::uint64_t tried = Try(file);
  const std::size_t step = std::max<std::size_t>(1, file.size() / kCutsMax);
  for (std::size_t size = 0; size < file.size(); size += step) tried += Try(file.substr(0, size));
  roster::SeededRandom random(seed);
  for (int i = 0; i < kFlips && !file.empty(); ++i) {
    std::string flipped = file;
    for (std::uint64_t bits = 1 + random.Next() % 3; bits > 0; --bits) {
      const std::uint64_t at = random.Next() % flipped.size();
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (random.Next() % 8)));
    }
    tried += Try(std::move(flipped));
  }
  std::string changed = file;
  changed.resize(kSizeMax);
  std::size_t size = std::min(file.size(), kSizeMax);
  for (int i = 0; i < kChanges && LLVMFuzzerCustomMutator != nullptr; ++i) {
    size = LLVMFuzzerCustomMutator(reinterpret_cast<std::uint8_t*>(changed.data()), size, kSizeMax,
                                   static_cast<unsigned int>(random.Next()));
    tried += Try(changed.substr(0, size));
  }
  return tried;
}

}  // namespace

// Stands for libFuzzer's: one byte is another.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                        std::size_t size_max) {
  static roster::SeededRandom random(1);
  if (size == 0) {
    if (size_max == 0) return 0;
    size = 1;
  }
  data[random.Next() % size] = static_cast<std::uint8_t>(random.Next());
  return size;
}

int main(int argc, char** argv) {
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    const fs::path given(argv[i]);
    if (fs::is_directory(given)) {
      std::copy(fs::directory_iterator(given), fs::directory_iterator(), std::back_inserter(files));
    } else if (fs::exists(given)) {
      files.push_back(given);
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    std::fprintf(stderr, "No inputs: name folders or files that hold some.\n");
    return 1;
  }
  std::uint64_t tried = 0;
  std::uint64_t seed = 0;
  for (const fs::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    std::fprintf(stderr, "%s\n", file.c_str());  // shown when this one fails
    tried += TryAll(bytes, ++seed);
  }
  std::printf("figures: fuzz inputs replayed: %zu files, %llu inputs\n", files.size(),
              static_cast<unsigned long long>(tried));
  return 0;
}
