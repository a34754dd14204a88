#include "tests/crash/commits.h"

#include <gtest/gtest.h>

#include "daemon/base/random.h"

namespace roster::crash {

using store::Batch;
using store::Family;

Batch MakeBatch(std::uint64_t seed, int n) {
  SeededRandom random(seed * 1'000'003 + static_cast<std::uint64_t>(n));
  const auto below = [&](std::uint64_t limit) { return random.Next() % limit; };
  Batch batch;
  batch.Put(Family::kMeta, "last", std::to_string(n));
  for (std::uint64_t i = 1 + below(6); i > 0; --i) {
    const auto family = static_cast<Family>(below(store::kFamilies));
    std::string key = "k" + std::to_string(below(40));
    if (below(5) == 0) {
      batch.Delete(family, std::move(key));
    } else {
      const std::uint64_t size = below(20) == 0 ? below(60'000) : below(500);
      std::string value = std::to_string(n) + ":";
      while (value.size() < size) value += std::to_string(random.Next());
      batch.Put(family, std::move(key), std::move(value));
    }
  }
  return batch;
}

Content ContentAfter(std::uint64_t seed, int n) {
  Content content;
  for (int i = 1; i <= n; ++i) {
    for (const Batch::Write& write : MakeBatch(seed, i).writes) {
      const std::string key = std::to_string(static_cast<int>(write.family)) + write.key;
      if (write.value) {
        content[key] = *write.value;
      } else {
        content.erase(key);
      }
    }
  }
  return content;
}

Result<Content> ReadAll(const store::Reader& store) {
  Content content;
  for (std::size_t i = 0; i < store::kFamilies; ++i) {
    const auto cursor = store.Scan(static_cast<Family>(i), "", "");
    for (; cursor->Valid(); cursor->Next()) {
      if (cursor->key().front() == '\0') continue;  // the store's own: its format
      content[std::to_string(i) + std::string(cursor->key())] = std::string(cursor->value());
    }
    ROSTER_TRY(cursor->status(), "");
  }
  return content;
}

Content ContentOf(const store::Reader& store) {
  auto content = ReadAll(store);
  EXPECT_TRUE(content) << content.error().message;
  return content.value_or(Content());
}

int LastOf(const store::Reader& store) {
  const auto last = store.Get(Family::kMeta, "last");
  EXPECT_TRUE(last) << last.error().message;
  return last && *last ? std::stoi(**last) : 0;
}

}  // namespace roster::crash
