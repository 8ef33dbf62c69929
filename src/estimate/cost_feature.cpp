// SPDX-License-Identifier: Apache-2.0
// The table of features. Vector kernels work on whole registers (16 f32 lanes with AVX-512, 8 with AVX2) and on channels
// padded to them, which is why FLOPs stand here as the kernel executes them, not as the model needs them.
#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.hpp"
#include "estimate/cost_class.hpp"

namespace opgauge {
namespace {

double to(int64_t value) { return static_cast<double>(value); }
double up(double value, double multiple) { return std::ceil(value / multiple) * multiple; }
// What is left of `count` behind its last whole vector.
double rest(int64_t count, const CaseFacts& f) { return std::fmod(to(count), f.lanes); }
// Of a transposed convolution each of its input's pixels meets all taps.
double pixels(const CaseFacts& f) { return to(f.batch) * to(f.transposed ? f.height * f.width : f.out_h * f.out_w); }
double padded_out(const CaseFacts& f) { return up(to(f.out_channels), f.lanes); }
double padded_in(const CaseFacts& f) {
  return f.channels > 4 ? up(to(f.channels), f.lanes) : to(f.channels);
}
double kernel(const CaseFacts& f) { return to(f.kernel_h * f.kernel_w) * f.tap_share; }
// FLOPs of a blocked convolution: channels padded to a vector on both sides (the first layer's 1..4 channels are not).
double blocked_flops(const CaseFacts& f) {
  return 2 * pixels(f) * padded_out(f) * padded_in(f) * kernel(f);
}
// Of one with half a vector of output channels at most: half a vector takes as long as a whole one, and input channels need fill half of one only.
double half_blocked_flops(const CaseFacts& f) {
  return 2 * pixels(f) * padded_out(f) * up(to(f.channels), f.lanes / 2) * kernel(f);
}
// How oneDNN's direct kernels share the registers: so many blocks of output channels by so many pixels of a row.
struct RegisterTile {
  int64_t blocks = 1, pixels = 1;
};
// jit_avx512_common_conv_kernel.cpp, init_conf: one block by up to 28 pixels, which multiply as they are read from memory, for wide
// kernels, narrow images and single images of few channels; else as many blocks as divide their number, up to five.
bool one_block_at_once(const CaseFacts& f) {
  if (f.kernel_w > 3) return true;
  if (f.batch == 1 && (f.out_w <= 28 || f.channels <= 3 || (f.out_w <= 147 && f.out_channels / f.groups <= 96))) return true;
  if (f.kernel_w < 3 || f.out_w > 28 || (f.out_w == 13 && f.channels >= 192) || (f.out_w == 28 && f.channels >= 512)) return false;
  return !f.strided || (f.batch <= 16 && (f.out_channels / f.groups <= 192 || f.out_h <= 10));
}
// AVX2 and channels-last kernels: up to four blocks (jit_avx2_conv_kernel_f32.cpp, nb_oc_blocking); how many pixels is not followed.
RegisterTile register_tile(const CaseFacts& f) {
  const auto lanes = static_cast<int64_t>(f.lanes);
  const bool avx512 = lanes >= 16 && !f.channels_last && !f.transposed;
  if (avx512 && one_block_at_once(f)) return {1, 28};
  const int64_t blocks = (f.out_channels / f.groups + lanes - 1) / lanes;
  int64_t together = avx512 ? 5 : 4;
  while (together > 1 && blocks % together != 0) --together;
  return {together, avx512 ? 31 / (together + 1) : 28};
}
// Fewer blocks leave the multiply-add units waiting for what is read.
double register_blocks(const CaseFacts& f) { return to(register_tile(f).blocks); }
// Two multiply-adds are begun a cycle and take four: of fewer than eight sums in registers, as at the end of a row or in images a few
// pixels wide, each waits for the one before. FLOPs that could have been done meanwhile.
double waiting_flops(const CaseFacts& f) {
  constexpr int64_t enough_sums = 8;
  if (f.lanes < 16 || f.channels_last || f.out_w <= 0) return 0;
  const RegisterTile tile = register_tile(f);
  const int64_t pixels = std::min(f.out_w, tile.pixels), enough = (enough_sums + tile.blocks - 1) / tile.blocks, behind = f.out_w % pixels;
  const int64_t spent = f.out_w / pixels * std::max(pixels, enough) + (behind > 0 ? std::max(behind, enough) : 0);
  return blocked_flops(f) * (to(spent) / to(f.out_w) - 1);
}
double group_block(const CaseFacts& f) {
  const int64_t in = f.channels / f.groups, out = f.out_channels / f.groups;
  for (int64_t block = static_cast<int64_t>(f.lanes); block > 1; block /= 2) {
    if (in % block == 0 && out % block == 0) return to(block);
  }
  return 1;
}

// MKL's gemm keeps tiles of 16 columns by 4 rows in registers. What is left of a matrix behind its last whole tile is taken in
// strips of 8, 4, 2 and 1, each of which takes nearly as long as a whole tile (measured: 0.86 with AVX-512, 0.75 with AVX2, by
// columns; 0.82 by rows): 15 columns are four strips, 63 columns take half as long again as 64. Its kernels for Intel's AVX-512 take
// what is left of 16 columns as one masked vector, and any number of rows (docs/model.md).
constexpr uint64_t tile_columns = 16, tile_rows = 4;
constexpr double strip = 0.85;
double in_strips(int64_t count, uint64_t tile) {
  const auto whole = static_cast<uint64_t>(std::max<int64_t>(count, 0));
  return static_cast<double>(tile) * (static_cast<double>(whole / tile) + strip * std::popcount(whole % tile));
}
double tiled_pairs(BlasTiles tiles, int64_t rows, int64_t columns) {
  if (tiles == BlasTiles::vectors) return to(rows) * up(to(columns), tile_columns);
  return in_strips(rows, tile_rows) * in_strips(columns, tile_columns);
}
double right_bytes(const CaseFacts& f) { return to(f.products) * to(f.n) * to(f.k) * to(size_bytes(f.dtype)); }
// Of four rows and more the matrix is copied; so it is from 16 rows on where the BLAS cuts by vectors.
double aliased_bytes(const CaseFacts& f) { return f.m >= int64_t{tile_rows} && packs(f) ? aliased_share(f) * right_bytes(f) : 0.0; }
bool copied_narrow(const CaseFacts& f) { return f.blas_tiles == BlasTiles::vectors && narrow_columns(f); }
// Results of a product as the BLAS computes them. In ATen's own convolutions an image's pixels are the columns, in channels-last
// order the rows; a transposed one makes all taps of an input's pixels.
double blas_results(const CaseFacts& f) {
  if (f.family != OpFamily::convolution) return to(f.products) * tiled_pairs(f.blas_tiles, f.m, f.n);
  if (f.transposed) return to(f.batch * f.groups) * tiled_pairs(f.blas_tiles, f.out_channels / f.groups * f.kernel_h * f.kernel_w, f.height * f.width);
  const int64_t of_image = f.out_h * f.out_w;
  return to(f.batch * f.groups) * (f.channels_last ? tiled_pairs(f.blas_tiles, of_image, f.n) : tiled_pairs(f.blas_tiles, f.n, of_image));
}

// ATen/native/cpu/FlashAttentionKernel.cpp: queries are taken in blocks of 32, 64 (from 192 queries) or 256 (from 768);
// a causal block visits the keys up to its last query.
int64_t query_block(const CaseFacts& f) { return f.m >= 768 ? 256 : f.m >= 192 ? 64 : 32; }
// Sum of `of(queries, keys)` over the blocks of all heads.
template <class Of>
double over_query_blocks(const CaseFacts& f, Of of) {
  const int64_t m = std::max<int64_t>(1, f.m), n = std::max<int64_t>(1, f.n);
  double sum = 0;
  for (int64_t from = 0; from < m; from += query_block(f)) {
    const int64_t rows = std::min(query_block(f), m - from);
    sum += of(rows, f.causal ? std::min(n, from + rows) : n);
  }
  return to(f.products) * sum;
}
double attention_pairs(const CaseFacts& f) {
  return over_query_blocks(f, [](int64_t queries, int64_t keys) { return to(queries) * to(keys); });
}
// Queries by keys, then queries by the elements of a head.
double attention_block_flops(const CaseFacts& f) {
  return 2 * over_query_blocks(f, [&](int64_t queries, int64_t keys) {
    return to(f.k) * tiled_pairs(f.blas_tiles, queries, keys) + to(keys) * tiled_pairs(f.blas_tiles, queries, f.k);
  });
}
double query_blocks(const CaseFacts& f) { return over_query_blocks(f, [](int64_t, int64_t) { return 1.0; }); }

const CostFeature features[] = {
    {"call", "call", "one call", [](const CaseFacts&) { return 1.0; }},
    {"cold_code", "call", "how far the kernel's code was forgotten since its last call",
     [](const CaseFacts& f) { return f.cold_code; }},
    {"cold_primitive", "call", "how far oneDNN's kernel and its description for this very shape were forgotten since their last call",
     [](const CaseFacts& f) { return f.cold_primitive; }},
    {"wrapped_numbers", "call", "numbers of a pointwise call that are made tensors first", [](const CaseFacts& f) { return to(f.wrapped_numbers); }},
    {"cold_weight_rows", "row", "rows of weights in a model larger than L3",
     [](const CaseFacts& f) { return f.cold_weight_rows; }, true},
    {"flops", "FLOP", "2 x MACs, or other arithmetic", [](const CaseFacts& f) { return f.flops; }},
    {"bytes", "byte", "everything read and written",
     [](const CaseFacts& f) { return f.is_view ? 0.0 : f.input_bytes + f.weight_bytes + f.output_bytes; }},
    {"input_bytes", "byte", "activations read", [](const CaseFacts& f) { return f.input_bytes; }},
    {"weight_bytes", "byte", "parameters read", [](const CaseFacts& f) { return f.weight_bytes; }},
    {"output_bytes", "byte", "results written", [](const CaseFacts& f) { return f.output_bytes; }},
    {"fresh_bytes", "byte", "results in new memory", [](const CaseFacts& f) { return f.fresh_bytes; }},
    {"cold_input_bytes", "byte", "activations last touched beyond L2",
     [](const CaseFacts& f) { return f.cold_input_bytes; }, true},
    {"cold_output_bytes", "byte", "results written to memory last touched beyond L3",
     [](const CaseFacts& f) { return f.cold_output_bytes; }, true},
    {"cold_weight_l2_bytes", "byte", "parameters of a model larger than L2",
     [](const CaseFacts& f) { return f.cold_weight_l2_bytes; }},
    {"cold_weight_l3_bytes", "byte", "parameters of a model larger than L3",
     [](const CaseFacts& f) { return f.cold_weight_l3_bytes; }, true},
    {"beyond_l2_bytes", "byte", "activations of a call larger than L2",
     [](const CaseFacts& f) { return f.beyond_l2_bytes; }},
    {"beyond_l3_bytes", "byte", "activations of a call larger than L3",
     [](const CaseFacts& f) { return f.beyond_l3_bytes; }, true},
    {"strided_bytes", "byte", "operands that are not contiguous",
     [](const CaseFacts& f) { return f.strided_bytes; }},
    {"far_elements", "element", "elements read or copied with jumps by a call that comes back to a cache line after a quarter of L2, or by planes a multiple of 4 KiB apart",
     [](const CaseFacts& f) { return f.far_elements; }},
    {"broadcast_bytes", "byte", "results with a broadcast operand",
     [](const CaseFacts& f) { return f.broadcast_bytes; }},
    {"strided_operands", "call", "1 if an operand is not contiguous", [](const CaseFacts& f) { return f.dense_operands ? 0.0 : 1.0; }},
    {"means", "call", "1 for a mean: its sum is divided in a call of its own", [](const CaseFacts& f) { return f.name == "mean" ? 1.0 : 0.0; }},
    {"output_elements", "element", "elements written", [](const CaseFacts& f) { return f.output_elements; }},
    {"rows", "row", "independent rows", [](const CaseFacts& f) { return f.rows; }},
    {"row_vectors", "vector", "rows x vectors a row, rounded up",
     [](const CaseFacts& f) { return f.rows * std::ceil(f.row_length / f.lanes); }},
    {"row_tails", "element", "rows x elements behind the last whole vector",
     [](const CaseFacts& f) { return f.rows * std::fmod(f.row_length, f.lanes); }},
    {"comparisons", "comparison", "rows x elements brought in order x log2 of them",
     [](const CaseFacts& f) { return f.comparisons; }},
    {"parted_elements", "element", "elements of rows that are parted into what is selected, more than a 64th, and the rest",
     [](const CaseFacts& f) { return f.parted_elements; }},
    {"inner_loops", "loop", "stretches of the result that are filled in equal steps, behind the first", [](const CaseFacts& f) { return std::max(0.0, f.inner_loops - 1); }},
    {"single_elements", "element", "elements that fill no vector and are computed one by one", [](const CaseFacts& f) { return f.single_elements; }},
    {"unforeseen_elements", "element", "elements chosen by a mask that hangs on the model's real numbers: which branch is taken cannot be foreseen",
     [](const CaseFacts& f) { return f.unforeseen_elements; }},
    {"runs", "run", "contiguous runs of a copy", [](const CaseFacts& f) { return f.runs; }},
    {"segments", "segment", "pieces of a concatenation", [](const CaseFacts& f) { return f.segments; }},
    {"operands", "operand", "tensors in the list, or results", [](const CaseFacts& f) { return f.operands; }},
    {"steps", "step", "time steps x layers x directions", [](const CaseFacts& f) { return f.steps; }},
    {"step_weight_bytes", "byte", "steps x weights that are read again at each step: the hidden state's, and of oneDNN's LSTM of two rows and more the inputs' too",
     [](const CaseFacts& f) { return f.step_weight_bytes; }},
    {"batched_step_weight_bytes", "byte", "the same of batches of two and more: a product instead of a matrix times a vector",
     [](const CaseFacts& f) { return f.m > 1 ? f.step_weight_bytes : 0.0; }},
    {"two_row_step_weight_bytes", "byte", "the same of batches of two and three: the BLAS streams weights slowly for so few rows",
     [](const CaseFacts& f) { return f.m == 2 || f.m == 3 ? f.step_weight_bytes : 0.0; }},
    {"cold_step_weight_bytes", "byte", "of these, what does not stay in L2 from step to step", [](const CaseFacts& f) { return f.cold_step_weight_bytes; }},
    {"batched_steps", "step", "steps of batches of two and more", [](const CaseFacts& f) { return f.m > 1 ? f.steps : 0.0; }},
    {"step_flops", "FLOP", "products that are done step by step: with the hidden state, and by oneDNN's LSTM of two rows and more with the inputs", [](const CaseFacts& f) { return f.step_flops; }},
    {"input_flops", "FLOP", "products with the inputs, where they are done for all steps together", [](const CaseFacts& f) { return f.flops - f.step_flops; }},
    {"gate_elements", "element", "steps x batch x hidden size x gates", [](const CaseFacts& f) { return f.gate_elements; }},

    // Matrix products [m,k] x [k,n].
    {"result_bytes", "byte", "products x m x n elements",
     [](const CaseFacts& f) { return to(f.products) * to(f.m) * to(f.n) * to(size_bytes(f.dtype)); }},
    {"left_bytes", "byte", "products x m x k elements",
     [](const CaseFacts& f) { return to(f.products) * to(f.m) * to(f.k) * to(size_bytes(f.dtype)); }},
    {"right_bytes", "byte", "products x n x k elements", right_bytes},
    {"blas_flops", "FLOP", "FLOPs of a product as the BLAS executes them: tiles of 16 columns by 4 rows and strips of what is left, or whole vectors of columns",
     [](const CaseFacts& f) { return 2 * blas_results(f) * to(f.transposed ? f.channels / f.groups : f.k); }},
    {"odd_flops", "FLOP", "FLOPs of products whose result rows start unaligned: n no multiple of 4",
     [](const CaseFacts& f) { return f.n % 4 != 0 ? f.flops : 0.0; }},
    {"aliased_bytes", "byte", "right_bytes of products whose matrix is copied, where its rows lie a multiple of 4 KiB apart, and so in the same sets of a cache; where the BLAS cuts by strips, weights from memory are waited for anyway", aliased_bytes},
    {"narrow_aliased_bytes", "byte", "of these, of 33 to 191 columns where the BLAS cuts by vectors: copied element by element",
     [](const CaseFacts& f) { return copied_narrow(f) ? aliased_bytes(f) : 0.0; }},
    {"repeated_weight_bytes", "byte", "matrices that are read again by each further block of three rows of less than 16, where the BLAS cuts by vectors",
     [](const CaseFacts& f) { return f.repeated_bytes; }},
    {"beyond_l2_repeated_weight_bytes", "byte", "the same of matrices larger than L2", [](const CaseFacts& f) { return f.repeated_l2_bytes; }},
    {"beyond_l3_repeated_weight_bytes", "byte", "the same of matrices larger than L3", [](const CaseFacts& f) { return f.repeated_l3_bytes; }, true},
    {"copied_bytes", "byte", "operands of batched products copied into one batch", [](const CaseFacts& f) { return f.copied_bytes; }},
    {"gathered_elements", "element", "of what is copied before a kernel or, by deconvolutions, after it, elements that are no neighbours in a row",
     [](const CaseFacts& f) { return f.gathered_elements; }},
    {"far_right_bytes", "byte", "products x a matrix that they all read, and that does not stay in L2", [](const CaseFacts& f) { return f.far_right_bytes; }},
    {"products", "product", "independent products", [](const CaseFacts& f) { return to(f.products); }},
    {"attention_flops", "FLOP", "4 x heads x pairs of query and key in visited blocks x head size",
     [](const CaseFacts& f) { return 4 * attention_pairs(f) * to(f.k); }},
    {"attention_block_flops", "FLOP", "the same as the BLAS executes them: tiles of each block's queries by keys, then by a head's elements", attention_block_flops},
    {"query_blocks", "block", "heads x blocks of queries, two products each", query_blocks},
    {"block_key_bytes", "byte", "blocks of queries x keys, which each block's products pack again",
     [](const CaseFacts& f) { return query_blocks(f) * to(f.n) * to(f.k) * to(size_bytes(f.dtype)); }},
    {"attention_tail_scores", "element", "of these, with keys behind the last whole vector: their exponentials are taken one by one",
     [](const CaseFacts& f) { return attention_pairs(f) * rest(f.n, f) / std::max(1.0, to(f.n)); }},
    {"attention_scores", "element", "pairs of query and key in visited blocks: exponentials",
     [](const CaseFacts& f) { return attention_pairs(f); }},
    {"masked_scores", "element", "the same under a mask",
     [](const CaseFacts& f) { return f.masked ? attention_pairs(f) : 0.0; }},
    {"masked_rows", "row", "heads x queries under a mask, which is added row by row",
     [](const CaseFacts& f) { return f.masked ? to(f.products) * to(f.m) : 0.0; }},
    {"mask_elements", "element", "elements of a boolean mask, converted first",
     [](const CaseFacts& f) { return f.mask_elements; }},
    {"mask_conversions", "call", "1 for a boolean mask", [](const CaseFacts& f) { return f.mask_elements > 0 ? 1.0 : 0.0; }},
    {"head_rows", "row", "heads x queries", [](const CaseFacts& f) { return to(f.products) * to(f.m); }},

    // Convolutions.
    {"blocked_flops", "FLOP", "FLOPs with channels padded to a vector", blocked_flops},
    {"half_blocked_flops", "FLOP", "FLOPs with output channels padded to a vector, input channels to half of one", half_blocked_flops},
    {"narrow_flops", "FLOP", "the same / blocks of output channels that are computed together (1 to 5)",
     [](const CaseFacts& f) { return blocked_flops(f) / register_blocks(f); }},
    {"waiting_flops", "FLOP", "FLOPs that fit into the time in which oneDNN's AVX-512 kernels wait: less than eight sums in registers, as of narrow images", waiting_flops},
    {"row_weight_bytes", "byte", "output rows x parameters, read again for each row where the block of them that a row is computed with does not stay in L2",
     [](const CaseFacts& f) { return f.row_weight_bytes; }},
    {"blocked_flops_per_width", "FLOP/pixel", "the same / output width: work at row ends",
     [](const CaseFacts& f) { return blocked_flops(f) / to(f.out_w); }},
    {"blocked_flops_per_area", "FLOP/pixel", "the same / output pixels: weights loaded once an image",
     [](const CaseFacts& f) { return blocked_flops(f) / to(f.out_w) / to(f.out_h); }},
    {"block_rows", "row", "output rows x blocks of channels, a vector each",
     [](const CaseFacts& f) { return to(f.batch * f.out_h) * padded_out(f) / f.lanes; }},
    {"block_row_kernels", "row", "the same x kernel rows x input blocks",
     [](const CaseFacts& f) {
       return to(f.batch * f.out_h * f.kernel_h) * padded_out(f) / f.lanes * std::max(1.0, padded_in(f) / f.lanes);
     }},
    {"odd_channels", "call", "1 if input or output channels fill no whole vectors",
     [](const CaseFacts& f) { return rest(f.channels, f) > 0 || rest(f.out_channels, f) > 0 ? 1.0 : 0.0; }},
    {"odd_input_bytes", "byte", "input whose channels fill no whole vectors (reordered with padding)",
     [](const CaseFacts& f) { return rest(f.channels, f) > 0 && f.channels > 4 ? f.input_bytes : 0.0; }},
    {"odd_output_bytes", "byte", "output whose channels fill no whole vectors",
     [](const CaseFacts& f) { return rest(f.out_channels, f) > 0 ? f.output_bytes : 0.0; }},
    {"odd_pixel_flops", "FLOP", "FLOPs of products whose result rows start unaligned: pixels no multiple of 4",
     [](const CaseFacts& f) { return f.out_h * f.out_w % 4 != 0 ? f.flops : 0.0; }},
    {"copied_input_bytes", "byte", "images that are copied into contiguous memory first", [](const CaseFacts& f) { return f.channels_last ? 0.0 : f.strided_bytes; }},
    {"image_weight_bytes", "byte", "images x parameters: each image's product packs them again",
     [](const CaseFacts& f) { return to(f.batch) * f.weight_bytes; }},
    {"odd_pixel_bytes", "byte", "activation bytes beyond L2 where the rows of the result start unaligned",
     [](const CaseFacts& f) { return f.out_h * f.out_w % 4 != 0 ? f.beyond_l2_bytes : 0.0; }},
    {"reordered_weight_bytes", "byte", "parameters of channels-last convolutions that are stored in contiguous order",
     [](const CaseFacts& f) { return f.reordered_weight_bytes; }},
    {"column_bytes", "byte", "im2col buffer", [](const CaseFacts& f) { return f.column_bytes; }},
    {"column_runs", "run", "of these, rows of an image, or in channels-last order pixels, that are copied as a whole", [](const CaseFacts& f) { return f.column_runs; }},
    {"picked_elements", "element", "… and elements that are copied one by one, with strides or dilated", [](const CaseFacts& f) { return f.picked_elements; }},
    {"filled_bytes", "byte", "results of ATen's own convolutions that a bias fills before the product is added", [](const CaseFacts& f) { return f.filled_bytes; }},
    {"product_flops_over_k", "element", "2 x pixels x output channels",
     [](const CaseFacts& f) { return 2 * to(f.products) * to(f.m) * to(f.n); }},
    {"depthwise_flops", "FLOP", "FLOPs with channels padded to a vector",
     [](const CaseFacts& f) { return 2 * pixels(f) * padded_out(f) * kernel(f); }},
    {"untrimmed_flops", "FLOP", "FLOPs of all taps, also of those that fall into the padding",
     [](const CaseFacts& f) { return 2 * pixels(f) * to(f.out_channels) * to(f.kernel_h * f.kernel_w); }},
    {"depthwise_rows", "row", "output rows x kernel rows x blocks of channels",
     [](const CaseFacts& f) { return to(f.batch * f.out_h * f.kernel_h) * padded_out(f) / f.lanes; }},
    {"depthwise_pixels", "pixel", "output pixels x blocks of channels",
     [](const CaseFacts& f) { return pixels(f) * padded_out(f) / f.lanes; }},
    {"group_flops", "FLOP", "FLOPs x lanes / the largest channel block that divides a group",
     [](const CaseFacts& f) { return f.flops * f.lanes / group_block(f); }},
    {"narrow_group_flops", "FLOP", "the same / blocks of output channels of a group that are computed together (1 to 4)",
     [](const CaseFacts& f) { return f.flops * f.lanes / group_block(f) / register_blocks(f); }},
    {"group_rows", "row", "output rows x kernel rows x channel blocks of all groups",
     [](const CaseFacts& f) {
       return to(f.batch * f.out_h * f.groups * f.kernel_h) * std::ceil(to(f.n) / group_block(f));
     }},
    {"group_pixels", "pixel", "output pixels x groups",
     [](const CaseFacts& f) { return pixels(f) * to(f.groups); }},
    {"image_groups", "product", "batch x groups", [](const CaseFacts& f) { return to(f.batch * f.groups); }},
    {"groups", "group", "groups", [](const CaseFacts& f) { return to(f.groups); }},
    {"sliced_groups", "group", "groups whose channels do not lie together in memory and are copied first: of several images, or channels-last",
     [](const CaseFacts& f) { return f.batch > 1 || f.channels_last ? to(f.groups) : 0.0; }},
    {"images", "image", "batch", [](const CaseFacts& f) { return to(f.batch); }},

    // Norms and pools.
    {"channels", "channel", "channels", [](const CaseFacts& f) { return to(f.channels); }},
    {"planes", "plane", "batch x channels", [](const CaseFacts& f) { return to(f.batch * f.channels); }},
    {"plane_vectors", "vector", "vectors, each plane rounded up",
     [](const CaseFacts& f) { return to(f.batch * f.channels) * std::ceil(to(f.n) / f.lanes); }},
    {"plane_rests", "plane", "planes that fill no whole vectors: a partial one is loaded through memory",
     [](const CaseFacts& f) { return rest(f.n, f) > 0 ? to(f.batch * f.channels) : 0.0; }},
    {"window_elements", "element", "outputs x window size",
     [](const CaseFacts& f) { return f.output_elements * kernel(f); }},
    {"window_rows", "row", "outputs x window rows",
     [](const CaseFacts& f) { return f.output_elements * to(f.kernel_h); }},
};

}  // namespace

std::span<const CostFeature> cost_features() { return features; }

size_t cost_feature(std::string_view name) {
  for (size_t i = 0; i < std::size(features); ++i) {
    if (features[i].name == name) return i;
  }
  OPGAUGE_CHECK(false, "unknown cost feature " + std::string(name));
}

std::vector<double> feature_values(const CostClass& cost_class, const CaseFacts& facts) {
  std::vector<double> values;
  values.reserve(cost_class.features.size());
  for (const size_t feature : cost_class.features) values.push_back(features[feature].value(facts));
  return values;
}

}  // namespace opgauge
