// SPDX-License-Identifier: Apache-2.0
#include "cli/version.hpp"

#include "commit.hpp"  // written by cmake/Commit.cmake

namespace opgauge {

const char* program_commit() { return OPGAUGE_COMMIT; }

}  // namespace opgauge
