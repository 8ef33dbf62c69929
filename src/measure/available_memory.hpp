// SPDX-License-Identifier: Apache-2.0
// Main memory that this process may still take: what the system has left, or what the control group
// allows if that is less.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace opgauge {

// Bytes; nullopt where the system does not say. `root`: where /proc and /sys are, for tests.
std::optional<int64_t> available_memory_bytes(const std::filesystem::path& root = "/");

}  // namespace opgauge
