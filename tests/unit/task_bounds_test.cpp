// Bounds of names, keys, data and messages, hostile input among them.
#include "domain/task_bounds.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <weir/defaults.hpp>

namespace weir::domain {
namespace {

using testing::HasSubstr;

constexpr std::size_t limit = std::size_t{1} << 20U;

std::string repeat(const std::string& piece, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += piece;
  return text;
}

std::string nested(std::size_t depth) { return repeat("[", depth) + repeat("]", depth); }

// -- names -------------------------------------------------------------------

TEST(Name, OfOneToSixtyFourPrintableCharactersIsAccepted) {
  for (const std::string& name :
       {std::string{"a"}, std::string{"customer_update"}, std::string{"with blank; \"quotes\" --"},
        repeat("x", 64), repeat("\xC3\xA4", 64), repeat("\xF0\x9F\x90\x9F", 64)}) {
    EXPECT_TRUE(check_name("task name", name)) << name;
  }
}

struct refused_case {
  std::string value;
  std::string message;
};

TEST(Name, OutOfBoundsIsRefusedWithThePlaceAndTheFix) {
  const refused_case cases[] = {
      {"", "stream is empty: give it 1 to 64 printable characters"},
      {repeat("x", 65), "has more than 64 printable characters: shorten it"},
      {repeat("\xC3\xA4", 65), "has more than 64 printable characters"},
      {std::string{"a\0b", 3},
       R"(stream "a\x00b" has the control character U+0000 at character 2: leave it out)"},
      {"two\nlines", R"(stream "two\nlines" has the control character U+000A at character 4)"},
      {"\x7F", "control character U+007F at character 1"},
      {"\xC3\xA4\xC2\x85", "control character U+0085 at character 2"},
      {"a\xE2\x80\xA8", "control character U+2028 at character 2"},
      {"ab\xFF", R"(stream "ab\xff" is not valid UTF-8 at byte 3: send UTF-8)"},
      {"\xC0\xAF", "not valid UTF-8 at byte 1"},          // overlong
      {"\xE0\x9F\xBF", "not valid UTF-8 at byte 1"},      // overlong
      {"\xF0\x8F\xBF\xBF", "not valid UTF-8 at byte 1"},  // overlong
      {"\xED\xA0\x80", "not valid UTF-8 at byte 1"},      // surrogate
      {"\xF4\x90\x80\x80", "not valid UTF-8 at byte 1"},  // above U+10FFFF
      {"a\xE2\x82", "not valid UTF-8 at byte 2"},         // cut off
  };
  for (const auto& c : cases) {
    const auto checked = check_name("stream", c.value);
    ASSERT_FALSE(checked) << c.message;
    EXPECT_EQ(checked.error().code, errc::invalid);
    EXPECT_THAT(checked.error().message, HasSubstr(c.message));
  }
}

TEST(Name, OfAMegabyteMakesAShortMessage) {
  const auto checked = check_name("task name", std::string(limit, 'x'));

  ASSERT_FALSE(checked);
  EXPECT_LT(checked.error().message.size(), 300U);
}

// -- keys --------------------------------------------------------------------

TEST(Key, UpToFiveHundredAndTwelveBytesIsAccepted) {
  for (const std::string& key :
       {std::string{}, std::string{"42"}, std::string{"tab\there"}, std::string(512, 'k')}) {
    EXPECT_TRUE(check_key(key)) << key;
  }
}

TEST(Key, OutOfBoundsIsRefused) {
  const refused_case cases[] = {{std::string(513, 'k'), "is 513 bytes long, allowed are 512"},
                                {repeat("\xC3\xA4", 257), "is 514 bytes long"},
                                {std::string{"k\0", 2}, "has a NUL at byte 2"},
                                {"k\x80", "not valid UTF-8 at byte 2"}};
  for (const auto& c : cases) {
    const auto checked = check_key(c.value);
    ASSERT_FALSE(checked) << c.message;
    EXPECT_EQ(checked.error().code, errc::invalid);
    EXPECT_THAT(checked.error().message, HasSubstr(c.message));
  }
}

// -- data --------------------------------------------------------------------

TEST(Data, ThatTheDatabaseCanStoreIsAccepted) {
  for (const std::string& text :
       {std::string{"{}"}, std::string{"[]"}, std::string{"null"},
        std::string{" {\"a\": [1, -2.5e3, true, \"\\n\"]} "}, std::string{"18446744073709551615"},
        std::string{R"("\\u0000")"}, std::string{R"("\ud83d\udc1f")"}, nested(64),
        "\"" + std::string(limit - 2, 'x') + "\""}) {
    const auto checked = check_data(text, limit);
    EXPECT_TRUE(checked) << checked.error().message;
  }
}

TEST(Data, OutOfBoundsIsRefusedWithThePlaceAndTheFix) {
  const refused_case cases[] = {
      {"", "data is not valid JSON"},
      {"{", "data is not valid JSON: parse error at line 1, column 2"},
      {"{\n\"a\": tru}", "line 2, column"},
      {"{} {}", "data is not valid JSON"},
      {"{'a': 1}", "data is not valid JSON"},
      {"[1,]", "data is not valid JSON"},
      {"[NaN]", "data is not valid JSON"},
      {"// no\n{}", "data is not valid JSON"},
      {"1e999", "data is not valid JSON: number overflow"},
      {R"("\ud800")", "data is not valid JSON"},
      {R"({"a": "x\u0000y"})", "data holds \\u0000 in a string"},
      {R"({"a\u0000": 1})", "data holds \\u0000 in a member's name"},
      {std::string{"{}\0{}", 5}, "data has a NUL at byte 3: leave it out"},
      {"\xEF\xBB\xBF{}", "data begins with a byte order mark"},
      {"\"\xFF\"", "data is not valid UTF-8 at byte 2"},
      {nested(65), "nested more than 64 levels deep: flatten it"},
      {std::string(limit + 1, ' '), "data is 1048577 bytes of JSON, allowed are 1048576 (limits.payload)"},
  };
  for (const auto& c : cases) {
    const auto checked = check_data(c.value, limit);
    ASSERT_FALSE(checked) << c.message;
    EXPECT_EQ(checked.error().code, errc::invalid);
    EXPECT_THAT(checked.error().message, HasSubstr(c.message));
    EXPECT_LT(checked.error().message.size(), 400U);
  }
}

TEST(Data, WithABadByteIsRefusedWithItsPlaceWhereverThatIs) {
  const std::string good = "\"0123456789abcdefghijklmnopqrst\"";
  for (std::size_t at = 1; at + 1 < good.size(); ++at) {
    std::string bad = good;
    bad[at] = '\xFF';
    const auto said = check_data(bad, limit);
    ASSERT_FALSE(said);
    EXPECT_THAT(said.error().message, HasSubstr("not valid UTF-8 at byte " + std::to_string(at + 1) + ":"));
  }
}

TEST(Data, OfAMegabyteOfOpenBracketsIsRefusedWithoutRecursion) {
  EXPECT_FALSE(check_data(std::string(limit, '['), limit));
  EXPECT_FALSE(check_data(repeat("{\"a\":", limit / 5), limit));
}

TEST(Data, WithAnEndlessTokenMakesAShortMessage) {
  const auto checked = check_data("[" + std::string(limit - 2, 'x'), limit);

  ASSERT_FALSE(checked);
  EXPECT_LT(checked.error().message.size(), 400U);
}

// -- messages ----------------------------------------------------------------

TEST(Message, ThatFitsIsKept) {
  EXPECT_EQ(cut_message(""), "");
  EXPECT_EQ(cut_message("two\nlines \xC3\xA4"), "two\nlines \xC3\xA4");
  EXPECT_EQ(cut_message(std::string(2000, 'x')), std::string(2000, 'x'));
}

TEST(Message, IsCutAtTheEdgeOfACharacter) {
  EXPECT_EQ(cut_message(std::string(5000, 'x')), std::string(2000, 'x'));
  EXPECT_EQ(cut_message(std::string(1999, 'x') + "\xC3\xA4"), std::string(1999, 'x'));
  EXPECT_EQ(cut_message(std::string(1998, 'x') + "\xC3\xA4" + "y"), std::string(1998, 'x') + "\xC3\xA4");
}

TEST(Message, HasNulAndInvalidBytesReplaced) {
  EXPECT_EQ(cut_message(std::string{"a\0!", 3}), "a\xEF\xBF\xBD!");
  EXPECT_EQ(cut_message("a\xFF\xFE"), "a\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_LE(cut_message(std::string(100'000, '\xFF')).size(), defaults::message_bytes);
}

TEST(QuotedText, IsOneShortPrintableLine) {
  EXPECT_EQ(in_quotes("plain"), R"("plain")");
  EXPECT_EQ(in_quotes("a\"b\\c\n\t\x1B[0m\xFF"), R"("a\"b\\c\n\t\x1b[0m\xff")");
  EXPECT_EQ(in_quotes(std::string(1000, 'x')), "\"" + std::string(64, 'x') + "...\"");
}

}  // namespace
}  // namespace weir::domain
