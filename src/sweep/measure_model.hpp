// SPDX-License-Identifier: Apache-2.0
// One model measured alone: end to end, each call in context, memory and energy.
//
//   latency  quiet (per-call least times over visits, summed) and typical (median of runs), each
//            with its interval and the verdict of the protocol (measure/protocol.hpp)
//   memory   the allocator's peak of live tensor bytes, beside what liveness predicts; the
//   process's
//            high-water mark apart, since it holds the program and its libraries as well
//   energy   above idle, or the reason why there is none
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "measure/conditions.hpp"
#include "measure/device.hpp"
#include "measure/meters/energy.hpp"
#include "measure/protocol.hpp"
#include "measure/protocol_visit.hpp"

namespace opgauge {

// Equal calls of a model together.
struct MeasuredCase {
  std::string call;    // case text
  int64_t count = 0;   // calls in the model
  double quiet_s = 0;  // of all of them
  double share = 0;    // of the model's quiet latency
  int64_t macs = 0;
  int64_t bytes = 0;  // read and written
  static constexpr auto fields() {
    using C = MeasuredCase;
    return std::make_tuple(field("call", &C::call, "", "case text"),
                           field("count", &C::count, "", "calls in the model"),
                           field("quiet_s", &C::quiet_s, "s", "quiet latency of all of them"),
                           field("share", &C::share, "", "of the model's quiet latency"),
                           field("macs", &C::macs, "", "multiply-adds of all of them"),
                           field("bytes", &C::bytes, "B", "bytes read and written by all of them"));
  }
};

struct MeasuredNode {
  std::string output;  // name of the first output
  std::string call;    // case text
  std::string module;
  std::string where;
  double quiet_s = 0;
  static constexpr auto fields() {
    using N = MeasuredNode;
    return std::make_tuple(field("output", &N::output, "", "name of the first output"),
                           field("call", &N::call, "", "case text"),
                           field("module", &N::module, "", "module of the model"),
                           field("where", &N::where, "", "source line"),
                           field("quiet_s", &N::quiet_s, "s", "least time over the visits"));
  }
};

struct ModelMeasurement {
  std::string model;
  std::string precision;
  std::string device;
  ExecutionSettings execution;
  Outcome outcome;
  // Null if no visit succeeded; the outcome says why.
  std::optional<double> quiet_latency_s, quiet_low_s, quiet_high_s;
  std::optional<double> typical_latency_s, typical_low_s, typical_high_s;
  std::optional<double> contention;  // typical / quiet
  int rounds = 0;
  int samples = 0;
  std::optional<double> flops_per_s;     // executed FLOPs in the quiet latency
  int64_t macs = 0;                      // counted from the graph
  std::optional<int64_t> executed_macs;  // counted from the dispatched calls
  std::optional<int64_t> peak_intermediate_bytes;
  int64_t predicted_peak_intermediate_bytes = 0;
  std::optional<int64_t> held_bytes;          // parameters, buffers, constants and inputs
  std::optional<int64_t> peak_live_bytes;     // held and peak together
  std::optional<int64_t> process_peak_bytes;  // high-water mark of the whole process
  EnergyMeasurement energy;
  Conditions conditions;
  Disturbance disturbance;          // during all visits
  std::vector<MeasuredCase> cases;  // heaviest first
  std::vector<MeasuredNode> nodes;  // in execution order

  static constexpr auto fields() {
    using M = ModelMeasurement;
    return std::make_tuple(
        field("model", &M::model, "", "name"),
        field("precision", &M::precision, "", "fp32, bf16, fp16 or int8"),
        field("device", &M::device, "", "cpu or cuda"),
        field("execution", &M::execution, "", "settings of the process"),
        field("outcome", &M::outcome, "", "verdict and reason"),
        field("quiet_latency_s", &M::quiet_latency_s, "s", "least times of the calls, summed"),
        field("quiet_low_s", &M::quiet_low_s, "s", "95 % interval, lower end"),
        field("quiet_high_s", &M::quiet_high_s, "s", "95 % interval, upper end"),
        field("typical_latency_s", &M::typical_latency_s, "s", "median end-to-end run"),
        field("typical_low_s", &M::typical_low_s, "s", "95 % interval, lower end"),
        field("typical_high_s", &M::typical_high_s, "s", "95 % interval, upper end"),
        field("contention", &M::contention, "", "typical latency / quiet latency"),
        field("rounds", &M::rounds, "", "visits"),
        field("samples", &M::samples, "", "runs in all visits"),
        field("flops_per_s", &M::flops_per_s, "1/s", "FLOPs in the quiet latency"),
        field("macs", &M::macs, "", "multiply-adds, counted from the graph"),
        field("executed_macs", &M::executed_macs, "",
              "multiply-adds, counted from the dispatched calls"),
        field("peak_intermediate_bytes", &M::peak_intermediate_bytes, "B",
              "allocator's peak beside parameters and inputs"),
        field("predicted_peak_intermediate_bytes", &M::predicted_peak_intermediate_bytes, "B",
              "the same by liveness"),
        field("held_bytes", &M::held_bytes, "B", "parameters, buffers, constants and inputs"),
        field("peak_live_bytes", &M::peak_live_bytes, "B", "held bytes and the peak"),
        field("process_peak_bytes", &M::process_peak_bytes, "B", "high-water mark of the process"),
        field("energy", &M::energy, "", "of one inference"),
        field("conditions", &M::conditions, "", "of the machine"),
        field("disturbance", &M::disturbance, "", "during the visits"),
        field("cases", &M::cases, "", "equal calls together, heaviest first"),
        field("nodes", &M::nodes, "", "each call in execution order"));
  }
};

struct MeasureModelOptions {
  ProtocolSettings protocol;
  EnergyOptions energy;
  bool with_energy = true;
  int64_t capacity_bytes = INT64_MAX;  // what the prepared model may take
  std::function<void(const Visit&)> on_visit;
  std::function<bool()> interrupted;
};

// `model`, `precision`, `execution` are recorded as given. An Error of preparing or running becomes
// the outcome `failed` with its reason. `meter` is only used with energy.
ModelMeasurement measure_model(Device& device, const Graph& graph, const StoredTensors& stored,
                               const MeasureModelOptions& options, const Surroundings& around,
                               PowerMeterSearch& meter);

// The process's high-water mark (VmHWM) from /proc/self/status; null where there is none.
std::optional<int64_t> process_peak_bytes();

}  // namespace opgauge
