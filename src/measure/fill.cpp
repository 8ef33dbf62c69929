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

// Which position of which argument indexes what: (op, index argument, indexed argument, its
// dimension or the argument that says it).
struct IndexRule {
  std::string_view op, indices, into;
};
constexpr auto index_rules = std::to_array<IndexRule>({
    {"embedding", "indices", "weight"},
    {"embedding_bag", "indices", "weight"},
    {"index_select", "index", "self"},
    {"gather", "index", "self"},
    {"scatter", "index", "self"},
    {"scatter_add", "index", "self"},
    {"scatter_reduce", "index", "self"},
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
    if (name == "embedding_bag") limit(call.value("offsets"), 1);  // zeros rise, whatever the number of indices
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
    double bound = unbounded;
    for (const ValueId out : node.outputs) {
      if (out != no_value) bound = std::min(bound, bound_[index(out)]);
    }
    if (name == "add") {  // one kind of thing is numbered behind another
      const auto* shift = std::get_if<int64_t>(&call.argument("other"));
      if (shift) limit(call.value("self"), std::max(1.0, bound - static_cast<double>(*shift)));
      return;
    }
    const OpFamily family = node.op->family;
    if (family != OpFamily::view && family != OpFamily::copy && family != OpFamily::none) return;
    for_each_operand(node, [&](ValueId id) { limit(id, bound); });
  }

  // A variance is what ends in a root, maybe after something was added to it.
  bool must_be_positive(ValueId id, int depth = 0) const {
    return std::any_of(uses_[index(id)].begin(), uses_[index(id)].end(), [&](const Use& use) {
      const std::string_view name = base_name(use.node->target);
      if (use.argument == "running_var" || name == "sqrt" || name == "rsqrt" || name == "log")
        return true;
      return name == "add" && depth == 0 && !use.node->outputs.empty() &&
             use.node->outputs[0] != no_value && must_be_positive(use.node->outputs[0], depth + 1);
    });
  }

  // By name and sizes alone, so that a rewritten graph has the same weights.
  Fill of_floating(ValueId id) const {
    const Value& value = graph_[id];
    const Dims& sizes = value.type.sizes;
    if (sizes.size() >= 2) {
      // Variance 1 / fan_in (LeCun et al., "Efficient BackProp", 1998), the first dimension being
      // the outputs.
      const double outputs = static_cast<double>(std::max<int64_t>(1, sizes[0]));
      const double limit =
          std::sqrt(3 * outputs / static_cast<double>(std::max<int64_t>(1, value.type.numel())));
      return {-std::min(limit, 1.0), std::min(limit, 1.0)};
    }
    const std::string_view source = value.source;
    const std::string_view last = source.substr(source.rfind('.') + 1);
    if (last.find("mean") != last.npos) return {0, 0};
    if (last.find("var") != last.npos || must_be_positive(id)) return {1, 1};
    for (const std::string_view scale : {"weight", "gamma", "scale"}) {
      if (last.find(scale) != last.npos) return {0.9, 1.1};
    }
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
