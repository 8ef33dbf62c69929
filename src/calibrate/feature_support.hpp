// SPDX-License-Identifier: Apache-2.0
// What the cases of a class can tell of its features: a coefficient that hardly any case depends on would be fitted to noise,
// and stretched many times by a large model.
#pragma once

#include <span>
#include <string_view>

#include "calibrate/nonnegative_fit.hpp"
#include "estimate/case_facts.hpp"
#include "estimate/cost_class.hpp"

namespace opgauge {

struct MachinePrices {
  double memory_s_per_byte = 0;
  double flop_s = 0;       // where this machine is quickest; 0: unknown
  double blas_flop_s = 0;  // where it is quickest in the BLAS, which is not oneDNN's convolutions; 0: unknown
  double onednn_call_s = 0;  // the shortest of oneDNN's convolutions; 0: unknown
  double onednn_reordered_call_s = 0;  // the shortest whose image is reordered into blocks of channels and back
  void note(const CaseFacts& facts, double seconds);  // a call that was measured
};

// Features of where operands are, not of what is computed.
bool is_context(std::string_view feature);
// What comes from main memory, and what a bias fills (one kernel of ATen's): the price of that is the machine's more than the class's.
bool is_memory(std::string_view feature);

// Sets the columns of `problem.features` (one a feature of `row`, a row for each of `cases`) that no case tells anything of
// to 0, and `problem.most`, what a unit of each may cost in seconds:
//  - what two calls at most have (of loops less than one in a hundred), where others have none of it, tells nothing;
//  - bytes and rows beyond a cache (beyond_..., cold_...) are learnt where at least 30 % of some call's were there; a byte costs
//    at most four passes over main memory, of weights one and a half, a row 250 ns;
//  - some FLOPs beside the others (padding, tails, blocks) are learnt where they take at least 2 % of some call's time, priced
//    like the cheapest FLOP among the cases, and cost at most fifty times that; those of rows that start unaligned (odd_...)
//    at most four times what a FLOP costs where this machine is quickest, since no line is read more than twice;
//  - everything else is bounded by what no machine exceeds (CostFeature::most_s);
// and `problem.least`, what it costs at least: a FLOP of products and convolutions, as the BLAS executes it with whole vectors of pixels or keys, 97 % of what the quickest one of its library costs,
// a call of oneDNN's convolutions 90 % of the shortest one.
void limit_features(const CostClass& row, std::span<const CaseFacts* const> cases, const MachinePrices& machine, FitProblem& problem);

}  // namespace opgauge
