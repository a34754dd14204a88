// YAML, read strictly.

#include "daemon/config/yaml_tree.h"

#include <gtest/gtest.h>

namespace roster::config {
namespace {

using Kind = YamlNode::Kind;

std::string ProblemOf(std::string_view text) {
  const YamlTree tree = ParseYaml(text);
  return tree.problems.empty() ? "" : tree.problems.front().what;
}

int LineOf(std::string_view text) {
  const YamlTree tree = ParseYaml(text);
  return tree.problems.empty() ? 0 : tree.problems.front().line;
}

TEST(YamlTree, KeepsTextLinesAndOrder) {
  const YamlTree tree = ParseYaml("b: 09\na:\n  - yes\n  - \"1\\u00e9\"\nc: {d: 0x1F}\n");
  ASSERT_TRUE(tree.problems.empty());
  const YamlNode& root = tree.root;
  ASSERT_EQ(root.kind, Kind::kMap);
  ASSERT_EQ(root.keys.size(), 3U);
  EXPECT_EQ(root.keys[0].text, "b");
  EXPECT_EQ(root.items[0].text, "09");
  EXPECT_EQ(root.keys[1].line, 2);
  ASSERT_EQ(root.items[1].items.size(), 2U);
  EXPECT_EQ(root.items[1].items[0].text, "yes");
  EXPECT_EQ(root.items[1].items[1].text, "1\xC3\xA9");
  EXPECT_EQ(root.items[1].items[1].line, 4);
  EXPECT_EQ(root.items[2].items[0].text, "0x1F");
}

TEST(YamlTree, EmptyIsNull) {
  EXPECT_EQ(ParseYaml("").root.kind, Kind::kNull);
  EXPECT_EQ(ParseYaml("---\n").root.kind, Kind::kNull);
  EXPECT_EQ(ParseYaml("~").root.kind, Kind::kNull);
  EXPECT_EQ(ParseYaml("\"\"").root.kind, Kind::kText);
}

TEST(YamlTree, KeysStandOnce) {
  EXPECT_EQ(LineOf("a: 1\nb: 2\na: 3\n"), 3);
  EXPECT_EQ(ProblemOf("{a: 1, \"a\": 2}"), "a key stands twice in one map; keep one of them");
  EXPECT_EQ(ProblemOf("{a: {b: 1}, c: {b: 1}}"), "");
  EXPECT_EQ(ParseYaml("a: 1\na: 2\na: 3\n").problems.size(), 2U);
}

// Nine lines of these unfold to a billion values.
TEST(YamlTree, AnchorsAndAliasesAreRefused) {
  EXPECT_NE(ProblemOf("a: &x [1]\nb: *x\n").find("anchor"), std::string::npos);
  EXPECT_NE(ProblemOf("a: &x 1\n").find("anchor"), std::string::npos);
  EXPECT_NE(ProblemOf("a: &x {b: 1}\n").find("anchor"), std::string::npos);
  EXPECT_NE(ProblemOf("a: &x\n").find("anchor"), std::string::npos);
  EXPECT_NE(ProblemOf("&x a: 1\n").find("anchor"), std::string::npos);
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 0; j < 8; ++j) bomb += ", " + last;
    bomb += "]\n";
  }
  EXPECT_NE(ProblemOf(bomb), "");
}

TEST(YamlTree, TagsAreRefused) {
  EXPECT_NE(ProblemOf("a: !!str 1\n").find("tag"), std::string::npos);
  EXPECT_NE(ProblemOf("a: !mine {b: 1}\n").find("tag"), std::string::npos);
}

TEST(YamlTree, OneDocument) {
  EXPECT_NE(ProblemOf("a: 1\n---\nb: 1\n").find("second document"), std::string::npos);
  EXPECT_EQ(ProblemOf("---\na: 1\n...\n"), "");
}

TEST(YamlTree, KeysAreWords) {
  EXPECT_NE(ProblemOf("[a, b]: 1\n"), "");
  EXPECT_NE(ProblemOf("? {a: b}\n: 1\n"), "");
  EXPECT_NE(ProblemOf("~: 1\n"), "");
}

TEST(YamlTree, DepthIsLimited) {
  EXPECT_EQ(ProblemOf(std::string(kYamlDepthMax, '[') + std::string(kYamlDepthMax, ']')), "");
  for (const std::size_t depth : {kYamlDepthMax + 1, std::size_t{100'000}}) {
    EXPECT_NE(ProblemOf(std::string(depth, '[') + std::string(depth, ']')), "");
  }
}

TEST(YamlTree, SizeIsLimited) {
  std::string text = "[";
  for (std::size_t i = 0; i < kYamlNodesMax; ++i) text += "a,";
  EXPECT_NE(ProblemOf(text + "a]").find("more values"), std::string::npos);
}

// yaml-cpp takes U+0004 for the end of the file: the rest would be silently left out.
TEST(YamlTree, ControlCharactersAreRefused) {
  EXPECT_EQ(LineOf("a: 1\nb: \x04 2\nc: 3\n"), 2);
  EXPECT_NE(ProblemOf(std::string_view("a: \0", 4)), "");
  EXPECT_EQ(ProblemOf("a:\t1\r\n"), "");
}

TEST(YamlTree, InvalidUtf8IsRefused) {
  EXPECT_NE(ProblemOf("a: \xFF\n").find("UTF-8"), std::string::npos);
  EXPECT_NE(ProblemOf(std::string_view("\xFF\xFE"
                                       "a\0",
                                       4))
                .find("UTF-8"),
            std::string::npos);
  EXPECT_EQ(ProblemOf("\xEF\xBB\xBF"
                      "a: 1\n"),
            "");  // a byte order mark
}

// A file cut short inside a quotation is not taken for a whole one.
TEST(YamlTree, OpenQuotationsAreRefused) {
  for (const char* text : {"b: \"x", "b: \"x\n", "b: 'x\n\n", "b: ['x\n", "b: \"x\r\n"}) {
    EXPECT_NE(ProblemOf(text), "") << text;
  }
}

TEST(YamlTree, SyntaxErrorsHaveTheirLine) {
  EXPECT_EQ(LineOf("a: 1\nb: \"x\n"), 3);
  EXPECT_NE(ProblemOf("a: b: c\n"), "");
  EXPECT_NE(ProblemOf("a: [1\n"), "");
  EXPECT_NE(ProblemOf("a: 1\n\tb: 2\n"), "");
}

}  // namespace
}  // namespace roster::config
