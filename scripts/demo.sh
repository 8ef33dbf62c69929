#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole loop on this machine: detect, sweep, analyse, calibrate, sweep again with what was learned.
set -euo pipefail
opgauge=build/release/bin/opgauge
out=${1:-results/demo}
mkdir -p "$out"
say() { printf '\n== %s\n' "$*" >&2; }

say "what this machine is and sustains"
[ -f "$out/machine.json" ] || "$opgauge" machine detect --name demo -o "$out/machine.json"
export OPGAUGE_MACHINE=$out/machine.json

say "first pass: five configurations, measured beside uncalibrated estimates"
"$opgauge" sweep mlp --quick --resume --calibration none -o "$out/first" || [ $? -eq 3 ]  # 3: some rows are noisy, and say so
"$opgauge" analyze --empirical "$out/first/mlp_sweep_cpu.csv" --output "$out/first/calibration_report.md"

say "coefficients of this machine from that sweep"
"$opgauge" calibrate --from "$out/first/mlp_sweep_cpu.csv" -o "$out/calibration.json"

say "second pass: the same sweep, estimated with them"
"$opgauge" sweep mlp --quick --resume --calibration "$out/calibration.json" -o "$out/second" || [ $? -eq 3 ]
"$opgauge" analyze --empirical "$out/second/mlp_sweep_cpu.csv" --output "$out/second/calibration_report.md"

say "written"
ls -1 "$out"/*.json "$out"/*/*.csv "$out"/*/*.json "$out"/*/*.md "$out"/*/*.html
