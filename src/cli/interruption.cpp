// SPDX-License-Identifier: Apache-2.0
#include "cli/interruption.hpp"

#include <csignal>
#include <initializer_list>

namespace opgauge {
namespace {
volatile std::sig_atomic_t asked = 0;
void ask(int) { asked = 1; }
}  // namespace

void catch_interruptions() {
  struct sigaction action = {};
  action.sa_handler = ask;
  ::sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) ::sigaction(signal, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool interrupted() { return asked != 0; }

}  // namespace opgauge
