// SPDX-License-Identifier: Apache-2.0
#include "calibrate/synthetic.hpp"

#include <cmath>
#include <numbers>

#include "calibrate/random.hpp"

namespace opgauge {

double SyntheticMachine::reference_s(const CaseFacts& facts) const {
  if (facts.is_view) return call_s;
  return call_s + flop_s * facts.flops + byte_s * (facts.input_bytes + facts.weight_bytes + facts.output_bytes);
}

double SyntheticMachine::true_s(const CaseFacts& facts) const {
  Random of_class(977 + cost_class_of(facts));
  return reference_s(facts) * of_class.log_uniform(0.6, 1.7);
}

double gaussian(Random& random) {
  return std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(2 * std::numbers::pi * random.uniform());
}

std::vector<DesignedNetwork> small_design(int networks, uint64_t seed) {
  DesignOptions options;
  options.networks = networks;
  options.candidates_each = 5;
  options.seed = seed;
  return make_design(options).networks;
}

std::vector<Observation> synthetic_observations(const std::vector<DesignedNetwork>& networks, const CostConditions& conditions,
                                                const SyntheticMachine& machine, const SyntheticNoise& disturbance) {
  Random random(disturbance.seed);
  std::vector<Observation> observations;
  for (const DesignedNetwork& network : networks) {
    Observation one{network.graph.name, network.archetype, network.graph, {}, 0, 0, 40};
    for (const CaseFacts& facts : facts_of(network.graph, conditions)) {
      double seconds = machine.true_s(facts) * std::exp(disturbance.noise * gaussian(random));
      if (random.chance(disturbance.outliers)) seconds *= random.log_uniform(4, 20);
      one.quiet_node_s.push_back(seconds);
      one.typical_s += seconds;
    }
    one.least_run_s = one.typical_s;
    observations.push_back(std::move(one));
  }
  return observations;
}

}  // namespace opgauge
