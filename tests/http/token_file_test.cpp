// The file of tokens: written, read, and refused where it cannot be meant.
#include "http/token_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace weir::http {
namespace {

using testing::HasSubstr;

const std::string hash(64, 'a');

TEST(TokenFile, ATokenHasTwoHundredAndFiftySixRandomBitsInSafeCharacters) {
  const std::string one = make_token();
  EXPECT_THAT(one, testing::MatchesRegex("weir_[A-Za-z0-9_-]{43}"));
  EXPECT_NE(one, make_token());
}

TEST(TokenFile, TheHashIsThatOfSha256) {
  EXPECT_EQ(token_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(TokenFile, WhatIsWrittenIsReadAgainAndBelongsToItsOwnerAlone) {
  char place[] = "/tmp/weir_tokens_XXXXXX";
  ASSERT_NE(mkdtemp(place), nullptr);
  const std::string path = std::string{place} + "/tokens";
  const std::vector<token_entry> wanted{
      {"ops", role::admin, hash, "2026-11-22T19:00:00.000000Z"},
      {"grafana", role::viewer, std::string(64, '0'), "2026-11-23T19:00:00Z"}};
  const auto written = change_tokens(path, [&](auto& known) -> result<void> {
    known = wanted;
    return {};
  });
  ASSERT_TRUE(written) << written.error().message;
  const auto found = read_tokens(path);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].name, "ops");
  EXPECT_EQ((*found)[0].may, role::admin);
  EXPECT_EQ((*found)[1].hash, wanted[1].hash);
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  std::filesystem::remove_all(place);
}

TEST(TokenFile, NoneIsLostHoweverManyAddOneAtOnce) {
  char place[] = "/tmp/weir_tokens_XXXXXX";
  ASSERT_NE(mkdtemp(place), nullptr);
  const std::string path = std::string{place} + "/tokens";
  std::vector<std::thread> many;
  for (int who = 0; who < 8; ++who) {
    many.emplace_back([&path, who] {
      for (int n = 0; n < 20; ++n) {
        const auto added = change_tokens(path, [&](auto& known) -> result<void> {
          known.push_back(
              {std::to_string(who) + "-" + std::to_string(n), role::viewer, hash, "2026-11-22T19:00:00Z"});
          return {};
        });
        EXPECT_TRUE(added) << added.error().message;
      }
    });
  }
  for (auto& one : many) one.join();
  const auto found = read_tokens(path);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->size(), 160U);
  std::filesystem::remove_all(place);
}

TEST(TokenFile, AChangeThatIsRefusedWritesNothing) {
  char place[] = "/tmp/weir_tokens_XXXXXX";
  ASSERT_NE(mkdtemp(place), nullptr);
  const std::string path = std::string{place} + "/tokens";
  const auto refused = change_tokens(path, [](auto& known) -> result<void> {
    known.clear();
    return error{errc::conflict, "taken"};
  });
  EXPECT_EQ(refused.error().code, errc::conflict);
  EXPECT_FALSE(std::filesystem::exists(path));
  std::filesystem::remove_all(place);
}

TEST(TokenFile, SaysWhichLineIsWrong) {
  const std::string good = "ops admin sha256:" + hash + " 2026-11-22T19:00:00Z\n";
  const struct {
    std::string text;
    const char* part;
  } cases[] = {{"ops admin\n", "line 1: it has not four words"},
               {"# a comment\n\n" + good + "x y z\n", "line 4: it has not four words"},
               {"ops boss sha256:" + hash + " 2026-11-22T19:00:00Z\n", "\"boss\" is no role"},
               {"ops admin sha256:12 2026-11-22T19:00:00Z\n", "64 hex digits"},
               {"ops admin " + hash + " 2026-11-22T19:00:00Z\n", "64 hex digits"},
               {"ops admin sha256:" + hash + " yesterday\n", "not RFC 3339"},
               {good + good, "line 2: the name \"ops\" is there twice"},
               {good + "more words in this line here\n", "line 2"}};
  for (const auto& c : cases) {
    const auto found = parse_tokens(c.text);
    ASSERT_FALSE(found) << c.text;
    EXPECT_THAT(found.error().message, HasSubstr(c.part)) << c.text;
  }
  EXPECT_TRUE(parse_tokens("")->empty());
  EXPECT_EQ(parse_tokens(good)->size(), 1U);
}

TEST(TokenFile, AMissingFileIsNamed) {
  const auto found = read_tokens("/nowhere/tokens");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("/nowhere/tokens"));
}

}  // namespace
}  // namespace weir::http
