// SPDX-License-Identifier: Apache-2.0
#include "machine/kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>

namespace opgauge {
namespace {

std::vector<ArithmeticKernel> all_kernels() {
  std::vector<ArithmeticKernel> kernels = dot_kernels();
  for (const VectorKernels& one : vector_kernels()) {
    kernels.push_back(one.f32);
    if (one.f64.run) kernels.push_back(one.f64);
  }
  return kernels;
}

TEST(Kernels, ArithmeticGivesItsClosedForm) {
  for (const ArithmeticKernel& kernel : all_kernels()) {
    for (const int64_t steps : {0, 1, 2, 7, 100, 12345}) {
      const double sum = kernel.run(steps, 3), expected = expected_sum(kernel, steps, 3);
      EXPECT_NEAR(sum, expected, kernel.tolerance * std::abs(expected))
          << kernel.dtype << " on " << kernel.isa << ", " << steps << " steps";
    }
    const int64_t most = std::min<int64_t>(kernel.largest_steps, 1 << 20);
    EXPECT_NEAR(kernel.run(most, 5) / expected_sum(kernel, most, 5), 1, kernel.tolerance)
        << kernel.isa;
  }
}

TEST(Kernels, TheBestInstructionSetIsFirstAndEachIsNamedOnce) {
  const auto& kernels = vector_kernels();
  ASSERT_FALSE(kernels.empty());
  for (size_t i = 1; i < kernels.size(); ++i) {
    EXPECT_GE(kernels[i - 1].f32.lanes, kernels[i].f32.lanes);
    EXPECT_STRNE(kernels[i - 1].f32.isa, kernels[i].f32.isa);
  }
}

class Streams : public testing::Test {
 protected:
  static constexpr size_t bytes = 8192;
  struct Free {
    void operator()(std::byte* at) const { std::free(at); }
  };
  using Memory = std::unique_ptr<std::byte, Free>;
  static Memory memory() { return Memory(static_cast<std::byte*>(std::aligned_alloc(64, bytes))); }
};

TEST_F(Streams, ReadSumsAndWriteFillsEveryWord) {
  for (const VectorKernels& kernels : vector_kernels()) {
    const Memory a = memory();
    kernels.streams.write(a.get(), bytes, 0x123456789abcdef);
    EXPECT_EQ(kernels.streams.read(a.get(), bytes), 0x123456789abcdefull * (bytes / 8))
        << kernels.streams.isa;
    for (const size_t at : {size_t{0}, size_t{8}, bytes / 2, bytes - 8}) {
      uint64_t word = 7;
      std::memcpy(a.get() + at, &word, 8);
      EXPECT_EQ(kernels.streams.read(a.get(), bytes), 0x123456789abcdefull * (bytes / 8 - 1) + 7)
          << at;
      word = 0x123456789abcdef;
      std::memcpy(a.get() + at, &word, 8);
    }
  }
}

TEST_F(Streams, CopyAndTriad) {
  for (const VectorKernels& kernels : vector_kernels()) {
    const Memory a = memory(), b = memory(), c = memory();
    for (size_t i = 0; i < bytes / 4; ++i) {
      const float x = static_cast<float>(i), y = static_cast<float>(2 * i);
      std::memcpy(a.get() + 4 * i, &x, 4);
      std::memcpy(b.get() + 4 * i, &y, 4);
    }
    kernels.streams.triad(c.get(), a.get(), b.get(), bytes, 3);
    for (size_t i = 0; i < bytes / 4; ++i) {
      float z = 0;
      std::memcpy(&z, c.get() + 4 * i, 4);
      ASSERT_EQ(z, static_cast<float>(7 * i)) << kernels.streams.isa;
    }
    kernels.streams.copy(b.get(), c.get(), bytes);
    EXPECT_EQ(std::memcmp(b.get(), c.get(), bytes), 0);
  }
}

TEST(Kernels, AdditionsAreAllDone) { EXPECT_EQ(dependent_additions(6400, 5), 5u + 3 * 6400); }

}  // namespace
}  // namespace opgauge
