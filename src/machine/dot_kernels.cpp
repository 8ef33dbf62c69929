// SPDX-License-Identifier: Apache-2.0
// Multiply-accumulate of narrow types with the instructions that were made for it; Highway has none
// of them yet. Matrix units (AMX, SME) are not measured: `detect` notes that such a CPU can go
// beyond these ceilings.
#include <utility>

#include "machine/kernels.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#include <sys/auxv.h>
#endif

namespace opgauge {
namespace {

// A loop-invariant product would be computed once: the compiler must believe that `x` changes each
// step.
#if defined(__x86_64__)
#define OPGAUGE_OPAQUE(x) __asm__ volatile("" : "+v"(x))
#define OPGAUGE_OPAQUE_YMM(x) __asm__ volatile("" : "+x"(x))
#elif defined(__aarch64__)
#define OPGAUGE_OPAQUE(x) __asm__ volatile("" : "+w"(x))
#endif

#if defined(__x86_64__)

template <size_t... K>
__attribute__((target("avx512f,avx512bf16"))) double bf16_avx512(int64_t steps, double seed,
                                                                 std::index_sequence<K...>) {
  __m512 acc[] = {_mm512_set1_ps(static_cast<float>(seed + K))...};
  const __m512i ones = _mm512_set1_epi16(0x3f80);  // 1.0 in bf16
  __m512bh a = (__m512bh)ones, b = a;
  for (int64_t step = 0; step < steps; ++step) {
    OPGAUGE_OPAQUE(a);
    ((acc[K] = _mm512_dpbf16_ps(acc[K], a, b)), ...);
  }
  return (0.0 + ... + static_cast<double>(_mm512_reduce_add_ps(acc[K])));
}

template <size_t... K>
__attribute__((target("avx512f,avx512fp16"))) double f16_avx512(int64_t steps, double seed,
                                                                std::index_sequence<K...>) {
  __m512h acc[] = {_mm512_set1_ph(static_cast<_Float16>(seed + K))...};
  __m512h half = _mm512_set1_ph(static_cast<_Float16>(0.5));
  for (int64_t step = 0; step < steps; ++step) {
    OPGAUGE_OPAQUE(half);
    ((acc[K] = _mm512_fmadd_ph(acc[K], half, half)), ...);
  }
  return 32.0 * (0.0 + ... + static_cast<double>(acc[K][0]));
}

template <size_t... K>
__attribute__((target("avx512f,avx512vnni"))) double i8_avx512(int64_t steps, double seed,
                                                               std::index_sequence<K...>) {
  __m512i acc[] = {_mm512_set1_epi32(static_cast<int>(seed) + static_cast<int>(K))...};
  __m512i a = _mm512_set1_epi8(3);
  const __m512i b = _mm512_set1_epi8(2);
  for (int64_t step = 0; step < steps; ++step) {
    OPGAUGE_OPAQUE(a);
    ((acc[K] = _mm512_dpbusd_epi32(acc[K], a, b)), ...);
  }
  // Lanes are equal: one lane times their number, without 32-bit overflow of the sum.
  return 16.0 * (0.0 + ... + static_cast<double>(_mm512_cvtsi512_si32(acc[K])));
}

template <size_t... K>
__attribute__((target("avx2,avxvnni"))) double i8_avx_vnni(int64_t steps, double seed,
                                                           std::index_sequence<K...>) {
  __m256i acc[] = {_mm256_set1_epi32(static_cast<int>(seed) + static_cast<int>(K))...};
  __m256i a = _mm256_set1_epi8(3);
  const __m256i b = _mm256_set1_epi8(2);
  for (int64_t step = 0; step < steps; ++step) {
    OPGAUGE_OPAQUE_YMM(a);
    ((acc[K] = _mm256_dpbusd_avx_epi32(acc[K], a, b)), ...);
  }
  return 8.0 * (0.0 + ... + static_cast<double>(_mm256_extract_epi32(acc[K], 0)));
}

// Without VNNI: multiply bytes to 16-bit pairs, add pairs to 32 bits, accumulate (what int8 GEMMs
// do on AVX2).
template <size_t... K>
__attribute__((target("avx2"))) double i8_avx2(int64_t steps, double seed,
                                               std::index_sequence<K...>) {
  __m256i acc[] = {_mm256_set1_epi32(static_cast<int>(seed) + static_cast<int>(K))...};
  __m256i a = _mm256_set1_epi8(3);
  const __m256i b = _mm256_set1_epi8(2), ones = _mm256_set1_epi16(1);
  const auto product = [&]() __attribute__((target("avx2"), always_inline)) {
    OPGAUGE_OPAQUE_YMM(a);
    return _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ones);
  };
  for (int64_t step = 0; step < steps; ++step)
    ((acc[K] = _mm256_add_epi32(acc[K], product())), ...);
  return 8.0 * (0.0 + ... + static_cast<double>(_mm256_extract_epi32(acc[K], 0)));
}

struct Leaf7 {
  unsigned eax1 = 0, ebx = 0, ecx = 0, edx = 0;
};
Leaf7 leaf7() {
  Leaf7 leaf;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &leaf.ebx, &leaf.ecx, &leaf.edx)) return {};
  if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) leaf.eax1 = a;
  return leaf;
}

using Sixteen = std::make_index_sequence<16>;
using Twelve = std::make_index_sequence<12>;

#elif defined(__aarch64__)

using Sixteen = std::make_index_sequence<16>;

template <size_t... K>
__attribute__((target("arch=armv8.2-a+bf16+fp16"))) double bf16_neon(int64_t steps, double seed,
                                                                     std::index_sequence<K...>) {
  float32x4_t acc[] = {vdupq_n_f32(static_cast<float>(seed + K))...};
  uint16x8_t ones = vdupq_n_u16(0x3f80);  // 1.0 in bf16
  OPGAUGE_OPAQUE(ones);                   // GCC 12 would load the constant as an f16 one
  bfloat16x8_t a = vreinterpretq_bf16_u16(ones), b = a;
  for (int64_t step = 0; step < steps; ++step) {
    OPGAUGE_OPAQUE(a);
    ((acc[K] = vbfdotq_f32(acc[K], a, b)), ...);
  }
  return (0.0 + ... + static_cast<double>(vaddvq_f32(acc[K])));
}

template <size_t... K>
__attribute__((target("arch=armv8.2-a+fp16"))) double f16_neon(int64_t steps, double seed,
                                                               std::index_sequence<K...>) {
  float16x8_t acc[] = {vdupq_n_f16(static_cast<float16_t>(seed + K))...};
  float16x8_t half = vdupq_n_f16(static_cast<float16_t>(0.5));
  for (int64_t step = 0; step < steps; ++step) {
    OPGAUGE_OPAQUE(half);
    ((acc[K] = vfmaq_f16(half, acc[K], half)), ...);
  }
  return 8.0 * (0.0 + ... + static_cast<double>(vgetq_lane_f16(acc[K], 0)));
}

template <size_t... K>
__attribute__((target("arch=armv8.2-a+dotprod"))) double i8_neon(int64_t steps, double seed,
                                                                 std::index_sequence<K...>) {
  int32x4_t acc[] = {vdupq_n_s32(static_cast<int>(seed) + static_cast<int>(K))...};
  int8x16_t a = vdupq_n_s8(3);
  const int8x16_t b = vdupq_n_s8(2);
  for (int64_t step = 0; step < steps; ++step) {
    OPGAUGE_OPAQUE(a);
    ((acc[K] = vdotq_s32(acc[K], a, b)), ...);
  }
  return 4.0 * (0.0 + ... + static_cast<double>(vgetq_lane_s32(acc[K], 0)));
}

#endif

ArithmeticKernel sums_up(const char* dtype, const char* isa, double (*run)(int64_t, double),
                         int accumulators, int lanes, int products_per_lane, double increment) {
  ArithmeticKernel kernel{
      .dtype = dtype, .isa = isa, .run = run, .accumulators = accumulators, .lanes = lanes};
  kernel.flops_per_lane = 2 * products_per_lane;
  kernel.increment = increment;
  kernel.tolerance = 1e-6;
  kernel.largest_steps = int64_t{1}
                         << 22;  // f32 counts by twos exactly up to 2^25, i32 by 24 up to 2^26
  return kernel;
}

ArithmeticKernel halves(const char* isa, double (*run)(int64_t, double), int accumulators,
                        int lanes) {
  ArithmeticKernel kernel{
      .dtype = "f16", .isa = isa, .run = run, .accumulators = accumulators, .lanes = lanes};
  kernel.factor = 0.5;
  kernel.tolerance = 1e-2;
  kernel.largest_steps = int64_t{1} << 40;
  return kernel;
}

}  // namespace

std::vector<ArithmeticKernel> dot_kernels() {
  std::vector<ArithmeticKernel> kernels;
#if defined(__x86_64__)
  const Leaf7 leaf = leaf7();
  __builtin_cpu_init();  // its answers include that the operating system saves the registers
  const bool avx512 = __builtin_cpu_supports("avx512f"), avx2 = __builtin_cpu_supports("avx2");
  if (avx512 && (leaf.eax1 >> 5 & 1)) {
    kernels.push_back(sums_up(
        "bf16", "AVX512_BF16",
        [](int64_t steps, double seed) { return bf16_avx512(steps, seed, Sixteen()); }, 16, 16, 2,
        2));
  }
  if (avx512 && (leaf.edx >> 23 & 1)) {
    kernels.push_back(halves(
        "AVX512_FP16",
        [](int64_t steps, double seed) { return f16_avx512(steps, seed, Sixteen()); }, 16, 32));
  }
  if (avx512 && (leaf.ecx >> 11 & 1)) {
    kernels.push_back(sums_up(
        "i8", "AVX512_VNNI",
        [](int64_t steps, double seed) { return i8_avx512(steps, seed, Sixteen()); }, 16, 16, 4,
        24));
  }
  if (avx2 && (leaf.eax1 >> 4 & 1)) {
    kernels.push_back(sums_up(
        "i8", "AVX_VNNI",
        [](int64_t steps, double seed) { return i8_avx_vnni(steps, seed, Twelve()); }, 12, 8, 4,
        24));
  }
  if (avx2) {
    kernels.push_back(sums_up(
        "i8", "AVX2", [](int64_t steps, double seed) { return i8_avx2(steps, seed, Twelve()); }, 12,
        8, 4, 24));
  }
#elif defined(__aarch64__)
  const unsigned long caps = ::getauxval(AT_HWCAP), caps2 = ::getauxval(AT_HWCAP2);
  constexpr unsigned long asimdhp = 1ul << 10, asimddp = 1ul << 20,
                          bf16 = 1ul << 14;  // asm/hwcap.h
  if (caps2 & bf16) {
    kernels.push_back(sums_up(
        "bf16", "NEON_BF16",
        [](int64_t steps, double seed) { return bf16_neon(steps, seed, Sixteen()); }, 16, 4, 2, 2));
  }
  if (caps & asimdhp) {
    kernels.push_back(halves(
        "NEON_FP16", [](int64_t steps, double seed) { return f16_neon(steps, seed, Sixteen()); },
        16, 8));
  }
  if (caps & asimddp) {
    kernels.push_back(sums_up(
        "i8", "NEON_DOTPROD",
        [](int64_t steps, double seed) { return i8_neon(steps, seed, Sixteen()); }, 16, 4, 4, 24));
  }
#endif
  return kernels;
}

}  // namespace opgauge
