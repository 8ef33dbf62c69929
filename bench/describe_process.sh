#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whole-process time and memory of `opgauge describe` beside Python with FlopCounterMode:
# bench/describe_process.sh build/release/bin/opgauge .venv/bin/python FILE.pt2...
# Without files: a small one, and one of 300 MB and about 1,500 nodes that is made first.
set -eu
here=$(dirname "$0")
program=${1:-build/release/bin/opgauge}
python=${2:-.venv/bin/python}
shift $(( $# < 2 ? $# : 2 ))
if [ $# -eq 0 ]; then
  large=build/large.pt2
  [ -e "$large" ] || "$python" "$here/make_large_export.py" "$large"
  set -- "$here/../tests/fixtures/pt2/attention.pt2" "$large"
fi
"$python" "$here/describe_process.py" "$program" "$python" "$@"
