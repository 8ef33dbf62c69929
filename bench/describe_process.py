# SPDX-License-Identifier: Apache-2.0
"""Whole processes that count a file's work: `opgauge describe` against Python with FlopCounterMode.

    bench/describe_process.py PROGRAM PYTHON FILE.pt2...

For each file: least and median time of both, the most memory that describe ever held, the ratio of the medians, and
what both counted. The Python process imports torch, loads the file, moves the module to the meta device (nothing is
computed) and calls it under FlopCounterMode. The ratio leaves out nothing: both sides start cold, as a user's command.
Processes of the two kinds alternate, so that a slow minute of the machine meets both.
"""

import json
import os
import statistics
import subprocess
import sys
import time

PYTHON_STARTS, STARTS_PER_PYTHON_START = 3, 5

TRACE = """
import sys, torch
from torch.utils.flop_counter import FlopCounterMode
program = torch.export.load(sys.argv[1])
to_meta = lambda x: x.to("meta") if isinstance(x, torch.Tensor) else x
arguments, names = torch.utils._pytree.tree_map(to_meta, program.example_inputs)
module = program.module().to("meta")
with FlopCounterMode(display=False) as counter, torch.no_grad():
    module(*arguments, **names)
print(counter.get_total_flops())
"""


def start(command):
    """Time, peak resident bytes and output of one process."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = process.stdout.read()
    _, status, use = os.wait4(process.pid, 0)
    taken = time.perf_counter() - begin
    if status != 0:
        sys.exit(f"{' '.join(command[:2])} ... failed; without the redirection of its errors it says why")
    return taken, use.ru_maxrss * 1024, output


def compare(program, python, file):
    ours, theirs = [], []
    for _ in range(PYTHON_STARTS):
        ours += [start([program, "describe", file, "--json", "-"]) for _ in range(STARTS_PER_PYTHON_START)]
        theirs.append(start([python, "-c", TRACE, file]))
    description = json.loads(ours[0][2])
    times, python_times = [run[0] for run in ours], [run[0] for run in theirs]
    print(f"{os.path.basename(file)}: {description['nodes']} nodes, {os.path.getsize(file) / 1e6:.0f} MB")
    print(f"  opgauge describe   least {1e3 * min(times):.1f} ms, median {1e3 * statistics.median(times):.1f} ms, "
          f"peak {max(run[1] for run in ours) / 1e6:.0f} MB, {description['flops']} FLOPs")
    print(f"  FlopCounterMode    least {min(python_times):.2f} s, median {statistics.median(python_times):.2f} s, "
          f"peak {max(run[1] for run in theirs) / 1e6:.0f} MB, {int(theirs[0][2])} FLOPs")
    print(f"  ratio of medians   {statistics.median(python_times) / statistics.median(times):.0f}")


def main():
    if len(sys.argv) < 4:
        sys.exit("usage: describe_process.py PROGRAM PYTHON FILE.pt2...")
    for file in sys.argv[3:]:
        compare(sys.argv[1], sys.argv[2], file)


if __name__ == "__main__":
    main()
