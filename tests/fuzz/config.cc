// A config file: values within the table's limits, or problems with file and line that repeat no
// value: one could be a secret in the wrong place.

#include "daemon/config/config.h"

#include <set>

#include "daemon/base/text.h"
#include "daemon/config/yaml_tree.h"
#include "tests/fuzz/fuzz.h"

namespace roster::fuzz {
namespace {

using config::YamlNode;

// Keys may be named, they are no values.
bool KeyHasMarker(const YamlNode& node) {
  for (const auto& key : node.keys) {
    if (key.text.find(kMarker) != std::string::npos) return true;
  }
  for (const YamlNode& item : node.items) {
    if (KeyHasMarker(item)) return true;
  }
  return false;
}

std::size_t CheckTree(const YamlNode& node, std::size_t depth) {
  Expect(depth <= config::kYamlDepthMax + 1, "The tree is too deep.");
  Expect(
      node.kind == YamlNode::Kind::kMap ? node.keys.size() == node.items.size() : node.keys.empty(),
      "Keys and items don't go together.");
  std::size_t nodes = 1;
  for (const YamlNode& item : node.items) nodes += CheckTree(item, depth + 1);
  return nodes;
}

void CheckProblems(const std::string& message, const config::YamlTree& tree) {
  Expect(message.starts_with("rosterd.yaml:"), "A problem has no place:", message);
  Expect(IsValidUtf8(message), "A problem is not UTF-8:", message);
  Expect(message.size() < (std::size_t{1} << 16U), "Problems are too long:", message);
  if (!KeyHasMarker(tree.root)) ExpectSilent(message);
}

void CheckConfig(const config::Config& config) {
  Expect(!config.schools.empty() && config.schools.size() <= config::kSchoolsMax,
         "No school, or too many.");
  Expect(config.state_dir.starts_with('/'), "The state's directory is relative.");
  Expect(
      std::set{config.endpoints.control, config.endpoints.events, config.endpoints.tasks}.size() ==
          3,
      "Two endpoints are one.");
  Expect(config.worker.concurrency >= 1 && config.worker.concurrency <= 64, "concurrency");
  std::set<std::string> ids;
  for (const config::School& school : config.schools) {
    Expect(ids.insert(school.id().value()).second, "Two schools have one id.");
    Expect(config.FindSchool(school.id()) == &school, "A school is not found.");
    Expect(school.facts.page_size >= 1 && school.facts.page_size <= 10'000, "page_size");
    Expect(school.facts.poll_every >= std::chrono::minutes(1), "poll_every");
    Expect(school.scim.requests_per_second >= 0.1 && school.scim.requests_per_second <= 1000,
           "requests_per_second");
    Expect(school.plans.rollovers.size() <= config::kRolloversMax, "Too many rollovers.");
  }
}

void Check(std::string_view text) {
  const config::YamlTree tree = config::ParseYaml(text);
  Expect(CheckTree(tree.root, 0) <= 2 * config::kYamlNodesMax, "The tree is too large.");
  const auto config = config::LoadText(text, "rosterd.yaml");
  if (config) {
    Expect(tree.problems.empty(), "A config was taken in spite of its YAML.");
    CheckConfig(*config);
    return;
  }
  Expect(config.error().code == Code::kInvalid && config.error().reason == "config",
         "A config is refused for another reason:", config.error().reason);
  CheckProblems(config.error().message, tree);
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  roster::fuzz::Check(roster::fuzz::Bytes(data, size));
  return 0;
}
