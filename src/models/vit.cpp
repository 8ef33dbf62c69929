// SPDX-License-Identifier: Apache-2.0
// Vision transformers: Dosovitskiy et al., "An Image is Worth 16x16 Words", 2020, table 1. The
// attention is torch.nn.MultiheadAttention's packed projection, with the sequence first.
#include "models/builders.hpp"
#include "models/layers.hpp"

namespace opgauge {
namespace {

class VitBuilder {
 public:
  VitBuilder(const ModelSpec& spec, int64_t batch)
      : net_(spec.print(), batch),
        width_(spec.integer("width")),
        heads_(spec.integer("heads")),
        mlp_(spec.integer("mlp")) {
    if (width_ % heads_ != 0) throw spec.error("heads", "do not divide the width");
  }

  Graph build(const ModelSpec& spec) {
    const int64_t image = spec.integer("image"), patch = spec.integer("patch");
    if (image % patch != 0) throw spec.error("image", "is not a multiple of the patch");
    const int64_t patches = (image / patch) * (image / patch), batch = net_.batch();
    sequence_ = patches + 1;
    ValueId x = net_.image_input(3, image);
    const ValueId token = net_.parameter("class_token", {1, 1, width_});
    x = net_.conv2d("conv_proj", x,
                    {.out = width_, .kernel = patch, .stride = patch, .bias = true});
    x = net_.call("aten::reshape", "", {{"self", x}, {"shape", Dims{batch, width_, patches}}});
    x = net_.call("aten::permute", "", {{"self", x}, {"dims", Dims{0, 2, 1}}});
    const ValueId first =
        net_.call("aten::expand", "", {{"self", token}, {"size", Dims{batch, -1, -1}}});
    x = net_.call("aten::cat", "", {{"tensors", ValueList{{first}, {x}}}, {"dim", 1}});
    const ValueId position = net_.parameter("encoder.pos_embedding", {1, sequence_, width_});
    x = add("encoder", x, position);
    x = net_.dropout("encoder.dropout", x, 0.0);
    for (int64_t i = 0; i < spec.integer("layers"); ++i) {
      x = layer("encoder.layers.encoder_layer_" + std::to_string(i), x);
    }
    x = net_.layer_norm("encoder.ln", x, 1e-6);
    x = net_.call("aten::select.int", "", {{"self", x}, {"dim", 1}, {"index", 0}});
    return net_.finish({net_.linear("heads.head", x, spec.integer("classes"))});
  }

 private:
  ValueId add(const std::string& module, ValueId a, ValueId b) {
    return net_.call("aten::add.Tensor", module, {{"self", a}, {"other", b}});
  }

  ValueId layer(const std::string& module, ValueId input) {
    ValueId x = net_.layer_norm(module + ".ln_1", input, 1e-6);
    x = attention(module + ".self_attention", x);
    x = net_.dropout(module + ".dropout", x, 0.0);
    x = add(module, x, input);
    ValueId y = net_.layer_norm(module + ".ln_2", x, 1e-6);
    y = net_.linear(module + ".mlp.0", y, mlp_);
    y = net_.call("aten::gelu", module + ".mlp.1", {{"self", y}});
    y = net_.dropout(module + ".mlp.2", y, 0.0);
    y = net_.linear(module + ".mlp.3", y, width_);
    y = net_.dropout(module + ".mlp.4", y, 0.0);
    return add(module, x, y);
  }

  ValueId attention(const std::string& module, ValueId x) {
    const int64_t batch = net_.batch(), size = width_ / heads_;
    const auto call = [&](std::string_view target, std::vector<Given> given) {
      return net_.call(target, module, std::move(given));
    };
    const auto transpose = [&](ValueId value, int64_t a, int64_t b) {
      return call("aten::transpose.int", {{"self", value}, {"dim0", a}, {"dim1", b}});
    };
    const auto view = [&](ValueId value, Dims sizes) {
      return call("aten::view", {{"self", value}, {"size", std::move(sizes)}});
    };
    x = transpose(x, 1, 0);
    const ValueId weight = net_.parameter(module + ".in_proj_weight", {3 * width_, width_});
    const ValueId bias = net_.parameter(module + ".in_proj_bias", {3 * width_});
    x = call("aten::linear", {{"input", x}, {"weight", weight}, {"bias", bias}});
    x = call("aten::unflatten.int", {{"self", x}, {"dim", -1}, {"sizes", Dims{3, width_}}});
    x = call("aten::unsqueeze", {{"self", x}, {"dim", 0}});
    x = transpose(x, 0, -2);
    x = call("aten::squeeze.dim", {{"self", x}, {"dim", -2}});
    x = call("aten::contiguous", {{"self", x}});
    ValueId parts[3];
    for (int64_t i = 0; i < 3; ++i) {
      parts[i] = call("aten::select.int", {{"self", x}, {"dim", 0}, {"index", i}});
    }
    for (ValueId& part : parts) {
      part = transpose(view(part, {sequence_, batch * heads_, size}), 0, 1);
    }
    for (ValueId& part : parts) part = view(part, {batch, heads_, sequence_, size});
    x = call("aten::scaled_dot_product_attention",
             {{"query", parts[0]}, {"key", parts[1]}, {"value", parts[2]}});
    x = call("aten::permute", {{"self", x}, {"dims", Dims{2, 0, 1, 3}}});
    x = call("aten::reshape", {{"self", x}, {"shape", Dims{sequence_ * batch, width_}}});
    x = net_.linear(module + ".out_proj", x, width_);
    x = view(x, {sequence_, batch, width_});
    return transpose(x, 1, 0);
  }

  Layers net_;
  int64_t width_, heads_, mlp_;
  int64_t sequence_ = 0;
};

Graph build_vit(const ModelSpec& spec, int64_t batch) {
  return VitBuilder(spec, batch).build(spec);
}

}  // namespace

std::vector<ModelFamily> vit_families() {
  const auto row = [](std::string_view name, std::string_view doc, std::string_view reference,
                      std::string_view patch, std::string_view layers, std::string_view heads,
                      std::string_view width, std::string_view mlp) {
    return ModelFamily{name,
                       doc,
                       reference,
                       {{"image", "224", "height and width"},
                        {"patch", patch, "height and width of a patch"},
                        {"layers", layers, "encoder layers"},
                        {"heads", heads, "attention heads"},
                        {"width", width, "features of a token"},
                        {"mlp", mlp, "hidden features of a layer's two linear layers"},
                        {"classes", "1000", "outputs"}},
                       false,
                       build_vit};
  };
  return {
      row("vit_b_16", "vision transformer, base, patches of 16", "torchvision vit_b_16", "16", "12",
          "12", "768", "3072"),
      row("vit_b_32", "vision transformer, base, patches of 32", "torchvision vit_b_32", "32", "12",
          "12", "768", "3072"),
      row("vit_l_16", "vision transformer, large, patches of 16", "torchvision vit_l_16", "16",
          "24", "16", "1024", "4096"),
  };
}

}  // namespace opgauge
