// The table of keys against the code's defaults, and the reference page against the table.
#include <cstdlib>
#include <sstream>

#include "config/formats.hpp"
#include "config/key_table.hpp"
#include "config/reference.hpp"
#include "config/shown_values.hpp"
#include "config/suggest.hpp"
#include "support.hpp"

namespace weir::config::testing {

std::string plain(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

TEST(TableOfKeys, NamesTheDefaultsThatTheCodeHas) {
  const auto config = accepted(
      "[stream.x]\nmode = 'single'\n[action.a]\ntype = 'noop'\n[schedule.s]\ntask = 't'\nevery = '1m'\n");
  std::map<std::string, std::string> shown;
  for (const auto& each : shown_values(config)) shown[joined(each.path)] = plain(each.value);
  for (const auto& row : all_keys()) {
    std::string path{row.path};
    for (const auto& [section, name] :
         {std::pair{"stream.*", "stream.x"}, {"action.*", "action.a"}, {"schedule.*", "schedule.s"}}) {
      if (path.rfind(section, 0) == 0) path.replace(0, std::string{section}.size(), name);
    }
    const auto found = shown.find(path);
    if (found == shown.end() || row.preset.empty() || row.preset.front() == '(') continue;
    EXPECT_EQ(found->second, row.preset) << path;
    shown.erase(found);
  }
  // What is left has no literal default in the table.
  for (const char* const path :
       {"node.name", "node.state_dir", "stream.x.mode", "stream.x.partitions", "stream.x.concurrency",
        "stream.x.isolation", "action.a.type", "schedule.s.task", "schedule.s.every"}) {
    EXPECT_EQ(shown.erase(path), 1U) << path;
  }
  EXPECT_TRUE(shown.empty()) << shown.begin()->first << " has a default that the table does not name";
}

TEST(TableOfKeys, HasEveryRowOnceAndInASection) {
  std::map<std::string_view, int> count;
  for (const auto& row : all_keys()) {
    EXPECT_EQ(++count[row.path], 1) << row.path;
    EXPECT_FALSE(row.sentence.empty()) << row.path;
    bool listed = false;
    for (const auto& part : all_sections()) {
      listed = listed || row.path.rfind(std::string{part.path} + ".", 0) == 0;
    }
    EXPECT_TRUE(listed) << row.path;
  }
}

TEST(ConfigurationReference, IsWhatTheTableSays) {
  const std::string file = WEIR_REPOSITORY "/docs/configuration.md";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream{file} << reference();
  std::stringstream text;
  text << std::ifstream{file}.rdbuf();
  EXPECT_EQ(text.str(), reference()) << "run this test with UPDATE_GOLDEN=1 and look at the difference";
}

TEST(Formats, OfSizes) {
  EXPECT_EQ(parse_size("1MiB"), 1048576U);
  EXPECT_EQ(parse_size("12B"), 12U);
  EXPECT_EQ(parse_size("0KiB"), 0U);
  for (const char* const text :
       {"", "B", "1", "1 MiB", "1.5MiB", "-1B", "1MB", "99999999999999GiB", "1mib"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
  EXPECT_EQ(format_size(1048576), "1MiB");
  EXPECT_EQ(format_size(1000), "1000B");
}

TEST(Formats, OfAddresses) {
  EXPECT_EQ(parse_address("[::1]:80")->host, "::1");
  EXPECT_EQ(parse_address("localhost:0")->port, 0);
  EXPECT_TRUE(parse_address("127.9.9.9:1")->loopback);
  EXPECT_FALSE(parse_address("127.9.9:1")->loopback);
  EXPECT_FALSE(parse_address("10.0.0.1:1")->loopback);
  for (const char* const text :
       {"", "80", ":80", "h:", "h:x", "h:-1", "h:70000", "::1:80", "[::1]", "[]:1", "a b:1"}) {
    EXPECT_EQ(parse_address(text), std::nullopt) << text;
  }
}

TEST(Suggestions, AreNearOrNone) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("ab", "ba"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(nearest("listne", {"name", "listen"}), "listen");
  EXPECT_EQ(nearest("LISTEN", {"listen"}), "listen");
  EXPECT_EQ(nearest("zzz", {"name", "listen"}), std::nullopt);
  EXPECT_EQ(nearest(std::string(5000, 'n'), {"name"}), std::nullopt);
}

}  // namespace weir::config::testing
