// SPDX-License-Identifier: Apache-2.0
#include "calibrate/design.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include "calibrate/archetype.hpp"
#include "calibrate/far_input.hpp"
#include "calibrate/random.hpp"
#include "estimate/cost_class.hpp"
#include "graph/rewrite.hpp"

namespace opgauge {
namespace {

double guess_seconds(const CaseFacts& facts, const SpeedGuess& speed, double small_weights) {
  if (facts.is_view) return speed.call_s / 4;
  return speed.call_s + facts.flops / speed.flops_per_s + (facts.input_bytes + facts.weight_bytes / small_weights + facts.output_bytes) / speed.bytes_per_s;
}

constexpr double least_streamed_bytes = 3e5, least_aliased_bytes = 1e5;
constexpr double least_forgotten = 0.4, most_call_flops = 1e7;  // of a oneDNN convolution's shape: below, the call alone is seen
constexpr int64_t few_pixels = 4;       // of a row: fewer than hide what a multiply-add takes
constexpr double large_picture_bytes = 1e6;  // that ATen's own convolutions make of such an image
constexpr int64_t most_of_picture = 4;  // channels of an image that no layer made
constexpr double long_sequence = 32;  // steps: what a step costs, and not the call, is told by these
constexpr int64_t many_rows = 8;      // of a recurrent layer's batch: what its gates cost is told by these
constexpr double wide_hidden_bytes = 4e5;  // weights of the hidden state that a step reads again from beyond L1
constexpr double wide_image_bytes = 8e6;    // of a 3x3 convolution, read and written: they do not stay in the last cache
constexpr double least_call_bytes = 6e5;  // of a pointwise call whose operands may have left the private cache
constexpr double large_call_bytes = 4e6;  // of a pointwise call: what it does behind the private cache
constexpr double larger_call_bytes = 15e6;  // … and where it takes the last cache for itself
constexpr int64_t many_planes = 256, small_plane = 1000;  // of depthwise convolutions: late layers of small image models
constexpr double large_in_groups_bytes = 2e6;  // read and written: what grows with the images is told by these
constexpr double large_pool = 3e4;  // elements of a max pool's result
constexpr int64_t window_length = 64;  // queries, of attention to parts of an image or rows of a table
constexpr double edge_from = 0.02, edge_to = 0.7, far_beyond = 0.96;  // of weights that may be lost from the last cache: where it ends is told between
constexpr double large_mask = 4000;  // elements: what one costs is told by these
constexpr int64_t many_groups = 24;  // of ATen's own convolutions, which take them one by one
constexpr double least_group_flops = 3e6;  // of a call in groups: below, each group's call is seen, and not its arithmetic

// A cell of the shape space of a class: powers of two of what drives its time.
uint64_t cell_of(size_t cost_class, const CaseFacts& f) {
  const auto level = [](double value) { return static_cast<uint64_t>(std::lround(std::log2(std::max(1.0, value)))); };
  uint64_t cell = cost_class;
  const auto add = [&](uint64_t part) { cell = cell * 64 + std::min<uint64_t>(part, 63); };
  if (f.family == OpFamily::convolution || f.family == OpFamily::matmul || f.family == OpFamily::attention) {
    add(level(f.flops) / 2);
    add(level(static_cast<double>(f.m)) / 2);
    add(level(static_cast<double>(f.n)) / 2);
    add(level(static_cast<double>(f.k)) / 2);
    add((f.cold_weight_l2_bytes > f.weight_bytes / 2) + (f.cold_weight_l3_bytes > f.weight_bytes / 2) + 3 * f.masked);
  } else if (f.family == OpFamily::recurrent) {
    add(level(f.flops) / 2);
    add(level(static_cast<double>(f.m)) / 2);
    add(level(f.step_weight_bytes / std::max(1.0, f.steps)));
  } else {
    add(level(f.output_bytes + f.input_bytes));
    add(level(std::max(f.rows, f.runs)) / 2);
    add(f.broadcasts + 2 * f.dense_operands + 4 * f.in_place);
  }
  return cell;
}

constexpr size_t most_modes = 17;  // of a class, 0 included

// Modes of a class that its features tell apart, each of which needs cases of its own.
struct Mode {
  size_t of_class = 0;  // 0: none
  int cases = 0;        // wanted,
  int first = 0;        // and so many whatever they cost
};
Mode common_mode(size_t of_class) { return {of_class, 15, 4}; }

Mode mode_of_recurrent(const CaseFacts& f) {
  if (f.name.ends_with("_cell")) return {};
  if (f.m >= many_rows) return {6, 4, 1};
  if (f.cold_step_weight_bytes > f.step_weight_bytes / 2) return {7, 6, 3};
  const bool wide = f.step_weight_bytes > wide_hidden_bytes * f.steps, streamed_slowly = f.m == 2 || f.m == 3;
  return {wide && streamed_slowly ? 5u : (f.steps > long_sequence ? 2u : 1u) + (wide ? 2u : 0u), 8, 3};
}

Mode mode_of_convolution(const CaseFacts& f) {
  const int64_t taps = f.kernel_h * f.kernel_w;
  if (f.onednn && f.groups > 1 && f.groups < f.channels && f.input_bytes + f.output_bytes > large_in_groups_bytes) return {11, 4, 1};
  if (f.transposed && f.far_elements > f.gathered_elements / 4) return {10, 4, 1};
  if (f.onednn && f.groups == 1 && f.channels <= most_of_picture && f.output_bytes > large_call_bytes) return {7, 3, 1};
  if (f.onednn && f.groups > 1 && f.groups == f.channels) {
    if (f.strided_bytes > 0 && !f.channels_last) return {6, 6, 3};  // copied first
    if (!f.channels_last && f.input_bytes + f.output_bytes > large_in_groups_bytes) return {9, 6, 1};
    if (f.batch * f.channels >= many_planes && f.out_h * f.out_w <= small_plane) return {5, 8, 3};
  }
  if (f.onednn && f.groups == 1 && !f.transposed && f.out_w <= few_pixels && f.kernel_w > most_of_picture) return {8, 5, 2};
  const bool plain = f.groups == 1 && f.channels > most_of_picture && !f.strided && !f.dilated && !f.channels_last;
  if (f.onednn && plain && taps == 9 && f.input_bytes + f.output_bytes > wide_image_bytes) return {2, 3, 2};
  if (f.onednn && f.cold_primitive < least_forgotten && f.flops < most_call_flops) return {1, 5, 0};
  if (!f.onednn && f.groups >= many_groups) return {4, 6, 2};
  if (!f.onednn && f.channels <= most_of_picture) return f.output_bytes > large_picture_bytes ? Mode{12, 6, 2} : Mode{1, 8, 0};
  if (!f.onednn && taps == 1 && f.strided) return {3, 6, 1};  // reads a part of its input
  return f.groups > 1 && f.flops > least_group_flops ? Mode{2, 8, 1} : Mode{};
}

Mode mode_of_product(const CaseFacts& f) {
  if (f.n == 1 && f.m > 1 && f.input_bytes > large_call_bytes) return {1, 4, 2};
  if (f.m == 1 && f.products > 1 && f.input_bytes > large_call_bytes) return {16, 3, 1};  // a matrix for each row
  if (f.gathered_elements > 0) return {1, 10, 3};  // operands are copied into one batch, element by element
  if (f.copied_bytes > 0) return {2, 10, 3};
  const double cold = f.weight_bytes > 0 ? f.cold_weight_l3_bytes / f.weight_bytes : 0;
  if (f.m >= least_packed_rows && rows_pages_apart(f) && f.weight_bytes > least_aliased_bytes) {
    if (narrow_columns(f)) return {13, 6, 3};
    return {14u + (cold > 0.5), 5, 1};
  }
  if (f.m >= least_packed_rows || f.weight_bytes < least_streamed_bytes) return {};
  if (f.m > 3 && aliased_share(f) == 1) return common_mode(14);
  const size_t rows = f.m == 1 ? 0 : f.m <= 3 ? 1 : f.m < 8 ? 2 : 3;  // weights are streamed: from the last cache or from memory
  if (rows == 0 && cold > far_beyond) return {4, 4, 2};
  if (rows < 2) return common_mode(1 + 4 * rows + (cold > edge_from) + (cold > edge_to));
  return {5 + 2 * rows + (cold > 1.0 / 3), 10, 3};
}

// What most of what is not multiplied is made of.
Mode mode_of_arithmetic(const CaseFacts& f) {
  const double bytes = f.input_bytes + f.output_bytes;
  if ((f.name != "add" && f.name != "mul" && f.name != "relu") || bytes < least_call_bytes) return {};
  const bool pair = two_operands(f);
  if (bytes < large_call_bytes) return pair ? Mode{4, 8, 3} : Mode{};
  if (!pair) return {1, 3, 1};
  return bytes < larger_call_bytes ? Mode{2, 5, 2} : Mode{3, 3, 1};
}

Mode mode_of(const CaseFacts& f) {
  switch (f.family) {
    case OpFamily::attention:
      if (f.m <= window_length && f.products >= window_length) return {5, 8, 3};
      return f.mask_elements > large_mask ? Mode{4, 8, 3} : common_mode(f.mask_elements > 0 ? 3 : f.masked ? 2 : 1);
    case OpFamily::recurrent: return mode_of_recurrent(f);
    case OpFamily::convolution: return mode_of_convolution(f);
    case OpFamily::matmul: return mode_of_product(f);
    case OpFamily::pointwise: return mode_of_arithmetic(f);
    case OpFamily::pool: return f.name == "max_pool2d" && f.output_elements > large_pool ? Mode{1, 6, 1} : Mode{};
    case OpFamily::resample: return f.far_elements > 0 ? Mode{1, 6, 3} : Mode{};
    default: return {};
  }
}

struct Candidate {
  DesignedNetwork network;
  size_t kind = 0;
  Random random{0};  // as it was before the network was drawn
  int64_t samples = 1;
  struct Member {
    size_t cost_class;
    Mode mode;
    uint64_t cell;
    double worth;  // long calls are what models spend their time on
    int lengthy;  // of a class whose calls grow to any length: 1 of a millisecond of arithmetic and more, 2 of eight
  };
  static size_t mode_at(const Member& member) { return most_modes * member.cost_class + member.mode.of_class; }  // of all classes
  std::vector<Member> cases;
};

constexpr double least_worth = 0.15;    // of a case that takes no time, against 1.15 of the longest
constexpr double half_worth_s = 100e-6;
constexpr double lengthy_s[] = {0, 1e-3, 8e-3};  // of arithmetic alone
constexpr int lengthy_cases[] = {0, 2, 1};  // of each class that has such candidates, whatever they cost

int lengthy_level(double arithmetic_s) { return arithmetic_s > lengthy_s[2] ? 2 : arithmetic_s > lengthy_s[1] ? 1 : 0; }

// How many weights take the bytes of one in f32.
double small_weights(const DesignOptions& options) { return options.precision == "fp32" ? 1 : options.precision == "int8" ? 4 : 2; }

// Candidates are weighed up in f32, whatever the precision: what leaves the last cache is then so much more.
Candidate measure_up(Graph graph, const DesignOptions& options) {
  CostConditions conditions = options.conditions;
  conditions.l3_bytes *= small_weights(options);
  Candidate candidate;
  candidate.network.graph = std::move(graph);
  const std::vector<CaseFacts> all = facts_of(candidate.network.graph, conditions);
  const std::vector<bool> far = reads_far_input(candidate.network.graph, all, conditions.l2_bytes);
  for (size_t n = 0; n < all.size(); ++n) {
    const CaseFacts& facts = all[n];
    const double guess_s = guess_seconds(facts, options.speed, small_weights(options));
    candidate.network.guess_s += guess_s;
    if (far[n]) continue;
    const size_t cost_class = cost_class_of(facts);
    candidate.cases.push_back({cost_class, mode_of(facts), cell_of(cost_class, facts), least_worth + guess_s / (guess_s + half_worth_s), multiplies(facts) ? lengthy_level(facts.flops / options.speed.flops_per_s) : 0});
  }
  return candidate;
}

// Of the small networks some stand in the surroundings of a large model: their weights, code and memory are cold.
constexpr int surrounded_every = 6;
constexpr double most_surrounded_s = 2e-3, surroundings_over_l3 = 1.5;

constexpr double common_cases = 20000;  // among all candidates
constexpr double most_rarity = 300;
constexpr double enough_cases = 30;   // of a class, before it counts like the others
constexpr int fewest_cases = 20;      // no class should have fewer
constexpr int most_counted = 6;       // of one network's calls of a class
constexpr double most_first_share = 0.52;  // of the pass, for all that is taken whatever it costs
constexpr double urgency = 30;        // of one that does; large enough that classes of few, long candidates get theirs

// Greedy cover: again and again the candidate that fills most new cells for its time to the power of `time_weight`.
std::vector<size_t> choose(const std::vector<Candidate>& candidates, const DesignOptions& options, double time_weight) {
  std::unordered_map<uint64_t, int> filled;
  std::unordered_map<size_t, int> per_class, per_mode, lengthy_of_class;
  std::unordered_map<std::string, int> per_archetype;
  std::unordered_map<std::string, double> quota;  // a part of an archetype's share is kept whatever it costs
  double shares = 0;
  for (const Archetype& kind : archetypes()) shares += kind.share;
  for (const Archetype& kind : archetypes()) quota[std::string(kind.name)] = std::max(static_cast<double>(kind.least), 0.3 * kind.share / shares * options.networks);
  // Classes that few candidates contain count more, or the common ones would use up the networks first.
  std::unordered_map<size_t, double> rarity;
  for (const Candidate& candidate : candidates) {
    for (const Candidate::Member& member : candidate.cases) ++rarity[member.cost_class];
  }
  for (auto& [cost_class, count] : rarity) count = std::clamp(common_cases / count, 1.0, most_rarity);
  double used_s = 0;
  const auto gain = [&](const Candidate& candidate) {
    const std::string& archetype = candidate.network.archetype;
    const double wanted = per_archetype[archetype] < quota[archetype] ? 1e8 : 1;
    double sum = 0;
    int first_wanted = 0;
    std::unordered_map<uint64_t, int> here;
    for (const Candidate::Member& member : candidate.cases) {
      const auto& [cost_class, mode, cell, worth, lengthy] = member;
      const int of_mode = per_mode[Candidate::mode_at(member)];
      bool too_few_long = false;
      for (int level = 1; level <= lengthy; ++level) too_few_long |= lengthy_of_class[3 * cost_class + static_cast<size_t>(level)] < lengthy_cases[level];
      first_wanted += too_few_long || of_mode < mode.first;
      const int count = per_class[cost_class];
      const double lacking = enough_cases - count;  // the class that lacks most goes first
      const double need = lacking > 0 ? (2 + lacking * lacking * lacking / 10) * rarity[cost_class] * (count < fewest_cases ? urgency : 1) : count < options.least_cases ? 4.0 : 1.0;
      const double mode_need = of_mode < mode.cases ? urgency : 1;
      sum += worth * need * mode_need / (1 + filled[cell] + here[cell]++);
    }
    const double cheaply = used_s < most_first_share * options.pass_s ? 1e10 * first_wanted / candidate.network.guess_s : 0;  // before all others, the shortest first
    return cheaply + wanted * sum / std::pow(2e-4 + candidate.network.guess_s, time_weight);
  };
  // Lazy: a gain only falls as others are taken, so a stale value at the top of the heap is recomputed.
  std::vector<std::pair<double, size_t>> heap;
  for (size_t i = 0; i < candidates.size(); ++i) heap.emplace_back(gain(candidates[i]), i);
  std::make_heap(heap.begin(), heap.end());
  std::vector<size_t> chosen;
  while (!heap.empty() && static_cast<int>(chosen.size()) < options.networks) {
    std::pop_heap(heap.begin(), heap.end());
    const size_t i = heap.back().second;
    heap.pop_back();
    const double fresh = gain(candidates[i]);
    if (!heap.empty() && fresh < heap.front().first) {
      heap.emplace_back(fresh, i);
      std::push_heap(heap.begin(), heap.end());
      continue;
    }
    if (used_s + candidates[i].network.guess_s > options.pass_s) continue;
    used_s += candidates[i].network.guess_s;
    std::unordered_map<size_t, int> here;  // calls of one network are much alike
    for (const Candidate::Member& member : candidates[i].cases) {
      for (int level = 1; level <= member.lengthy; ++level) ++lengthy_of_class[3 * member.cost_class + static_cast<size_t>(level)];
      per_class[member.cost_class] += here[member.cost_class]++ < most_counted;
      ++per_mode[Candidate::mode_at(member)];
      ++filled[member.cell];
    }
    ++per_archetype[candidates[i].network.archetype];
    chosen.push_back(i);
  }
  return chosen;
}

// 1 to `most`, powers of two. Draws nothing where there is no choice.
int64_t samples_of(int64_t most, Random& random) {
  return most > 1 ? int64_t{1} << random.whole(0, std::bit_width(static_cast<uint64_t>(most)) - 1) : 1;
}

}  // namespace

Design make_design(const DesignOptions& options) {
  Design design;
  Random random(options.seed);
  const std::vector<Archetype> kinds = archetypes();
  double total_share = 0;
  for (const Archetype& kind : kinds) total_share += kind.share;

  std::vector<Candidate> candidates;
  std::set<std::string> reasons;
  for (int i = 0; i < options.candidates_each * options.networks; ++i) {
    double at = random.uniform() * total_share;
    size_t chosen = 0;
    while (chosen + 1 < kinds.size() && at >= kinds[chosen].share) at -= kinds[chosen++].share;
    ++design.drawn;
    const std::string name = "calibration_" + std::to_string(i);
    const int64_t wanted = samples_of(options.most_samples, random);
    const Random before = random;
    const auto draw = [&](int64_t samples) {
      random = before;
      Block block(name, random, samples, small_weights(options));
      Candidate candidate = measure_up(kinds[chosen].draw(block), options);
      candidate.network.archetype = kinds[chosen].name;
      candidate.kind = chosen;
      candidate.random = before;
      candidate.samples = samples;
      return candidate;
    };
    const auto draw_as_wanted = [&] {
      try {
        return draw(wanted);
      } catch (const Error&) {
        return draw(1);  // an archetype that reshapes to the batch it had in mind
      }
    };
    try {
      Candidate candidate = draw_as_wanted();
      if (!candidate.cases.empty()) candidates.push_back(std::move(candidate));  // a draw may afford nothing
    } catch (const Error& error) {
      ++design.refused;
      if (reasons.size() < 20) reasons.insert(std::string(kinds[chosen].name) + ": " + error.what());
    }
  }
  design.reasons.assign(reasons.begin(), reasons.end());

  // The more a network's time counts, the smaller the chosen ones: find the weight at which the wanted number of networks
  // uses up the pass.
  std::vector<size_t> chosen;
  double low = 0, high = 1;
  for (int step = 0; step < 6; ++step) {
    const double weight = (low + high) / 2;
    std::vector<size_t> trial = choose(candidates, options, weight);
    double total_s = 0;
    for (const size_t i : trial) total_s += candidates[i].network.guess_s;
    const bool fits = static_cast<int>(trial.size()) >= std::min(options.networks, static_cast<int>(candidates.size()));
    (fits && total_s < options.pass_s ? high : low) = weight;
    if (fits || trial.size() > chosen.size()) chosen = std::move(trial);
  }
  int small = 0;
  for (const size_t i : chosen) {
    Candidate& one = candidates[i];
    if (one.network.guess_s < most_surrounded_s && small++ % surrounded_every == 0) {
      Block block(one.network.graph.name, one.random, one.samples, small_weights(options));
      block.surround(surroundings_over_l3 * options.conditions.l3_bytes);
      one.network.graph = kinds[one.kind].draw(block);
      one.network.guess_s += surroundings_over_l3 * options.conditions.l3_bytes / options.speed.bytes_per_s;
    }
    try {
      if (options.precision != "fp32") one.network.graph = to_precision(one.network.graph, options.precision);
    } catch (const Error&) {
      continue;  // an op that this precision lacks
    }
    design.networks.push_back(std::move(one.network));
  }
  return design;
}

std::vector<std::pair<std::string, int>> count_cases(const Design& design, const CostConditions& conditions) {
  std::map<std::string, int> counts;
  for (const DesignedNetwork& network : design.networks) {
    const std::vector<CaseFacts> all = facts_of(network.graph, conditions);
    const std::vector<bool> far = reads_far_input(network.graph, all, conditions.l2_bytes);
    for (size_t n = 0; n < all.size(); ++n) counts[cost_class_key(all[n])] += !far[n];
  }
  return {counts.begin(), counts.end()};
}

}  // namespace opgauge
