// SPDX-License-Identifier: Apache-2.0
// Running sums and extremes, and reductions that are made of several kernels.
#include <algorithm>

#include "graph/ops/copy.hpp"
#include "graph/ops/iterator.hpp"
#include "graph/ops/reduce.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

const TensorType& self(const Call& call) { return call.tensor("self"); }

// aten::cumsum, aten::cumprod, aten::logcumsumexp: contiguous, in the dtype of a sum.
void check_dim(const Call& call) { wrap_dim(call, call.integer("dim"), self(call).rank()); }
std::vector<Result> infer_running(const Call& call) {
  check_dim(call);
  return {fresh(sum_dtype(call, self(call)), self(call).sizes)};
}
std::vector<Result> infer_running_in_place(const Call& call) {
  check_dim(call);
  return {{self(call), call.value("self")}};
}
Work work_running(const Call& call) {
  Work work = reduction_bytes(self(call), call.output().dtype, touched_bytes(call.output()));
  work.other_ops = self(call).numel();
  return work;
}
int64_t scratch_running(const Call& call) { return cast_bytes(self(call), call.output().dtype); }
std::vector<Result> infer_log_running(const Call& call) {
  check_dim(call);
  return {fresh(self(call).dtype, self(call).sizes)};
}
Work work_log_running(const Call& call) {
  return {0, 4 * self(call).numel(), touched_bytes(self(call)), call.output().bytes()};
}
std::vector<Result> infer_running_extreme(const Call& call) {
  check_dim(call);
  return {fresh(self(call).dtype, self(call).sizes), fresh(Dtype::i64, self(call).sizes)};
}
Work work_running_extreme(const Call& call) {
  return {0, self(call).numel(), touched_bytes(self(call)),
          call.output(0).bytes() + call.output(1).bytes()};
}

// aten::logsumexp: m = max(x), log(sum(exp(x - m))) + m, with infinite maxima taken for 0.
Dtype log_dtype(const Call& call) {
  return is_floating(self(call).dtype) || self(call).dtype == Dtype::c64 ? self(call).dtype
                                                                         : Dtype::f32;
}
std::vector<Result> infer_logsumexp(const Call& call) {
  return {fresh(log_dtype(call), reduction_of(call, self(call)).sizes)};
}
Work work_logsumexp(const Call& call) {
  const int64_t n = self(call).numel(), k = call.output().numel(),
                size = size_bytes(log_dtype(call));
  const int64_t cast = cast_bytes(self(call), log_dtype(call));
  const int64_t x = cast > 0 ? cast : touched_bytes(self(call));
  Work work{0, 4 * n + 4 * k, 0, 0};
  work.read_bytes =
      (cast > 0 ? touched_bytes(self(call)) : 0) + 2 * x + 2 * n * size + 7 * k * size + 2 * k;
  work.write_bytes = cast + 2 * n * size + 6 * k * size + k;
  return work;
}
int64_t scratch_logsumexp(const Call& call) {
  const int64_t size = size_bytes(log_dtype(call));
  const int64_t maxima = call.output().numel() * size, all = self(call).numel() * size;
  // While the maxima are tested for infinity: their absolute values, the number inf and its cast, a
  // bool each.
  const int64_t testing = 2 * maxima + 8 + size + call.output().numel() - maxima;
  const bool half = log_dtype(call) == Dtype::f16 || log_dtype(call) == Dtype::bf16;
  const bool through_f32 =
      half && reduced_runs(like(self(call), log_dtype(call), MemoryFormat::preserve),
                           reduction_of(call, self(call)).reduced) >= 2;
  const int64_t f32 = through_f32 ? 4 * (self(call).numel() + call.output().numel()) : 0;
  return cast_bytes(self(call), log_dtype(call)) + std::max(testing, maxima + all + f32);
}

// aten::median over everything sorts a copy of the operand.
std::vector<Result> infer_median(const Call& call) { return {fresh(self(call).dtype, Dims{})}; }
Work work_median(const Call& call) {
  return {0, self(call).numel(), touched_bytes(self(call)) + self(call).bytes(),
          self(call).bytes() + call.output().bytes()};
}
int64_t scratch_median(const Call& call) { return self(call).bytes(); }

// aten::count_nonzero over dimensions compares with 0, then sums the answers as i64.
std::vector<Result> infer_count_nonzero(const Call& call) {
  return {fresh(Dtype::i64, reduction_of(call, self(call)).sizes)};
}
bool compares(const Call& call) { return self(call).dtype != Dtype::boolean; }
bool counts_everything(const Call& call) {
  const auto* dims = std::get_if<Dims>(&call.argument("dim"));
  return dims ? dims->empty() : !call.has("dim");
}
Work work_count_nonzero(const Call& call) {
  const int64_t n = self(call).numel(), out = call.output().bytes();
  if (counts_everything(call)) return {0, 2 * n, touched_bytes(self(call)), out};
  const int64_t answers = compares(call) ? n : 0;
  return {0, n + answers, touched_bytes(self(call)) + answers + 8 * n, answers + 8 * n + out};
}
int64_t scratch_count_nonzero(const Call& call) {
  if (counts_everything(call)) return 0;
  const int64_t n = self(call).numel();
  if (!compares(call)) return 8 * n;
  const int64_t number = 8 + (self(call).dtype == Dtype::i64 ? 0 : size_bytes(self(call).dtype));
  return std::max(9 * n, number + n - call.output().bytes());
}

// aten::diff: neighbours subtracted n times, after `prepend` and `append` were joined to the ends.
struct Differences {
  std::vector<TensorType>
      stages;  // the joined operand (if it is not self itself), then one for each subtraction
  bool joined = false;
};
Differences differences_of(const Call& call) {
  const TensorType& x = self(call);
  if (x.rank() == 0) throw call.error("found a tensor of rank 0, expected at least 1");
  const int64_t dim = wrap_dim(call, call.integer("dim"), x.rank()), times = call.integer("n");
  if (times < 1 || times > 1000) {
    throw call.error("found order " + std::to_string(times) + ", expected 1 to 1000");
  }
  Differences result;
  TensorType current = x;
  std::vector<TensorType> parts;
  if (const TensorType* before = call.optional_tensor("prepend")) parts.push_back(*before);
  parts.push_back(x);
  if (const TensorType* after = call.optional_tensor("append")) parts.push_back(*after);
  if (parts.size() > 1) {
    current = concatenated(call, parts, dim);
    result.joined = true;
    result.stages.push_back(current);
  }
  for (int64_t i = 0; i < times; ++i) {
    const int64_t size = std::max<int64_t>(current.sizes[static_cast<size_t>(dim)] - 1, 0);
    const bool any = current.sizes[static_cast<size_t>(dim)] > 0;
    const Operand pair[] = {{sliced(current, dim, any ? 1 : 0, size)},
                            {sliced(current, dim, 0, size)}};
    current = iterate(call, pair, Promotion::common).output;
    result.stages.push_back(current);
  }
  return result;
}
std::vector<Result> infer_diff(const Call& call) {
  return {fresh(differences_of(call).stages.back())};
}
Work work_diff(const Call& call) {
  const Differences all = differences_of(call);
  Work work;
  for (size_t i = 0; i < all.stages.size(); ++i) {
    work.write_bytes += all.stages[i].bytes();
    work.read_bytes += (i == 0 && all.joined ? 1 : 2) * all.stages[i].bytes();
    if (i > 0 || !all.joined) work.other_ops += all.stages[i].numel();
  }
  return work;
}
// Each stage lives until the next is made, what was joined first to the end.
int64_t scratch_diff(const Call& call) {
  const Differences all = differences_of(call);
  const int64_t joined = all.joined ? all.stages[0].bytes() : 0;
  int64_t before = 0, peak = 0;
  for (size_t i = all.joined ? 1 : 0; i < all.stages.size(); ++i) {
    peak = std::max(peak, joined + before + all.stages[i].bytes());
    before = all.stages[i].bytes();
  }
  return peak - all.stages.back().bytes();
}

// aten::cosine_similarity: both operands are divided by their norms, multiplied and summed.
std::vector<Result> infer_cosine(const Call& call) {
  const TensorType &a = call.tensor("x1"), &b = call.tensor("x2");
  const Operand both[] = {{a}, {b}};
  const Dtype dtype = result_dtype(both);
  if (!is_floating(dtype)) throw call.error("expected tensors of a floating dtype");
  Dims sizes = broadcast(call, a.sizes, b.sizes);
  const int64_t dim = wrap_dim(call, call.integer("dim"), static_cast<int64_t>(sizes.size()));
  if (!sizes.empty()) sizes.erase(sizes.begin() + dim);
  return {fresh(dtype, std::move(sizes))};
}
int64_t cosine_elements(const Call& call) {
  return product(broadcast(call, call.tensor("x1").sizes, call.tensor("x2").sizes));
}
Work work_cosine(const Call& call) {
  const int64_t n = cosine_elements(call), k = call.output().numel(),
                size = size_bytes(call.output().dtype);
  const int64_t operands = touched_bytes(call.tensor("x1")) + touched_bytes(call.tensor("x2"));
  return {0, 8 * n + 4 * k, 2 * operands + (3 * n + 4 * k) * size, (3 * n + 5 * k) * size};
}
// The two norms, three products and quotients of full size, and the smallest divisor in f32.
int64_t scratch_cosine(const Call& call) {
  const int64_t size = size_bytes(call.output().dtype);
  return 2 * call.output().bytes() + 3 * cosine_elements(call) * size + size_bytes(Dtype::f32);
}

const OpRow rows[] = {
    {"aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor", OpFamily::reduction,
     infer_running, work_running, scratch_running},
    {"aten::cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor",
     OpFamily::reduction, infer_running, work_running, scratch_running},
    {"aten::cumsum_(Tensor(a!) self, int dim, *, ScalarType? dtype=None) -> Tensor(a!)",
     OpFamily::reduction, infer_running_in_place, work_running},
    {"aten::logcumsumexp(Tensor self, int dim) -> Tensor", OpFamily::reduction, infer_log_running,
     work_log_running},
    {"aten::cummax(Tensor self, int dim) -> (Tensor values, Tensor indices)", OpFamily::reduction,
     infer_running_extreme, work_running_extreme},
    {"aten::cummin(Tensor self, int dim) -> (Tensor values, Tensor indices)", OpFamily::reduction,
     infer_running_extreme, work_running_extreme},
    {"aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor", OpFamily::reduction,
     infer_logsumexp, work_logsumexp, scratch_logsumexp},
    {"aten::median(Tensor self) -> Tensor", OpFamily::reduction, infer_median, work_median,
     scratch_median},
    {"aten::nanmedian(Tensor self) -> Tensor", OpFamily::reduction, infer_median, work_median,
     scratch_median},
    {"aten::count_nonzero(Tensor self, int? dim=None) -> Tensor", OpFamily::reduction,
     infer_count_nonzero, work_count_nonzero, scratch_count_nonzero},
    {"aten::count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor", OpFamily::reduction,
     infer_count_nonzero, work_count_nonzero, scratch_count_nonzero},
    {"aten::diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> "
     "Tensor",
     OpFamily::reduction, infer_diff, work_diff, scratch_diff},
    {"aten::cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor",
     OpFamily::reduction, infer_cosine, work_cosine, scratch_cosine},
};

}  // namespace

std::span<const OpRow> scan_rows() { return rows; }

}  // namespace opgauge
