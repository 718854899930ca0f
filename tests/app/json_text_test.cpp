// JSON is laid out and taken apart without changing numbers or strings.
#include "app/cli/json_text.hpp"

#include <gtest/gtest.h>

#include "app/cli/task_input.hpp"

namespace weir::app {
namespace {

TEST(Pretty, LaysOutWithoutTouchingValues) {
  EXPECT_EQ(pretty(R"({"a":[1,{"b":"x,}{\" "}],"c":{},"d":[],"e":12345678901234567890123})"),
            "{\n"
            "  \"a\": [\n"
            "    1,\n"
            "    {\n"
            "      \"b\": \"x,}{\\\" \"\n"
            "    }\n"
            "  ],\n"
            "  \"c\": {},\n"
            "  \"d\": [],\n"
            "  \"e\": 12345678901234567890123\n"
            "}");
  EXPECT_EQ(pretty("null"), "null");
}

TEST(Squeezed, DropsBlanksOutsideOfStringsOnly) {
  EXPECT_EQ(squeezed("{ \"a b\" :\n [ 1 , \"c \\\" d\" ] }"), "{\"a b\":[1,\"c \\\" d\"]}");
}

TEST(ObjectMembers, GivesRawValues) {
  const auto members =
      object_members(R"( { "n\u0061me" : "x" , "data":{"id":12345678901234567890123}, "k":null } )");
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 3U);
  EXPECT_EQ((*members)[0].name, "name");
  EXPECT_EQ((*members)[0].value, "\"x\"");
  EXPECT_EQ((*members)[1].value, R"({"id":12345678901234567890123})");
  EXPECT_EQ((*members)[2].value, "null");
}

TEST(ObjectMembers, RefusesWhatIsNoObject) {
  for (const char* text :
       {"", "[]", "1", "\"x\"", "{", "{\"a\":1}{", "{\"a\":1,\"a\":2}", "nul", "{\"a\":\"\xFF\"}"}) {
    const auto members = object_members(text);
    ASSERT_FALSE(members) << text;
    EXPECT_EQ(members.error().code, errc::invalid) << text;
  }
}

struct line_case {
  const char* line;
  const char* complaint;  ///< part of the message
};

TEST(RowOfLine, SaysWhatIsWrong) {
  const std::string long_name(65, 'x');
  const std::string too_long = "{\"name\":\"" + long_name + "\"}";
  const line_case cases[]{
      {"{}", "\"name\" is missing"},
      {"not json", "not valid JSON"},
      {"[\xdd\x7f\xe2\x80\xa8", "\\xdd"},
      {R"({"name":7})", "must be a string"},
      {R"({"name":"mail","keyy":"1"})", "did you mean 'key'"},
      {R"({"name":"mail","do_after":"tomorrow"})", "RFC 3339"},
      {R"({"name":"mail","id":"4"})", "unknown member \"id\""},
      {R"({"name":"mail","data":{"a":"\u0000"}})", "\\u0000"},
      {R"({"name":"mail","data":{"too":"0123456789012345678901234567890123456789"}})", "40"},
      {too_long.c_str(), "64"},
  };
  for (const auto& one : cases) {
    const auto row = row_of_line(one.line, 40);
    ASSERT_FALSE(row) << one.line;
    EXPECT_NE(row.error().message.find(one.complaint), std::string::npos)
        << one.line << " -> " << row.error().message;
  }
}

TEST(RowOfLine, KeepsDataAsItWasWritten) {
  const auto row =
      row_of_line(R"({"name":"mail","key":"","data":{"n":1.50e3},"do_after":"2026-11-22T19:00:00Z"})", 1000);
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ(row->data, R"({"n":1.50e3})");
  EXPECT_FALSE(row->key) << "an empty key is no key";
  EXPECT_TRUE(row->do_after);
  const auto bare = row_of_line(R"({"name":"mail","key":null,"data":null})", 1000);
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->data, "{}");
}

}  // namespace
}  // namespace weir::app
