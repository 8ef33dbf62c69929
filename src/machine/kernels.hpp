// SPDX-License-Identifier: Apache-2.0
// The loops that ceilings are measured with: plain functions, one set per instruction set, no
// timing and no threads. After clpeak's rules: real loop-carried dependencies, more accumulators
// than pipes x latency, each accumulator in the result, 64-byte aligned streams, no libc copies.
// They are compiled with optimisation in every build type.
//
// Each returns a number that follows from its arguments alone, so that a loop which the compiler
// removed or shortened is found out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace opgauge {

// Accumulator k starts at seed + k in each lane and is changed once a step, `steps` times; `run`
// returns the sum of all lanes of all accumulators. One change is acc * factor + limit * (1 -
// factor), or acc + increment where factor is 1.
struct ArithmeticKernel {
  const char* dtype = "";  // f32, f64, bf16, f16, i8
  const char* isa = "";    // "AVX2", "AVX512_VNNI", …
  double (*run)(int64_t steps, double seed) = nullptr;
  int accumulators = 0;
  int lanes = 0;           // of one accumulator
  int flops_per_lane = 2;  // in one step: a multiply-add is two; i8 counts integer operations
  double factor = 1;
  double limit = 1;
  double increment = 0;
  double tolerance = 0;       // relative, of `run` against expected_sum
  int64_t largest_steps = 0;  // beyond it the closed form loses its precision

  double flops(int64_t steps) const {
    return static_cast<double>(steps) * accumulators * lanes * flops_per_lane;
  }
};
// What run(steps, seed) must return.
double expected_sum(const ArithmeticKernel& kernel, int64_t steps, double seed);

// Streams over 64-byte aligned memory; `bytes` (of each array) is a multiple of 1024.
struct StreamKernels {
  const char* isa = "";
  // Sum of all 64-bit words, modulo 2^64.
  uint64_t (*read)(const std::byte* from, size_t bytes) = nullptr;
  // Every 64-bit word becomes `value`.
  void (*write)(std::byte* to, size_t bytes, uint64_t value) = nullptr;
  void (*copy)(std::byte* to, const std::byte* from, size_t bytes) = nullptr;
  // to[i] = a[i] + scale * b[i], f32.
  void (*triad)(std::byte* to, const std::byte* a, const std::byte* b, size_t bytes,
                float scale) = nullptr;
};

// One instruction set that this CPU has.
struct VectorKernels {
  ArithmeticKernel f32, f64;  // run is nullptr where there is no such type
  StreamKernels streams;
};
// Best first; at least one.
const std::vector<VectorKernels>& vector_kernels();
// bf16, f16 and i8 on the instructions that this CPU has for them, best first for each type; may be
// empty.
std::vector<ArithmeticKernel> dot_kernels();

// `count` (a multiple of 64) additions, each waiting for the one before: one clock cycle each.
// Returns seed + count * 3.
uint64_t dependent_additions(uint64_t count, uint64_t seed);

}  // namespace opgauge
