#include "client/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace roster::client {
namespace {

class TableTest : public testing::Test {
 protected:
  Console& Of(std::size_t width, bool colour = false) {
    console_.emplace(in_, out_, err_, Terminal{width, false, false, false, colour});
    return *console_;
  }
  static std::vector<std::string> Lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }
  std::istringstream in_;
  std::ostringstream out_, err_;
  std::optional<Console> console_;
};

const std::vector<Column> kColumns = {{"ID", Align::kRight, 0, false},
                                      {"Name", Align::kLeft, 4, false},
                                      {"Why", Align::kLeft, 6, true}};

TEST_F(TableTest, ColumnsAlignByWhatIsSeenNotByBytes) {
  Table table({{"Name", Align::kLeft, 4, false}, {"X", Align::kLeft, 0, false}}, Of(40));
  table.Add({{"田中", Tone::kPlain, {}}, {"a", Tone::kPlain, {}}});
  table.Add({{"Zoe\u0301", Tone::kPlain, {}}, {"b", Tone::kPlain, {}}});
  EXPECT_EQ(table.Take(), "Name  X\n田中  a\nZoe\u0301   b\n");
}

TEST_F(TableTest, NoLineIsWiderThanTheTerminalAndIdsStayWhole) {
  for (std::size_t width = 20; width <= 100; ++width) {
    Table table(kColumns, Of(width));
    table.Add(
        {{"123456", Tone::kPlain, {}},
         {"Wolfeschlegelsteinhausenbergerdorff, 美咲", Tone::kPlain, {}},
         {"A sentence of some length that has to give way", Tone::kPlain, {"and 田中 → 田"}}});
    const std::string text = table.Take();
    EXPECT_NE(text.find("123456"), std::string::npos);
    for (const std::string& line : Lines(text)) EXPECT_LE(Width(line), width) << line;
  }
}

// Whatever reads it finds an address in one piece.
TEST_F(TableTest, WhereNobodyReadsByAWidthRowsAreAsLongAsTheyNeedToBe) {
  const std::string address = "bartholomew.wolfeschlegelsteinhausen@students.example.org";
  Terminal piped{30};
  piped.bounded = false;
  console_.emplace(in_, out_, err_, piped);
  Table table(kColumns, *console_);
  table.Add({{"1", Tone::kPlain, {}}, {address, Tone::kPlain, {}}, {"new", Tone::kPlain, {}}});
  EXPECT_EQ(Lines(table.Take()).at(1), " 1  " + address + "  new");
}

TEST_F(TableTest, AWrappedCellLosesNoWord) {
  Table table(kColumns, Of(30));
  table.Add({{"1", Tone::kPlain, {}},
             {"A", Tone::kPlain, {}},
             {"one two three four five six", Tone::kPlain, {"seven"}}});
  const std::string text = table.Take();
  for (const char* word : {"one", "two", "three", "four", "five", "six", "seven"}) {
    EXPECT_NE(text.find(word), std::string::npos) << word;
  }
}

TEST_F(TableTest, LaterBatchesKeepTheWidthsAndBringNoTitles) {
  Table table(kColumns, Of(60));
  table.Add({{"1", Tone::kPlain, {}}, {"Abcdefgh", Tone::kPlain, {}}, {"x", Tone::kPlain, {}}});
  EXPECT_EQ(table.Take(), "ID  Name      Why\n 1  Abcdefgh  x\n");
  table.Add({{"2", Tone::kPlain, {}}, {"Abcdefghij", Tone::kPlain, {}}, {"y", Tone::kPlain, {}}});
  EXPECT_EQ(table.Take(), " 2  Abcdefg…  y\n");
}

TEST_F(TableTest, NoRowsNoTitles) { EXPECT_EQ(Table(kColumns, Of(60)).Take(), ""); }

TEST_F(TableTest, EscapesInACellDoNotReachTheTerminal) {
  Table table(kColumns, Of(60));
  table.Add({{"1", Tone::kPlain, {}},
             {"\x1b]0;x\x07", Tone::kPlain, {}},
             {"a", Tone::kPlain, {"\x1b[2J"}}});
  EXPECT_EQ(table.Take().find('\x1b'), std::string::npos);
}

TEST_F(TableTest, ColourTakesNoRoom) {
  Table table(kColumns, Of(60, true));
  table.Add({{"1", Tone::kBad, {}}, {"A", Tone::kPlain, {}}, {"x", Tone::kPlain, {}}});
  EXPECT_NE(table.Take().find(" \x1b[31m1\x1b[0m  A     x\n"), std::string::npos);
}

TEST_F(TableTest, ASpanGoesAcrossAllColumnsAndSettlesNoWidth) {
  Table table({{"ID", Align::kRight, 0, false}, {"Name", Align::kLeft, 4, false}}, Of(30));
  table.AddSpan({"Group 3: \x1b[31mtwo people want one address", Tone::kPlain, {}}, 2);
  table.Add({{"1", Tone::kPlain, {}}, {"Ann", Tone::kPlain, {}}});
  table.AddSpan({});
  EXPECT_EQ(table.Take(),
            "ID  Name\n  Group 3: \uFFFD[31mtwo people\n  want one address\n 1  Ann\n\n");
}

}  // namespace
}  // namespace roster::client
