// SPDX-License-Identifier: Apache-2.0
// `opgauge analyze --empirical results/mlp_sweep_cpu.csv --output report.md`: what a sweep says
// about the estimator.
#include "report/analyze.hpp"

#include <filesystem>
#include <iostream>
#include <memory>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/machine_choice.hpp"
#include "report/formats.hpp"

namespace opgauge {
namespace {

struct AnalyzeArguments {
  std::string empirical, analytical, repeat, output;
  MachineOptions machine;
  OutputOptions files;
  std::string html;
};

// A machine that was asked for must be there; without one the report says what it lacks.
std::optional<Machine> machine_for(const MachineOptions& options, const std::string& device,
                                   std::string& why_not) {
  if (!options.machine.empty()) return options.read(device);
  try {
    return options.read(device);
  } catch (const Error& error) {
    why_not = error.what();
    return std::nullopt;
  }
}

int analyze_results(const AnalyzeArguments& arguments) {
  Results results = read_results(arguments.empirical);
  if (!arguments.analytical.empty()) {
    const size_t without = join_analytical(results, read_analytical(arguments.analytical));
    if (without > 0)
      std::cerr << "analyze: " << without << " rows have no estimate in " << arguments.analytical
                << "\n";
  }
  std::optional<Results> repeat;
  if (!arguments.repeat.empty()) repeat = read_results(arguments.repeat);
  std::string why_not;
  const std::optional<Machine> machine = machine_for(
      arguments.machine, results.rows.empty() ? "cpu" : results.rows.front().device, why_not);
  if (!machine) std::cerr << "analyze: no recommended updates: " << why_not << "\n";
  std::optional<StoredCalibration> before;
  if (machine) before = arguments.machine.read_calibration(*machine);

  AnalysisInput input;
  if (machine) input.machine = &*machine;
  if (before) input.before = &before->calibration;
  if (repeat) input.repeat = &*repeat;
  const Findings findings = analyze(results, input);

  const auto write = [&](const std::string& path, std::string_view format) {
    if (!path.empty()) emit(path, find_format(format).render(findings));
  };
  write(arguments.files.json, "json");
  write(arguments.files.csv, "csv");
  write(arguments.files.markdown, "md");
  write(arguments.html, "html");
  if (!arguments.output.empty()) {
    emit(arguments.output, format_of_file(arguments.output).render(findings));
    if (arguments.output != "-") std::cerr << "written to " << arguments.output << "\n";
  } else if (!arguments.files.any() && arguments.html.empty()) {
    std::cout << findings_markdown(findings);
  }
  return 0;
}

}  // namespace

void declare_analyze(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<AnalyzeArguments>();
  app.add_option("--empirical", arguments->empirical, "results of a sweep: a CSV or a run folder")
      ->required()
      ->type_name("FILE");
  app.add_option("--analytical", arguments->analytical,
                 "estimates of the same configurations, instead of the file's own")
      ->type_name("FILE");
  app.add_option("--repeat", arguments->repeat,
                 "the same sweep measured again: gives the noise floor")
      ->type_name("FILE");
  app.add_option("-o,--output", arguments->output,
                 "report to write; its ending says how: .md, .html, .json or .csv")
      ->type_name("FILE");
  arguments->machine.declare(app);
  arguments->files.declare(app);
  app.add_option("--html", arguments->html, "write a page to FILE, - is standard output")
      ->type_name("FILE");
  run = [arguments] { return analyze_results(*arguments); };
}

}  // namespace opgauge
