#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does a measurement repeat? The same sweep twice, in other processes, minutes apart: how often the second value lies in
# the first one's 95 % interval, and how many rows called valid differ by more than 5 %.
#
#   bench/repeatability.sh [DIR] [options of `opgauge sweep`]    default: results/repeatability mlp --batch-sizes 1,16
#
# The sweep runs twice for as long as its --budget says; PAUSE=120 seconds lie between. Run it on a quiet machine.
set -euo pipefail
program=${OPGAUGE:-$(dirname "$0")/../build/release/bin/opgauge}
folder=${1:-results/repeatability}
shift || true
[ $# -gt 0 ] || set -- mlp --batch-sizes 1,16 --budget 10m
for run in first second; do
  [ "$run" = first ] || sleep "${PAUSE:-120}"
  "$program" sweep "$@" --quiet --resume -o "$folder/$run" || [ $? -eq 3 ]  # 3: some rows are noisy, and say so
done
"$program" compare "$folder/first" "$folder/second" --json "$folder/rows.json" --csv - >"$folder/rows.csv"
