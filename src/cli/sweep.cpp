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
#include "cli/progress_line.hpp"
#include "cli/result_report.hpp"
#include "cli/sweep_machines.hpp"
#include "cli/sweep_options.hpp"
#include "cli/sweep_restarts.hpp"
#include "sweep/run.hpp"
#include "sweep/shard.hpp"
#include "sweep/summary.hpp"

namespace opgauge {
namespace {

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

// Of the sweep and its fresh processes.
double whole_s(const Plan& plan, const Restarts& restarts, const ProtocolSettings& protocol) {
  const double sweep_s = predicted_s(plan, protocol);
  if (!restarts.processes) return sweep_s;
  ProtocolSettings own = protocol;
  own.budget_s = restarts.budget_s;
  const double all_s =
      sweep_s + restarts.processes * predicted_s(only_rows(plan, restarts.rows), own);
  return protocol.budget_s ? std::min(all_s, *protocol.budget_s) : all_s;
}

std::string plan_text(const Sweep& sweep, const Grid& grid, const Plan& plan,
                      const Restarts& restarts, const ProtocolSettings& protocol) {
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
  text += restarts.processes
              ? fmt::format("  fresh processes      {}, each measures {} rows again\n",
                            restarts.processes, restarts.rows.size())
              : "  fresh processes      none: " + restarts.why_none + "\n";
  text += "  predicted time       " + format_duration(whole_s(plan, restarts, protocol)) + "\n";
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
  ProtocolSettings protocol = options.protocol();
  Grid grid = expand(sweep, options.selection());
  const std::optional<Shard> shard =
      options.shard.empty() ? scheduled_shard(environment_variable)
                            : std::optional(parse_shard(options.shard, environment_variable));
  if (shard) grid = shard_of(grid, *shard);
  if (shard && options.shard.empty()) {
    std::cerr << fmt::format(
        "shard {}/{}, as the scheduler numbers this task; --shard 0/1 runs everything\n",
        shard->index, shard->count);
  }
  const SweepMachines machines(options.machine, options.selection().devices);
  const Machine& machine = machines.first();
  const EstimateBasis basis = machines.basis(options.estimator);
  Plan plan = plan_sweep(sweep, grid, basis, options.scenario, !options.quick && !shard);
  if (!options.rows.empty()) plan = only_rows(plan, options.rows);

  if (options.dry_run) {
    say(options.output, plan_text(sweep, grid, plan, plan_restarts(options, plan), protocol));
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

  ExecutionSettings execution;
  execution.allocator = parse_enum<AllocatorMode>("--allocator", "allocator", options.allocator);
  execution.seed = options.seed;
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
  const Restarts restarts = plan_restarts(options, plan);
  if (!options.quiet) {
    std::cerr << fmt::format("sweep {}: {} configurations, predicted {}, in {}\n", sweep.name,
                             plan.configurations.size(),
                             format_duration(whole_s(plan, restarts, protocol)),
                             folder.path().string());
    if (restarts.processes) {
      std::cerr << fmt::format("{} fresh processes measure {} of them again\n", restarts.processes,
                               restarts.rows.size());
    }
    for (const std::string& note : plan.notes) std::cerr << "note: " << note << "\n";
  }
  SteadyClock clock;
  const double begin_s = clock.now_s();
  ProgressLine line(!options.quiet && ::isatty(STDERR_FILENO));
  const auto restart = [&](int first, int last) {
    for (int number = first; number <= last; ++number) {
      line.show(fmt::format("fresh process {} of {} measures {} rows again", number,
                            restarts.processes, restarts.rows.size()));
      if (!run_restart(options, restarts, folder.path(), number)) return false;
    }
    return true;
  };
  const auto stop = [&] {
    line.clear();
    std::cerr << "opgauge: interrupted; what was measured is kept, continue with --resume -o " +
                     folder.path().string() + "\n";
    return 130;
  };
  if (!restart(1, restarts.before())) return stop();
  if (protocol.budget_s) {
    const double later_s = restarts.budget_s.value_or(0) * (restarts.processes - restarts.before());
    protocol.budget_s =
        std::max(0.0, *protocol.budget_s - (clock.now_s() - begin_s) - later_s);
  }
  SpeedProbe probe(clock);
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
  if (end == End::interrupted || !restart(restarts.before() + 1, restarts.processes)) return stop();
  line.clear();
  RunContext context;
  context.restarts = read_restarts(folder.path());
  context.why_no_restart = restarts.why_none;
  context.protocol = protocol;
  const Calibration* const calibration = machines.calibration_for(machine, {});
  if (calibration && calibration->op_model) {
    const OpModel& model = *calibration->op_model;
    if (model.probe_compute_s > 0 && model.probe_memory_s > 0) {
      context.reference = {model.probe_compute_s, model.probe_memory_s,
                           "the calibration of " + calibration->created_at};
    }
  }
  const std::vector<SweepRow> rows = rows_of(plan, folder.contents(), context);
  std::vector<std::filesystem::path> written;
  for (const SweepResult& result :
       results_of(sweep, plan, folder.contents(), basis, protocol, context)) {
    for (const auto& path : write_result(folder.path(), result)) written.push_back(path);
    const Machine* const of = basis.machine_of(result.device);
    for (const auto& path : write_report(folder.path(), result, options.machine, of))
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
  options->declare(app);
  run = [options] { return run_sweep_command(*options); };
}

}  // namespace opgauge
