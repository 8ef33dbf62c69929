// SPDX-License-Identifier: Apache-2.0
// The table of classes. Rules follow the kernel that LibTorch dispatches to for the call; sources name the place.
#include "estimate/cost_class.hpp"

#include <sstream>
#include <unordered_map>

#include "base/error.hpp"

namespace opgauge {
namespace {

using Facts = CaseFacts;

bool is_conv(const Facts& f) { return f.family == OpFamily::convolution && f.spatial_rank > 0; }
bool is_depthwise(const Facts& f) {
  return is_conv(f) && f.groups > 1 && f.groups == f.channels && f.channels == f.out_channels && f.onednn;
}
// oneDNN jit_uni_dw_conv_kernel_utils.hpp, init_conf: the kernel computes 4 (AVX2) or 6 (AVX-512) pixels at once and does
// not take a padding wider than that, nor a window that lies in the padding alone.
bool depthwise_has_kernel(const Facts& f) {
  if (f.spatial_rank > 2) return false;
  if (f.channels_last) return true;
  const int64_t together = std::min<int64_t>(f.lanes >= 16 ? 6 : 4, f.out_w);
  const int64_t window = (f.kernel_w - 1) * f.dilation_w + 1;
  const auto right = [&](int64_t outputs) { return (outputs - 1) * f.stride_w + window - (f.width + f.pad_w); };
  const int64_t tail = f.out_w % together;
  return window > f.pad_w && window > right(f.out_w) && f.pad_w <= together && right(f.out_w - tail) <= together;
}
bool is_grouped(const Facts& f) { return is_conv(f) && f.groups > 1 && !is_depthwise(f); }
// Kernels for AVX-512 take blocks of 16, 8 or 4 channels inside a group, the ones for AVX2 blocks of 8.
bool group_blocks(const Facts& f) {
  const int64_t block = f.lanes >= 16 ? 4 : 8;
  return (f.channels / f.groups) % block == 0 && (f.out_channels / f.groups) % block == 0;
}
bool is_dense_onednn(const Facts& f) {
  return is_conv(f) && f.groups == 1 && f.onednn && !f.transposed && f.spatial_rank <= 2;
}
int64_t kernel_size(const Facts& f) { return std::max(f.kernel_h, f.kernel_w); }
bool named(const Facts& f, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (f.name == name) return true;
  }
  return false;
}
template <size_t kernel, bool strided>
bool depthwise(const Facts& f) {
  const int64_t size = kernel_size(f);
  const bool fits = kernel == 3 ? size <= 3 : kernel == 5 ? size > 3 && size <= 5 : size > 5;
  return is_depthwise(f) && fits && f.strided == strided;
}
// oneDNN's AVX-512 kernel (jit_avx512_common_conv_kernel.cpp, init_conf) computes 28 pixels of a row at once, takes no padding wider
// than that or than the row, and is refused where its code, a copy for each end of a row that is padded, could be longer than 256 KiB.
// How long that is was found from which kernel oneDNN takes: 16 channels of up to 18 padded taps or 54 others, 8 of up to 27 padded.
// What the AVX2 kernel, which takes a padding of three pixels at most, cannot do either goes to a product of columns.
bool refused_by_jit(const Facts& f) {
  constexpr int64_t most_pixels = 28, most_code = 38200, code_of_tap = 9, most_avx2_padding = 3;
  if (f.pad_w <= most_avx2_padding) return false;
  const int64_t pixels = std::min(f.out_w, most_pixels);
  if (f.pad_w > pixels) return true;
  const bool padded_behind = (f.out_w - 1) * f.stride_w + (f.kernel_w - 1) * f.dilation_w + 1 - f.pad_w > f.width;
  const int64_t channels = f.channels / f.groups, block = channels <= 3 ? channels : std::min(channels, static_cast<int64_t>(f.lanes));
  return f.kernel_w > 3 && (1 + (f.pad_w > 0) + padded_behind) * f.kernel_w * (block + code_of_tap) * pixels > most_code;
}
// oneDNN jit_uni_1x1_conv_utils.hpp, rtus_prepare: a strided 1x1 convolution becomes one of stride 1 on picked pixels if the
// strides cover the image exactly and nothing is padded; else it goes to the direct kernel.
bool strides_cover(const Facts& f) { return f.pad_w == 0 && f.out_w * f.stride_w == f.width && f.out_h * f.stride_h == f.height; }
// An outer product multiplies nothing with weights: it is a broadcast multiplication.
constexpr int64_t most_shallow = 8;  // terms
constexpr double least_copied_row = 64;  // elements of what an index takes
bool is_product(const Facts& f) { return f.family == OpFamily::matmul && !named(f, {"outer", "ger"}); }

constexpr std::string_view conv_features =
    "call cold_code cold_primitive flops blocked_flops narrow_flops waiting_flops row_weight_bytes blocked_flops_per_width blocked_flops_per_area block_rows block_row_kernels "
    "input_bytes weight_bytes output_bytes odd_input_bytes odd_output_bytes images cold_input_bytes cold_output_bytes "
    "cold_weight_l2_bytes cold_weight_l3_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view channels_last_features =
    "call cold_code cold_primitive flops blocked_flops narrow_flops row_weight_bytes blocked_flops_per_width blocked_flops_per_area block_rows block_row_kernels "
    "input_bytes weight_bytes reordered_weight_bytes output_bytes odd_input_bytes odd_output_bytes images cold_input_bytes cold_output_bytes "
    "cold_weight_l2_bytes cold_weight_l3_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view direct_features =  // of classes whose models' channels are as often no multiples of a vector as the design's
    "call cold_code cold_primitive blocked_flops narrow_flops waiting_flops row_weight_bytes blocked_flops_per_width blocked_flops_per_area block_rows block_row_kernels "
    "input_bytes weight_bytes output_bytes odd_input_bytes odd_output_bytes images cold_input_bytes cold_output_bytes "
    "cold_weight_l2_bytes cold_weight_l3_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view narrow_features =
    "call cold_code cold_primitive half_blocked_flops waiting_flops block_rows input_bytes weight_bytes output_bytes odd_input_bytes images cold_input_bytes cold_output_bytes "
    "cold_weight_l2_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view depthwise_features =
    "call cold_code cold_primitive odd_channels depthwise_flops block_rows depthwise_rows depthwise_pixels planes copied_input_bytes gathered_elements input_bytes weight_bytes output_bytes "
    "odd_input_bytes odd_output_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view grouped_features =
    "call cold_code cold_primitive flops group_flops narrow_group_flops group_rows block_rows group_pixels input_bytes weight_bytes output_bytes "
    "odd_input_bytes odd_output_bytes cold_input_bytes cold_output_bytes cold_weight_l2_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view column_features =
    "call cold_code cold_primitive blas_flops column_bytes groups image_groups images input_bytes weight_bytes output_bytes";
constexpr std::string_view native_features =
    "call cold_code blas_flops odd_pixel_flops column_bytes column_runs picked_elements image_weight_bytes input_bytes copied_input_bytes weight_bytes output_bytes filled_bytes "
    "product_flops_over_k odd_pixel_bytes groups sliced_groups image_groups images cold_input_bytes cold_output_bytes cold_weight_l2_bytes cold_weight_l3_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view deconvolution_features =
    "call cold_code cold_primitive flops blocked_flops narrow_flops input_bytes weight_bytes output_bytes odd_input_bytes odd_output_bytes images "
    "cold_input_bytes cold_output_bytes cold_weight_l2_bytes cold_weight_l3_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view contiguous_deconvolution_features =
    "call cold_code cold_primitive flops blocked_flops narrow_flops input_bytes weight_bytes output_bytes gathered_elements far_elements images "
    "cold_input_bytes cold_output_bytes cold_weight_l2_bytes cold_weight_l3_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view transposed_features =
    "call cold_code blas_flops odd_pixel_flops column_bytes image_weight_bytes input_bytes copied_input_bytes weight_bytes output_bytes "
    "product_flops_over_k groups image_groups images cold_input_bytes cold_output_bytes cold_weight_l2_bytes cold_weight_l3_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view pixel_rows_features =
    "call cold_code blas_flops column_bytes column_runs images image_weight_bytes input_bytes weight_bytes reordered_weight_bytes output_bytes filled_bytes "
    "cold_input_bytes cold_output_bytes cold_weight_l2_bytes cold_weight_l3_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view point_features =
    "call cold_code images groups image_groups image_weight_bytes input_bytes weight_bytes output_bytes cold_weight_l2_bytes cold_weight_l3_bytes";
constexpr std::string_view few_rows_features =
    "call cold_code flops blas_flops odd_flops result_bytes left_bytes right_bytes aliased_bytes narrow_aliased_bytes repeated_weight_bytes beyond_l2_repeated_weight_bytes "
    "beyond_l3_repeated_weight_bytes strided_bytes cold_input_bytes cold_output_bytes cold_weight_l2_bytes cold_weight_l3_bytes cold_weight_rows";
constexpr std::string_view product_features =
    "call cold_code blas_flops odd_flops result_bytes left_bytes right_bytes aliased_bytes narrow_aliased_bytes repeated_weight_bytes products strided_bytes copied_bytes gathered_elements "
    "cold_input_bytes cold_output_bytes cold_weight_l2_bytes cold_weight_l3_bytes cold_weight_rows beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view shallow_features =
    "call cold_code blas_flops odd_flops product_flops_over_k result_bytes left_bytes right_bytes strided_bytes cold_input_bytes cold_output_bytes cold_weight_l3_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view vector_features =
    "call cold_code flops result_bytes left_bytes right_bytes aliased_bytes strided_bytes cold_input_bytes cold_output_bytes cold_weight_l2_bytes cold_weight_l3_bytes "
    "cold_weight_rows beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view attention_features =
    "call cold_code attention_block_flops attention_scores attention_tail_scores masked_scores masked_rows mask_elements mask_conversions head_rows query_blocks block_key_bytes strided_bytes beyond_l2_bytes";
constexpr std::string_view pointwise_features =
    "call cold_code wrapped_numbers inner_loops single_elements input_bytes output_bytes fresh_bytes output_elements broadcast_bytes strided_bytes cold_input_bytes cold_output_bytes "
    "beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view choice_features =
    "call cold_code wrapped_numbers inner_loops single_elements unforeseen_elements input_bytes output_bytes fresh_bytes output_elements broadcast_bytes strided_bytes "
    "cold_input_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view pair_features =
    "call cold_code inner_loops input_bytes output_bytes fresh_bytes strided_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view softmax_features =
    "call cold_code rows row_vectors row_tails single_elements input_bytes output_bytes strided_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes "
    "beyond_l3_bytes";
constexpr std::string_view softmax_outer_features =
    "call cold_code inner_loops single_elements input_bytes output_bytes strided_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view norm_features =
    "call cold_code rows row_vectors row_tails input_bytes output_bytes strided_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes "
    "beyond_l3_bytes";
constexpr std::string_view plane_features =
    "call cold_code channels planes plane_vectors plane_rests input_bytes output_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view pool_features =
    "call cold_code output_elements window_elements window_rows rows planes input_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view reduction_features =
    "call cold_code means rows row_vectors row_tails output_elements input_bytes flops strided_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view outer_reduction_features =
    "call cold_code means rows inner_loops single_elements output_elements input_bytes flops strided_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view copy_features =
    "call cold_code output_bytes runs inner_loops far_elements fresh_bytes strided_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes";
constexpr std::string_view small_upsample_features = "call cold_code output_elements far_elements output_bytes input_bytes beyond_l2_bytes";
constexpr std::string_view cat_features =
    "call cold_code operands segments output_bytes runs strided_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes";

struct Row {
  std::string_view name, parent;
  bool (*applies)(const Facts&);
  std::string_view features;
  std::string_view source;
};

// Rows of ops that are a class of their own by name.
#define OPGAUGE_NAMED(...) [](const Facts& f) { return named(f, {__VA_ARGS__}); }

const Row rows[] = {
    // Views first: they move nothing.
    {"view.reshape", "view", [](const Facts& f) { return f.is_view && named(f, {"view", "reshape", "flatten", "unflatten", "_unsafe_view", "view_as", "reshape_as"}); },
     "call cold_code", "sizes and strides only"},
    {"view.slice", "view", [](const Facts& f) { return f.is_view && named(f, {"slice", "select", "narrow", "split", "chunk", "unbind", "split_with_sizes", "tensor_split"}); },
     "call cold_code operands", "sizes and strides only"},
    {"view.permute", "view", [](const Facts& f) { return f.is_view && named(f, {"permute", "transpose", "t", "numpy_T", "swapaxes", "movedim", "mT", "T"}); },
     "call cold_code", "sizes and strides only"},
    {"view.expand", "view", [](const Facts& f) { return f.is_view && named(f, {"expand", "expand_as", "unsqueeze", "squeeze", "broadcast_to"}); },
     "call cold_code", "sizes and strides only"},
    {"view.none", "view", [](const Facts& f) { return f.is_view && named(f, {"dropout", "feature_dropout", "alpha_dropout", "contiguous", "to", "type_as", "alias", "detach"}); },
     "call cold_code", "returns its argument"},
    {"view", "any", [](const Facts& f) { return f.is_view || f.family == OpFamily::none; }, "call cold_code", "sizes and strides only"},

    // Convolutions.
    {"conv.gemm", "conv", [](const Facts& f) { return is_conv(f) && !is_depthwise(f) && f.onednn && !f.transposed && f.spatial_rank <= 2 && f.lanes >= 16 && !f.channels_last && refused_by_jit(f); }, column_features, "oneDNN gemm: jit_avx512_common_convolution takes no padding wider than 28 pixels and no code longer than 256 KiB, as of 20 taps and more"},
    {"conv.depthwise_volume", "conv.depthwise", [](const Facts& f) { return is_depthwise(f) && f.spatial_rank == 3; }, "call cold_code cold_primitive flops depthwise_pixels input_bytes weight_bytes output_bytes cold_input_bytes cold_output_bytes beyond_l2_bytes images planes", "oneDNN: volumes of one channel each"},
    {"conv.depthwise_odd", "conv.depthwise", [](const Facts& f) { return is_depthwise(f) && !depthwise_has_kernel(f); }, "call cold_code cold_primitive flops untrimmed_flops depthwise_pixels group_pixels column_bytes groups image_groups input_bytes output_bytes images", "oneDNN gemm or reference: the padding does not fit the kernel"},
    {"conv.depthwise_3.channels_last", "conv.depthwise_3", [](const Facts& f) { return depthwise<3, false>(f) && f.channels_last; }, depthwise_features, "oneDNN: no reorders of NHWC activations"},
    {"conv.depthwise_large.channels_last", "conv.depthwise_large", [](const Facts& f) { return is_depthwise(f) && f.channels_last; }, depthwise_features, "oneDNN: no reorders of NHWC activations"},
    {"conv.depthwise_3", "conv.depthwise", depthwise<3, false>, depthwise_features, "oneDNN jit_uni_dw_convolution"},
    {"conv.depthwise_3_strided", "conv.depthwise", depthwise<3, true>, depthwise_features, "oneDNN jit_uni_dw_convolution"},
    {"conv.depthwise_5", "conv.depthwise", depthwise<5, false>, depthwise_features, "oneDNN jit_uni_dw_convolution"},
    {"conv.depthwise_5_strided", "conv.depthwise", depthwise<5, true>, depthwise_features, "oneDNN jit_uni_dw_convolution"},
    {"conv.depthwise_large", "conv.depthwise", depthwise<7, false>, depthwise_features, "oneDNN jit_uni_dw_convolution"},
    {"conv.depthwise", "conv", is_depthwise, depthwise_features, "oneDNN jit_uni_dw_convolution"},
    {"conv.transposed_native", "conv.native", [](const Facts& f) { return is_conv(f) && f.transposed && !f.onednn; }, transposed_features, "ATen slow_conv_transpose2d: a matrix product and col2im"},
    {"conv.transposed.channels_last", "conv.transposed", [](const Facts& f) { return is_conv(f) && f.transposed && f.channels_last; }, deconvolution_features, "oneDNN deconvolution (brgconv_strided), NHWC as it comes"},
    {"conv.transposed", "conv", [](const Facts& f) { return is_conv(f) && f.transposed; }, contiguous_deconvolution_features, "oneDNN deconvolution (brgconv_strided), its NHWC result copied into NCHW order"},
    {"conv.volume", "conv.onednn", [](const Facts& f) { return is_conv(f) && f.spatial_rank == 3 && f.onednn; }, direct_features, "ATen conv3d: oneDNN direct, depth joins the rows"},
    {"conv.grouped", "conv", [](const Facts& f) { return is_grouped(f) && f.onednn && group_blocks(f); }, grouped_features, "oneDNN blocks of 4, 8 or 16 channels inside a group"},
    {"conv.grouped_odd", "conv.grouped", [](const Facts& f) { return is_grouped(f) && f.onednn; }, grouped_features, "oneDNN without a channel block: gemm or reference"},
    {"conv.native_grouped", "conv.native", is_grouped, native_features, "ATen slow_conv2d a group"},
    {"conv.narrow", "conv.onednn", [](const Facts& f) { return is_dense_onednn(f) && static_cast<double>(f.out_channels) <= f.lanes / 2 && f.channels > 4; }, narrow_features, "oneDNN: output channels fill half a vector at most"},
    {"conv.stem_narrow", "conv.stem", [](const Facts& f) { return is_dense_onednn(f) && f.channels <= 4 && static_cast<double>(f.out_channels) <= f.lanes / 2; }, conv_features, "oneDNN: a few channels on both sides, as of a filter over channels or a gray picture"},
    {"conv.patch", "conv.stem", [](const Facts& f) { return is_dense_onednn(f) && f.channels <= 4 && f.kernel_h > 7; }, conv_features, "oneDNN first-layer kernel, patches of an image"},
    {"conv.stem_1x1", "conv.stem", [](const Facts& f) { return is_dense_onednn(f) && f.channels <= 4 && kernel_size(f) == 1; }, conv_features, "oneDNN: a product of at most four terms a pixel, no blocks of channels"},
    {"conv.stem.channels_last", "conv.stem", [](const Facts& f) { return is_dense_onednn(f) && f.channels <= 4 && f.channels_last; }, conv_features, "oneDNN: results in NHWC order"},
    {"conv.stem", "conv.onednn", [](const Facts& f) { return is_dense_onednn(f) && f.channels <= 4; }, conv_features, "oneDNN first-layer kernel, channels not blocked"},
    {"conv.1x1_strided.channels_last", "conv.1x1.channels_last", [](const Facts& f) { return is_dense_onednn(f) && f.channels_last && kernel_size(f) == 1 && f.strided; }, conv_features, "oneDNN: no reorders, pixels picked by stride"},
    {"conv.kxk_strided.channels_last", "conv.kxk.channels_last", [](const Facts& f) { return is_dense_onednn(f) && f.channels_last && f.strided; }, channels_last_features, "oneDNN: no reorders of NHWC activations"},
    {"conv.1x1.channels_last", "conv.1x1", [](const Facts& f) { return is_dense_onednn(f) && f.channels_last && kernel_size(f) == 1; }, conv_features, "oneDNN: no reorders of NHWC activations"},
    {"conv.kxk.channels_last", "conv.3x3", [](const Facts& f) { return is_dense_onednn(f) && f.channels_last; }, channels_last_features, "oneDNN: no reorders of NHWC activations"},
    {"conv.1x1", "conv.onednn", [](const Facts& f) { return is_dense_onednn(f) && kernel_size(f) == 1 && !f.strided; }, conv_features, "oneDNN 1x1"},
    {"conv.1x1_strided", "conv.onednn", [](const Facts& f) { return is_dense_onednn(f) && kernel_size(f) == 1 && strides_cover(f); }, conv_features, "oneDNN 1x1 with a strided reduction (rtus)"},
    {"conv.1x1_strided_rest", "conv.onednn", [](const Facts& f) { return is_dense_onednn(f) && kernel_size(f) == 1; }, conv_features, "oneDNN direct: the strides do not cover the image exactly"},
    {"conv.3x3", "conv.onednn", [](const Facts& f) { return is_dense_onednn(f) && f.kernel_h == 3 && f.kernel_w == 3 && !f.strided && !f.dilated; }, direct_features, "oneDNN direct"},
    {"conv.3x3_strided", "conv.onednn", [](const Facts& f) { return is_dense_onednn(f) && f.kernel_h == 3 && f.kernel_w == 3 && !f.dilated; }, conv_features, "oneDNN direct"},
    {"conv.asymmetric", "conv.onednn", [](const Facts& f) { return is_dense_onednn(f) && f.kernel_h != f.kernel_w; }, direct_features, "oneDNN direct, 1-d kernels"},
    {"conv.large", "conv.onednn", is_dense_onednn, conv_features, "oneDNN direct, kernels of 5 and more, dilated ones"},
    {"conv.onednn", "conv", [](const Facts&) { return false; }, conv_features, "parent of the oneDNN classes"},
    {"conv.native_volume", "conv.native", [](const Facts& f) { return is_conv(f) && f.spatial_rank == 3; }, native_features, "ATen slow_conv3d: vol2col and a matrix product"},
    {"conv.native_point", "conv.native", [](const Facts& f) { return is_conv(f) && kernel_size(f) == 1 && f.out_h * f.out_w == 1; }, point_features, "ATen slow_conv2d of one pixel: a vector times the weights"},
    {"conv.native_narrow", "conv.native", [](const Facts& f) { return is_conv(f) && f.n < (f.channels_last ? 12 : 8); }, native_features, "ATen slow_conv2d with a product of a few columns, less than a vector of them where pixels are rows"},
    {"conv.native_kxk.channels_last", "conv.native_kxk", [](const Facts& f) { return is_conv(f) && f.channels_last && (kernel_size(f) > 1 || f.strided); }, pixel_rows_features, "ATen slow_conv2d: weights copied into channels-last order, im2col and a product whose rows are pixels"},
    {"conv.native_few_pixels", "conv.native", [](const Facts& f) { return is_conv(f) && f.out_h * f.out_w < 16 && !f.channels_last; }, native_features, "ATen slow_conv2d of a few pixels, less than a vector of them"},
    {"conv.native_shallow", "conv.native", [](const Facts& f) { return is_conv(f) && f.k < 12; }, native_features, "ATen slow_conv2d of an image of a few channels: a product of a few terms, results are written more than computed"},
    {"conv.native_1x1", "conv.native", [](const Facts& f) { return is_conv(f) && kernel_size(f) == 1 && !f.strided; }, native_features, "ATen slow_conv2d: a matrix product without im2col"},
    {"conv.native_kxk", "conv.native", is_conv, native_features, "ATen slow_conv2d: im2col and a matrix product"},
    {"conv.native", "conv", [](const Facts&) { return false; }, native_features, "parent of the native classes"},
    {"conv", "product", [](const Facts& f) { return f.family == OpFamily::convolution; }, "call cold_code flops input_bytes weight_bytes output_bytes column_bytes", "parent of all convolutions"},

    // Matrix products.
    {"einsum", "bmm", [](const Facts& f) { return f.name == "einsum"; }, "call cold_code blas_flops odd_flops products left_bytes right_bytes output_bytes copied_bytes gathered_elements cold_input_bytes cold_output_bytes beyond_l2_bytes", "ATen sumproduct_pair: operands permuted, copied where no view will do, and a batched gemm"},
    {"linear_unfolded_narrow", "linear_unfolded", [](const Facts& f) { return is_product(f) && f.unfolded && (f.n <= 16 || f.k <= 16); }, "call cold_code flops products head_rows left_bytes result_bytes copied_bytes gathered_elements cold_input_bytes cold_output_bytes", "ATen should_fold: many products of a few columns, as heads that talk make them"},
    {"linear_unfolded.transposed", "linear_unfolded", [](const Facts& f) { return is_product(f) && f.unfolded && !f.inner_dense; }, "call cold_code blas_flops result_bytes left_bytes right_bytes products copied_bytes gathered_elements cold_weight_l3_bytes", "ATen should_fold: a product for each of few outer dimensions, whose matrix the BLAS takes as it lies, transposed"},
    {"linear_unfolded", "linear", [](const Facts& f) { return is_product(f) && f.unfolded; }, "call cold_code blas_flops result_bytes left_bytes right_bytes far_right_bytes repeated_weight_bytes beyond_l2_repeated_weight_bytes products copied_bytes gathered_elements cold_weight_l3_bytes", "ATen should_fold: outer dimensions do not collapse, a batched gemm with the weights expanded"},
    {"product_small_half", "product", [](const Facts& f) { return is_product(f) && f.products == 1 && (f.dtype == Dtype::bf16 || f.dtype == Dtype::f16) && f.m * f.n * f.k <= 16 * 16 * 16; }, few_rows_features, "ATen mkldnn/Matmul.cpp, use_mkldnn_matmul: half-precision products of up to 16^3 multiply-adds stay in ATen's own gemm"},
    {"gemv_tall", "gemv", [](const Facts& f) { return is_product(f) && f.products == 1 && f.n == 1 && f.m > 1; }, "call cold_code flops left_bytes strided_bytes cold_input_bytes beyond_l2_bytes beyond_l3_bytes", "BLAS gemv whose matrix are activations: a score for each row"},
    {"gemv", "product", [](const Facts& f) { return is_product(f) && f.products == 1 && (f.m == 1 || f.n == 1); }, vector_features, "BLAS gemv"},
    {"addmm", "linear", [](const Facts& f) { return named(f, {"addmm", "mm"}) && f.weights_transposed; }, product_features, "BLAS gemm, weights [K,N]"},
    {"linear_strided", "linear", [](const Facts& f) { return is_product(f) && f.products == 1 && !f.inner_dense; }, product_features, "ATen copies or uses leading dimensions"},
    {"linear_shallow", "linear", [](const Facts& f) { return is_product(f) && f.products == 1 && f.k <= most_shallow; }, shallow_features, "BLAS gemm of a few terms: results are written more than computed"},
    {"linear_two_rows", "linear_few_rows", [](const Facts& f) { return is_product(f) && f.products == 1 && f.m <= 3; }, few_rows_features, "BLAS gemm with two or three rows: no blocks of four, and a slower stream of weights"},
    {"linear_few_rows", "linear", [](const Facts& f) { return is_product(f) && f.products == 1 && f.m < least_packed_rows; }, few_rows_features, "BLAS gemm with few rows"},
    {"linear", "product", [](const Facts& f) { return is_product(f) && f.products == 1; }, product_features, "BLAS gemm"},
    {"bmm_strided", "bmm", [](const Facts& f) { return is_product(f) && !f.dense_operands; }, product_features, "BLAS batched gemm, transposed operands"},
    {"bmm", "product", is_product, product_features, "BLAS batched gemm"},
    {"attention.composite", "attention", [](const Facts& f) { return f.family == OpFamily::attention && f.composite; }, "call cold_code attention_flops attention_scores masked_scores head_rows products input_bytes output_bytes strided_bytes copied_bytes gathered_elements beyond_l2_bytes beyond_l3_bytes", "ATen _scaled_dot_product_attention_math: two batched products, a softmax between"},
    {"attention", "product", [](const Facts& f) { return f.family == OpFamily::attention; }, attention_features, "ATen flash attention for CPU: blocks of queries and keys"},
    {"product", "any", [](const Facts&) { return false; }, "call cold_code flops input_bytes weight_bytes output_bytes", "parent of everything with MACs"},
    {"recurrent_cell", "recurrent", [](const Facts& f) { return f.family == OpFamily::recurrent && f.name.ends_with("_cell"); }, "call cold_code gate_elements step_flops input_flops input_bytes weight_bytes output_bytes cold_input_bytes cold_weight_l3_bytes beyond_l2_bytes", "ATen RNN.cpp: two products and what makes gates of them"},
    {"recurrent_loop", "recurrent", [](const Facts& f) { return f.family == OpFamily::recurrent && f.name != "lstm"; }, "call steps batched_steps gate_elements step_weight_bytes cold_step_weight_bytes batched_step_weight_bytes two_row_step_weight_bytes step_flops input_flops input_bytes weight_bytes output_bytes cold_weight_l2_bytes", "ATen RNN.cpp: a loop of cells"},
    {"recurrent", "product", [](const Facts& f) { return f.family == OpFamily::recurrent; }, "call steps batched_steps gate_elements step_weight_bytes cold_step_weight_bytes step_flops input_flops input_bytes weight_bytes output_bytes cold_weight_l2_bytes", "oneDNN LSTM"},

    // Norms and softmax.
    {"batch_norm_training", "batch_norm", [](const Facts& f) { return f.family == OpFamily::normalization && f.training && f.name.find("batch_norm") != std::string_view::npos; }, plane_features, "statistics in a first pass"},
    {"batch_norm_rows", "batch_norm.channels_last", [](const Facts& f) { return f.name.find("batch_norm") != std::string_view::npos && f.n == 1; }, plane_features, "ATen batch_norm of [N,C]: over the inner dimension"},
    {"batch_norm.channels_last", "batch_norm", [](const Facts& f) { return f.name.find("batch_norm") != std::string_view::npos && f.channels_last; }, plane_features, "ATen batch_norm over the inner dimension"},
    {"batch_norm", "row_wise", [](const Facts& f) { return f.name.find("batch_norm") != std::string_view::npos; }, plane_features, "ATen batch_norm, running statistics"},
    {"instance_norm", "batch_norm", OPGAUGE_NAMED("instance_norm"), plane_features, "ATen: batch_norm over a reshaped batch"},
    {"group_norm.channels_last", "group_norm", [](const Facts& f) { return named(f, {"group_norm", "native_group_norm"}) && f.channels_last; }, plane_features, "ATen group_norm NHWC"},
    {"group_norm", "row_wise", OPGAUGE_NAMED("group_norm", "native_group_norm"), plane_features, "ATen group_norm"},
    {"layer_norm_strided", "layer_norm", [](const Facts& f) { return named(f, {"layer_norm", "native_layer_norm"}) && !f.dense_operands; }, norm_features, "copied to contiguous first"},
    {"layer_norm_plain", "layer_norm", [](const Facts& f) { return f.variant == "layer_norm.plain"; }, norm_features, "ATen layer_norm_kernel.cpp: a scalar loop without weights"},
    {"layer_norm", "row_wise", OPGAUGE_NAMED("layer_norm", "native_layer_norm"), norm_features, "ATen layer_norm"},
    {"rms_norm", "layer_norm", OPGAUGE_NAMED("rms_norm", "_fused_rms_norm"), norm_features, "ATen composite"},
    {"softmax_outer", "softmax", [](const Facts& f) { return f.family == OpFamily::softmax && !f.inner_dimension; }, softmax_outer_features, "ATen softmax over an outer dimension, vectorised over the inner ones"},
    {"softmax_strided", "softmax", [](const Facts& f) { return f.family == OpFamily::softmax && !f.dense_operands; }, softmax_features, "copied to contiguous first"},
    {"log_softmax", "softmax", OPGAUGE_NAMED("log_softmax", "_log_softmax"), softmax_features, "ATen log_softmax"},
    {"softmax", "row_wise", [](const Facts& f) { return f.family == OpFamily::softmax; }, softmax_features, "ATen softmax over the last dimension"},
    {"row_wise", "any", [](const Facts& f) { return f.family == OpFamily::normalization; }, norm_features, "parent of norms and softmax"},

    // Pools, reductions, resampling.
    {"max_pool.rows", "max_pool", OPGAUGE_NAMED("max_pool1d"), pool_features, "ATen MaxPooling.cpp: contiguous rows, no indices"},
    {"max_pool.volume", "max_pool", OPGAUGE_NAMED("max_pool3d"), pool_features, "ATen max_pool3d: scalar loops"},
    {"max_pool.channels_last", "max_pool", [](const Facts& f) { return f.family == OpFamily::pool && f.name.find("max") != std::string_view::npos && f.channels_last; }, pool_features, "ATen max_pool2d NHWC"},
    {"max_pool", "pool", [](const Facts& f) { return f.family == OpFamily::pool && f.name.find("max") != std::string_view::npos; }, pool_features, "ATen max_pool2d"},
    {"global_pool", "pool", [](const Facts& f) { return f.family == OpFamily::pool && f.name.starts_with("adaptive") && f.out_h * f.out_w == 1; }, reduction_features, "ATen: mean over the plane"},
    {"adaptive_pool.channels_last", "adaptive_pool", [](const Facts& f) { return f.family == OpFamily::pool && f.name.starts_with("adaptive") && f.channels_last; }, pool_features, "ATen adaptive_avg_pool2d NHWC, vectorised over channels"},
    {"adaptive_pool", "pool", [](const Facts& f) { return f.family == OpFamily::pool && f.name.starts_with("adaptive"); }, pool_features, "ATen adaptive_avg_pool2d"},
    {"average_pool.channels_last", "average_pool", [](const Facts& f) { return f.family == OpFamily::pool && f.channels_last; }, pool_features, "ATen avg_pool2d NHWC, vectorised over channels"},
    {"average_pool", "pool", [](const Facts& f) { return f.family == OpFamily::pool; }, pool_features, "ATen avg_pool2d"},
    {"pool", "any", [](const Facts&) { return false; }, pool_features, "parent of the pools"},
    {"distance", "reduction", OPGAUGE_NAMED("cdist", "pdist"), "call cold_code flops output_elements output_bytes input_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes", "ATen cdist: a product of points made longer by their norms, clamped, and a root"},
    {"log_sum", "reduction", OPGAUGE_NAMED("logsumexp"), "call cold_code rows row_vectors row_tails inner_loops input_bytes cold_input_bytes beyond_l2_bytes", "ATen logsumexp: a maximum, a difference, an exponential, a sum and a logarithm"},
    {"scan", "reduction", OPGAUGE_NAMED("cumsum", "cumprod"), reduction_features, "ATen cumulative kernels"},
    {"arg_reduction", "reduction", [](const Facts& f) { return f.family != OpFamily::pointwise && named(f, {"argmax", "argmin", "max", "min", "median"}); }, reduction_features, "values with indices"},
    {"moment", "reduction", OPGAUGE_NAMED("var", "std", "var_mean", "std_mean"), reduction_features, "Welford"},
    {"norm_outer", "reduction_outer", [](const Facts& f) { return f.family == OpFamily::reduction && !f.inner_dimension && named(f, {"linalg_vector_norm", "norm"}); }, outer_reduction_features, "ATen ReduceOpsKernel.cpp, norm_kernel: vectorised over a contiguous innermost dimension only"},
    {"reduction_outer", "reduction", [](const Facts& f) { return f.family == OpFamily::reduction && f.name != "diff" && !f.inner_dimension; }, outer_reduction_features, "TensorIterator, vectorised over the kept dimension"},
    {"extremum", "reduction", [](const Facts& f) { return f.family == OpFamily::reduction && named(f, {"amax", "amin"}); }, reduction_features, "TensorIterator: rows one after the other, the rest behind the last whole vector one by one"},
    {"mean", "reduction", [](const Facts& f) { return f.family == OpFamily::reduction && f.name == "mean"; }, reduction_features, "ATen mean_kernel: a cascade sum, and a division in a second call"},
    {"reduction", "any", [](const Facts& f) { return f.family == OpFamily::reduction && f.name != "diff"; }, reduction_features, "TensorIterator, cascade sum"},
    {"grid_sample", "copy", OPGAUGE_NAMED("grid_sampler", "grid_sampler_2d", "grid_sampler_3d"), "call cold_code output_elements output_bytes input_bytes", "ATen GridSamplerKernel.cpp: four neighbours gathered for every element"},
    {"upsample_cubic", "upsample", OPGAUGE_NAMED("upsample_bicubic2d", "_upsample_bicubic2d_aa"), "call cold_code output_elements output_bytes input_bytes runs beyond_l2_bytes", "ATen separable kernels"},
    {"upsample_linear.channels_last", "upsample_linear", [](const Facts& f) { return named(f, {"upsample_bilinear2d"}) && f.channels_last; }, "call cold_code output_elements output_bytes input_bytes runs beyond_l2_bytes", "ATen NHWC, vectorised over channels"},
    {"upsample_linear.small", "upsample_linear", [](const Facts& f) { return named(f, {"upsample_bilinear2d"}) && f.transposes; }, small_upsample_features, "ATen, height and width of the result together up to 128: the NHWC kernel between two copies"},
    {"upsample_linear.rows", "upsample_linear", OPGAUGE_NAMED("upsample_linear1d"), "call cold_code output_elements rows output_bytes input_bytes", "ATen separable kernels over one dimension"},
    {"upsample_linear", "upsample", OPGAUGE_NAMED("upsample_bilinear2d", "upsample_trilinear3d", "_upsample_bilinear2d_aa"), "call cold_code output_elements output_bytes input_bytes runs beyond_l2_bytes", "ATen separable kernels"},
    {"upsample.channels_last", "upsample", [](const Facts& f) { return f.family == OpFamily::resample && f.name.find("upsample") != std::string_view::npos && f.channels_last; }, "call cold_code output_elements output_bytes input_bytes beyond_l2_bytes", "ATen nearest, NHWC: whole pixels are copied"},
    {"upsample.small", "upsample", [](const Facts& f) { return named(f, {"upsample_nearest2d"}) && f.transposes; }, small_upsample_features, "ATen, height and width of the result together up to 128: the NHWC kernel between two copies"},
    {"upsample", "copy", [](const Facts& f) { return f.family == OpFamily::resample && f.name.find("upsample") != std::string_view::npos; }, "call cold_code output_elements output_bytes input_bytes beyond_l2_bytes", "ATen nearest"},

    // Copies.
    {"cat_strided", "cat", [](const Facts& f) { return named(f, {"cat", "stack", "concat"}) && !f.dense_operands; }, cat_features, "ATen cat through TensorIterator"},
    {"cat", "copy", OPGAUGE_NAMED("cat", "stack", "concat"), cat_features, "ATen cat, memcpy of segments"},
    {"pad_mirrored", "pad", [](const Facts& f) { return f.variant.find("reflect") != std::string::npos || f.variant.find("replicat") != std::string::npos; }, "call cold_code output_elements output_bytes fresh_bytes strided_bytes cold_input_bytes cold_output_bytes", "ATen reflection_pad, replication_pad: an index an element"},
    {"pad", "copy", [](const Facts& f) { return f.name.find("pad") != std::string_view::npos && f.family != OpFamily::pool; }, copy_features, "ATen constant_pad_nd and reflection, replication"},
    {"roll", "copy", OPGAUGE_NAMED("roll", "flip"), copy_features, "ATen roll: a copy a shifted dimension"},
    {"repeat", "copy", OPGAUGE_NAMED("repeat", "repeat_interleave", "tile"), copy_features, "ATen repeat"},
    {"copy_transposing", "copy", [](const Facts& f) { return f.family == OpFamily::copy && f.transposes && !f.converts; }, copy_features, "inner runs of one element"},
    {"convert", "copy", [](const Facts& f) { return f.family == OpFamily::copy && f.converts; }, copy_features, "ATen copy with a conversion"},
    {"unfold", "copy", OPGAUGE_NAMED("im2col", "col2im"), copy_features, "ATen im2col"},
    {"copy", "any", [](const Facts& f) { return f.family == OpFamily::copy || f.family == OpFamily::resample; }, copy_features, "ATen copy kernels"},

    // Indexing, factories, sorting, quantisation.
    {"embedding", "gather", OPGAUGE_NAMED("embedding"), "call cold_code strided_operands rows output_bytes strided_bytes cold_weight_rows cold_weight_l3_bytes beyond_l2_bytes", "rows copied by index"},
    {"embedding_bag_mean", "embedding_bag", [](const Facts& f) { return f.variant == "embedding_bag.mean"; }, "call cold_code rows weight_bytes output_bytes cold_weight_rows cold_weight_l3_bytes", "ATen EmbeddingBag.cpp: bags are averaged after they were added up, and their sizes found first"},
    {"embedding_bag", "embedding", OPGAUGE_NAMED("embedding_bag"), "call cold_code rows weight_bytes output_bytes cold_weight_rows cold_weight_l3_bytes", "rows added up by index (FBGEMM)"},
    {"index_select", "gather", OPGAUGE_NAMED("index_select"), "call cold_code rows output_bytes strided_bytes cold_input_bytes cold_output_bytes", "ATen index_select: slices copied one by one, elements one by one where they do not lie together"},
    {"scatter", "gather", OPGAUGE_NAMED("scatter", "scatter_add", "scatter_reduce"), "call cold_code output_elements output_bytes input_bytes", "ATen ScatterGatherKernel.cpp: one element after the other"},
    {"index_add", "gather", OPGAUGE_NAMED("index_add"), "call cold_code rows output_bytes input_bytes beyond_l2_bytes", "ATen index_add: a copy, then each slice added by an iterator of its own"},
    {"index_rows", "gather", [](const Facts& f) { return f.name == "index" && f.output_elements >= least_copied_row * f.rows; }, "call cold_code rows output_bytes fresh_bytes cold_output_bytes beyond_l2_bytes beyond_l3_bytes", "ATen IndexKernel.cpp: rows of the result are loops over neighbours"},
    {"gather", "copy", [](const Facts& f) { return f.family == OpFamily::indexing; }, "call cold_code rows output_elements output_bytes input_bytes", "ATen index, gather, scatter"},
    {"topk", "sort", OPGAUGE_NAMED("topk"), "call cold_code rows parted_elements comparisons input_bytes output_bytes", "ATen SortingKernel.cpp: a partial sort or a selection, then a sort of what was selected"},
    {"sort", "any", [](const Facts& f) { return f.family == OpFamily::sorting; }, "call cold_code rows row_vectors comparisons input_bytes output_bytes", "ATen sort"},
    {"random", "factory", OPGAUGE_NAMED("rand", "randn", "rand_like", "randn_like", "randint", "randint_like"), "call cold_code output_elements output_bytes fresh_bytes", "ATen: one Mersenne twister, element by element"},
    {"factory", "pointwise", [](const Facts& f) { return f.family == OpFamily::factory; }, "call cold_code output_bytes fresh_bytes", "ATen fill, arange"},
    {"quantize", "pointwise", [](const Facts& f) { return f.family == OpFamily::quantize; }, pointwise_features, "boundary conversions to and from 8 bits"},

    // Pointwise, by function.
    {"pointwise_unlike", "pointwise", [](const Facts& f) { return f.family == OpFamily::pointwise && f.unlike; }, "call cold_code output_elements fresh_bytes cold_input_bytes cold_output_bytes far_elements beyond_l2_bytes beyond_l3_bytes", "TensorIterator: operands in different orders, one of them read with jumps"},
    {"relu", "pointwise", OPGAUGE_NAMED("relu", "relu6", "hardtanh", "clamp", "clamp_min", "clamp_max", "threshold", "leaky_relu", "prelu", "maximum", "minimum", "max", "min"), pointwise_features, "TensorIterator, vectorised"},
    {"add_pair", "add", [](const Facts& f) { return named(f, {"add", "sub"}) && two_operands(f); }, pair_features, "TensorIterator, two whole operands: a residual lies where the layers since have left it"},
    {"mul_pair", "mul", [](const Facts& f) { return f.name == "mul" && two_operands(f); }, pair_features, "TensorIterator, two whole operands: a gate"},
    {"add", "pointwise", OPGAUGE_NAMED("add", "sub", "rsub", "diff"), pointwise_features, "TensorIterator, vectorised; diff subtracts two slices"},
    {"mul", "pointwise", OPGAUGE_NAMED("mul", "square", "outer", "ger"), pointwise_features, "TensorIterator, vectorised"},
    {"div", "pointwise", OPGAUGE_NAMED("div", "true_divide", "reciprocal"), pointwise_features, "TensorIterator, vectorised"},
    {"sigmoid", "transcendental", OPGAUGE_NAMED("sigmoid"), pointwise_features, "Sleef"},
    {"glu", "silu", OPGAUGE_NAMED("glu"), pointwise_features, "Sleef: a sigmoid of one half, a product with the other"},
    {"silu", "transcendental", OPGAUGE_NAMED("silu"), pointwise_features, "Sleef: a sigmoid and a product"},
    {"gelu_strided", "transcendental", [](const Facts& f) { return f.name == "gelu" && f.variant != "gelu.tanh" && !f.dense_operands; }, pointwise_features, "ATen's own erf: oneDNN takes contiguous operands only"},
    {"gelu_tanh", "transcendental", [](const Facts& f) { return f.variant == "gelu.tanh"; }, pointwise_features, "ATen: tanh by Sleef, three times as long as erf"},
    {"gelu", "transcendental", OPGAUGE_NAMED("gelu"), pointwise_features, "oneDNN eltwise, erf"},
    {"tanh", "transcendental", OPGAUGE_NAMED("tanh"), pointwise_features, "Sleef"},
    {"exp", "transcendental", OPGAUGE_NAMED("exp", "expm1", "exp2"), pointwise_features, "Sleef"},
    {"hardswish", "pointwise", OPGAUGE_NAMED("hardswish", "hardsigmoid"), pointwise_features, "TensorIterator, vectorised"},
    {"pow_product", "pointwise", [](const Facts& f) { return f.variant.starts_with("pow^"); }, pointwise_features, "ATen PowKernel.cpp: exponents 2, 3 and 1/2 are products or a root"},
    {"pow", "transcendental", OPGAUGE_NAMED("pow"), pointwise_features, "ATen PowKernel.cpp: any other power"},
    {"root", "pointwise", OPGAUGE_NAMED("sqrt", "rsqrt"), pointwise_features, "TensorIterator, vectorised"},
    {"scalar_math", "transcendental", OPGAUGE_NAMED("atan2", "hypot", "logaddexp", "fmod", "remainder", "floor_divide", "xlogy", "polar"), pointwise_features, "TensorIterator: 1 to 2 ns an element, where plain arithmetic takes a tenth"},
    {"mish", "transcendental", OPGAUGE_NAMED("mish"), pointwise_features, "an exponential, a logarithm and a tanh, 4.8 ns an element"},
    {"softplus", "transcendental", OPGAUGE_NAMED("softplus", "logsigmoid", "log_sigmoid"), pointwise_features, "an exponential and a logarithm, 1.8 ns an element"},
    {"elu", "transcendental", OPGAUGE_NAMED("elu", "celu", "selu"), pointwise_features, "expm1, a nanosecond an element"},
    {"transcendental", "pointwise", OPGAUGE_NAMED("erf", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "atan", "asin", "acos", "sinh", "cosh", "erfc"), pointwise_features, "Sleef, half a nanosecond an element"},
    {"compare", "pointwise", OPGAUGE_NAMED("eq", "ne", "lt", "le", "gt", "ge"), pointwise_features, "TensorIterator, bool results"},
    {"logic", "pointwise", OPGAUGE_NAMED("logical_and", "logical_or", "logical_not", "logical_xor", "bitwise_not", "bitwise_and", "bitwise_or", "__and__", "__or__"), pointwise_features, "TensorIterator, truth values of a byte each"},
    {"choice", "pointwise", OPGAUGE_NAMED("where", "masked_fill"), choice_features, "TensorIterator, one element after the other: a branch for each, which is foreseen where masks are regular"},
    {"pointwise", "any", [](const Facts& f) { return f.family == OpFamily::pointwise; }, pointwise_features, "TensorIterator"},

    {"any", "", [](const Facts&) { return true; }, "call cold_code flops bytes", "the roofline's terms as a sum"},
};

std::vector<CostClass> build() {
  std::vector<CostClass> classes;
  for (const Row& row : rows) {
    CostClass cost_class{row.name, row.parent, row.applies, {}, row.source};
    std::istringstream names{std::string(row.features)};
    for (std::string name; names >> name;) cost_class.features.push_back(cost_feature(name));
    classes.push_back(std::move(cost_class));
  }
  return classes;
}

}  // namespace

const std::vector<CostClass>& cost_classes() {
  static const std::vector<CostClass> classes = build();
  return classes;
}

int find_cost_class(std::string_view name) {
  const auto& classes = cost_classes();
  for (size_t i = 0; i < classes.size(); ++i) {
    if (classes[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

size_t cost_class_of(const CaseFacts& facts) {
  const auto& classes = cost_classes();
  for (size_t i = 0; i < classes.size(); ++i) {
    if (classes[i].applies(facts)) return i;
  }
  OPGAUGE_CHECK(false, "the last cost class takes every call");
}

std::string dtype_suffix(Dtype dtype) {
  switch (dtype) {
    case Dtype::bf16:
    case Dtype::f16:
    case Dtype::i8:
    case Dtype::u8: return "@" + std::string(name_of(dtype));
    default: return "";
  }
}

std::string cost_class_key(const CaseFacts& facts) {
  return std::string(cost_classes()[cost_class_of(facts)].name) + dtype_suffix(facts.dtype);
}
std::string cost_variant_key(const CaseFacts& facts) {
  return std::string(cost_classes()[cost_class_of(facts)].name) + "/" + facts.variant + dtype_suffix(facts.dtype);
}

}  // namespace opgauge
