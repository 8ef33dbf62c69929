// SPDX-License-Identifier: Apache-2.0
// `opgauge measure MODEL`: one model executed and timed, end to end and call by call.
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <memory>

#include "base/csv.hpp"
#include "base/units.hpp"
#include "cli/commands.hpp"
#include "cli/interruption.hpp"
#include "cli/model_options.hpp"
#include "cli/observe.hpp"
#include "cli/progress_line.hpp"
#include "cli/version.hpp"
#include "measure/available_memory.hpp"
#include "report/measurement.hpp"
#include "sweep/measure_model.hpp"

namespace opgauge {
namespace {

struct MeasureArguments {
  ModelOptions model;
  ExecutionOptions execution;
  OutputOptions output;
  std::string budget = "30s", trace;
  size_t cases = 10;
  bool no_energy = false;
};

MeasureModelOptions read_options(const MeasureArguments& arguments) {
  MeasureModelOptions options;
  options.protocol.budget_s = parse_duration_s("--budget", arguments.budget);
  options.protocol.row_budget_s = *options.protocol.budget_s;
  options.protocol.seed = arguments.execution.settings.seed;
  options.with_energy = !arguments.no_energy;
  options.capacity_bytes = available_memory_bytes().value_or(INT64_MAX);
  options.interrupted = [] { return interrupted(); };
  return options;
}

void write_outputs(const MeasureArguments& arguments, const ModelMeasurement& measured,
                   const Graph& graph) {
  const OutputOptions& output = arguments.output;
  if (!arguments.trace.empty()) emit(arguments.trace, measurement_trace(measured, graph));
  if (!output.json.empty()) emit(output.json, encode(measured).dump(1) + "\n");
  if (!output.csv.empty()) emit(output.csv, to_csv(to_table(measured.cases)));
  if (!output.markdown.empty())
    emit(output.markdown, measurement_markdown(measured, arguments.cases));
  if (!output.any()) std::cout << print_measurement(measured, arguments.cases);
}

int measure(const MeasureArguments& arguments) {
  MeasureModelOptions options = read_options(arguments);
  const ExecutionSettings settings = arguments.execution.read();
  const ModelSource source = arguments.model.load();
  const std::unique_ptr<Device> device = open_device(arguments.execution.device, settings);
  if (const auto reason = device->lacks(arguments.model.precision)) {
    throw Error("--precision " + arguments.model.precision,
                "this device cannot run it: " + *reason);
  }
  if (!source.stored_absent_reason.empty()) {
    std::cerr << "opgauge: weights are random: " << source.stored_absent_reason << "\n";
  }
  catch_interruptions();
  const SystemFiles system;
  Conditions conditions = read_conditions(system, settings.threads, device->versions());
  conditions.versions["opgauge"] = program_version;
  SteadyClock clock;
  const Surroundings around{clock, {}, [&] { return take_snapshot(system); }};
  ProgressLine line(::isatty(2) != 0);
  int visits = 0;
  options.on_visit = [&](const Visit& visit) {
    line.show(fmt::format("round {}: {}", ++visits, format_seconds(visit.run_s)));
  };
  PowerMeterSearch meter = find_power_meter(arguments.execution.device);
  ModelMeasurement measured =
      measure_model(*device, source.graph, source.stored, options, around, meter);
  line.clear();
  measured.model = source.name;
  measured.precision = arguments.model.precision;
  measured.execution = settings;
  measured.conditions = std::move(conditions);
  write_outputs(arguments, measured, source.graph);
  if (interrupted()) return 130;
  return measured.outcome.verdict == Verdict::valid ? 0 : 3;
}

}  // namespace

void declare_measure(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<MeasureArguments>();
  arguments->model.declare(app);
  arguments->execution.declare(app);
  app.add_option("--budget", arguments->budget, "time to measure for at most")
      ->capture_default_str();
  app.add_option("--trace", arguments->trace,
                 "write the calls as trace events, for https://ui.perfetto.dev")
      ->type_name("FILE");
  app.add_option("--cases", arguments->cases, "how many heaviest cases to list, 0 for all")
      ->type_name("N")
      ->capture_default_str();
  app.add_flag("--no-energy", arguments->no_energy, "leave the power meter alone");
  arguments->output.declare(app);
  run = [arguments] { return measure(*arguments); };
}

}  // namespace opgauge
