#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Calibrates this machine, validates against measured models in fresh processes, rewrites docs/accuracy.md.
#
#   ./dev accuracy              the development set (built-in families, exported development models if they are there)
#   ./dev accuracy --final      the sets of unseen models too (data/validation); each was scored once before it was looked at
#
# Exported models are made by data/validation/export_models.py and looked for in $OPGAUGE_EXPORTED (exported/).
set -euo pipefail
opgauge=build/release/bin/opgauge
out=results/accuracy
sets=(final fresh unseen withheld sealed blind untouched reserved hidden unread unopened unnamed uncharted offshore sampled resampled drawn_again redrawn drawn_on)  # of models that nothing was tuned on, in the order in which they were written
budget=${OPGAUGE_ACCURACY_BUDGET:-10m}
mkdir -p "$out"
export OPGAUGE_EXPORTED=${OPGAUGE_EXPORTED:-exported}

"$opgauge" calibrate --budget 60s -o "$out/calibration.json" --cases "$out/cases.csv" | tee "$out/calibrate.txt"

development=(data/validation/builtin.json)
[ -d "$OPGAUGE_EXPORTED/development" ] && development+=(data/validation/development.json)
"$opgauge" validate "${development[@]}" --calibration "$out/calibration.json" --folder "$out/development" --budget "$budget" --md "$out/development.md" || [ $? -eq 3 ]
if [ "${1:-}" = --final ]; then
  for set in "${sets[@]}"; do
    "$opgauge" validate "data/validation/$set.json" --calibration "$out/calibration.json" --folder "$out/$set" --budget "$budget" --predict-budget 2s --md "$out/$set.md" || [ $? -eq 3 ]
  done
fi

{
  sed -n '1,/<!-- generated -->/p' docs/accuracy.md
  printf '\n## Development set\n\n'
  cat "$out/development.md"
  for set in "${sets[@]}"; do
    [ -f "$out/$set.md" ] || continue
    printf '\n## %s set\n\n' "${set^}"
    cat "$out/$set.md"
  done
  printf '\n## Held-out error by cost class\n\n```\n'
  cat "$out/calibrate.txt"
  printf '```\n'
} > "$out/accuracy.md"
cp "$out/accuracy.md" docs/accuracy.md
