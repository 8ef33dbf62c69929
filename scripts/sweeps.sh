#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every built-in sweep once, five configurations each, and rewrites docs/sweeps.md from the results.
#
#   ./dev sweeps [DIR]        DIR: where the runs are kept (results/sweeps); finished ones are not measured again
set -euo pipefail
cd "$(dirname "$0")/.."
opgauge=${OPGAUGE:-build/release/bin/opgauge}
out=${1:-results/sweeps}
export_file=${OPGAUGE_EXPORT:-tests/fixtures/pt2/convnet.pt2}
all=(--precision fp32,bf16,fp16,int8)

sweep() {  # folder, then the words of the command
  local folder=$out/$1
  shift
  echo "opgauge sweep $*" >"$out/${folder##*/}.command"
  "$opgauge" sweep "$@" --restarts 2 --quiet --resume -o "$folder" >"$out/${folder##*/}.txt" || [ $? -eq 3 ]  # 3: some rows are noisy, and say so
}

mkdir -p "$out"
sweep mlp mlp --quick "${all[@]}"
sweep conv2d conv2d --quick "${all[@]}"
sweep gemm gemm --quick "${all[@]}"
sweep resnet resnet --quick
sweep transformer transformer --quick
sweep elementwise elementwise --quick
sweep models models resnet18 "$export_file"

python3 scripts/sweep_tables.py "$out" >"$out/sweeps.md"
cp "$out/sweeps.md" docs/sweeps.md
