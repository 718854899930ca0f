// Which frames CAF may see, whatever pieces they arrive in.
#include "actors/links/frame_check.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>
#include <string_view>

#include "station.hpp"

namespace weir::actors::links {
namespace {

using namespace std::string_view_literals;

TEST(FrameCheck, PassesWhatCafMayRead) {
  const std::string cases[] = {
      "",
      frame_header(0, 1) + "x",
      frame_header(1, 5) + "12345",
      frame_header(2, 0),
      frame_header(6, 0) + frame_header(6, 0),
      frame_header(2, frame_body_max),
      frame(100000) + frame(1) + frame_header(4, 0),
      frame_header(3, 2) + "\xff\xff",   // a body may hold anything
      frame_header(0, 1).substr(0, 31),  // incomplete: nothing to say yet
  };
  for (const auto& bytes : cases) EXPECT_TRUE(frame_check{}.feed(bytes).ok()) << bytes.size();
}

TEST(FrameCheck, RefusesWhatHurtsCafAndSaysWhy) {
  const struct {
    std::string bytes;
    std::string_view why;
  } cases[] = {
      {frame_header(1, 0), "a handshake frame without a body"sv},  // ends the process
      {frame_header(0, 0), "a handshake frame without a body"sv},
      {frame_header(2, 1U << 30U), "a frame of 1073741824 bytes, where 67108864 are allowed"sv},
      {frame_header(2, frame_body_max + 1), "a frame of 67108865 bytes, where 67108864 are allowed"sv},
      {frame_header(2, 0xffffffffU), "a frame of 4294967295 bytes, where 67108864 are allowed"sv},
      {frame_header(7, 0), "a frame of the unknown operation 7"sv},
      {frame_header(255, 0), "a frame of the unknown operation 255"sv},
      {frame(3) + frame_header(9, 1), "a frame of the unknown operation 9"sv},
      {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "a frame of the unknown operation 71"sv},
  };
  for (const auto& c : cases) {
    frame_check check;
    const auto fed = check.feed(c.bytes);
    ASSERT_FALSE(fed.ok()) << c.why;
    EXPECT_EQ(fed.error().code, errc::invalid);
    EXPECT_EQ(fed.error().message, c.why);
    const auto later = check.feed(frame(1));
    ASSERT_FALSE(later.ok()) << "it forgot";
    EXPECT_EQ(later.error().message, c.why);
  }
}

TEST(FrameCheck, SaysTheSameHoweverTheBytesAreSplit) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 dice{seed};
  const auto below = [&dice](std::size_t bound) { return static_cast<std::size_t>(dice()) % bound; };
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (std::size_t frames = below(6); frames-- > 0;) bytes += frame(1 + below(200));
    const bool bad = below(2) == 0;
    if (bad) bytes += frame_header(1, 0);
    const std::string tail = bad ? frame(below(50) + 1) : std::string{};
    bytes += tail;
    frame_check check;
    bool passed = true;
    std::size_t at = 0, passed_bytes = 0;
    while (at < bytes.size() && passed) {
      const std::size_t piece = std::min(bytes.size() - at, 1 + below(70));
      passed = check.feed(std::string_view{bytes}.substr(at, piece)).ok();
      at += piece;
      if (passed) passed_bytes = at;
    }
    ASSERT_EQ(passed, !bad);
    // Never a byte behind the whole bad header.
    if (bad) {
      ASSERT_LT(passed_bytes, bytes.size() - tail.size());
    }
  }
}

}  // namespace
}  // namespace weir::actors::links
