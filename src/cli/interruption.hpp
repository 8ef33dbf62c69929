// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGUSR1 (what schedulers send before they kill) ask a long command to end
// cleanly.
#pragma once

namespace opgauge {

// Takes over the three signals, and makes writing beyond a file size limit an error instead of a
// signal.
void catch_interruptions();
bool interrupted();

}  // namespace opgauge
