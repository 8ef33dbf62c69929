// SPDX-License-Identifier: Apache-2.0
// Job files that run the shards of one sweep on a cluster. Nothing is submitted here: schedulers
// belong to their sites, and the text is meant to be read and changed.
#pragma once

#include <string>
#include <vector>

namespace opgauge {

struct ClusterJob {
  std::vector<std::string> sweep;  // what follows `opgauge sweep`: "mlp", "--full"
  int shards = 1;
  std::string folder =
      "results";  // on a file system that all tasks see; a shard has its own folder within
  std::string time_limit = "02:00:00";
  std::string image;                      // container image, for Kubernetes
  std::string claim = "opgauge-results";  // persistent volume claim, for Kubernetes
  int cpus = 0;  // of a task; 0: the whole machine (Slurm), no request (Kubernetes)
};

std::string slurm_script(const ClusterJob& job);
std::string kubernetes_job(const ClusterJob& job);

// 'it'\''s': one word for a POSIX shell; plain words stay plain.
std::string shell_word(const std::string& text);

}  // namespace opgauge
