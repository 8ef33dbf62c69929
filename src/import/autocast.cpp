// SPDX-License-Identifier: Apache-2.0
// The lists are those of LibTorch 2.13 (aten/src/ATen/autocast_mode.h and .cpp); which ops they
// hold is checked against its dispatcher by a test. Ops that only training uses (losses) are in
// them too: an exported model may contain one.
#include "import/autocast.hpp"

#include <array>

namespace opgauge {
namespace {

struct PolicyRow {
  CastPolicy policy;
  std::string_view targets;  // separated by spaces, all of them in namespace aten
};

constexpr auto cpu_rows = std::to_array<PolicyRow>({
    {CastPolicy::lower,
     "_addmm_activation _convolution.deprecated _native_multi_head_attention addbmm addmm baddbmm "
     "bmm conv1d "
     "conv1d.padding conv2d conv2d.padding conv3d conv3d.padding conv_tbc conv_transpose1d "
     "conv_transpose2d.input "
     "conv_transpose3d.input linalg_vecdot linear matmul mkldnn_rnn_layer mm prelu "
     "scaled_dot_product_attention"},
    {CastPolicy::widest, "cat index_copy stack"},
    {CastPolicy::single,
     "_grid_sampler_2d_cpu_fallback _lu_with_info adaptive_avg_pool3d adaptive_max_pool3d "
     "avg_pool3d "
     "binary_cross_entropy binary_cross_entropy_with_logits cdist cholesky cholesky_inverse "
     "cholesky_solve "
     "cosine_embedding_loss cross_entropy_loss ctc_loss.IntList ctc_loss.Tensor "
     "fake_quantize_per_tensor_affine fft_fft "
     "fft_fft2 fft_fftn fft_hfft fft_ifft fft_ifft2 fft_ifftn fft_ihfft fft_irfft fft_irfft2 "
     "fft_irfftn fft_rfft "
     "fft_rfft2 fft_rfftn fractional_max_pool2d fractional_max_pool3d geqrf grid_sampler "
     "grid_sampler_2d "
     "grid_sampler_3d hinge_embedding_loss huber_loss inverse kl_div l1_loss linalg_cholesky "
     "linalg_cholesky_ex "
     "linalg_cond linalg_cond.p_str linalg_eig linalg_eigh linalg_eigvals linalg_eigvalsh "
     "linalg_householder_product "
     "linalg_inv linalg_inv_ex linalg_lstsq linalg_matrix_rank linalg_matrix_rank.atol_rtol_float "
     "linalg_matrix_rank.atol_rtol_tensor linalg_matrix_rank.tol_tensor linalg_qr linalg_solve "
     "linalg_svd "
     "linalg_svdvals linalg_tensorinv linalg_tensorsolve lu_solve margin_ranking_loss max_pool3d "
     "max_unpool2d "
     "max_unpool3d mse_loss multi_margin_loss multilabel_margin_loss "
     "multilabel_margin_loss_forward nanquantile "
     "nanquantile.scalar nll_loss nll_loss2d orgqr ormqr pinverse poisson_nll_loss polar prod "
     "prod.dim_int qr quantile "
     "quantile.scalar reflection_pad1d reflection_pad2d replication_pad1d replication_pad2d "
     "replication_pad3d "
     "smooth_l1_loss soft_margin_loss stft stft.center svd trace triangular_solve "
     "triplet_margin_loss view_as_complex"},
});

constexpr auto cuda_rows = std::to_array<PolicyRow>({
    {CastPolicy::lower,
     "_convolution _convolution.deprecated _scaled_dot_product_flash_attention "
     "_thnn_fused_gru_cell "
     "_thnn_fused_lstm_cell addbmm addmm addmv addr baddbmm bmm chain_matmul conv1d conv2d conv3d "
     "conv_tbc "
     "conv_transpose1d conv_transpose2d.input conv_transpose3d.input convolution cudnn_convolution "
     "cudnn_convolution_transpose einsum gru_cell linalg_multi_dot linalg_vecdot linear lstm_cell "
     "matmul mm mv prelu "
     "rnn_relu_cell rnn_tanh_cell scaled_dot_product_attention"},
    {CastPolicy::widest,
     "addcdiv addcmul atan2 bilinear cross dot grid_sampler index_put scatter_add tensordot vdot"},
    {CastPolicy::single_type,
     "cumprod cumsum linalg_matrix_norm linalg_matrix_norm.str_ord linalg_vector_norm "
     "log_softmax.int prod prod.dim_int "
     "softmax.int sum sum.dim_IntList"},
    {CastPolicy::single,
     "_upsample_bicubic2d_aa _upsample_bilinear2d_aa _upsample_nearest_exact1d "
     "_upsample_nearest_exact2d "
     "_upsample_nearest_exact3d acos asin binary_cross_entropy binary_cross_entropy_with_logits "
     "cdist cosh "
     "cosine_embedding_loss cosine_similarity dist erfinv exp expm1 frobenius_norm.dim group_norm "
     "hinge_embedding_loss "
     "huber_loss kl_div l1_loss layer_norm log log10 log1p log2 logsumexp margin_ranking_loss "
     "mse_loss multi_margin_loss "
     "multilabel_margin_loss native_layer_norm nll_loss nll_loss2d norm.Scalar norm.ScalarOpt_dim "
     "nuclear_norm "
     "nuclear_norm.dim pdist poisson_nll_loss pow.Scalar pow.Tensor_Scalar pow.Tensor_Tensor "
     "reciprocal renorm rms_norm "
     "rsqrt sinh smooth_l1_loss soft_margin_loss softplus tan triplet_margin_loss "
     "upsample_bicubic2d "
     "upsample_bilinear2d upsample_linear1d upsample_nearest1d upsample_nearest2d "
     "upsample_nearest3d "
     "upsample_trilinear3d"},
});

using PolicyMap = std::unordered_map<std::string_view, CastPolicy>;

template <size_t count>
PolicyMap by_target(const std::array<PolicyRow, count>& rows) {
  PolicyMap map;
  for (const PolicyRow& row : rows) {
    for (std::string_view rest = row.targets; !rest.empty();) {
      const size_t end = std::min(rest.find(' '), rest.size());
      map.emplace(rest.substr(0, end), row.policy);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return map;
}

// Calls visit(ValueRef&) for each tensor among the arguments.
template <class Visit>
void for_each_tensor(std::vector<Given>& given, Visit&& visit) {
  for (Given& one : given) {
    if (auto* ref = std::get_if<ValueRef>(&one.value)) {
      if (ref->id != no_value) visit(*ref);
    } else if (auto* list = std::get_if<ValueList>(&one.value)) {
      for (ValueRef& ref : *list) {
        if (ref.id != no_value) visit(ref);
      }
    }
  }
}

bool eligible(Dtype dtype) { return is_floating(dtype) && dtype != Dtype::f64; }

}  // namespace

const CastPolicy* find_cast_policy(DeviceKind device, std::string_view target) {
  static const PolicyMap cpu = by_target(cpu_rows), cuda = by_target(cuda_rows);
  if (!target.starts_with("aten::")) return nullptr;
  const PolicyMap& map = device == DeviceKind::cpu ? cpu : cuda;
  const auto at = map.find(target.substr(6));
  return at == map.end() ? nullptr : &at->second;
}

ValueId AutocastRegion::cast(GraphBuilder& builder, ValueId value, Dtype to) {
  if (!eligible(builder.type(value).dtype) || builder.type(value).dtype == to) return value;
  const bool reusable = cache_ && to == lower_ && builder.graph()[value].role == Role::parameter;
  const int32_t key = static_cast<int32_t>(value);
  if (reusable && cached_.contains(key)) return cached_.at(key);
  const ValueId casted =
      builder.call("aten::to.dtype", {{"self", value}, {"dtype", to}}, "autocast");
  if (reusable) cached_.emplace(key, casted);
  return casted;
}

void AutocastRegion::cast_operands(GraphBuilder& builder, std::string_view target,
                                   std::vector<Given>& given) {
  const CastPolicy* policy = find_cast_policy(device_, target);
  if (!policy) return;
  if (*policy == CastPolicy::single_type) {
    bool first_eligible = false, seen = false;
    for_each_tensor(given, [&](const ValueRef& ref) {
      if (!std::exchange(seen, true)) first_eligible = eligible(builder.type(ref.id).dtype);
    });
    for (Given& one : given) {
      if (one.name == "dtype" && !std::holds_alternative<std::monostate>(one.value)) return;
    }
    std::erase_if(given, [](const Given& one) { return one.name == "dtype"; });
    if (first_eligible) given.emplace_back("dtype", Dtype::f32);
    return;
  }
  Dtype to = *policy == CastPolicy::single ? Dtype::f32 : lower_;
  if (*policy == CastPolicy::widest) {
    for_each_tensor(given, [&](const ValueRef& ref) {
      if (builder.type(ref.id).dtype == Dtype::f32) to = Dtype::f32;
    });
  }
  for_each_tensor(given, [&](ValueRef& ref) { ref.id = cast(builder, ref.id, to); });
}

}  // namespace opgauge
