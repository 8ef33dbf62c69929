// SPDX-License-Identifier: Apache-2.0
// Predicting with the residual of a cost class (machine/op_residual.hpp; docs/model.md, "Residual").
//
//   t(call) = physical(call) exp(clamp(fade(x) sum_i w_i k(x, x_i), +-limit))
//
// k is Matern's function of order 3/2 of the scaled distance: 1 at a case, 0 far from all. `fade` is 1 inside the box of
// the cases and falls to 0 within some octaves outside, so that a call that resembles none keeps its physical time.
#pragma once

#include <span>
#include <vector>

#include "estimate/residual_coordinate.hpp"
#include "machine/op_residual.hpp"

namespace opgauge {

// (1 + sqrt(3) r) exp(-sqrt(3) r), r^2 = sum_j ((a_j - b_j) / length_j)^2.
double residual_kernel(std::span<const double> a, std::span<const double> b, std::span<const double> lengths);
std::vector<double> residual_place(std::span<const ResidualCoordinate* const> coordinates, const CaseFacts& facts);

struct Correction {
  double log_factor = 0;    // to add to the logarithm of the physical time
  double unexplained = 1;   // variance as a share of the process's: 0 at a case, 1 far from all
};

// Borrows the record. Throws Error on one that does not fit together or names a coordinate that is not known.
class ResidualCorrector {
 public:
  explicit ResidualCorrector(const ClassResidual& residual);
  Correction at(const CaseFacts& facts) const;
  double signal_sd() const { return residual_.signal_sd; }

 private:
  const ClassResidual& residual_;
  std::vector<const ResidualCoordinate*> coordinates_;
  std::vector<double> low_, high_;  // of the cases, one a coordinate
};

}  // namespace opgauge
