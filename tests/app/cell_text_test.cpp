// Widths, cutting and what a terminal must never get.
#include "app/cli/cell_text.hpp"

#include <gtest/gtest.h>

#include "app/cli/figures.hpp"
#include "app/cli/table.hpp"

namespace weir::app {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("é★●"), 3);
  EXPECT_EQ(display_width("日本"), 4);
  EXPECT_EQ(display_width("e\xCC\x81"), 1);  // combining acute
  EXPECT_EQ(display_width(""), 0);
}

TEST(Clip, NeverTakesMoreThanTheWidth) {
  EXPECT_EQ(clip("abcdef", 6), "abcdef");
  EXPECT_EQ(clip("abcdef", 4), "abc…");
  EXPECT_EQ(clip("日本語", 4), "日…");  // a wide character is not cut in half
  EXPECT_EQ(clip("abc", 0), "");
}

TEST(Printable, TakesControlCharactersAwayFromTerminals) {
  EXPECT_EQ(printable("a\x1b[2Jb"), "a\xEF\xBF\xBD[2Jb");
  EXPECT_EQ(printable("line\nline\ttab"), "line line tab");
  EXPECT_EQ(printable("bad \xFF byte"), "bad \xEF\xBF\xBD byte");
  EXPECT_EQ(printable("\xE2\x80\xAEtxt"), "\xEF\xBF\xBDtxt");  // right-to-left override
  EXPECT_EQ(printable("Zoë ★"), "Zoë ★");
}

TEST(Paint, ColoursOnlyWhenAskedAndCutsByColumns) {
  const line text{{"ab", look::green}, {"cdef"}};
  EXPECT_EQ(paint(text, false), "abcdef");
  EXPECT_EQ(paint(text, true), "\x1b[32mab\x1b[0mcdef");
  EXPECT_EQ(paint(text, false, 6), "abcdef");
  EXPECT_EQ(paint(text, false, 5), "abcd…");
  EXPECT_EQ(paint(text, false, 2), "a…");
  EXPECT_EQ(paint(text, true, 2), "\x1b[32ma…\x1b[0m");
}

TEST(Table, AlignsColumnsAndLeavesNoTrailingBlanks) {
  table rows{{{{"NAME"}}, {{"N"}, side::right}, {{"NOTE"}}}};
  rows.add({{"日本"}, {"7"}, {}});
  rows.add({{"x"}, {"1,234"}, {"late"}});
  EXPECT_EQ(rows.text(false),
            "NAME      N  NOTE\n"
            "日本      7\n"
            "x     1,234  late\n");
  EXPECT_EQ(rows.width(), 17);
  for (const auto& one : rows.lines(false, 9)) EXPECT_LE(display_width(one), 9) << one;
}

TEST(Figures, AreShortAndExactEnough) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-12345), "-12,345");
  EXPECT_EQ(grouped(10000, true), "10,000+");
  EXPECT_EQ(age_text(-3), "0.0s");
  EXPECT_EQ(age_text(0.42), "0.4s");
  EXPECT_EQ(age_text(9.97), "10s");
  EXPECT_EQ(age_text(123), "2m03s");
  EXPECT_EQ(age_text(3599.6), "1h00m");
  EXPECT_EQ(age_text(90061), "1d01h");
  EXPECT_EQ(rate_text(0.01), "");
  EXPECT_EQ(rate_text(95.24), "95.2/s");
  EXPECT_EQ(rate_text(12345), "12,345/s");
  EXPECT_EQ(sparkline({0, 1, 4, 8}), " ▁▄█");
  EXPECT_EQ(sparkline({0, 0}), "  ");
}

}  // namespace
}  // namespace weir::app
