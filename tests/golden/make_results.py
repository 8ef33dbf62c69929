# SPDX-License-Identifier: Apache-2.0
"""Writes mlp_results.csv, the made-up sweep behind the golden reports: python3 tests/golden/make_results.py

The times follow a roofline with other constants than the estimator assumes, with 3 % noise from a fixed seed and two
gross outliers; nothing in it was measured. The estimates are those of assumed coefficients, roughly.
"""
import csv
import math
import pathlib
import random

LEVELS = [("L1_fit", 32768, 160e9), ("L2_fit", 1 << 20, 80e9), ("L3_fit", 16 << 20, 30e9), ("DRAM_spill", math.inf, 10e9)]
PEAK = {1: 90e9, 2: 180e9}


def seconds(widths, batch, threads, efficiency, memory, launch, tail):
    parameters = sum(a * b + b for a, b in zip(widths, widths[1:])) * 4
    working_set = parameters + 4 * batch * (widths[0] + 2 * max(widths[1:]))
    name, _, bandwidth = next(level for level in LEVELS if working_set <= level[1])
    total, bound = 0.0, {"compute": 0.0, "memory": 0.0, "launch": 0.0}
    bytes_moved = 0
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        nodes = [((2 * batch * a * b + 2 * tail * threads * a * b) / (efficiency * PEAK[threads]), 4 * (a * b + batch * (a + b) + b))]
        if i + 2 < len(widths):
            nodes.append((batch * b / (efficiency * PEAK[threads]), 8 * batch * b))
        for compute, moved in nodes:
            transfer = moved / (memory * bandwidth * threads)
            time = launch + max(compute, transfer)
            label = max((("compute", compute), ("memory", transfer), ("launch", launch)), key=lambda one: one[1])[0]
            total += time
            bound[label] += time
            bytes_moved += moved
    flops = sum(2 * batch * a * b for a, b in zip(widths, widths[1:]))
    return total, name, working_set, flops, max(bound, key=bound.get), flops / bytes_moved


random.seed(3)
rows = []
for threads in (1, 2):
    for input_dim in (16, 256, 1024):
        for hidden in ([32], [128], [512, 512], [1024, 1024, 1024], [2048] * 4):
            for batch in (1, 4, 16, 64):
                if threads == 2 and batch in (4, 16):
                    continue
                widths = [input_dim, *hidden, 10]
                quiet, scenario, working_set, flops, _, intensity = seconds(widths, batch, threads, 0.55, 0.8, 3.2e-6, 4)
                estimate, _, _, _, bound, _ = seconds(widths, batch, threads, 0.70, 0.6, 2e-6, 0)
                quiet *= math.exp(random.gauss(0, 0.03))
                if len(rows) in (17, 61):
                    quiet *= 2.5
                typical = quiet * (1.1 + 0.1 * random.random())
                memory = working_set / 1e6
                rows.append({
                    "model": f"mlp_{len(hidden)}layer", "input_dim": input_dim, "hidden_dims": str(hidden).replace(" ", ""),
                    "output_dim": 10, "batch_size": batch, "device": "cpu", "precision": "fp32",
                    "empirical_time_ms": f"{typical * 1e3:.6g}", "empirical_memory_mb": f"{memory:.6g}", "empirical_flops": flops,
                    "analytical_time_ms": f"{estimate * 1e3:.6g}", "analytical_memory_mb": f"{memory:.6g}", "analytical_flops": flops,
                    "time_error_pct": f"{abs(typical - estimate) / typical * 100:.4g}", "memory_error_pct": 0, "flops_error_pct": 0,
                    "empirical_quiet_ms": f"{quiet * 1e3:.6g}", "quiet_half_width_pct": f"{1 + random.random():.3g}",
                    "verdict": "noisy" if len(rows) in (17, 61) else "valid", "threads": threads, "scenario": scenario,
                    "working_set_bytes": working_set, "arithmetic_intensity": f"{intensity:.4g}", "bottleneck": bound,
                    "coefficients": "assumed",
                })
rows[30].update({key: "" for key in ("empirical_time_ms", "empirical_memory_mb", "empirical_flops", "empirical_quiet_ms",
                                     "quiet_half_width_pct", "time_error_pct", "memory_error_pct", "flops_error_pct")},
                verdict="failed")
with open(pathlib.Path(__file__).parent / "mlp_results.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
