#include "daemon/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <set>
#include <sstream>

#include "daemon/base/text.h"

namespace roster::config {
namespace {

constexpr std::size_t kYamlProblemsMax = 100;

// Leaves yaml-cpp's walk; does not leave this file.
struct Refused {
  YamlProblem problem;
};

class TreeBuilder : public YAML::EventHandler {
 public:
  YamlNode TakeRoot() { return std::move(root_); }
  std::vector<YamlProblem> TakeProblems() { return std::move(problems_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) Refuse(mark, "a second document begins; one file is one document");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    CheckPlain(mark, "", anchor);
    if (ExpectsKey()) Refuse(mark, "a key is empty");
    Place(mark, YamlNode::Kind::kNull);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "an alias (*name) is used; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckPlain(mark, tag, anchor);
    if (ExpectsKey()) {
      AddKey(mark, value);
    } else {
      Place(mark, YamlNode::Kind::kText).text = value;
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct OpenNode {
    YamlNode* node = nullptr;  // its own place does not move: only the innermost grows
    std::set<std::string> keys;
  };

  [[noreturn]] static void Refuse(const YAML::Mark& mark, std::string what) {
    throw Refused{{mark.line + 1, std::move(what)}};
  }

  void Note(const YAML::Mark& mark, std::string what) {
    problems_.push_back({mark.line + 1, std::move(what)});
    if (problems_.size() == kYamlProblemsMax) Refuse(mark, "too much is wrong to go on");
  }

  void CheckPlain(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) Note(mark, "an anchor (&name) is used; write the value out");
    // yaml-cpp says "?" for what is plain and "!" for what is quoted.
    if (!tag.empty() && tag != "?" && tag != "!") {
      Note(mark, "a tag (!name) is used; leave it out");
    }
  }

  bool ExpectsKey() const {
    return !open_.empty() && open_.back().node->kind == YamlNode::Kind::kMap &&
           open_.back().node->keys.size() == open_.back().node->items.size();
  }

  void Count(const YAML::Mark& mark) {
    if (++nodes_ > kYamlNodesMax) Refuse(mark, "more values than a config can have");
  }

  void AddKey(const YAML::Mark& mark, const std::string& key) {
    Count(mark);
    if (!open_.back().keys.insert(key).second) {
      Note(mark, "a key stands twice in one map; keep one of them");
    }
    open_.back().node->keys.push_back({key, mark.line + 1});
  }

  YamlNode& Place(const YAML::Mark& mark, YamlNode::Kind kind) {
    Count(mark);
    YamlNode& node = open_.empty() ? root_ : open_.back().node->items.emplace_back();
    node.kind = kind;
    node.line = mark.line + 1;
    return node;
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    CheckPlain(mark, tag, anchor);
    if (ExpectsKey()) Refuse(mark, "a key is a list or a map; keys are words");
    if (open_.size() == kYamlDepthMax) Refuse(mark, "lists and maps are nested too deeply");
    open_.push_back({&Place(mark, kind), {}});
  }

  YamlNode root_;
  std::vector<YamlProblem> problems_;
  std::vector<OpenNode> open_;
  int documents_ = 0;
  std::size_t nodes_ = 0;
};

// The line of the first byte that no config needs, 0 when there is none.
int LineOfControl(std::string_view text) {
  int line = 1;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') ++line;
    if ((byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F) return line;
  }
  return 0;
}

}  // namespace

YamlTree ParseYaml(std::string_view text) {
  YamlTree tree;
  if (!IsValidUtf8(text)) {
    tree.problems.push_back({1, "the file is not valid UTF-8; save it as UTF-8"});
    return tree;
  }
  if (const int line = LineOfControl(text); line != 0) {
    tree.problems.push_back({line, "a control character stands here; take it out"});
    return tree;
  }
  TreeBuilder builder;
  try {
    // yaml-cpp takes a quotation that is not closed by the end of a file, if a line break comes
    // before it, and refuses it without one: so the last line is made a comment without one.
    std::string whole(text);
    if (!whole.ends_with('\n')) whole += '\n';
    std::istringstream stream(whole + '#');
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    tree.root = builder.TakeRoot();
    tree.problems = builder.TakeProblems();
  } catch (const Refused& refused) {
    tree.problems = builder.TakeProblems();
    tree.problems.push_back(refused.problem);
  } catch (const YAML::Exception& error) {
    tree.problems = builder.TakeProblems();
    tree.problems.push_back(
        {error.mark.line + 1, "this is not YAML: " + error.msg + "; mend the syntax"});
  }
  return tree;
}

}  // namespace roster::config
