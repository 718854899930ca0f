// Fixed values, so that golden files stay.
#include "tests/app/sample_view.hpp"

namespace weir::app {

namespace {

node_row sample_node(node_id id, const std::string& name, node_state state, double age) {
  node_row out;
  out.id = id;
  out.facts.name = name;
  out.facts.machine = "host-" + name;
  out.facts.version = "0.1.0";
  out.facts.actions = {"customer_update", "mail"};
  out.state = state;
  out.beat_age_seconds = age;
  out.declared = true;
  return out;
}

stream_row sample_stream(stream_id id, const std::string& name, stream_mode mode, int partitions) {
  stream_row out;
  out.id = id;
  out.name = name;
  out.mode = mode;
  out.partitions = partitions;
  out.concurrency = mode == stream_mode::single ? 1 : 16;
  out.where = mode == stream_mode::single ? isolation::process : isolation::thread;
  return out;
}

void add_partitions(cluster_view& view, stream_id stream, const std::vector<node_id>& owners) {
  int slot = 0;
  for (const node_id owner : owners) {
    partition_row part;
    part.id = static_cast<part_id>(view.rows.partitions.size() + 1);
    part.stream = stream;
    part.slot = slot++;
    part.owner = owner;
    part.epoch = owner == 0 ? 3 : owner - 8;
    for (const auto& node : view.rows.nodes)
      if (node.id == owner) part.owner_name = node.facts.name;
    view.rows.partitions.push_back(part);
  }
}

}  // namespace

wall_time sample_now() {
  return wall_time{std::chrono::seconds{1'795'375'563} + std::chrono::microseconds{250'000}};
}

cluster_view sample_view() {
  cluster_view view;
  view.rows.nodes = {sample_node(11, "n1", node_state::active, 0.42),
                     sample_node(12, "n2", node_state::active, 0.1),
                     sample_node(10, "n3", node_state::dead, 75.0)};
  view.rows.nodes[0].running = 1;
  view.rows.nodes[1].running = 17;
  view.rows.streams = {sample_stream(1, "default", stream_mode::parallel, 3),
                       sample_stream(2, "mail", stream_mode::parallel, 12),
                       sample_stream(3, "partner", stream_mode::single, 1)};
  view.rows.streams[1].routes = {"mail", "report"};
  view.rows.streams[2].pin = "n3";
  view.rows.streams[2].routes = {"customer_update"};
  add_partitions(view, 1, {11, 12, 11});
  add_partitions(view, 2, {12, 12, 12, 12, 12, 12, 12, 12, 12, 11, 11, 11});
  add_partitions(view, 3, {0});
  stream_counts mail;
  mail.stream = 2;
  mail.ready = 12;
  mail.in_progress = 17;
  mail.retry = 2;
  mail.done = 4102;
  mail.failed = 3;
  stream_counts partner;
  partner.stream = 3;
  partner.ready = 10'000;
  partner.done = 880;
  partner.cancelled = 1204;
  partner.oldest_ready_seconds = 12.25;
  partner.capped = true;
  view.counts = {mail, partner};
  term_row leader;
  leader.fence = {1, 7};
  leader.node = 12;
  leader.node_name = "n2";
  leader.elected_at = sample_now() - std::chrono::seconds{123};
  view.leader = leader;
  view.differences = {"n1: stream mail: concurrency 8 declared, 16 in force"};
  return view;
}

cluster_view empty_view() {
  cluster_view view;
  view.rows.streams = {sample_stream(1, "default", stream_mode::parallel, 2)};
  add_partitions(view, 1, {0, 0});
  return view;
}

}  // namespace weir::app
