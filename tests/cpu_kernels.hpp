// SPDX-License-Identifier: Apache-2.0
// Which kernels LibTorch finds on this CPU, for tests of what depends on them. What oneDNN needs beside a tensor (blocked
// copies, packed weights) is stated in the op table as its AVX-512 kernels have it.
#pragma once

#include <cstdlib>

namespace opgauge {

// On a CPU with matrix units (AMX) oneDNN would take other kernels in bf16 and int8, whose private memory the op table does not state
// (docs/memory.md). oneDNN reads this once, at its first use; whoever includes this header has it set before.
inline const bool without_matrix_units = setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16", 0) == 0;

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
