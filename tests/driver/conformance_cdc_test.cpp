// Change data capture: what is kept under one controller, who may write it, and the tasks that come with it.
#include "tests/driver/fixture.hpp"

#include "domain/object_hash.hpp"

namespace weir::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using what = cdc_change::what;

const std::string mine = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e";
const std::string other = "00000000-0000-4000-8000-000000000001";

cdc_hash hash_of(unsigned char n) {
  cdc_hash hash{};
  hash.fill(n);
  return hash;
}
cdc_change created(const std::string& object, unsigned char n) {
  return {what::create, object, {}, hash_of(n)};
}
cdc_change updated(const std::string& object, unsigned char from, unsigned char to) {
  return {what::update, object, hash_of(from), hash_of(to)};
}
cdc_change removed(const std::string& object, unsigned char n) {
  return {what::remove, object, hash_of(n), {}};
}

class capturing : public conformance {
 protected:
  cdc_store& cdc() {
    if (!store_) store_ = store().driver().open_cdc();
    return *store_;
  }
  cdc_pass begin(const std::string& controller = mine) { return must(cdc().begin(controller, "customers")); }
  std::int64_t write(const cdc_pass& pass, std::vector<cdc_change> changes,
                     std::optional<std::string> go_on = std::nullopt, bool tasks = false) {
    return must(cdc().write(write_of(pass, std::move(changes), std::move(go_on), tasks)));
  }
  static cdc_write write_of(const cdc_pass& pass, std::vector<cdc_change> changes,
                            std::optional<std::string> go_on = std::nullopt, bool tasks = false) {
    cdc_write write{pass.controller,    pass.number,      pass.round,
                    std::move(changes), std::move(go_on), std::nullopt};
    if (tasks) write.tasks = "customers";
    return write;
  }
  /// "a=1", and "b=2*" for a stale one.
  std::vector<std::string> kept(const std::string& controller = mine, const cdc_range& range = {},
                                int limit = 100, std::int32_t round = 1) {
    std::vector<std::string> all;
    for (const auto& row : must(cdc().stored(controller, round, range, limit)))
      all.push_back(row.object + "=" + std::to_string(row.hash[0]) + (row.stale ? "*" : ""));
    return all;
  }
  cdc_controller shown(const std::string& controller = mine) {
    for (auto& one : must(cdc().controllers())) {
      if (one.controller == controller) return one;
    }
    throw std::runtime_error("no controller " + controller);
  }
  /// Everything the source gives, "?" for null.
  std::vector<std::string> ids(cdc_reader& reader) {
    std::vector<std::string> all;
    for (;;) {
      const auto page = must(reader.next());
      if (page.empty()) return all;
      for (const auto& row : page) all.push_back(row.object.value_or("?"));
    }
  }

 private:
  std::unique_ptr<cdc_store> store_;
};

TEST_F(capturing, AnotherControllersObjectsAreNeitherSeenNorChanged) {
  const auto theirs = begin(other);
  write(theirs, {created("a", 1), created("b", 2)});
  const auto pass = begin();
  EXPECT_THAT(kept(), IsEmpty());
  EXPECT_EQ(write(pass, {removed("a", 1), updated("b", 2, 9), created("c", 7)}), 1)
      << "only the one it creates";
  EXPECT_THAT(kept(), ElementsAre("c=7"));
  EXPECT_THAT(kept(other), ElementsAre("a=1", "b=2"));
  must(cdc().resync(mine));
  EXPECT_THAT(kept(other, {}, 100, 1), ElementsAre("a=1", "b=2"));
  EXPECT_EQ(shown(other).objects, 2);
  EXPECT_EQ(shown(other).round, 1);
  EXPECT_EQ(write(theirs, {removed("a", 1)}), 1) << "its pass goes on";
}

TEST_F(capturing, KeepsWhatWasCreatedChangedAndRemoved) {
  const auto first = begin();
  EXPECT_EQ(first.number, 1);
  EXPECT_EQ(first.round, 1);
  EXPECT_EQ(first.objects, 0);
  EXPECT_EQ(first.go_on_after, std::nullopt);
  EXPECT_EQ(
      write(first, {created("b", 2), created("B", 1), created("\xc3\xa9", 3), created("a'\"\\", 4)}, "b"), 4);
  EXPECT_THAT(kept(), ElementsAre("B=1", "a'\"\\=4", "b=2", "\xc3\xa9=3")) << "by bytes";
  const auto second = begin();
  EXPECT_EQ(second.number, 2);
  EXPECT_EQ(second.objects, 4);
  EXPECT_EQ(second.go_on_after, "b");
  EXPECT_EQ(write(second, {updated("b", 2, 5), removed("B", 1)}), 2);
  EXPECT_THAT(kept(), ElementsAre("a'\"\\=4", "b=5", "\xc3\xa9=3"));
  EXPECT_EQ(shown().objects, 3);
  EXPECT_EQ(shown().go_on_after, "b") << "as it was";
}

TEST_F(capturing, ReadsPagesOfARange) {
  const auto pass = begin();
  write(pass, {created("a", 1), created("b", 1), created("c", 1), created("d", 1)});
  EXPECT_THAT(kept(mine, {}, 3), ElementsAre("a=1", "b=1", "c=1"));
  EXPECT_THAT(kept(mine, {"b", std::nullopt}), ElementsAre("c=1", "d=1"));
  EXPECT_THAT(kept(mine, {std::nullopt, "b"}), ElementsAre("a=1", "b=1"));
  EXPECT_THAT(kept(mine, {"a", "c"}, 2), ElementsAre("b=1", "c=1"));
  EXPECT_THAT(kept(mine, {"d", std::nullopt}), IsEmpty());
}

TEST_F(capturing, AnEarlierPassChangesNothing) {
  const auto old = begin();
  write(old, {created("a", 1)});
  const auto now = begin();
  const auto refused = cdc().write(write_of(old, {created("b", 1)}, "b", true));
  EXPECT_EQ(code_of(refused), errc::refused);
  EXPECT_THAT(refused.error().message, HasSubstr("pass 1 of controller " + mine + " is over"));
  EXPECT_EQ(code_of(cdc().finish({mine, old.number, {1, 0, 0, 0}, std::nullopt, "b"})), errc::refused);
  EXPECT_EQ(code_of(cdc().write(write_of({other, 1, 1, {}, 0}, {created("b", 1)}))), errc::refused)
      << "a controller that never began";
  EXPECT_THAT(kept(), ElementsAre("a=1"));
  EXPECT_EQ(shown().last.created, 0);
  EXPECT_THAT(must(console().tasks({})).items, IsEmpty());
  EXPECT_EQ(write(now, {updated("a", 1, 2)}), 1);
}

TEST_F(capturing, KeepsNothingOfAnObjectThatIsNoLongerSo) {
  const auto pass = begin();
  write(pass, {created("a", 1), created("b", 2)});
  EXPECT_EQ(
      write(pass, {created("a", 9), updated("b", 7, 9), removed("c", 1), updated("a", 1, 1)}, "b", true), 0);
  EXPECT_THAT(kept(), ElementsAre("a=1", "b=2"));
  EXPECT_THAT(must(console().tasks({})).items, IsEmpty());
  EXPECT_EQ(shown().objects, 2);
}

TEST_F(capturing, EnqueuesOneTaskForEachChangeInTheSameTransaction) {
  const auto pass = begin();
  write(pass, {created("old", 1), created("gone", 2)});
  EXPECT_EQ(write(pass, {created("new", 3), removed("gone", 2), updated("old", 1, 4)}, "old", true), 3);
  std::vector<std::string> tasks;
  for (const auto& task : must(console().tasks({})).items) {
    const auto data = nlohmann::json::parse(task.data);
    tasks.push_back(task.name + " " + task.key.value_or("-") + " " + data.at("object_id").get<std::string>() +
                    " " + data.value("hash", "none"));
    EXPECT_EQ(task.created_by, "cdc customers");
    EXPECT_EQ(task.stream, "default");
  }
  EXPECT_THAT(tasks, ElementsAre("customers.update old old " + domain::format_object_hash(hash_of(4)),
                                 "customers.delete gone gone none",
                                 "customers.create new new " + domain::format_object_hash(hash_of(3))))
      << "newest first";
  EXPECT_EQ(write(pass, {created("new", 3), updated("old", 1, 4)}, std::nullopt, true), 0) << "said again";
  EXPECT_EQ(must(console().tasks({})).items.size(), 3U);
}

TEST_F(capturing, ATaskThatIsRefusedTakesItsHashesWithIt) {
  const auto pass = begin();
  auto write = write_of(pass, {created("a", 1)});
  write.tasks = std::string(60, 'n');
  EXPECT_EQ(code_of(cdc().write(write)), errc::invalid);
  EXPECT_THAT(kept(), IsEmpty());
  EXPECT_EQ(shown().objects, 0);
}

TEST_F(capturing, ResyncMakesEverythingStaleUntilItIsHandled) {
  const auto before = begin();
  write(before, {created("a", 1), created("b", 2)}, "a");
  must(cdc().resync(mine));
  EXPECT_EQ(write(before, {created("c", 3)}), 1) << "the pass that runs goes on in its own round";
  const auto pass = begin();
  EXPECT_EQ(pass.round, 2);
  EXPECT_EQ(pass.go_on_after, std::nullopt);
  EXPECT_THAT(kept(mine, {}, 100, pass.round), ElementsAre("a=1*", "b=2*", "c=3*"));
  EXPECT_EQ(write(pass, {updated("a", 1, 1), updated("b", 2, 5)}), 2) << "the same hash, too";
  EXPECT_EQ(write(pass, {updated("a", 1, 1)}), 0) << "once";
  EXPECT_THAT(kept(mine, {}, 100, pass.round), ElementsAre("a=1", "b=5", "c=3*"));
  EXPECT_EQ(code_of(cdc().resync(other)), errc::not_found);
}

TEST_F(capturing, TellsPeopleOfItsLastPass) {
  EXPECT_THAT(must(cdc().controllers()), IsEmpty());
  const auto pass = begin();
  EXPECT_TRUE(shown().started_at.has_value());
  EXPECT_FALSE(shown().finished_at.has_value()) << "it runs";
  write(pass, {created("a", 1)});
  must(cdc().finish({mine, pass.number, {1, 2, 3, 4}, "object \"x\": no", "m"}));
  const auto ended = shown();
  EXPECT_EQ(ended.name, "customers");
  EXPECT_EQ(ended.objects, 1);
  EXPECT_GE(*ended.finished_at, *ended.started_at);
  EXPECT_EQ(ended.last.created, 1);
  EXPECT_EQ(ended.last.updated, 2);
  EXPECT_EQ(ended.last.deleted, 3);
  EXPECT_EQ(ended.last.failed, 4);
  EXPECT_EQ(ended.problem, "object \"x\": no");
  EXPECT_EQ(ended.go_on_after, "m");
  must(cdc().begin(mine, "clients"));
  EXPECT_FALSE(shown().finished_at.has_value());
  EXPECT_EQ(shown().name, "clients");
  EXPECT_EQ(shown().last.failed, 4) << "of the last that finished";
}

TEST_F(capturing, ABrokenSessionSaysSoUntilItReconnects) {
  const auto pass = begin();
  store().break_sessions();
  EXPECT_FALSE(cdc().write(write_of(pass, {created("a", 1)})).ok());
  EXPECT_FALSE(cdc().stored(mine, 1, {}, 1).ok());
  must(cdc().reconnect());
  EXPECT_EQ(write(pass, {created("a", 1)}), 1);
}

TEST_F(capturing, AReaderGoesByBytesNullsFirst) {
  const auto hash = domain::format_object_hash(hash_of(1));
  const auto reader = store().driver().open_cdc_reader(store().source({{"b", hash},
                                                                       {"a", hash},
                                                                       {"\xc3\xa9", hash},
                                                                       {"B", std::nullopt},
                                                                       {std::nullopt, hash},
                                                                       {"10", hash}}));
  must(reader->open({}));
  EXPECT_THAT(ids(*reader), ElementsAre("?", "10", "B", "a", "b", "\xc3\xa9"));
  EXPECT_THAT(ids(*reader), IsEmpty()) << "the end stays the end";
  must(reader->open({"B", std::nullopt}));
  EXPECT_THAT(ids(*reader), ElementsAre("a", "b", "\xc3\xa9"));
  must(reader->open({std::nullopt, "B"}));
  EXPECT_THAT(ids(*reader), ElementsAre("?", "10", "B"));
  must(reader->open({"10", "a"}));
  const auto page = must(reader->next());
  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].hash, std::nullopt);
  EXPECT_EQ(page[1].hash, hash);
  reader->close();
  must(reader->open({}));
  EXPECT_EQ(ids(*reader).size(), 6U);
}

}  // namespace
}  // namespace weir::conformance
