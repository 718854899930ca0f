// Taking the address of a request apart.
#include "http/target.hpp"

#include <gmock/gmock.h>

namespace weir::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(Target, PartsThePathAtSlashesThatAreWrittenAsSuch) {
  EXPECT_THAT(parse_target("/")->path, IsEmpty());
  EXPECT_THAT(parse_target("/a/b")->path, ElementsAre("a", "b"));
  EXPECT_THAT(parse_target("/a/")->path, ElementsAre("a", ""));
  EXPECT_THAT(parse_target("/streams/a%2Fb%3Apin")->path, ElementsAre("streams", "a/b:pin"));
}

TEST(Target, DecodesTheQueryInOrder) {
  const auto found = parse_target("/tasks?state=in_progress&key=a+b%26c&flag&state=retry&=x&");
  ASSERT_TRUE(found);
  EXPECT_THAT(found->query, ElementsAre(Pair("state", "in_progress"), Pair("key", "a b&c"), Pair("flag", ""),
                                        Pair("state", "retry"), Pair("", "x")));
}

TEST(Target, KeepsAPlusInThePath) { EXPECT_THAT(parse_target("/a+b")->path, ElementsAre("a+b")); }

TEST(Target, RefusesWhatCannotBeMeant) {
  const struct {
    const char* text;
    const char* part;
  } cases[] = {{"", "must start with '/'"},
               {"http://x/", "must start with '/'"},
               {"*", "must start with '/'"},
               {"/%", "broken percent code"},
               {"/%4", "broken percent code"},
               {"/%zz", "broken percent code"},
               {"/a?b=%1", "broken percent code"},
               {"/%00", "NUL"},
               {"/a?b=%00", "NUL"},
               {"/%ff", "not UTF-8"}};
  for (const auto& c : cases) {
    const auto found = parse_target(c.text);
    ASSERT_FALSE(found) << c.text;
    EXPECT_EQ(found.error().code, errc::invalid) << c.text;
    EXPECT_THAT(found.error().message, HasSubstr(c.part)) << c.text;
  }
}

TEST(Target, LiesBelowABasePathOrElsewhere) {
  std::vector<std::string> path{"ops", "weir", "tasks"};
  EXPECT_TRUE(below("/ops/weir/", path));
  EXPECT_THAT(path, ElementsAre("tasks"));
  EXPECT_TRUE(below("/", path));
  EXPECT_THAT(path, ElementsAre("tasks"));
  EXPECT_FALSE(below("/weir", path));
  path = {"we"};
  EXPECT_FALSE(below("/we/ir", path)) << "the base path is longer";
}

}  // namespace
}  // namespace weir::http
