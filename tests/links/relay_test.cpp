// A link at work: every byte arrives, nothing grows, a bad frame ends its own link only.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <string>
#include <vector>

#include "station.hpp"

namespace weir::actors::links {
namespace {

struct pair {
  station first{"n1", 11};
  station second{"n2", 22};
  link near, far;

  pair() { join(); }
  void join() {
    auto dialed = first.dial(second.address(), {"n2", 22});
    EXPECT_TRUE(dialed.ok()) << dialed.error().message;
    near = std::move(*dialed);
    far = second.accepted();
  }
};

std::string numbered(std::size_t bytes) {
  std::string body(bytes, '\0');
  for (std::size_t at = 0; at < bytes; ++at) body[at] = static_cast<char>((at * 2654435761U) >> 13U);
  return frame_header(2, static_cast<std::uint32_t>(bytes)) + body;
}

TEST(Relay, CarriesFiftyMegabytesPastASlowReaderWithoutGrowing) {
  pair links;
  const std::string one = numbered(1'000'000);
  const std::size_t all = one.size() * 50;
  std::vector<char> piece(20'000);  // one for all: what is freed is not given back at once under a sanitizer
  const std::size_t before = resident_bytes();
  std::size_t most = before, written = 0, read = 0, stalls = 0;
  bool same = true;
  // Written until nothing more fits; only then a little is read.
  while (read < all && same) {
    while (written < all) {
      const std::string_view rest = std::string_view{one}.substr(written % one.size());
      const std::size_t taken = write_some(links.near.end.get(), rest, 20ms);
      written += taken;
      if (taken == rest.size()) continue;
      ++stalls;
      break;
    }
    most = std::max(most, resident_bytes());
    ASSERT_LT(written - read, std::size_t{32} << 20U) << "more on its way than the kernel's buffers hold";
    for (int pieces = 0; pieces < 100 && read < all; ++pieces) {
      const std::size_t got = read_some(links.far.end.get(), piece.data(), piece.size(), 1s);
      if (got == 0) break;
      for (std::size_t at = 0; at < got; ++at) same = same && piece[at] == one[(read + at) % one.size()];
      read += got;
    }
  }
  EXPECT_EQ(read, all);
  EXPECT_TRUE(same);
  EXPECT_GT(stalls, 3U) << "the reader was not slow";
  EXPECT_LT(most - before, spare_bytes) << "the relay keeps what it can't deliver";
}

TEST(Relay, StopsTakingBytesWhenNobodyReads) {
  pair links;
  const std::size_t before = resident_bytes();
  const std::string one = numbered(1'000'000);
  std::size_t taken = 0;
  while (write_all(links.near.end.get(), one, 300ms) && taken < (std::size_t{200} << 20U))
    taken += one.size();
  EXPECT_LT(taken, std::size_t{32} << 20U) << "what the kernel's buffers hold, and 256 KiB";
  EXPECT_LT(resident_bytes() - before, spare_bytes);
}

TEST(Relay, CarriesBulkBothWaysAtOnce) {
  pair links;
  const std::string one = numbered(500'000);
  constexpr int frames = 20;
  const auto pump = [&one](int descriptor) {
    for (int count = 0; count < frames; ++count) {
      if (!write_all(descriptor, one, 60s)) return false;
    }
    return true;
  };
  auto there = std::async(std::launch::async, pump, links.near.end.get());
  auto back = std::async(std::launch::async, pump, links.far.end.get());
  auto seen = std::async(std::launch::async,
                         [&] { return read_exactly(links.near.end.get(), one.size() * frames, 60s); });
  const std::string got = read_exactly(links.far.end.get(), one.size() * frames, 60s);
  EXPECT_EQ(got.size(), one.size() * frames);
  EXPECT_EQ(seen.get(), got);
  EXPECT_TRUE(there.get() && back.get());
}

TEST(Relay, EndsTheLinkOfABadFrameAndNoOther) {
  witness beside;
  pair links;
  const struct {
    std::string bytes;
    std::string why;
  } cases[] = {
      {frame_header(1, 0), "the peer sent a handshake frame without a body"},
      {frame(100) + frame_header(2, 1U << 30U), "the peer sent a frame of 1073741824 bytes"},
      {"GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
       "the peer sent a frame of the unknown operation 71"},
  };
  for (const auto& c : cases) {
    ASSERT_TRUE(write_all(links.near.end.get(), c.bytes));
    EXPECT_TRUE(ends(links.far.end.get())) << c.why;
    EXPECT_TRUE(ends(links.near.end.get())) << c.why;
    EXPECT_TRUE(links.second.saw([&](const link_event& event) {
      return event.kind == link_event::what::closed && event.id == links.far.id && event.why.find(c.why) == 0;
    })) << links.second.story();
    links.join();
  }
  beside.check();
}

TEST(Relay, DeliversWhatWasWrittenBeforeTheEnd) {
  pair links;
  const std::string last = frame(100'000);
  ASSERT_TRUE(write_all(links.near.end.get(), last));
  links.near.end = local_end{};
  EXPECT_EQ(read_exactly(links.far.end.get(), last.size()), last);
  EXPECT_TRUE(ends(links.far.end.get()));
  EXPECT_TRUE(links.first.saw_why("the local end was closed"));
  EXPECT_TRUE(links.second.saw_why("the peer closed the connection")) << links.second.story();
}

TEST(Relay, ClosesALinkOnDemandOnce) {
  pair links;
  links.first.its().close(links.near.id, "its peer is gone from the table");
  links.first.its().close(links.near.id);
  links.first.its().close(4711);
  EXPECT_TRUE(ends(links.near.end.get()));
  EXPECT_TRUE(ends(links.far.end.get()));
  EXPECT_TRUE(links.first.saw_why("its peer is gone from the table"));
  links.join();
  EXPECT_EQ(links.first.count(link_event::what::closed), 1) << links.first.story();
}

TEST(Relay, SurvivesEndsThatVanishWhileBytesFlow) {
  // A write into an end that is gone must not raise SIGPIPE: with the default action it would end this process.
  ASSERT_NE(::signal(SIGPIPE, SIG_DFL), SIG_ERR);
  witness beside;
  pair links;
  for (int round = 0; round < 20; ++round) {
    auto writer = std::async(std::launch::async, [&links] {
      const std::string one = frame(200'000);
      while (write_all(links.near.end.get(), one, 5s)) continue;
    });
    read_exactly(links.far.end.get(), 300'000);
    links.far.end = local_end{};  // with bytes on their way to it
    writer.wait();
    links.join();
  }
  beside.check();
}

TEST(Relay, WaitsWithoutSpinning) {
  pair links;
  const auto spent = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto micros = [](const timeval& time) { return time.tv_sec * 1'000'000 + time.tv_usec; };
    return micros(usage.ru_utime) + micros(usage.ru_stime);
  };
  const auto before = spent();
  EXPECT_FALSE(ends(links.near.end.get(), 1s));
  EXPECT_LT(spent() - before, 100'000) << "microseconds of a second";
}

}  // namespace
}  // namespace weir::actors::links
