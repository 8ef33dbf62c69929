// SPDX-License-Identifier: Apache-2.0
// Devlin, Chang, Lee & Toutanova, "BERT: Pre-training of Deep Bidirectional Transformers for
// Language Understanding", 2018, called with token ids alone.
#include "models/attention.hpp"
#include "models/builders.hpp"

namespace opgauge {
namespace {

constexpr double eps = 1e-12;
constexpr double dropout = 0.1;

class BertBuilder {
 public:
  BertBuilder(const ModelSpec& spec, int64_t batch)
      : net_(spec.print(), batch),
        sequence_(spec.integer("seq")),
        width_(spec.integer("width")),
        heads_(spec.integer("heads")),
        mlp_(spec.integer("mlp")),
        positions_(spec.integer("positions")) {
    if (width_ % heads_ != 0) throw spec.error("heads", "do not divide the width");
    if (sequence_ > positions_) {
      throw spec.error("seq", "found " + std::to_string(sequence_) +
                                  ", expected at most positions=" + std::to_string(positions_));
    }
  }

  Graph build(const ModelSpec& spec) {
    ValueId x = embeddings(spec.integer("vocab"));
    const MaskIndices indices = mask_indices(net_, sequence_);
    // Every key may be seen: a comparison that always holds.
    ValueId mask = net_.call("aten::ge.Scalar", "", {{"self", indices.query}, {"other", 0}});
    mask = net_.call("aten::expand", "",
                     {{"self", mask}, {"size", Dims{net_.batch(), -1, sequence_, sequence_}}});
    for (int64_t i = 0; i < spec.integer("layers"); ++i) {
      x = layer("encoder.layer." + std::to_string(i), x, mask);
    }
    ValueId pooled =
        net_.call("aten::select.int", "pooler", {{"self", x}, {"dim", 1}, {"index", 0}});
    pooled = net_.linear("pooler.dense", pooled, width_);
    pooled = net_.call("aten::tanh", "pooler.activation", {{"self", pooled}});
    return net_.finish({x, pooled});
  }

 private:
  ValueId add(const std::string& module, ValueId a, ValueId b) {
    return net_.call("aten::add.Tensor", module, {{"self", a}, {"other", b}});
  }

  ValueId embeddings(int64_t vocabulary) {
    const std::string module = "embeddings";
    const int64_t batch = net_.batch();
    const ValueId ids = net_.token_input("input_ids", sequence_);
    const TensorType row(Dtype::i64, {1, positions_});
    const ValueId position_ids = net_.builder().buffer(module + ".position_ids", row);
    const ValueId token_type_ids = net_.builder().buffer(module + ".token_type_ids", row);
    // A slice of everything is exported as an alias.
    const ValueId positions =
        sequence_ == positions_
            ? net_.call("aten::alias", module, {{"self", position_ids}})
            : net_.call("aten::slice.Tensor", module,
                  {{"self", position_ids}, {"dim", 1}, {"start", 0}, {"end", sequence_}});
    ValueId types =
        net_.call("aten::expand", module, {{"self", token_type_ids}, {"size", Dims{1, -1}}});
    types = net_.call("aten::gather", module, {{"self", types}, {"dim", 1}, {"index", positions}});
    types = net_.call("aten::expand", module, {{"self", types}, {"size", Dims{batch, sequence_}}});
    const ValueId words = net_.embedding(module + ".word_embeddings", ids, vocabulary, width_, 0);
    const ValueId kinds = net_.embedding(module + ".token_type_embeddings", types, 2, width_);
    ValueId x = add(module, words, kinds);
    x = add(module, x,
            net_.embedding(module + ".position_embeddings", positions, positions_, width_));
    x = net_.layer_norm(module + ".LayerNorm", x, eps);
    return net_.dropout(module + ".dropout", x, dropout);
  }

  // Linear, dropout, and the norm of the sum with what went into the block.
  ValueId output(const std::string& module, ValueId x, ValueId input) {
    x = net_.linear(module + ".dense", x, width_);
    x = net_.dropout(module + ".dropout", x, dropout);
    return net_.layer_norm(module + ".LayerNorm", add(module, x, input), eps);
  }

  ValueId layer(const std::string& module, ValueId input, ValueId mask) {
    const std::string self = module + ".attention.self";
    const auto part = [&](const std::string& name) {
      return split_heads(net_, self, net_.linear(self + name, input, width_), width_ / heads_);
    };
    const ValueId query = part(".query");
    const ValueId key = part(".key");
    const ValueId value = part(".value");
    ValueId x = masked_attention(net_, self, query, key, value, mask);
    const ValueId attended = output(module + ".attention.output", x, input);
    x = net_.linear(module + ".intermediate.dense", attended, mlp_);
    x = net_.call("aten::gelu", module + ".intermediate.intermediate_act_fn", {{"self", x}});
    return output(module + ".output", x, attended);
  }

  Layers net_;
  int64_t sequence_, width_, heads_, mlp_, positions_;
};

Graph build_bert(const ModelSpec& spec, int64_t batch) {
  return BertBuilder(spec, batch).build(spec);
}

}  // namespace

std::vector<ModelFamily> bert_families() {
  return {{"bert-base",
           "bidirectional transformer encoder with pooler",
           "transformers BertModel (sdpa attention)",
           {{"seq", "128", "tokens of one sequence"},
            {"layers", "12", "encoder layers"},
            {"heads", "12", "attention heads"},
            {"width", "768", "features of a token"},
            {"mlp", "3072", "hidden features of a layer's two linear layers"},
            {"vocab", "30522", "number of different tokens"},
            {"positions", "512", "longest sequence"}},
           false,
           build_bert}};
}

}  // namespace opgauge
