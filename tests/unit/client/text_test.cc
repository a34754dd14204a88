#include "client/text.h"

#include <gtest/gtest.h>

namespace roster::client {
namespace {

TEST(Text, EscapesAndControlsAreMadeHarmless) {
  const std::string clean = Clean("a\x1b[31mb\x07\nc\x7f");
  EXPECT_EQ(clean, "a�[31mb��c�");
}

TEST(Text, EightBitControlsAndTurnedWritingAreMadeHarmless) {
  EXPECT_EQ(Clean("\u009b31m"), "�31m");            // CSI in one character
  EXPECT_EQ(Clean("a\u202egnp.exe"), "a�gnp.exe");  // right-to-left override
  EXPECT_EQ(Clean("a\u2028b"), "a�b");
}

TEST(Text, BytesThatAreNoUtf8AreMadeHarmless) {
  EXPECT_EQ(Clean("a\xff\x62"), "a�b");
  EXPECT_EQ(Clean("\xc3"), "�");
}

TEST(Text, WhatIsHarmlessStaysAsItIs) {
  const std::string text = "Zoë Zoe\u0301 田中 O'Neil-Smith";
  EXPECT_EQ(Clean(text), text);
}

TEST(Text, WidthCountsColumns) {
  EXPECT_EQ(Width("abc"), 3U);
  EXPECT_EQ(Width("Zoe\u0301"), 3U);
  EXPECT_EQ(Width("田中"), 4U);
  EXPECT_EQ(Width(""), 0U);
}

TEST(Text, FitCutsByColumnsAndSaysSo) {
  EXPECT_EQ(Fit("abcdef", 6), "abcdef");
  EXPECT_EQ(Fit("abcdef", 5), "abcd…");
  EXPECT_EQ(Fit("田中美咲", 6), "田中…");  // a wide character that does not fit whole is left out
  EXPECT_EQ(Fit("ab cdef", 4), "ab…");
  EXPECT_EQ(Fit("abc", 0), "");
  EXPECT_EQ(Fit("Zoe\u0301zoe\u0301", 4), "Zoe\u0301…");
}

TEST(Text, FitNeverTakesMoreColumnsThanThereAre) {
  const std::string text = "a田b中e\u0301c美d咲";
  for (std::size_t width = 0; width < 16; ++width) EXPECT_LE(Width(Fit(text, width)), width);
}

TEST(Text, PadFillsToColumns) {
  EXPECT_EQ(Pad("田", 4), "田  ");
  EXPECT_EQ(Pad("7", 3, Align::kRight), "  7");
  EXPECT_EQ(Pad("long", 2), "long");
}

TEST(Text, WrapBreaksAtSpacesAndLosesNothing) {
  EXPECT_EQ(Wrap("one two three", 8), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(Wrap("one two", 7), (std::vector<std::string>{"one two"}));
  EXPECT_EQ(Wrap("", 7), (std::vector<std::string>{""}));
  EXPECT_EQ(Wrap("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
  EXPECT_EQ(Wrap("田中美", 1), (std::vector<std::string>{"田", "中", "美"}));
}

TEST(Text, AnAddressBreaksBeforeItsAtAndANameBehindItsHyphen) {
  EXPECT_EQ(Wrap("ann.abbott@example.org", 14),
            (std::vector<std::string>{"ann.abbott", "@example.org"}));
  EXPECT_EQ(Wrap("Abernathy-Montgomery", 12),
            (std::vector<std::string>{"Abernathy-", "Montgomery"}));
  EXPECT_EQ(Wrap("to ann@example.org", 10),
            (std::vector<std::string>{"to", "ann", "@example.o", "rg"}));
}

}  // namespace
}  // namespace roster::client
