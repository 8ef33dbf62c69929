// SPDX-License-Identifier: Apache-2.0
#include "estimate/describe_call.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "estimate/describe_convolution.hpp"
#include "estimate/describe_product.hpp"
#include "estimate/describe_recurrent.hpp"
#include "estimate/describe_rows.hpp"
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
  const double together = 2 * vector_elements(facts, y.dtype);
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
    case OpFamily::recurrent: describe_recurrent(graph, node, conditions.l2_bytes, facts); break;
    case OpFamily::sorting: describe_sort(graph, node, facts); break;
    case OpFamily::indexing:
      if (const TensorType* indices = tensor_argument(graph, node, {"indices"}); facts.name == "embedding_bag" && indices) {
        facts.rows = static_cast<double>(indices->numel());
        describe_table(graph, node, facts);
      } else if (!node.outputs.empty() && node.outputs[0] != no_value && graph[node.outputs[0]].type.rank() > 0) {
        facts.rows = facts.output_elements /
                     static_cast<double>(std::max<int64_t>(1, graph[node.outputs[0]].type.sizes.back()));
        if (facts.name == "embedding") describe_table(graph, node, facts);
        if (const TensorType* index = tensor_argument(graph, node, {"index"}); facts.name == "index_add" && index) facts.rows = static_cast<double>(index->numel());
        if (facts.name == "index") facts.rows = facts.output_elements / static_cast<double>(std::max<int64_t>(1, indexed_slice(graph, node)));
      }
      break;
    default: break;
  }
}

}  // namespace opgauge
