// The cluster as JSON: INTERFACE section 5, and the lists that are made of the same pieces.
#pragma once

#include <vector>

#include <weir/driver/console_store.hpp>

#include "app/cli/json_text.hpp"
#include "app/cli/view_index.hpp"

namespace weir::app {

/// The whole of `weir status -o json` = GET /api/v1/cluster. All keys are always there.
ordered_json status_json(const cluster_view& view);

/// null, or {"node","node_id","term","since"}.
ordered_json leader_json(const std::optional<term_row>& leader);
/// {"items":[{"term","timeline","node","since","ended","reason"}],"next":null}
ordered_json leader_history_json(const std::vector<term_row>& terms);
ordered_json owner_history_json(const std::vector<owner_record>& owners);

/// A node as status lists it; `details` adds what `node show` knows.
ordered_json node_json(const view_index& index, const node_row& node, bool details);
ordered_json node_list_json(const cluster_view& view);

/// A stream as status lists it; `details` adds its settings, routes and totals.
ordered_json stream_json(const view_index& index, const stream_row& stream, bool details);
ordered_json stream_list_json(const cluster_view& view);

}  // namespace weir::app
