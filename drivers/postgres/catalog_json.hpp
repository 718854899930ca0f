// The views node_now, stream_now and partition_now as JSON arrays <-> the seam's records.
#pragma once

#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>
#include <weir/driver/schedule_types.hpp>
#include <weir/driver/types.hpp>

namespace weir::postgres {

std::vector<node_row> nodes_of(const std::string& json);
std::vector<stream_row> streams_of(const std::string& json);
std::vector<partition_row> partitions_of(const std::string& json);
/// Of the four columns of load_catalog.
catalog catalog_of(const std::string& nodes, const std::string& streams, const std::string& partitions,
                   const std::string& paused);
std::vector<part_id> parts_of(const std::string& json);
std::vector<std::string> texts_of(const std::string& json);

/// For weir.join_node. @returns an empty text if cluster_settings is not a JSON object.
std::string json_of(const node_facts& facts);
/// For weir.create_stream and weir.stream_differences.
std::string json_of(const stream_declaration& wanted);
/// For weir.change_stream and weir.limit_stream: what is not set is left out.
std::string json_of(const stream_change& change);
/// For the beat: what rests.
std::string json_of(const beat_note& note);
/// For weir.declare.
std::string json_of(const declarations& wanted);
/// For weir.add_schedule.
std::string json_of(const schedule_declaration& wanted);

const char* spelling(stream_mode mode) noexcept;
const char* spelling(pin_policy policy) noexcept;
const char* spelling(isolation where) noexcept;

}  // namespace weir::postgres
