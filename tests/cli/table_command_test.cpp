// SPDX-License-Identifier: Apache-2.0
// calibrate --table as a user runs it, and the worked example of docs/tables.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "cli/run_command.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

class TableCommand : public CommandTest {
 protected:
  std::string table() const { return source("tests/fixtures/tables/gemm.csv"); }
  const std::string map = " --map 'm=M,n=N,k=K,dtype=dtype,latency_s=latency_ms*1e-3'";
};

TEST_F(TableCommand, TheWorkedExampleOfTheDocs) {
  std::istringstream lines(read_file(source("docs/tables.md")));
  int run_lines = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("opgauge ")) continue;
    ++run_lines;
    std::string arguments = line.substr(8);
    for (size_t at; (at = arguments.find(" tests/")) != std::string::npos;) arguments.replace(at, 1, " " + source(""));
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.code, 0) << line << "\n" << result.err;
    if (line.find("--table") != std::string::npos) {
      std::smatch match;
      ASSERT_TRUE(std::regex_search(result.out, match, std::regex("650 rows that were not learnt from: MAPE ([0-9.]+) %"))) << result.out;
      EXPECT_LE(std::stod(match[1]), 6);
      EXPECT_THAT(result.out, HasSubstr("cost class"));
    } else {
      EXPECT_THAT(result.out, HasSubstr("op-level calibration"));
    }
  }
  EXPECT_EQ(run_lines, 2);
  const Json calibration = read_json(folder_ / "gemm.json");
  EXPECT_EQ(calibration["machine"], "gemm");
  EXPECT_EQ(calibration["op_model"]["networks"], 150);
}

TEST_F(TableCommand, MistakesAreOneLine) {
  const auto expect_error = [&](const std::string& arguments, const std::string& message) {
    const CommandResult result = run("calibrate " + arguments);
    EXPECT_EQ(result.code, 2) << arguments << result.out;
    EXPECT_THAT(result.err, HasSubstr(message)) << arguments;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  };
  expect_error("--table " + table(), "found no --map");
  expect_error("--map m=M", "found no --table");
  expect_error("--table nowhere.csv" + map, "nowhere.csv");
  expect_error("--table " + table() + " --map m=MM,n=N,k=K,latency_s=latency_ms", "unknown column \"MM\"");
  write_file(folder_ / "cut.csv", "M,N,K,dtype,latency_ms\n8,8,8,f32,1\n8,8,8,f3");
  expect_error("--table cut.csv" + map, "cut.csv:3] found 4 cells, expected 5");
}

}  // namespace
}  // namespace opgauge
