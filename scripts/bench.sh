#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Benchmarks of the tool itself: every benchmark program, then whole processes.
set -euo pipefail
cmake --build --preset release -j "$(nproc)"
for program in build/release/bin/bench_*; do
  [ -x "$program" ] || continue
  printf '\n== %s\n' "$(basename "$program")"
  "$program" "$@"
done
for script in bench/*.sh; do
  [ -e "$script" ] || continue
  printf '\n== %s\n' "$(basename "$script")"
  bash "$script"
done
