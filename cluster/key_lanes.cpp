#include "cluster/key_lanes.hpp"

#include <weir/assert.hpp>

namespace weir::cluster {

std::string key_lanes::lane_name(const std::string& name, const std::string& key) {
  // No NUL can be in either (checked at every door), so the separator is unambiguous.
  std::string text;
  text.reserve(name.size() + 1 + key.size());
  text.append(name).push_back('\0');
  return text.append(key);
}

void key_lanes::drop_if_empty(lane_map::iterator at) {
  if (at->second.empty()) lanes_.erase(at);
}

void key_lanes::wait(const std::string& name, const std::string& key, task_id id) {
  lanes_[lane_name(name, key)].waiting.insert(id);
}

void key_lanes::put_open(const std::string& name, const std::string& key, task_id id, int runs) {
  lanes_[lane_name(name, key)].open[id] = runs;
}

void key_lanes::remove_open(const std::string& name, const std::string& key, task_id id) {
  const auto at = lanes_.find(lane_name(name, key));
  if (at == lanes_.end()) return;
  at->second.open.erase(id);
  drop_if_empty(at);
}

task_id key_lanes::newest(const std::string& name, const std::string& key) const {
  const auto at = lanes_.find(lane_name(name, key));
  return at == lanes_.end() || at->second.waiting.empty() ? 0 : *at->second.waiting.rbegin();
}

task_id key_lanes::startable(const std::string& name, const std::string& key) const {
  const auto at = lanes_.find(lane_name(name, key));
  if (at == lanes_.end() || at->second.running != 0 || at->second.waiting.empty()) return 0;
  return *at->second.waiting.rbegin();
}

std::vector<key_lanes::superseded> key_lanes::start(const std::string& name, const std::string& key,
                                                    task_id id) {
  const auto at = lanes_.find(lane_name(name, key));
  WEIR_ASSERT(at != lanes_.end());
  lane& l = at->second;
  WEIR_ASSERT(l.running == 0);
  WEIR_ASSERT(l.waiting.count(id) == 1);
  l.waiting.erase(id);
  l.running = id;
  return older_than(name, key, id);
}

std::vector<key_lanes::superseded> key_lanes::older_than(const std::string& name, const std::string& key,
                                                         task_id id) {
  const auto at = lanes_.find(lane_name(name, key));
  WEIR_ASSERT(at != lanes_.end());
  lane& l = at->second;
  WEIR_ASSERT(l.running == id);
  std::map<task_id, superseded> older;
  for (auto w = l.waiting.begin(); w != l.waiting.end() && *w < id; w = l.waiting.erase(w)) {
    older[*w] = {*w, true, false, 0};
  }
  for (auto o = l.open.begin(); o != l.open.end() && o->first < id; o = l.open.erase(o)) {
    superseded& s = older[o->first];
    s.id = o->first;
    s.open = true;
    s.runs = o->second;
  }
  std::vector<superseded> list;
  list.reserve(older.size());
  for (const auto& [_, s] : older) list.push_back(s);
  return list;
}

void key_lanes::end(const std::string& name, const std::string& key, task_id id) {
  const auto at = lanes_.find(lane_name(name, key));
  WEIR_ASSERT(at != lanes_.end());
  WEIR_ASSERT(at->second.running == id);
  at->second.running = 0;
  drop_if_empty(at);
}

void key_lanes::forget(const std::string& name, const std::string& key, task_id id) {
  const auto at = lanes_.find(lane_name(name, key));
  if (at == lanes_.end()) return;
  at->second.waiting.erase(id);
  drop_if_empty(at);
}

void key_lanes::from_newest(const std::string& name, const std::string& key,
                            const std::function<bool(task_id)>& visit) const {
  const auto at = lanes_.find(lane_name(name, key));
  if (at == lanes_.end()) return;
  for (auto id = at->second.waiting.rbegin(); id != at->second.waiting.rend(); ++id) {
    if (!visit(*id)) return;
  }
}

std::vector<task_id> key_lanes::waiting(const std::string& name, const std::string& key) const {
  const auto at = lanes_.find(lane_name(name, key));
  if (at == lanes_.end()) return {};
  return {at->second.waiting.begin(), at->second.waiting.end()};
}

void key_lanes::resume(const std::string& name, const std::string& key, task_id id) {
  lane& l = lanes_[lane_name(name, key)];
  WEIR_ASSERT(l.running == 0);
  l.running = id;
}

}  // namespace weir::cluster
