// SPDX-License-Identifier: Apache-2.0
#include "estimate/describe_product.hpp"

#include <algorithm>

#include "estimate/node_arguments.hpp"
#include "graph/ops/einsum.hpp"

namespace opgauge {
namespace {

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

}  // namespace

void describe_matmul(const Graph& graph, const Node& node, double l2_bytes, CaseFacts& facts) {
  if (facts.name == "einsum") {
    const EinsumSteps steps = einsum_steps(Call(graph, node));
    facts.products = steps.products, facts.m = steps.m, facts.n = steps.n, facts.k = steps.k;
    facts.copied_bytes = static_cast<double>(steps.copied_elements * size_bytes(facts.dtype));
    facts.gathered_elements = static_cast<double>(steps.gathered_elements);
    return;
  }
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

}  // namespace opgauge
