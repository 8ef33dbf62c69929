// SPDX-License-Identifier: Apache-2.0
// What the model of a machine says about a graph: one Estimate, and one RegionEstimate for each
// group of nodes that runs as one kernel. Every latency is the sum of terms that can be read:
//
//   region aten::linear(f32[32,1024], ...)   latency 61 us = launch 1.6 us + max(compute 59 us,
//   memory 38 us)
//
// Terms are of the machine left alone ("quiet"): contention is a property of the hour and is not
// modelled.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/names.hpp"
#include "graph/work.hpp"

namespace opgauge {

// The term that bounds a region or a whole graph.
enum class Bottleneck : uint8_t { compute, memory, launch };
template <>
inline constexpr auto enum_names<Bottleneck> = std::to_array<EnumName<Bottleneck>>({
    {Bottleneck::compute, "compute"},
    {Bottleneck::memory, "memory"},
    {Bottleneck::launch, "launch"},
});

// How nodes become kernels.
enum class PartitionMode : uint8_t {
  eager,  // each node a kernel of its own
  fused,  // linear or convolution with the norm, residual add and activation behind it
};
template <>
inline constexpr auto enum_names<PartitionMode> = std::to_array<EnumName<PartitionMode>>({
    {PartitionMode::eager, "eager"},
    {PartitionMode::fused, "fused"},
});

// Bytes that come out of one memory level, and how long that takes.
struct LevelTerm {
  std::string level;
  double bytes = 0;
  double time_s = 0;
  static constexpr auto fields() {
    return std::make_tuple(field("level", &LevelTerm::level, "", "L1, L2, L3 or DRAM"),
                           field("bytes", &LevelTerm::bytes, "B", "bytes to and from that level"),
                           field("time_s", &LevelTerm::time_s, "s", "time they take"));
  }
};

struct RegionEstimate {
  std::vector<int64_t> nodes;  // indices into Graph::nodes
  std::string text;    // case text of the node that gives the region its name; "" unless asked for
  std::string op;      // "aten::linear", fused: "aten::linear + aten::relu"
  std::string module;  // "layer1.0.conv1", "" if not known
  double latency_s = 0;
  double compute_s = 0;
  double memory_s = 0;  // sum over `levels`
  double launch_s = 0;
  Bottleneck bottleneck = Bottleneck::launch;
  Work work;  // bytes are what the region moves: a fused region keeps its inner values to itself
  double working_set_bytes = 0;  // distinct operands and results
  double dram_bytes = 0;
  std::vector<LevelTerm> levels;
  std::optional<double> energy_j;
  std::string cost_class;    // calibrated estimator: the class that timed it
  std::string extrapolated;  // why it lies outside what was calibrated, or empty
  bool measured = false;     // looked up, not modelled

  double arithmetic_intensity() const {  // FLOP/B, 0 where nothing moves
    return work.bytes() ? static_cast<double>(work.flops()) / static_cast<double>(work.bytes()) : 0;
  }
  static constexpr auto fields() {
    return std::make_tuple(
        field("nodes", &RegionEstimate::nodes, "", "indices of the graph's nodes"),
        field("text", &RegionEstimate::text, "", "case text of the leading node"),
        field("op", &RegionEstimate::op, "", "ops of the region"),
        field("module", &RegionEstimate::module, "", "module that it comes from"),
        field("latency_s", &RegionEstimate::latency_s, "s", "estimated time"),
        field("compute_s", &RegionEstimate::compute_s, "s", "arithmetic"),
        field("memory_s", &RegionEstimate::memory_s, "s", "moving bytes, all levels"),
        field("launch_s", &RegionEstimate::launch_s, "s", "calling the ops"),
        field("bottleneck", &RegionEstimate::bottleneck, "", "the largest term"),
        field("work", &RegionEstimate::work, "", "exact work"),
        field("working_set_bytes", &RegionEstimate::working_set_bytes, "B",
              "distinct operands and results"),
        field("dram_bytes", &RegionEstimate::dram_bytes, "B",
              "of the bytes, those from or to DRAM"),
        field("levels", &RegionEstimate::levels, "", "bytes and time by memory level"),
        field("energy_j", &RegionEstimate::energy_j, "J", "energy of the region"),
        field("cost_class", &RegionEstimate::cost_class, "", "class that timed it, or empty"),
        field("extrapolated", &RegionEstimate::extrapolated, "",
              "why it lies outside what was calibrated, or empty"),
        field("measured", &RegionEstimate::measured, "", "looked up, not modelled",
              Presence::may_be_missing));
  }
};

struct Estimate {
  std::string graph;      // its name
  std::string estimator;  // "roofline", …
  std::string machine;
  PartitionMode mode = PartitionMode::eager;
  std::string precision;  // that most multiply-adds run in: fp32, bf16, fp16, int8
  int threads = 1;
  double latency_s = 0;
  std::optional<double> latency_low_s,
      latency_high_s;    // nullopt: not calibrated, no interval is known
  std::optional<double> contention;  // typical over quiet latency while the machine was calibrated
  double compute_s = 0;  // sums over regions
  double memory_s = 0;
  double launch_s = 0;
  Bottleneck bottleneck =
      Bottleneck::launch;  // of the terms as they bound their regions, the largest
  int64_t macs = 0;
  int64_t flops = 0;  // 2 x macs
  int64_t other_ops = 0;
  int64_t bytes = 0;  // read and written
  int64_t parameter_bytes = 0;
  int64_t memory_peak_bytes = 0;  // parameters, inputs and intermediates alive together
  double working_set_bytes =
      0;  // bytes that one inference touches: parameters, inputs, live intermediates
  std::optional<double> energy_j;
  std::string energy_source;  // "assumed", "measured"; or why there is no energy
  std::string coefficients;   // "assumed", or which calibration
  std::optional<double> measured_share;  // of the time: looked up; nullopt: another estimator
  bool lower_bound = false;   // ops outside the table were left out
  std::vector<std::string> notes;
  std::vector<RegionEstimate> regions;

  double arithmetic_intensity() const {  // FLOP/B
    return bytes ? static_cast<double>(flops) / static_cast<double>(bytes) : 0;
  }
  static constexpr auto fields() {
    return std::make_tuple(
        field("graph", &Estimate::graph, "", "name of the graph"),
        field("estimator", &Estimate::estimator, "", "estimator that made it"),
        field("machine", &Estimate::machine, "", "machine it is for"),
        field("mode", &Estimate::mode, "", "eager or fused"),
        field("precision", &Estimate::precision, "", "that most multiply-adds run in"),
        field("threads", &Estimate::threads, "", "intra-op threads"),
        field("latency_s", &Estimate::latency_s, "s", "estimated quiet latency of one inference"),
        field("latency_low_s", &Estimate::latency_low_s, "s", "lower end of the 90 % interval"),
        field("latency_high_s", &Estimate::latency_high_s, "s", "upper end of the 90 % interval"),
        field("contention", &Estimate::contention, "",
              "typical over quiet latency while the machine was calibrated"),
        field("compute_s", &Estimate::compute_s, "s", "arithmetic, sum over regions"),
        field("memory_s", &Estimate::memory_s, "s", "moving bytes, sum over regions"),
        field("launch_s", &Estimate::launch_s, "s", "calling ops, sum over regions"),
        field("bottleneck", &Estimate::bottleneck, "", "the term that bounds most of the time"),
        field("macs", &Estimate::macs, "", "multiply-adds"),
        field("flops", &Estimate::flops, "", "2 x multiply-adds"),
        field("other_ops", &Estimate::other_ops, "", "all other arithmetic"),
        field("bytes", &Estimate::bytes, "B", "bytes read and written"),
        field("parameter_bytes", &Estimate::parameter_bytes, "B",
              "parameters, buffers and constants"),
        field("memory_peak_bytes", &Estimate::memory_peak_bytes, "B", "peak of live tensor bytes"),
        field("working_set_bytes", &Estimate::working_set_bytes, "B",
              "bytes that one inference touches"),
        field("energy_j", &Estimate::energy_j, "J", "energy of one inference"),
        field("energy_source", &Estimate::energy_source, "",
              "where the energy is from, or why there is none"),
        field("coefficients", &Estimate::coefficients, "", "assumed, or the calibration used"),
        field("measured_share", &Estimate::measured_share, "", "part of the time that was looked up"),
        field("lower_bound", &Estimate::lower_bound, "", "ops outside the op table were left out"),
        field("notes", &Estimate::notes, "", "what to know when reading the numbers"),
        field("regions", &Estimate::regions, "", "one entry per region"));
  }
};

}  // namespace opgauge
