// What a foreign database gives as objects: lines "id hash", a page each four. Compared with what is kept.
#include <map>

#include "domain/change_merge.hpp"
#include "domain/object_hash.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

namespace {

using weir::cdc_change;
using weir::domain::change_merge;

std::vector<weir::cdc_source_row> rows_of(std::string_view text) {
  std::vector<weir::cdc_source_row> rows;
  if (text.empty()) return rows;
  for (const auto line : parts(text, '\n')) {
    const auto blank = line.find(' ');
    weir::cdc_source_row row;
    if (line != "-") row.object = std::string{line.substr(0, blank)};
    if (blank != std::string_view::npos) row.hash = std::string{line.substr(blank + 1)};
    rows.push_back(std::move(row));
  }
  return rows;
}

template <class Row>
std::vector<Row> next_page(const std::vector<Row>& all, std::size_t& at) {
  const std::size_t end = std::min(at + 4, all.size());
  std::vector<Row> page(all.begin() + static_cast<std::ptrdiff_t>(at),
                        all.begin() + static_cast<std::ptrdiff_t>(end));
  at = end;
  return page;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto source = rows_of(text_of(data, size));
  const std::vector<weir::cdc_stored_row> stored{
      {"a", {}, false}, {"b", {1}, true}, {"m", {2}, false}, {"z", {}, false}};
  std::map<std::string, weir::cdc_hash> kept;
  for (const auto& row : stored) kept[row.object] = row.hash;
  change_merge merge;
  std::size_t source_at = 0;
  std::size_t stored_at = 0;
  std::string before;
  for (;;) {
    const auto wanted = merge.needs();
    if (wanted == change_merge::wants::source) merge.add_source(next_page(source, source_at));
    if (wanted == change_merge::wants::stored) merge.add_stored(next_page(stored, stored_at));
    const auto change = merge.next();
    if (!change) {
      hold_refused(change.error());
      return 0;
    }
    if (!*change) {
      if (merge.over()) break;
      continue;
    }
    hold(before < (*change)->object, "changes come in the order of their objects, each once");
    before = (*change)->object;
    if ((*change)->kind == cdc_change::what::remove)
      kept.erase(before);
    else
      kept[before] = (*change)->now;
  }
  std::map<std::string, weir::cdc_hash> now;
  for (const auto& row : source) now[*row.object] = *weir::domain::parse_object_hash(*row.hash);
  hold(kept == now, "what is kept is what the source has");
  hold(merge.source_rows() == static_cast<std::int64_t>(source.size()), "every row of the source was read");
  return 0;
}
