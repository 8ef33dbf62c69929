// SPDX-License-Identifier: Apache-2.0
#include "estimate/map.hpp"

#include <algorithm>

#include "graph/op_table.hpp"

namespace opgauge {
namespace {

// Dtypes of the machine record's ceilings, in the order of Precision.
constexpr std::string_view ceiling_names[precision_count] = {"f32", "bf16", "f16", "i8"};

struct Access {
  ValueId value;
  double bytes;
  bool written;
};

// The values that cross the region's border, each once, with the bytes they occupy.
void collect_accesses(const Graph& graph, const Region& region, std::vector<Access>& accesses) {
  accesses.clear();
  const auto add = [&](ValueId id, bool written) {
    for (const Access& seen : accesses) {
      if (seen.value == id && seen.written == written) return;
    }
    const TensorType& type = graph[id].type;
    const int64_t bytes = std::min(type.bytes(), type.storage_bytes());
    accesses.push_back({id, static_cast<double>(bytes), written});
  };
  for (size_t k = 0; k < region.nodes.size(); ++k) {
    const Node& node = graph.nodes[region.nodes[k]];
    const ValueId inner = k ? graph.nodes[region.nodes[k - 1]].outputs[0] : no_value;
    for_each_operand(node, [&](ValueId id) {
      if (id != inner) add(id, false);
    });
  }
  for (const ValueId id : graph.nodes[region.nodes.back()].outputs) {
    if (id != no_value) add(id, true);
  }
}

// Scales the accesses of one direction down to what the work rule says is really moved; returns
// what the rule says beyond them (operands that are read more than once).
double fit_to_work(std::vector<Access>& accesses, bool written, double moved) {
  double sum = 0;
  for (const Access& one : accesses) sum += one.written == written ? one.bytes : 0;
  if (sum <= moved) return moved - sum;
  for (Access& one : accesses) {
    if (one.written == written) one.bytes *= moved / sum;
  }
  return 0;
}

Precision precision_of(Dtype dtype, bool multiplies) {
  switch (dtype) {
    case Dtype::bf16:
      return Precision::bf16;
    case Dtype::f16:
      return Precision::fp16;
    case Dtype::i8:
    case Dtype::u8:
      return multiplies ? Precision::int8 : Precision::fp32;
    default:
      return Precision::fp32;
  }
}

double multiply_add_rate(const Rates& rates, const Node& node, Dtype dtype, Precision precision) {
  const std::optional<double> rate =
      dtype == Dtype::f64 ? rates.f64 : rates.multiply_add[static_cast<size_t>(precision)];
  if (!rate) {
    throw Error(node.target, "machine \"" + rates.machine + "\" has no measured ceiling for " +
                                 std::string(name_of(dtype)) + ", expected one in its record");
  }
  return *rate;
}

// Elements of the largest weight of the region's product: one more row of input costs as many
// multiply-adds.
double weight_elements(const Graph& graph, const Node& node) {
  if (!node.op || (node.op->family != OpFamily::matmul && node.op->family != OpFamily::convolution))
    return 0;
  int64_t most = 0;
  for_each_operand(node, [&](ValueId id) {
    const Value& value = graph[id];
    if (value.role == Role::parameter || value.role == Role::constant ||
        value.role == Role::buffer) {
      most = std::max(most, value.type.numel());
    }
  });
  return static_cast<double>(most);
}

}  // namespace

Dtype arithmetic_dtype(const Graph& graph, const Node& node) {
  ValueId first = no_value;
  for_each_operand(node, [&](ValueId id) {
    if (first == no_value) first = id;
  });
  if (first == no_value) {
    return node.outputs.empty() || node.outputs[0] == no_value ? Dtype::f32
                                                               : graph[node.outputs[0]].type.dtype;
  }
  return graph[first].type.dtype;
}

Rates::Rates(const Machine& from, int thread_count) : machine(from.name), threads(thread_count) {
  if (threads < 1) {
    throw Error("threads", "found " + std::to_string(threads) + ", expected at least 1");
  }
  if (from.levels.empty() || from.levels.size() > max_levels) {
    throw Error("machine " + machine, "found " + std::to_string(from.levels.size()) +
                                          " memory levels, expected 1 to " +
                                          std::to_string(max_levels));
  }
  for (size_t i = 0; i < from.levels.size(); ++i) {
    const auto bandwidth = bandwidth_bytes_per_s(from, i, threads);
    if (!bandwidth || !(*bandwidth > 0)) {
      throw Error("machine " + machine,
                  "level " + from.levels[i].name + " has no bandwidth, expected one");
    }
    levels.push_back({from.levels[i].name, opgauge::capacity_bytes(from, i, threads), *bandwidth});
  }
  for (size_t p = 0; p < precision_count; ++p) {
    multiply_add[p] = peak_flops_per_s(from, ceiling_names[p], threads);
  }
  f64 = peak_flops_per_s(from, "f64", threads);
  if (!multiply_add[0]) {
    throw Error("machine " + machine,
                "has no measured ceiling for f32, expected one in its record");
  }
  other_per_s = *multiply_add[0] / 2;
}

std::array<double, max_levels> level_shares(const Rates& rates, double distance_bytes) {
  std::array<double, max_levels> shares{};
  double served = 0;
  for (size_t i = 0; i < rates.levels.size(); ++i) {
    const bool last = i + 1 == rates.levels.size();
    const double within =
        last ? 1 : std::clamp(2 - distance_bytes / rates.levels[i].capacity_bytes, 0.0, 1.0);
    if (within <= served) continue;
    shares[i] = within - served;
    served = within;
  }
  return shares;
}

std::vector<RegionLoad> map_regions(const Graph& graph, const std::vector<Region>& regions,
                                    const Rates& rates, double footprint_bytes,
                                    bool allow_unknown) {
  std::vector<RegionLoad> loads(regions.size());
  std::vector<std::vector<Access>> accesses(regions.size());
  std::vector<double> rest(regions.size());  // moved beyond one pass over operands and results
  double total = 0;                          // touched by one inference
  for (size_t r = 0; r < regions.size(); ++r) {
    RegionLoad& load = loads[r];
    load.work = work_of(graph, regions[r], allow_unknown);
    collect_accesses(graph, regions[r], accesses[r]);
    rest[r] = fit_to_work(accesses[r], false, static_cast<double>(load.work.read_bytes)) +
              fit_to_work(accesses[r], true, static_cast<double>(load.work.write_bytes));
    for (const Access& one : accesses[r]) load.working_set_bytes += one.bytes;
    total += load.working_set_bytes;
  }

  // Position on the tape of touched bytes after which each storage was touched last; the inference
  // before ends at 0.
  std::vector<double> touched(static_cast<size_t>(graph.storages), -1);
  double position = 0;
  for (size_t r = 0; r < regions.size(); ++r) {
    RegionLoad& load = loads[r];
    const Node& lead = graph.nodes[regions[r].nodes.front()];
    const Dtype dtype = arithmetic_dtype(graph, lead);
    load.precision = precision_of(dtype, load.work.macs > 0);
    if (lead.op) ++(load.work == Work{} ? load.views : load.calls);
    if (load.work.macs > 0) {
      const double rate = multiply_add_rate(rates, lead, dtype, load.precision);
      load.compute_s = static_cast<double>(load.work.flops()) / rate;
      load.row_s = 2 * weight_elements(graph, lead) * rates.threads / rate;
    }
    load.compute_s += static_cast<double>(load.work.other_ops) / rates.other_per_s;

    const auto serve = [&](double bytes, double distance) {
      const auto shares = level_shares(rates, std::min(distance, footprint_bytes));
      for (size_t i = 0; i < rates.levels.size(); ++i) load.level_bytes[i] += bytes * shares[i];
    };
    for (const Access& one : accesses[r]) {
      const double last = touched[static_cast<size_t>(graph[one.value].storage)];
      double distance = load.working_set_bytes;
      if (!one.written) distance += last >= 0 ? position - last : total;
      serve(one.bytes, distance);
    }
    serve(rest[r], load.working_set_bytes);
    position += load.working_set_bytes;
    for (const Access& one : accesses[r]) {
      if (one.bytes > 0) touched[static_cast<size_t>(graph[one.value].storage)] = position;
    }
    for (size_t i = 0; i < rates.levels.size(); ++i) {
      load.level_s[i] = load.level_bytes[i] / rates.levels[i].bytes_per_s;
    }
  }
  return loads;
}

}  // namespace opgauge
