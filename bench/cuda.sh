#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything that needs an accelerator, on one: the backend's tests, the card's record, sweeps with energy, a calibration
# and the built-in families predicted and measured. About six minutes.
#
#   OPGAUGE_TORCH=<torch with CUDA> ./dev build && bench/cuda.sh [DIR]        default: results/cuda
#
# Exits 1 if a test failed or a command did (3, some rows are noisy, is none).
set -uo pipefail
bin=${OPGAUGE_BIN:-$(dirname "$0")/../build/release/bin}
folder=${1:-results/cuda}
mkdir -p "$folder"
failed=0
step() {
  echo "== $*"
  "$@"
  local code=$?
  [ $code -eq 0 ] || [ $code -eq 3 ] || { echo "== failed with $code: $*"; failed=1; }
}
OPGAUGE_TEST_DEVICE=cuda step "$bin/test_torch" --gtest_brief=1 --gtest_color=no >"$folder/test_torch.log" 2>&1
tail -n 3 "$folder/test_torch.log"
opgauge="$bin/opgauge"
step "$opgauge" machine detect --quick -o "$folder/host.json" >/dev/null
export OPGAUGE_MACHINE="$folder/host.json"
step "$opgauge" machine detect --device cuda -o "$folder/card.json"
step "$opgauge" calibrate --device cuda --machine "$folder/card.json" --budget "${BUDGET:-60s}" --keep "$folder/observed.jsonl" \
  -o "$folder/calibration.json" >"$folder/calibrate.txt"
tail -n 4 "$folder/calibrate.txt"
step "$opgauge" validate data/validation/builtin.json --device cuda --machine "$folder/card.json" \
  --calibration "$folder/calibration.json" --budget "${BUDGET:-60s}" --processes 2 --folder "$folder/validation" \
  --md "$folder/validation.md" >/dev/null
head -n 30 "$folder/validation.md"
sweep() {
  step "$opgauge" sweep "$1" --quick --device cuda --budget 30s --quiet --machine "$folder/card.json" \
    --calibration "$folder/calibration.json" -o "$folder/$1" "${@:2}"
}
sweep conv2d --precision fp32,bf16,fp16,int8
sweep gemm --precision fp32,bf16,fp16,int8
sweep resnet
sweep transformer
sweep elementwise
sweep mlp --energy
exit $failed
