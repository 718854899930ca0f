// Which objects were created, changed and removed, for every way in which pages can fall, and what a source may not
// give.
#include "domain/change_merge.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/object_hash.hpp"

namespace weir::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

cdc_hash hash_of(unsigned n) {
  cdc_hash hash{};
  hash[0] = static_cast<unsigned char>(n);
  hash[15] = static_cast<unsigned char>(n >> 8U);
  return hash;
}
cdc_source_row row(const std::string& object, unsigned n) { return {object, format_object_hash(hash_of(n))}; }
cdc_stored_row kept(const std::string& object, unsigned n, bool stale = false) {
  return {object, hash_of(n), stale};
}

/// "c a", "u b", "d c": what comes out, pages of `size` rows going in.
result<std::vector<std::string>> changes(const std::vector<cdc_source_row>& source,
                                         const std::vector<cdc_stored_row>& stored, std::size_t size) {
  change_merge merge;
  std::vector<std::string> found;
  std::size_t at = 0, stored_at = 0;
  const auto page = [size](const auto& rows, std::size_t& from) {
    const std::size_t end = std::min(rows.size(), from + size);
    std::decay_t<decltype(rows)> part(rows.begin() + static_cast<std::ptrdiff_t>(from),
                                      rows.begin() + static_cast<std::ptrdiff_t>(end));
    from = end;
    return part;
  };
  for (;;) {
    auto next = merge.next();
    if (!next) return next.error();
    if (*next) {
      found.push_back(std::string{static_cast<char>((*next)->kind)} + " " + (*next)->object);
      continue;
    }
    const auto needs = merge.needs();
    if (needs == change_merge::wants::nothing) break;
    if (needs == change_merge::wants::source)
      merge.add_source(page(source, at));
    else
      merge.add_stored(page(stored, stored_at));
  }
  EXPECT_TRUE(merge.over());
  EXPECT_EQ(merge.source_rows(), static_cast<std::int64_t>(source.size()));
  return found;
}

TEST(ChangeMerge, TellsCreatedChangedRemovedAndUnchanged) {
  const struct {
    std::vector<cdc_source_row> source;
    std::vector<cdc_stored_row> stored;
    std::vector<std::string> changes;
  } cases[] = {
      {{}, {}, {}},
      {{row("a", 1)}, {}, {"c a"}},
      {{}, {kept("a", 1)}, {"d a"}},
      {{row("a", 1)}, {kept("a", 1)}, {}},
      {{row("a", 2)}, {kept("a", 1)}, {"u a"}},
      {{row("a", 1)}, {kept("a", 1, true)}, {"u a"}},
      {{row("a", 1), row("c", 3), row("d", 9)},
       {kept("b", 2), kept("c", 3), kept("d", 4), kept("e", 5)},
       {"c a", "d b", "u d", "d e"}},
      {{row("10", 1), row("2", 1), row("9", 1)},
       {kept("10", 1), kept("100", 1), kept("9", 1)},
       {"d 100", "c 2"}},
      // bytes decide, not letters: upper case before lower case, and ASCII before the rest
      {{row("B", 1), row("a", 1), row("\xc3\xa9", 1)},
       {kept("B", 1), kept("Z", 1), kept("\xc3\xa9", 1)},
       {"d Z", "c a"}},
  };
  for (const auto& one : cases) {
    for (const std::size_t size : {1U, 2U, 100U}) {
      const auto found = changes(one.source, one.stored, size);
      ASSERT_TRUE(found.ok()) << found.error().message;
      EXPECT_EQ(*found, one.changes) << size << " a page";
    }
  }
}

TEST(ChangeMerge, SaysBothHashes) {
  change_merge merge;
  ASSERT_EQ(merge.needs(), change_merge::wants::source);
  merge.add_source({row("a", 1), row("b", 2)});
  ASSERT_EQ(merge.needs(), change_merge::wants::stored);
  merge.add_stored({kept("b", 3), kept("c", 4)});
  const auto created = merge.next();
  EXPECT_EQ((**created).now, hash_of(1));
  const auto updated = merge.next();
  EXPECT_EQ((**updated).before, hash_of(3));
  EXPECT_EQ((**updated).now, hash_of(2));
  EXPECT_FALSE(merge.next()->has_value()) << "c is not gone before the source has ended";
  merge.add_source({});
  EXPECT_EQ((**merge.next()).before, hash_of(4));
}

TEST(ChangeMerge, IsTheDifferenceOfRandomSets) {
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", static_cast<int>(seed));
  std::mt19937 random{seed};
  for (int round = 0; round < 200; ++round) {
    std::map<std::string, unsigned> source, stored;
    const auto count = random() % 60;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string id = std::to_string(random() % 80);
      if (random() % 3 != 0) source[id] = random() % 2;
      if (random() % 3 != 0) stored[id] = random() % 2;
    }
    std::vector<cdc_source_row> rows;
    std::vector<cdc_stored_row> keeps;
    for (const auto& [id, n] : source) rows.push_back(row(id, n));
    for (const auto& [id, n] : stored) keeps.push_back(kept(id, n));
    std::vector<std::string> ids, stored_ids, created, removed;
    for (const auto& [id, _] : source) ids.push_back(id);
    for (const auto& [id, _] : stored) stored_ids.push_back(id);
    std::set_difference(ids.begin(), ids.end(), stored_ids.begin(), stored_ids.end(),
                        std::back_inserter(created));
    std::set_difference(stored_ids.begin(), stored_ids.end(), ids.begin(), ids.end(),
                        std::back_inserter(removed));
    std::multiset<std::string> wanted;
    for (const auto& id : created) wanted.insert("c " + id);
    for (const auto& id : removed) wanted.insert("d " + id);
    for (const auto& [id, n] : source) {
      if (stored.count(id) != 0 && stored.at(id) != n) wanted.insert("u " + id);
    }
    const auto found = changes(rows, keeps, 1 + random() % 7);
    ASSERT_TRUE(found.ok()) << "seed " << seed << ": " << found.error().message;
    EXPECT_EQ(std::multiset<std::string>(found->begin(), found->end()), wanted) << "seed " << seed;
    EXPECT_TRUE(std::is_sorted(found->begin(), found->end(),
                               [](const auto& a, const auto& b) { return a.substr(2) < b.substr(2); }))
        << "seed " << seed;
  }
}

TEST(ChangeMerge, NamesWhatASourceMayNotGive) {
  const struct {
    std::vector<cdc_source_row> source;
    const char* complaint;
  } cases[] = {
      {{{std::nullopt, "x"}}, "a row without object_id (null)"},
      {{{"", "x"}}, "an empty object_id"},
      {{{std::string(513, 'x'), "x"}}, "has 513 bytes; at most 512"},
      {{row("a", 1), row("a", 2)}, "gives object_id \"a\" twice"},
      {{row("b", 1), row("a", 2)}, "gives object_id \"a\" after \"b\""},
      {{{"a", std::nullopt}}, "gives no hash (null) for object_id \"a\""},
      {{{"a", "17"}}, "gives hash \"17\" for object_id \"a\", which is no uuid"},
  };
  for (const auto& one : cases) {
    for (const std::size_t size : {1U, 100U}) {
      const auto found = changes(one.source, {kept("z", 1)}, size);
      ASSERT_FALSE(found.ok()) << one.complaint;
      EXPECT_EQ(found.error().code, errc::invalid);
      EXPECT_THAT(found.error().message, HasSubstr(one.complaint));
    }
  }
  EXPECT_TRUE(changes({{std::string(512, 'x'), format_object_hash({})}}, {}, 1).ok());
}

TEST(ObjectHash, IsReadInEverySpellingAndWrittenInOne) {
  const char* const wanted = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e";
  for (const char* text :
       {wanted, "4F0C2F0E-8C5A-4F6E-9A51-1F2A3B4C5D6E", "4f0c2f0e8c5a4f6e9a511f2a3b4c5d6e"}) {
    const auto hash = parse_object_hash(text);
    ASSERT_TRUE(hash.has_value()) << text;
    EXPECT_EQ(format_object_hash(*hash), wanted);
    EXPECT_EQ(normal_uuid(text), wanted);
  }
  for (const char* text :
       {"", "4f0c", "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6", "4f0c2f0e-8c5a-4f6e-9a511-f2a3b4c5d6e",
        "gf0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e", "{f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6}"}) {
    EXPECT_FALSE(parse_object_hash(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace weir::domain
