// SPDX-License-Identifier: Apache-2.0
#include "measure/fill.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "graph/op_table.hpp"

namespace opgauge {
namespace {

struct Use {
  const Node* node;
  std::string_view argument;
};

// "aten::add_.Tensor" -> "add"; a trailing _ (in place) is dropped.
std::string_view base_name(std::string_view target) {
  if (const size_t at = target.find("::"); at != target.npos) target.remove_prefix(at + 2);
  target = target.substr(0, target.find('.'));
  if (target.ends_with('_') && !target.starts_with("__")) target.remove_suffix(1);
  return target;
}

template <size_t n>
bool is_one_of(std::string_view name, const std::array<std::string_view, n>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Halve the second moment of what passes, more or less: He et al., "Delving deep into rectifiers",
// 2015.
constexpr auto rectifiers =
    std::to_array<std::string_view>({"relu", "relu6", "hardtanh", "leaky_relu", "gelu", "silu",
                                     "hardswish", "mish", "elu", "prelu", "softplus"});
// Which position of which argument indexes what: (op, index argument, indexed argument, its
// dimension or the argument that says it).
struct IndexRule {
  std::string_view op, indices, into;
};
constexpr auto index_rules = std::to_array<IndexRule>({
    {"embedding", "indices", "weight"},
    {"index_select", "index", "self"},
    {"gather", "index", "self"},
    {"scatter", "index", "self"},
    {"scatter_add", "index", "self"},
    {"index_add", "index", "self"},
    {"index_copy", "index", "self"},
    {"index", "indices", "self"},
    {"index_put", "indices", "self"},
    {"take_along_dim", "indices", "self"},
});

constexpr double unbounded = std::numeric_limits<double>::infinity();

class Chooser {
 public:
  explicit Chooser(const Graph& graph)
      : graph_(graph), uses_(graph.values.size()), bound_(graph.values.size(), unbounded) {
    for (const auto* nodes : {&graph.preparation, &graph.nodes}) {
      for (const Node& node : *nodes) note_uses(node);
    }
    for (size_t i = graph.nodes.size(); i-- > 0;) propagate_bounds(graph.nodes[i]);
  }

  Fill of(ValueId id) const {
    const Value& value = graph_[id];
    switch (value.type.dtype) {
      case Dtype::boolean:
        return {1, 1};
      case Dtype::u8:
        return {0, 255};
      case Dtype::i8:
        return {-127, 127};
      case Dtype::i16:
      case Dtype::i32:
      case Dtype::i64:
        // Ones are right for masks, repeats and divisors.
        if (bound_[index(id)] == unbounded) return {1, 1};
        return {0, std::max(0.0, bound_[index(id)] - 1)};
      default:
        return value.role == Role::input ? Fill{-std::sqrt(3.0), std::sqrt(3.0)} : of_floating(id);
    }
  }

 private:
  void note_uses(const Node& node) {
    if (!node.op) return;
    for (size_t i = 0; i < node.arguments.size(); ++i) {
      const std::string_view name = node.op->schema->arguments[i].name;
      const auto add = [&](ValueRef ref) {
        if (ref.id != no_value) uses_[index(ref.id)].push_back({&node, name});
      };
      if (const auto* one = std::get_if<ValueRef>(&node.arguments[i])) add(*one);
      if (const auto* list = std::get_if<ValueList>(&node.arguments[i])) {
        for (const ValueRef ref : *list) add(ref);
      }
    }
  }

  void limit(ValueId id, double bound) {
    if (id != no_value) bound_[index(id)] = std::min(bound_[index(id)], bound);
  }

  // From what indexes something back to where the indices came from, through ops that keep or pick
  // elements.
  void propagate_bounds(const Node& node) {
    if (!node.op) return;
    const Call call(graph_, node);
    const std::string_view name = base_name(node.target);
    for (const IndexRule& rule : index_rules) {
      if (name != rule.op || node.op->schema->index(rule.indices) < 0) continue;
      const TensorType& into = call.tensor(rule.into);
      if (const auto* list = std::get_if<ValueList>(&call.argument(rule.indices))) {
        for (size_t dim = 0; dim < list->size() && dim < into.sizes.size(); ++dim) {
          limit((*list)[dim].id, static_cast<double>(into.sizes[dim]));
        }
        return;
      }
      const int64_t dim = node.op->schema->index("dim") >= 0 ? call.integer("dim") : 0;
      const size_t at = static_cast<size_t>(dim < 0 ? dim + into.rank() : dim);
      if (at < into.sizes.size())
        limit(call.value(rule.indices), static_cast<double>(into.sizes[at]));
      return;
    }
    if (name == "one_hot") {
      if (const int64_t classes = call.integer("num_classes"); classes > 0) {
        limit(call.value("self"), static_cast<double>(classes));
      }
      return;
    }
    const OpFamily family = node.op->family;
    if (family != OpFamily::view && family != OpFamily::copy && family != OpFamily::none) return;
    double bound = unbounded;
    for (const ValueId out : node.outputs) {
      if (out != no_value) bound = std::min(bound, bound_[index(out)]);
    }
    for_each_operand(node, [&](ValueId id) { limit(id, bound); });
  }

  // What the elements coming out of `id` meet next, seen through views, norms and dropout.
  double gain_towards(ValueId id, int depth = 0) const {
    if (depth > 8) return 1;
    for (const Use& use : uses_[index(id)]) {
      const std::string_view name = base_name(use.node->target);
      if (is_one_of(name, rectifiers)) return std::sqrt(2.0);
      if (name == "add") return 0.3;  // a residual branch: the sum must not grow with depth
      const OpFamily family = use.node->op->family;
      const bool passes = family == OpFamily::view || family == OpFamily::normalization ||
                          name == "dropout" || name == "contiguous" || name == "clone";
      if (passes && use.argument != "weight" && !use.node->outputs.empty() &&
          use.node->outputs[0] != no_value) {
        return gain_towards(use.node->outputs[0], depth + 1);
      }
    }
    return 1;
  }

  // Uniform, with the variance gain^2 / fan_in.
  static Fill spread(double gain, double fan_in) {
    const double limit = gain * std::sqrt(3.0 / std::max(1.0, fan_in));
    return {-limit, limit};
  }

  Fill of_floating(ValueId id) const {
    const Dims& sizes = graph_[id].type.sizes;
    for (const Use& use : uses_[index(id)]) {
      if (use.argument == "running_mean") return {0, 0};
      if (use.argument == "running_var") return {1, 1};
      const OpFamily family = use.node->op->family;
      if (family == OpFamily::normalization) {
        if (use.argument == "weight") return {0.9, 1.1};
        if (use.argument == "bias") return {-0.1, 0.1};
      }
      const ValueId out = use.node->outputs.empty() ? no_value : use.node->outputs[0];
      if (sizes.size() >= 2 && out != no_value) {
        const double gain = gain_towards(out);
        const double all = static_cast<double>(graph_[id].type.numel());
        if (family == OpFamily::convolution && use.argument == "weight") {
          const bool transposed = use.node->target.find("transpose") != std::string::npos;
          return spread(gain, transposed ? all / static_cast<double>(sizes[1])
                                         : all / static_cast<double>(sizes[0]));
        }
        if (family == OpFamily::matmul && use.argument != "bias") {
          const bool last =
              use.argument == "weight" || use.argument == "self" || use.argument == "mat1";
          return spread(gain, static_cast<double>(last ? sizes.back() : sizes[sizes.size() - 2]));
        }
      }
      // Looked at through a view (weight.t(), weight.reshape(...)): the last dimension stands for
      // the fan-in.
    }
    if (sizes.size() >= 2) return spread(1, static_cast<double>(sizes.back()));
    return {-0.1, 0.1};
  }

  const Graph& graph_;
  std::vector<std::vector<Use>> uses_;
  std::vector<double> bound_;  // integers are below it
};

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
struct SplitMix {
  uint64_t state;
  uint64_t next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
};

}  // namespace

std::vector<Fill> choose_fills(const Graph& graph) {
  const Chooser chooser(graph);
  std::vector<Fill> fills(graph.values.size());
  for (size_t i = 0; i < fills.size(); ++i) {
    if (graph.values[i].role != Role::intermediate)
      fills[i] = chooser.of(ValueId(static_cast<int32_t>(i)));
  }
  return fills;
}

uint64_t random_seed(uint64_t seed, std::string_view name, const Dims& sizes) {
  uint64_t hash = 0xcbf29ce484222325u ^ (seed * 0x9e3779b97f4a7c15u);  // FNV-1a
  const auto mix = [&](uint64_t byte) { hash = (hash ^ byte) * 0x100000001b3u; };
  for (const char c : name) mix(static_cast<unsigned char>(c));
  for (const int64_t size : sizes) mix(static_cast<uint64_t>(size) + 256);
  return hash;
}

void fill_random(std::span<float> elements, const Fill& fill, uint64_t seed) {
  SplitMix random{seed};
  const float low = static_cast<float>(fill.low);
  const float step = static_cast<float>((fill.high - fill.low) / 16777216.0);  // 2^24
  for (size_t i = 0; i < elements.size(); i += 2) {
    const uint64_t bits = random.next();
    elements[i] = low + step * static_cast<float>(bits >> 40);
    if (i + 1 < elements.size()) elements[i + 1] = low + step * static_cast<float>(bits & 0xffffff);
  }
}

void fill_random(std::span<int64_t> elements, const Fill& fill, uint64_t seed) {
  SplitMix random{seed};
  const auto low = static_cast<int64_t>(fill.low);
  const auto count = static_cast<uint64_t>(static_cast<int64_t>(fill.high) - low) + 1;
  for (int64_t& element : elements) element = low + static_cast<int64_t>(random.next() % count);
}

}  // namespace opgauge
