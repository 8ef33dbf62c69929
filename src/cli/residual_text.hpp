// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "machine/op_model.hpp"

namespace opgauge {

// A table of the classes whose residual is kept and what it gained, or one line that says there is none.
std::string residual_text(const OpModel& model);

}  // namespace opgauge
