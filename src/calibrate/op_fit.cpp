// SPDX-License-Identifier: Apache-2.0
#include "calibrate/op_fit.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "calibrate/far_input.hpp"
#include "calibrate/feature_support.hpp"
#include "calibrate/interval_factors.hpp"
#include "calibrate/nonnegative_fit.hpp"
#include "calibrate/pooled_prices.hpp"
#include "calibrate/random.hpp"
#include "calibrate/spread.hpp"
#include "calibrate/thin_class.hpp"
#include "calibrate/visit_bias.hpp"

namespace opgauge {
namespace {

constexpr size_t most_parent_cases = 1500;  // a parent needs the trend of its subtree, not every case

constexpr size_t least_variant_cases = 15;

constexpr int least_summed_cases = 50;
constexpr double gross_ratio = 3;  // a call off by more says nothing of the others
constexpr double sum_prior_cases = 15;

constexpr double far_scale = 30;  // what models exceed the designed cases by

std::string_view name_of_feature(const CostClass& row, Eigen::Index at) { return cost_features()[row.features[static_cast<size_t>(at)]].name; }

// Whether a feature grows with the size of a call.
bool grows(size_t feature) { return cost_features()[feature].per != "call"; }

struct Case {
  CaseFacts facts;
  size_t network = 0, node = 0, cost_class = 0;
  std::string suffix;
  double seconds = 0;
};

double weight_of(double seconds, const OpFitOptions& options) { return seconds / (seconds + options.half_weight_s) + 0.05; }

std::vector<std::vector<size_t>> children_of_classes() {
  const auto& classes = cost_classes();
  std::vector<std::vector<size_t>> children(classes.size());
  for (size_t i = 0; i < classes.size(); ++i) {
    if (classes[i].parent.empty()) continue;
    const int parent = find_cost_class(classes[i].parent);
    OPGAUGE_CHECK(parent >= 0, "unknown parent of cost class " + std::string(classes[i].name));
    children[static_cast<size_t>(parent)].push_back(i);
  }
  return children;
}

class TreeFit {
 public:
  TreeFit(const std::vector<Case>& cases, const std::string& suffix, const std::vector<bool>& use_network,
          const OpFitOptions& options)
      : cases_(cases), suffix_(suffix), use_network_(use_network), options_(options), children_(children_of_classes()) {
    own_.resize(cost_classes().size());
    for (size_t i = 0; i < cases.size(); ++i) {
      if (cases[i].suffix != suffix || !use_network[cases[i].network]) continue;
      own_[cases[i].cost_class].push_back(i);
      prices_.note(cases[i].facts, cases[i].seconds);
    }
    prices_.memory_s_per_byte = options.conditions.memory_s_per_byte;
  }

  // Fits only the classes of `path`, which holds every ancestor of its members.
  void keep_to(std::set<size_t> path) { path_ = std::move(path); }

  // Draws prices of memory to what all classes say of them.
  void share(const PooledPrices* pooled) { pooled_ = pooled; }
  const PooledPrices& learnt() const { return learnt_; }

  std::vector<ClassFit> run() {
    fit(static_cast<size_t>(find_cost_class("any")), nullptr);
    return std::move(fits_);
  }

 private:
  void collect(size_t at, std::vector<size_t>& all) const {
    all.insert(all.end(), own_[at].begin(), own_[at].end());
    for (const size_t child : children_[at]) collect(child, all);
  }

  // Fits class `at` to its subtree's cases and goes down; `parent` is the fit it leans on.
  void fit(size_t at, const ClassFit* parent) {
    const CostClass& row = cost_classes()[at];
    std::vector<size_t> chosen;
    collect(at, chosen);
    if (chosen.empty()) return;
    if (chosen.size() > most_parent_cases) {
      std::vector<size_t> thinned;
      const double step = static_cast<double>(chosen.size()) / static_cast<double>(most_parent_cases);
      for (double i = 0; i < static_cast<double>(chosen.size()); i += step) thinned.push_back(chosen[static_cast<size_t>(i)]);
      chosen = std::move(thinned);
    }
    const CostClass* above = parent ? &cost_classes()[static_cast<size_t>(find_cost_class(row.parent))] : nullptr;
    // What children lean on is fitted to the whole subtree; what predicts this class, to its own cases.
    const bool alone = own_[at].size() == chosen.size();
    const ClassFit subtree = solve(std::string(row.name) + suffix_, row, chosen, parent, above, alone);
    ClassFit one = own_[at].empty() || alone ? subtree : solve(subtree.key, row, own_[at], &subtree, &row, true);
    one.parent = subtree.parent;
    count(one, own_[at]);
    fits_.push_back(one);
    std::map<std::string, std::vector<size_t>> variants;
    for (const size_t i : own_[at]) variants[cases_[i].facts.variant].push_back(i);
    for (const auto& [variant, members] : variants) {
      if (variants.size() < 2 || members.size() < least_variant_cases) continue;
      ClassFit special = solve(std::string(row.name) + "/" + variant + suffix_, row, members, &one, &row, false);
      count(special, members);
      fits_.push_back(std::move(special));
    }
    for (const size_t child : children_[at]) {
      if (path_.empty() || path_.contains(child)) fit(child, &subtree);
    }
  }

  void count(ClassFit& fit, const std::vector<size_t>& members) const {
    std::set<size_t> networks;
    std::set<std::string> ops;
    for (const size_t i : members) {
      networks.insert(cases_[i].network);
      ops.emplace(cases_[i].facts.name);
    }
    fit.ops.assign(ops.begin(), ops.end());
    fit.cases = static_cast<int>(members.size());
    fit.networks = static_cast<int>(networks.size());
  }

  ClassFit solve(std::string key, const CostClass& row, const std::vector<size_t>& chosen, const ClassFit* parent,
                 const CostClass* above, bool learn) {
    FitProblem problem;
    const Eigen::Index n = static_cast<Eigen::Index>(row.features.size());
    const Eigen::Index count = static_cast<Eigen::Index>(chosen.size());
    problem.features.resize(count, n);
    problem.seconds.resize(count);
    problem.weights.resize(count);
    problem.drawn.resize(static_cast<size_t>(n));
    for (Eigen::Index i = 0; i < count; ++i) {
      const Case& one = cases_[chosen[static_cast<size_t>(i)]];
      const std::vector<double> values = feature_values(row, one.facts);
      for (Eigen::Index j = 0; j < n; ++j) problem.features(i, j) = values[static_cast<size_t>(j)];
      problem.seconds[i] = one.seconds;
      problem.weights[i] = weight_of(one.seconds, options_);
    }
    std::vector<const CaseFacts*> facts;
    for (const size_t i : chosen) facts.push_back(&cases_[i].facts);
    limit_features(row, facts, prices_, problem);
    if (parent) {
      // What the parent says of the same calls, and of calls far_scale times as large: how time grows beyond the cases is the
      // parent's to say unless the cases do.
      problem.prior_features.resize(2 * count, n);
      problem.prior_features << problem.features, problem.features;
      for (Eigen::Index j = 0; j < n; ++j) {
        if (grows(row.features[static_cast<size_t>(j)])) problem.prior_features.col(j).tail(count) *= far_scale;
      }
      problem.prior_seconds.resize(2 * count);
      for (Eigen::Index i = 0; i < count; ++i) {
        const std::vector<double> values = feature_values(*above, cases_[chosen[static_cast<size_t>(i)]].facts);
        double seconds = 0, far_s = 0;
        for (size_t j = 0; j < values.size(); ++j) {
          const double part_s = parent->coefficients[j].value_s * values[j];
          seconds += part_s;
          far_s += grows(above->features[j]) ? far_scale * part_s : part_s;
        }
        problem.prior_seconds[i] = std::max(seconds, 1e-8);
        problem.prior_seconds[count + i] = std::max(far_s, 1e-8);
      }
      std::vector<double> departures;
      for (Eigen::Index i = 0; i < count; ++i) departures.push_back(std::abs(std::log(problem.prior_seconds[i] / problem.seconds[i])));
      const double departure = median(std::move(departures));
      // A parent is believed as far as it explains the class's own cases: what a step of another library's loop costs is no
      // evidence.
      const double misses = departure / options_.half_believed_log_error;
      const double belief = 1 / (1 + misses * misses);
      problem.prior_weights.resize(2 * count);
      problem.prior_weights.head(count).setConstant(belief * options_.prior_cases / static_cast<double>(count));
      problem.prior_weights.tail(count).setConstant(belief * options_.far_prior_cases / static_cast<double>(count));
      // What a byte or a row costs is much the same for the relatives of a kernel.
      for (Eigen::Index j = 0; j < n; ++j) {
        const auto same = std::ranges::find(parent->coefficients, name_of_feature(row, j), &FeatureCoefficient::feature);
        if (same != parent->coefficients.end()) problem.drawn[static_cast<size_t>(j)] = {same->value_s, options_.center_cases * problem.weights.mean(), 0};
      }
    }
    const double unit_s = prices_.memory_s_per_byte;
    for (Eigen::Index j = 0; j < n && pooled_ && unit_s > 0; ++j) {
      if (!is_memory(name_of_feature(row, j))) continue;
      if (const double to = pooled_->of(name_of_feature(row, j)); !std::isnan(to)) problem.drawn[static_cast<size_t>(j)] = {to, options_.pooled_cases, unit_s};
    }
    const FitResult solved = fit_nonnegative(problem);
    for (Eigen::Index j = 0; j < n && learn; ++j) {
      if (!is_memory(name_of_feature(row, j))) continue;
      const double evidence = problem.weights.dot((unit_s * problem.features.col(j).cwiseQuotient(problem.seconds)).cwiseAbs2());
      learnt_.add(name_of_feature(row, j), solved.coefficients[j], evidence);
    }
    ClassFit fit;
    fit.key = std::move(key);
    fit.parent = parent ? parent->key : "";
    fit.smallest_s = problem.seconds.minCoeff();
    fit.largest_s = problem.seconds.maxCoeff();
    for (Eigen::Index j = 0; j < n; ++j) {
      FeatureCoefficient coefficient;
      coefficient.feature = cost_features()[row.features[static_cast<size_t>(j)]].name;
      coefficient.value_s = solved.coefficients[j];
      coefficient.seen_high = problem.features.col(j).maxCoeff();
      if (std::isfinite(solved.standard_errors[j])) coefficient.standard_error_s = solved.standard_errors[j];
      coefficient.identified = coefficient.standard_error_s && *coefficient.standard_error_s < coefficient.value_s;
      fit.coefficients.push_back(std::move(coefficient));
    }
    return fit;
  }

  const std::vector<Case>& cases_;
  const std::string& suffix_;
  const std::vector<bool>& use_network_;
  const OpFitOptions& options_;
  MachinePrices prices_;
  const PooledPrices* pooled_ = nullptr;
  PooledPrices learnt_;
  std::vector<std::vector<size_t>> children_, own_;
  std::set<size_t> path_;  // empty: all classes
  std::vector<ClassFit> fits_;
};

std::vector<ClassCase> class_cases(const std::vector<Case>& cases, const std::vector<bool>& use_network) {
  std::vector<ClassCase> out;
  for (const Case& one : cases) {
    if (use_network[one.network]) out.push_back({one.cost_class, cost_class_key(one.facts), cost_variant_key(one.facts), &one.facts, one.seconds});
  }
  return out;
}

// By dtype.
std::map<std::string, PooledPrices> pool_prices(const std::vector<Case>& cases, const std::set<std::string>& suffixes,
                                                const std::vector<bool>& use_network, const OpFitOptions& options) {
  std::map<std::string, PooledPrices> pooled;
  for (const std::string& suffix : suffixes) {
    TreeFit tree(cases, suffix, use_network, options);
    tree.run();
    pooled.emplace(suffix, tree.learnt());
  }
  return pooled;
}

std::vector<ClassFit> fit_all(const std::vector<Case>& cases, const std::set<std::string>& suffixes, const std::vector<bool>& use_network,
                              const std::map<std::string, PooledPrices>& pooled, const OpFitOptions& options) {
  std::vector<ClassFit> fits;
  for (const std::string& suffix : suffixes) {
    TreeFit tree(cases, suffix, use_network, options);
    tree.share(&pooled.at(suffix));
    for (ClassFit& fit : tree.run()) fits.push_back(std::move(fit));
  }
  bound_thin_classes(fits, class_cases(cases, use_network));
  return fits;
}

// Every measured call; `suffixes` takes the dtypes that occur.
std::vector<Case> gather_cases(std::span<const Observation> observations, const OpFitOptions& options, std::set<std::string>& suffixes) {
  std::vector<Case> cases;
  const VisitBias bias(observations);
  for (size_t network = 0; network < observations.size(); ++network) {
    const Observation& seen = observations[network];
    const std::vector<CaseFacts> facts = facts_of(seen.graph, options.conditions);
    const std::vector<bool> far = reads_far_input(seen.graph, facts, options.conditions.l2_bytes);
    for (size_t node = 0; node < facts.size(); ++node) {
      const double seconds = seen.quiet_node_s[node];
      if (far[node] || !(seconds > 0)) continue;
      Case one{facts[node], network, node, cost_class_of(facts[node]), dtype_suffix(facts[node].dtype), std::max(bias.at_reference(seconds, seen.visits), 2e-8)};
      // Views and integer plumbing take the time of the call whatever their dtype.
      suffixes.insert(one.suffix);
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

// The cases of the networks in use, beside what `model` without residuals says of them.
std::vector<ResidualCase> residual_cases(const std::vector<Case>& cases, const std::vector<bool>& use_network, const OpModel& model,
                                         const OpFitOptions& options) {
  const OpPredictor predictor(model);
  std::vector<ResidualCase> out;
  for (const Case& one : cases) {
    if (!use_network[one.network] || one.facts.is_view) continue;
    const OpPrediction call = predictor.predict(one.facts);
    out.push_back({call.key, &one.facts, std::log(one.seconds / call.physical_s), weight_of(one.seconds, options)});
  }
  return out;
}

// Keeps the residuals that helped the held-out calls, and takes the others out of the held-out predictions.
void choose_residuals(const OpFitOptions& options, OpFitResult& result) {
  std::vector<ResidualTrial> trials;
  for (const FittedCase& one : result.cases) {
    trials.push_back({one.residual_key, one.network, std::log(one.measured_s / one.held_out_physical_s),
                      std::log(one.measured_s / one.held_out_s), weight_of(one.measured_s, options)});
  }
  keep_gaining(result.model.residuals, trials, options.residuals);
  std::set<std::string> kept;
  for (const ClassResidual& one : result.model.residuals) kept.insert(one.key);
  for (FittedCase& one : result.cases) {
    if (kept.contains(one.residual_key)) continue;
    result.network_held_out_s[one.network] += one.held_out_physical_s - one.held_out_s;
    one.held_out_s = one.held_out_physical_s;
  }
}

// What held-out calls of a class take over the sum of their predictions; the held-out times are taken times it. A sum of which
// few calls are the most, as their effective number says, follows the sum over all classes.
void set_sum_factors(double belief, OpFitResult& result) {
  struct Sums {
    double measured_s = 0, held_out_s = 0, squares = 0;
    int cases = 0;
    void add(const FittedCase& one) {
      measured_s += one.measured_s;
      held_out_s += one.held_out_s;
      squares += one.held_out_s * one.held_out_s;
      ++cases;
    }
    double ratio() const { return measured_s / held_out_s; }
    double effective_cases() const { return held_out_s * held_out_s / squares; }
  };
  std::map<std::string, Sums> sums;
  Sums all;
  for (const FittedCase& one : result.cases) {
    const double ratio = one.measured_s / one.held_out_s;
    if (ratio > gross_ratio || ratio < 1 / gross_ratio) continue;
    sums[one.key].add(one);
    all.add(one);
  }
  if (all.cases < least_summed_cases) return;
  OpModel& model = result.model;
  model.sum_factor = all.ratio();
  const auto factor_of = [&](const std::string& key) {
    const auto at = sums.find(key);
    if (at == sums.end()) return model.sum_factor;
    const double cases = at->second.effective_cases();
    return std::pow((cases * at->second.ratio() + sum_prior_cases * model.sum_factor) / (cases + sum_prior_cases), belief);
  };
  for (ClassFit& fit : model.classes) {  // a variant has the factor of its class, which is its parent
    fit.sum_factor = factor_of(fit.key.find('/') == std::string::npos ? fit.key : fit.parent);
  }
  std::ranges::fill(result.network_held_out_s, 0.0);
  for (FittedCase& one : result.cases) {
    const double factor = factor_of(one.key);
    one.held_out_s *= factor;
    one.held_out_physical_s *= factor;
    result.network_held_out_s[one.network] += one.held_out_s;
  }
}

}  // namespace

OpFitResult fit_op_model(std::span<const Observation> observations, const OpFitOptions& options) {
  if (observations.empty()) throw Error("calibrate", "found no observations, expected at least one measured network");
  OpFitResult result;
  std::set<std::string> suffixes;
  const std::vector<Case> cases = gather_cases(observations, options, suffixes);
  OpModel& model = result.model;
  model.threads = options.conditions.threads;
  model.vector_lanes = options.conditions.vector_lanes;
  model.blas_tiles = options.conditions.blas_tiles;
  model.l2_bytes = options.conditions.l2_bytes;
  model.weight_l2_multiple = options.conditions.weight_l2_multiple;
  model.l3_bytes = options.conditions.l3_bytes;
  model.fill_bytes_per_s = options.conditions.fill_bytes_per_s;
  model.networks = static_cast<int>(observations.size());
  model.cases = static_cast<int>(cases.size());
  for (const Observation& seen : observations) model.visits = std::max(model.visits, seen.visits);
  const std::vector<bool> every_network(observations.size(), true);
  const std::map<std::string, PooledPrices> pooled = pool_prices(cases, suffixes, every_network, options);
  model.classes = fit_all(cases, suffixes, every_network, pooled, options);
  if (options.with_residuals) model.residuals = fit_residuals(residual_cases(cases, every_network, model, options), options.residuals);

  // Held-out predictions: folds are spread over each group.
  Random random(options.seed);
  std::map<std::string, int> next;
  std::vector<int> fold(observations.size());
  for (size_t i = 0; i < observations.size(); ++i) {
    const auto [at, fresh] = next.try_emplace(observations[i].group, static_cast<int>(random.whole(0, options.folds - 1)));
    fold[i] = at->second++ % options.folds;
  }
  result.network_measured_s.assign(observations.size(), 0);
  result.network_held_out_s.assign(observations.size(), 0);
  std::vector<CallPlace> places;  // of result.cases
  for (int f = 0; f < options.folds; ++f) {
    std::vector<bool> use(observations.size());
    bool any = false;
    for (size_t i = 0; i < use.size(); ++i) {
      use[i] = fold[i] != f;
      any |= use[i];
    }
    OpModel held;
    held.classes = any ? fit_all(cases, suffixes, use, pooled, options) : model.classes;
    if (any) held.residuals = solve_residuals(model.residuals, residual_cases(cases, use, held, options), options.residuals);
    const OpPredictor predictor(held);
    for (const Case& one : cases) {
      if (use[one.network]) continue;
      const OpPrediction prediction = predictor.predict(one.facts);
      places.push_back(place_of(one.facts));
      result.cases.push_back({one.network, one.node, one.cost_class, cost_class_key(one.facts), cost_variant_key(one.facts),
                              one.seconds, prediction.latency_s, prediction.key, prediction.physical_s});
      result.network_measured_s[one.network] += one.seconds;
      result.network_held_out_s[one.network] += prediction.latency_s;
    }
  }
  choose_residuals(options, result);
  set_sum_factors(options.sum_belief, result);
  std::vector<HeldOutError> errors;
  for (size_t i = 0; i < result.cases.size(); ++i) {
    const FittedCase& one = result.cases[i];
    errors.push_back({one.network, one.key, one.variant_key, one.held_out_s / one.measured_s - 1, std::log(one.measured_s / one.held_out_s),
                      weight_of(one.measured_s, options), places[i]});
  }
  learn_spread(errors, model);
  set_interval_factors(observations, options, result);
  return result;
}

std::vector<std::vector<size_t>> OpFitResult::nodes_of_networks() const {
  std::vector<std::vector<size_t>> nodes(network_measured_s.size());
  for (const FittedCase& one : cases) nodes[one.network].push_back(one.node);
  return nodes;
}

ErrorSummary OpFitResult::network_errors() const {
  std::vector<double> held_out_s, measured_s;
  for (size_t i = 0; i < network_measured_s.size(); ++i) {
    if (!(network_measured_s[i] > 0)) continue;
    held_out_s.push_back(network_held_out_s[i]);
    measured_s.push_back(network_measured_s[i]);
  }
  return summarize_errors(held_out_s, measured_s);
}

OpModel fit_classes(std::span<const Observation> observations, const OpFitOptions& options,
                    const std::function<bool(size_t network, const CaseFacts& facts)>& use, const std::string& path_to) {
  std::set<std::string> suffixes;
  std::vector<Case> cases = gather_cases(observations, options, suffixes);
  std::erase_if(cases, [&](const Case& one) { return !use(one.network, one.facts); });
  std::set<size_t> path;
  for (std::string name = path_to.substr(0, path_to.find('@')); !name.empty();) {
    const int at = find_cost_class(name);
    OPGAUGE_CHECK(at >= 0, "unknown cost class " + name);
    path.insert(static_cast<size_t>(at));
    name = cost_classes()[static_cast<size_t>(at)].parent;
  }
  OpModel model;
  const std::vector<bool> every_network(observations.size(), true);
  for (const std::string& suffix : suffixes) {
    TreeFit tree(cases, suffix, every_network, options);
    tree.keep_to(path);
    for (ClassFit& fit : tree.run()) model.classes.push_back(std::move(fit));
  }
  bound_thin_classes(model.classes, class_cases(cases, every_network));
  return model;
}

}  // namespace opgauge
