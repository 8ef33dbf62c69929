// SPDX-License-Identifier: Apache-2.0
#include "graph/ops/products.hpp"

#include <algorithm>

#include "graph/ops/onednn.hpp"

namespace opgauge::eager {
namespace {

void check_same_dtype(const Run& run, const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) {
    throw run.error("found operands of dtypes " + std::string(name_of(a.dtype())) + " and " +
                    std::string(name_of(b.dtype())) + ", expected one dtype");
  }
  if (a.dtype() == Dtype::boolean) throw run.error("matrix products of bool are not supported");
}

std::string shape(const Tensor& x) {
  std::string text = "[";
  for (size_t i = 0; i < x.type.sizes.size(); ++i)
    text += (i ? "," : "") + std::to_string(x.type.sizes[i]);
  return text + "]";
}

void check_matrices(const Run& run, const Tensor& a, const Tensor& b, int64_t rank) {
  check_same_dtype(run, a, b);
  if (a.rank() != rank || b.rank() != rank || a.size(-1) != b.size(-2) ||
      (rank == 3 && a.size(0) != b.size(0))) {
    throw run.error("found operands of shapes " + shape(a) + " and " + shape(b) +
                    ", expected matrices that multiply");
  }
}

bool half_precision(Dtype dtype) { return dtype == Dtype::bf16; }

int64_t multiply(std::initializer_list<int64_t> factors) { return product(Dims(factors)); }

// y += a b through BLAS, or oneDNN for bf16. An operand that is neither row- nor column-major is
// copied first.
void gemm(Run& run, const Tensor& y, Tensor a, Tensor b, bool accumulate) {
  const int64_t m = a.size(0), k = a.size(1), n = b.size(1);
  if (y.numel() == 0) return;
  if (k == 0) {
    run.fill(y);
    return;
  }
  const auto usable = [](const Tensor& x) {
    return (x.stride(1) == 1 && x.stride(0) >= std::max<int64_t>(1, x.size(1))) ||
           (x.stride(0) == 1 && x.stride(1) >= std::max<int64_t>(1, x.size(0)));
  };
  // The result is written column-major when it is both; then the row-major reading is preferred.
  if (!usable(a)) a = run.clone(a, MemoryFormat::contiguous);
  if (!usable(b)) b = run.clone(b, MemoryFormat::contiguous);
  run.read(a);
  run.read(b);
  if (accumulate) run.read(y);
  run.write(y);
  run.work.macs += multiply({m, k, n});
  if (half_precision(y.dtype()) && multiply({m, k, n}) > 4096) {
    run.scratch(onednn::matmul_scratch_bytes(
        {.batch = 1, .m = m, .k = k, .n = n, .a_transposed = a.stride(1) != 1}));
  }
}

void batched_gemm(Run& run, const Tensor& y, Tensor a, Tensor b, bool accumulate) {
  const int64_t batch = a.size(0), m = a.size(1), k = a.size(2), n = b.size(2);
  if (y.numel() == 0) return;
  if (k == 0) {
    run.fill(y);
    return;
  }
  const Run::Product& largest = run.largest_product;
  if (multiply({batch, m, n, k}) > multiply({largest.count, largest.m, largest.n, largest.k})) run.largest_product = {batch, m, n, k};
  const auto count = [&] {
    run.read(a);
    run.read(b);
    if (accumulate) run.read(y);
    run.write(y);
    run.work.macs += multiply({batch, m, k, n});
  };
  if (half_precision(y.dtype()) && multiply({batch, m, k, n}) > 4096) {
    const auto row_major = [](const Tensor& x) { return x.type.is_contiguous(); };
    const auto column_major = [](const Tensor& x) {
      return x.stride(0) == x.size(1) * x.size(2) && x.stride(1) == 1 && x.stride(2) == x.size(1);
    };
    if (!row_major(a) && !column_major(a)) a = run.contiguous(a);
    if (!row_major(b) && !column_major(b)) b = run.contiguous(b);
    count();
    run.scratch(onednn::matmul_scratch_bytes(
        {.batch = batch, .m = m, .k = k, .n = n, .a_transposed = !row_major(a)}));
    return;
  }
  const auto usable = [](const Tensor& x) {
    return (x.stride(2) == 1 && (x.size(1) == 1 || x.stride(1) >= x.size(2))) ||
           (x.stride(1) == 1 && (x.size(2) == 1 || x.stride(2) >= x.size(1)));
  };
  const bool library =
      (y.dtype() == Dtype::f32 || y.dtype() == Dtype::f64) && usable(a) && usable(b);
  if (multiply({m, k, n}) < 400 || library) {
    count();
    return;
  }
  run.repeat(batch, [&] {
    gemm(run, run.select(y, 0, 0), run.select(a, 0, 0), run.select(b, 0, 0), accumulate);
  });
}

}  // namespace

Tensor mm(Run& run, const Tensor& a, const Tensor& b) {
  check_matrices(run, a, b, 2);
  Tensor y = run.empty(a.dtype(), {a.size(0), b.size(1)});
  gemm(run, y, a, b, false);
  return y;
}

Tensor addmm(Run& run, const Tensor& bias, const Tensor& a, const Tensor& b, double beta) {
  check_matrices(run, a, b, 2);
  check_same_dtype(run, bias, a);
  const Tensor wide = run.expand(bias, {a.size(0), b.size(1)});
  Tensor y = run.empty(a.dtype(), {a.size(0), b.size(1)});
  if (beta != 0) {
    run.copy(y, wide);
    run.work.other_ops += y.numel();
  }
  gemm(run, y, a, b, beta != 0);
  return y;
}

Tensor bmm(Run& run, const Tensor& a, const Tensor& b) {
  check_matrices(run, a, b, 3);
  Tensor y = run.empty(a.dtype(), {a.size(0), a.size(1), b.size(2)});
  batched_gemm(run, y, a, b, false);
  return y;
}

Tensor baddbmm(Run& run, const Tensor& bias, const Tensor& a, const Tensor& b, double beta) {
  check_matrices(run, a, b, 3);
  check_same_dtype(run, bias, a);
  const Tensor wide = run.expand(bias, {a.size(0), a.size(1), b.size(2)});
  Tensor y = run.empty(a.dtype(), {a.size(0), a.size(1), b.size(2)});
  if (beta != 0) {
    run.copy(y, wide);
    run.work.other_ops += y.numel();
  }
  batched_gemm(run, y, a, b, beta != 0);
  return y;
}

Tensor addmv(Run& run, const Tensor& bias, const Tensor& a, const Tensor& x, double beta) {
  check_same_dtype(run, a, x);
  if (a.rank() != 2 || x.rank() != 1 || a.size(1) != x.size(0)) {
    throw run.error("found operands of shapes " + shape(a) + " and " + shape(x) +
                    ", expected a matrix and a vector");
  }
  Tensor y = run.empty(a.dtype(), {a.size(0)});
  if (bias.defined() && beta != 0) {
    run.copy(y, run.expand(bias, {a.size(0)}));
    run.work.other_ops += y.numel();
  }
  const bool usable = (a.stride(0) == 1 && a.stride(1) >= std::max<int64_t>(1, a.size(0))) ||
                      (a.stride(1) == 1 && a.stride(0) >= std::max<int64_t>(1, a.size(1)));
  const Tensor matrix = usable || a.numel() == 0 ? a : run.contiguous(a);
  run.read(matrix);
  run.read(x);
  run.write(y);
  run.work.macs += multiply({a.size(0), a.size(1)});
  return y;
}

Tensor mv(Run& run, const Tensor& a, const Tensor& x) { return addmv(run, {}, a, x); }

Tensor dot(Run& run, const Tensor& a, const Tensor& b) {
  check_same_dtype(run, a, b);
  if (a.rank() != 1 || b.rank() != 1 || a.size(0) != b.size(0)) {
    throw run.error("found operands of shapes " + shape(a) + " and " + shape(b) +
                    ", expected equal vectors");
  }
  Tensor y = run.empty(a.dtype(), {});
  run.read(a);
  run.read(b);
  run.write(y);
  run.work.macs += a.numel();
  return y;
}

namespace {

// The larger operand's leading dimensions fold into rows without a copy.
bool folds(const Tensor& a, const Tensor& b) {
  const bool first_larger = a.rank() >= b.rank();
  const Tensor& small = first_larger ? b : a;
  TensorType large = first_larger ? a.type : transposed(b.type, b.rank() - 2, b.rank() - 1);
  if (large.rank() < 3 || small.rank() > 2 || a.rank() == 2) return false;
  if (large.numel() == 0) return true;
  for (size_t i = 0; i + 2 < large.sizes.size(); ++i) {
    if (large.strides[i] != large.strides[i + 1] * large.sizes[i + 1]) return false;
  }
  return true;
}

Tensor matmul_folded(Run& run, const Tensor& a, const Tensor& b) {
  const bool swapped = b.rank() > a.rank();
  const Tensor large = swapped ? run.transpose(b, -2, -1) : a;
  const Tensor& small = swapped ? a : b;
  Dims sizes(large.type.sizes.begin(), large.type.sizes.end() - 1);
  const Tensor rows = run.reshape(large, {product(sizes), large.size(-1)});
  if (small.rank() == 1) return run.view_sizes(mv(run, rows, small), sizes);
  sizes.push_back(small.size(1));
  return run.view_sizes(mm(run, rows, small), sizes);
}

Tensor matmul_batched(Run& run, const Tensor& a, const Tensor& b) {
  const bool vector = b.rank() == 1;
  const int64_t n = a.rank() > 1 ? a.size(-2) : 1, k = a.size(-1);
  const int64_t p = vector ? 1 : b.size(-1), k2 = vector ? b.size(0) : b.size(-2);
  const auto batch_of = [](const Tensor& x) {
    return Dims(x.type.sizes.begin(), x.type.sizes.begin() + std::max<int64_t>(x.rank() - 2, 0));
  };
  Dims batch = broadcast(run.call, batch_of(a), batch_of(b));
  const int64_t count = product(batch);
  const auto with = [&](std::initializer_list<int64_t> tail) {
    Dims sizes = batch;
    sizes.insert(sizes.end(), tail);
    return sizes;
  };
  const Tensor left = run.reshape(run.expand(a, with({n, k})), {count, n, k});
  const Tensor right = vector
                           ? run.unsqueeze(run.reshape(run.expand(b, with({k2})), {count, k2}), 2)
                           : run.reshape(run.expand(b, with({k2, p})), {count, k2, p});
  const Tensor y = bmm(run, left, right);
  if (a.rank() > 1) batch.push_back(n);
  if (!vector) batch.push_back(p);
  return run.view(y, TensorType(y.dtype(), batch));
}

}  // namespace

Tensor matmul(Run& run, const Tensor& a, const Tensor& b) {
  if (a.rank() == 0 || b.rank() == 0)
    throw run.error("found an operand of rank 0, expected at least 1");
  if (a.rank() == 1 && b.rank() == 1) return dot(run, a, b);
  if (a.rank() == 2 && b.rank() == 1) return mv(run, a, b);
  if (a.rank() == 1 && b.rank() == 2) return run.select(mm(run, run.unsqueeze(a, 0), b), 0, 0);
  if (a.rank() == 2 && b.rank() == 2) return mm(run, a, b);
  return folds(a, b) ? matmul_folded(run, a, b) : matmul_batched(run, a, b);
}

Tensor linear(Run& run, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (x.rank() < 1 || weight.rank() < 1 || weight.rank() > 2) {
    throw run.error("expected input of rank >= 1 and weight of rank 1 or 2");
  }
  if (x.size(-1) != weight.size(-1)) {
    throw run.error("input has " + std::to_string(x.size(-1)) + " features, weight expects " +
                    std::to_string(weight.size(-1)));
  }
  const Tensor turned = weight.rank() == 2 ? run.transpose(weight, 0, 1) : weight;
  if (bias.defined() && weight.rank() == 2) {
    if (x.rank() == 2) return addmm(run, bias, x, turned);
    if (x.rank() > 2 && x.type.is_contiguous() && bias.rank() == 1) {
      Dims sizes = x.type.sizes;
      const int64_t features = sizes.back();
      sizes.pop_back();
      const Tensor y = addmm(run, bias, run.view_sizes(x, {product(sizes), features}), turned);
      sizes.push_back(weight.size(0));
      return run.view_sizes(y, sizes);
    }
  }
  const Tensor y = matmul(run, x, turned);
  if (bias.defined()) run.in_place(y, {bias}, 1);
  return y;
}

}  // namespace opgauge::eager
