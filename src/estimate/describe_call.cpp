// SPDX-License-Identifier: Apache-2.0
#include "estimate/describe_call.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "estimate/describe_convolution.hpp"
#include "estimate/describe_recurrent.hpp"
#include "estimate/node_arguments.hpp"
#include "graph/ops/iterator.hpp"

namespace opgauge {
namespace {

constexpr double line_bytes = 64;  // of a cache line

// Elements that lie one after another in memory before a jump.
int64_t contiguous_run(const TensorType& type) {
  int64_t run = 1;
  for (size_t i = type.sizes.size(); i-- > 0;) {
    if (type.sizes[i] == 1) continue;
    if (type.strides[i] != run) break;
    run *= type.sizes[i];
  }
  return run;
}

// ATen's copies go along the result, whose innermost dimension is the innermost one of `type` by position: how many
// elements one inner loop takes, in equal steps.
int64_t inner_loop_length(const TensorType& type) {
  int64_t length = 1, step = 0;
  for (size_t i = type.sizes.size(); i-- > 0;) {
    if (type.sizes[i] == 1) continue;
    if (length == 1) step = type.strides[i];
    else if (type.strides[i] != step * length) break;
    length *= type.sizes[i];
  }
  return length;
}

// `x` with its dimensions in the order in which `y`, of the same rank, lies in memory: a copy walks along its result.
TensorType walked_along(const TensorType& y, const TensorType& x) {
  if (x.rank() != y.rank()) return x;
  std::vector<size_t> order(y.sizes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater<>{}, [&](size_t i) { return y.sizes[i] == 1 ? INT64_MAX : y.strides[i]; });
  TensorType walked = x;
  for (size_t i = 0; i < order.size(); ++i) {
    walked.sizes[i] = x.sizes[order[i]];
    walked.strides[i] = x.strides[order[i]];
  }
  return walked;
}

// ATen/native/PixelShuffle.cpp: a view in six dimensions whose order is changed, then a copy. What that copy reads.
TensorType copied_view(const Node& node, const TensorType& x) {
  const std::string_view op = node.target;
  const Dims factor = ints_argument(node, op.find("unshuffle") != op.npos ? "downscale_factor" : "upscale_factor");
  if (op.find("::pixel_") == op.npos || x.rank() < 3 || factor.empty() || factor[0] < 1) return x;
  const int64_t r = factor[0];
  const size_t c = x.sizes.size() - 3;
  const int64_t channels = x.sizes[c], height = x.sizes[c + 1], width = x.sizes[c + 2];
  const int64_t channel = x.strides[c], row = x.strides[c + 1], column = x.strides[c + 2];
  TensorType view = x;
  view.sizes.resize(c);
  view.strides.resize(c);
  const auto add = [&](int64_t size, int64_t stride) {
    view.sizes.push_back(size);
    view.strides.push_back(stride);
  };
  if (op.find("unshuffle") != op.npos) {
    add(channels, channel), add(r, row), add(r, column), add(height / r, row * r), add(width / r, column * r);
  } else {
    add(channels / (r * r), channel * r * r), add(height, row), add(r, channel * r), add(width, column), add(r, channel);
  }
  return view;
}

// ATen/native/LinearAlgebra.cpp, should_fold: the outer dimensions of `x` collapse to one.
bool folds(const TensorType& x) {
  if (x.is_contiguous()) return true;
  for (size_t i = 0; i + 2 < x.sizes.size(); ++i) {
    if (x.strides[i] != x.strides[i + 1] * x.sizes[i + 1]) return false;
  }
  return true;
}

// ATen/native/LinearAlgebra.cpp, _matmul_impl: operands are expanded to the batch of the result, whose dimensions are made
// one by a reshape: a copy where they do not lie behind each other. bmm copies what BLAS cannot take, rows and columns both
// with gaps.
void add_copied(const TensorType& x, const Dims& batch, CaseFacts& facts) {
  if (x.rank() < 3) return;
  const size_t outer = x.sizes.size() - 2;
  const int64_t rows = x.sizes[outer], columns = x.sizes[outer + 1], row_stride = x.strides[outer], column_stride = x.strides[outer + 1];
  int64_t products = 1, expected = -1;
  bool one_batch = true;
  for (size_t i = batch.size(); i-- > 0;) {
    if (batch[i] == 1) continue;
    const size_t behind = batch.size() - i;  // counted from the matrices
    const bool expanded = behind > outer || x.sizes[outer - behind] == 1;
    const int64_t stride = expanded ? 0 : x.strides[outer - behind];
    one_batch &= expected < 0 || stride == expected;
    expected = stride * batch[i];
    products *= batch[i];
  }
  const bool blas_takes = (column_stride == 1 && row_stride >= columns) || (row_stride == 1 && column_stride >= rows);
  if (one_batch && (blas_takes || rows == 1 || columns == 1)) return;
  const auto elements = static_cast<double>(products * rows * columns);
  facts.copied_bytes += elements * static_cast<double>(size_bytes(x.dtype));
  if (column_stride != 1 && columns > 1) facts.gathered_elements += elements;
}

void describe_matmul(const Graph& graph, const Node& node, double l2_bytes, CaseFacts& facts) {
  const TensorType* a = tensor_argument(graph, node, {"mat1", "batch1", "input", "self", "qx"});
  const TensorType* b = tensor_argument(graph, node, {"mat2", "batch2", "weight", "other", "qw", "vec2"});
  if (!a || !b || a->rank() == 0 || b->rank() == 0 || node.outputs.empty()) return;
  const double out = facts.output_elements;
  facts.k = std::max<int64_t>(1, a->sizes.back());
  if (facts.name == "linear" || facts.name.starts_with("qlinear")) {
    facts.n = facts.name == "linear" ? b->sizes[0] : graph[node.outputs[0]].type.sizes.back();
    facts.m = static_cast<int64_t>(out) / std::max<int64_t>(1, facts.n);
  } else {
    facts.n = b->rank() == 1 ? 1 : b->sizes.back();
  }
  if (facts.name.starts_with("qlinear")) return;
  if (b->rank() == 2 && a->rank() >= 3 && !folds(*a)) {
    facts.m = std::max<int64_t>(1, a->sizes[a->sizes.size() - 2]);
    facts.products = std::max<int64_t>(1, static_cast<int64_t>(out) / std::max<int64_t>(1, facts.m * facts.n));
    facts.unfolded = facts.products > 1;
    const auto matrix_bytes = static_cast<double>(b->bytes());
    facts.far_right_bytes = static_cast<double>(facts.products) * matrix_bytes * beyond(matrix_bytes, l2_bytes);
    add_copied(*a, Dims(a->sizes.begin(), a->sizes.end() - 2), facts);
    return;
  }
  if (b->rank() == 2) facts.pitch_bytes = static_cast<double>(std::max(b->strides[0], b->strides[1]) * size_bytes(b->dtype));
  if (facts.name == "linear") return;
  if (b->rank() <= 2) {  // folded into one product
    facts.m = static_cast<int64_t>(out) / std::max<int64_t>(1, facts.n);
    facts.weights_transposed = b->is_contiguous();
  } else {
    const Dims& sizes = graph[node.outputs[0]].type.sizes;
    if (sizes.size() > 2) {
      const Dims batch(sizes.begin(), sizes.end() - 2);
      add_copied(*a, batch, facts);
      add_copied(*b, batch, facts);
    }
    facts.m = a->rank() == 1 ? 1 : a->sizes[a->sizes.size() - 2];
    facts.products = static_cast<int64_t>(out) / std::max<int64_t>(1, facts.m * facts.n);
  }
}

// ATen/native/transformers/sdp_utils_cpp.cpp, use_flash_attention_cpp: four dimensions, one head size, dense rows, a mask
// of two or four dimensions; all else is done by products and a softmax.
bool flash_takes(const TensorType& q, const TensorType& k, const TensorType* v, const TensorType* mask) {
  if (!v || q.rank() != 4 || k.rank() != 4 || v->rank() != 4 || v->sizes.back() != q.sizes.back()) return false;
  if (q.sizes[1] != k.sizes[1]) return false;
  for (const TensorType* x : {&q, &k, v}) {
    if (x->sizes.back() > 1 && x->strides.back() != 1) return false;
  }
  return !mask || mask->rank() == 2 || mask->rank() == 4;
}

void describe_attention(const Graph& graph, const Node& node, CaseFacts& facts) {
  const TensorType* q = tensor_argument(graph, node, {"query"});
  const TensorType* k = tensor_argument(graph, node, {"key"});
  if (!q || !k || q->rank() < 2 || k->rank() < 2) return;
  facts.m = q->sizes[q->sizes.size() - 2];
  facts.k = q->sizes.back();
  facts.n = k->sizes[k->sizes.size() - 2];
  facts.products = q->numel() / std::max<int64_t>(1, facts.m * facts.k);
  const TensorType* mask = tensor_argument(graph, node, {"attn_mask"});
  const TensorType* v = tensor_argument(graph, node, {"value"});
  facts.composite = !flash_takes(*q, *k, v, mask);
  if (facts.composite && v) {
    const Dims batch(q->sizes.begin(), q->sizes.end() - 2);
    for (const TensorType* x : {q, k, v}) add_copied(*x, batch, facts);
  }
  if (mask) {
    facts.masked = true;
    if (mask->dtype == Dtype::boolean) facts.mask_elements = static_cast<double>(mask->numel());
  }
  facts.causal = flag_argument(node, "is_causal");
}

// The dimension along which memory is walked, or -1 if there is none.
int fastest_dimension(const TensorType& type) {
  int fastest = -1;
  for (size_t i = 0; i < type.sizes.size(); ++i) {
    if (type.sizes[i] == 1 || type.strides[i] == 0) continue;
    if (fastest < 0 || type.strides[i] < type.strides[static_cast<size_t>(fastest)]) fastest = static_cast<int>(i);
  }
  return fastest;
}

// A call that walks memory in another order than `x` lies in comes back to a line after all dimensions inside the fastest
// one: the share of its elements for which that exceeds a quarter of L2, in elements.
double far_elements(const TensorType& x, double l2_bytes) {
  double lines = 1;
  for (size_t i = static_cast<size_t>(fastest_dimension(x) + 1); i < x.sizes.size(); ++i) lines *= static_cast<double>(x.sizes[i]);
  return static_cast<double>(x.numel()) * beyond(lines * line_bytes, l2_bytes / 4);
}

// ATen makes a tensor of a number that stands where a tensor may (wrapped_scalar_tensor), and finds the common dtype anew: a
// microsecond, more than the loop of a small call.
int wrapped_numbers(const Node& node) {
  int count = 0;
  for (const char* name : {"self", "other"}) {
    const Argument* operand = find_argument(node, name);
    count += operand && (std::holds_alternative<double>(*operand) || std::holds_alternative<int64_t>(*operand));
  }
  return count;
}

// A vectorised loop takes two vectors at a time, and what is left behind them one by one, by the C library's functions.
void describe_loops(const TensorType& y, const std::vector<TensorType>& walked, CaseFacts& facts) {
  const InnerLoop loop = inner_loop(y.sizes, walked);
  facts.inner_loops = facts.output_elements / static_cast<double>(std::max<int64_t>(1, loop.elements));
  const double together = 2 * facts.lanes * 4 / static_cast<double>(std::max<int64_t>(1, size_bytes(y.dtype)));
  const double behind = loop.vectorized ? std::fmod(static_cast<double>(loop.elements), together) : static_cast<double>(loop.elements);
  facts.single_elements = facts.inner_loops * behind;
}

// TensorIterator walks in the first operand's order; an operand of another order is read with jumps, one element at a time.
void describe_pointwise(const Graph& graph, const Node& node, double l2_bytes, CaseFacts& facts) {
  const TensorType* ordered = nullptr;
  for_each_operand(node, [&](ValueId id) {
    const TensorType& x = graph[id].type;
    if (x.numel() < 2 || static_cast<double>(x.numel()) != facts.output_elements) return;
    if (!ordered) ordered = &x;
    const int fastest = fastest_dimension(*ordered);
    if (fastest_dimension(x) == fastest || (fastest >= 0 && x.strides[static_cast<size_t>(fastest)] == 0)) return;  // one element stays where it is
    facts.unlike = true;
    facts.far_elements = std::max(far_elements(x, l2_bytes), far_elements(*ordered, l2_bytes));
  });
  facts.wrapped_numbers = wrapped_numbers(node);
  if (node.outputs.empty() || node.outputs[0] == no_value) return;
  const TensorType& y = graph[node.outputs[0]].type;
  std::vector<TensorType> walked{y};
  for_each_operand(node, [&](ValueId id) {
    if (graph[id].type.rank() <= y.rank()) walked.push_back(graph[id].type);
  });
  describe_loops(y, walked, facts);
}

void describe_pool(const Graph& graph, const Node& node, CaseFacts& facts) {
  const TensorType* x = tensor_argument(graph, node, {"self"});
  if (!x || x->rank() < 2 || node.outputs.empty() || node.outputs[0] == no_value) return;
  const TensorType& y = graph[node.outputs[0]].type;
  const bool line = facts.name.ends_with("1d");
  const auto rows = [&](const TensorType& type) { return !line && type.rank() > 2 ? type.sizes[type.sizes.size() - 2] : 1; };
  facts.out_w = y.sizes.back();
  facts.width = x->sizes.back();
  facts.height = rows(*x);
  facts.out_h = rows(y);
  const Dims kernel = ints_argument(node, "kernel_size");
  if (kernel.empty()) {  // adaptive: the mean window
    facts.kernel_w = std::max<int64_t>(1, facts.width / std::max<int64_t>(1, facts.out_w));
    facts.kernel_h = std::max<int64_t>(1, facts.height / std::max<int64_t>(1, facts.out_h));
  } else if (line) {
    facts.kernel_w = kernel[0];
  } else {
    facts.kernel_h = at_or(kernel, 0, 1);
    facts.kernel_w = at_or(kernel, 1, facts.kernel_h);
    if (kernel.size() == 3) {  // depth joins the rows
      facts.kernel_h *= kernel[1];
      facts.kernel_w = kernel[2];
    }
  }
  for (const int64_t s : ints_argument(node, "stride")) facts.strided |= s > 1;
  facts.rows = facts.output_elements / static_cast<double>(std::max<int64_t>(1, facts.out_w));
}

// Elements of the dimensions that stay which lie one after another in memory.
int64_t kept_run(const TensorType& x, const std::vector<bool>& gone) {
  int64_t run = 1;
  for (bool longer = true; longer;) {
    longer = false;
    for (size_t i = 0; i < gone.size(); ++i) {
      if (gone[i] || x.sizes[i] <= 1 || x.strides[i] != run) continue;
      run *= x.sizes[i];
      longer = true;
    }
  }
  return run;
}

// Rows of a reduction over `dims` (empty: all), and whether those are the innermost dimensions.
void describe_reduced(const TensorType& x, Dims dims, CaseFacts& facts) {
  const int64_t rank = x.rank();
  if (dims.empty()) {
    for (int64_t i = 0; i < rank; ++i) dims.push_back(i);
  }
  int64_t reduced = 1;
  std::vector<bool> gone(static_cast<size_t>(rank), false);
  for (int64_t dim : dims) {
    if (dim < 0) dim += rank;
    if (dim < 0 || dim >= rank) continue;
    gone[static_cast<size_t>(dim)] = true;
    reduced *= x.sizes[static_cast<size_t>(dim)];
  }
  facts.rows = static_cast<double>(x.numel()) / static_cast<double>(std::max<int64_t>(1, reduced));
  // Innermost in memory, not in name: the reduced dimensions must hold the smallest strides.
  int64_t smallest_kept = INT64_MAX, largest_gone = 0;
  for (size_t i = 0; i < gone.size(); ++i) {
    if (x.sizes[i] == 1) continue;
    if (gone[i]) {
      largest_gone = std::max(largest_gone, x.strides[i]);
    } else {
      smallest_kept = std::min(smallest_kept, x.strides[i]);
    }
  }
  facts.inner_dimension = largest_gone <= smallest_kept;
  if (facts.inner_dimension) return;
  const int64_t run = kept_run(x, gone);
  facts.inner_loops = facts.rows / static_cast<double>(run);
  facts.single_elements = static_cast<double>(x.numel()) * std::fmod(static_cast<double>(run), facts.lanes) / static_cast<double>(run);
}

// ATen SoftMaxKernel.cpp: what is not contiguous is copied first. Over the last dimension rows that fill no vector are taken element by
// element, over another one what is left of the inner dimensions behind their last whole vector.
void describe_softmax(const TensorType& x, const Dims& dims, CaseFacts& facts) {
  const int64_t rank = x.rank(), given = dims.empty() ? -1 : dims[0], dim = given < 0 ? given + rank : given;
  if (dim < 0 || dim >= rank) return;
  int64_t inner = 1;
  for (int64_t i = dim + 1; i < rank; ++i) inner *= x.sizes[static_cast<size_t>(i)];
  const auto elements = static_cast<double>(x.numel()), length = static_cast<double>(std::max<int64_t>(1, x.sizes[static_cast<size_t>(dim)]));
  const double vector = facts.lanes * 4 / static_cast<double>(size_bytes(x.dtype));
  facts.rows = elements / length;
  facts.inner_dimension = inner <= 1;
  if (facts.inner_dimension) {
    facts.single_elements = length < vector ? elements : 0;
  } else {
    facts.inner_loops = facts.rows / static_cast<double>(inner);
    facts.single_elements = elements * std::fmod(static_cast<double>(inner), vector) / static_cast<double>(inner);
  }
}

void describe_rows(const Graph& graph, const Node& node, CaseFacts& facts) {
  const TensorType* x = tensor_argument(graph, node, {"input", "self"});
  if (!x || x->rank() == 0) return;
  const double elements = static_cast<double>(x->numel());
  facts.training = flag_argument(node, "training") || flag_argument(node, "use_input_stats") ||
                   flag_argument(node, "train");
  if (facts.family == OpFamily::softmax) {
    describe_softmax(*x, ints_argument(node, "dim"), facts);
  } else if (facts.name == "layer_norm" || facts.name == "native_layer_norm" || facts.name == "rms_norm") {
    double inner = 1;
    for (const int64_t size : ints_argument(node, "normalized_shape")) inner *= static_cast<double>(size);
    facts.rows = elements / std::max(1.0, inner);
    facts.inner_dimension = x->is_contiguous();
  } else if (facts.family == OpFamily::normalization) {  // batch, instance and group norm
    facts.batch = x->sizes[0];
    facts.channels = x->rank() > 1 ? x->sizes[1] : 1;
    facts.rows = static_cast<double>(facts.batch * facts.channels);
    facts.n = x->numel() / std::max<int64_t>(1, facts.batch * facts.channels);
  } else {
    describe_reduced(*x, ints_argument(node, "dim"), facts);
  }
}

void describe_copy(const Graph& graph, const Node& node, double l2_bytes, CaseFacts& facts) {
  if (node.outputs.empty() || node.outputs[0] == no_value) return;
  const TensorType& y = graph[node.outputs[0]].type;
  int64_t run = std::max<int64_t>(1, y.numel()), loop = run;
  for_each_operand(node, [&](ValueId id) {
    if (graph[id].type.numel() <= 1) return;
    const TensorType x = walked_along(y, copied_view(node, graph[id].type));
    run = std::min(run, contiguous_run(x));
    loop = std::min(loop, inner_loop_length(x));
  });
  facts.transposes = run <= 1 && y.numel() > 1;
  facts.inner_loops = facts.output_elements / static_cast<double>(std::max<int64_t>(1, loop));
  facts.runs = facts.output_elements / static_cast<double>(std::max<int64_t>(1, run));
  if (const TensorType* x = tensor_argument(graph, node, {"self"}); x && facts.transposes) facts.far_elements = far_elements(*x, l2_bytes);
  if (const Argument* list = find_argument(node, "tensors")) {
    if (const auto* tensors = std::get_if<ValueList>(list)) {
      const Dims dims = ints_argument(node, "dim");
      int64_t dim = dims.empty() ? 0 : dims[0];
      if (dim < 0) dim += y.rank();
      int64_t outer = 1;
      for (int64_t i = 0; i < dim && i < y.rank(); ++i) outer *= y.sizes[static_cast<size_t>(i)];
      int64_t each = 1;  // elements that lie together, of one tensor
      for (int64_t i = dim + (node.target.find("stack") != std::string::npos); i < y.rank(); ++i) each *= y.sizes[static_cast<size_t>(i)];
      // Single elements are woven in along the next dimension, in one loop.
      if (each == 1 && dim > 0) {
        outer /= std::max<int64_t>(1, y.sizes[static_cast<size_t>(dim - 1)]);
        facts.runs = facts.output_elements;
      }
      facts.operands = static_cast<double>(tensors->size());
      facts.segments = static_cast<double>(outer) * facts.operands;
    }
  }
}

// ATen UpSampleKernel.cpp, _use_vectorized_kernel_cond_2d: small contiguous images are copied into channels-last order and
// back. Planes, or pixels of many channels, a multiple of 2 KiB apart lie in the same sets of a cache then.
void describe_resample(const Graph& graph, const Node& node, CaseFacts& facts) {
  if ((facts.name != "upsample_nearest2d" && facts.name != "upsample_bilinear2d") || facts.channels_last) return;
  const TensorType& y = graph[node.outputs[0]].type;
  if (y.rank() != 4 || y.sizes[2] + y.sizes[3] > 128) return;
  facts.transposes = true;
  const int64_t plane_bytes = y.sizes[2] * y.sizes[3] * size_bytes(y.dtype), pixel_bytes = y.sizes[1] * size_bytes(y.dtype);
  if (plane_bytes % 4096 == 0 || pixel_bytes % 2048 == 0) facts.far_elements = facts.output_elements;
}

// Rows of sorts and selections along `dim` (the last one if not given).
void describe_sort(const Graph& graph, const Node& node, CaseFacts& facts) {
  const TensorType* x = tensor_argument(graph, node, {"self"});
  if (!x || x->rank() == 0) return;
  const Dims dims = ints_argument(node, "dim");
  describe_reduced(*x, {dims.empty() ? -1 : dims[0]}, facts);
  const Dims selected = ints_argument(node, "k");
  const double row_length = static_cast<double>(x->numel()) / std::max(1.0, facts.rows);
  const double ordered = selected.empty() ? row_length : std::min(row_length, static_cast<double>(selected[0]));
  // ATen SortingKernel.cpp, topk_impl_loop: few are kept in a heap as the row goes by, more are parted from the rest first.
  constexpr double heap_share = 64;
  if (!selected.empty() && ordered * heap_share > row_length) facts.parted_elements = facts.rows * row_length;
  facts.comparisons = facts.rows * ordered * std::log2(std::max(2.0, ordered));
}

// Elements of the dimensions behind the last one that `index` is given numbers for: they lie together in what it takes.
int64_t indexed_slice(const Graph& graph, const Node& node) {
  const TensorType* x = tensor_argument(graph, node, {"self"});
  const Argument* given = find_argument(node, "indices");
  const auto* indices = given ? std::get_if<ValueList>(given) : nullptr;
  if (!x || !indices) return 1;
  size_t behind = 0;
  for (size_t i = 0; i < indices->size(); ++i) {
    if ((*indices)[i].id != no_value) behind = i + 1;
  }
  int64_t slice = 1;
  for (size_t i = behind; i < x->sizes.size(); ++i) slice *= x->sizes[i];
  return slice;
}

// Rows of a table are read as rows of a product's weights are: those that lie in main memory are waited for.
void describe_table(const Graph& graph, const Node& node, CaseFacts& facts) {
  const TensorType* table = tensor_argument(graph, node, {"weight"});
  if (!table || table->rank() != 2) return;
  facts.n = static_cast<int64_t>(facts.rows);
  facts.k = table->sizes[1];
}

}  // namespace

void describe_call(const Graph& graph, const Node& node, const CostConditions& conditions, CaseFacts& facts) {
  switch (facts.family) {
    case OpFamily::convolution: describe_convolution(graph, node, conditions.l2_bytes, facts); break;
    case OpFamily::matmul: describe_matmul(graph, node, conditions.l2_bytes, facts); break;
    case OpFamily::attention: describe_attention(graph, node, facts); break;
    case OpFamily::pool: describe_pool(graph, node, facts); break;
    case OpFamily::normalization:
    case OpFamily::softmax:
    case OpFamily::reduction: describe_rows(graph, node, facts); break;
    case OpFamily::copy:
    case OpFamily::view: describe_copy(graph, node, conditions.l2_bytes, facts); break;
    case OpFamily::resample: describe_resample(graph, node, facts); break;
    case OpFamily::pointwise: describe_pointwise(graph, node, conditions.l2_bytes, facts); break;
    case OpFamily::recurrent: describe_recurrent(graph, node, conditions, facts); break;
    case OpFamily::sorting: describe_sort(graph, node, facts); break;
    case OpFamily::indexing:
      if (const TensorType* indices = tensor_argument(graph, node, {"indices"}); facts.name == "embedding_bag" && indices) {
        facts.rows = static_cast<double>(indices->numel());
        describe_table(graph, node, facts);
      } else if (!node.outputs.empty() && node.outputs[0] != no_value && graph[node.outputs[0]].type.rank() > 0) {
        facts.rows = facts.output_elements /
                     static_cast<double>(std::max<int64_t>(1, graph[node.outputs[0]].type.sizes.back()));
        if (facts.name == "embedding") describe_table(graph, node, facts);
        if (facts.name == "index") facts.rows = facts.output_elements / static_cast<double>(std::max<int64_t>(1, indexed_slice(graph, node)));
      }
      break;
    default: break;
  }
}

}  // namespace opgauge
