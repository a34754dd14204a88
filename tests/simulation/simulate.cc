// Repeats one seed, or looks for one that fails:
//
//   simulate --seed N [--steps N]
//   simulate --from N --to N [--steps N]

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/simulation/simulation.h"

int main(int argc, char** argv) {
  std::uint64_t from = 1, to = 1, steps = roster::simulation::kSteps;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--seed") == 0) {
      from = to = value;
    } else if (std::strcmp(argv[i], "--from") == 0) {
      from = value;
    } else if (std::strcmp(argv[i], "--to") == 0) {
      to = value;
    } else if (std::strcmp(argv[i], "--steps") == 0) {
      steps = value;
    } else {
      std::fprintf(stderr, "simulate --seed N | --from N --to N  [--steps N]\n");
      return 2;
    }
  }
  roster::simulation::Summary summary;
  int failed = 0;
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    const std::string wrong = roster::simulation::RunSeed(seed, steps, summary);
    if (wrong.empty()) continue;
    ++failed;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), wrong.c_str());
  }
  std::printf("%s\n%d failed\n", summary.Text().c_str(), failed);
  return failed == 0 ? 0 : 1;
}
