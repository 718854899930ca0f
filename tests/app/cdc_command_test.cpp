// weir cdc status|resync on the memory driver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/command_harness.hpp"

namespace weir::app {
namespace {

using testing::HasSubstr;

const char* const first = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e";
const char* const second = "00000000-0000-4000-8000-000000000001";

struct CdcCommand : testing::Test {
  command_harness weir;

  void pass(const std::string& controller, const std::string& name) {
    const auto driver = weir.node_driver();
    const auto store = driver->open_cdc();
    const auto begun = store->begin(controller, name);
    ASSERT_TRUE(begun.ok());
    ASSERT_TRUE(store
                    ->write({controller,
                             begun->number,
                             begun->round,
                             {{cdc_change::what::create, "a", {}, {}}},
                             std::nullopt,
                             std::nullopt})
                    .ok());
    ASSERT_TRUE(
        store->finish({controller, begun->number, {1, 0, 0, 2}, "object \"b\": no\x1b[31m", std::nullopt})
            .ok());
  }
};

TEST_F(CdcCommand, SaysThatNothingHasRun) {
  const auto done = weir.run({"cdc", "status"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "");
  EXPECT_THAT(done.err, HasSubstr("no cdc action has run yet"));
  EXPECT_EQ(weir.run({"cdc", "status", "-o", "json"}).json()["items"].size(), 0U);
}

TEST_F(CdcCommand, ShowsControllersAndTheirLastPass) {
  pass(first, "customers");
  const auto shown = weir.run({"cdc", "status", "-o", "json"}).json()["items"][0];
  EXPECT_EQ(shown["controller"], first);
  EXPECT_EQ(shown["name"], "customers");
  EXPECT_EQ(shown["objects"], 1);
  EXPECT_EQ(shown["created"], 1);
  EXPECT_EQ(shown["failed"], 2);
  EXPECT_FALSE(shown["finished_at"].is_null());
  const auto table = weir.run({"cdc", "status"}).out;
  EXPECT_THAT(table, HasSubstr(first));
  EXPECT_THAT(table, testing::Not(HasSubstr("\x1b"))) << "a source's text moves no cursor";
}

TEST_F(CdcCommand, ResyncsByNameOrUuid) {
  pass(first, "customers");
  EXPECT_EQ(weir.run({"cdc", "resync", "customers"}).code, 0);
  EXPECT_EQ(weir.world.store->cdc.at(first).row.round, 2);
  const auto done = weir.run({"cdc", "resync", "4F0C2F0E-8C5A-4F6E-9A51-1F2A3B4C5D6E", "-o", "json"});
  EXPECT_EQ(done.json()["objects"], 1);
  EXPECT_EQ(weir.world.store->cdc.at(first).row.round, 3);
  const auto unknown = weir.run({"cdc", "resync", "custmers"});
  EXPECT_EQ(unknown.code, 3);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'customers'?"));
  pass(second, "customers");
  EXPECT_THAT(weir.run({"cdc", "resync", "customers"}).err, HasSubstr("had several controllers"));
  EXPECT_EQ(weir.world.store->cdc.at(second).row.round, 1) << "neither";
  EXPECT_EQ(weir.run({"cdc", "resync"}).code, 2);
}

}  // namespace
}  // namespace weir::app
