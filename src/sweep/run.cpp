// SPDX-License-Identifier: Apache-2.0
#include "sweep/run.hpp"

#include <algorithm>
#include <set>

#include "measure/available_memory.hpp"
#include "measure/conditions.hpp"
#include "measure/precision.hpp"
#include "measure/protocol_pool.hpp"
#include "measure/sanity.hpp"

namespace opgauge {
namespace {

constexpr double assumed_run_s = 1e-3;  // of a row that has no estimate

double run_s(const Prospect& prospect) {
  return prospect.estimate ? prospect.estimate->latency_s : assumed_run_s;
}

// One later visit: a warm-up, then pairs of runs.
double visit_s(const Prospect& prospect, const ProtocolSettings& protocol) {
  const double one_s = run_s(prospect);
  return std::max(protocol.visit_warm_up_s, one_s) + std::max(protocol.visit_s, 2 * one_s);
}
double first_visit_s(const Prospect& prospect, const ProtocolSettings& protocol) {
  return 10 * run_s(prospect) + visit_s(prospect, protocol);
}

// Rows tend to close between the least and the most rounds.
double expected_rounds(const ProtocolSettings& protocol) {
  return 0.5 * (protocol.min_rounds + protocol.max_rounds);
}

// Rows that one device object measures together.
struct Batch {
  std::string device;
  int threads = 1;
  std::vector<size_t> rows;
};

std::vector<Batch> batches_of(const Plan& plan) {
  std::vector<Batch> batches;
  for (size_t i = 0; i < plan.configurations.size(); ++i) {
    const Configuration& one = plan.configurations[i];
    auto at = std::find_if(batches.begin(), batches.end(), [&](const Batch& b) {
      return b.device == one.device && b.threads == one.threads;
    });
    if (at == batches.end()) at = batches.insert(batches.end(), {one.device, one.threads, {}});
    at->rows.push_back(i);
  }
  return batches;
}

// The model as it runs. `checked`: its outputs were compared with those of fp32 before.
RunnableModel build_measured(Device& device, const Configuration& configuration, int64_t capacity,
                             bool checked) {
  ModelSource source = load_configuration(configuration);
  refuse_if_larger(source.graph, capacity);
  if (configuration.precision == "fp32") return {std::move(source.graph), std::move(source.stored)};
  RunnableModel model;
  model.stored = with_types(source.graph, source.stored);
  model.graph = in_precision(device, source.graph, configuration.precision, model.stored);
  if (!checked) {
    const Sanity sanity =
        check_sanity(device, source.graph, model.graph, configuration.precision, model.stored);
    if (!sanity.sane) throw Error("outputs in " + configuration.precision, sanity.reason);
  }
  return model;
}

class Session {
 public:
  Session(const SweepRun& run, RunFolder& folder)
      : run_(run), folder_(folder), begin_s_(run.clock.now_s()) {}

  End measure(const Batch& batch) {
    std::vector<RowState>& states = folder_.contents().rows;
    const auto close = [&](size_t row, const Outcome& outcome) {
      folder_.add_outcome(row, outcome);
      states[row].outcome = outcome;
    };
    const auto open = [&](size_t row) {
      return !states[row].outcome || states[row].outcome->verdict == Verdict::budget;
    };
    const auto wants_energy = [&](size_t row) {
      return run_.energy && !states[row].energy && !states[row].visits.empty();
    };
    if (std::none_of(batch.rows.begin(), batch.rows.end(),
                     [&](size_t row) { return open(row) || wants_energy(row); })) {
      return End::finished;
    }

    ExecutionSettings execution = run_.execution;
    execution.threads = batch.threads;
    std::unique_ptr<Device> device;
    try {
      device = run_.open_device(batch.device, execution);
    } catch (const Error& error) {
      for (const size_t row : batch.rows) {
        if (open(row)) close(row, {Verdict::skipped, Stop::not_run, error.what()});
      }
      folder_.sync();
      return End::finished;
    }
    PowerMeterSearch search = find_power_meter(batch.device, run_.meters);
    folder_.add_session(
        {{"started_at", utc_now()},
         {"device", batch.device},
         {"energy_reason", search.meter
                               ? "not asked for; --energy measures it by " + search.meter->name()
                               : search.reason()},
         {"execution", encode(execution)},
         {"protocol", encode(run_.protocol)},
         {"conditions", encode(read_conditions(run_.system, batch.threads, device->versions()))}});

    std::vector<size_t> rows;  // of the batch, those that can run
    for (const size_t row : batch.rows) {
      const std::string& unbuildable = run_.plan.prospects[row].unbuildable;
      if (!open(row)) continue;
      if (const auto lack = device->lacks(run_.plan.configurations[row].precision)) {
        close(row, {Verdict::skipped, Stop::not_run, *lack});
      } else if (!unbuildable.empty()) {
        const bool unsupported = run_.plan.prospects[row].unsupported;
        close(row, {unsupported ? Verdict::skipped : Verdict::failed, Stop::not_run, unbuildable});
      } else {
        rows.push_back(row);
      }
    }
    const End end = measure_open(*device, rows, states);
    if (end == End::finished && run_.energy && search.meter)
      return measure_energies(*device, batch, states, search);
    return end;
  }

 private:
  End measure_open(Device& device, const std::vector<size_t>& rows, std::vector<RowState>& all) {
    std::vector<MeasuredRow> measured;
    std::vector<RowState> states;
    const int64_t capacity = capacity_bytes();
    for (const size_t row : rows) {
      measured.push_back(
          {[this, &device, row, capacity, checked = all[row].facts.has_value()]() mutable {
            RunnableModel model =
                build_measured(device, run_.plan.configurations[row], capacity, checked);
            checked = true;
            return model;
          }});
      states.push_back(all[row]);
    }
    ProtocolSettings settings = run_.protocol;
    if (settings.budget_s)
      settings.budget_s = std::max(0.0, *settings.budget_s - (run_.clock.now_s() - begin_s_));
    const Surroundings around{run_.clock, run_.probe,
                              [this] { return take_snapshot(run_.system); }};
    RoundHooks hooks;
    hooks.on_facts = [&](size_t i, const RowFacts& facts) { folder_.add_facts(rows[i], facts); };
    hooks.on_visit = [&](size_t i, const Visit& visit) { folder_.add_visit(rows[i], visit); };
    hooks.on_outcome = [&](size_t i, const Outcome& outcome) {
      folder_.add_outcome(rows[i], outcome);
    };
    hooks.on_round_end = [&](int) { folder_.sync(); };
    hooks.interrupted = run_.interrupted;
    if (run_.progress) {
      hooks.on_visit_begin = [&](size_t i, int round) { report(rows, states, i, round); };
    }
    const auto keep = [&] {
      for (size_t i = 0; i < rows.size(); ++i) all[rows[i]] = std::move(states[i]);
    };
    try {
      const End end = measure_rows(device, measured, states, settings, around, capacity, hooks);
      keep();
      return end;
    } catch (...) {
      keep();
      throw;
    }
  }

  // Rows one after the other: each is loops of a second with pauses between, long enough for any
  // meter.
  End measure_energies(Device& device, const Batch& batch, std::vector<RowState>& states,
                       PowerMeterSearch& search) {
    for (const size_t row : batch.rows) {
      if (run_.interrupted && run_.interrupted()) return End::interrupted;
      if (states[row].energy || states[row].visits.empty()) continue;
      EnergyMeasurement energy;
      try {
        const RunnableModel model =
            build_measured(device, run_.plan.configurations[row], capacity_bytes(), true);
        const std::unique_ptr<Executable> executable = device.prepare(model.graph, model.stored);
        energy = measure_energy(search, run_.clock, [&] { executable->run_s(); });
      } catch (const Error& error) {
        energy.reason = error.what();
      }
      folder_.add_energy(row, energy);
      folder_.sync();
      states[row].energy = energy;
    }
    return End::finished;
  }

  // Four fifths of what may still be taken: the process needs some itself.
  int64_t capacity_bytes() const {
    const auto available = available_memory_bytes(run_.system.path(""));
    if (!available)
      throw Error("/proc/meminfo", "found no MemAvailable, expected the memory that may be used");
    return *available / 5 * 4;
  }

  void report(const std::vector<size_t>& rows, const std::vector<RowState>& states, size_t at,
              int round) {
    SweepProgress progress;
    progress.row = rows[at];
    progress.round = round;
    progress.rows = rows.size();
    progress.elapsed_s = run_.clock.now_s() - begin_s_;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (states[i].outcome) {
        ++progress.closed;
        continue;
      }
      const size_t visits = states[i].visits.size();
      const double later_s = visits > 1 ? states[i].visits.back().elapsed_s
                                        : visit_s(run_.plan.prospects[rows[i]], run_.protocol);
      const double rounds_left =
          std::max(1.0, expected_rounds(run_.protocol) - static_cast<double>(visits));
      progress.left_s += rounds_left * later_s;
    }
    const double rounds_left = std::max(0.0, expected_rounds(run_.protocol) - round);
    progress.left_s = std::max(progress.left_s, rounds_left * run_.protocol.round_interval_s);
    run_.progress(progress);
  }

  const SweepRun& run_;
  RunFolder& folder_;
  double begin_s_;
};

// What lies between runs, by device.
std::map<std::string, BetweenRuns> between_of(const Plan& plan, const RunContents& contents,
                                              const RunContext& context) {
  std::map<std::string, std::vector<size_t>> devices;
  for (size_t i = 0; i < plan.configurations.size(); ++i)
    devices[plan.configurations[i].device].push_back(i);
  std::vector<std::map<std::string, const RowState*>> restarts;
  for (const RunContents& run : context.restarts) {
    auto& rows = restarts.emplace_back();
    for (size_t i = 0; i < run.rows.size(); ++i) rows[run.header.configurations[i]] = &run.rows[i];
  }
  std::map<std::string, BetweenRuns> found;
  for (const auto& [device, rows] : devices) {
    RunTable readings(1);
    for (const auto& restart : restarts) {
      auto& column = readings.emplace_back();
      for (const size_t i : rows) {
        const auto at = restart.find(plan.configurations[i].key());
        column.push_back(at == restart.end() ? std::nullopt : reading_of(at->second->visits));
      }
    }
    std::erase_if(readings, [](const auto& column) {
      return !column.empty() && std::none_of(column.begin(), column.end(),
                                             [](const auto& reading) { return reading.has_value(); });
    });
    for (const size_t i : rows) readings.front().push_back(reading_of(contents.rows[i].visits));
    const double target = context.protocol.target_half_width;
    BetweenRuns between = between_runs(readings, target);
    if (!between.settled) {
      std::vector<RowState> own;
      for (const size_t i : rows) own.push_back(contents.rows[i]);
      between = between_halves(own, target, context.why_no_restart);
    }
    found[device] = std::move(between);
  }
  return found;
}

std::vector<std::string> devices_of(const std::vector<SweepRow>& rows) {
  std::vector<std::string> devices;
  for (const SweepRow& row : rows) {
    if (std::find(devices.begin(), devices.end(), row.device) == devices.end())
      devices.push_back(row.device);
  }
  return devices;
}

}  // namespace

End run_sweep(const SweepRun& run, RunFolder& folder) {
  Session session(run, folder);
  End worst = End::finished;
  for (const Batch& batch : batches_of(run.plan)) {
    const End end = session.measure(batch);
    if (end == End::interrupted) return end;
    if (end == End::budget) worst = end;
  }
  return worst;
}

std::vector<SweepRow> rows_of(const Plan& plan, const RunContents& contents,
                              const RunContext& context) {
  double fastest_s = 0;
  for (const RowState& state : contents.rows) {
    for (const Visit& visit : state.visits) {
      if (visit.probe && (fastest_s == 0 || visit.probe->compute_s < fastest_s))
        fastest_s = visit.probe->compute_s;
    }
  }
  const auto drift = drift_of(contents.rows, context.reference);
  const auto between = between_of(plan, contents, context);
  std::vector<SweepRow> rows;
  for (size_t i = 0; i < plan.configurations.size(); ++i) {
    SweepRow& row = rows.emplace_back(
        make_row(plan.configurations[i], plan.prospects[i], contents.rows[i], fastest_s));
    if (drift) add_drift(*drift, contents.rows[i], row);
    add_between_runs(between.at(row.device), context.protocol.repeat_half_width, row);
    if (row.energy_j || !row.energy_reason.empty()) continue;
    row.energy_reason = "not measured";
    for (const Json& session : contents.sessions) {
      if (session.value("device", "") == row.device) {
        row.energy_reason = session.value("energy_reason", row.energy_reason);
      }
    }
  }
  return rows;
}

double predicted_s(const Plan& plan, const ProtocolSettings& protocol) {
  double sum_s = 0;
  for (const Prospect& prospect : plan.prospects) {
    if (!prospect.unbuildable.empty()) continue;
    const double row_s = first_visit_s(prospect, protocol) +
                         (expected_rounds(protocol) - 1) * visit_s(prospect, protocol);
    sum_s += std::min(row_s, protocol.row_budget_s + visit_s(prospect, protocol));
  }
  sum_s = std::max({sum_s, expected_rounds(protocol) * protocol.round_interval_s, protocol.least_span_s});
  return protocol.budget_s ? std::min(sum_s, *protocol.budget_s) : sum_s;
}

std::vector<SweepResult> results_of(const Sweep& sweep, const Plan& plan,
                                    const RunContents& contents, const EstimateBasis& basis,
                                    const ProtocolSettings& protocol,
                                    const RunContext& context) {
  const std::vector<SweepRow> rows = rows_of(plan, contents, context);
  std::vector<SweepResult> results;
  for (const std::string& device : devices_of(rows)) {
    const Machine* const own = basis.machine_of(device);
    const Machine& machine = own ? *own : basis.machine;
    SweepResult& result = results.emplace_back();
    result.sweep = sweep.name;
    result.created_at = contents.header.created_at;
    result.device = device;
    result.axes = sweep.axis_names();
    result.machines[machine.name] = fingerprint(machine);
    result.protocol = encode(protocol);
    result.notes = plan.notes;
    for (const Json& session : contents.sessions) {
      if (session.value("device", "") == device) result.sessions.push_back(session);
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].device != device) continue;
      result.rows.push_back(
          {plan.configurations[i].key(), machine.name, rows[i], encode(contents.rows[i].visits)});
    }
  }
  return results;
}

}  // namespace opgauge
