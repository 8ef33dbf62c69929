// SPDX-License-Identifier: Apache-2.0
// The physical quantities of one op call from which its time is explained: FLOPs as the kernel executes them, bytes by
// where they come from, rows, windows, calls. Cost classes (estimate/cost_class.hpp) pick from these.
//
// Context counts: an operand that was written long ago must come from further away. `facts_of` therefore looks at a
// whole graph, run again and again as a server or a benchmark does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/op_table.hpp"
#include "machine/blas_tiles.hpp"

namespace opgauge {

// What of the machine and the run the quantities depend on.
struct CostConditions {
  int threads = 1;
  double vector_lanes = 16;    // f32 numbers in a vector register: kernels work on blocks of as many channels
  BlasTiles blas_tiles = BlasTiles::strips;
  double l2_bytes = 1 << 20;   // private cache of one core
  double weight_l2_multiple = 4;  // of it: a model of so many bytes has lost half of its weights from it between two runs
  double l3_bytes = 32 << 20;  // shared cache
  double fill_bytes_per_s = 0;  // with which neighbours fill the shared cache while the process runs
  double memory_s_per_byte = 1e-10;  // 1 / main memory's bandwidth; bounds what a fit may say of cold bytes
};

struct CaseFacts {
  std::string_view name;  // "conv2d": without namespace, overload and in-place underscore; lives as long as the graph
  std::string variant;    // what tells kernels of one name apart: "conv2d", "pow^2", "gelu.tanh", "mean.in_place"
  OpFamily family = OpFamily::none;
  Dtype dtype = Dtype::f32;  // of the first tensor operand
  int threads = 1;
  double lanes = 16;  // f32 numbers in a vector register
  BlasTiles blas_tiles = BlasTiles::strips;

  // How the call is laid out.
  bool is_view = false;         // shares storage and moves nothing
  bool in_place = false;
  bool dense_operands = true;   // every activation operand is contiguous
  bool channels_last = false;   // the first operand is channels-last and not contiguous
  bool inner_dimension = true;  // reductions, softmax, norms: over the innermost dimension(s)
  bool masked = false;          // attention with a mask
  bool causal = false;          // attention that skips the keys behind a query
  bool unfolded = false;        // a linear layer whose outer dimensions cannot be one: a product for each
  bool inner_dense = true;      // every activation operand has stride 1 in its last dimension
  bool training = false;        // norms with batch statistics
  bool converts = false;        // the output's dtype differs from the input's
  bool broadcasts = false;
  bool unlike = false;          // a pointwise call whose operands run through memory in different orders
  bool composite = false;       // attention that flash attention does not take: products and a softmax
  bool weights_transposed = false;  // the second matrix is stored [K,N]
  bool transposes = false;          // copies whose inner run is one element; resampling that reorders its images

  // Convolution geometry (also pools: channels, kernel, output).
  int64_t batch = 1, channels = 1, out_channels = 1, groups = 1;
  int64_t height = 1, width = 1, kernel_h = 1, kernel_w = 1, out_h = 1, out_w = 1;
  int64_t spatial_rank = 0;
  int64_t pad_w = 0, stride_w = 1, dilation_w = 1;  // of the innermost spatial dimension
  int64_t stride_h = 1;                             // of the one outside it
  bool strided = false, dilated = false, transposed = false;
  double tap_share = 1; // of the kernel's planes and rows: oneDNN passes over those that fall into the padding
  bool onednn = false;  // a convolution that ATen hands to oneDNN; the others are its own

  // Matrix products: `products` independent [m,k] x [k,n].
  int64_t products = 1, m = 1, n = 1, k = 1;
  double copied_bytes = 0;      // operands of batched products that are first made one batch, by copying them
  double gathered_elements = 0; // of what is copied before a kernel or, by deconvolutions, after it, elements that are no neighbours in a row
  double row_weight_bytes = 0;  // of oneDNN's direct convolutions: weights x output rows x how far a block of them exceeds L2
  double far_right_bytes = 0;   // of a matrix that many products read again, x how far it exceeds L2
  double repeated_bytes = 0;    // of products of few rows: matrices, read again by each further block of them
  double repeated_l2_bytes = 0; //                                … x how far the matrix exceeds L2
  double repeated_l3_bytes = 0; //                                                     … L3
  double pitch_bytes = 0;       // from one row of a single product's second matrix, as it is stored, to the next

  double flops = 0;             // 2 x MACs, or the other arithmetic where there are none
  double input_bytes = 0;       // activations read
  double weight_bytes = 0;      // parameters, buffers and constants read
  double output_bytes = 0;
  double fresh_bytes = 0;       // output bytes that need new memory
  double output_elements = 0;
  double rows = 0;              // independent rows of norms, softmax, reductions, gathers
  double row_length = 1;        // elements of one row
  double comparisons = 0;       // of sorts and selections: rows x elements brought in order x log2 of them
  double parted_elements = 0;   // of selections: of rows that are parted into what is selected and the rest
  double runs = 0;              // contiguous runs of a copy
  double inner_loops = 0;       // of copies and pointwise calls: stretches of the result that are filled in equal steps through all operands;
                                // of reductions over an outer dimension: stretches of the result that lie together in their operand
  double single_elements = 0;   // of pointwise calls and softmax: elements that fill no vector and are computed one by one
  double unforeseen_elements = 0;  // of a choice by a mask that hangs on real numbers (unforeseen.hpp)
  double segments = 0;          // pieces that cat and split write
  double operands = 0;          // tensors in lists
  int wrapped_numbers = 0;      // of a pointwise call: numbers that stand for a tensor, and are made one
  double steps = 0;             // time steps x layers x directions of recurrent ops
  double gate_elements = 0;     // … x batch x hidden size x gates
  double step_weight_bytes = 0; // … x bytes of the weights that are read again at each step
  double step_flops = 0;        // of these products; the others are done for all steps together
  double cold_step_weight_bytes = 0;  // of these, what no longer lies in L2 at the next step
  double broadcast_bytes = 0;   // output bytes where an operand is broadcast
  double strided_bytes = 0;     // bytes of operands that are not contiguous
  double far_elements = 0;      // read or copied with jumps, x how far the lines that are come back to exceed a quarter of L2
  double mask_elements = 0;     // of a boolean attention mask, which is turned into numbers first
  double column_bytes = 0;      // im2col buffer of native convolutions
  double column_runs = 0;       // of these, stretches that are copied as a whole
  double picked_elements = 0;   // … and elements that are copied one by one
  double filled_bytes = 0;      // their results, where a bias fills them before the product is added
  double reordered_weight_bytes = 0;  // of channels-last convolutions: weights that are stored in contiguous order

  // From context.
  double cold_input_bytes = 0;  // activation bytes, weighted by how far beyond L2 they were last touched
  double cold_output_bytes = 0; // result bytes, weighted by how far beyond L3 their memory was last touched (result_memory.hpp)
  double cold_weight_l2_bytes = 0;  // weight bytes x how far the whole model exceeds L2
  double cold_weight_l3_bytes = 0;  //                                        … L3
  double cold_code = 0;         // how far the kernel's code was forgotten since its last call, 0 to 1
  double cold_primitive = 0;    // of oneDNN's convolutions: the same of a call of this very shape
  double cold_weight_rows = 0;  // rows of a product's weights x how far the whole model exceeds L3
  double beyond_l2_bytes = 0;   // activation bytes x how far this call's own bytes exceed L2
  double beyond_l3_bytes = 0;
};

// Numbers of `dtype` in a vector register.
double vector_elements(const CaseFacts& facts, Dtype dtype);
// Whether multiply-adds are its work: convolutions, matrix products, attention, recurrent layers.
bool multiplies(const CaseFacts& facts);

CaseFacts facts_of(const Graph& graph, const Node& node, const CostConditions& conditions);
// For every node of a graph, with context.
std::vector<CaseFacts> facts_of(const Graph& graph, const CostConditions& conditions);

// x^p / (1 + x^p) with x = bytes / capacity and p = `sharpness`, 0 below 0.05: nothing well inside a cache, 1 well beyond it.
double beyond(double bytes, double capacity_bytes, int sharpness = 3);

// Products of fewer rows stream their matrix, by kernels of their own.
inline constexpr int64_t least_packed_rows = 16;
// Whether the BLAS copies a product's matrix into an order of its own first: not for less rows where it cuts by vectors.
bool packs(const CaseFacts& facts);
// Whether rows of a single product's second matrix lie a multiple of 4 KiB apart, and so in the same sets of a cache.
bool rows_pages_apart(const CaseFacts& facts);
// How much of the matrix is read like that: 1, and where the BLAS cuts by vectors 1/2 for an odd multiple of 2 KiB. Where it cuts by
// strips weights from memory are waited for anyway and do not count.
double aliased_share(const CaseFacts& facts);
// Where it cuts by vectors, matrices of fewer columns than 12 vectors are copied in another, slower order, unless they are one or two.
bool narrow_columns(const CaseFacts& facts);
// Whether a pointwise call reads two operands as large as its result: no number, row or channel factor.
bool two_operands(const CaseFacts& facts);

}  // namespace opgauge
