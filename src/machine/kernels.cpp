// SPDX-License-Identifier: Apache-2.0
// Compiled once per instruction set by Highway's foreach_target. SVE and RVV are left out: their
// vectors have no size at compile time, and NEON reaches the same rate on the cores that have
// 128-bit pipes.
#include "machine/kernels.hpp"

#include <cmath>
#include <string_view>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "machine/kernels.cpp"
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_SSSE3)
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace opgauge {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// 2 pipes x 4 cycles are 8 in flight on today's x86 cores, 4 x 4 on wide ARM cores. 16 where there
// are 32 registers.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
constexpr size_t accumulators = 16;
#else
constexpr size_t accumulators = 12;
#endif

template <class T, size_t... K>
HWY_ATTR double multiply_add(int64_t steps, double seed, std::index_sequence<K...>) {
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> acc[] = {hn::Set(d, static_cast<T>(seed + static_cast<double>(K)))...};
  const auto factor = hn::Set(d, static_cast<T>(0.999)), term = hn::Set(d, static_cast<T>(0.001));
  for (int64_t step = 0; step < steps; ++step) ((acc[K] = hn::MulAdd(acc[K], factor, term)), ...);
  double sum = 0;
  for (const auto& one : acc) sum += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, one)));
  return sum;
}

HWY_ATTR double multiply_add_f32(int64_t steps, double seed) {
  return multiply_add<float>(steps, seed, std::make_index_sequence<accumulators>());
}
#if HWY_HAVE_FLOAT64
HWY_ATTR double multiply_add_f64(int64_t steps, double seed) {
  return multiply_add<double>(steps, seed, std::make_index_sequence<accumulators>());
}
#endif

HWY_ATTR uint64_t read_stream(const std::byte* from, size_t bytes) {
  const hn::ScalableTag<uint64_t> d;
  const size_t lanes = hn::Lanes(d);
  const uint64_t* const words = reinterpret_cast<const uint64_t*>(from);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (size_t i = 0; i < bytes / 8; i += 8 * lanes) {
    s0 = hn::Add(s0, hn::Load(d, words + i));
    s1 = hn::Add(s1, hn::Load(d, words + i + lanes));
    s2 = hn::Add(s2, hn::Load(d, words + i + 2 * lanes));
    s3 = hn::Add(s3, hn::Load(d, words + i + 3 * lanes));
    s4 = hn::Add(s4, hn::Load(d, words + i + 4 * lanes));
    s5 = hn::Add(s5, hn::Load(d, words + i + 5 * lanes));
    s6 = hn::Add(s6, hn::Load(d, words + i + 6 * lanes));
    s7 = hn::Add(s7, hn::Load(d, words + i + 7 * lanes));
  }
  s0 = hn::Add(hn::Add(s0, s1), hn::Add(s2, s3));
  s4 = hn::Add(hn::Add(s4, s5), hn::Add(s6, s7));
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(s0, s4)));
}

HWY_ATTR void write_stream(std::byte* to, size_t bytes, uint64_t value) {
  const hn::ScalableTag<uint64_t> d;
  const size_t lanes = hn::Lanes(d);
  uint64_t* const words = reinterpret_cast<uint64_t*>(to);
  const auto v = hn::Set(d, value);
  for (size_t i = 0; i < bytes / 8; i += 4 * lanes) {
    hn::Store(v, d, words + i);
    hn::Store(v, d, words + i + lanes);
    hn::Store(v, d, words + i + 2 * lanes);
    hn::Store(v, d, words + i + 3 * lanes);
  }
}

HWY_ATTR void copy_stream(std::byte* to, const std::byte* from, size_t bytes) {
  const hn::ScalableTag<uint64_t> d;
  const size_t lanes = hn::Lanes(d);
  uint64_t* const out = reinterpret_cast<uint64_t*>(to);
  const uint64_t* const in = reinterpret_cast<const uint64_t*>(from);
  for (size_t i = 0; i < bytes / 8; i += 4 * lanes) {
    const auto v0 = hn::Load(d, in + i), v1 = hn::Load(d, in + i + lanes);
    const auto v2 = hn::Load(d, in + i + 2 * lanes), v3 = hn::Load(d, in + i + 3 * lanes);
    hn::Store(v0, d, out + i);
    hn::Store(v1, d, out + i + lanes);
    hn::Store(v2, d, out + i + 2 * lanes);
    hn::Store(v3, d, out + i + 3 * lanes);
  }
}

HWY_ATTR void triad_stream(std::byte* to, const std::byte* a, const std::byte* b, size_t bytes,
                           float scale) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  float* const out = reinterpret_cast<float*>(to);
  const float* const x = reinterpret_cast<const float*>(a);
  const float* const y = reinterpret_cast<const float*>(b);
  const auto s = hn::Set(d, scale);
  for (size_t i = 0; i < bytes / 4; i += 4 * lanes) {
    for (size_t k = 0; k < 4; ++k) {
      const size_t at = i + k * lanes;
      hn::Store(hn::MulAdd(s, hn::Load(d, y + at), hn::Load(d, x + at)), d, out + at);
    }
  }
}

// Called for each target that the CPU has; the functions above are reached through the pointers.
HWY_ATTR void describe_target(VectorKernels* kernels) {
  const char* const isa = hwy::TargetName(HWY_TARGET);
  ArithmeticKernel kernel{.dtype = "f32", .isa = isa, .run = multiply_add_f32};
  kernel.accumulators = static_cast<int>(accumulators);
  kernel.lanes = static_cast<int>(hn::Lanes(hn::ScalableTag<float>()));
  kernel.factor = 0.999;
  kernel.tolerance = 1e-3;
  kernel.largest_steps = int64_t{1} << 40;
  kernels->f32 = kernel;
#if HWY_HAVE_FLOAT64
  kernel.dtype = "f64";
  kernel.run = multiply_add_f64;
  kernel.lanes = static_cast<int>(hn::Lanes(hn::ScalableTag<double>()));
  kernels->f64 = kernel;
#endif
  kernels->streams = {isa, read_stream, write_stream, copy_stream, triad_stream};
}

}  // namespace HWY_NAMESPACE
}  // namespace opgauge
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace opgauge {
namespace {

// The compiler's runtime says what this CPU has, not libhwy: that library times the clock for milliseconds
// whenever a process loads it. What FMA and AVX-512 come with on every CPU (F16C, …) is not asked for.
std::vector<VectorKernels> find_vector_kernels() {
  std::vector<VectorKernels> found;
  const auto add = [&found](bool has, void (*describe)(VectorKernels*)) {
    if (has && describe) describe(&found.emplace_back());
  };
#if HWY_ARCH_X86
#define OPGAUGE_HAS(feature) (__builtin_cpu_supports(feature) != 0)
  __builtin_cpu_init();
  const bool sse4 = OPGAUGE_HAS("sse4.2") && OPGAUGE_HAS("aes") && OPGAUGE_HAS("pclmul");
  const bool avx2 = sse4 && OPGAUGE_HAS("avx2") && OPGAUGE_HAS("fma") && OPGAUGE_HAS("bmi") && OPGAUGE_HAS("bmi2");
  const bool avx3 = avx2 && OPGAUGE_HAS("avx512f") && OPGAUGE_HAS("avx512vl") && OPGAUGE_HAS("avx512dq") &&
                    OPGAUGE_HAS("avx512bw");
  add(avx3, HWY_CHOOSE_AVX3(describe_target));
  add(avx2, HWY_CHOOSE_AVX2(describe_target));
  add(sse4, HWY_CHOOSE_SSE4(describe_target));
#endif
  if (found.empty()) add(true, &HWY_STATIC_DISPATCH(describe_target));  // what the compiler may assume
  return found;
}

}  // namespace

const std::vector<VectorKernels>& vector_kernels() {
  static const std::vector<VectorKernels> kernels = find_vector_kernels();
  return kernels;
}

double expected_sum(const ArithmeticKernel& kernel, int64_t steps, double seed) {
  const double n = static_cast<double>(steps);
  double sum = 0;
  for (int k = 0; k < kernel.accumulators; ++k) {
    const double start = seed + k;
    sum += kernel.factor == 1 ? start + kernel.increment * n
                              : kernel.limit + (start - kernel.limit) * std::pow(kernel.factor, n);
  }
  return sum * kernel.lanes;
}

uint64_t dependent_additions(uint64_t count, uint64_t seed) {
  uint64_t sum = seed;
  const uint64_t term = 3;
  // Register to register: newer cores fold additions of constants away before they execute.
#if defined(__x86_64__)
#define OPGAUGE_ADD "add %1, %0\n\t"
#elif defined(__aarch64__)
#define OPGAUGE_ADD "add %0, %0, %1\n\t"
#else
#error "no dependent addition for this architecture"
#endif
#define OPGAUGE_ADD8 \
  OPGAUGE_ADD OPGAUGE_ADD OPGAUGE_ADD OPGAUGE_ADD OPGAUGE_ADD OPGAUGE_ADD OPGAUGE_ADD OPGAUGE_ADD
  for (uint64_t i = 0; i < count; i += 64) {
    __asm__ volatile(OPGAUGE_ADD8 OPGAUGE_ADD8 OPGAUGE_ADD8 OPGAUGE_ADD8 OPGAUGE_ADD8 OPGAUGE_ADD8
                         OPGAUGE_ADD8 OPGAUGE_ADD8
                     : "+r"(sum)
                     : "r"(term)
                     : "cc");
  }
  return sum;
}

}  // namespace opgauge
#endif  // HWY_ONCE
