// SPDX-License-Identifier: Apache-2.0
// A machine as text for a terminal: declared beside measured, every number with its unit.
#pragma once

#include <string>

#include "machine/machine.hpp"

namespace opgauge {

std::string describe_machine(const Machine& machine);

}  // namespace opgauge
