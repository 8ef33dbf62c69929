// SPDX-License-Identifier: Apache-2.0
// `opgauge sweep mlp --quick -o results/mlp`: measures and estimates every configuration of a
// sweep.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include "base/units.hpp"
#include "cli/commands.hpp"
#include "cli/interruption.hpp"
#include "cli/machine_choice.hpp"
#include "cli/progress_line.hpp"
#include "cli/result_report.hpp"
#include "sweep/run.hpp"
#include "sweep/shard.hpp"
#include "sweep/summary.hpp"

namespace opgauge {
namespace {

struct SweepOptions {
  std::string sweep;
  bool quick = false, full = false, dry_run = false, estimate_only = false, resume = false,
       energy = false, quiet = false;
  std::vector<std::string> models, devices, precisions, axes;
  std::vector<int> threads;
  std::string batch_sizes, scenario, filter, budget, folder, shard, estimator = "auto",
                                                                    allocator = "resident";
  double target_pct = 2.5;
  int min_rounds = 12, max_rounds = 40;
  uint64_t seed = 1;
  MachineOptions machine;
  OutputOptions output;
};

Selection selection_of(const SweepOptions& options) {
  Selection selection;
  if (options.quick && options.full)
    throw Error("--quick", "found --full beside it, expected one of them");
  selection.extent = options.quick ? Extent::quick : options.full ? Extent::full : Extent::usual;
  for (const std::string& axis : options.axes) {
    auto [name, values] = split_axis(axis);
    if (selection.axes.contains(name)) throw Error("--axis " + name, "found twice, expected once");
    selection.axes[name] = values;
  }
  if (!options.batch_sizes.empty()) {
    if (selection.axes.contains("batch_size"))
      throw Error("--batch-sizes", "found --axis batch_size= beside it");
    selection.axes["batch_size"] = options.batch_sizes;
  }
  const std::vector<std::string> known_precisions = {"fp32", "bf16", "fp16", "int8"};
  for (const std::string& precision : options.precisions) {
    if (std::find(known_precisions.begin(), known_precisions.end(), precision) ==
        known_precisions.end()) {
      throw unknown_name("--precision", "precision", precision, known_precisions);
    }
  }
  for (const std::string& model : options.models) selection.models.push_back(model);
  selection.precisions = options.precisions;
  if (!options.devices.empty()) selection.devices = options.devices;
  for (const std::string& device : selection.devices) {
    if (device != "cpu" && device != "cuda")
      throw unknown_name("--device", "device", device, {"cpu", "cuda"});
  }
  if (!options.threads.empty()) selection.threads = options.threads;
  for (const int threads : selection.threads) {
    if (threads < 1 || threads > 4096) {
      throw Error("--threads", fmt::format("found {}, expected 1 to 4096", threads));
    }
  }
  selection.filter = options.filter;
  return selection;
}

ProtocolSettings protocol_of(const SweepOptions& options) {
  ProtocolSettings protocol;
  if (!(options.target_pct > 0))
    throw Error("--target", fmt::format("found {}, expected above 0", options.target_pct));
  if (options.min_rounds < 2 || options.max_rounds < options.min_rounds) {
    throw Error("--rounds", fmt::format("found {} to {}, expected 2 <= least <= most",
                                        options.min_rounds, options.max_rounds));
  }
  protocol.target_half_width = options.target_pct / 100;
  protocol.min_rounds = options.min_rounds;
  protocol.max_rounds = options.max_rounds;
  if (!options.budget.empty()) protocol.budget_s = parse_duration_s("--budget", options.budget);
  protocol.seed = options.seed;
  return protocol;
}

template <class Key>
std::string counts_text(const Plan& plan, Key&& key) {
  std::vector<std::pair<std::string, size_t>> counts;
  for (size_t i = 0; i < plan.configurations.size(); ++i) {
    const std::string name = key(i);
    auto at =
        std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return c.first == name; });
    if (at == counts.end()) at = counts.insert(counts.end(), {name, 0});
    ++at->second;
  }
  std::string text;
  for (const auto& [name, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
  return text;
}

std::string plan_text(const Sweep& sweep, const Grid& grid, const Plan& plan,
                      const ProtocolSettings& protocol) {
  std::string text = fmt::format("sweep {}: {}\n", sweep.name, sweep.summary);
  text += fmt::format("  configurations       {}", plan.configurations.size());
  if (plan.solved)
    text += fmt::format(" ({} of the grid, {} solved for)",
                        plan.configurations.size() - plan.solved, plan.solved);
  text += "\n";
  for (const std::string& line : grid.axes) text += "  grid                 " + line + "\n";
  text += fmt::format("  points               {}\n", grid.points);
  text += fmt::format("  duplicates removed   {}\n", grid.duplicates);
  text += fmt::format("  against constraints  {}\n", grid.constrained);
  if (grid.in_other_shards)
    text += fmt::format("  in other shards      {}\n", grid.in_other_shards);
  text += fmt::format("  filtered out         {}\n", grid.filtered + plan.outside_scenario);
  text += "  per precision        " +
          counts_text(plan,
                      [&](size_t i) {
                        const Configuration& one = plan.configurations[i];
                        return fmt::format("{} on {} ({} thread{})", one.precision, one.device,
                                           one.threads, one.threads == 1 ? "" : "s");
                      }) +
          "\n";
  text += "  per scenario         " +
          counts_text(plan,
                      [&](size_t i) {
                        const Prospect& prospect = plan.prospects[i];
                        return prospect.unbuildable.empty()
                                   ? prospect.scenario +
                                         (plan.configurations[i].solved ? " (solved)" : "")
                                   : std::string("cannot be built");
                      }) +
          "\n";
  text += "  predicted time       " + format_duration(predicted_s(plan, protocol)) + "\n";
  for (const std::string& note : plan.notes) text += "  note: " + note + "\n";
  return text;
}

void emit_rows(const OutputOptions& output, const std::vector<SweepRow>& rows, const Table& table) {
  if (!output.csv.empty()) emit(output.csv, to_csv(table));
  if (!output.markdown.empty()) emit(output.markdown, to_markdown(table));
  if (!output.json.empty()) {
    Json list = Json::array();
    for (const SweepRow& row : rows) list.push_back(row_json(row));
    emit(output.json, list.dump(1) + "\n");
  }
}

// Text for people goes to standard output unless data goes there.
void say(const OutputOptions& output, const std::string& text) {
  const bool data = output.csv == "-" || output.json == "-" || output.markdown == "-";
  (data ? std::cerr : std::cout) << text << std::flush;
}

std::string default_folder(const std::string& sweep) {
  std::string name = "results/" + sweep + "-" + utc_now();
  std::erase(name, ':');
  return name;
}

int estimate_only(const SweepOptions& options, const Sweep& sweep, const Plan& plan) {
  const std::filesystem::path folder =
      options.folder.empty() ? default_folder(sweep.name) : options.folder;
  const bool to_files = !options.folder.empty() || !options.output.any();
  std::map<std::string, std::vector<SweepRow>> by_device;
  std::vector<SweepRow> rows;
  for (size_t i = 0; i < plan.configurations.size(); ++i) {
    rows.push_back(analytical_row(plan.configurations[i], plan.prospects[i]));
    by_device[rows.back().device].push_back(rows.back());
  }
  for (const auto& [device, some] : by_device) {
    if (!to_files) break;
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) throw Error(folder.string(), "cannot be created: " + failed.message());
    const auto path = folder / (sweep.name + "_analytical_" + device + ".csv");
    if (std::filesystem::exists(path) && !options.resume) {
      throw Error(path.string(), "is there already, expected --resume or another folder");
    }
    write_file(path, to_csv(analytical_table(some, sweep.axis_names())));
    say(options.output, path.string() + "\n");
  }
  emit_rows(options.output, rows, analytical_table(rows, sweep.axis_names()));
  return 0;
}

int run_sweep_command(const SweepOptions& options) {
  const Sweep sweep = find_sweep(options.sweep);
  const ProtocolSettings protocol = protocol_of(options);
  Grid grid = expand(sweep, selection_of(options));
  const std::optional<Shard> shard =
      options.shard.empty() ? scheduled_shard(environment_variable)
                            : std::optional(parse_shard(options.shard, environment_variable));
  if (shard) grid = shard_of(grid, *shard);
  if (shard && options.shard.empty()) {
    std::cerr << fmt::format(
        "shard {}/{}, as the scheduler numbers this task; --shard 0/1 runs everything\n",
        shard->index, shard->count);
  }
  const Machine machine = options.machine.read();
  const auto calibration = options.machine.read_calibration(machine);
  const EstimateBasis basis{machine, calibration ? &calibration->calibration : nullptr,
                            options.estimator};
  const Plan plan = plan_sweep(sweep, grid, basis, options.scenario, !options.quick && !shard);

  if (options.dry_run) {
    say(options.output, plan_text(sweep, grid, plan, protocol));
    std::vector<SweepRow> rows;
    for (size_t i = 0; i < plan.configurations.size(); ++i) {
      rows.push_back(analytical_row(plan.configurations[i], plan.prospects[i]));
    }
    emit_rows(options.output, rows, analytical_table(rows, sweep.axis_names()));
    return 0;
  }
  if (options.estimate_only) return estimate_only(options, sweep, plan);
  if (options.resume && options.folder.empty())
    throw Error("--resume", "found no folder, expected -o DIR");

  catch_interruptions();
  RunHeader header;
  header.sweep = sweep.name;
  header.machine = machine.name;
  for (const Configuration& one : plan.configurations) header.configurations.push_back(one.key());
  RunFolder folder(options.folder.empty() ? default_folder(sweep.name) : options.folder, header,
                   options.resume);
  if (folder.dropped_bytes()) {
    std::cerr << fmt::format(
        "the journal's last line was half-written ({} bytes): dropped, its visit is repeated\n",
        folder.dropped_bytes());
  }
  if (!options.quiet) {
    std::cerr << fmt::format("sweep {}: {} configurations, predicted {}, in {}\n", sweep.name,
                             plan.configurations.size(),
                             format_duration(predicted_s(plan, protocol)), folder.path().string());
    for (const std::string& note : plan.notes) std::cerr << "note: " << note << "\n";
  }
  SteadyClock clock;
  SpeedProbe probe(clock);
  ProgressLine line(!options.quiet && ::isatty(STDERR_FILENO));
  ExecutionSettings execution;
  execution.allocator = parse_enum<AllocatorMode>("--allocator", "allocator", options.allocator);
  execution.seed = options.seed;
  const SweepRun run{
      .sweep = sweep,
      .plan = plan,
      .machine = machine.name,
      .protocol = protocol,
      .execution = execution,
      .clock = clock,
      .open_device = open_device,
      .probe = [&] { return probe.read(); },
      .system = SystemFiles(),
      .energy = options.energy,
      .interrupted = interrupted,
      .progress =
          [&](const SweepProgress& now) {
            line.show(fmt::format("round {:>2}  {:>4} of {} rows done  {} left  {}", now.round + 1,
                                  now.closed, now.rows, format_duration(now.left_s),
                                  plan.configurations[now.row].key()));
          }};
  const End end = run_sweep(run, folder);
  line.clear();
  const std::vector<SweepRow> rows = rows_of(plan, folder.contents());
  if (end == End::interrupted) {
    std::cerr << "opgauge: interrupted; what was measured is kept, continue with --resume -o " +
                     folder.path().string() + "\n";
    return 130;
  }
  std::vector<std::filesystem::path> written;
  for (const SweepResult& result : results_of(sweep, plan, folder.contents(), machine, protocol)) {
    for (const auto& path : write_result(folder.path(), result)) written.push_back(path);
    for (const auto& path : write_report(folder.path(), result, options.machine, machine))
      written.push_back(path);
  }
  const SweepSummary summary = summarize_sweep(rows, folder.contents());
  std::string text = summary_text(summary);
  for (const auto& path : written) text += "  " + path.string() + "\n";
  say(options.output, text);
  emit_rows(options.output, rows, sweep_table(rows, sweep.axis_names()));
  return summary.all_valid() ? 0 : 3;
}

}  // namespace

void declare_sweep(CLI::App& app, Run& run) {
  auto options = std::make_shared<SweepOptions>();
  SweepOptions& o = *options;
  std::string names = "auto (calibrated where the calibration fits, else roofline)";
  for (const BuiltInSweep& one : built_in_sweeps()) names += ", " + std::string(one.name);
  app.add_option("sweep", o.sweep, names + ", or a sweep's JSON file")->required();
  app.add_option("models", o.models,
                 "values of the axis `model`, where the sweep has one: names or .pt2 files");
  app.add_flag("--quick", o.quick, "five configurations");
  app.add_flag("--full", o.full, "every axis value and precision of the sweep");
  app.add_option("--device", o.devices, "cpu, cuda")->delimiter(',');
  app.add_option("--precision", o.precisions,
                 "fp32, bf16, fp16, int8; default fp32, with --full the sweep's")
      ->delimiter(',');
  app.add_option("--threads", o.threads, "intra-op threads, one or several counts; default 1")
      ->delimiter(',');
  app.add_option("--batch-sizes", o.batch_sizes, "values of the axis batch_size: 1,16,64");
  app.add_option("--axis", o.axes, "values of an axis: name=8,16 or name=[64:4096:*2]; family.name= for one family alone, "
                 "else for every family that has it")
      ->type_name("NAME=VALUES")
      ->allow_extra_args(false);
  app.add_option("--scenario", o.scenario,
                 "only working sets of L1_fit, L2_fit, L3_fit or DRAM_spill");
  app.add_option("--filter", o.filter,
                 "only configurations whose key contains this regular expression")
      ->type_name("REGEX");
  app.add_option("--shard", o.shard,
                 "only part i of n, counted from 0, balanced by cost; auto: as Slurm, Open MPI or "
                 "Kubernetes number this task, which is the default where they do; 0/1: everything")
      ->type_name("i/n|auto");
  app.add_flag("--dry-run", o.dry_run, "state what would run and how long, and stop");
  app.add_flag("--estimate-only", o.estimate_only, "write the estimates without measuring");
  app.add_option("--budget", o.budget, "time after which measuring ends: 90, 10m, 2h")
      ->type_name("TIME");
  app.add_option("--target", o.target_pct, "half-width of the quiet interval to reach, in percent")
      ->capture_default_str();
  app.add_option("--min-rounds", o.min_rounds, "visits before a row may be closed as valid")
      ->capture_default_str();
  app.add_option("--max-rounds", o.max_rounds, "visits after which a row is closed")
      ->capture_default_str();
  app.add_option("--allocator", o.allocator, "resident (memory stays with the process) or default")
      ->capture_default_str();
  app.add_flag("--energy", o.energy, "measure energy too where there is a meter, about 7 s a row");
  app.add_option("--seed", o.seed, "of weights, inputs and the order of rows")
      ->capture_default_str();
  app.add_option("--estimator", o.estimator,
                 "estimator of the analytical columns: auto, calibrated or roofline")
      ->capture_default_str();
  app.add_flag("--resume", o.resume, "continue the run in the folder");
  app.add_option("-o,--output", o.folder, "folder of the run; default results/<sweep>-<time>")
      ->type_name("DIR");
  app.add_flag("--quiet", o.quiet, "no progress on standard error");
  o.machine.declare(app);
  o.output.declare(app);
  run = [options] { return run_sweep_command(*options); };
}

}  // namespace opgauge
