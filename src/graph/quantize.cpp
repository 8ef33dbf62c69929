// SPDX-License-Identifier: Apache-2.0
// to_int8: static W8A8 on oneDNN's kernels, as PyTorch's own quantisation lowers to them on x86
// CPUs.
//
// Affine quantisation (Jacob et al., "Quantization and training of neural networks for efficient
// integer-arithmetic-only inference", 2018): x = scale * (q - zero_point). Activations: u8, one
// scale and zero point a tensor, from the range of the values. Weights: s8, one scale an output
// channel, max |w| / 127, zero point 0.
#include <algorithm>
#include <cmath>
#include <optional>

#include "graph/rebuild.hpp"
#include "graph/rewrite.hpp"

namespace opgauge {
namespace {

constexpr Range nominal{-4, 4};  // where no range was observed

struct Scale {
  double scale = 1;
  int64_t zero_point = 0;
};
Scale scale_of(Range range, int levels) {
  const double low = std::min(range.low, 0.0), high = std::max(range.high, 0.0);  // 0 is exact
  const double scale = std::max((high - low) / levels, 1e-12);
  return {scale, static_cast<int64_t>(std::llround(-low / scale))};
}

// The ops that can become one of oneDNN's int8 kernels, with the names of their arguments.
struct LayerKind {
  std::string_view target, input, weight;
  std::string_view bias;  // "" if there is none
  bool convolution = false;
  bool weight_transposed = false;  // [in, out] where a linear layer has [out, in]
};
constexpr LayerKind layer_kinds[] = {
    {"aten::conv2d", "input", "weight", "bias", true, false},
    {"aten::linear", "input", "weight", "bias", false, false},
    {"aten::mm", "self", "mat2", "", false, true},
    {"aten::addmm", "mat1", "mat2", "self", false, true},
};

// One of them whose weights are parameters, with what is fused into it.
struct Layer {
  const Node* node;
  const LayerKind* kind;
  const Node* norm = nullptr;
  const Node* relu = nullptr;
  ValueId input = no_value;
  ValueId output = no_value;  // after norm and activation
};

class Plan {
 public:
  explicit Plan(const Graph& graph)
      : graph_(graph), uses_(graph.values.size()), given_back_(graph.values.size()) {
    for (const Node& node : graph.nodes) {
      for_each_operand(node, [&](ValueId id) { uses_[index(id)].push_back(&node); });
    }
    for (const ValueId id : graph.outputs) {
      if (id != no_value) given_back_[index(id)] = true;
    }
    for (const Node& node : graph.nodes) {
      if (auto layer = recognise(node)) layers_.push_back(*layer);
    }
  }

  const std::vector<Layer>& layers() const { return layers_; }
  const Layer* layer_of(const Node& node) const {
    for (const Layer& layer : layers_) {
      if (layer.node == &node) return &layer;
    }
    return nullptr;
  }
  bool is_fused(const Node& node) const {
    return std::any_of(layers_.begin(), layers_.end(), [&](const Layer& layer) {
      return layer.norm == &node || layer.relu == &node;
    });
  }

  // Whether nothing needs the value in f32: every use is the activation of a layer, or a view of
  // which that holds.
  bool stays_u8(ValueId id, int depth = 0) const {
    if (given_back_[index(id)] || uses_[index(id)].empty() || depth > 16) return false;
    return std::all_of(uses_[index(id)].begin(), uses_[index(id)].end(), [&](const Node* use) {
      if (const Layer* layer = layer_of(*use)) return layer->input == id;
      return is_view(*use) && stays_u8(use->outputs[0], depth + 1);
    });
  }
  static bool is_view(const Node& node) {
    return node.op &&
           (node.op->family == OpFamily::view || node.target == "aten::flatten.using_ints" ||
            node.target == "aten::reshape") &&
           node.outputs.size() == 1 && node.outputs[0] != no_value;
  }

 private:
  bool is_parameter(ValueId id) const {
    return id != no_value && graph_[id].role == Role::parameter &&
           graph_[id].type.dtype == Dtype::f32;
  }
  const Node* only_use(ValueId id) const {
    const bool one = uses_[index(id)].size() == 1 && !given_back_[index(id)];
    return one ? uses_[index(id)].front() : nullptr;
  }

  std::optional<Layer> recognise(const Node& node) const {
    const auto kind = std::find_if(std::begin(layer_kinds), std::end(layer_kinds),
                                   [&](const LayerKind& one) { return one.target == node.target; });
    if (kind == std::end(layer_kinds)) return std::nullopt;
    Layer layer{&node, kind};
    const Call call(graph_, node);
    layer.input = call.value(kind->input);
    layer.output = node.outputs[0];
    const ValueId bias = kind->bias.empty() ? no_value : call.value(kind->bias);
    if (!is_parameter(call.value(kind->weight)) || (bias != no_value && !is_parameter(bias)))
      return std::nullopt;
    if (graph_[layer.input].type.dtype != Dtype::f32 || layer.output == no_value)
      return std::nullopt;
    const int64_t rank = graph_[layer.input].type.rank();
    if (kind->convolution ? rank != 4 : rank < 2) return std::nullopt;
    if (node.target == "aten::addmm" &&
        (graph_[bias].type.rank() != 1 || call.number("alpha") != 1 || call.number("beta") != 1))
      return std::nullopt;
    const Node* next = only_use(layer.output);
    if (next && kind->convolution && is_foldable_norm(*next)) {
      layer.norm = next;
      layer.output = next->outputs[0];
      next = only_use(layer.output);
    }
    if (next && (next->target == "aten::relu" || next->target == "aten::relu_")) {
      layer.relu = next;
      layer.output = next->outputs[0];
    }
    return layer;
  }

  bool is_foldable_norm(const Node& node) const {
    if (node.target != "aten::batch_norm") return false;
    const Call call(graph_, node);
    for (const char* name : {"weight", "bias", "running_mean", "running_var"}) {
      const ValueId id = call.value(name);
      if (id == no_value || graph_[id].role == Role::intermediate || graph_[id].role == Role::input)
        return false;
    }
    return !call.flag("training");
  }

  const Graph& graph_;
  std::vector<std::vector<const Node*>> uses_;
  std::vector<bool> given_back_;
  std::vector<Layer> layers_;
};

class Quantizer {
 public:
  Quantizer(const Graph& graph, const Ranges& ranges, int levels)
      : graph_(graph),
        ranges_(ranges),
        levels_(levels),
        plan_(graph),
        copy_(graph),
        quantized_(graph.values.size()) {}

  Graph run() {
    copy_.declare([](ValueId, const Value& value) { return value.type; });
    for (const Node& node : graph_.nodes) {
      if (const Layer* layer = plan_.layer_of(node)) {
        replace(*layer);
      } else if (plan_.is_fused(node)) {
        // Part of the layer before it.
      } else if (Plan::is_view(node) && source_of(node) != no_value &&
                 quantized_[index(source_of(node))] && plan_.stays_u8(node.outputs[0])) {
        view_u8(node);
      } else {
        copy_.copy(node);
      }
    }
    return copy_.finish();
  }

 private:
  struct Quantized {
    ValueId value;
    Scale scale;
  };

  Range range_of(ValueId id) const {
    const auto at = ranges_.find(graph_[id].name);
    return at == ranges_.end() ? nominal : at->second;
  }
  static ValueId source_of(const Node& node) {
    ValueId source = no_value;
    for_each_operand(node, [&](ValueId id) { source = source == no_value ? id : source; });
    return source;
  }

  // x / scale + zero_point, rounded and clamped: three passes.
  const Quantized& quantize(ValueId id, const Node& at, bool channels_last) {
    std::optional<Quantized>& there = quantized_[index(id)];
    if (there) return *there;
    const Scale scale = scale_of(range_of(id), levels_);
    GraphBuilder& b = copy_.at(at);
    const std::string name = graph_[id].name + "_u8";
    const ValueId x =
        b.call("aten::add.Tensor", {{"self", static_cast<double>(scale.zero_point) + 0.5},
                                    {"other", copy_[id]},
                                    {"alpha", 1 / scale.scale}});
    const ValueId clamped = b.call("aten::clamp_", {{"self", x}, {"min", 0.0}, {"max", static_cast<double>(levels_)}});
    std::vector<Given> given = {{"self", clamped}, {"dtype", Dtype::u8}};
    if (channels_last) given.emplace_back("memory_format", MemoryFormat::channels_last);
    there = Quantized{b.call("aten::to.dtype", std::move(given), name), scale};
    return *there;
  }

  void view_u8(const Node& node) {
    const ValueId source = source_of(node), out = node.outputs[0];
    const ValueId real = copy_[source];
    const Quantized from = *quantized_[index(source)];
    copy_[source] = from.value;
    copy_.copy(node);
    copy_[source] = real;
    quantized_[index(out)] = Quantized{copy_[out], from.scale};
  }

  struct Weights {
    ValueId weight, scale, zero_point, bias;
    Dims sizes;
  };

  // The preparation: batch norm folded in, quantised per output channel; not yet packed.
  Weights prepare_weights(const Layer& layer) {
    const Call call(graph_, *layer.node);
    GraphBuilder& b = copy_.at(*layer.node);
    ValueId weight = copy_[call.value(layer.kind->weight)];
    if (layer.kind->weight_transposed) {
      // Copied first: a view would make the parameter's own storage one that is prepared.
      weight = b.call_once("aten::clone", {{"self", weight}});
      weight = b.call_once("aten::t", {{"self", weight}});
      weight = b.call_once("aten::contiguous", {{"self", weight}});
    }
    const ValueId old_bias = layer.kind->bias.empty() ? no_value : call.value(layer.kind->bias);
    ValueId bias = old_bias == no_value ? no_value : copy_[old_bias];
    Weights result;
    result.sizes = b.type(weight).sizes;
    const int64_t channels = result.sizes[0];
    Dims per_channel(result.sizes.size(), 1);
    per_channel[0] = channels;
    if (layer.norm) {
      // w' = w * g, b' = (b - mean) * g + beta with g = gamma / sqrt(var + eps)
      const Call norm(graph_, *layer.norm);
      const auto parameter = [&](const char* name) { return copy_[norm.value(name)]; };
      ValueId g = b.call_once("aten::add.Tensor",
                              {{"self", parameter("running_var")}, {"other", norm.number("eps")}});
      g = b.call_once("aten::mul.Tensor", {{"self", b.call_once("aten::rsqrt", {{"self", g}})},
                                           {"other", parameter("weight")}});
      const ValueId wide = b.call_once("aten::view", {{"self", g}, {"size", per_channel}});
      weight = b.call_once("aten::mul.Tensor", {{"self", weight}, {"other", wide}});
      ValueId shift = bias;
      if (bias == no_value) {
        shift = b.call_once("aten::neg", {{"self", parameter("running_mean")}});
      } else {
        shift =
            b.call_once("aten::sub.Tensor", {{"self", bias}, {"other", parameter("running_mean")}});
      }
      shift = b.call_once("aten::mul.Tensor", {{"self", shift}, {"other", g}});
      bias = b.call_once("aten::add.Tensor", {{"self", shift}, {"other", parameter("bias")}});
    }
    Dims inner;
    for (size_t i = 1; i < result.sizes.size(); ++i) inner.push_back(static_cast<int64_t>(i));
    ValueId s = b.call_once("aten::abs", {{"self", weight}});
    s = b.call_once("aten::amax", {{"self", s}, {"dim", inner}, {"keepdim", true}});
    s = b.call_once("aten::mul.Tensor", {{"self", s}, {"other", 1.0 / 127}});
    s = b.call_once("aten::clamp_min", {{"self", s}, {"min", 1e-12}});
    ValueId q = b.call_once("aten::div.Tensor", {{"self", weight}, {"other", s}});
    q = b.call_once("aten::round", {{"self", q}});
    q = b.call_once("aten::clamp", {{"self", q}, {"min", -127.0}, {"max", 127.0}});
    result.weight = b.call_once("aten::to.dtype", {{"self", q}, {"dtype", Dtype::i8}});
    result.scale = b.call_once("aten::view", {{"self", s}, {"size", Dims{channels}}}, "w_scale");
    const ValueId zero = b.call_once("aten::mul.Tensor", {{"self", result.scale}, {"other", 0.0}});
    result.zero_point =
        b.call_once("aten::to.dtype", {{"self", zero}, {"dtype", Dtype::i64}}, "w_zero_point");
    result.bias = bias;
    return result;
  }

  void replace(const Layer& layer) {
    const Call call(graph_, *layer.node);
    const bool convolution = layer.kind->convolution;
    const Quantized x = quantize(layer.input, *layer.node, convolution);
    const Weights w = prepare_weights(layer);
    const bool u8 = plan_.stays_u8(layer.output);
    const Scale out = u8 ? scale_of(range_of(layer.output), levels_) : Scale();
    GraphBuilder& b = copy_.at(*layer.node);
    const Dims x_sizes = b.type(x.value).sizes;
    std::vector<Given> window;
    if (convolution) {
      for (const char* name : {"stride", "padding", "dilation"}) {
        Dims both = call.ints(name);
        if (both.size() == 1) both.push_back(both[0]);
        window.emplace_back(name, std::move(both));
      }
      window.emplace_back("groups", call.integer("groups"));
    }
    std::vector<Given> packing = {{"weight", w.weight}, {"x_shape", x_sizes}};
    if (convolution) {
      packing.insert(
          packing.end(),
          {{"w_scales", w.scale}, {"x_scale", x.scale.scale}, {"x_zp", x.scale.zero_point}});
      packing.insert(packing.end(), window.begin(), window.end());
    }
    const std::string suffix = convolution ? "conv" : "linear";
    const ValueId packed =
        b.call_once("onednn::q" + suffix + "_prepack", std::move(packing), "packed");

    std::vector<Given> given = {{"qx", x.value},
                                {"x_scale", x.scale.scale},
                                {"x_zero_point", x.scale.zero_point},
                                {"qw", packed},
                                {"w_scale", w.scale},
                                {"w_zero_point", w.zero_point},
                                {"output_scale", out.scale},
                                {"output_zero_point", out.zero_point},
                                {"output_dtype", u8 ? Dtype::u8 : Dtype::f32}};
    if (w.bias != no_value) given.emplace_back("bias", w.bias);
    given.insert(given.end(), window.begin(), window.end());
    const char* post_op = layer.relu ? "relu" : "none";
    if (convolution) {
      given.insert(given.end(), {{"attr", post_op}, {"scalars", Dims{}}, {"algorithm", ""}});
    } else {
      given.insert(
          given.end(),
          {{"post_op_name", post_op}, {"post_op_args", Dims{}}, {"post_op_algorithm", ""}});
    }
    const ValueId y =
        b.call(convolution ? "onednn::qconv2d_pointwise" : "onednn::qlinear_pointwise",
               std::move(given), graph_[layer.output].name);
    if (u8) {
      quantized_[index(layer.output)] = Quantized{y, out};
    } else {
      copy_[layer.output] = y;
    }
  }

  const Graph& graph_;
  const Ranges& ranges_;
  const int levels_;
  const Plan plan_;
  Rebuild copy_;
  std::vector<std::optional<Quantized>> quantized_;  // by the original's ValueId
};

}  // namespace

Graph to_int8(const Graph& graph, const Ranges& ranges, int activation_levels) {
  return Quantizer(graph, ranges, activation_levels).run();
}

std::vector<ValueId> ranges_wanted(const Graph& graph) {
  std::vector<ValueId> wanted;
  const Plan plan(graph);
  for (const Layer& layer : plan.layers()) {
    for (const ValueId id : {layer.input, layer.output}) {
      if (std::find(wanted.begin(), wanted.end(), id) == wanted.end()) wanted.push_back(id);
    }
  }
  return wanted;
}

Int8Nodes int8_nodes(const Graph& graph) {
  std::vector<const Node*> producer(graph.values.size());
  const auto number_of = [&](const Node* node) {
    return static_cast<int64_t>(node - graph.nodes.data());
  };
  // What the node's only tensor comes from, if that is a call of `target`.
  const auto before = [&](const Node* node, std::string_view target) -> const Node* {
    const Node* from = nullptr;
    if (node) for_each_operand(*node, [&](ValueId id) { from = producer[index(id)]; });
    return from && from->target == target ? from : nullptr;
  };
  Int8Nodes found;
  for (const Node& node : graph.nodes) {
    for (const ValueId id : node.outputs) {
      if (id != no_value) producer[index(id)] = &node;
    }
    if (node.target.starts_with("onednn::q")) found.kernels.push_back(number_of(&node));
    if (node.target != "aten::to.dtype" || node.outputs[0] == no_value ||
        graph[node.outputs[0]].type.dtype != Dtype::u8)
      continue;
    const Node* clamp = before(&node, "aten::clamp_");  // as `quantize` wrote it
    const Node* add = before(clamp, "aten::add.Tensor");
    if (!add) continue;
    for (const Node* part : {add, clamp, &node}) found.boundaries.push_back(number_of(part));
  }
  return found;
}

}  // namespace opgauge
