// SPDX-License-Identifier: Apache-2.0
// Opening the backend where something is missing. This program has no libopgauge_torch.so beside it
// in a build without LibTorch; the cases that need its absence are skipped where it is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "measure/device.hpp"

namespace opgauge {
namespace {

std::string message_of_opening(const std::string& kind, int threads = 1) {
  ExecutionSettings settings;
  settings.threads = threads;
  try {
    open_device(kind, settings);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

bool backend_is_beside_this_program() {
  return std::filesystem::exists(std::filesystem::read_symlink("/proc/self/exe").parent_path() /
                                 "libopgauge_torch.so");
}

TEST(Backend, NamesAnUnknownDevice) {
  EXPECT_EQ(
      message_of_opening("cudda"),
      "[--device] unknown device \"cudda\", expected one of cpu, cuda; did you mean \"cuda\"?");
}

TEST(Backend, WantsAThread) {
  EXPECT_EQ(message_of_opening("cpu", 0), "[--threads] found 0, expected at least 1");
}

TEST(Backend, SaysInOneLineThatTheLibraryIsMissing) {
  if (backend_is_beside_this_program()) GTEST_SKIP() << "this build has the library";
  unsetenv("OPGAUGE_TORCH_BACKEND");
  const std::string message = message_of_opening("cpu");
  EXPECT_THAT(message,
              testing::StartsWith("[backend] libopgauge_torch.so is not beside the program"));
  EXPECT_EQ(message.find('\n'), std::string::npos);
  setenv("OPGAUGE_TORCH_BACKEND", "/nowhere/libopgauge_torch.so", 1);
  EXPECT_THAT(message_of_opening("cpu"),
              testing::StartsWith("[OPGAUGE_TORCH_BACKEND] found \"/nowhere/"));
  unsetenv("OPGAUGE_TORCH_BACKEND");
}

TEST(Backend, SaysInOneLineThatAFileIsNotTheLibrary) {
  if (backend_is_beside_this_program()) GTEST_SKIP() << "this build has the library";
  setenv("OPGAUGE_TORCH_BACKEND", "/proc/self/cmdline", 1);
  EXPECT_THAT(message_of_opening("cpu"),
              testing::StartsWith("[backend] cannot load /proc/self/cmdline: "));
  setenv("OPGAUGE_TORCH_BACKEND", "libc.so.6", 1);
  EXPECT_THAT(message_of_opening("cpu"), testing::HasSubstr("libc.so.6"));
  unsetenv("OPGAUGE_TORCH_BACKEND");
}

}  // namespace
}  // namespace opgauge
