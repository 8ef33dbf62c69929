// SPDX-License-Identifier: Apache-2.0
#include "cli/model_options.hpp"

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/names.hpp"
#include "graph/rewrite.hpp"

namespace opgauge {

void ModelOptions::declare(CLI::App& app) {
  app.add_option(
         "model", model,
         "a family (opgauge list models) with parameters as in resnet50:image=160, a .pt2 file "
         "of torch.export, a graph file, or one op case")
      ->required()
      ->type_name("MODEL");
  app.add_option("--batch", batch, "size of the inputs' first dimension")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 31));
  app.add_option("--dim", dims, "symbolic size of an export, by its name or input dimension")
      ->type_name("s0=8|x.1=8");
  app.add_option("--precision", precision, "fp32, bf16, fp16 or int8")->capture_default_str();
  app.add_flag("--channels-last", channels_last, "images and convolution weights in NHWC order");
}

std::map<std::string, int64_t> parse_dims(const std::vector<std::string>& texts) {
  std::map<std::string, int64_t> dims;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    int64_t size = 0;
    const char* const begin = text.data() + (equals == std::string::npos ? 0 : equals + 1);
    const char* const end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(begin, end, size);
    if (equals == std::string::npos || equals == 0 || code != std::errc() || stop != end ||
        size < 0) {
      throw Error("--dim", "found \"" + text + "\", expected NAME=SIZE such as s0=8 or x.1=8");
    }
    if (!dims.emplace(text.substr(0, equals), size).second) {
      throw Error("--dim", "\"" + text.substr(0, equals) + "\" is given twice");
    }
  }
  return dims;
}

ModelSource ModelOptions::load() const {
  ModelBindings bindings;
  if (batch > 0) bindings.batch = batch;
  bindings.dims = parse_dims(dims);
  const std::vector<std::string> known(std::begin(precisions), std::end(precisions));
  if (std::find(known.begin(), known.end(), precision) == known.end()) {
    throw unknown_name("--precision", "precision", precision, known);
  }
  ModelSource source = load_model(model, bindings);
  if (channels_last) source.graph = to_channels_last(source.graph);
  if (precision != "fp32") source.graph = to_precision(source.graph, precision);
  return source;
}

}  // namespace opgauge
