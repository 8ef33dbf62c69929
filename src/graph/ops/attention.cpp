// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention as LibTorch runs it on a CPU: blocked ("flash") where shapes and
// strides allow, else its steps one after the other. Both count the whole score matrix, also where
// a causal mask hides half of it.
//
// Other ops a score: 6 (scale, and the 5 of softmax), 1 more with a mask. Private memory is for 1
// thread; every further thread adds a buffer of blocks.
#include <algorithm>
#include <tuple>

#include "graph/ops/products.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

bool is_half(Dtype dtype) { return dtype == Dtype::bf16 || dtype == Dtype::f16; }

struct Attention {
  Tensor query, key, value, mask;
  double dropout = 0;
  bool causal = false, grouped = false;
};

void check(const Run& run, const Attention& a) {
  for (const Tensor* one : {&a.query, &a.key, &a.value}) {
    if (one->rank() < 2) throw run.error("expected query, key and value of rank 2 or more");
    if (one->rank() != a.query.rank()) throw run.error("query, key and value have different ranks");
    if (one->dtype() != a.query.dtype())
      throw run.error("query, key and value have different dtypes");
  }
  if (!is_floating(a.query.dtype())) throw run.error("expected a floating dtype");
  if (a.query.size(-1) != a.key.size(-1) || a.key.size(-2) != a.value.size(-2)) {
    throw run.error("the sizes of query, key and value do not fit");
  }
  if (a.query.numel() == 0 || a.key.numel() == 0 || a.value.numel() == 0) {
    throw run.error("found an empty query, key or value");
  }
  if (a.mask.defined() && a.causal) throw run.error("found both attn_mask and is_causal");
  if (a.mask.defined() && a.mask.rank() < 2)
    throw run.error("expected attn_mask of rank 2 or more");
  if (!(a.dropout >= 0 && a.dropout <= 1))
    throw run.error("found dropout_p " + std::to_string(a.dropout));
}

bool mask_fits_blocks(const Attention& a) {
  if (!a.mask.defined()) return true;
  const auto fits = [&](int64_t dim, int64_t size) {
    return a.mask.size(dim) == size || a.mask.size(dim) == 1;
  };
  if (!fits(-2, a.query.size(2)) || !fits(-1, a.key.size(2))) return false;
  return a.mask.rank() == 2 ||
         (a.mask.rank() == 4 && fits(0, a.query.size(0)) && fits(1, a.query.size(1)));
}

bool runs_blocked(const Attention& a) {
  if (a.query.rank() != 4 || a.dropout > 0 || !mask_fits_blocks(a)) return false;
  const int64_t heads = a.query.size(1);
  for (const Tensor* one : {&a.query, &a.key, &a.value}) {
    if (one->stride(-1) != 1 || one->size(-1) != a.query.size(-1) ||
        one->size(0) != a.query.size(0))
      return false;
    if (one->size(1) != heads && !(a.grouped && heads % one->size(1) == 0)) return false;
  }
  return a.key.size(1) == a.value.size(1);
}

// Output and the logarithm of each row's sum.
Tensors blocked(Run& run, const Attention& a) {
  const int64_t batch = a.query.size(0), heads = a.query.size(1), rows = a.query.size(2),
                width = a.query.size(3);
  const int64_t columns = a.key.size(2);
  const Dtype sums = a.query.dtype() == Dtype::f64 ? Dtype::f64 : Dtype::f32;
  const Tensor turned = run.transpose(a.query, 1, 2);
  const Tensor y =
      run.transpose(run.empty(like(turned.type, turned.dtype(), MemoryFormat::preserve)), 1, 2);
  const Tensor logs = run.transpose(run.empty(sums, {batch, rows, heads}), 1, 2);
  {
    const bool strided_mask = a.mask.defined() && a.mask.size(-1) != 1 && a.mask.stride(-1) != 1;
    const Tensor mask = strided_mask ? run.contiguous(a.mask) : a.mask;
    const int64_t row_block = std::min<int64_t>(rows, rows >= 768 ? 256 : rows >= 192 ? 64 : 32);
    const int64_t column_block = std::min<int64_t>(columns, 512);
    const Tensor buffer = run.empty(sums, {row_block * (column_block + 2 + width)});
    const Tensor reduced =
        run.empty(a.query.dtype(), {is_half(a.query.dtype()) ? row_block * column_block : 0});
    for (const Tensor* one : {&a.query, &a.key, &a.value, &mask}) run.read(*one);
    run.write(y);
    run.write(logs);
  }
  const int64_t scores = product({batch, heads, rows, columns});
  run.work.macs += product({scores, 2 * width});
  run.work.other_ops += (6 + a.mask.defined()) * scores;
  return {y, logs};
}

// A mask of booleans as numbers to add.
Tensor additive_mask(Run& run, const Tensor& mask, Dtype dtype) {
  if (mask.dtype() != Dtype::boolean) return mask;
  const Tensor zero = run.scratch(size_bytes(dtype)), infinity = run.scratch(size_bytes(dtype));
  Tensor sum = run.empty(like(mask.type, dtype, MemoryFormat::preserve));
  run.read(mask);
  run.write(sum);
  return sum;
}

Tensor grouped_heads(Run& run, const Tensor& x, int64_t heads) {
  if (x.rank() < 3 || heads % x.size(-3) != 0)
    throw run.error("the query's heads are no multiple of the key's");
  const int64_t repeats = heads / x.size(-3);
  if (repeats == 1) return x;
  const Tensor wide = run.unsqueeze(x, x.rank() - 2);
  Dims sizes = wide.type.sizes;
  sizes[sizes.size() - 3] = repeats;
  const Tensor copy = run.clone(run.expand(wide, sizes), MemoryFormat::contiguous);
  Dims flat = x.type.sizes;
  flat[flat.size() - 3] = heads;
  return run.view_sizes(copy, flat);
}

// Softmax that gives 0 where a whole row is masked out.
Tensor safe_softmax(Run& run, const Tensor& scores) {
  const Tensor input = run.contiguous(scores);
  const Tensor y = run.empty(scores.dtype(), scores.type.sizes);
  run.read(input);
  run.write(y);
  run.work.other_ops += 5 * y.numel();
  const Tensor infinite = run.empty(like(scores.type, Dtype::boolean, MemoryFormat::preserve));
  Dims sizes = scores.type.sizes;
  sizes.back() = 1;
  const Tensor empty_rows = run.empty(Dtype::boolean, sizes),
               zero = run.scratch(size_bytes(y.dtype()));
  run.read(scores);
  run.write(infinite);
  run.read(infinite);
  run.write(empty_rows);
  run.read(y);
  run.write(y);
  return y;
}

Tensor step_by_step(Run& run, const Attention& a) {
  const bool half = is_half(a.query.dtype());
  const Dtype dtype = half ? Dtype::f32 : a.query.dtype();
  const Tensor query = run.to(a.query, dtype);
  const Tensor wide_key = run.to(a.key, dtype), wide_value = run.to(a.value, dtype);
  Tensor key = wide_key, value = wide_value;
  Tensor mask = a.mask;
  const Tensor scaled = run.pointwise_number(query, 1);
  if (a.causal) {
    Tensor lower;
    {
      const Tensor ones = run.empty(Dtype::boolean, {a.query.size(-2), a.key.size(-2)});
      run.fill(ones);
      lower = run.empty(ones.type);
      run.copy(lower, ones);
    }
    mask = additive_mask(run, lower, dtype);
  }
  if (a.grouped) {
    if (a.query.rank() < 3) throw run.error("expected rank 3 or more where enable_gqa is True");
    key = grouped_heads(run, key, a.query.size(-3));
    value = grouped_heads(run, value, a.query.size(-3));
  }
  Tensor scores = eager::matmul(run, scaled, run.transpose(run.pointwise_number(key, 1), -2, -1));
  if (mask.defined()) run.in_place(scores, {mask}, 1);
  scores = safe_softmax(run, scores);
  if (a.dropout > 0) {
    const Tensor keep = run.empty(scores.type);
    run.fill(keep);
    run.in_place_number(keep, 1);
    scores = run.pointwise({scores, keep}, 1);
  }
  const Tensor rounded = run.to(scores, a.query.dtype());
  return run.to(eager::matmul(run, scores, value), a.query.dtype());
}

Attention attention_of(Run& run) {
  Attention a{run.operand("query"), run.operand("key"), run.operand("value"),
              run.operand("attn_mask")};
  a.dropout = run.call.number("dropout_p");
  a.causal = run.call.flag("is_causal");
  return a;
}

Tensors attention(Run& run) {
  Attention a = attention_of(run);
  a.grouped = run.call.flag("enable_gqa");
  check(run, a);
  if (a.mask.defined()) a.mask = additive_mask(run, a.mask, a.query.dtype());
  if (runs_blocked(a)) return {blocked(run, a)[0]};
  return {step_by_step(run, a)};
}

Tensors flash_attention(Run& run) {
  Attention a = attention_of(run);
  a.grouped = true;
  check(run, a);
  if (a.mask.defined() && a.mask.dtype() != a.query.dtype() && a.mask.dtype() != Dtype::f32) {
    throw run.error("found attn_mask of another dtype than query");
  }
  if (!runs_blocked(a)) throw run.error("shapes or strides are not ones that this kernel takes");
  return blocked(run, a);
}

constexpr OpFamily family = OpFamily::attention;
const OpRow rows[] = {
    eager::row<attention>("aten::scaled_dot_product_attention(Tensor query, Tensor key, Tensor "
                          "value, Tensor? attn_mask=None, float "
                          "dropout_p=0., bool is_causal=False, *, float? scale=None, bool "
                          "enable_gqa=False) -> Tensor",
                          family),
    eager::row<flash_attention>("aten::_scaled_dot_product_flash_attention_for_cpu(Tensor query, "
                                "Tensor key, Tensor value, float "
                                "dropout_p=0., bool is_causal=False, *, Tensor? attn_mask=None, "
                                "float? scale=None) -> (Tensor output, Tensor "
                                "logsumexp)",
                                family),
};

}  // namespace

std::span<const OpRow> attention_rows() { return rows; }

}  // namespace opgauge
