// SPDX-License-Identifier: Apache-2.0
#include "report/measurement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "graph/text.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

Graph graph() {
  return parse_graph(R"(graph small
%x = input f32[8,16]
%w = parameter f32[32,16] "w"
%h = aten::linear(input=%x, weight=%w)  # fc
%y = aten::relu(self=%h)  # act, model.py:3
return %y
)");
}

ModelMeasurement measured() {
  ModelMeasurement m;
  m.model = "small";
  m.precision = "fp32";
  m.device = "cpu";
  m.outcome = {Verdict::valid, Stop::half_width, "half width 1.0 % of the value"};
  m.quiet_latency_s = 80e-6;
  m.quiet_low_s = 79e-6;
  m.quiet_high_s = 81e-6;
  m.macs = 4096;
  m.energy.reason = "no power meter: rapl: none here";
  m.cases = {{"aten::linear(f32[8,16], parameter f32[32,16])", 1, 60e-6, 0.75, 4096, 3584},
             {"aten::relu(f32[8,32])", 1, 20e-6, 0.25, 0, 2048}};
  m.nodes = {{"h", m.cases[0].call, "fc", "", 60e-6},
             {"y", m.cases[1].call, "act", "model.py:3", 20e-6}};
  return m;
}

TEST(Measurement, TextNamesWhatIsMissingAndWhy) {
  const std::string text = print_measurement(measured());
  EXPECT_THAT(text, HasSubstr("small, fp32, cpu, 1 thread"));
  EXPECT_THAT(text, HasSubstr("verdict         valid: half width"));
  EXPECT_THAT(text, HasSubstr("quiet latency   80.0 us  [79.0 us, 81.0 us]"));
  EXPECT_THAT(text, HasSubstr("typical latency none"));
  EXPECT_THAT(text, HasSubstr("energy          none: no power meter: rapl: none here"));
  EXPECT_THAT(text, HasSubstr("75.0 %"));
  EXPECT_THAT(print_measurement(measured(), 1), testing::Not(HasSubstr("aten::relu")));
}

TEST(Measurement, TraceHoldsEveryCallInOrderAndTheLiveBytes) {
  const Json trace = parse_json("trace", measurement_trace(measured(), graph()));
  std::vector<Json> calls, counters;
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] == "X") calls.push_back(event);
    if (event["ph"] == "C") counters.push_back(event);
  }
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0]["name"], "aten::linear");
  EXPECT_DOUBLE_EQ(calls[1]["ts"].get<double>(), 60);
  EXPECT_DOUBLE_EQ(calls[1]["dur"].get<double>(), 20);
  EXPECT_EQ(calls[1]["args"]["where"], "model.py:3");
  ASSERT_EQ(counters.size(), 2u);
  EXPECT_EQ(counters[1]["args"]["bytes"], 2048);
}

}  // namespace
}  // namespace opgauge
