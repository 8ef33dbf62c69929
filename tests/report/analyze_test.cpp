// SPDX-License-Identifier: Apache-2.0
#include "report/analyze.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.hpp"
#include "estimate/graphs.hpp"
#include "report/formats.hpp"
#include "report/page.hpp"

namespace opgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string golden_folder = std::string(OPGAUGE_SOURCE_DIR) + "/tests/golden/";

Results golden_results() {
  Results results = read_results(golden_folder + "mlp_results.csv");
  results.where = "mlp_results.csv";
  return results;
}

const Findings& golden_findings() {
  static const Findings findings = [] {
    const Machine machine = example_machine();
    AnalysisInput input;
    input.machine = &machine;
    return analyze(golden_results(), input);
  }();
  return findings;
}

// Compares with tests/golden/<name>; OPGAUGE_UPDATE_GOLDEN=1 writes it instead.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = golden_folder + name;
  if (const char* update = std::getenv("OPGAUGE_UPDATE_GOLDEN"); update && *update == '1') {
    write_file(path, text);
    return;
  }
  EXPECT_EQ(text, read_file(path))
      << "if the change is meant: OPGAUGE_UPDATE_GOLDEN=1 and run this test";
}

const LeftOut* left_out(const Findings& findings, const std::string& section) {
  for (const LeftOut& one : findings.left_out) {
    if (one.section == section) return &one;
  }
  return nullptr;
}

TEST(Analyze, GoldenMarkdown) {
  expect_golden("mlp_report.md", findings_markdown(golden_findings()));
}

TEST(Analyze, GoldenForeignMarkdown) {
  const Results results =
      parse_results("foreign.csv",
                    "model,input_dim,hidden_dims,output_dim,batch_size,device,precision,empirical_"
                    "time_ms,empirical_memory_mb,"
                    "empirical_flops,analytical_time_ms,analytical_memory_mb,analytical_flops\n"
                    "mlp_1layer,1024,[512],64,32,cpu,fp32,0.61,2.5,35651584,0.50,2.4,35651584\n"
                    "mlp_1layer,1024,[512],64,1,cpu,fp32,0.08,2.5,1114112,0.07,2.4,1114112\n");
  expect_golden("foreign_report.md", findings_markdown(analyze(results, {})));
}

TEST(Analyze, SummaryIsOverAllRows) {
  const FindingsSummary& summary = golden_findings().summary;
  EXPECT_EQ(summary.configurations, 90);
  EXPECT_EQ(summary.measured, 89);
  EXPECT_EQ(summary.architectures, 15);
  ASSERT_EQ(summary.errors.size(), 4u);
  EXPECT_EQ(summary.errors[0].quantity, "quiet latency");
  EXPECT_EQ(summary.errors[3].quantity, "FLOPs");
  EXPECT_EQ(summary.errors[3].mape, 0);
  EXPECT_FALSE(summary.noise_floor);
  EXPECT_GT(*summary.contention, 1.05);
}

TEST(Analyze, TheNoiseFloorComesFromARepeatedRun) {
  const Results first =
      parse_results("a.csv", "model,batch_size,empirical_quiet_ms\nx,1,10\ny,1,20\n");
  const Results second =
      parse_results("b.csv", "model,batch_size,empirical_quiet_ms\nx,1,11\ny,1,19\n");
  AnalysisInput input;
  input.repeat = &second;
  EXPECT_NEAR(*summarize(first, input).noise_floor, 0.075, 1e-12);
  const Results other = parse_results("c.csv", "model,batch_size,empirical_quiet_ms\nz,1,11\n");
  input.repeat = &other;
  EXPECT_THROW(summarize(first, input), Error);
}

TEST(Analyze, UpdatesRecoverWhatTheDataWereMadeWith) {
  const UpdateFinding& update = golden_findings().updates.at(0);
  EXPECT_EQ(update.fit.precision, "fp32");
  for (size_t i = 0; i < update.fit.coefficients.size(); ++i) {
    const Coefficient& now = update.fit.coefficients[i];
    EXPECT_EQ(now.name, update.before[i].name);
    if (now.name == "efficiency_factor") {
      EXPECT_DOUBLE_EQ(update.before[i].value, 0.70);
    }
    if (now.name == "launch_s") {
      EXPECT_NEAR(now.value, 3.2e-6, 0.5e-6);
    }
  }
  EXPECT_LT(*update.fit.held_out_mape, *update.fit.assumed_mape);
}

TEST(Analyze, TransitionsAreRelativeToTheFirstLevelAtEqualBatch) {
  const Results results = parse_results(
      "x.csv",
      "model,batch_size,empirical_quiet_ms,empirical_flops,scenario,working_set_bytes\n"
      "a,1,1,100,L2_fit,10\na,8,2,800,L2_fit,10\nb,1,30,1000,DRAM_spill,100\nc,64,1,1,DRAM_spill,"
      "100\n");
  const auto transitions = find_transitions(results);
  ASSERT_EQ(transitions.size(), 2u);
  EXPECT_EQ(transitions[0].scenario, "L2_fit");
  EXPECT_DOUBLE_EQ(*transitions[0].slowdown_per_flop, 1);
  EXPECT_NEAR(*transitions[1].slowdown_per_flop, 3, 1e-9);
  EXPECT_NEAR(*transitions[1].slowdown_per_byte, 3, 1e-9);
  EXPECT_THAT(transitions[1].batch_sizes, ElementsAre(1));
}

TEST(Analyze, InsightsCiteTheirRowsAndNeedData) {
  for (const Insight& one : golden_findings().insights) {
    EXPECT_FALSE(one.rows.empty()) << one.text;
    for (const int row : one.rows) {
      EXPECT_GE(row, 1);
      EXPECT_LE(row, 90);
    }
  }
  const Results one = parse_results("x.csv", "model,batch_size,empirical_quiet_ms\na,1,1\n");
  const Findings findings = analyze(one, {});
  EXPECT_TRUE(findings.insights.empty());
  EXPECT_TRUE(left_out(findings, "Insights"));
}

TEST(Analyze, PrecisionAndThreadsAreComparedInPairs) {
  std::string csv = "model,width,batch_size,precision,threads,empirical_quiet_ms\n";
  for (int width = 1; width <= 4; ++width) {
    csv += "a," + std::to_string(width) + ",1,fp32,1,4\na," + std::to_string(width) +
           ",1,bf16,1,2\na," + std::to_string(width) + ",1,fp32,2,2.5\n";
  }
  const auto insights = find_insights(parse_results("x.csv", csv), {}, {});
  ASSERT_EQ(insights.size(), 2u);
  EXPECT_THAT(insights[0].text,
              HasSubstr("bf16 against fp32 on 1 thread: 2.00 times as fast (median of 4 pairs"));
  EXPECT_THAT(insights[1].text, HasSubstr("fp32 on 2 threads against 1: 1.60 times as fast"));
  EXPECT_EQ(insights[0].rows.size(), 8u);
}

TEST(Analyze, WhatIsMissingIsNamedWithTheSectionItCosts) {
  const Results results =
      parse_results("x.csv", "model,batch_size,empirical_time_ms,bottleneck\na,1,1,\nb,1,2,\n");
  const Findings findings = analyze(results, {});
  EXPECT_EQ(left_out(findings, "Latency errors")->reason, "column analytical_time_ms is missing");
  EXPECT_EQ(left_out(findings, "Bottleneck analysis")->reason,
            "column bottleneck is empty in every row");
  EXPECT_EQ(left_out(findings, "Memory scenario transitions")->reason,
            "column scenario is missing");
  EXPECT_EQ(left_out(findings, "Recommended updates")->reason, "no machine record was found");
  const std::string text = findings_markdown(findings);
  EXPECT_THAT(text, Not(HasSubstr("## Recommended Updates")));
  EXPECT_THAT(text, HasSubstr("Columns that the file lacks: `graph`"));
}

TEST(Analyze, NothingMeasuredIsAnError) {
  EXPECT_THROW(analyze(parse_results("x.csv", "model,empirical_time_ms\na,\n"), {}), Error);
}

TEST(Formats, AreChosenByNameOrEnding) {
  EXPECT_EQ(format_of_file("report.json").name, "json");
  EXPECT_EQ(format_of_file("-").name, "md");
  EXPECT_THROW(format_of_file("report.pdf"), Error);
  EXPECT_THROW(find_format("htm"), Error);
}

TEST(Formats, EachRendersTheFindings) {
  for (const ReportFormat& format : report_formats()) {
    if (format.name == "html" && page_program.empty()) {
      EXPECT_THROW(format.render(golden_findings()), Error);
      continue;
    }
    EXPECT_THAT(format.render(golden_findings()), HasSubstr("mlp")) << format.name;
  }
}

TEST(Formats, JsonReadsBack) {
  Findings back;
  decode("", parse_json("x", find_format("json").render(golden_findings())), back);
  EXPECT_EQ(encode(back), encode(golden_findings()));
}

TEST(Formats, APageCannotBeBrokenByItsContents) {
  if (page_program.empty()) GTEST_SKIP() << "built without the page";
  Findings findings = golden_findings();
  findings.title = "</script><script>alert(1)</script>";
  findings.points[0].name = "<!-- </script>";
  const std::string page = find_format("html").render(findings);
  size_t scripts = 0;
  for (size_t at = 0; (at = page.find("</script", at)) != std::string::npos; ++at) ++scripts;
  EXPECT_EQ(scripts, 2u);
  EXPECT_THAT(page, Not(HasSubstr("<!--")));
}

TEST(RowRanges, AreShort) {
  EXPECT_EQ(row_ranges({3, 1, 2, 7, 9, 10}), "1-3, 7, 9-10");
  EXPECT_EQ(row_ranges({1, 3, 5}, 2), "1, 3, … (3 rows)");
}

}  // namespace
}  // namespace opgauge
