// SPDX-License-Identifier: Apache-2.0
#include "estimate/result_memory.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "estimate/case_facts.hpp"
#include "graph/liveness.hpp"

namespace opgauge {
namespace {

constexpr double page_bytes = 16 << 10;  // no finer than that: a page is touched as a whole

struct Extent {
  size_t first = 0, pages = 0;
};

// Free pages by address, and when each page of the heap was last touched, in bytes moved.
class Heap {
 public:
  Extent take(double bytes) {
    const auto pages = static_cast<size_t>(std::max(1.0, std::ceil(bytes / page_bytes)));
    auto best = free_.end();
    for (auto at = free_.begin(); at != free_.end(); ++at) {
      if (at->second >= pages && (best == free_.end() || at->second < best->second)) best = at;
    }
    if (best == free_.end()) {
      const Extent fresh{touched_.size(), pages};
      touched_.resize(touched_.size() + pages, never);
      return fresh;
    }
    const Extent taken{best->first, pages};
    const size_t rest = best->second - pages;
    free_.erase(best);
    if (rest > 0) free_[taken.first + pages] = rest;
    return taken;
  }

  void give(const Extent& extent) {
    auto at = free_.emplace(extent.first, extent.pages).first;
    if (const auto next = std::next(at); next != free_.end() && at->first + at->second == next->first) {
      at->second += next->second;
      free_.erase(next);
    }
    if (at == free_.begin()) return;
    const auto before = std::prev(at);
    if (before->first + before->second != at->first) return;
    before->second += at->second;
    free_.erase(at);
  }

  void touch(const Extent& extent, double clock) {
    std::fill_n(touched_.begin() + static_cast<std::ptrdiff_t>(extent.first), extent.pages, clock);
  }

  // Mean of `beyond` over the pages.
  double cold_share(const Extent& extent, double clock, double capacity_bytes) const {
    double sum = 0;
    for (size_t p = extent.first; p < extent.first + extent.pages; ++p) sum += beyond(clock - touched_[p], capacity_bytes);
    return sum / static_cast<double>(extent.pages);
  }

 private:
  static constexpr double never = -1e15;
  std::map<size_t, size_t> free_;  // first page, pages
  std::vector<double> touched_;
};

}  // namespace

std::vector<double> cold_result_bytes(const Graph& graph, std::span<const double> moved_bytes, double capacity_bytes) {
  std::vector<double> cold(graph.nodes.size(), 0.0);
  const std::vector<std::vector<ValueId>> dying = last_uses(graph);
  Heap heap;
  double clock = 0;
  for (int run = 0; run < 2; ++run) {
    std::vector<Extent> held(static_cast<size_t>(graph.storages));
    const auto extent_of = [&](ValueId id) -> Extent& { return held[static_cast<size_t>(graph[id].storage)]; };
    for (size_t n = 0; n < graph.nodes.size(); ++n) {
      const Node& node = graph.nodes[n];
      clock += moved_bytes[n];
      for (const ValueId id : node.outputs) {
        if (id == no_value || graph[id].role != Role::intermediate || extent_of(id).pages > 0) continue;
        const auto bytes = static_cast<double>(graph[id].type.bytes());
        extent_of(id) = heap.take(bytes);
        if (run == 1) cold[n] += bytes * heap.cold_share(extent_of(id), clock, capacity_bytes);
      }
      const auto touch = [&](ValueId id) {
        if (id != no_value && extent_of(id).pages > 0) heap.touch(extent_of(id), clock);
      };
      for_each_operand(node, touch);
      for (const ValueId id : node.outputs) touch(id);
      for (const ValueId id : dying[n]) {
        if (extent_of(id).pages > 0) heap.give(std::exchange(extent_of(id), {}));
      }
    }
    for (Extent& left : held) {  // what the run returned
      if (left.pages > 0) heap.give(std::exchange(left, {}));
    }
  }
  return cold;
}

}  // namespace opgauge
