// Passes of change data capture on the memory driver: what is handled, kept, tried again, and when nothing is touched.
#include "actions/cdc.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/cdc_pass.hpp"
#include "domain/object_hash.hpp"
#include "drivers/memory/memory_driver.hpp"

namespace weir::actions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const char* const controller = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e";
const char* const another = "00000000-0000-4000-8000-000000000001";

/// A run that is asked to end after so many looks.
class run_context final : public context {
 public:
  bool stop_requested() const override { return stop_after >= 0 && looks++ >= stop_after; }
  boot_time deadline() const override { return boot_time::max(); }
  std::uint64_t fencing_token() const override { return 1; }
  int attempt() const override { return 1; }
  const std::string& node() const override { return name; }
  void log(const std::string& line) override { lines.push_back(line); }
  void progress(double, const std::string&) override {}

  int stop_after = -1;
  mutable int looks = 0;
  std::string name = "n1";
  std::vector<std::string> lines;
};

struct CdcPass : testing::Test {
  std::shared_ptr<memory::world> world = memory::make_world();
  std::shared_ptr<memory::memory_driver> driver = memory::make_driver(world);
  run_context ctx;
  std::vector<std::string> called;  ///< "create a", in order
  std::set<std::string> failing;    ///< objects whose callback fails
  cdc_plan plan = [this] {
    cdc_source source{controller, "source"};
    const auto note = [this](const char* kind) {
      return [this, kind](const object_change& change, context&) {
        called.push_back(kind + (" " + change.object_id));
        return failing.count(change.object_id) == 0 ? outcome::success() : outcome::failure("no such luck");
      };
    };
    source.on_create(note("create")).on_update(note("update")).on_delete(note("delete"));
    auto made = plan_of("customers", source);
    if (!made) throw std::runtime_error(made.error().message);
    return *made;
  }();

  static cdc_source_row row(const std::string& object, int n) {
    cdc_hash hash{};
    hash.fill(static_cast<unsigned char>(n));
    return {object, domain::format_object_hash(hash)};
  }
  void give(const std::map<std::string, int>& objects) {
    auto& rows = world->sources["source"];
    rows.clear();
    for (const auto& [object, n] : objects) rows.push_back(row(object, n));
  }
  result<cdc_report> pass() {
    called.clear();
    return run_pass(plan, *driver, ctx);
  }
  std::string said() {
    const auto done = pass();
    return done ? done->text() : "error: " + done.error().message;
  }
  std::size_t kept(const std::string& of = controller) const {
    const auto at = world->cdc.find(of);
    return at == world->cdc.end() ? 0 : at->second.hashes.size();
  }
  /// Names and keys of all tasks, oldest first.
  std::vector<std::string> tasks() const {
    std::vector<std::string> all;
    for (const auto& [id, task] : world->task_rows) all.push_back(task.name + " " + task.key.value_or("-"));
    return all;
  }
};

TEST_F(CdcPass, CallsBackForWhatHasChangedAndForNothingElse) {
  give({{"a", 1}, {"b", 2}, {"c", 3}});
  EXPECT_EQ(said(), "3 created");
  EXPECT_THAT(called, ElementsAre("create a", "create b", "create c"));
  EXPECT_EQ(said(), "nothing has changed");
  EXPECT_THAT(called, IsEmpty());
  give({{"a", 1}, {"b", 9}, {"d", 4}});
  EXPECT_EQ(said(), "1 created, 1 updated, 1 deleted");
  EXPECT_THAT(called, ElementsAre("update b", "delete c", "create d"));
  EXPECT_EQ(kept(), 3U);
}

TEST_F(CdcPass, NeverSeesAnotherControllersObjects) {
  give({{"a", 1}, {"b", 2}});
  cdc_plan theirs = plan;
  theirs.controller = another;
  ASSERT_TRUE(run_pass(theirs, *driver, ctx).ok());
  give({{"b", 2}});
  EXPECT_EQ(said(), "1 created");
  EXPECT_THAT(called, ElementsAre("create b")) << "a is the other's: not gone for this one";
  EXPECT_EQ(said(), "nothing has changed");
  EXPECT_EQ(kept(another), 2U);
}

TEST_F(CdcPass, KeepsTheHashOnlyAfterTheCallbackSucceeded) {
  give({{"a", 1}, {"b", 2}, {"c", 3}});
  failing = {"b"};
  EXPECT_EQ(said(), "2 created, 1 failed, first: object \"b\": no such luck");
  EXPECT_EQ(kept(), 2U);
  EXPECT_THAT(ctx.lines, ElementsAre("object \"b\": no such luck"));
  EXPECT_EQ(world->cdc.at(controller).row.problem, "object \"b\": no such luck");
  EXPECT_EQ(world->cdc.at(controller).row.last.failed, 1);
  EXPECT_EQ(said(), "1 failed, first: object \"b\": no such luck");
  EXPECT_THAT(called, ElementsAre("create b"));
  failing.clear();
  EXPECT_EQ(said(), "1 created");
  EXPECT_EQ(kept(), 3U);
  failing = {"a", "b"};
  give({{"a", 5}, {"c", 3}});
  EXPECT_EQ(said(), "2 failed, first: object \"a\": no such luck");
  failing.clear();
  EXPECT_EQ(said(), "1 updated, 1 deleted");
}

TEST_F(CdcPass, TakesExceptionsForFailures) {
  give({{"a", 1}, {"b", 2}});
  int calls = 0;
  plan.create = [&calls](const object_change&, context&) -> outcome {
    if (++calls == 1) throw std::runtime_error("the partner hung up");
    throw 42;
  };
  EXPECT_THAT(said(), HasSubstr("2 failed, first: object \"a\": the partner hung up"));
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(kept(), 0U);
}

TEST_F(CdcPass, OnlyRemembersWhatHasNoCallback) {
  plan.create = nullptr;
  plan.remove = nullptr;
  std::map<std::string, int> many;
  for (int i = 0; i < 1200; ++i) many["object-" + std::to_string(i)] = 1;
  plan.limit = 2000;
  give(many);
  EXPECT_EQ(said(), "1200 created");
  many.erase("object-7");
  many["object-8"] = 2;
  give(many);
  EXPECT_EQ(said(), "1 updated, 1 deleted");
  EXPECT_THAT(called, ElementsAre("update object-8"));
}

TEST_F(CdcPass, FailingObjectsDoNotStarveTheOthers) {
  plan.limit = 10;
  std::map<std::string, int> objects;
  for (int i = 0; i < 10; ++i) {
    objects["a-" + std::to_string(i)] = 1;  // first in order
    failing.insert("a-" + std::to_string(i));
  }
  for (int i = 0; i < 1000; ++i) objects["b-" + std::to_string(i)] = 1;
  give(objects);
  int passes = 0;
  std::map<std::string, int> tries;
  while (kept() < 1000) {
    ASSERT_LT(++passes, 110) << kept() << " of 1000 are through";
    ASSERT_TRUE(pass().ok());
    EXPECT_THAT(called, SizeIs(testing::Le(10)));
    for (const auto& call : called) ++tries[call];
  }
  EXPECT_EQ(passes, 101) << "one for the failing ones, a hundred for the others";
  EXPECT_EQ(tries.size(), 1010U);
  ASSERT_TRUE(pass().ok());
  EXPECT_THAT(called, SizeIs(10));
  EXPECT_EQ(called.front(), "create a-0") << "their turn again";
}

TEST_F(CdcPass, AnObjectThatEndsTheProcessDoesNotStarveTheOthers) {
  give({{"a", 1}, {"b", 2}, {"c", 3}});
  plan.create = [this](const object_change& change, context&) {
    called.push_back(change.object_id);
    // As if the process were gone: nothing is written any more.
    if (change.object_id == "b") driver->trouble().cut(true);
    return outcome::success();
  };
  EXPECT_FALSE(pass().ok());
  EXPECT_THAT(called, ElementsAre("a", "b"));
  driver->trouble().cut(false);
  EXPECT_EQ(kept(), 1U) << "a";
  plan.create = [this](const object_change& change, context&) {
    called.push_back(change.object_id);
    return outcome::success();
  };
  ASSERT_TRUE(pass().ok());
  EXPECT_THAT(called, ElementsAre("c", "b")) << "the one that did it comes last";
}

TEST_F(CdcPass, StopsWhenAskedAndKeepsWhatIsDone) {
  give({{"a", 1}, {"b", 2}, {"c", 3}});
  ctx.stop_after = 5;  // looks while pages are read, then before each callback
  const auto done = pass();
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_TRUE(done->stopped);
  EXPECT_EQ(kept(), called.size());
  EXPECT_LT(called.size(), 3U);
  const auto before = called.size();
  ctx.stop_after = -1;
  EXPECT_EQ(said(), std::to_string(3 - before) + " created");
  EXPECT_EQ(kept(), 3U);
}

TEST_F(CdcPass, EnqueuesTasksExactlyOnce) {
  plan.enqueues = true;
  give({{"a", 1}, {"b", 2}});
  EXPECT_EQ(said(), "2 created");
  EXPECT_EQ(said(), "nothing has changed");
  give({{"b", 3}});
  EXPECT_EQ(said(), "1 updated, 1 deleted");
  EXPECT_THAT(tasks(), ElementsAre("customers.create a", "customers.create b", "customers.delete a",
                                   "customers.update b"));
  EXPECT_THAT(called, IsEmpty()) << "no callbacks in this form";
}

TEST_F(CdcPass, ALostAnswerMakesNoTaskTwice) {
  plan.enqueues = true;
  give({{"a", 1}, {"b", 2}});
  driver->trouble().next("cdc.write", {memory::fault::what::lose_answer, errc::in_doubt});
  EXPECT_THAT(said(), HasSubstr("error: "));
  EXPECT_EQ(said(), "nothing has changed") << "it had happened";
  driver->trouble().next("cdc.write", {memory::fault::what::delay, errc::in_doubt});
  give({{"a", 1}, {"b", 2}, {"c", 3}});
  EXPECT_THAT(said(), HasSubstr("error: "));
  EXPECT_EQ(said(), "1 created");
  EXPECT_EQ(world->deliver_delayed(), 1U) << "the late one comes after a newer pass";
  EXPECT_THAT(tasks(), ElementsAre("customers.create a", "customers.create b", "customers.create c"));
}

TEST_F(CdcPass, TouchesNothingWhenItsSourceBreaksOff) {
  std::map<std::string, int> objects;
  for (int i = 0; i < 40; ++i) objects[std::to_string(100 + i)] = 1;
  give(objects);
  ASSERT_TRUE(pass().ok());
  give({{"100", 1}, {"101", 2}});  // 38 are gone, one has changed
  for (const char* at : {"cdc_reader.open", "cdc_reader.next"}) {
    driver->trouble().next(at, {memory::fault::what::refuse, errc::unavailable});
    EXPECT_THAT(said(), HasSubstr("error: ")) << at;
    EXPECT_THAT(called, IsEmpty()) << at;
    EXPECT_EQ(kept(), 40U);
    EXPECT_THAT(*world->cdc.at(controller).row.problem, HasSubstr(at));
  }
  driver->trouble().next("cdc_reader.next", {memory::fault::what::refuse, errc::timeout});
  EXPECT_EQ(make_cdc_action(plan, driver)(task{}, ctx).what(), outcome::kind::retry);
  EXPECT_THAT(called, IsEmpty());
  EXPECT_EQ(said(), "1 updated, 38 deleted");
}

TEST_F(CdcPass, TouchesNothingWhenItsSourceGivesNonsense) {
  give({{"a", 1}, {"b", 2}});
  ASSERT_TRUE(pass().ok());
  const std::pair<std::vector<cdc_source_row>, const char*> cases[] = {
      {{row("c", 1), {std::nullopt, row("x", 1).hash}}, "without object_id"},
      {{row("c", 1), row("c", 2)}, "object_id \"c\" twice"},
      {{row("c", 1), {"d", std::nullopt}}, "no hash (null) for object_id \"d\""},
      {{row("c", 1), {"d", "17"}}, "which is no uuid"},
  };
  for (const auto& [rows, complaint] : cases) {
    world->sources["source"] = rows;
    called.clear();
    const auto said = make_cdc_action(plan, driver)(task{}, ctx);
    EXPECT_EQ(said.what(), outcome::kind::failure);
    EXPECT_THAT(said.message(), HasSubstr(complaint));
    EXPECT_THAT(called, IsEmpty());
    EXPECT_EQ(kept(), 2U);
  }
}

TEST_F(CdcPass, DoesNotBelieveThatEverythingIsGoneAtOnce) {
  const auto fill = [this](int count) {
    std::map<std::string, int> objects;
    for (int i = 0; i < count; ++i) objects[std::to_string(1000 + i)] = 1;
    give(objects);
    ASSERT_TRUE(pass().ok());
  };
  plan.limit = 1000;
  fill(101);
  give({});
  EXPECT_THAT(said(), HasSubstr("gives no object at all while 101 are kept: nothing was deleted"));
  EXPECT_EQ(kept(), 101U);
  world->cdc.change(controller).row.go_on_after = "1050";  // a pass that goes on looks at the other part, too
  EXPECT_THAT(said(), HasSubstr("nothing was deleted"));
  plan.limit = 10;
  world->cdc.change(controller).row.go_on_after = "1050";
  EXPECT_THAT(said(), HasSubstr("nothing was deleted"));
  give({{"1000", 1}});
  EXPECT_EQ(said(), "10 deleted, limit reached: the next pass goes on")
      << "one object is there: it is no accident";
  plan.limit = 1000;
  give({});
  EXPECT_EQ(said(), "91 deleted") << "100 or fewer are believed";
  fill(200);
  give({});
  plan.allow_empty = true;
  EXPECT_EQ(said(), "200 deleted");
}

TEST_F(CdcPass, GoesRoundWithASmallLimit) {
  plan.limit = 3;
  give({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}, {"f", 1}, {"g", 1}});
  EXPECT_EQ(said(), "3 created, limit reached: the next pass goes on");
  give({{"a", 2}, {"b", 2}, {"c", 2}, {"d", 2}, {"e", 2}, {"f", 2}, {"g", 2}});
  ASSERT_TRUE(pass().ok());
  EXPECT_THAT(called, ElementsAre("create d", "create e", "create f")) << "not a again";
  ASSERT_TRUE(pass().ok());
  EXPECT_THAT(called, ElementsAre("create g", "update a", "update b"));
  EXPECT_EQ(said(), "1 updated");
  EXPECT_THAT(called, ElementsAre("update c"));
}

TEST_F(CdcPass, ResyncHandlesEverythingOnce) {
  give({{"a", 1}, {"b", 2}});
  ASSERT_TRUE(pass().ok());
  ASSERT_TRUE(driver->open_cdc()->resync(controller).ok());
  EXPECT_EQ(said(), "2 updated");
  EXPECT_EQ(said(), "nothing has changed");
}

TEST_F(CdcPass, NamesWhatASourceOfAProgramMustHave) {
  const auto complaint = [](const cdc_source& source) {
    const auto made = plan_of("customers", source);
    return made ? "" : made.error().message;
  };
  EXPECT_EQ(complaint({"4F0C2F0E-8C5A-4F6E-9A51-1F2A3B4C5D6E", "select 1"}), "");
  EXPECT_THAT(complaint({"customers", "select 1"}), HasSubstr("controller must be a uuid"));
  EXPECT_THAT(complaint({controller, " ; "}), HasSubstr("query is empty"));
  EXPECT_THAT(complaint(cdc_source{controller, "select 1"}.limit(100'001)), HasSubstr("1 to 100,000"));
  EXPECT_THAT(complaint(cdc_source{controller, "select 1"}.timeout(std::chrono::milliseconds{0})),
              HasSubstr("timeout"));
}

}  // namespace
}  // namespace weir::actions
