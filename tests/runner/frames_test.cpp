// The wire format: everything comes back as it went, and nothing else is taken for a frame.
#include "runner/frames.hpp"

#include <random>

#include <gtest/gtest.h>

#include "support.hpp"

namespace weir::runner {
namespace {

using domain::run_request;
using domain::run_result;
using domain::run_verdict;

constexpr std::size_t limit = max_frame_bytes(1 << 20);

template <class T>
T through(const T& value) {
  frame_decoder decoder{limit};
  decoder.feed(encode(frame{value}));
  auto out = decoder.next();
  EXPECT_TRUE(out.ok());
  EXPECT_TRUE(out->has_value());
  EXPECT_TRUE(std::holds_alternative<T>(**out));
  return std::get<T>(**out);
}

run_request full_request() {
  run_request r = request(42, "customer_update", R"({"a":"\u00e4","b":[1,2,3]})");
  r.key = std::string{"k\0ey", 4};
  r.created_at = wall_time{std::chrono::microseconds{-5}};
  r.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  r.attempt = 7;
  r.fencing_token = ~std::uint64_t{0};
  return r;
}

TEST(Frames, ARequestComesBackWhole) {
  const run_request in = full_request();
  const run_request out = through(in);
  EXPECT_EQ(out.run_id, in.run_id);
  EXPECT_EQ(out.task_id, in.task_id);
  EXPECT_EQ(out.name, in.name);
  EXPECT_EQ(out.key, in.key);
  EXPECT_EQ(out.stream, in.stream);
  EXPECT_EQ(out.data, in.data);
  EXPECT_EQ(out.created_by, in.created_by);
  EXPECT_EQ(out.created_at, in.created_at);
  EXPECT_EQ(out.traceparent, in.traceparent);
  EXPECT_EQ(out.attempt, in.attempt);
  EXPECT_EQ(out.fencing_token, in.fencing_token);
}

TEST(Frames, ARequestWithoutKeyHasNoneAfterwards) { EXPECT_FALSE(through(request(1, "x")).key.has_value()); }

TEST(Frames, AVerdictOfEveryResultComesBack) {
  for (const char letter : std::string{"drfzctxism"}) {
    run_verdict in;
    in.run_id = 9;
    in.result = static_cast<run_result>(letter);
    in.message = "why";
    in.delay = 1500ms;
    in.started_at = wall_time{std::chrono::microseconds{1}};
    in.took = 12ms;
    const run_verdict out = through(in);
    EXPECT_EQ(out.run_id, 9U);
    EXPECT_EQ(out.result, in.result);
    EXPECT_EQ(out.message, "why");
    EXPECT_EQ(out.delay, in.delay);
    EXPECT_EQ(out.started_at, in.started_at);
    EXPECT_EQ(out.took, in.took);
  }
}

TEST(Frames, TheSmallOnesComeBack) {
  EXPECT_EQ(through(extend_frame{boot_time{123456789ns}}).deadline, boot_time{123456789ns});
  EXPECT_EQ(through(armed_frame{boot_time::max()}).deadline, boot_time::max());
  EXPECT_EQ(through(stop_frame{5}).run_id, 5U);
  through(close_frame{});
  through(opened_frame{});
  EXPECT_EQ(through(open_frame{7}).fencing_token, 7U);
  EXPECT_TRUE(through(hello_frame{true, "w"}).contained);
  EXPECT_EQ(through(hello_frame{false, "w"}).warning, "w");
  EXPECT_EQ(through(started_frame{3, wall_time{7us}}).at, wall_time{7us});
  const log_line line = through(log_line{log_level::error, "s", 1, "n", 2, "text", "trace"});
  EXPECT_EQ(line.level, log_level::error);
  EXPECT_EQ(line.text, "text");
  EXPECT_EQ(line.trace_id, "trace");
  EXPECT_EQ(line.attempt, 2);
}

TEST(Frames, BytesMayComeOneByOneAndManyFramesAtOnce) {
  std::string bytes;
  for (std::uint64_t i = 0; i < 200; ++i) bytes += encode(frame{request(i, "x", std::string(1000, 'd'))});
  frame_decoder dribble{limit}, gulp{limit};
  gulp.feed(bytes);
  std::uint64_t dribbled = 0, gulped = 0;
  for (const char byte : bytes) {
    dribble.feed({&byte, 1});
    while (auto next = *dribble.next()) EXPECT_EQ(std::get<run_request>(*next).run_id, dribbled++);
  }
  while (auto next = *gulp.next()) EXPECT_EQ(std::get<run_request>(*next).run_id, gulped++);
  EXPECT_EQ(dribbled, 200U);
  EXPECT_EQ(gulped, 200U);
}

struct hostile {
  const char* what;
  std::string bytes;
};

TEST(Frames, WhatIsNoFrameIsRefusedAndStaysRefused) {
  std::string longer = encode(frame{stop_frame{1}});
  longer[0] = static_cast<char>(longer[0] + 1);
  longer += 'x';
  std::string liar = encode(frame{hello_frame{false, "warning"}});
  liar[6] = '\xff';
  std::string bad_flag = encode(frame{hello_frame{false, ""}});
  bad_flag[5] = '\2';
  std::string bad_result = encode(frame{run_verdict{}});
  bad_result[13] = 'q';
  std::string bad_level = encode(frame{log_line{}});
  bad_level[5] = '\5';
  const hostile table[] = {
      {"length zero", std::string(4, '\0')},
      {"length over the bound", std::string{"\xff\xff\xff\xff", 4}},
      {"length just over the bound", std::string{"\x01\x00\x21\x00", 4}},
      {"type zero", std::string{"\1\0\0\0\0", 5}},
      {"unknown type", std::string{"\1\0\0\0\x7f", 5}},
      {"fields missing", std::string{"\1\0\0\0\2", 5}},
      {"bytes left over", longer},
      {"a text longer than its frame", liar},
      {"a flag that is neither", bad_flag},
      {"a result that does not exist", bad_result},
      {"a log level that does not exist", bad_level},
      {"text", "Segmentation fault (core dumped)\n"},
  };
  for (const hostile& h : table) {
    frame_decoder decoder{limit};
    decoder.feed(h.bytes);
    EXPECT_FALSE(decoder.next().ok()) << h.what;
    decoder.feed(encode(frame{close_frame{}}));
    EXPECT_FALSE(decoder.next().ok()) << h.what << ", afterwards";
  }
}

TEST(Frames, EveryCutOfAFrameWaitsForMore) {
  const std::string whole = encode(frame{full_request()});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    frame_decoder decoder{limit};
    decoder.feed({whole.data(), size});
    const auto next = decoder.next();
    ASSERT_TRUE(next.ok()) << size;
    EXPECT_FALSE(next->has_value()) << size;
  }
}

TEST(Frames, FlippedBitsNeverDoMoreThanBeRefusedOrRead) {
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", static_cast<int>(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const frame samples[] = {frame{full_request()}, frame{run_verdict{}}, frame{log_line{}},
                           frame{hello_frame{true, "w"}}};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = encode(samples[random() % std::size(samples)]);
    for (int flips = 1 + static_cast<int>(random() % 4); flips > 0; --flips) {
      const std::size_t at = random() % bytes.size();
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << (random() % 8)));
    }
    frame_decoder decoder{limit};
    decoder.feed(bytes);
    for (int i = 0; i < 4; ++i) {
      auto next = decoder.next();
      if (!next || !*next) break;
      const std::string again = encode(**next);
      EXPECT_LE(again.size(), bytes.size());
    }
  }
}

}  // namespace
}  // namespace weir::runner
