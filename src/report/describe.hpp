// SPDX-License-Identifier: Apache-2.0
// What a model is and takes, counted from its graph alone: nothing is executed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/csv.hpp"
#include "base/fields.hpp"
#include "graph/graph.hpp"

namespace opgauge {

struct NamedTensor {
  std::string name;
  std::string type;  // "f32[1,3,224,224]"
  static constexpr auto fields() {
    return std::make_tuple(
        field("name", &NamedTensor::name, "", "name of the value"),
        field("type", &NamedTensor::type, "", "dtype, sizes, strides if not contiguous"));
  }
};

// All calls of one op, or all equal calls (one case).
struct CountedCalls {
  std::string call;   // "aten::conv2d" or a case text
  int64_t count = 0;  // calls in the model
  int64_t macs = 0;   // of all of them
  int64_t other_ops = 0;
  int64_t read_bytes = 0;
  int64_t write_bytes = 0;
  static constexpr auto fields() {
    return std::make_tuple(
        field("call", &CountedCalls::call, "", "op or case"),
        field("count", &CountedCalls::count, "", "calls in the model"),
        field("macs", &CountedCalls::macs, "", "multiply-adds of all of them"),
        field("other_ops", &CountedCalls::other_ops, "", "other arithmetic of all of them"),
        field("read_bytes", &CountedCalls::read_bytes, "B", "bytes that all of them read"),
        field("write_bytes", &CountedCalls::write_bytes, "B", "bytes that all of them write"));
  }
};

struct UnsupportedOp {
  std::string op;
  int64_t count = 0;
  std::vector<std::string> places;  // source lines or modules, each once
  static constexpr auto fields() {
    return std::make_tuple(
        field("op", &UnsupportedOp::op, "", "op outside the op table"),
        field("count", &UnsupportedOp::count, "", "calls in the model"),
        field("places", &UnsupportedOp::places, "", "source lines or modules of the calls"));
  }
};

struct ModelDescription {
  std::string model;
  std::string precision;
  int64_t parameters = 0;  // elements, tied ones once
  int64_t parameter_bytes = 0;
  int64_t buffers = 0;  // elements of buffers and constants
  int64_t buffer_bytes = 0;
  // Totals are null if the model has ops outside the op table and the caller did not allow them;
  // allowed, they are lower bounds.
  std::optional<int64_t> macs, flops, other_ops, read_bytes, write_bytes;
  std::optional<int64_t> peak_live_bytes;
  std::optional<int64_t> peak_intermediate_bytes;
  std::string peak_call;  // the call during which the peak is reached
  bool lower_bound = false;
  int64_t input_bytes = 0;
  std::vector<NamedTensor> inputs, outputs;
  int64_t nodes = 0;
  std::map<std::string, int64_t> op_histogram;
  std::vector<CountedCalls> ops;  // heaviest first
  std::vector<CountedCalls> heaviest_cases;
  std::vector<UnsupportedOp> unsupported_ops;

  static constexpr auto fields() {
    using M = ModelDescription;
    return std::make_tuple(
        field("model", &M::model, "", "name"),
        field("precision", &M::precision, "", "fp32, bf16, fp16 or int8"),
        field("parameters", &M::parameters, "", "elements of parameters, tied ones once"),
        field("parameter_bytes", &M::parameter_bytes, "B", "their bytes"),
        field("buffers", &M::buffers, "", "elements of buffers and constants"),
        field("buffer_bytes", &M::buffer_bytes, "B", "their bytes"),
        field("macs", &M::macs, "", "multiply-adds of convolutions, matrix and attention products"),
        field("flops", &M::flops, "", "2 * macs"),
        field("other_ops", &M::other_ops, "", "all other arithmetic"),
        field("read_bytes", &M::read_bytes, "B", "bytes that eager execution reads"),
        field("write_bytes", &M::write_bytes, "B", "bytes that eager execution writes"),
        field("peak_live_bytes", &M::peak_live_bytes, "B",
              "highest sum of parameters, buffers, inputs and live intermediates"),
        field("peak_intermediate_bytes", &M::peak_intermediate_bytes, "B",
              "highest sum of live intermediates and temporaries"),
        field("peak_call", &M::peak_call, "", "the call during which that is reached"),
        field("lower_bound", &M::lower_bound, "", "totals leave out ops outside the op table"),
        field("input_bytes", &M::input_bytes, "B", "bytes of the inputs"),
        field("inputs", &M::inputs, "", "inputs in call order"),
        field("outputs", &M::outputs, "", "outputs in order"),
        field("nodes", &M::nodes, "", "calls"),
        field("op_histogram", &M::op_histogram, "", "calls of each op"),
        field("ops", &M::ops, "", "work of each op, heaviest first"),
        field("heaviest_cases", &M::heaviest_cases, "",
              "work of equal calls together, heaviest first"),
        field("unsupported_ops", &M::unsupported_ops, "", "ops outside the op table"));
  }
};

// `most_cases`: how many heaviest cases are kept, 0 for all.
ModelDescription describe_graph(const Graph& graph, std::string model, std::string precision,
                                bool allow_unknown, size_t most_cases = 10);

// For a terminal.
std::string print_description(const ModelDescription& description);
std::string description_markdown(const ModelDescription& description);

}  // namespace opgauge
