// SPDX-License-Identifier: Apache-2.0
#include "calibrate/blas_tiles.hpp"

#include "calibrate/fit_loss.hpp"

namespace opgauge {
namespace {

constexpr size_t least_calls = 40;
constexpr double error_of_a_change = 0.002;  // of the mean log error: what must be gained to leave what the options say
constexpr double least_flops = 1e5;          // of a call that is more than its launch

// Single products, whose columns or rows fill no tile for the most part, of weights that do not wait for memory.
bool tells(const CaseFacts& facts, double l2_bytes) {
  return facts.family == OpFamily::matmul && facts.products == 1 && facts.m > 1 && facts.n > 1 && facts.flops > least_flops && facts.weight_bytes < l2_bytes / 2;
}

}  // namespace

BlasTiles usual_blas_tiles(std::string_view vendor, double vector_lanes) {
  return vendor == "GenuineIntel" && vector_lanes >= 16 ? BlasTiles::vectors : BlasTiles::strips;
}

BlasTiles effective_blas_tiles(std::span<const Observation> observations, const OpFitOptions& options) {
  const auto loss_with = [&](BlasTiles tiles) {
    OpFitOptions trial = options;
    trial.conditions.blas_tiles = tiles;
    return loss_of_fit(
        observations, trial, [&](const CaseFacts& facts) { return tells(facts, trial.conditions.l2_bytes); }, [](std::span<const CaseFacts>) { return true; });
  };
  BlasTiles best = options.conditions.blas_tiles;
  const FitLoss own = loss_with(best);
  if (own.calls < least_calls) return best;
  double least = own.mean_log_error - error_of_a_change;
  for (const auto& [tiles, name] : enum_names<BlasTiles>) {
    if (tiles == options.conditions.blas_tiles) continue;
    if (const double error = loss_with(tiles).mean_log_error; error < least) {
      least = error;
      best = tiles;
    }
  }
  return best;
}

}  // namespace opgauge
