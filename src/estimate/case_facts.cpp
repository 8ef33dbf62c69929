// SPDX-License-Identifier: Apache-2.0
#include "estimate/case_facts.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "estimate/describe_call.hpp"
#include "estimate/node_arguments.hpp"
#include "estimate/result_memory.hpp"
#include "estimate/unforeseen.hpp"
#include "graph/liveness.hpp"
#include "graph/ops/iterator.hpp"

namespace opgauge {
namespace {

std::string_view plain_name(const Node& node) {
  std::string_view name = node.target;
  if (const size_t at = name.find("::"); at != std::string_view::npos) name.remove_prefix(at + 2);
  if (const size_t at = name.find('.'); at != std::string_view::npos) name = name.substr(0, at);
  if (name.size() > 1 && name.ends_with('_') && !name.ends_with("__")) name.remove_suffix(1);
  return name;
}

constexpr int64_t rows_at_once = 3;

double share_of(double odds) {
  const double share = odds / (1 + odds);
  return share < 0.05 ? 0 : share;
}

// Values that choose another kernel under the same name.
std::string variant_of(const Node& node, std::string_view name) {
  std::string variant(name);
  if (name == "pow") {
    if (const Argument* exponent = find_argument(node, "exponent")) {
      double value = 0;
      if (const auto* whole = std::get_if<int64_t>(exponent)) value = static_cast<double>(*whole);
      if (const auto* real = std::get_if<double>(exponent)) value = *real;
      variant += value == 2 ? "^2" : value == 3 ? "^3" : value == 0.5 ? "^0.5" : "";
    }
  }
  if (name == "layer_norm") {
    const Argument* weight = find_argument(node, "weight");
    const auto* given = weight ? std::get_if<ValueRef>(weight) : nullptr;
    if (!given || given->id == no_value) variant += ".plain";
  }
  if (name == "embedding_bag") {
    const Dims mode = ints_argument(node, "mode");
    variant += mode.empty() || mode[0] == 0 ? "" : mode[0] == 1 ? ".mean" : ".max";
  }
  for (const char* mode : {"approximate", "mode"}) {
    if (const Argument* argument = find_argument(node, mode)) {
      if (const auto* text = std::get_if<std::string>(argument)) variant += "." + *text;
    }
  }
  return variant;
}

// Weights are weights, too, where they are a part of a parameter or were computed from some: normed, or mixed from experts'.
ValueId weight_of(const Node& node) {
  const Argument* weight = find_argument(node, "weight");
  const auto* given = weight ? std::get_if<ValueRef>(weight) : nullptr;
  return given ? given->id : no_value;
}

}  // namespace

double vector_elements(const CaseFacts& facts, Dtype dtype) { return facts.lanes * 4 / static_cast<double>(std::max<int64_t>(1, size_bytes(dtype))); }

bool multiplies(const CaseFacts& facts) {
  return facts.family == OpFamily::convolution || facts.family == OpFamily::matmul || facts.family == OpFamily::attention || facts.family == OpFamily::recurrent;
}

double beyond(double bytes, double capacity_bytes, int sharpness) {
  return share_of(std::pow(bytes / std::max(1.0, capacity_bytes), sharpness));
}

bool two_operands(const CaseFacts& facts) { return facts.input_bytes > 1.9 * facts.output_bytes; }

bool packs(const CaseFacts& facts) { return facts.blas_tiles == BlasTiles::strips || facts.m >= least_packed_rows; }

bool rows_pages_apart(const CaseFacts& facts) { return facts.pitch_bytes > 0 && std::fmod(facts.pitch_bytes, 4096) == 0; }

double aliased_share(const CaseFacts& facts) {
  if (facts.blas_tiles == BlasTiles::strips) return rows_pages_apart(facts) && facts.cold_weight_l3_bytes <= facts.weight_bytes / 2 ? 1 : 0;
  if (rows_pages_apart(facts)) return 1;
  return facts.pitch_bytes > 0 && std::fmod(facts.pitch_bytes, 2048) == 0 ? 0.5 : 0;
}

bool narrow_columns(const CaseFacts& facts) {
  constexpr int64_t vector = 16;
  return facts.n > 2 * vector && facts.n < 12 * vector;
}

CaseFacts facts_of(const Graph& graph, const Node& node, const CostConditions& conditions) {
  CaseFacts facts;
  facts.name = plain_name(node);
  facts.threads = conditions.threads;
  facts.lanes = conditions.vector_lanes;
  facts.blas_tiles = conditions.blas_tiles;
  if (!node.op) return facts;
  facts.family = node.op->family;
  facts.variant = variant_of(node, facts.name);

  const ValueId weight = multiplies(facts) ? weight_of(node) : no_value;
  bool first = true;
  std::vector<StorageId> operand_storages;
  int64_t largest_numel = 0;
  for_each_operand(node, [&](ValueId id) {
    const Value& value = graph[id];
    const double bytes = static_cast<double>(touched_bytes(value.type));
    operand_storages.push_back(value.storage);
    if ((value.role == Role::intermediate || value.role == Role::input) && id != weight) {
      facts.input_bytes += bytes;
      if (!value.type.is_contiguous()) {
        facts.dense_operands = false;
        facts.strided_bytes += bytes;
        const TensorType& x = value.type;
        const bool inner = x.rank() == 0 || x.sizes.back() <= 1 || x.strides.back() == 1;
        facts.inner_dense &= inner;
      }
    } else {
      facts.weight_bytes += bytes;
    }
    if (first) {
      facts.dtype = value.type.dtype;
      facts.channels_last = (value.type.is_channels_last() || value.type.runs_channels_last()) && !value.type.is_contiguous();
    }
    largest_numel = std::max(largest_numel, value.type.numel());
    first = false;
  });

  bool all_share = !node.outputs.empty();
  bool all_views = all_share;
  for (const ValueId id : node.outputs) {
    if (id == no_value) continue;
    const Value& value = graph[id];
    const double bytes = static_cast<double>(value.type.bytes());
    facts.output_bytes += bytes;
    facts.output_elements += static_cast<double>(value.type.numel());
    const bool shares = std::find(operand_storages.begin(), operand_storages.end(), value.storage) !=
                        operand_storages.end();
    all_share &= shares;
    all_views &= shares;
    if (!shares) facts.fresh_bytes += bytes;
    if (first) facts.dtype = value.type.dtype;
    if (value.type.dtype != facts.dtype) facts.converts = true;
  }
  if (facts.family == OpFamily::indexing) facts.weight_bytes = std::min(facts.weight_bytes, static_cast<double>(looked_up_bytes(graph, node)));
  bool writes = false;
  for (const SchemaArgument& argument : node.op->schema->arguments) writes |= argument.written;
  facts.in_place = all_share && writes;
  facts.is_view = all_views && !writes;

  const Work work = node.op->work(Call(graph, node));
  facts.flops = static_cast<double>(work.macs > 0 ? work.flops() : work.other_ops);

  for_each_operand(node, [&](ValueId id) {
    const int64_t numel = graph[id].type.numel();
    if (numel > 1 && static_cast<double>(numel) < facts.output_elements) facts.broadcasts = true;
  });
  if (facts.broadcasts) facts.broadcast_bytes = facts.output_bytes;

  describe_call(graph, node, conditions, facts);
  if (const TensorType* x = tensor_argument(graph, node, {"input", "self"}); x && facts.rows > 0) {
    facts.row_length = std::max(1.0, static_cast<double>(x->numel()) / facts.rows);
  }
  facts.operands = std::max(facts.operands, static_cast<double>(node.outputs.size()));
  double moved = facts.input_bytes + facts.output_bytes;
  if (facts.onednn && !facts.channels_last) moved *= 2;  // reordered into blocks of channels and back
  moved += 2 * facts.filled_bytes;  // written, and read again
  if (facts.composite) {  // the scores are written and read twice
    moved += 2 * static_cast<double>(facts.products * facts.m * facts.n * size_bytes(facts.dtype));
  }
  facts.beyond_l2_bytes = moved * beyond(moved, conditions.l2_bytes);
  facts.beyond_l3_bytes = moved * beyond(moved, conditions.l3_bytes);
  facts.cold_weight_l2_bytes = facts.weight_bytes * beyond(facts.weight_bytes, conditions.l2_bytes);
  facts.cold_weight_l3_bytes = facts.weight_bytes * beyond(facts.weight_bytes, conditions.l3_bytes);
  if (facts.family == OpFamily::matmul && !packs(facts)) {
    const auto matrix_bytes = static_cast<double>(facts.n * facts.k * size_bytes(facts.dtype));
    facts.repeated_bytes = static_cast<double>(facts.products * ((facts.m - 1) / rows_at_once)) * matrix_bytes;
    facts.repeated_l2_bytes = facts.repeated_bytes * beyond(matrix_bytes, conditions.l2_bytes);
    facts.repeated_l3_bytes = facts.repeated_bytes * beyond(matrix_bytes, conditions.l3_bytes);
  }
  return facts;
}

namespace {

// Only for telling how long ago something was, never for results: a core at 60 GFLOP/s and 20 GB/s, 2 us a call.
double guess_seconds(const CaseFacts& facts) {
  return 2e-6 + facts.flops / 6e10 + (facts.input_bytes + facts.weight_bytes + facts.output_bytes) / 2e10;
}

// In which neighbours fill the shared cache: weights that are not lost to them come out of it twice as fast.
double exposed_seconds(const CaseFacts& facts) { return guess_seconds(facts) - facts.weight_bytes * (1 / 2e10 - 1 / 4.5e10); }

// Activations come from as far away as bytes were moved since they were last touched; the model's inputs since the run before.
// Weights that a run computes (normed, mixed from experts') lie where they were written: returns how far of each call's are lost
// from the last cache, and nothing where they are parameters.
std::vector<std::optional<double>> set_cold_inputs(const Graph& graph, std::span<const double> moved_bytes, const CostConditions& conditions, std::vector<CaseFacts>& all) {
  std::vector<double> touched(static_cast<size_t>(graph.storages), 0.0);
  std::vector<bool> held(static_cast<size_t>(graph.storages), false);  // before a run begins
  for (const Value& value : graph.values) {
    if (value.role != Role::intermediate) held[static_cast<size_t>(value.storage)] = true;
  }
  std::vector<std::optional<double>> lost(all.size());
  double clock_bytes = 0;
  for (int run = 0; run < 2; ++run) {
    for (size_t n = 0; n < all.size(); ++n) {
      if (all[n].is_view) continue;
      const Node& node = graph.nodes[n];
      const ValueId weight = multiplies(all[n]) ? weight_of(node) : no_value;
      if (run == 1) {
        for_each_operand(node, [&](ValueId id) {
          const Value& value = graph[id];
          if (value.role != Role::intermediate && value.role != Role::input) return;
          const auto bytes = static_cast<double>(value.type.bytes());
          const double since_bytes = clock_bytes - touched[static_cast<size_t>(value.storage)] + bytes;
          if (id != weight) all[n].cold_input_bytes += bytes * beyond(since_bytes, conditions.l2_bytes);
          else if (!held[static_cast<size_t>(value.storage)]) lost[n] = beyond(since_bytes, conditions.l3_bytes);
        });
      }
      clock_bytes += moved_bytes[n];
      const auto touch = [&](ValueId id) {
        if (id != no_value) touched[static_cast<size_t>(graph[id].storage)] = clock_bytes;
      };
      for_each_operand(node, touch);
      for (const ValueId id : node.outputs) touch(id);
    }
  }
  return lost;
}

// Bytes that pass between two readings of each call's largest parameter, which a decoder's steps or shared layers read more than once
// a run; at most what a run touches in all.
std::vector<double> reread_after_bytes(const Graph& graph, std::span<const double> moved_bytes, double footprint_bytes) {
  std::vector<double> read(static_cast<size_t>(graph.storages), -1.0), after(graph.nodes.size(), footprint_bytes);
  double clock_bytes = 0;
  for (int run = 0; run < 2; ++run) {
    for (size_t n = 0; n < graph.nodes.size(); ++n) {
      double largest_bytes = 0;
      for_each_operand(graph.nodes[n], [&](ValueId id) {
        const Value& value = graph[id];
        if (value.role == Role::intermediate || value.role == Role::input) return;
        double& last_bytes = read[static_cast<size_t>(value.storage)];
        const auto bytes = static_cast<double>(value.type.bytes());
        if (bytes > largest_bytes && last_bytes >= 0) {
          largest_bytes = bytes;
          after[n] = std::min(footprint_bytes, clock_bytes - last_bytes);
        }
        last_bytes = clock_bytes;
      });
      clock_bytes += moved_bytes[n];
    }
  }
  return after;
}

// Weights are read in turn, again and again: they find a sharper end of the shared cache than other operands do, and of the
// private one, which holds them up to its size.
constexpr int shared_sharpness = 4, private_sharpness = 6;

constexpr double stream_bytes = 2048;   // of a row, for its first lines to be waited for
constexpr double view_s = 2e-7;         // sizes and strides alone
constexpr double half_cold_s = 150e-6;  // after which a kernel's code is half forgotten

// What tells oneDNN's primitives of one name apart: each has its code and its description.
using PrimitiveShape = std::tuple<std::string_view, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, bool>;
PrimitiveShape primitive_of(const CaseFacts& f) {
  return {f.name, f.batch, f.channels, f.height, f.width, f.out_channels, f.out_h, f.out_w, f.kernel_h, f.kernel_w, f.groups, f.channels_last};
}

// Caches, translations and branch predictors forget a kernel's code by and by: one that ran just before is there, one
// that ran a millisecond ago is not. Before the first call of a run stands the last one of the run before.
void set_cold_code(std::vector<CaseFacts>& all) {
  const auto forgotten = [](double since_s) { return share_of(std::pow(since_s / half_cold_s, 1.5)); };
  std::unordered_map<std::string_view, double> last;  // by op name, when it ended since the run before began
  std::map<PrimitiveShape, double> last_primitive;
  double clock_s = 0;
  for (int run = 0; run < 2; ++run) {
    for (CaseFacts& facts : all) {
      double& name_s = last.try_emplace(facts.name, 0).first->second;
      double* primitive_s = facts.onednn ? &last_primitive.try_emplace(primitive_of(facts), 0).first->second : nullptr;
      if (run == 1) {
        facts.cold_code = forgotten(clock_s - name_s);
        if (primitive_s) facts.cold_primitive = forgotten(clock_s - *primitive_s);
      }
      clock_s += facts.is_view ? view_s : guess_seconds(facts);
      name_s = clock_s;
      if (primitive_s) *primitive_s = clock_s;
    }
  }
}

}  // namespace

std::vector<CaseFacts> facts_of(const Graph& graph, const CostConditions& conditions) {
  std::vector<CaseFacts> all;
  all.reserve(graph.nodes.size());
  double footprint_bytes = static_cast<double>(touched_bytes(graph));  // what lies between two readings of a weight
  std::vector<double> moved, filled;  // by the calls themselves; with what neighbours put into the shared cache meanwhile
  for (const Node& node : graph.nodes) {
    all.push_back(facts_of(graph, node, conditions));
    const CaseFacts& facts = all.back();
    moved.push_back(facts.is_view ? 0 : facts.input_bytes + facts.weight_bytes + facts.output_bytes);
    const double foreign_bytes = facts.is_view ? 0 : conditions.fill_bytes_per_s * exposed_seconds(facts);
    filled.push_back(moved.back() + foreign_bytes);
    footprint_bytes += foreign_bytes;
  }
  const auto lost_computed = set_cold_inputs(graph, moved, conditions, all);
  set_cold_code(all);
  set_unforeseen(graph, all);
  const std::vector<double> cold_results = cold_result_bytes(graph, filled, conditions.l3_bytes);
  for (size_t n = 0; n < all.size(); ++n) all[n].cold_output_bytes = cold_results[n];
  const std::vector<double> reread = reread_after_bytes(graph, filled, footprint_bytes);
  for (size_t n = 0; n < all.size(); ++n) {
    CaseFacts& facts = all[n];
    const double lost_weights = lost_computed[n].value_or(beyond(reread[n], conditions.l3_bytes, shared_sharpness));
    if (facts.weight_bytes > 0) {  // short rows are one stream with their neighbours
      const double row_bytes = static_cast<double>(facts.k) * static_cast<double>(size_bytes(facts.dtype));
      facts.cold_weight_rows = static_cast<double>(facts.n) * std::min(1.0, row_bytes / stream_bytes) * lost_weights;
    }
    facts.cold_weight_l2_bytes = facts.weight_bytes * beyond(reread[n], conditions.weight_l2_multiple * conditions.l2_bytes, private_sharpness);
    facts.cold_weight_l3_bytes = facts.weight_bytes * lost_weights;
  }
  return all;
}

}  // namespace opgauge
