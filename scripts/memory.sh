#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every family at its default size and rewrites the table of docs/memory.md: predicted beside
# measured peaks. Takes minutes and 20 GB.
#
#   scripts/memory.sh [results of an earlier run.json]
set -euo pipefail
program=build/release/bin/test_torch
results=${1:-results/memory.json}
if [ $# -eq 0 ]; then
  mkdir -p results
  OPGAUGE_FULL_SIZE=1 "$program" --gtest_filter='*PlannedMemory*' --gtest_output="json:$results"
fi
machine=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
python3 - "$results" "$machine, $(nproc) CPUs" "$(git rev-parse --short HEAD)" <<'PYTHON'
import json, sys

results, machine, commit = sys.argv[1:]
suites = json.load(open(results))
rows, exact, off, predicted_sum, error_sum = {}, 0, [], 0, 0
for suite in suites["testsuites"]:
    for test in suite["testsuite"]:
        if "predicted_bytes" not in test:
            continue
        model, batch, precision, *order = test["value_param"].replace(" batch ", " ").split(" ")
        predicted, measured = int(test["predicted_bytes"]), int(test["measured_bytes"])
        case = (batch, precision, "channels-last" if order else "")
        row = rows.setdefault(model, {"held": int(test["held_bytes"])})
        row[case] = f"{measured:,}" if predicted == measured else f"{measured:,} ({predicted - measured:+,})"
        exact += predicted == measured
        if predicted != measured:
            off.append(f"{model} batch {batch} {precision} {case[2]}: {100 * (predicted - measured) / measured:+.3f} %")
        predicted_sum, error_sum = predicted_sum + measured, error_sum + abs(predicted - measured)
columns = [(b, p, "") for b in ("1", "8") for p in ("fp32", "bf16")]
last = [(b, p, "channels-last") for b in ("1", "8") for p in ("fp32", "bf16")]

def table(columns):
    lines = ["| family | " + " | ".join(f"batch {b}, {p}" for b, p, _ in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for model, row in rows.items():
        if any(c in row for c in columns):
            lines.append(f"| {model} | " + " | ".join(row.get(c, "") for c in columns) + " |")
    return "\n".join(lines)

text = open("docs/memory.md").read().split("<!-- generated -->")[0] + "<!-- generated -->\n\n"
text += f"{suites['timestamp'][:10]}, {machine}, commit {commit}: {exact} of {exact + len(off)} cases exact; "
text += f"all differences together {100 * error_sum / predicted_sum:.4f} % of all measured bytes.\n\n"
text += "Default memory order:\n\n" + table(columns) + "\n\nChannels-last (families with convolutions):\n\n" + table(last) + "\n"
if off:
    text += "\nNot exact:\n\n" + "".join(f"- {line}\n" for line in off)
open("docs/memory.md", "w").write(text)
PYTHON
