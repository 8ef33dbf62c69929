// SPDX-License-Identifier: Apache-2.0
// Rules for composite ops, written once as what eager execution does step by step. Shapes,
// aliasing, work and private memory all follow from the same steps: a temporary lives as long as
// the C++ value that stands for it.
//
//   eager::Tensors linear(eager::Run& run) {
//     eager::Tensor x = run.operand("input"), w = run.operand("weight");
//     return {eager::mm(run, x, run.transpose(w, 0, 1))};
//   }
//   eager::row<linear>("aten::linear(...) -> Tensor", OpFamily::matmul)
#pragma once

#include <initializer_list>
#include <memory>
#include <vector>

#include "graph/op_table.hpp"
#include "graph/ops/iterator.hpp"
#include "graph/ops/strides.hpp"

namespace opgauge::eager {

struct Ledger {
  int64_t live_bytes = 0, peak_bytes = 0;
};

// A storage: an operand's, or one allocated during the run and given back with its last tensor.
struct AllocatorBlock {
  ValueId operand = no_value;
  int64_t bytes = 0;
  Ledger* ledger = nullptr;
  AllocatorBlock() = default;
  AllocatorBlock(const AllocatorBlock&) = delete;
  ~AllocatorBlock() {
    if (ledger) ledger->live_bytes -= bytes;
  }
};

struct Tensor {
  TensorType type;
  std::shared_ptr<AllocatorBlock> block;  // nullptr: None
  bool defined() const { return block != nullptr; }
  int64_t numel() const { return type.numel(); }
  int64_t bytes() const { return type.bytes(); }
  int64_t rank() const { return type.rank(); }
  // -1 is the last dimension.
  int64_t size(int64_t dim) const {
    return type.sizes[static_cast<size_t>(dim < 0 ? dim + rank() : dim)];
  }
  int64_t stride(int64_t dim) const {
    return type.strides[static_cast<size_t>(dim < 0 ? dim + rank() : dim)];
  }
  Dtype dtype() const { return type.dtype; }
};
using Tensors = std::vector<Tensor>;

class Run {
 public:
  explicit Run(const Call& call_in) : call(call_in) {}

  const Call& call;
  Work work;
  Ledger ledger;

  // Among the steps, as kernels see them: the batched product of most multiply-adds, and elements copied for products, of these those
  // that are no neighbours in what is read.
  struct Product {
    int64_t count = 0, m = 0, n = 0, k = 0;
  };
  Product largest_product;
  int64_t copied_elements = 0, gathered_elements = 0;

  Tensor operand(std::string_view name);  // undefined for None
  Tensors operands(std::string_view name);

  Tensor empty(TensorType type);
  Tensor empty(Dtype dtype, Dims sizes) { return empty(TensorType(dtype, std::move(sizes))); }
  // Memory of no particular shape.
  Tensor scratch(int64_t bytes) { return empty(Dtype::u8, {bytes}); }

  // Views: no work, the same storage.
  Tensor view(const Tensor& x, TensorType type) const { return {std::move(type), x.block}; }
  Tensor transpose(const Tensor& x, int64_t a, int64_t b) const;
  Tensor permute(const Tensor& x, const Dims& order) const {
    return view(x, permuted(x.type, order));
  }
  Tensor expand(const Tensor& x, const Dims& sizes) const {
    return view(x, expanded(call, x.type, sizes));
  }
  Tensor unsqueeze(const Tensor& x, int64_t dim) const;
  Tensor squeeze(const Tensor& x, int64_t dim) const;  // as it is unless that size is 1
  Tensor select(const Tensor& x, int64_t dim, int64_t at) const {
    return view(x, selected(x.type, dim, at));
  }
  Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length) const;
  Tensor view_sizes(const Tensor& x,
                    const Dims& sizes) const;  // throws Error where a copy would be needed

  // A view where strides allow it, else a contiguous copy.
  Tensor reshape(const Tensor& x, const Dims& sizes);
  Tensor contiguous(const Tensor& x, MemoryFormat format = MemoryFormat::contiguous);
  Tensor clone(const Tensor& x, MemoryFormat format = MemoryFormat::preserve);
  Tensor to(const Tensor& x, Dtype dtype);  // x itself if it is of that dtype
  void copy(const Tensor& to, const Tensor& from);
  // A copy of so many bytes in a library's own layout; x itself for 0.
  Tensor reorder(const Tensor& x, int64_t bytes);
  void fill(const Tensor& x) { write(x); }

  // Elementwise through TensorIterator.
  Tensor pointwise(std::initializer_list<Tensor> inputs, int64_t ops_per_element,
                   Promotion promotion = Promotion::common);
  void in_place(const Tensor& x, std::initializer_list<Tensor> others, int64_t ops_per_element);
  // The same with a number: it becomes an f64 tensor, and one of x's dtype.
  Tensor pointwise_number(const Tensor& x, int64_t ops_per_element);
  void in_place_number(const Tensor& x, int64_t ops_per_element);

  // What a kernel moves and computes.
  void read(const Tensor& x) {
    if (x.defined()) work.read_bytes += touched_bytes(x.type);
  }
  void write(const Tensor& x) { work.write_bytes += touched_bytes(x.type); }

  // Equal calls one after the other: `steps` runs once, its work counts `times` times.
  template <class Steps>
  void repeat(int64_t times, Steps&& steps) {
    if (times < 1) return;
    const Work before = work;
    steps();
    multiply_since(before, times);
  }

  Error error(std::string_view message) const { return call.error(message); }

 private:
  void multiply_since(const Work& before, int64_t times);
};

using Steps = Tensors (*)(Run&);

std::vector<Result> results_of(const Run& run, const Tensors& tensors);

template <Steps steps>
std::vector<Result> infer(const Call& call) {
  Run run(call);
  return results_of(run, steps(run));
}
template <Steps steps>
Work work(const Call& call) {
  Run run(call);
  steps(run);
  return run.work;
}
template <Steps steps>
int64_t scratch_bytes(const Call& call) {
  Run run(call);
  const Tensors kept = steps(run);
  return run.ledger.peak_bytes - run.ledger.live_bytes;
}

template <Steps steps>
OpRow row(std::string_view schema, OpFamily family) {
  return {schema, family, infer<steps>, work<steps>, scratch_bytes<steps>};
}

}  // namespace opgauge::eager
