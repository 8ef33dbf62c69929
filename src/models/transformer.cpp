// SPDX-License-Identifier: Apache-2.0
// Decoder blocks of a transformer with pre-norm (Xiong et al., "On Layer Normalization in the
// Transformer Architecture", 2020), on token features: neither embedding nor output layer.
//
//   transformer:seq=512,mode=prefill    all 512 tokens at once, causal attention
//   transformer:seq=512,mode=decode     one token after 512, whose keys and values are inputs (the
//   cache); the
//                                       longer cache is an output
#include "models/attention.hpp"
#include "models/builders.hpp"

namespace opgauge {
namespace {

constexpr double eps = 1e-5;

class TransformerBuilder {
 public:
  TransformerBuilder(const ModelSpec& spec, int64_t batch)
      : net_(spec.print(), batch),
        sequence_(spec.integer("seq")),
        width_(spec.integer("width")),
        heads_(spec.integer("heads")),
        hidden_(spec.integer("mlp_ratio") * width_),
        decode_(spec.word("mode", {"prefill", "decode"}) == "decode") {
    if (width_ % heads_ != 0) throw spec.error("heads", "do not divide the width");
  }

  Graph build(const ModelSpec& spec) {
    ValueId x =
        net_.builder().input("x", {Dtype::f32, {net_.batch(), decode_ ? 1 : sequence_, width_}});
    const int64_t layers = spec.integer("layers");
    if (decode_) {
      for (int64_t i = 0; i < layers; ++i) {
        past_keys_.push_back(past("past_key_" + std::to_string(i)));
        past_values_.push_back(past("past_value_" + std::to_string(i)));
      }
    }
    for (int64_t i = 0; i < layers; ++i) x = layer(i, x);
    outputs_.insert(outputs_.begin(), net_.layer_norm("norm", x, eps));
    return net_.finish(outputs_);
  }

 private:
  ValueId past(const std::string& name) {
    return net_.builder().input(name,
                                {Dtype::f32, {net_.batch(), heads_, sequence_, width_ / heads_}});
  }

  // The cache with the new token's keys or values behind it.
  ValueId with_past(const std::string& module, ValueId before, ValueId now) {
    const ValueId all =
        net_.call("aten::cat", module, {{"tensors", ValueList{{before}, {now}}}, {"dim", 2}});
    outputs_.push_back(all);
    return all;
  }

  ValueId attention(const std::string& module, int64_t index, ValueId x) {
    const int64_t tokens = net_.type(x).sizes[1];
    x = net_.linear(module + ".qkv", x, 3 * width_);
    net_.builder().set_origin(module);
    const std::vector<ValueId> parts = net_.builder().call_all(
        "aten::split.Tensor", {{"self", x}, {"split_size", width_}, {"dim", 2}});
    const ValueId query = split_heads(net_, module, parts[0], width_ / heads_);
    ValueId key = split_heads(net_, module, parts[1], width_ / heads_);
    ValueId value = split_heads(net_, module, parts[2], width_ / heads_);
    if (decode_) {
      key = with_past(module, past_keys_[static_cast<size_t>(index)], key);
      value = with_past(module, past_values_[static_cast<size_t>(index)], value);
    }
    x = net_.call("aten::scaled_dot_product_attention", module,
                  {{"query", query}, {"key", key}, {"value", value}, {"is_causal", !decode_}});
    x = net_.call("aten::transpose.int", module, {{"self", x}, {"dim0", 1}, {"dim1", 2}});
    x = net_.call("aten::reshape", module,
                  {{"self", x}, {"shape", Dims{net_.batch(), tokens, width_}}});
    return net_.linear(module + ".out", x, width_);
  }

  ValueId layer(int64_t index, ValueId x) {
    const std::string module = "layers." + std::to_string(index);
    const auto add = [&](ValueId a, ValueId b) {
      return net_.call("aten::add.Tensor", module, {{"self", a}, {"other", b}});
    };
    x = add(x, attention(module + ".attention", index, net_.layer_norm(module + ".norm1", x, eps)));
    ValueId y = net_.linear(module + ".up", net_.layer_norm(module + ".norm2", x, eps), hidden_);
    y = net_.call("aten::gelu", module + ".act", {{"self", y}});
    return add(x, net_.linear(module + ".down", y, width_));
  }

  Layers net_;
  int64_t sequence_, width_, heads_, hidden_;
  bool decode_;
  std::vector<ValueId> past_keys_, past_values_, outputs_;
};

Graph build_transformer(const ModelSpec& spec, int64_t batch) {
  return TransformerBuilder(spec, batch).build(spec);
}

}  // namespace

std::vector<ModelFamily> transformer_families() {
  return {
      {"transformer",
       "pre-norm decoder blocks: a whole sequence, or one token with a key-value cache",
       "LayerNorm, Linear, scaled_dot_product_attention and GELU of torch.nn in a pre-norm block",
       {{"seq", "128", "tokens: of the sequence, or in the cache"},
        {"layers", "4", "blocks"},
        {"heads", "8", "attention heads"},
        {"width", "512", "features of a token"},
        {"mlp_ratio", "4", "hidden features over width"},
        {"mode", "prefill", "prefill: the whole sequence; decode: one token after it"}},
       false,
       build_transformer}};
}

}  // namespace opgauge
