// SPDX-License-Identifier: Apache-2.0
#include "calibrate/table_fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/json.hpp"
#include "calibrate/random.hpp"
#include "calibrate/synthetic.hpp"
#include "calibrate/table_formula.hpp"
#include "scratch_folder.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

// A product on an accelerator that does not exist: tiles of 64 x 128, a kernel of its own for small problems (at their
// border `small_flops_per_s` says how far the two are apart), three levels of memory, a launch, and part of the shorter term
// that does not hide behind the longer.
double accelerator_s(double m, double n, double k, double small_flops_per_s) {
  const double launch_s = 5e-6, flops = 2 * m * n * k, bytes = 4 * (m * k + n * k + m * n);
  if (flops < 4e6) return 3e-6 + flops / small_flops_per_s + bytes / 4e11;
  const double tiled = 2 * std::ceil(m / 64) * 64 * std::ceil(n / 128) * 128 * k;
  const double bandwidth = bytes < 4e6 ? 3e12 : bytes < 4e7 ? 1.5e12 : 7e11;
  const double compute_s = tiled / 8e12, memory_s = bytes / bandwidth;
  return launch_s + std::max(compute_s, memory_s) + 0.2 * std::min(compute_s, memory_s);
}

TimingTable accelerator_table(size_t rows, double noise, uint64_t seed, double small_flops_per_s = 1.5e12) {
  TimingTable table{"accelerator.csv", {}};
  Random random(seed);
  for (size_t i = 0; i < rows; ++i) {
    TimedOp row;
    row.m = random.log_whole(16, 4096);
    row.n = random.log_whole(16, 4096);
    row.k = random.log_whole(16, 4096);
    row.latency_s = accelerator_s(static_cast<double>(row.m), static_cast<double>(row.n), static_cast<double>(row.k), small_flops_per_s) *
                    std::exp(noise * gaussian(random));
    row.line = i + 2;
    table.rows.push_back(row);
  }
  return table;
}

// 5,000 rows of which 400 are learnt from; 3 % noise alone makes 2.4 % of error.
TEST(TableFit, FourHundredRowsPredictTheOthers) {
  const TimingTable table = accelerator_table(5000, 0.03, 21);
  const TableFit fit = fit_table(table, {});
  EXPECT_LE(fit.training.size(), 400u);
  EXPECT_GE(fit.training.size(), 390u);
  EXPECT_EQ(static_cast<size_t>(fit.rest.count) + fit.training.size(), 5000u);
  EXPECT_LE(fit.rest.mape, 0.05);
  ErrorSummary physical;
  for (const TableClass& one : fit.classes) {
    EXPECT_GE(one.trained, std::min<size_t>(one.rows, 10)) << one.key;
    if (one.key == "linear") physical = one.rest_physical;
  }
  EXPECT_LT(fit.rest.mape, physical.mape);  // the residual is what gets there
  EXPECT_FALSE(fit.fit.model.residuals.empty());
}

// A border at which the time falls to less than half is harder: no kernel library would choose it, a table may hold it.
TEST(TableFit, AStepAtTheBorderOfAKernel) {
  const TableFit fit = fit_table(accelerator_table(5000, 0.03, 24, 4e11), {});
  EXPECT_LE(fit.rest.mape, 0.08);
  EXPECT_LE(fit.rest.median, 0.05);
}

TEST(TableFit, SameSeedAndRowsSameBits) {
  const TimingTable table = accelerator_table(800, 0.03, 22);
  TableFitOptions options;
  options.train = 100;
  const TableFit a = fit_table(table, options), b = fit_table(table, options);
  EXPECT_EQ(a.training, b.training);
  EXPECT_EQ(a.predicted_s, b.predicted_s);
  EXPECT_EQ(encode(a.fit.model).dump(), encode(b.fit.model).dump());
}

TEST(TableFit, CasesOfAnyOp) {
  TimingTable table{"ops.csv", {}};
  Random random(23);
  for (size_t i = 0; i < 300; ++i) {
    TimedOp row;
    const int64_t size = random.log_whole(64, 1 << 20);
    row.text = i % 2 ? "aten::relu(f32[" + std::to_string(size) + "])" : "aten::softmax.int(f32[8," + std::to_string(size) + "], -1)";
    row.latency_s = (i % 2 ? 2e-6 + 4e-11 * static_cast<double>(size) : 5e-6 + 6e-9 * static_cast<double>(size)) * std::exp(0.03 * gaussian(random));
    row.line = i + 2;
    table.rows.push_back(row);
  }
  TableFitOptions options;
  options.train = 80;
  const TableFit fit = fit_table(table, options);
  EXPECT_EQ(fit.classes.size(), 2u);
  EXPECT_LE(fit.rest.mape, 0.05);
  table.rows[17].text = "aten::reluu(f32[8])";
  try {
    fit_table(table, options);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("ops.csv:19"));
    EXPECT_THAT(error.what(), HasSubstr("did you mean \"aten::relu"));
  }
}

TEST(TableFit, OneRowIsTooFew) { EXPECT_THROW(fit_table(accelerator_table(1, 0, 1), {}), Error); }

class TimingTables : public testing::Test {
 protected:
  TimingTable read(const std::string& text, const std::string& map = "m=M,n=N,k=K,latency_s=ms*1e-3") {
    const std::string path = folder_ / "timings.csv";
    write_file(path, text);
    return read_timing_table(path, map);
  }
  std::string error(const std::string& text, const std::string& map = "m=M,n=N,k=K,latency_s=ms*1e-3") {
    try {
      read(text, map);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  const ScratchFolder folder_;
};

TEST_F(TimingTables, QuantitiesByTheMap) {
  const TimingTable table = read("M,N,K,ms,dtype,kind,heads\n8,16,32,0.5,torch.bfloat16,bmm,3\n4,4,4,2,fp32,linear,1\n",
                                 "m=M, n=N, k=K, batch=heads*2, dtype=dtype, op=kind, latency_s=ms*1e-3");
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].m, 8);
  EXPECT_EQ(table.rows[0].batch, 6);
  EXPECT_EQ(table.rows[0].dtype, Dtype::bf16);
  EXPECT_EQ(table.rows[0].product, TimedProduct::bmm);
  EXPECT_DOUBLE_EQ(table.rows[0].latency_s, 0.5e-3);
  EXPECT_EQ(table.rows[1].line, 3u);
  EXPECT_EQ(table.rows[1].graph().nodes[0].target, "aten::linear");
  EXPECT_EQ(read("M,N,K,ms\n1,2,3,4\n", "m=M,n=N,k=K,dtype=f16,latency_s=ms*1e-3").rows[0].dtype, Dtype::f16);
}

TEST_F(TimingTables, ErrorsNameFileAndLine) {
  const std::string head = "M,N,K,ms\n8,8,8,1\n";
  EXPECT_THAT(error("M,N,ms\n1,2,3\n"), HasSubstr("timings.csv:1] unknown column \"K\""));
  EXPECT_THAT(error(head + "8,8,8,nan\n"), HasSubstr("timings.csv:3] found \"nan\" in column \"ms\", expected a finite number"));
  EXPECT_THAT(error(head + "8,8,8,-1\n"), HasSubstr("timings.csv:3] found latency_s = -0.001, expected a time above 0"));
  EXPECT_THAT(error(head + "8,8,8,0\n"), HasSubstr("expected a time above 0"));
  EXPECT_THAT(error(head + "8,,8,1\n"), HasSubstr("timings.csv:3] found an empty cell in column \"N\""));
  EXPECT_THAT(error(head + "8,eight,8,1\n"), HasSubstr("timings.csv:3] found \"eight\" in column \"N\""));
  EXPECT_THAT(error(head + "8,1.5,8,1\n"), HasSubstr("timings.csv:3] found n = 1.5, expected a whole number"));
  EXPECT_THAT(error(head + "8,-4,8,1\n"), HasSubstr("found n = -4"));
  EXPECT_THAT(error(head + "8,8,8\n"), HasSubstr("timings.csv:3] found 3 cells, expected 4"));
  EXPECT_THAT(error(head + "\"8,8,8,1\n"), HasSubstr("timings.csv:3] malformed CSV"));
  EXPECT_THAT(error("M,N,K,ms\n"), HasSubstr("a header and no rows"));
  EXPECT_THAT(error(head + "8,8,8,1e12\n"), HasSubstr("is it milliseconds"));
  EXPECT_THAT(error("M,N,K,ms,t\n8,8,8,1,fp33\n", "m=M,n=N,k=K,dtype=t,latency_s=ms*1e-3"), HasSubstr("timings.csv:2] unknown dtype \"fp33\""));
  EXPECT_THAT(error("M,N,K,ms,t\n8,8,8,1,conv\n", "m=M,n=N,k=K,op=t,latency_s=ms*1e-3"), HasSubstr("timings.csv:2] unknown op \"conv\""));
  EXPECT_THAT(error(head, "m=M,n=N,k=K,dtype=type,latency_s=ms"), HasSubstr("timings.csv:1] unknown column \"type\""));
  EXPECT_THAT(error(head, "case=call,latency_s=ms"), HasSubstr("unknown column \"call\""));
}

TEST_F(TimingTables, MapsThatSayTooLittleOrTooMuch) {
  const std::string head = "M,N,K,ms\n8,8,8,1\n";
  EXPECT_THAT(error(head, "m=M,n=N,k=K"), HasSubstr("found no latency_s"));
  EXPECT_THAT(error(head, "m=M,latency_s=ms"), HasSubstr("neither all of m, n, k nor case"));
  EXPECT_THAT(error(head, "m=M,n=N,k=K,latnecy_s=ms"), HasSubstr("did you mean \"latency_s\""));
  EXPECT_THAT(error(head, "m=M,m=N,k=K,latency_s=ms"), HasSubstr("found m twice"));
  EXPECT_THAT(error(head, "m"), HasSubstr("expected QUANTITY=COLUMN"));
  EXPECT_THAT(error(head, "m=M,n=N,k=K,latency_s=ms*"), HasSubstr("expected a number, a column or"));
  EXPECT_THAT(error(head, "m=M,n=N,k=K,latency_s=ms/0"), HasSubstr("timings.csv:2] found latency_s = inf"));
}

TEST(TableFormula, Arithmetic) {
  const std::vector<std::string> columns = {"a", "b.c", "time (ms)"};
  const auto value = [&](const std::string& text) {
    const TableFormula formula("here", text, columns);
    std::vector<double> numbers;
    for (const size_t column : formula.columns()) numbers.push_back(std::vector<double>{2, 3, 5}[column]);
    return formula.value(numbers);
  };
  EXPECT_DOUBLE_EQ(value("a"), 2);
  EXPECT_DOUBLE_EQ(value("a + b.c*'time (ms)'"), 17);
  EXPECT_DOUBLE_EQ(value("-(a - b.c) / 4"), 0.25);
  EXPECT_DOUBLE_EQ(value("a*1e-3"), 2e-3);
  EXPECT_DOUBLE_EQ(value("a*a-a"), 2);
  EXPECT_EQ(TableFormula("here", "'time (ms)'", columns).column(), 2);
  EXPECT_EQ(TableFormula("here", "a*1", columns).column(), -1);
  for (const char* bad : {"", "a+", "(a", "a b.c", "'a", "a ** 2", "d", "1e999"}) EXPECT_THROW(TableFormula("here", bad, columns), Error) << bad;
  EXPECT_THROW(TableFormula("here", std::string(1000, '('), columns), Error);
  EXPECT_THROW(TableFormula("here", std::string(1000, '-') + "a", columns), Error);
}

}  // namespace
}  // namespace opgauge
