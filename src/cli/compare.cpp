// SPDX-License-Identifier: Apache-2.0
// `opgauge compare A B`: two runs of one sweep, row by row.
#include "sweep/compare.hpp"

#include <iostream>
#include <memory>

#include "cli/commands.hpp"

namespace opgauge {

void declare_compare(CLI::App& app, Run& run) {
  struct Options {
    std::string a, b;
    double equal_pct = 5;
    bool fail = false, corrected = false;
    OutputOptions output;
  };
  auto options = std::make_shared<Options>();
  app.add_option("A", options->a, "run folder or result file: the reference")->required();
  app.add_option("B", options->b, "run folder or result file")->required();
  app.add_option("--equal", options->equal_pct,
                 "percent by which a ratio may differ from 1 and be the same")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 100.0));
  app.add_flag("--corrected", options->corrected,
               "decide on the quiet latency corrected for the machine's drift");
  app.add_flag("--fail-on-regression", options->fail, "exit 1 if a row is SLOW");
  options->output.declare(app);
  run = [options] {
    const Comparison comparison = compare_results(
        read_run_results(options->a), read_run_results(options->b), options->equal_pct / 100,
        options->corrected ? Latency::corrected : Latency::raw);
    const Table table = to_table(comparison.rows);
    const OutputOptions& output = options->output;
    if (!output.csv.empty()) emit(output.csv, to_csv(table));
    if (!output.markdown.empty()) emit(output.markdown, to_markdown(table));
    if (!output.json.empty()) emit(output.json, encode(comparison.rows).dump(1) + "\n");
    const bool data = output.csv == "-" || output.json == "-" || output.markdown == "-";
    if (!data) std::cout << to_text(table) << "\n";
    (data ? std::cerr : std::cout) << agreement_text(comparison);
    return options->fail && comparison.count(Change::slow) ? 1 : 0;
  };
}

}  // namespace opgauge
