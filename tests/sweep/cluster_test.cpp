// SPDX-License-Identifier: Apache-2.0
#include "sweep/cluster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace opgauge {
namespace {

using testing::HasSubstr;

TEST(Cluster, AWordIsOneWordForTheShell) {
  EXPECT_EQ(shell_word("--axis"), "--axis");
  EXPECT_EQ(shell_word("width=[64:512:*2]"), "'width=[64:512:*2]'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(Cluster, ASlurmArrayContinuesItsShards) {
  ClusterJob job;
  job.sweep = {"mlp", "--axis", "input_dim=[64:512:*2]"};
  job.shards = 8;
  job.folder = "results/all";
  const std::string text = slurm_script(job);
  EXPECT_THAT(text, HasSubstr("#SBATCH --array=0-7\n"));
  EXPECT_THAT(text, HasSubstr("#SBATCH --exclusive\n"));
  EXPECT_THAT(
      text, HasSubstr("exec opgauge sweep mlp --axis 'input_dim=[64:512:*2]' --shard auto --resume "
                      "-o results/all/shard-\"$SLURM_ARRAY_TASK_ID\"\n"));
  job.cpus = 2;
  EXPECT_THAT(slurm_script(job), HasSubstr("#SBATCH --cpus-per-task=2\n"));
}

TEST(Cluster, AnIndexedJobTellsItsShards) {
  ClusterJob job;
  job.sweep = {"mlp", "--filter", "a\"b"};
  job.shards = 3;
  job.image = "registry/opgauge:1";
  const std::string text = kubernetes_job(job);
  EXPECT_THAT(text, HasSubstr("completionMode: Indexed\n  completions: 3\n"));
  EXPECT_THAT(text, HasSubstr("{name: OPGAUGE_SHARDS, value: \"3\"}"));
  EXPECT_THAT(text, HasSubstr("image: \"registry/opgauge:1\""));
  EXPECT_THAT(text, HasSubstr(R"(sweep mlp --filter 'a\"b' --shard auto)"));
}

}  // namespace
}  // namespace opgauge
