// Cutting output into lines, in whatever pieces it comes.
#include <gtest/gtest.h>

#include "actions/line_reader.hpp"

namespace weir::actions {
namespace {

std::vector<std::string> cut(const std::vector<std::string>& pieces, std::size_t limit = 10) {
  std::vector<std::string> lines;
  line_cutter cutter{limit, [&](const std::string& line) { lines.push_back(line); }};
  for (const std::string& piece : pieces) cutter.feed(piece);
  cutter.finish();
  return lines;
}

TEST(LineCutter, CutsAtNewlinesOnly) {
  EXPECT_EQ(cut({"a\nb\n"}), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(cut({"a", "b\nc", "", "d"}), (std::vector<std::string>{"ab", "cd"}));
  EXPECT_EQ(cut({"\n\n\r\n"}), std::vector<std::string>{});
}

TEST(LineCutter, KeepsTheBeginningOfLongLines) {
  EXPECT_EQ(cut({"0123456789abc", "def\nx"}), (std::vector<std::string>{"0123456789", "x"}));
}

std::string last(const std::vector<std::string>& pieces, std::size_t limit = 16) {
  tail end{limit};
  for (const std::string& piece : pieces) end.feed(piece);
  return end.last_line();
}

TEST(Tail, FindsTheLastLineThatSaysSomething) {
  EXPECT_EQ(last({}), "");
  EXPECT_EQ(last({" \n\t\n"}), "");
  EXPECT_EQ(last({"one\ntwo"}), "two");
  EXPECT_EQ(last({"one\n", " two \r\n", "\n  \n"}), "two");
}

TEST(Tail, KeepsNoMoreThanItsBound) {
  EXPECT_EQ(last({std::string(100, 'a')}), std::string(16, 'a'));
  std::vector<std::string> many(1000, "0123456789\n");
  many.push_back("end");
  EXPECT_EQ(last(many), "end");
}

}  // namespace
}  // namespace weir::actions
