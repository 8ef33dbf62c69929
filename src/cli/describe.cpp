// SPDX-License-Identifier: Apache-2.0
// `opgauge describe MODEL`: what a model is and takes, counted from its graph.
#include "report/describe.hpp"

#include <iostream>
#include <memory>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/model_options.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

struct DescribeArguments {
  ModelOptions model;
  OutputOptions output;
  bool graph = false, allow_unknown = false;
  size_t cases = 10;
};

std::string print_sizes(const ModelSource& source) {
  std::string text;
  for (const BoundSize& size : source.sizes) {
    text += "size " + size.name + (size.where.empty() ? "" : " (" + size.where + ")") + " = " +
            (size.size ? std::to_string(*size.size) : "unbound") + ", from " +
            std::to_string(size.minimum);
    if (size.maximum != INT64_MAX) text += " to " + std::to_string(size.maximum);
    text += "\n";
  }
  return text;
}

int describe(const DescribeArguments& arguments) {
  const ModelSource source = arguments.model.load();
  if (arguments.graph) {
    std::cout << print_graph(source.graph);
    return 0;
  }
  const ModelDescription description =
      describe_graph(source.graph, source.name, arguments.model.precision, arguments.allow_unknown, arguments.cases);
  const OutputOptions& output = arguments.output;
  if (!output.json.empty()) emit(output.json, encode(description).dump(1) + "\n");
  if (!output.csv.empty()) emit(output.csv, to_csv(to_table(description.heaviest_cases)));
  if (!output.markdown.empty()) emit(output.markdown, description_markdown(description));
  if (!output.any()) {
    std::cout << print_description(description);
    if (!source.sizes.empty()) std::cout << "\n" << print_sizes(source);
  }
  return 0;
}

}  // namespace

void declare_describe(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<DescribeArguments>();
  arguments->model.declare(app);
  app.add_flag("--graph", arguments->graph, "print the graph's text form and nothing else");
  app.add_flag("--allow-unknown", arguments->allow_unknown,
               "count although ops are outside the op table; totals are then lower bounds");
  app.add_option("--cases", arguments->cases, "how many heaviest cases to list, 0 for all")
      ->type_name("N");
  arguments->output.declare(app);
  run = [arguments] { return describe(*arguments); };
}

}  // namespace opgauge
