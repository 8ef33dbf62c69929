#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whole-process time of `opgauge predict`, least and median of 21 starts:
#
#   bench/predict_process.sh [PROGRAM [MACHINE CALIBRATION]]
#
# A small model by the roofline; with a machine and its op-level calibration also a model of more than 500 calls, which must
# stay below 50 ms in the median (exit 1).
set -eu
program=${1:-build/release/bin/opgauge}
machine=$(dirname "$0")/../tests/fixtures/machines/example.json
large=gpt2:layers=13
starts() {
  for _ in $(seq 21); do
    start=$(date +%s%N)
    "$program" predict "$@" > /dev/null
    echo $(( $(date +%s%N) - start ))
  done | sort -n | awk -v limit_ms="${limit_ms:-0}" '{ t[NR] = $1 / 1e6 }
    END { printf "least %.1f ms, median %.1f ms\n", t[1], t[int((NR + 1) / 2)]; exit limit_ms > 0 && t[int((NR + 1) / 2)] > limit_ms }'
}
printf 'mlp:1024-2048x4-256, roofline: '
starts mlp:1024-2048x4-256 --batch 32 --machine "$machine" --calibration none
if [ $# -ge 3 ]; then
  calls=$("$program" describe "$large" | awk '$1 == "calls" { print $2 }')
  printf '%s, %s calls, op-level calibration of %s bytes: ' "$large" "$calls" "$(stat -c %s "$3")"
  limit_ms=50 starts "$large" --machine "$2" --calibration "$3"
fi
