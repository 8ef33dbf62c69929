// SPDX-License-Identifier: Apache-2.0
#include "cli/calibrate_design.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "base/csv.hpp"
#include "base/statistics.hpp"
#include "base/units.hpp"
#include "calibrate/blas_tiles.hpp"
#include "calibrate/last_cache.hpp"
#include "calibrate/op_fit.hpp"
#include "calibrate/private_cache.hpp"
#include "calibrate/references.hpp"
#include "calibrate/visit_journal.hpp"
#include "cli/calendar.hpp"
#include "cli/interruption.hpp"
#include "cli/leave_out_text.hpp"
#include "cli/residual_text.hpp"
#include "graph/case.hpp"
#include "graph/rewrite.hpp"
#include "machine/calibration.hpp"
#include "machine/fingerprint.hpp"
#include "machine/machine_files.hpp"
#include "measure/available_memory.hpp"
#include "models/family.hpp"

namespace opgauge {
namespace {

// Of two runs each that should fit into the budget at their guessed length: twenty visits.
constexpr double passes = 40;

// Of the budget, what measuring the built-in families beside it may take more.
constexpr double family_share = 0.3;
// Networks that take longer use up most of a round, and the least of few visits misses the least of many by far less
// where calls are long (visit_bias.hpp): they are visited half as often, and the others more often for it.
constexpr double seldom_above_s = 0.004;
constexpr double prepared_share = 0.5;  // of the memory, for networks that stay prepared between visits: what they do not find there is made anew each time
constexpr int64_t most_card_samples = 32;  // a network of 1.6 GFLOP takes a millisecond of a card then

int64_t prepared_capacity_bytes(const std::string& device, const Machine& machine) {
  const double bytes = device == "cpu" ? static_cast<double>(available_memory_bytes().value_or(ObserveOptions{}.capacity_bytes)) : machine.memory_bytes;
  return static_cast<int64_t>(prepared_share * bytes);
}

// Every built-in family as it is by default, one sample.
std::vector<DesignedNetwork> family_networks(const std::string& precision) {
  std::vector<DesignedNetwork> networks;
  for (const ModelFamily& family : model_families()) {
    try {
      networks.push_back({std::string(family_group), to_precision(build_model(family.name, 1), precision), 0});
      networks.back().graph.name = family.name;
    } catch (const Error& error) {
      std::cerr << "left out: " << family.name << ": " << error.what() << "\n";
    }
  }
  return networks;
}

void print_design(const Design& design, const CostConditions& conditions, const std::string& precision) {
  Table networks{{"network", "archetype", "nodes", "guessed ms"}, {}};
  double total_s = 0;
  for (const DesignedNetwork& network : design.networks) {
    networks.rows.push_back({network.graph.name, network.archetype, std::to_string(network.graph.nodes.size()),
                             fmt::format("{:.2f}", 1e3 * network.guess_s)});
    total_s += network.guess_s;
  }
  std::cout << to_text(networks) << "\n";
  Table classes{{"cost class", "cases"}, {}};
  for (const auto& [key, count] : count_cases(design, conditions)) classes.rows.push_back({key, std::to_string(count)});
  std::cout << to_text(classes)
            << fmt::format("\n{} networks in {}, about {} for one pass (guessed), {} visits fit into the budget at two runs a visit\n",
                           design.networks.size(), precision, format_seconds(total_s), static_cast<int>(passes / 2));
  std::cout << fmt::format("{} candidates drawn, {} refused\n", design.drawn, design.refused);
  for (const std::string& reason : design.reasons) std::cout << "  " << reason << "\n";
}

void print_classes(const OpFitResult& fit) {
  std::map<std::string, double> share;
  double all_s = 0;
  for (const FittedCase& one : fit.cases) {
    share[one.key] += one.measured_s;
    share[one.variant_key] += one.measured_s;
    all_s += one.measured_s;
  }
  Table table{{"cost class", "cases", "networks", "share %", "held-out %", "bias %", "coefficients (s per unit, +- standard error)"}, {}};
  for (const ClassFit& one : fit.model.classes) {
    if (one.cases == 0) continue;
    std::string coefficients;
    for (const FeatureCoefficient& c : one.coefficients) {
      if (c.value_s <= 0) continue;
      coefficients += fmt::format("{}{} {:.3g}", coefficients.empty() ? "" : ", ", c.feature, c.value_s);
      if (c.standard_error_s) coefficients += fmt::format(" +-{:.1g}", *c.standard_error_s);
    }
    table.rows.push_back({one.key, std::to_string(one.cases), std::to_string(one.networks), fmt::format("{:.1f}", 100 * share[one.key] / all_s),
                          one.held_out_error ? fmt::format("{:.1f}", 100 * *one.held_out_error) : "",
                          one.held_out_bias ? fmt::format("{:+.1f}", 100 * *one.held_out_bias) : "", coefficients});
  }
  std::cout << to_text(table);
}

Table case_table(const OpFitResult& fit, const std::vector<Observation>& observations, const CostConditions& conditions) {
  Table table{{"network", "archetype", "cost_class", "case", "measured_s", "held_out_s"}, {}};
  for (const CostFeature& feature : cost_features()) table.columns.emplace_back(feature.name);
  std::vector<std::vector<CaseFacts>> facts;
  for (const Observation& one : observations) facts.push_back(facts_of(one.graph, conditions));
  for (const FittedCase& one : fit.cases) {
    const Observation& from = observations[one.network];
    std::vector<std::string> row{from.name, from.group, one.key, case_text(from.graph, from.graph.nodes[one.node]),
                                 fmt::format("{:.9g}", one.measured_s), fmt::format("{:.9g}", one.held_out_s)};
    for (const CostFeature& feature : cost_features()) row.push_back(fmt::format("{:.9g}", feature.value(facts[one.network][one.node])));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

void DesignedCalibration::declare(CLI::App& app) {
  execution.declare(app);
  app.add_option("--budget", budget, "time to measure for")->capture_default_str();
  app.add_option("--precision", precision, "fp32, bf16, fp16 or int8")->capture_default_str();
  app.add_option("--networks", networks, "designed networks at most")->capture_default_str()->check(CLI::Range(10, 5000));
  app.add_option("--visits", visits, "to each network at most")->capture_default_str()->check(CLI::Range(1, 100000));
  app.add_flag("--dry-run", dry_run, "print the networks and the cases per cost class, measure nothing");
  app.add_flag("--cross-validate", cross_validate, "print how far the calibration carries too: every cost class and every network archetype left out of the fit, and the built-in families, which are measured beside the design and never fitted");
  app.add_option("--keep", keep, "write what was measured to FILE, for --refit")->type_name("FILE");
  app.add_option("--resume", resume, "journal every visit in FILE; if FILE holds a calibration that was cut off, go on with it")->type_name("FILE");
  app.add_option("--refit", refit, "fit FILE, written by --keep, instead of measuring")->type_name("FILE");
  app.add_option("--cases", cases, "write every measured call with its held-out prediction to FILE (CSV)")->type_name("FILE");
}

int DesignedCalibration::run() {
  const double budget_s = parse_duration_s("--budget", budget);
  const ExecutionSettings settings = execution.read();
  const Machine machine_record = find_machine(machine, MachineFolders::standard(), SystemFiles(), execution.device);
  DesignOptions designing;
  designing.seed = settings.seed;
  designing.networks = networks;
  designing.pass_s = budget_s / passes;
  designing.precision = precision;
  designing.conditions = conditions_of(machine_record, settings.threads);
  if (execution.device != "cpu") {
    designing.speed = card_speed;
    designing.most_samples = most_card_samples;
  }

  Calibration calibration;
  calibration.machine = machine_record.name;
  calibration.created_at = utc_timestamp();
  calibration.statistic = "quiet";
  calibration.fingerprint = {{"class", fingerprint(machine_record).class_key},
                             {"threads", std::to_string(settings.threads)},
                             {"allocator", std::string(name_of(settings.allocator))},
                             {"flush_denormal", settings.flush_denormal ? "true" : "false"},
                             {"precision", precision},
                             {"device", execution.device}};
  std::vector<Observation> observations, families;
  MachineSpeed quiet{};
  double elapsed_s = 0;
  if (refit.empty()) {
    const Design design = make_design(designing);
    if (dry_run) {
      print_design(design, designing.conditions, precision);
      return 0;
    }
    const auto device = open_device(execution.device, settings);
    if (const auto reason = device->lacks(precision)) throw Error("calibrate", *reason);
    for (const auto& [name, version] : device->versions()) calibration.fingerprint[name] = version;
    ObserveOptions observing;
    observing.budget_s = budget_s;
    observing.max_visits = visits;
    observing.seldom_above_s = seldom_above_s;
    observing.seed = settings.seed;
    observing.capacity_bytes = prepared_capacity_bytes(execution.device, machine_record);
    catch_interruptions();
    std::optional<VisitJournal> journal;
    if (!resume.empty()) {
      auto what = calibration.fingerprint;
      what["seed"] = std::to_string(settings.seed);
      what["networks"] = std::to_string(networks);
      what["budget"] = budget;
      journal.emplace(resume, what, design.networks);
      observing.earlier = journal->earlier();
      observing.budget_s = std::max(0.0, budget_s - journal->spent_s());
      observing.on_visit = [&](size_t network, const Visit& visit) { journal->add(network, visit); };
      if (journal->spent_s() > 0) std::cerr << fmt::format("resuming after {} of visits\n", format_duration(journal->spent_s()));
    }
    ObservedSet seen = observe_with_probes(*device, design.networks, observing, "calibrating");
    if (interrupted()) {
      if (journal) std::cerr << "interrupted; the same command goes on from " << resume << "\n";
      return 130;
    }
    for (const std::string& failure : seen.failures) std::cerr << "left out: " << failure << "\n";
    observations = std::move(seen.networks);
    quiet = seen.quiet_probe;
    elapsed_s = seen.elapsed_s + (journal ? journal->spent_s() : 0);
    calibration.data = fmt::format("{} designed networks, seed {}", observations.size(), settings.seed);
    if (cross_validate) {
      observing.budget_s = std::max(5.0, family_share * budget_s);
      observing.earlier.clear();  // of the design's networks, as is the journal
      observing.on_visit = nullptr;
      ObservedSet beside = observe_with_probes(*device, family_networks(precision), observing, "measuring built-in families");
      if (interrupted()) return 130;
      for (const std::string& failure : beside.failures) std::cerr << "left out: " << failure << "\n";
      families = std::move(beside.networks);
    }
    if (!keep.empty()) {
      std::vector<Observation> all = observations;
      all.insert(all.end(), families.begin(), families.end());
      write_observations(keep, {calibration.fingerprint, quiet.compute_s, quiet.memory_s, elapsed_s}, all);
    }
  } else {
    ObservedState state;
    observations = read_observations(refit, state);
    for (const char* name : {"threads", "precision", "device"}) {
      const auto measured = state.fingerprint.find(name);
      if (measured == state.fingerprint.end() || measured->second == calibration.fingerprint[name]) continue;
      throw Error(refit, fmt::format("found observations with {} {}, expected {} as asked for", name, measured->second, calibration.fingerprint[name]));
    }
    calibration.fingerprint = state.fingerprint;
    quiet.compute_s = state.probe_compute_s;
    quiet.memory_s = state.probe_memory_s;
    elapsed_s = state.running_s;
    const auto built_in = std::stable_partition(observations.begin(), observations.end(), [](const Observation& one) { return one.group != family_group; });
    families.assign(std::make_move_iterator(built_in), std::make_move_iterator(observations.end()));
    observations.erase(built_in, observations.end());
    calibration.data = "refit of " + refit;
  }
  OpFitOptions fitting;
  fitting.conditions = designing.conditions;
  fitting.seed = settings.seed;
  fitting.conditions.blas_tiles = effective_blas_tiles(observations, fitting);
  const LastCache last_cache = effective_last_cache(observations, fitting, tells_last_cache(machine_record));
  fitting.conditions.l3_bytes = last_cache.bytes;
  fitting.conditions.fill_bytes_per_s = last_cache.fill_bytes_per_s;
  fitting.conditions.weight_l2_multiple = effective_weight_l2_multiple(observations, fitting);
  // Models are not drawn as the networks are: what held-out networks gain from a residual, models gain the lesser part of
  // (docs/accuracy.md).
  fitting.residuals.believed = 0.4;
  fitting.sum_belief = 0.5;
  OpFitResult fit = fit_op_model(observations, fitting);
  fit.model.allocator = name_of(settings.allocator);
  fit.model.running_s = elapsed_s;
  fit.model.references = choose_references(observations);
  fit.model.probe_compute_s = quiet.compute_s;
  fit.model.probe_memory_s = quiet.memory_s;
  std::vector<double> contention;
  for (const Observation& one : observations) {
    double quiet_s = 0;
    for (const double s : one.quiet_node_s) quiet_s += s;
    if (quiet_s > 0) contention.push_back(one.typical_s / quiet_s);
  }
  fit.model.contention = median(contention);
  calibration.op_model = fit.model;

  if (!cases.empty()) write_file(cases, to_csv(case_table(fit, observations, fitting.conditions)));
  print_classes(fit);
  std::cout << "\n" << residual_text(fit.model);
  const ErrorSummary whole = fit.network_errors();
  std::cout << fmt::format(
      "\nheld-out networks: MAPE {}, median {}, p90 {}, bias {:+.1f} %, within 10 % {}\n", format_percent(whole.mape),
      format_percent(whole.median), format_percent(whole.p90), 100 * whole.bias, format_percent(whole.within_10, 0));
  std::cout << fmt::format("{} networks, {} calls, {} visits in {}; contention {:.2f}; {} of last cache (the machine record {}), filled by others at {:.0f} GB/s; a BLAS that cuts products into {}; sums of calls are {:.2f} times their predictions; 90 % intervals at {:.2f} standard deviations\n",
                           fit.model.networks, fit.model.cases, fit.model.visits, format_duration(elapsed_s), fit.model.contention,
                           format_bytes(fit.model.l3_bytes), tells_last_cache(machine_record) ? "says " + format_bytes(designing.conditions.l3_bytes) : "does not tell", fit.model.fill_bytes_per_s / 1e9, name_of(fit.model.blas_tiles), fit.model.sum_factor,
                           fit.model.interval_factor);
  if (cross_validate) std::cout << "\n" << leave_out_text(observations, families, fitting, fit);
  const std::filesystem::path path = output.empty() ? write_calibration(calibration_home(), calibration) : std::filesystem::path(output);
  if (!output.empty()) write_json(path, encode(calibration));
  std::cout << "written: " << path.string() << "\n";
  return 0;
}

}  // namespace opgauge
