// SPDX-License-Identifier: Apache-2.0
// The device that libopgauge_torch.so exports.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/util/Exception.h>

#include <cstdio>
#include <set>

#include "measure/meters/power_meter.hpp"
#include "measure/torch/executable.hpp"
#include "measure/torch/process_settings.hpp"

namespace opgauge {
namespace {

// "BUILD_TYPE" -> "Release", out of "…, BUILD_TYPE=Release, …".
std::string build_setting(const std::string& config, const std::string& name) {
  const size_t at = config.find(name + "=");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 1;
  return config.substr(begin, config.find(',', begin) - begin);
}

bool has_operator(const char* name) {
  return c10::Dispatcher::singleton().findSchema({name, ""}).has_value();
}

// A question that LibTorch answers by an operator: () -> bool.
std::optional<bool> ask(const char* name) {
  const auto op = c10::Dispatcher::singleton().findSchema({name, ""});
  if (!op) return std::nullopt;
  std::vector<c10::IValue> stack;
  op->callBoxed(&stack);
  return stack.at(0).toBool();
}

std::string first_line_after(const std::string& text, const std::string& start) {
  const size_t at = text.find(start);
  if (at == std::string::npos) return text.substr(0, text.find('\n'));
  return text.substr(at + start.size(), text.find('\n', at) - at - start.size());
}

// Says each warning once: LibTorch repeats some at every call (recurrent layers on CUDA).
class WarnOnce final : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override {
    if (said_.insert(warning.msg()).second)
      std::fprintf(stderr, "LibTorch warns: %s\n", warning.msg().c_str());
  }

 private:
  std::set<std::string> said_;
};

class TorchDevice final : public Device {
 public:
  TorchDevice(std::unique_ptr<Hardware> hardware, const ExecutionSettings& settings)
      : hardware_(std::move(hardware)),
        pool_(std::make_shared<TensorPool>(settings.seed, hardware_->device())),
        settings_(settings) {
    static WarnOnce warn_once;
    c10::WarningUtils::set_warning_handler(&warn_once);
    apply_settings(settings_);
  }

  std::string name() const override { return hardware_->device().is_cpu() ? "cpu" : "cuda"; }

  std::string accelerator() const override {
    if (hardware_->device().is_cpu()) return "";
    try {
      return nvml_device_name();
    } catch (const Error&) {
      return hardware_->device().str();  // "cuda:0": LibTorch has no name for it
    }
  }
  std::optional<int64_t> memory_bytes() const override { return hardware_->memory_bytes(); }

  std::map<std::string, std::string> versions() const override {
    apply_settings(settings_);
    const std::string config = at::show_config();
    const bool cuda =
        build_setting(config, "USE_CUDA") != "0" && build_setting(config, "USE_CUDA") != "OFF";
    std::map<std::string, std::string> versions = {
        {"libtorch", build_setting(config, "TORCH_VERSION") + (cuda ? "+cuda" : "+cpu")},
        {"build_type", build_setting(config, "BUILD_TYPE")},
        {"blas", build_setting(config, "BLAS_INFO")},
        {"mkl", first_line_after(at::get_mkl_version(), "Library Version ")},
        {"onednn", first_line_after(at::get_mkldnn_version(), "MKL-DNN ")},
        {"openmp", first_line_after(at::get_openmp_version(), "OpenMP ")},
        {"cpu_capability", at::get_cpu_capability()},
        {"threads", std::to_string(at::get_num_threads())},
    };
    if (!hardware_->device().is_cpu()) {
      versions["accelerator"] = accelerator();
      // TF32 keeps ten bits of an fp32 operand; it changes time and numbers.
      versions["tf32_convolutions"] = at::globalContext().allowTF32CuDNN() ? "allowed" : "forbidden";
      versions["tf32_products"] = at::globalContext().allowTF32CuBLAS() ? "allowed" : "forbidden";
    }
    const std::pair<const char*, const char*> questions[] = {
        {"onednn_bf16", "mkldnn::_is_mkldnn_bf16_supported"},
        {"onednn_fp16", "mkldnn::_is_mkldnn_fp16_supported"},
    };
    for (const auto& [key, op] : questions) {
      const auto answer = ask(op);
      versions[key] = !answer   ? "unknown: LibTorch does not say"
                      : *answer ? "native"
                                : "not native: converted or slow";
    }
    return versions;
  }

  std::optional<std::string> lacks(std::string_view precision) const override {
    const std::vector<std::string> known = {"fp32", "bf16", "fp16", "int8"};
    if (std::find(known.begin(), known.end(), precision) == known.end()) {
      throw unknown_name("precision", "precision", precision, known);
    }
    // bf16 and fp16 run on every CPU, natively or through conversions: slow is not absent.
    if (precision != "int8") return std::nullopt;
    if (!hardware_->device().is_cpu()) {
      return "int8 runs by oneDNN's kernels, which this LibTorch has for the CPU only";
    }
    for (const char* op : {"onednn::qlinear_prepack", "onednn::qlinear_pointwise",
                           "onednn::qconv_prepack", "onednn::qconv2d_pointwise"}) {
      if (!has_operator(op)) return std::string("this LibTorch has no ") + op;
    }
    return std::nullopt;
  }

  int int8_activation_levels() const override {
#ifdef __x86_64__
    return __builtin_cpu_supports("avx512vnni") || __builtin_cpu_supports("avxvnni") ? 255 : 127;
#else
    return 255;
#endif
  }

  std::unique_ptr<Executable> prepare(const Graph& graph, const StoredTensors& stored,
                                      const StoredTensors& inputs) override {
    return make_executable(graph, stored, inputs, hardware_, pool_, settings_);
  }

 private:
  const std::shared_ptr<Hardware> hardware_;
  const std::shared_ptr<TensorPool> pool_;
  const ExecutionSettings settings_;
};

}  // namespace
}  // namespace opgauge

extern "C" __attribute__((visibility("default"))) opgauge::Device* opgauge_create_device(
    const char* kind, const opgauge::ExecutionSettings* settings) {
  using namespace opgauge;
  const auto wanted = parse_enum<DeviceKind>("--device", "device", kind);
  return new TorchDevice(wanted == DeviceKind::cpu ? cpu_hardware() : accelerator_hardware(),
                         *settings);
}
