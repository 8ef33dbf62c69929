// SPDX-License-Identifier: Apache-2.0
// `opgauge cluster slurm --shards 8 -- mlp --full > sweep.sbatch`: a job file for the shards of one
// sweep.
#include "sweep/cluster.hpp"

#include <iostream>
#include <memory>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "sweep/sweeps.hpp"

namespace opgauge {
namespace {

struct System {
  const char* name;
  const char* summary;
  std::string (*text)(const ClusterJob&);
};
constexpr System systems[] = {
    {"slurm", "a job array for sbatch", slurm_script},
    {"k8s", "an Indexed Job for kubectl apply", kubernetes_job},
};

}  // namespace

void declare_cluster(CLI::App& app, Run& run) {
  app.require_subcommand(1);
  auto job = std::make_shared<ClusterJob>();
  for (const System& system : systems) {
    CLI::App* const one = app.add_subcommand(system.name, system.summary);
    one->add_option("--shards", job->shards, "number of tasks")
        ->required()
        ->check(CLI::Range(1, 100000));
    one->add_option("-o,--output", job->folder, "folder of the shards' folders")
        ->capture_default_str()
        ->type_name("DIR");
    one->add_option("--cpus", job->cpus, "CPUs of a task")->check(CLI::Range(int64_t{1}, int64_t{1} << 31));
    if (std::string_view(system.name) == "slurm") {
      one->add_option("--time", job->time_limit, "time limit of a task")->capture_default_str();
    } else {
      one->add_option("--image", job->image, "container image that has opgauge")->required();
      one->add_option("--claim", job->claim, "persistent volume claim for the results")
          ->capture_default_str();
    }
    one->add_option("sweep", job->sweep, "what follows `opgauge sweep`; put -- before it")
        ->required();
    one->callback([&run, &system, job] {
      run = [&system, job] {
        find_sweep(job->sweep.front());  // better now than in every task
        for (const std::string& word : job->sweep) {
          for (const char* own : {"--shard", "--resume", "-o", "--output"}) {
            if (word == own)
              throw Error(word, "is given by the job file itself, expected other options");
          }
        }
        std::cout << system.text(*job);
        return 0;
      };
    });
  }
}

}  // namespace opgauge
