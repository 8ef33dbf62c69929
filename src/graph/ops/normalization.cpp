// SPDX-License-Identifier: Apache-2.0
// Batch, layer, group, instance and root-mean-square normalisation.
//
// Other ops an element: batch norm with given statistics 2 (scale, shift), with the batch's own 5
// (mean 1, variance 2 more); layer and group norm 5, plus 1 for a weight and 1 for a bias; rms norm
// as its steps: square 1, sum 1, scale 1, weight 1.
#include <algorithm>

#include "graph/ops/eager.hpp"
#include "graph/ops/rows.hpp"

namespace opgauge {
namespace {

using eager::Run;
using eager::Tensor;
using eager::Tensors;

// Sums are kept in f32, or f64 for f64.
Dtype sum_dtype(Dtype dtype) { return dtype == Dtype::f64 ? Dtype::f64 : Dtype::f32; }

void check_floating(const Run& run, const Tensor& x) {
  if (!is_floating(x.dtype()))
    throw run.error("found input of dtype " + std::string(name_of(x.dtype())));
}

struct BatchNorm {
  Tensor input, weight, bias, mean, variance;
  bool training = false;
};

void check_channels(const Run& run, const BatchNorm& given) {
  check_floating(run, given.input);
  if (given.input.rank() < 2) throw run.error("expected input of rank 2 or more");
  const int64_t channels = given.input.size(1);
  for (const Tensor* one : {&given.weight, &given.bias, &given.mean, &given.variance}) {
    if (one->defined() && one->numel() != channels) {
      throw run.error("found a parameter of " + std::to_string(one->numel()) +
                      " elements, expected " + std::to_string(channels));
    }
  }
  if (!given.training && !(given.mean.defined() && given.variance.defined())) {
    throw run.error("expected running_mean and running_var where training is False");
  }
}

// The mean of each channel, as a reduction through an f32 copy for half precision.
void channel_means(Run& run, const Tensor& x, Dtype dtype) {
  if (x.dtype() == dtype && dtype == sum_dtype(dtype)) {
    run.read(x);
    const Tensor divisor = run.scratch(8), cast = run.scratch(size_bytes(dtype));
    return;
  }
  const Tensor sums = run.empty(Dtype::f32, {x.size(1)});
  { const Tensor wide = run.to(x, Dtype::f32); }
  const Tensor divisor = run.scratch(8), cast = run.scratch(4);
}

// Output, and the statistics that training saves.
Tensors batch_norm(Run& run, const BatchNorm& given) {
  check_channels(run, given);
  const Tensor& x = given.input;
  const int64_t channels = x.size(1);
  const auto dense = [](const Tensor& t) {
    return t.type.is_contiguous() || t.type.is_channels_last();
  };
  const bool all_dense = dense(x) && (!given.weight.defined() || dense(given.weight)) &&
                         (!given.bias.defined() || dense(given.bias));
  const Dtype sums = sum_dtype(x.dtype());
  Dtype parameters = x.dtype();
  for (const Tensor* one : {&given.variance, &given.mean, &given.bias, &given.weight}) {
    if (one->defined()) parameters = one->dtype();
  }
  const Tensor y = run.empty(like(x.type, x.dtype(), suggested_format(x.type)));
  Tensor mean, deviation;
  if (given.training) {
    if (all_dense) {
      mean = run.empty(parameters, {channels});
      deviation = run.empty(parameters, {channels});
      const Tensor batch_mean = run.empty(parameters, {channels}),
                   batch_sum = run.empty(parameters, {channels});
      const bool by_rows = !x.type.is_contiguous() || x.rank() == 2;
      const Tensor partial = by_rows ? run.empty(sums, {channels}) : Tensor();
      run.read(x);
    } else {
      mean = run.empty(parameters, {channels});
      channel_means(run, x, parameters);
      deviation = run.empty(parameters, {channels});
    }
    run.read(x);
    run.work.other_ops += 3 * x.numel();
  } else {
    mean = run.empty(x.dtype(), {0});
    deviation = run.empty(x.dtype(), {0});
  }
  Tensor scale, shift;
  if (all_dense) {
    scale = run.empty(sums, {channels});
    shift = run.empty(sums, {channels});
  } else if (!given.training) {
    const Tensor sum = run.pointwise_number(given.variance, 1);
    const Tensor root = run.pointwise({sum}, 1);
    scale = run.pointwise({root}, 1);
  }
  // A number stands for an absent weight or bias where the kernel is an elementwise expression.
  const Tensor unit = run.scratch(all_dense || given.weight.defined() ? 0 : size_bytes(x.dtype()));
  const Tensor zero = run.scratch(all_dense || given.bias.defined() ? 0 : size_bytes(x.dtype()));
  run.read(x);
  for (const Tensor* one : {&given.weight, &given.bias, &given.mean, &given.variance})
    run.read(*one);
  run.write(y);
  run.work.other_ops += 2 * x.numel();
  return {y, mean, deviation};
}

Tensors batch_norm(Run& run) {
  const Tensors all = batch_norm(
      run, {run.operand("input"), run.operand("weight"), run.operand("bias"),
            run.operand("running_mean"), run.operand("running_var"), run.call.flag("training")});
  return {all[0]};
}
Tensors native_batch_norm(Run& run) {
  return batch_norm(
      run, {run.operand("input"), run.operand("weight"), run.operand("bias"),
            run.operand("running_mean"), run.operand("running_var"), run.call.flag("training")});
}
Tensors native_batch_norm_inference(Run& run) {
  return batch_norm(run, {run.operand("input"), run.operand("weight"), run.operand("bias"),
                          run.operand("running_mean"), run.operand("running_var"), false});
}
Tensors native_batch_norm_no_stats(Run& run) {
  return batch_norm(run, {run.operand("input"),
                          run.operand("weight"),
                          run.operand("bias"),
                          {},
                          {},
                          run.call.flag("training")});
}

// A batch norm over batch x channels, so that every channel of every image has its own statistics.
Tensors instance_norm(Run& run) {
  const Tensor x = run.operand("input");
  check_floating(run, x);
  if (x.rank() < 2) throw run.error("expected input of rank 2 or more");
  const int64_t batch = x.size(0), channels = x.size(1);
  const auto repeated = [&](std::string_view name) -> Tensor {
    const Tensor one = run.operand(name);
    if (!one.defined()) return {};
    if (one.rank() != 1 || one.size(0) != channels) {
      throw run.error("argument \"" + std::string(name) + "\" has " + std::to_string(one.numel()) +
                      " elements, expected " + std::to_string(channels));
    }
    const Tensor all =
        run.empty(one.dtype(), product({batch, channels}) == 0 ? Dims{0} : Dims{batch * channels});
    run.read(one);
    run.write(all);
    return all;
  };
  const Tensor weight = repeated("weight"), bias = repeated("bias");
  const Tensor mean = repeated("running_mean"), variance = repeated("running_var");
  Dims sizes = x.type.sizes;
  sizes[0] = 1;
  sizes[1] = batch * channels;
  Tensor y;
  {
    const Tensor flat = run.view_sizes(run.contiguous(x), sizes);
    y = batch_norm(run, {flat, weight, bias, mean, variance, run.call.flag("use_input_stats")})[0];
  }
  for (const auto* name : {"running_mean", "running_var"}) {
    const Tensor one = run.operand(name);
    if (!one.defined()) continue;
    const Tensor average = run.empty(one.dtype(), {channels});
    run.copy(one, average);
  }
  return {run.view_sizes(y, x.type.sizes)};
}

// How many trailing dimensions are normalised, and how many rows there are.
int64_t rows_before(const Run& run, const Tensor& x, const Dims& normalized) {
  check_floating(run, x);
  const size_t rank = x.type.sizes.size();
  if (normalized.empty() || normalized.size() > rank ||
      !std::equal(normalized.rbegin(), normalized.rend(), x.type.sizes.rbegin())) {
    throw run.error("normalized_shape does not match the input's last dimensions");
  }
  return product(Dims(x.type.sizes.begin(),
                      x.type.sizes.end() - static_cast<std::ptrdiff_t>(normalized.size())));
}

Tensors layer_norm_with_stats(Run& run) {
  const Tensor x = run.operand("input"), weight = run.operand("weight"), bias = run.operand("bias");
  const Dims& normalized = run.call.ints("normalized_shape");
  const int64_t rows = rows_before(run, x, normalized);
  for (const Tensor* one : {&weight, &bias}) {
    if (one->defined() && one->type.sizes != normalized) {
      throw run.error("weight or bias does not have the shape normalized_shape");
    }
  }
  const Tensor input = run.contiguous(x);
  const Tensor scale = weight.defined() ? run.contiguous(weight) : weight;
  const Tensor shift = bias.defined() ? run.contiguous(bias) : bias;
  const Tensor y = run.empty(x.dtype(), x.type.sizes);
  const Dtype stats = weight.defined() ? weight.dtype() : bias.defined() ? bias.dtype() : x.dtype();
  const Tensor mean = run.empty(stats, {rows}), deviation = run.empty(stats, {rows});
  run.read(input);
  run.read(scale);
  run.read(shift);
  run.write(y);
  run.write(mean);
  run.write(deviation);
  run.work.other_ops += (5 + weight.defined() + bias.defined()) * x.numel();
  return {y, mean, deviation};
}
Tensors layer_norm(Run& run) { return {layer_norm_with_stats(run)[0]}; }
Tensors native_layer_norm(Run& run) {
  Tensors all = layer_norm_with_stats(run);
  Dims sizes = all[0].type.sizes;
  std::fill(sizes.end() - static_cast<std::ptrdiff_t>(run.call.ints("normalized_shape").size()),
            sizes.end(), 1);
  for (size_t i : {1, 2}) all[i] = run.view(all[i], TensorType(all[i].dtype(), sizes));
  return all;
}

Tensors group_norm_with_stats(Run& run, int64_t groups) {
  const Tensor x = run.operand("input"), weight = run.operand("weight"), bias = run.operand("bias");
  check_floating(run, x);
  if (x.rank() < 2) throw run.error("expected input of rank 2 or more");
  const int64_t batch = x.size(0), channels = x.size(1);
  if (groups < 1 || channels % groups != 0) {
    throw run.error("found " + std::to_string(groups) + " groups, expected a divisor of " +
                    std::to_string(channels) + " channels");
  }
  for (const Tensor* one : {&weight, &bias}) {
    if (one->defined() && (one->rank() != 1 || one->size(0) != channels)) {
      throw run.error("weight or bias does not have one element a channel");
    }
  }
  const MemoryFormat format = suggested_format(x.type);
  const Tensor input = run.contiguous(x, format);
  const Tensor y = run.empty(with_format(x.dtype(), x.type.sizes, format));
  const Dtype stats = weight.defined() ? weight.dtype() : bias.defined() ? bias.dtype() : x.dtype();
  const Tensor mean = run.empty(stats, {batch, groups}),
               deviation = run.empty(stats, {batch, groups});
  if (format != MemoryFormat::contiguous) {
    const Tensor scales = run.empty(sum_dtype(x.dtype()), {batch, 2 * channels});
    const bool large = product({batch, channels}) > 0 && x.numel() / (batch * channels) >= 1024;
    const Tensor partial = run.empty(sum_dtype(x.dtype()), {large ? batch : 0, 2 * groups});
  }
  run.read(input);
  run.read(weight);
  run.read(bias);
  run.write(y);
  run.write(mean);
  run.write(deviation);
  run.work.other_ops += (5 + weight.defined() + bias.defined()) * x.numel();
  return {y, mean, deviation};
}
Tensors group_norm(Run& run) {
  return {group_norm_with_stats(run, run.call.integer("num_groups"))[0]};
}
Tensors native_group_norm(Run& run) {
  const Tensor x = run.operand("input");
  const int64_t batch = run.call.integer("N"), channels = run.call.integer("C"),
                positions = run.call.integer("HxW");
  if (x.rank() < 2 || x.size(0) != batch || x.size(1) != channels ||
      x.numel() != product({batch, channels, positions})) {
    throw run.error("N, C and HxW are not those of the input");
  }
  return group_norm_with_stats(run, run.call.integer("group"));
}

Tensors rms_norm(Run& run) {
  const Tensor x = run.operand("input"), weight = run.operand("weight");
  const Dims& normalized = run.call.ints("normalized_shape");
  rows_before(run, x, normalized);
  if (weight.defined() && weight.type.sizes != normalized) {
    throw run.error("weight does not have the shape normalized_shape");
  }
  const bool half = x.dtype() == Dtype::bf16 || x.dtype() == Dtype::f16;
  Tensor wide = half ? run.to(x, Dtype::f32) : x;
  Tensor factor;
  {
    const Tensor square = run.pointwise({wide}, 1);
    Dims sizes = x.type.sizes;
    std::fill(sizes.end() - static_cast<std::ptrdiff_t>(normalized.size()), sizes.end(), 1);
    const Tensor mean = run.empty(wide.dtype(), sizes);
    run.read(square);
    run.write(mean);
    run.work.other_ops += x.numel();
    run.in_place_number(mean, 1);
    run.in_place_number(mean, 1);
    factor = run.pointwise({mean}, 1);
  }
  Tensor y = run.pointwise({wide, factor}, 1);
  if (weight.defined()) y = run.pointwise({y, weight}, 1);
  y = run.contiguous(y);
  wide = {};
  return {run.to(y, x.dtype())};
}

constexpr OpFamily family = OpFamily::normalization;
const OpRow rows[] = {
    eager::row<batch_norm>("aten::batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? "
                           "running_mean, Tensor? running_var, bool "
                           "training, float momentum, float eps, bool cudnn_enabled) -> Tensor",
                           family),
    eager::row<native_batch_norm>(
        "aten::native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, "
        "Tensor? "
        "running_var, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)",
        family),
    eager::row<native_batch_norm>("aten::_native_batch_norm_legit(Tensor input, Tensor? weight, "
                                  "Tensor? bias, Tensor(a!) running_mean, "
                                  "Tensor(b!) running_var, bool training, float momentum, float "
                                  "eps) -> (Tensor, Tensor, Tensor)",
                                  family),
    eager::row<native_batch_norm_no_stats>("aten::_native_batch_norm_legit.no_stats(Tensor input, "
                                           "Tensor? weight, Tensor? bias, bool training, float "
                                           "momentum, float eps) -> (Tensor, Tensor, Tensor)",
                                           family),
    eager::row<native_batch_norm_inference>(
        "aten::_native_batch_norm_legit_no_training(Tensor input, Tensor? weight, Tensor? bias, "
        "Tensor running_mean, "
        "Tensor running_var, float momentum, float eps) -> (Tensor, Tensor, Tensor)",
        family),
    eager::row<instance_norm>(
        "aten::instance_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, "
        "Tensor? running_var, "
        "bool use_input_stats, float momentum, float eps, bool cudnn_enabled) -> Tensor",
        family),
    eager::row<layer_norm>("aten::layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? "
                           "weight=None, Tensor? bias=None, float "
                           "eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor",
                           family),
    eager::row<native_layer_norm>("aten::native_layer_norm(Tensor input, SymInt[] "
                                  "normalized_shape, Tensor? weight, Tensor? bias, float eps) -> "
                                  "(Tensor, Tensor, Tensor)",
                                  family),
    eager::row<group_norm>("aten::group_norm(Tensor input, int num_groups, Tensor? weight=None, "
                           "Tensor? bias=None, float "
                           "eps=1.0000000000000001e-05, bool cudnn_enabled=True) -> Tensor",
                           family),
    eager::row<native_group_norm>("aten::native_group_norm(Tensor input, Tensor? weight, Tensor? "
                                  "bias, SymInt N, SymInt C, SymInt HxW, int "
                                  "group, float eps) -> (Tensor, Tensor, Tensor)",
                                  family),
    eager::row<rms_norm>("aten::rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? "
                         "weight=None, float? eps=None) -> Tensor",
                         family),
};

}  // namespace

std::span<const OpRow> normalization_rows() { return rows; }

}  // namespace opgauge
