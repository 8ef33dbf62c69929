// SPDX-License-Identifier: Apache-2.0
// Tensors from nothing. Without a dtype they are f32, or what the numbers given say; filling writes
// every byte once.
#include <algorithm>
#include <cmath>

#include "graph/ops/iterator.hpp"
#include "graph/ops/rows.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge {
namespace {

Dtype chosen(const Call& call, Dtype otherwise) { return call.dtype("dtype").value_or(otherwise); }
// What ATen makes of numbers: whole ones give i64, real ones f32, truth values bool.
Dtype number_dtype(const Argument& number) {
  if (std::holds_alternative<bool>(number)) return Dtype::boolean;
  return std::holds_alternative<int64_t>(number) ? Dtype::i64 : Dtype::f32;
}

Work work_filled(const Call& call) { return {0, 0, 0, call.output().bytes()}; }
Work work_counted(const Call& call) {
  return {0, 2 * call.output().numel(), 0, call.output().bytes()};
}
Work no_work(const Call&) { return {}; }

std::vector<Result> infer_sized(const Call& call) {
  return {fresh(chosen(call, Dtype::f32), call.ints("size"))};
}
std::vector<Result> infer_full(const Call& call) {
  return {fresh(chosen(call, number_dtype(call.argument("fill_value"))), call.ints("size"))};
}
std::vector<Result> infer_empty(const Call& call) {
  return {
      fresh(with_format(chosen(call, Dtype::f32), call.ints("size"),
                        call.memory_format("memory_format").value_or(MemoryFormat::contiguous)))};
}
std::vector<Result> infer_empty_strided(const Call& call) {
  const bool new_tensor = call.node().op->schema->index("self") >= 0;
  if (call.ints("size").size() != call.ints("stride").size())
    throw call.error("size and stride have different lengths");
  const Dtype dtype = chosen(call, new_tensor ? call.tensor("self").dtype : Dtype::f32);
  return {fresh({dtype, call.ints("size"), call.ints("stride")})};
}
std::vector<Result> infer_empty_permuted(const Call& call) {
  const Dims &sizes = call.ints("size"), &order = call.ints("physical_layout");
  if (sizes.size() != order.size())
    throw call.error("size and physical_layout have different lengths");
  dim_mask(call, order, static_cast<int64_t>(sizes.size()), false);
  Dims strides(sizes.size());
  int64_t running = 1;
  for (size_t i = order.size(); i-- > 0;) {
    const auto dim =
        static_cast<size_t>(wrap_dim(call, order[i], static_cast<int64_t>(sizes.size())));
    strides[dim] = running;
    running *= std::max<int64_t>(sizes[dim], 1);
  }
  return {fresh({chosen(call, Dtype::f32), sizes, strides})};
}
std::vector<Result> infer_like(const Call& call) {
  const TensorType& x = call.tensor("self");
  return {fresh(like(x, chosen(call, x.dtype),
                     call.memory_format("memory_format").value_or(MemoryFormat::preserve)))};
}
std::vector<Result> infer_new(const Call& call) {
  return {fresh(chosen(call, call.tensor("self").dtype), call.ints("size"))};
}
std::vector<Result> infer_scalar_tensor(const Call& call) {
  return {fresh(chosen(call, Dtype::f32), Dims{})};
}

// aten::arange: the number of steps is rounded up; between whole numbers it is counted in whole
// numbers.
std::vector<Result> infer_arange(const Call& call) {
  const Schema& schema = *call.node().op->schema;
  const Argument zero = int64_t{0}, one = int64_t{1};
  const Argument& start = schema.index("start") >= 0 ? call.argument("start") : zero;
  const Argument& step = schema.index("step") >= 0 ? call.argument("step") : one;
  const Argument& end = call.argument("end");
  Dtype dtype = Dtype::i64;
  for (const Argument* number : {&start, &end, &step}) {
    if (std::holds_alternative<double>(*number)) dtype = Dtype::f32;
  }
  dtype = chosen(call, dtype);
  const auto real = [](const Argument& number) {
    if (const auto* whole = std::get_if<int64_t>(&number)) return static_cast<double>(*whole);
    if (const auto* flag = std::get_if<bool>(&number)) return *flag ? 1.0 : 0.0;
    return std::get<double>(number);
  };
  const double by = real(step), from = real(start), to = real(end);
  const double most = 1e15;
  if (!(std::abs(from) <= most) || !(std::abs(to) <= most) || !(std::abs(by) <= most) || by == 0 ||
      (to - from) * by < 0) {
    throw call.error("found no way from start to end, expected a step that leads there");
  }
  double count = std::ceil((to - from) / by);
  if (dtype == Dtype::i64) {
    const auto first = static_cast<int64_t>(from), last = static_cast<int64_t>(to),
               stride = static_cast<int64_t>(by);
    if (stride == 0) throw call.error("found a step that is 0 in whole numbers");
    count = static_cast<double>((last - first + stride - (stride > 0 ? 1 : -1)) / stride);
  }
  if (!(count <= most)) throw call.error("the range has too many elements");
  return {fresh(dtype, Dims{static_cast<int64_t>(count)})};
}
std::vector<Result> infer_linspace(const Call& call) {
  const int64_t steps = call.integer("steps");
  if (steps < 0) throw call.error("found " + std::to_string(steps) + " steps, expected at least 0");
  return {fresh(chosen(call, Dtype::f32), Dims{steps})};
}
std::vector<Result> infer_eye(const Call& call) {
  const int64_t rows = call.integer("n");
  const int64_t columns = call.node().op->schema->index("m") >= 0 ? call.integer("m") : rows;
  return {fresh(chosen(call, Dtype::f32), Dims{rows, columns})};
}
// aten::tril_indices: the places on and below a diagonal of a rows x columns matrix; triu_indices:
// on and above.
int64_t places_below(int64_t rows, int64_t columns, int64_t offset) {
  product({rows, columns});  // refuses negative and immense ones
  offset = std::clamp(offset, -rows, columns);
  // Row r holds r + offset + 1 places, not below 0 and not above `columns`.
  const int64_t first = std::clamp<int64_t>(-offset, 0, rows);
  const int64_t full = std::clamp(columns - offset - 1, first, rows);
  return (full - first) * (first + 1 + offset + full + offset) / 2 + (rows - full) * columns;
}
std::vector<Result> infer_tril_indices(const Call& call) {
  const int64_t places =
      places_below(call.integer("row"), call.integer("col"), call.integer("offset"));
  return {fresh(chosen(call, Dtype::i64), Dims{2, places})};
}
std::vector<Result> infer_triu_indices(const Call& call) {
  const int64_t rows = call.integer("row"), columns = call.integer("col");
  const int64_t all = product({rows, columns});
  const int64_t below = places_below(rows, columns, std::max(call.integer("offset"), -rows) - 1);
  return {fresh(chosen(call, Dtype::i64), Dims{2, all - below})};
}

constexpr OpRow filled(std::string_view schema, InferRule infer) {
  return {schema, OpFamily::factory, infer, work_filled};
}

const OpRow rows[] = {
    filled("aten::zeros(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? "
           "device=None, bool? pin_memory=None) -> Tensor",
           infer_sized),
    filled("aten::ones(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? "
           "device=None, bool? pin_memory=None) -> Tensor",
           infer_sized),
    filled("aten::rand(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? "
           "device=None, bool? pin_memory=None) -> Tensor",
           infer_sized),
    filled("aten::randn(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? "
           "device=None, bool? pin_memory=None) -> Tensor",
           infer_sized),
    filled("aten::randint(SymInt high, SymInt[] size, *, ScalarType? dtype=4, Layout? layout=None, "
           "Device? device=None, bool? pin_memory=None) -> Tensor",
           infer_sized),
    filled("aten::randint.low(SymInt low, SymInt high, SymInt[] size, *, ScalarType? dtype=4, "
           "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
           infer_sized),
    filled("aten::full(SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? "
           "layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
           infer_full),
    filled("aten::zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? "
           "device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
           infer_like),
    filled("aten::ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? "
           "device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
           infer_like),
    filled("aten::full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? "
           "layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? "
           "memory_format=None) -> Tensor",
           infer_like),
    filled("aten::rand_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? "
           "device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
           infer_like),
    filled("aten::randn_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? "
           "device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
           infer_like),
    filled("aten::randint_like(Tensor self, SymInt high, *, ScalarType? dtype=None, Layout? "
           "layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? "
           "memory_format=None) -> Tensor",
           infer_like),
    filled("aten::randint_like.low_dtype(Tensor self, SymInt low, SymInt high, *, ScalarType? "
           "dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, "
           "MemoryFormat? memory_format=None) -> Tensor",
           infer_like),
    filled("aten::new_zeros(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? "
           "layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
           infer_new),
    filled("aten::new_ones(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? "
           "layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
           infer_new),
    filled("aten::new_full(Tensor self, SymInt[] size, Scalar fill_value, *, ScalarType? "
           "dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
           infer_new),
    filled("aten::scalar_tensor(Scalar s, *, ScalarType? dtype=None, Layout? layout=None, Device? "
           "device=None, bool? pin_memory=None) -> Tensor",
           infer_scalar_tensor),
    filled("aten::eye(SymInt n, *, ScalarType? dtype=None, Layout? layout=None, Device? "
           "device=None, bool? pin_memory=None) -> Tensor",
           infer_eye),
    filled("aten::eye.m(SymInt n, SymInt m, *, ScalarType? dtype=None, Layout? layout=None, "
           "Device? device=None, bool? pin_memory=None) -> Tensor",
           infer_eye),
    filled("aten::tril_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? "
           "layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
           infer_tril_indices),
    filled("aten::triu_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? "
           "layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
           infer_triu_indices),
    {"aten::empty.memory_format(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, "
     "Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
     OpFamily::factory, infer_empty, no_work},
    {"aten::empty_strided(SymInt[] size, SymInt[] stride, *, ScalarType? dtype=None, Layout? "
     "layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
     OpFamily::factory, infer_empty_strided, no_work},
    {"aten::new_empty_strided(Tensor self, SymInt[] size, SymInt[] stride, *, ScalarType? "
     "dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
     OpFamily::factory, infer_empty_strided, no_work},
    {"aten::empty_permuted(SymInt[] size, int[] physical_layout, *, ScalarType? dtype=None, "
     "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
     OpFamily::factory, infer_empty_permuted, no_work},
    {"aten::empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? "
     "device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
     OpFamily::factory, infer_like, no_work},
    {"aten::new_empty(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, "
     "Device? device=None, bool? pin_memory=None) -> Tensor",
     OpFamily::factory, infer_new, no_work},
    {"aten::arange(Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? "
     "device=None, bool? pin_memory=None) -> Tensor",
     OpFamily::factory, infer_arange, work_counted},
    {"aten::arange.start(Scalar start, Scalar end, *, ScalarType? dtype=None, Layout? layout=None, "
     "Device? device=None, bool? pin_memory=None) -> Tensor",
     OpFamily::factory, infer_arange, work_counted},
    {"aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, "
     "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
     OpFamily::factory, infer_arange, work_counted},
    {"aten::linspace(Scalar start, Scalar end, int steps, *, ScalarType? dtype=None, Layout? "
     "layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
     OpFamily::factory, infer_linspace, work_counted},
    {"aten::logspace(Scalar start, Scalar end, int steps, float base=10., *, ScalarType? "
     "dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
     OpFamily::factory, infer_linspace, work_counted},
};

}  // namespace

std::span<const OpRow> factory_rows() { return rows; }

}  // namespace opgauge
