// SPDX-License-Identifier: Apache-2.0
// Which kernels LibTorch finds on this CPU, for tests of what depends on them. What oneDNN needs beside a tensor (blocked
// copies, packed weights) is stated in the op table as its AVX-512 kernels have it; 8-bit products without VNNI saturate
// at 16 bits (oneDNN, "int8 computations: inputs of opposite signs"), and the sanity check rightly refuses them.
#pragma once

namespace opgauge {

inline bool has_avx512_kernels() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx512bw") != 0;
#else
  return false;
#endif
}

inline bool has_vnni_kernels() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx512vnni") != 0;
#else
  return false;
#endif
}

inline constexpr const char* no_avx512_reason =
    "the op table states private memory of oneDNN's AVX-512 kernels, this CPU has none";
inline constexpr const char* no_vnni_reason = "8-bit products saturate at 16 bits on this CPU (no VNNI)";

}  // namespace opgauge
