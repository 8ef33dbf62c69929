// SPDX-License-Identifier: Apache-2.0
// Radford et al., "Language Models are Unsupervised Multitask Learners" (GPT-2), 2019: one pass
// over a whole sequence, without a key-value cache; the output layer is tied to the token
// embedding.
#include "models/attention.hpp"
#include "models/builders.hpp"

namespace opgauge {
namespace {

constexpr double eps = 1e-5;
constexpr double dropout = 0.1;

class GptBuilder {
 public:
  GptBuilder(const ModelSpec& spec, int64_t batch)
      : net_(spec.print(), batch),
        sequence_(spec.integer("seq")),
        width_(spec.integer("width")),
        heads_(spec.integer("heads")) {
    if (width_ % heads_ != 0) throw spec.error("heads", "do not divide the width");
    if (sequence_ > spec.integer("positions")) {
      throw spec.error("seq", "found " + std::to_string(sequence_) +
                                  ", expected at most positions=" + spec.text("positions"));
    }
  }

  Graph build(const ModelSpec& spec) {
    const bool head = spec.word("lm_head", {"true", "false"}) == "true";
    const std::string prefix = head ? "transformer." : "";
    const int64_t vocabulary = spec.integer("vocab");
    const ValueId ids = net_.token_input("input_ids", sequence_);
    const ValueId words = net_.parameter(prefix + "wte.weight", {vocabulary, width_});
    const ValueId tied =
        head ? net_.parameter("lm_head.weight", {vocabulary, width_}, words) : words;
    ValueId x = net_.call("aten::view", prefix, {{"self", ids}, {"size", Dims{-1, sequence_}}});
    x = net_.call("aten::embedding", prefix + "wte", {{"weight", tied}, {"indices", x}});
    ValueId positions = arange(net_, sequence_);
    positions = net_.call("aten::add.Tensor", "", {{"self", positions}, {"other", 0}});
    positions = net_.call("aten::unsqueeze", "", {{"self", positions}, {"dim", 0}});
    ValueId places = net_.embedding(prefix + "wpe", positions, spec.integer("positions"), width_);
    places = to_cpu(places, Dtype::f32);
    x = net_.call("aten::add.Tensor", "", {{"self", x}, {"other", places}});
    const ValueId mask = causal_mask(positions);
    x = net_.dropout(prefix + "drop", x, dropout);
    for (int64_t i = 0; i < spec.integer("layers"); ++i) {
      x = layer(prefix + "h." + std::to_string(i), x, mask);
    }
    x = net_.layer_norm(prefix + "ln_f", x, eps);
    x = net_.call("aten::view", "", {{"self", x}, {"size", Dims{-1, sequence_, width_}}});
    if (!head) return net_.finish({x});
    x = net_.call("aten::alias", "", {{"self", x}});
    x = net_.call("aten::linear", "lm_head", {{"input", x}, {"weight", tied}});
    return net_.finish({x});
  }

 private:
  ValueId to_cpu(ValueId x, Dtype dtype) {
    // The export's check of dtype, device and layout before each conversion costs nothing and is
    // not part of the graph.
    return net_.call("aten::to.dtype_layout", "",
                     {{"self", x},
                      {"dtype", dtype},
                      {"layout", Argument(Layout::strided)},
                      {"device", Argument(DeviceKind::cpu)}});
  }

  // Sequences packed into one row are told apart by where positions do not rise by one; a token
  // sees those of its own sequence that are not behind it.
  ValueId causal_mask(ValueId positions) {
    const int64_t batch = net_.batch();
    const auto call = [&](std::string_view target, std::vector<Given> given) {
      return net_.call(target, "", std::move(given));
    };
    const auto to_batch = [&] {
      return call("aten::expand", {{"self", positions}, {"size", Dims{batch, -1}}});
    };
    const ValueId rows = batch == 1 ? positions : to_batch();
    ValueId before =
        call("aten::slice.Tensor", {{"self", rows}, {"dim", 1}, {"start", 0}, {"end", 1}});
    before = call("aten::sub.Tensor", {{"self", before}, {"other", 1}});
    ValueId packed =
        call("aten::diff", {{"self", rows}, {"n", 1}, {"dim", -1}, {"prepend", before}});
    packed = call("aten::ne.Scalar", {{"self", packed}, {"other", 1}});
    packed = call("aten::cumsum", {{"self", packed}, {"dim", -1}});
    const ValueId places = to_batch();
    const MaskIndices at = mask_indices(net_, sequence_);
    const auto pick = [&](ValueId from, ValueId index) {
      return call("aten::index.Tensor",
                  {{"self", from}, {"indices", ValueList{{at.batch}, {index}}}});
    };
    ValueId mask = call(
        "aten::new_ones",
        {{"self", at.query}, {"size", Dims{}}, {"dtype", Dtype::boolean}, {"pin_memory", false}});
    const ValueId of_query = pick(packed, at.query);
    const ValueId of_key = pick(packed, at.key);
    ValueId same = call("aten::eq.Tensor", {{"self", of_query}, {"other", of_key}});
    same = to_cpu(same, Dtype::boolean);
    mask = call("aten::__and__.Tensor", {{"self", mask}, {"other", same}});
    const ValueId query_place = pick(places, at.query);
    const ValueId key_place = pick(places, at.key);
    ValueId behind = call("aten::le.Tensor", {{"self", key_place}, {"other", query_place}});
    behind = to_cpu(behind, Dtype::boolean);
    mask = call("aten::__and__.Tensor", {{"self", mask}, {"other", behind}});
    return call("aten::expand", {{"self", mask}, {"size", Dims{batch, -1, sequence_, sequence_}}});
  }

  // transformers' Conv1D: a linear layer whose weight is stored transposed.
  ValueId conv1d(const std::string& module, ValueId x, int64_t out) {
    const Dims sizes = net_.type(x).sizes;
    const int64_t in = sizes.back();
    const ValueId weight = net_.parameter(module + ".weight", {in, out});
    const ValueId bias = net_.parameter(module + ".bias", {out});
    x = net_.call("aten::view", module, {{"self", x}, {"size", Dims{-1, in}}});
    x = net_.call("aten::addmm", module, {{"self", bias}, {"mat1", x}, {"mat2", weight}});
    return net_.call("aten::view", module, {{"self", x}, {"size", Dims{sizes[0], sizes[1], out}}});
  }

  // The tanh form of GELU, spelled out (Hendrycks & Gimpel, 2016).
  ValueId gelu_new(const std::string& module, ValueId x) {
    const auto scaled = [&](ValueId value, double factor) {
      return net_.call("aten::mul.Tensor", module, {{"self", value}, {"other", factor}});
    };
    const ValueId half = scaled(x, 0.5);
    ValueId y = net_.call("aten::pow.Tensor_Scalar", module, {{"self", x}, {"exponent", 3.0}});
    y = scaled(y, 0.044715);
    y = net_.call("aten::add.Tensor", module, {{"self", x}, {"other", y}});
    y = scaled(y, 0.7978845608028654);  // sqrt(2 / pi)
    y = net_.call("aten::tanh", module, {{"self", y}});
    y = net_.call("aten::add.Tensor", module, {{"self", y}, {"other", 1.0}});
    return net_.call("aten::mul.Tensor", module, {{"self", half}, {"other", y}});
  }

  ValueId layer(const std::string& module, ValueId input, ValueId mask) {
    const std::string attention = module + ".attn";
    ValueId x = net_.layer_norm(module + ".ln_1", input, eps);
    x = conv1d(attention + ".c_attn", x, 3 * width_);
    net_.builder().set_origin(attention);
    const std::vector<ValueId> parts = net_.builder().call_all(
        "aten::split.Tensor", {{"self", x}, {"split_size", width_}, {"dim", 2}});
    const ValueId key = split_heads(net_, attention, parts[1], width_ / heads_);
    const ValueId value = split_heads(net_, attention, parts[2], width_ / heads_);
    const ValueId query = split_heads(net_, attention, parts[0], width_ / heads_);
    x = masked_attention(net_, attention, query, key, value, mask);
    x = conv1d(attention + ".c_proj", x, width_);
    x = net_.dropout(attention + ".resid_dropout", x, dropout);
    const ValueId attended = net_.call("aten::add.Tensor", module, {{"self", x}, {"other", input}});
    x = net_.layer_norm(module + ".ln_2", attended, eps);
    x = conv1d(module + ".mlp.c_fc", x, 4 * width_);
    x = gelu_new(module + ".mlp.act", x);
    x = conv1d(module + ".mlp.c_proj", x, width_);
    x = net_.dropout(module + ".mlp.dropout", x, dropout);
    return net_.call("aten::add.Tensor", module, {{"self", attended}, {"other", x}});
  }

  Layers net_;
  int64_t sequence_, width_, heads_;
};

Graph build_gpt(const ModelSpec& spec, int64_t batch) {
  return GptBuilder(spec, batch).build(spec);
}

}  // namespace

std::vector<ModelFamily> gpt_families() {
  return {{"gpt2",
           "causal transformer decoder over a whole sequence",
           "transformers GPT2LMHeadModel, or GPT2Model without the head (sdpa attention, no cache)",
           {{"seq", "128", "tokens of one sequence"},
            {"layers", "12", "decoder layers"},
            {"heads", "12", "attention heads"},
            {"width", "768", "features of a token"},
            {"vocab", "50257", "number of different tokens"},
            {"positions", "1024", "longest sequence"},
            {"lm_head", "true", "true: logits of every token; false: their features"}},
           false,
           build_gpt}};
}

}  // namespace opgauge
