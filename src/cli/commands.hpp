// SPDX-License-Identifier: Apache-2.0
// The table of commands, in the order in which help lists them.
#pragma once

#include <array>

#include "cli/command.hpp"

namespace opgauge {

void declare_analyze(CLI::App& app, Run& run);
void declare_calibrate(CLI::App& app, Run& run);
void declare_validate(CLI::App& app, Run& run);
void declare_observe(CLI::App& app, Run& run);
void declare_sweep(CLI::App& app, Run& run);
void declare_merge(CLI::App& app, Run& run);
void declare_compare(CLI::App& app, Run& run);
void declare_cluster(CLI::App& app, Run& run);
void declare_completion(CLI::App& app, Run& run);
void declare_describe(CLI::App& app, Run& run);
void declare_list(CLI::App& app, Run& run);
void declare_doctor(CLI::App& app, Run& run);
void declare_measure(CLI::App& app, Run& run);
void declare_machine(CLI::App& app, Run& run);
void declare_predict(CLI::App& app, Run& run);

inline constexpr auto commands = std::to_array<Command>({
    {"describe", "what a model is and takes: parameters, work, bytes, memory, ops", declare_describe},
    {"list", "the models and ops this program knows", declare_list},
    {"measure", "execute a model: latency end to end and per call, memory, energy", declare_measure},
    {"machine", "detect or show this machine: declared beside measured", declare_machine},
    {"doctor", "what would spoil a measurement here, and the command that mends it", declare_doctor},
    {"sweep", "measure and estimate every configuration of a sweep", declare_sweep},
    {"merge", "shards or replicas of one sweep as one result", declare_merge},
    {"compare", "two runs of one sweep, row by row: same, faster, slower or cannot tell", declare_compare},
    {"cluster", "a job file for the shards of one sweep", declare_cluster},
    {"analyze", "what a sweep says about the estimator: errors, bottlenecks, updates", declare_analyze},
    {"calibrate", "fit this machine's coefficients from designed networks or a sweep", declare_calibrate},
    {"predict", "estimate latency, memory and energy of a model without running it", declare_predict},
    {"validate", "score predictions against measurements", declare_validate},
    {"observe", "measure many models together, write the quiet time of each call", declare_observe},
    {"completion", "print a shell completion script", declare_completion},
});

}  // namespace opgauge
