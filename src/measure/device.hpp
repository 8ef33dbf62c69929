// SPDX-License-Identifier: Apache-2.0
// The border between measuring and what executes: a device prepares graphs, a prepared graph runs. The torch backend
// (libopgauge_torch.so, loaded on demand) and the fake of the tests implement it; nothing else here knows LibTorch.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "graph/graph.hpp"
#include "graph/stored.hpp"

namespace opgauge {

enum class AllocatorMode { standard, resident };  // resident: freed memory is never handed back to the kernel
template <>
inline constexpr auto enum_names<AllocatorMode> = std::to_array<EnumName<AllocatorMode>>(
    {{AllocatorMode::standard, "default"}, {AllocatorMode::resident, "resident"}});

// Process-wide state that silently changes time; set once, before anything is prepared, and recorded.
struct ExecutionSettings {
  int threads = 1;
  bool flush_denormal = true;
  AllocatorMode allocator = AllocatorMode::resident;
  bool pin_threads = false;
  uint64_t seed = 1;
  static constexpr auto fields() {
    return std::make_tuple(
        field("threads", &ExecutionSettings::threads, "", "intra-op threads"),
        field("flush_denormal", &ExecutionSettings::flush_denormal, "", "subnormal results become 0"),
        field("allocator", &ExecutionSettings::allocator, "", "default or resident"),
        field("pin_threads", &ExecutionSettings::pin_threads, "", "each thread bound to one core"),
        field("seed", &ExecutionSettings::seed, "", "of random weights and inputs"));
  }
};

// One dispatched call as the backend saw it, counted from the tensors that were really passed.
struct ExecutedWork {
  int64_t macs = 0;
  int64_t calls = 0;
};

class Executable {
 public:
  virtual ~Executable() = default;
  // One inference, seconds on the device's clock. Intermediates are freed at their last use.
  virtual double run_s() = 0;
  // The same, with the time of each node in `node_s` (one place per node of the graph); returns the whole run.
  virtual double run_timed_s(std::span<double> node_s) = 0;
  // Runs once and returns the highest sum of live tensor bytes the allocator reported, beyond inputs and parameters.
  virtual int64_t measure_peak_intermediate_bytes() = 0;
  // Runs once and counts multiply-adds from the dispatched calls, not from the graph.
  virtual ExecutedWork count_work() = 0;
  // Runs once and returns each output's elements as f64 (integers and bools converted), in graph order.
  virtual std::vector<std::vector<double>> outputs() = 0;
  // Bytes of parameters, buffers, constants and inputs held.
  virtual int64_t held_bytes() const = 0;
};

class Device {
 public:
  virtual ~Device() = default;
  virtual std::string name() const = 0;                             // "cpu", "cuda"
  virtual std::map<std::string, std::string> versions() const = 0;  // "libtorch" -> "2.13.0+cpu", "onednn", "blas", …
  // What it is beside the CPU: "NVIDIA H100 80GB HBM3"; "" for the CPU.
  virtual std::string accelerator() const { return ""; }
  // Its own memory in all; nullopt if it does not say.
  virtual std::optional<int64_t> memory_bytes() const { return std::nullopt; }
  // Why this device cannot run a precision ("fp32", "bf16", "fp16", "int8"); nullopt if it can.
  virtual std::optional<std::string> lacks(std::string_view precision) const = 0;
  // The largest u8 activation whose int8 products its kernels do not saturate: 255, or 127 (to_int8).
  virtual int int8_activation_levels() const { return 255; }
  // Random values are the same for the same seed, source name and sizes. `inputs`: given elements by
  // Value::name of a user input, random ones for the others. Throws Error for an op that the backend lacks, or if memory would not suffice.
  virtual std::unique_ptr<Executable> prepare(const Graph& graph, const StoredTensors& stored = {},
                                              const StoredTensors& inputs = {}) = 0;
};

// Opens libopgauge_torch.so ($OPGAUGE_TORCH_BACKEND, or beside the program) and makes its device. Throws Error naming
// what is missing: the library, LibTorch, or the device ("cuda: no accelerator found").
std::unique_ptr<Device> open_device(const std::string& kind, const ExecutionSettings& settings);

// What the library exports (C linkage): creates a device or throws Error.
using CreateDevice = Device* (*)(const char* kind, const ExecutionSettings* settings);
inline constexpr const char* create_device_symbol = "opgauge_create_device";

}  // namespace opgauge
