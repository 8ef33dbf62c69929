// SPDX-License-Identifier: Apache-2.0
#include "sweep/shard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>
#include <set>

namespace opgauge {
namespace {

using testing::HasSubstr;

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  };
}

std::string error_of(const std::string& text, std::map<std::string, std::string> variables = {}) {
  try {
    parse_shard(text, environment(std::move(variables)));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Shards, AreNamedOrComeFromTheScheduler) {
  const auto pair = [](const Shard& shard) { return std::pair(shard.index, shard.count); };
  EXPECT_EQ(pair(parse_shard("2/8", environment({}))), std::pair(2, 8));
  EXPECT_EQ(pair(parse_shard("auto", environment({{"SLURM_ARRAY_TASK_ID", "3"},
                                                  {"SLURM_ARRAY_TASK_COUNT", "4"},
                                                  {"SLURM_ARRAY_TASK_MIN", "0"},
                                                  {"SLURM_PROCID", "0"},
                                                  {"SLURM_NTASKS", "1"}}))),
            std::pair(3, 4));
  // An array that begins at 10 and goes in steps of 5: 10, 15, 20.
  EXPECT_EQ(pair(parse_shard("auto", environment({{"SLURM_ARRAY_TASK_ID", "20"},
                                                  {"SLURM_ARRAY_TASK_COUNT", "3"},
                                                  {"SLURM_ARRAY_TASK_MIN", "10"},
                                                  {"SLURM_ARRAY_TASK_STEP", "5"}}))),
            std::pair(2, 3));
  EXPECT_EQ(pair(parse_shard("auto", environment({{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}}))),
            std::pair(1, 2));
  EXPECT_EQ(pair(parse_shard("auto", environment({{"OMPI_COMM_WORLD_RANK", "5"},
                                                  {"OMPI_COMM_WORLD_SIZE", "6"}}))),
            std::pair(5, 6));
  EXPECT_EQ(pair(parse_shard(
                "auto", environment({{"JOB_COMPLETION_INDEX", "0"}, {"OPGAUGE_SHARDS", "2"}}))),
            std::pair(0, 2));
}

TEST(Shards, AreTheSchedulersWhereItSaysBothNumbers) {
  const auto found = [](std::map<std::string, std::string> variables) {
    const auto shard = scheduled_shard(environment(std::move(variables)));
    return shard ? std::pair(shard->index, shard->count) : std::pair(-1, 0);
  };
  EXPECT_EQ(found({{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "4"}}), std::pair(1, 4));
  const std::pair none(-1, 0);
  EXPECT_EQ(found({}), none);
  EXPECT_EQ(found({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}}), none) << "one task is the whole";
  EXPECT_EQ(found({{"SLURM_PROCID", "0"}}), none) << "a batch script without tasks";
}

TEST(Shards, SayWhatIsWrong) {
  EXPECT_THAT(error_of("8/8"), HasSubstr("found shard 8 of 8, expected 0 to 7"));
  EXPECT_THAT(error_of("-1/8"), HasSubstr("found shard -1 of 8"));
  EXPECT_THAT(error_of("0/0"), HasSubstr("found shard 0 of 0"));
  EXPECT_THAT(error_of("3"), HasSubstr("expected i/n"));
  EXPECT_THAT(error_of("a/b"), HasSubstr("expected i/n"));
  EXPECT_THAT(error_of("auto"), HasSubstr("found no task number"));
  EXPECT_THAT(error_of("auto", {{"JOB_COMPLETION_INDEX", "0"}}),
              HasSubstr("[OPGAUGE_SHARDS] is not set"));
  EXPECT_THAT(error_of("auto", {{"SLURM_PROCID", "x"}, {"SLURM_NTASKS", "2"}}),
              HasSubstr("expected a whole number"));
  EXPECT_THAT(error_of("auto", {{"SLURM_ARRAY_TASK_ID", "7"},
                                {"SLURM_ARRAY_TASK_COUNT", "2"},
                                {"SLURM_ARRAY_TASK_MIN", "0"}}),
              HasSubstr("found shard 7 of 2"));
}

TEST(Shards, TogetherAreTheWholeAndAreBalanced) {
  const Sweep mlp = find_sweep("mlp");
  const Grid grid = expand(mlp, {});
  std::set<std::string> all;
  double total_s = 0, dearest_s = 0;
  for (const Configuration& one : grid.configurations) {
    all.insert(one.key());
    const double cost_s = nominal_cost_s(one);
    total_s += cost_s;
    dearest_s = std::max(dearest_s, cost_s);
  }
  for (int n = 1; n <= 16; ++n) {
    std::set<std::string> seen;
    for (int i = 0; i < n; ++i) {
      const Grid part = shard_of(grid, {i, n});
      double cost_s = 0;
      for (const Configuration& one : part.configurations) {
        EXPECT_TRUE(seen.insert(one.key()).second) << "in two shards";
        cost_s += nominal_cost_s(one);
      }
      EXPECT_LE(cost_s, total_s / n + dearest_s);
      EXPECT_EQ(part.configurations.size() + part.in_other_shards, grid.configurations.size());
    }
    EXPECT_EQ(seen, all) << n;
  }
}

TEST(Shards, MayBeMoreThanConfigurations) {
  const std::vector<int> shards = split_by_cost({3, 1, 2}, 8);
  EXPECT_EQ(std::set<int>(shards.begin(), shards.end()).size(), 3u);
  EXPECT_TRUE(split_by_cost({}, 3).empty());
  const std::vector<int> free_rows = split_by_cost({0, 0, 0, 0}, 2);
  EXPECT_EQ(std::count(free_rows.begin(), free_rows.end(), 0), 2)
      << "rows without cost are spread as well";
}

}  // namespace
}  // namespace opgauge
