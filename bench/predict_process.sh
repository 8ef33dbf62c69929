#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whole-process time of `opgauge predict`, least and median of 21 starts: bench/predict_process.sh build/release/bin/opgauge
set -eu
program=${1:-build/release/bin/opgauge}
machine=$(dirname "$0")/../tests/fixtures/machines/example.json
for _ in $(seq 21); do
  start=$(date +%s%N)
  "$program" predict mlp:1024-2048x4-256 --batch 32 --machine "$machine" --calibration none > /dev/null
  echo $(( $(date +%s%N) - start ))
done | sort -n | awk '{ t[NR] = $1 / 1e6 } END { printf "least %.1f ms, median %.1f ms\n", t[1], t[int((NR + 1) / 2)] }'
