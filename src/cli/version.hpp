// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace opgauge {

inline constexpr const char* program_version = OPGAUGE_VERSION;
// The commit that the program was built from, "unknown" outside a git checkout, "-dirty" behind it if tracked files were changed.
const char* program_commit();

}  // namespace opgauge
