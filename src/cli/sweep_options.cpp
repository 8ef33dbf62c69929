// SPDX-License-Identifier: Apache-2.0
#include "cli/sweep_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/units.hpp"

namespace opgauge {

Selection SweepOptions::selection() const {
  Selection chosen;
  if (quick && full)
    throw Error("--quick", "found --full beside it, expected one of them");
  chosen.extent = quick ? Extent::quick : full ? Extent::full : Extent::usual;
  for (const std::string& axis : axes) {
    auto [name, values] = split_axis(axis);
    if (chosen.axes.contains(name)) throw Error("--axis " + name, "found twice, expected once");
    chosen.axes[name] = values;
  }
  if (!batch_sizes.empty()) {
    if (chosen.axes.contains("batch_size"))
      throw Error("--batch-sizes", "found --axis batch_size= beside it");
    chosen.axes["batch_size"] = batch_sizes;
  }
  const std::vector<std::string> known_precisions = {"fp32", "bf16", "fp16", "int8"};
  for (const std::string& precision : precisions) {
    if (std::find(known_precisions.begin(), known_precisions.end(), precision) ==
        known_precisions.end()) {
      throw unknown_name("--precision", "precision", precision, known_precisions);
    }
  }
  for (const std::string& model : models) chosen.models.push_back(model);
  chosen.precisions = precisions;
  if (!devices.empty()) chosen.devices = devices;
  for (const std::string& device : chosen.devices) {
    if (device != "cpu" && device != "cuda")
      throw unknown_name("--device", "device", device, {"cpu", "cuda"});
  }
  if (!threads.empty()) chosen.threads = threads;
  for (const int count : chosen.threads) {
    if (count < 1 || count > 4096) {
      throw Error("--threads", fmt::format("found {}, expected 1 to 4096", count));
    }
  }
  chosen.filter = filter;
  return chosen;
}

ProtocolSettings SweepOptions::protocol() const {
  ProtocolSettings settings;
  if (!(target_pct > 0))
    throw Error("--target", fmt::format("found {}, expected above 0", target_pct));
  if (min_rounds < 2 || max_rounds < min_rounds) {
    throw Error("--rounds", fmt::format("found {} to {}, expected 2 <= least <= most",
                                        min_rounds, max_rounds));
  }
  settings.target_half_width = target_pct / 100;
  if (!(repeat_pct > 0))
    throw Error("--repeat", fmt::format("found {}, expected above 0", repeat_pct));
  settings.repeat_half_width = repeat_pct / 100;
  settings.min_rounds = min_rounds;
  settings.max_rounds = max_rounds;
  if (!budget.empty()) settings.budget_s = parse_duration_s("--budget", budget);
  const double span_s = parse_duration_s("--spread", spread);
  settings.least_span_s = quick ? 0 : std::min(span_s, settings.budget_s.value_or(INFINITY) / 2);
  settings.seed = seed;
  return settings;
}

void SweepOptions::declare(CLI::App& app) {
  std::string names;
  for (const BuiltInSweep& one : built_in_sweeps()) names += std::string(one.name) + ", ";
  app.add_option("sweep", sweep, names + "or a sweep's JSON file")->required();
  app.add_option("models", models,
                 "values of the axis `model`, where the sweep has one: names or .pt2 files");
  app.add_flag("--quick", quick, "five configurations");
  app.add_flag("--full", full, "every axis value and precision of the sweep");
  app.add_option("--device", devices, "cpu, cuda")->delimiter(',');
  app.add_option("--precision", precisions,
                 "fp32, bf16, fp16, int8; default fp32, with --full the sweep's")
      ->delimiter(',');
  app.add_option("--threads", threads, "intra-op threads, one or several counts; default 1")
      ->delimiter(',');
  app.add_option("--batch-sizes", batch_sizes, "values of the axis batch_size: 1,16,64");
  app.add_option("--axis", axes,
                 "values of an axis: name=8,16 or name=[64:4096:*2]; family.name= for one family "
                 "alone, else for every family that has it")
      ->type_name("NAME=VALUES")
      ->allow_extra_args(false);
  app.add_option("--scenario", scenario,
                 "only working sets of L1_fit, L2_fit, L3_fit or DRAM_spill");
  app.add_option("--filter", filter,
                 "only configurations whose key contains this regular expression")
      ->type_name("REGEX");
  app.add_option("--shard", shard,
                 "only part i of n, counted from 0, balanced by cost; auto: as Slurm, Open MPI or "
                 "Kubernetes number this task, which is the default where they do; 0/1: everything")
      ->type_name("i/n|auto");
  app.add_flag("--dry-run", dry_run, "state what would run and how long, and stop");
  app.add_flag("--estimate-only", estimate_only, "write the estimates without measuring");
  app.add_option("--budget", budget, "time after which measuring ends: 90, 10m, 2h")
      ->type_name("TIME");
  app.add_option("--target", target_pct, "half-width of the quiet interval to reach, in percent")
      ->capture_default_str();
  app.add_option("--min-rounds", min_rounds, "visits before a row may be closed as valid")
      ->capture_default_str();
  app.add_option("--max-rounds", max_rounds, "visits after which a row is closed")
      ->capture_default_str();
  app.add_option("--spread", spread,
                 "a row is closed only when its visits span this, or half of --budget; nothing with --quick")
      ->type_name("TIME")
      ->capture_default_str();
  app.add_option("--repeat", repeat_pct,
                 "percent by which another run may differ from a valid row, 95 %: wider is noisy")
      ->capture_default_str();
  app.add_option("--restarts", restarts,
                 "fresh processes that measure some rows again, which shows what lies between "
                 "runs; default 2, with --quick or less than a minute of --budget none")
      ->check(CLI::Range(0, 100));
  app.add_option("--restart-rows", restart_rows,
                 "most rows that each of them measures, chosen at random; fewer where they are slow")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  app.add_option("--rows", rows,
                 "only these rows of the plan, by number from 0, as --dry-run --csv lists them")
      ->delimiter(',');
  app.add_option("--allocator", allocator, "resident (memory stays with the process) or default")
      ->capture_default_str();
  app.add_flag("--energy", energy, "measure energy too where there is a meter, about 7 s a row");
  app.add_option("--seed", seed, "of weights, inputs and the order of rows")
      ->capture_default_str();
  app.add_option("--estimator", estimator,
                 "estimator of the analytical columns: auto, calibrated or roofline")
      ->capture_default_str();
  app.add_flag("--resume", resume, "continue the run in the folder");
  app.add_option("-o,--output", folder, "folder of the run; default results/<sweep>-<time>")
      ->type_name("DIR");
  app.add_flag("--quiet", quiet, "no progress on standard error");
  machine.declare(app);
  output.declare(app);
}

std::vector<std::string> SweepOptions::words_for(const std::vector<size_t>& some,
                                                 const std::string& into,
                                                 std::optional<double> budget_s) const {
  std::vector<std::string> words{"sweep", sweep};
  words.insert(words.end(), models.begin(), models.end());
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    words.emplace_back(name);
    words.push_back(value);
  };
  if (quick) words.emplace_back("--quick");
  if (full) words.emplace_back("--full");
  for (const std::string& axis : axes) add("--axis", axis);
  add("--batch-sizes", batch_sizes);
  add("--device", fmt::format("{}", fmt::join(devices, ",")));
  add("--precision", fmt::format("{}", fmt::join(precisions, ",")));
  add("--threads", fmt::format("{}", fmt::join(threads, ",")));
  add("--scenario", scenario);
  add("--filter", filter);
  add("--shard", shard);
  add("--machine", machine.machine);
  add("--calibration", machine.calibration);
  add("--estimator", estimator);
  add("--allocator", allocator);
  add("--target", fmt::format("{}", target_pct));
  add("--repeat", fmt::format("{}", repeat_pct));
  add("--spread", spread);
  add("--min-rounds", fmt::format("{}", min_rounds));
  add("--max-rounds", fmt::format("{}", max_rounds));
  add("--seed", fmt::format("{}", seed));
  if (budget_s) add("--budget", fmt::format("{:.3f}s", *budget_s));
  std::vector<size_t> numbers = some;  // of this plan; `rows` numbers those of the whole one
  if (!rows.empty()) {
    std::vector<size_t> kept = rows;
    std::sort(kept.begin(), kept.end());
    for (size_t& number : numbers) number = kept.at(number);
  }
  add("--rows", fmt::format("{}", fmt::join(numbers, ",")));
  add("--restarts", "0");
  add("-o", into);
  words.insert(words.end(), {"--resume", "--quiet"});
  return words;
}

}  // namespace opgauge
