// SPDX-License-Identifier: Apache-2.0
#include "calibrate/results.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "calibrate/roofline_cases.hpp"
#include "estimate/graphs.hpp"

namespace opgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// As another tool writes it: the first columns only.
const char* const foreign =
    "model,input_dim,hidden_dims,output_dim,batch_size,device,precision,empirical_time_ms,"
    "empirical_memory_mb,"
    "empirical_flops,analytical_time_ms,analytical_memory_mb,analytical_flops,time_error_pct,"
    "memory_error_pct,"
    "flops_error_pct\n"
    "mlp_1layer,1024,[512],64,32,cpu,fp32,12.34,44.2,2.1e9,10.50,44.6,2.1e9,17.5,0.9,0.0\n"
    "mlp_2layer,1024,\"[512, 256]\",64,1,cpu,fp32,2.5,44.2,2.1e9,1.5,44.6,2.1e9,17.5,0.9,0.0\n";

std::string error_of(const std::string& csv) {
  try {
    parse_results("x.csv", csv);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
    return error.what();
  }
  return "no error";
}

TEST(Results, ReadsAForeignFileAndNamesWhatItLacks) {
  const Results results = parse_results("x.csv", foreign);
  ASSERT_EQ(results.rows.size(), 2u);
  const ResultRow& row = results.rows[0];
  EXPECT_EQ(row.row, 1);
  EXPECT_EQ(row.graph, "mlp:1024-512-64");
  EXPECT_EQ(results.rows[1].graph, "mlp:1024-512-256-64");
  EXPECT_EQ(row.batch_size, 32);
  EXPECT_EQ(row.threads, 1);
  EXPECT_DOUBLE_EQ(*row.typical_s, 12.34e-3);
  EXPECT_DOUBLE_EQ(*row.latency_s(), 12.34e-3);
  EXPECT_DOUBLE_EQ(*row.memory_bytes, 44.2e6);
  EXPECT_DOUBLE_EQ(*row.flops, 2.1e9);
  EXPECT_FALSE(row.quiet_s);
  EXPECT_FALSE(results.has("empirical_quiet_ms"));
  EXPECT_FALSE(results.has("scenario"));
  EXPECT_TRUE(results.has("analytical_time_ms"));
}

TEST(Results, EmptyCellsAreNotMeasured) {
  const Results results = parse_results(
      "x.csv", "model,batch_size,empirical_time_ms,verdict\na,1,,failed\nb,1,2,valid\n");
  EXPECT_FALSE(results.rows[0].latency_s());
  EXPECT_EQ(results.rows[0].verdict, "failed");
  EXPECT_TRUE(results.rows[1].latency_s());
}

TEST(Results, ArchitectureIsEverythingBeforeTheBatch) {
  const Results results = parse_results(
      "x.csv", "model,width,batch_size,empirical_time_ms\na,8,1,1\na,8,4,1\na,16,1,1\n");
  EXPECT_EQ(results.rows[0].architecture, results.rows[1].architecture);
  EXPECT_NE(results.rows[0].architecture, results.rows[2].architecture);
  EXPECT_NE(results.rows[0].key(), results.rows[1].key());
}

TEST(Results, EachMistakeIsOneLine) {
  const auto with = [](const std::string& row) {
    return error_of("model,batch_size,empirical_time_ms,bottleneck\n" + row + "\n");
  };
  EXPECT_THAT(error_of(""), HasSubstr("expected a CSV header"));
  EXPECT_THAT(error_of("model,batch_size\na,1\n"),
              HasSubstr("no column empirical_time_ms or empirical_quiet_ms"));
  EXPECT_THAT(error_of("model,empirical_time_ms\n"), HasSubstr("no rows"));
  EXPECT_THAT(with("a,1,nan,"),
              HasSubstr("row 1: empirical_time_ms] found \"nan\", expected a number"));
  EXPECT_THAT(with("a,1,inf,"), HasSubstr("expected a number"));
  EXPECT_THAT(with("a,1,-3,"), HasSubstr("found -3, expected a number > 0"));
  EXPECT_THAT(with("a,1,0,"), HasSubstr("found 0, expected a number > 0"));
  EXPECT_THAT(with("a,1,12 ms,"), HasSubstr("found \"12 ms\""));
  EXPECT_THAT(with("a,-1,1,"),
              HasSubstr("batch_size] found -1, expected a whole number of at least 1"));
  EXPECT_THAT(with("a,1.5,1,"), HasSubstr("expected a whole number"));
  EXPECT_THAT(with("a,1,1,compte"), HasSubstr("did you mean \"compute\"?"));
  EXPECT_THAT(with("a,1"), HasSubstr("found 2 cells, expected 4"));
  EXPECT_THAT(with("a,1,\"1,"), HasSubstr("malformed CSV"));
}

TEST(Results, EstimatesAreJoinedByConfiguration) {
  Results results =
      parse_results("e.csv", "model,width,batch_size,empirical_time_ms\na,8,1,1\na,8,4,2\n");
  const Results estimates = parse_results("a.csv",
                                          "model,width,batch_size,empirical_time_ms,analytical_"
                                          "time_ms,bottleneck\na,8,4,9,1.5,memory\n");
  EXPECT_EQ(join_analytical(results, estimates), 1u);
  EXPECT_FALSE(results.rows[0].analytical_s);
  EXPECT_DOUBLE_EQ(*results.rows[1].analytical_s, 1.5e-3);
  EXPECT_DOUBLE_EQ(*results.rows[1].typical_s, 2e-3);
  EXPECT_EQ(results.rows[1].bottleneck, Bottleneck::memory);
  EXPECT_TRUE(results.has("analytical_time_ms"));
  Results other = parse_results("o.csv", "model,width,batch_size,empirical_time_ms\nb,8,1,1\n");
  EXPECT_THROW(join_analytical(other, estimates), Error);
}

TEST(RooflineCases, RowsThatCannotTakePartAreListedByReason) {
  Results results = parse_results("x.csv",
                                  "model,graph,batch_size,device,precision,empirical_time_ms\n"
                                  "a,mlp:16-16,4,cpu,fp32,1\nb,,4,cpu,fp32,1\nc,mlp:16-16,4,cuda,"
                                  "fp32,1\nd,mlp:16-16,4,cpu,fp32,\n"
                                  "e,nonsense,4,cpu,fp32,1\nf,mlp:16-16,4,cpu,fp23,1\n");
  const FitGroups groups = make_fit_groups(results.rows, example_machine());
  ASSERT_EQ(groups.groups.size(), 1u);
  EXPECT_EQ(groups.groups[0].cases.size(), 1u);
  size_t rows = 0;
  for (const auto& [reason, list] : groups.left_out) rows += list.size();
  EXPECT_EQ(rows, 5u);
}

// Channels-last rows were once estimated as if they were contiguous.
TEST(RooflineCases, AChannelsLastRowIsEstimatedAsOne) {
  const Results results = parse_results("x.csv",
                                        "model,graph,layout,batch_size,device,precision,empirical_time_ms\n"
                                        "a,\"conv_block:in=64,out=64,image=14\",contiguous,1,cpu,fp32,1\n"
                                        "a,\"conv_block:in=64,out=64,image=14\",channels_last,1,cpu,fp32,1\n");
  ASSERT_EQ(results.rows.size(), 2u);
  EXPECT_NE(results.rows[0].key(), results.rows[1].key());
  EXPECT_NE(results.rows[0].architecture, results.rows[1].architecture);
  const auto reads_channels_last = [&](size_t row) {
    const Graph graph = graph_of(results.rows[row]);
    return std::ranges::any_of(graph.values, [](const Value& value) { return value.role == Role::input && value.type.is_channels_last() && !value.type.is_contiguous(); });
  };
  EXPECT_FALSE(reads_channels_last(0));
  EXPECT_TRUE(reads_channels_last(1));
}

TEST(RooflineCases, CalibratingNeedsARowThatFits) {
  const Results results = parse_results("x.csv", "model,batch_size,empirical_time_ms\na,1,1\n");
  EXPECT_THROW(calibrate_roofline(results.rows, example_machine(), nullptr), Error);
}

TEST(RooflineCases, HalvesShareNoArchitecture) {
  std::string csv = "model,width,batch_size,empirical_time_ms\n";
  for (int width = 1; width <= 9; ++width) {
    for (int batch = 1; batch <= 3; ++batch)
      csv += "a," + std::to_string(width) + "," + std::to_string(batch) + ",1\n";
  }
  const Results results = parse_results("x.csv", csv);
  const Halves halves = split_architectures(results.rows);
  EXPECT_EQ(halves.first.size(), 15u);
  EXPECT_EQ(halves.second.size(), 12u);
  for (const ResultRow& a : halves.first) {
    for (const ResultRow& b : halves.second) EXPECT_NE(a.architecture, b.architecture);
  }
}

// The workflow on made-up measurements: calibrating makes the estimates right, for rows that were
// not seen.
TEST(RooflineCases, CalibratingOnOneHalfHelpsTheOther) {
  const Results results =
      read_results(std::string(OPGAUGE_SOURCE_DIR) + "/tests/golden/mlp_results.csv");
  const Machine machine = example_machine();
  const Halves halves = split_architectures(results.rows);
  const Calibration calibration = calibrate_roofline(halves.first, machine, nullptr);
  EXPECT_EQ(calibration.statistic, "quiet");
  EXPECT_EQ(calibration.roofline.size(), 2u);  // 1 and 2 threads
  double before = 0, after = 0;
  int rows = 0;
  for (const ResultRow& row : halves.second) {
    if (!row.latency_s()) continue;
    std::string why_not;
    const auto assumed = estimate_row(row, machine, nullptr, why_not);
    const auto fitted = estimate_row(row, machine, &calibration, why_not);
    ASSERT_TRUE(assumed && fitted) << why_not;
    before += std::abs(assumed->latency_s / *row.latency_s() - 1);
    after += std::abs(fitted->latency_s / *row.latency_s() - 1);
    ++rows;
  }
  EXPECT_LT(after / rows, 0.6 * before / rows);
}

}  // namespace
}  // namespace opgauge
