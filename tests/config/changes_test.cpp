// What of a changed configuration a running node takes over.
#include "config/changes.hpp"
#include "config/key_table.hpp"
#include "support.hpp"

namespace weir::config::testing {

using lists = std::map<std::string, bool>;

lists changed(const std::string& before, const std::string& after) {
  lists out;
  for (const auto& one : changes(accepted(before), accepted(after))) out[one.path] = one.live;
  return out;
}

TEST(ChangedConfiguration, IsNothingWhereNothingHasChanged) {
  EXPECT_EQ(changed("[log]\nlevel = 'info'\n", "# the default\n"), lists{});
}

TEST(ChangedConfiguration, TellsWhatNeedsARestart) {
  EXPECT_EQ(changed("[log]\nlevel = 'info'\n", "[log]\nlevel = 'debug'\nformat = 'json'\n"),
            (lists{{"log.level", true}, {"log.format", false}}));
  const std::string action = "[action.\"a b\"]\ntype = 'noop'\n";
  EXPECT_EQ(changed(action,
                    action + "timeout = '5s'\nmax_crashes = 4\nretry = { every = '1m', max_attempts = 3 }\n"),
            (lists{{"action.\"a b\".timeout", false},
                   {"action.\"a b\".max_crashes", true},
                   {"action.\"a b\".retry.every", true},
                   {"action.\"a b\".retry.exponential", true},
                   {"action.\"a b\".retry.max", true},
                   {"action.\"a b\".retry.max_attempts", true}}));
}

TEST(ChangedConfiguration, SeesSecretsChange) {
  EXPECT_EQ(
      changed("[database]\nurl = 'postgres://a:one@h/d'\n", "[database]\nurl = 'postgres://a:two@h/d'\n"),
      (lists{{"database.url", false}}));
  const std::string mail = "[action.mail]\ntype = 'email'\napi_key = ";
  EXPECT_EQ(changed(mail + "'one'\n", mail + "'two'\n"), (lists{{"action.mail.api_key", false}}));
}

TEST(ChangedConfiguration, SeesWhatIsNewAndWhatIsGone) {
  const auto found = changed("[stream.a]\nmode = 'single'\n", "[node]\nlabels = { zone = 'a' }\n");
  EXPECT_EQ(found.count("node.labels.zone"), 1U);
  EXPECT_EQ(found.count("stream.a.mode"), 1U);
}

}  // namespace weir::config::testing
