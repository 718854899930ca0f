// The token of a message that may be sent again.
#include "domain/message_token.hpp"

#include <gtest/gtest.h>

namespace weir::domain {
namespace {

using std::chrono::milliseconds;

TEST(MessageToken, IsAUuidOfVersionSevenWithTheSendersTimeInFront) {
  const wall_time sent{milliseconds{0x017F22E279B0}};  // the example of RFC 9562, appendix A.6
  EXPECT_EQ(make_message_token(sent, 0x18C4'0000'0000'0CC3U, 0x0000'0C0C'0739'8F00U),
            "017f22e2-79b0-7cc3-98c4-0c0c07398f00");
}

TEST(MessageToken, LaterOnesAreGreater) {
  const wall_time sent{milliseconds{1'700'000'000'000}};
  EXPECT_LT(make_message_token(sent, ~0ULL, ~0ULL), make_message_token(sent + milliseconds{1}, 0, 0));
}

TEST(MessageToken, IsKnownByItsForm) {
  EXPECT_TRUE(is_message_token(make_message_token(wall_time{}, ~0ULL, ~0ULL)));
  for (const char* const wrong :
       {"", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e2_79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g"})
    EXPECT_FALSE(is_message_token(wrong)) << wrong;
}

}  // namespace
}  // namespace weir::domain
