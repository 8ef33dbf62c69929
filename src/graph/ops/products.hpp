// SPDX-License-Identifier: Apache-2.0
// Matrix products as steps of eager execution: what linear, attention, recurrent layers and einsum
// are made of.
#pragma once

#include "graph/ops/eager.hpp"

namespace opgauge::eager {

Tensor mm(Run& run, const Tensor& a, const Tensor& b);
// `bias` broadcasts to the result. `beta` 0: the bias is not read.
Tensor addmm(Run& run, const Tensor& bias, const Tensor& a, const Tensor& b, double beta = 1);
Tensor bmm(Run& run, const Tensor& a, const Tensor& b);
Tensor baddbmm(Run& run, const Tensor& bias, const Tensor& a, const Tensor& b, double beta = 1);
Tensor mv(Run& run, const Tensor& a, const Tensor& x);
Tensor addmv(Run& run, const Tensor& bias, const Tensor& a, const Tensor& x, double beta = 1);
Tensor dot(Run& run, const Tensor& a, const Tensor& b);
Tensor matmul(Run& run, const Tensor& a, const Tensor& b);
Tensor linear(Run& run, const Tensor& x, const Tensor& weight, const Tensor& bias);

}  // namespace opgauge::eager
