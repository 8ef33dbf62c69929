// SPDX-License-Identifier: Apache-2.0
// Which kernels LibTorch finds on this CPU, for tests of what depends on them. What oneDNN needs beside a tensor (blocked
// copies, packed weights) is stated in the op table as its AVX-512 kernels have it.
#pragma once

namespace opgauge {

inline bool has_avx512_kernels() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx512bw") != 0;
#else
  return false;
#endif
}

inline constexpr const char* no_avx512_reason =
    "the op table states private memory of oneDNN's AVX-512 kernels, this CPU has none";

}  // namespace opgauge
