// SPDX-License-Identifier: Apache-2.0
#include "sweep/cluster.hpp"

#include <fmt/format.h>

#include "base/json.hpp"

namespace opgauge {
namespace {

std::string sweep_words(const ClusterJob& job) {
  std::string words;
  for (const std::string& word : job.sweep) words += " " + shell_word(word);
  return words;
}

// A JSON text is a YAML text.
std::string yaml_text(const std::string& text) { return Json(text).dump(); }

}  // namespace

std::string shell_word(const std::string& text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string slurm_script(const ClusterJob& job) {
  const std::string folder = shell_word(job.folder);
  return fmt::format(
      R"(#!/bin/bash
# One sweep as a Slurm job array: sbatch this file, wait, then merge:
#   opgauge merge {0}/shard-* -o {0}/merged
# A task that was killed or ran into its time limit is continued by submitting it again: nothing is measured twice.
# All tasks must run on one kind of machine (add --constraint=...); their results say so, and merge checks it.
#SBATCH --job-name=opgauge
#SBATCH --array=0-{1}
#SBATCH --time={2}
{3}
#SBATCH --requeue
#SBATCH --signal=B:USR1@60
#SBATCH --output={4}/slurm-%A_%a.log
#SBATCH --open-mode=append
mkdir -p {0}
# exec: the signal a minute before the limit goes to opgauge, which then ends cleanly.
exec opgauge sweep{5} --shard auto --resume -o {0}/shard-"$SLURM_ARRAY_TASK_ID"
)",
      folder, job.shards - 1, job.time_limit,
      job.cpus > 0 ? fmt::format("#SBATCH --cpus-per-task={}", job.cpus) : "#SBATCH --exclusive",
      job.folder, sweep_words(job));
}

std::string kubernetes_job(const ClusterJob& job) {
  std::string resources;
  if (job.cpus > 0) {
    // Equal whole requests and limits: the kubelet's static policy then gives the pod CPUs of its
    // own.
    resources = fmt::format(R"(          resources:
            requests: {{cpu: "{0}"}}
            limits: {{cpu: "{0}"}}
)",
                            job.cpus);
  }
  const std::string command = fmt::format(
      "exec opgauge sweep{} --shard auto --resume -o /results/shard-\"$JOB_COMPLETION_INDEX\"",
      sweep_words(job));
  return fmt::format(
      R"(# One sweep as a Kubernetes Indexed Job: kubectl apply -f this file, wait, then merge in a pod that mounts the claim:
#   opgauge merge /results/shard-* -o /results/merged
# A pod that is killed is started again and continues; nothing is measured twice. Add a nodeSelector: all pods must run
# on one kind of machine, which merge checks.
apiVersion: batch/v1
kind: Job
metadata:
  name: opgauge-sweep
spec:
  completionMode: Indexed
  completions: {0}
  parallelism: {0}
  backoffLimitPerIndex: 3
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 60
      containers:
        - name: opgauge
          image: {1}
          command: ["/bin/sh", "-c", {2}]
          env:
            - {{name: OPGAUGE_SHARDS, value: "{0}"}}
{3}          volumeMounts:
            - {{name: results, mountPath: /results}}
      volumes:
        - name: results
          persistentVolumeClaim: {{claimName: {4}}}
)",
      job.shards, yaml_text(job.image), yaml_text(command), resources, yaml_text(job.claim));
}

}  // namespace opgauge
