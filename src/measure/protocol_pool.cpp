// SPDX-License-Identifier: Apache-2.0
#include "measure/protocol_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "graph/liveness.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

std::string readable(int64_t bytes) {
  return fmt::format("{} bytes ({:.3g} MiB)", bytes, static_cast<double>(bytes) / 1048576);
}

}  // namespace

int64_t GraphBytes::total() const {
  int64_t sum = own + running;
  for (const auto& [key, bytes] : shared) sum += bytes;
  return sum;
}

GraphBytes bytes_of(const Graph& graph) {
  GraphBytes bytes;
  std::set<StorageId> seen;
  for (const Value& value : graph.values) {
    if (value.role == Role::intermediate || !seen.insert(value.storage).second) continue;
    if (value.role == Role::input || value.source.empty()) {
      bytes.own += value.type.storage_bytes();
    } else {
      bytes.shared[value.source + " " + print_type(value.type)] = value.type.storage_bytes();
    }
  }
  bytes.running = plan_memory(graph).peak_intermediate_bytes;
  return bytes;
}

void refuse_if_larger(const Graph& graph, int64_t capacity_bytes) {
  const int64_t needed = bytes_of(graph).total();
  if (needed > capacity_bytes) {
    throw TooLarge(graph.name, "needs " + readable(needed) + ", " + readable(capacity_bytes) +
                                   " are available");
  }
}

Executable* PreparedPool::find(size_t row) {
  const auto at = entries_.find(row);
  if (at == entries_.end()) return nullptr;
  at->second.used = ++uses_;
  return at->second.executable.get();
}

int64_t PreparedPool::added_bytes(const GraphBytes& bytes) const {
  int64_t sum = bytes.own;
  for (const auto& [key, size] : bytes.shared) {
    if (!holders_.contains(key)) sum += size;
  }
  return sum;
}

Executable& PreparedPool::prepare(size_t row, const Graph& graph, const StoredTensors& stored) {
  release(row);
  GraphBytes bytes = bytes_of(graph);
  refuse_if_larger(graph, capacity_bytes_);
  while (!entries_.empty() && held_bytes_ + added_bytes(bytes) + bytes.running > capacity_bytes_)
    release_oldest();
  Entry entry;
  entry.executable = device_.prepare(graph, stored);
  entry.used = ++uses_;
  held_bytes_ += added_bytes(bytes);
  for (const auto& [key, size] : bytes.shared) ++holders_[key];
  entry.bytes = std::move(bytes);
  return *entries_.insert_or_assign(row, std::move(entry)).first->second.executable;
}

void PreparedPool::release(size_t row) {
  const auto at = entries_.find(row);
  if (at == entries_.end()) return;
  held_bytes_ -= at->second.bytes.own;
  for (const auto& [key, size] : at->second.bytes.shared) {
    const auto holder = holders_.find(key);
    if (--holder->second == 0) {
      holders_.erase(holder);
      held_bytes_ -= size;
    }
  }
  entries_.erase(at);
}

void PreparedPool::release_oldest() {
  const auto oldest =
      std::min_element(entries_.begin(), entries_.end(),
                       [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
  release(oldest->first);
}

}  // namespace opgauge
