// Arguments and exit codes.
#include "app/cli/arguments.hpp"

#include <gtest/gtest.h>

#include "app/cli/exit_code.hpp"

namespace weir::app {
namespace {

TEST(Arguments, NameTheOptionAndTheFix) {
  EXPECT_EQ(*duration_argument("--in", "5m"), std::chrono::minutes{5});
  EXPECT_EQ(duration_argument("--in", "5").error().message,
            "--in: \"5\" is not a duration; write 500ms, 30s, 5m, 2h or 7d");
  EXPECT_FALSE(limit_argument("--wait", "forever")->has_value());
  EXPECT_EQ(**limit_argument("--wait", "1s"), std::chrono::seconds{1});
  EXPECT_EQ(*number_argument("-n", "7", 1, 10), 7);
  for (const char* wrong : {"", "0", "11", "7x", " 7", "+7", "99999999999"})
    EXPECT_FALSE(number_argument("-n", wrong, 1, 10)) << wrong;
  EXPECT_TRUE(*switch_argument("x", "true"));
  EXPECT_FALSE(switch_argument("x", "yes"));
}

TEST(ExitCodes, AreThoseOfTheInterface) {
  EXPECT_EQ(number(exit_code_of(errc::invalid)), 2);
  EXPECT_EQ(number(exit_code_of(errc::not_found)), 3);
  EXPECT_EQ(number(exit_code_of(errc::unavailable)), 4);
  EXPECT_EQ(number(exit_code_of(errc::read_only)), 4);
  EXPECT_EQ(number(exit_code_of(errc::refused)), 5);
  EXPECT_EQ(number(exit_code_of(errc::conflict)), 5);
  EXPECT_EQ(number(exit_code_of(errc::schema_missing)), 78);
  EXPECT_EQ(number(exit_code_of(errc::schema_mismatch)), 78);
  for (const auto code : {errc::in_doubt, errc::overloaded, errc::timeout, errc::internal})
    EXPECT_EQ(number(exit_code_of(code)), 1);
}

}  // namespace
}  // namespace weir::app
