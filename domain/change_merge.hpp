// What has changed: two sequences in the order of their ids, one of a source and one of what is kept, walked side by
// side. It holds a page of each, however many objects there are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/driver/cdc_store.hpp>
#include <weir/result.hpp>

namespace weir::domain {

/// Fed page by page, asked change by change. An object counts as gone only once the source has gone past it, or has
/// come to its own end: a source that breaks off takes nothing with it.
class change_merge {
 public:
  enum class wants { source, stored, nothing };

  /// What next() needs first. `nothing`: it has an answer, or all is over.
  wants needs() const;
  /// An empty page is the end of that sequence. Only when it is wanted.
  void add_source(std::vector<cdc_source_row> page);
  void add_stored(std::vector<cdc_stored_row> page);

  /// The next change; nullopt = feed it what it needs, or (with `nothing`) the end.
  /// @errors invalid: a row of the source without id or hash, an id that comes twice, is out of order, empty or
  ///         longer than 512 bytes, or a hash that is no uuid. Says which; nothing more is to be had then.
  result<std::optional<cdc_change>> next();

  bool over() const { return source_ended_ && stored_ended_ && !at_source_ && stored_at_ == stored_.size(); }
  std::int64_t source_rows() const { return source_rows_; }

 private:
  struct checked {
    std::string object;
    cdc_hash hash{};
  };

  result<void> look_at_source();
  cdc_change take(cdc_change::what kind);

  std::vector<cdc_source_row> source_;
  std::vector<cdc_stored_row> stored_;
  std::size_t source_at_ = 0, stored_at_ = 0;
  bool source_ended_ = false, stored_ended_ = false;
  std::optional<checked> at_source_;  ///< the source's next object
  std::string last_;                  ///< the source's last id
  std::int64_t source_rows_ = 0;
};

}  // namespace weir::domain
