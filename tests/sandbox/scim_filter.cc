#include "tests/sandbox/scim_filter.h"

#include <algorithm>

#include "tests/sandbox/scim_schema.h"

namespace roster::sandbox {
namespace {

constexpr int kDepthMax = 30;

// The member in any case; nullptr when there is none.
const Json* Member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  for (const auto& [key, value] : object.items()) {
    if (EqualNoCase(key, name)) return &value;
  }
  return nullptr;
}

// All values at a path: an attribute with several values has several.
void Values(const Json& at, std::string_view path, std::vector<const Json*>& out) {
  if (at.is_array()) {
    for (const Json& element : at) Values(element, path, out);
    return;
  }
  if (path.empty()) {
    out.push_back(&at);
    return;
  }
  const size_t dot = path.find('.');
  if (const Json* member = Member(at, path.substr(0, dot))) {
    Values(*member, dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1), out);
  }
}

// The values of a path that may begin with a schema's name.
std::vector<const Json*> ValuesOf(const Json& resource, std::string_view path) {
  std::vector<const Json*> out;
  const Json* start = &resource;
  if (TakePrefix(path) == Prefix::kExtension) {
    start = Member(resource, kVolunteerUrn);
    if (start == nullptr) return out;
  }
  Values(*start, path, out);
  return out;
}

bool CaseExact(std::string_view path) {
  return path == "id" || path == "externalid" || path == "meta.version";
}

}  // namespace

struct ScimFilter::Node {
  enum class Kind { kAnd, kOr, kNot, kCompare, kPresent, kElement };
  Kind kind = Kind::kCompare;
  std::string path;  // lower case
  std::string op;
  Json value;
  std::vector<std::unique_ptr<Node>> children;
};

class ScimFilter::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::unique_ptr<Node> Parse() {
    auto node = ParseOr(0);
    SkipSpace();
    if (at_ < text_.size()) Fail();
    return node;
  }

 private:
  using Kind = Node::Kind;

  [[noreturn]] static void Fail() {
    throw ScimError(400, "invalidFilter", "The filter is malformed or not supported.");
  }

  void SkipSpace() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  std::string_view PeekWord() {
    SkipSpace();
    size_t end = at_;
    while (end < text_.size() &&
           std::string_view(" ()[]\"").find(text_[end]) == std::string::npos) {
      ++end;
    }
    return text_.substr(at_, end - at_);
  }

  bool TakeWord(std::string_view word) {
    if (!EqualNoCase(PeekWord(), word)) return false;
    at_ += word.size();
    return true;
  }

  bool Take(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::unique_ptr<Node> Join(Kind kind, std::unique_ptr<Node> left, std::unique_ptr<Node> right) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->children.push_back(std::move(left));
    node->children.push_back(std::move(right));
    return node;
  }

  std::unique_ptr<Node> ParseOr(int depth) {
    if (depth > kDepthMax) Fail();
    auto node = ParseAnd(depth);
    while (TakeWord("or")) node = Join(Kind::kOr, std::move(node), ParseAnd(depth));
    return node;
  }

  std::unique_ptr<Node> ParseAnd(int depth) {
    auto node = ParseOne(depth);
    while (TakeWord("and")) node = Join(Kind::kAnd, std::move(node), ParseOne(depth));
    return node;
  }

  std::unique_ptr<Node> ParseOne(int depth) {
    const bool negated = TakeWord("not");
    if (negated || Take('(')) {
      if (negated && !Take('(')) Fail();
      auto inner = ParseOr(depth + 1);
      if (!Take(')')) Fail();
      if (!negated) return inner;
      auto node = std::make_unique<Node>();
      node->kind = Kind::kNot;
      node->children.push_back(std::move(inner));
      return node;
    }
    auto node = std::make_unique<Node>();
    node->path = Lower(PeekWord());
    if (node->path.empty()) Fail();
    at_ += node->path.size();
    if (at_ < text_.size() && text_[at_] == '[') {
      ++at_;
      node->kind = Kind::kElement;
      node->children.push_back(ParseOr(depth + 1));
      if (!Take(']')) Fail();
      return node;
    }
    node->op = Lower(PeekWord());
    at_ += node->op.size();
    if (node->op == "pr") {
      node->kind = Kind::kPresent;
      return node;
    }
    constexpr std::string_view kOperators[] = {"eq", "ne", "co", "sw", "ew",
                                               "gt", "ge", "lt", "le"};
    if (std::find(std::begin(kOperators), std::end(kOperators), node->op) == std::end(kOperators)) {
      Fail();
    }
    node->value = ParseValue();
    return node;
  }

  Json ParseValue() {
    SkipSpace();
    size_t end = at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      for (++end; end < text_.size() && text_[end] != '"'; ++end) {
        if (text_[end] == '\\') ++end;
      }
      ++end;
    } else {
      end += PeekWord().size();
    }
    if (end > text_.size() || end == at_) Fail();
    const std::string word(text_.substr(at_, end - at_));
    at_ = end;
    Json value = Json::parse(word.front() == '"' ? word : Lower(word), nullptr, false);
    if (value.is_discarded() || value.is_structured()) Fail();
    return value;
  }

  std::string_view text_;
  size_t at_ = 0;
};

namespace {

bool Compare(const Json& stored_json, const std::string& op, const Json& asked_json, bool exact) {
  if (stored_json.is_string() && asked_json.is_string()) {
    auto stored = stored_json.get<std::string>();
    auto asked = asked_json.get<std::string>();
    if (!exact) {
      stored = Lower(stored);
      asked = Lower(asked);
    }
    if (op == "eq") return stored == asked;
    if (op == "co") return stored.find(asked) != std::string::npos;
    if (op == "sw") return stored.starts_with(asked);
    if (op == "ew") return stored.ends_with(asked);
    if (op == "gt") return stored > asked;
    if (op == "ge") return stored >= asked;
    if (op == "lt") return stored < asked;
    return op == "le" && stored <= asked;
  }
  if (op == "eq") return stored_json == asked_json;
  return false;
}

}  // namespace

ScimFilter::ScimFilter(std::string_view text) : root_(Parser(text).Parse()) { Collect(*root_); }
ScimFilter::~ScimFilter() = default;
ScimFilter::ScimFilter(ScimFilter&&) noexcept = default;

void ScimFilter::Collect(const Node& node) {
  if (node.kind == Node::Kind::kAnd) {
    for (const auto& child : node.children) Collect(*child);
  } else if (node.kind == Node::Kind::kCompare && node.op == "eq") {
    std::string_view path = node.path;
    if (TakePrefix(path) == Prefix::kExtension) path = node.path;
    equalities_.push_back({std::string(path), node.value});
  }
}

bool ScimFilter::Matches(const Json& resource) const { return Matches(*root_, resource); }

bool ScimFilter::Matches(const Node& node, const Json& resource) {
  const auto child = [&](const std::unique_ptr<Node>& one) { return Matches(*one, resource); };
  switch (node.kind) {
    case Node::Kind::kAnd:
      return std::all_of(node.children.begin(), node.children.end(), child);
    case Node::Kind::kOr:
      return std::any_of(node.children.begin(), node.children.end(), child);
    case Node::Kind::kNot:
      return !child(node.children.front());
    case Node::Kind::kPresent: {
      const auto values = ValuesOf(resource, node.path);
      return std::any_of(values.begin(), values.end(), [](const Json* value) {
        return !value->is_null() && !(value->is_string() && value->get<std::string>().empty());
      });
    }
    case Node::Kind::kElement: {
      const auto values = ValuesOf(resource, node.path);
      return std::any_of(values.begin(), values.end(), [&](const Json* value) {
        return Matches(*node.children.front(), *value);
      });
    }
    case Node::Kind::kCompare:
      break;
  }
  const bool negated = node.op == "ne";
  const std::string op = negated ? "eq" : node.op;
  const auto values = ValuesOf(resource, node.path);
  if (values.empty()) return negated != (node.value.is_null() && op == "eq");
  const bool any = std::any_of(values.begin(), values.end(), [&](const Json* value) {
    // `emails eq "x"` means the value of each e-mail.
    const Json* inner = value->is_object() ? Member(*value, "value") : value;
    return inner != nullptr && Compare(*inner, op, node.value, CaseExact(node.path));
  });
  return any != negated;
}

}  // namespace roster::sandbox
