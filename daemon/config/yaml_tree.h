#pragma once

// YAML, read strictly: one document, no anchors, no tags, no key twice, and scalars stay text.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roster::config {

struct YamlNode {
  enum class Kind { kNull, kText, kList, kMap };

  struct MapKey {
    std::string text;
    int line = 0;
  };

  Kind kind = Kind::kNull;
  int line = 0;                 // from 1
  std::string text;             // kText: as written, quotes and escapes resolved: 09 stays "09"
  std::vector<MapKey> keys;     // kMap: beside `items`, unique
  std::vector<YamlNode> items;  // kList, kMap
};

inline constexpr std::size_t kYamlDepthMax = 16;
inline constexpr std::size_t kYamlNodesMax = 250'000;

struct YamlProblem {
  int line = 0;
  std::string what;
};

struct YamlTree {
  YamlNode root;  // kNull for an empty file
  // Empty for a good file. Keys that stand twice, anchors and tags are all listed; anything worse
  // ends the reading and is the last.
  std::vector<YamlProblem> problems;
};

// Anchors and aliases are refused: nobody needs them here, and a few lines of them unfold to
// gigabytes. So is every control character but tab and line breaks: yaml-cpp takes U+0004 for the
// end of the file.
YamlTree ParseYaml(std::string_view text);

}  // namespace roster::config
