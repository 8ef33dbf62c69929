// SPDX-License-Identifier: Apache-2.0
#include "estimate/describe_rows.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "estimate/node_arguments.hpp"
#include "graph/ops/iterator.hpp"

namespace opgauge {
namespace {

// Elements of the dimensions that stay which lie one after another in memory.
int64_t kept_run(const TensorType& x, const std::vector<bool>& gone) {
  TensorType kept = x;
  for (size_t i = 0; i < gone.size(); ++i) {
    if (gone[i]) kept.sizes[i] = 1;
  }
  const InnerLoop loop = inner_loop(kept.sizes, {kept});
  return loop.vectorized ? loop.elements : 1;
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
  const double vector = vector_elements(facts, x.dtype);
  facts.rows = elements / length;
  facts.inner_dimension = inner <= 1;
  if (facts.inner_dimension) {
    facts.single_elements = length < vector ? elements : 0;
  } else {
    facts.inner_loops = facts.rows / static_cast<double>(inner);
    facts.single_elements = elements * std::fmod(static_cast<double>(inner), vector) / static_cast<double>(inner);
  }
}

}  // namespace

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

}  // namespace opgauge
