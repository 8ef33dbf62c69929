// SPDX-License-Identifier: Apache-2.0
// `opgauge observe MODEL… -o FILE`: measures many models together in random rounds and writes the quiet time of each call;
// what `validate` runs in processes of their own.
#include "cli/observe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/units.hpp"
#include "calibrate/validate.hpp"
#include "cli/commands.hpp"
#include "cli/interruption.hpp"
#include "cli/progress_line.hpp"
#include "cli/validation_models.hpp"

namespace opgauge {

void ExecutionOptions::declare(CLI::App& app) {
  app.add_option("--device", device, "cpu or cuda")->capture_default_str();
  app.add_option("--threads", settings.threads, "intra-op threads")->capture_default_str()->check(CLI::Range(1, 4096));
  app.add_option("--allocator", allocator, "resident (freed memory stays with the process) or default")->capture_default_str();
  app.add_option("--seed", settings.seed, "of random weights, inputs and order")->capture_default_str();
}

ExecutionSettings ExecutionOptions::read() const {
  ExecutionSettings out = settings;
  out.allocator = parse_enum<AllocatorMode>("--allocator", "allocator", allocator);
  return out;
}

ObservedSet observe_with_probes(Device& device, std::span<const DesignedNetwork> networks, ObserveOptions options,
                                const std::string& title) {
  ObservedSet out;
  SteadyClock clock;
  SpeedProbe probe(clock);
  std::vector<MachineSpeed> readings;
  for (const std::vector<Visit>& visits : options.earlier) {
    for (const Visit& visit : visits) {
      if (visit.probe) readings.push_back(*visit.probe);
    }
  }
  ProgressLine line(::isatty(2) != 0);
  const double begin_s = clock.now_s();
  options.progress = [&](int done, int all, int round) {
    const double elapsed_s = clock.now_s() - begin_s;
    const double by_visits = elapsed_s * (all - done) / std::max(1, done);
    line.show(fmt::format("{}: round {}, {} of {} visits, {} left", title, round + 1, done, all,
                          format_duration(std::max(0.0, std::min(by_visits, options.budget_s - elapsed_s)))));
  };
  options.interrupted = [] { return interrupted(); };
  const Surroundings around{clock,
                            [&] {
                              readings.push_back(probe.read());
                              return readings.back();
                            },
                            {}};
  out.networks = observe(device, networks, options, around, out.failures);
  out.elapsed_s = clock.now_s() - begin_s;
  out.quiet_probe = quiet_speed(readings);
  return out;
}

void declare_observe(CLI::App& app, Run& run) {
  struct Options {
    std::vector<std::string> models;
    ExecutionOptions execution;
    std::string budget = "10m", output = "-", precision = "fp32";
    bool channels_last = false;
    int visits = 40;
  };
  auto options = std::make_shared<Options>();
  app.add_option("models", options->models, "specs, files, or lists of them (*.json)")->required();
  options->execution.declare(app);
  app.add_option("--budget", options->budget, "time to measure for")->capture_default_str();
  app.add_option("--visits", options->visits, "to each model at most")->capture_default_str()->check(CLI::Range(1, 100000));
  app.add_option("--precision", options->precision, "fp32, bf16, fp16 or int8")->capture_default_str();
  app.add_flag("--channels-last", options->channels_last, "images and convolution weights in NHWC order");
  app.add_option("-o,--output", options->output, "JSON file, - is standard output")->capture_default_str();
  run = [options] {
    const std::vector<ValidationModel> models = validation_models(options->models, options->precision, options->channels_last);
    const auto device = open_device(options->execution.device, options->execution.read());
    MeasuredSet set;
    std::vector<DesignedNetwork> networks;
    std::vector<StoredTensors> stored;
    std::vector<std::string> names;
    for (const ValidationModel& model : models) {
      try {
        networks.push_back({model.name, model.load().graph, 0});
        networks.back().graph.name = model.name;
        names.push_back(model.name);
      } catch (const Error& error) {
        set.failures.push_back(model.name + ": " + error.what());
      }
    }
    ObserveOptions observing;
    observing.budget_s = parse_duration_s("--budget", options->budget);
    observing.max_visits = options->visits;
    observing.seed = options->execution.settings.seed;
    observing.capacity_bytes = int64_t{14} << 30;
    catch_interruptions();
    const ObservedSet seen = observe_with_probes(*device, networks, observing, "observing");
    for (const std::string& failure : seen.failures) set.failures.push_back(failure);
    for (const Observation& one : seen.networks) {
      set.models.push_back({one.name, one.quiet_node_s, one.typical_s, one.least_run_s, one.sum_over_run, one.visits, one.half_node_s[0],
                            one.half_node_s[1].empty() ? std::vector<double>() : one.half_node_s[1]});
    }
    set.probe_compute_s = seen.quiet_probe.compute_s;
    set.probe_memory_s = seen.quiet_probe.memory_s;
    set.versions = device->versions();
    emit(options->output, encode(set).dump() + "\n");
    return interrupted() ? 130 : set.failures.empty() ? 0 : 3;
  };
}

}  // namespace opgauge
