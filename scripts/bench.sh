#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Benchmarks of the tool itself: every benchmark program, then whole processes. bench/repeatability.sh takes 20 minutes
# and is run by itself.
set -euo pipefail
cmake --build --preset release -j "$(nproc)"
for program in build/release/bin/bench_*; do
  [ -x "$program" ] || continue
  printf '\n== %s\n' "$(basename "$program")"
  "$program" "$@" || echo "missed its limit" >&2
done
for script in bench/*.sh; do
  [ "$script" != bench/repeatability.sh ] || continue
  printf '\n== %s\n' "$(basename "$script")"
  bash "$script"
done
