// SPDX-License-Identifier: Apache-2.0
// Fully connected layers with an activation between them:
//
//   mlp:1024-2048x4-256     1024 features in, four hidden layers of 2048, 256 out
//   mlp:784-512-512-10      two hidden layers of 512
#include <charconv>

#include "models/builders.hpp"
#include "models/layers.hpp"

namespace opgauge {
namespace {

constexpr int64_t most_layers = 100000;

// "1024-2048x4-256" -> {1024, 2048, 2048, 2048, 2048, 256}.
std::vector<int64_t> parse_widths(const ModelSpec& spec) {
  const std::string& text = spec.text("layers");
  std::vector<int64_t> widths;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&] {
    int64_t value = 0;
    const auto [stop, code] = std::from_chars(at, end, value);
    if (code != std::errc() || value < 1 || value > (int64_t{1} << 31)) {
      throw spec.error("layers", "found \"" + text + "\", expected widths as in 1024-2048x4-256");
    }
    at = stop;
    return value;
  };
  while (true) {
    const int64_t width = number();
    int64_t count = 1;
    if (at != end && *at == 'x') {
      ++at;
      count = number();
    }
    if (count > most_layers || widths.size() + static_cast<size_t>(count) > most_layers) {
      throw spec.error("layers", "found more than 100000 layers");
    }
    widths.insert(widths.end(), static_cast<size_t>(count), width);
    if (at == end) break;
    if (*at++ != '-') {
      throw spec.error("layers", "found \"" + text + "\", expected widths as in 1024-2048x4-256");
    }
  }
  if (widths.size() < 2) {
    throw spec.error("layers", "found one width, expected at least an input and an output width");
  }
  return widths;
}

Graph build_mlp(const ModelSpec& spec, int64_t batch) {
  const std::vector<int64_t> widths = parse_widths(spec);
  const std::string& activation =
      spec.word("activation", {"relu", "gelu", "silu", "tanh", "sigmoid", "none"});
  Layers net(spec.print(), batch);
  ValueId x = net.builder().input("x", {Dtype::f32, {batch, widths.front()}});
  int module = 0;
  for (size_t i = 1; i < widths.size(); ++i) {
    x = net.linear(std::to_string(module++), x, widths[i]);
    if (i + 1 == widths.size() || activation == "none") continue;
    x = net.call("aten::" + activation, std::to_string(module++), {{"self", x}});
  }
  return net.finish({x});
}

}  // namespace

std::vector<ModelFamily> mlp_families() {
  return {{"mlp",
           "fully connected layers with an activation between them",
           "torch.nn.Sequential(Linear, ReLU, …, Linear)",
           {{"layers", "1024-512-512-10",
             "input width, hidden widths (2048x4: four of 2048), output width"},
            {"activation", "relu", "relu, gelu, silu, tanh, sigmoid or none"}},
           true,
           build_mlp}};
}

}  // namespace opgauge
