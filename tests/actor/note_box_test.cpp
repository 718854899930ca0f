// What people hear of late writes: each once, not one by one.
#include "actors/note_box.hpp"

#include <gtest/gtest.h>

namespace weir::actors {
namespace {

using namespace std::chrono_literals;

constexpr boot_time begin{100h};

std::string news(note_box& box, boot_time now, bool last_word = false) {
  return box.news(now, last_word).value_or("-");
}

TEST(NoteBox, TellsOfLateWritesAtMostOnceInTenSecondsAndOfTheRestAtTheEnd) {
  note_box box{0};
  EXPECT_EQ(news(box, begin), "-");
  box.put({1});
  EXPECT_EQ(news(box, begin).substr(0, 64),
            "1 late write was refused (1 since this process started): what it");
  EXPECT_EQ(news(box, begin), "-") << "it was told";
  box.put({3});
  EXPECT_EQ(news(box, begin + 9s), "-") << "too soon";
  EXPECT_EQ(news(box, begin + 10s).substr(0, 55), "2 late writes were refused (3 since this process starte");
  box.put({4});
  EXPECT_EQ(news(box, begin + 11s, true).substr(0, 27), "1 late write was refused (4");
  EXPECT_EQ(news(box, begin + 12s, true), "-");
}

TEST(NoteBox, CountsOnFromFormerIncarnationsWithoutTellingOfThemAgain) {
  note_box box{5};
  EXPECT_EQ(box.get().late_writes_refused, 5);
  EXPECT_EQ(news(box, begin, true), "-");
  box.put({1});
  EXPECT_EQ(box.get().late_writes_refused, 6);
  EXPECT_EQ(news(box, begin).substr(0, 27), "1 late write was refused (6");
}

}  // namespace
}  // namespace weir::actors
