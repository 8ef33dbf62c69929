// SPDX-License-Identifier: Apache-2.0
// Exported programs in the format's own JSON, put together from short pieces, for tests of single
// features.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "import/program.hpp"

namespace opgauge {

// A contiguous tensor's description. Sizes are separated by semicolons; what is not a number is an
// expression (which counts as 1 in the strides).
inline std::string meta(const std::string& sizes, int dtype = 7) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < sizes.size();) {
    const size_t end = std::min(sizes.find(';', begin), sizes.size());
    parts.push_back(sizes.substr(begin, end - begin));
    begin = end + 1;
  }
  std::string list, strides;
  uint64_t stride = 1;
  for (size_t i = parts.size(); i-- > 0;) {
    const bool number = parts[i].find_first_not_of("-0123456789") == std::string::npos;
    const std::string separator = i + 1 < parts.size() ? "," : "";
    list.insert(
        0, (number ? "{\"as_int\":" + parts[i] + "}"
                   : "{\"as_expr\":{\"expr_str\":\"" + parts[i] + "\",\"hint\":{\"as_int\":4}}}") +
               separator);
    strides.insert(0, "{\"as_int\":" + std::to_string(stride) + "}" + separator);
    if (number && parts[i].size() < 6)
      stride *= std::stoul(parts[i].substr(parts[i].find_first_not_of('-')));
  }
  return "{\"dtype\":" + std::to_string(dtype) + ",\"sizes\":[" + list + "],\"strides\":[" +
         strides +
         "],\"storage_offset\":{\"as_int\":0},\"layout\":7,\"requires_grad\":false,\"device\":{"
         "\"type\":\"cpu\"}}";
}

// A node: `inputs` is the JSON list without brackets.
inline std::string node(const std::string& target, const std::string& inputs,
                        const std::string& outputs, const std::string& name = "n") {
  return "{\"target\":\"" + target + "\",\"inputs\":[" + inputs + "],\"outputs\":[" + outputs +
         "],\"name\":\"" + name +
         "\",\"metadata\":{\"stack_trace\":\"File \\\"/home/me/model.py\\\", line 7, in forward\\n "
         "   y\"}}";
}
inline std::string input(const std::string& name, const std::string& arg) {
  return "{\"name\":\"" + name + "\",\"arg\":{" + arg + "}}";
}
inline std::string tensor(const std::string& name) {
  return "\"as_tensor\":{\"name\":\"" + name + "\"}";
}
inline std::string relu(const std::string& from, const std::string& to) {
  return node("torch.ops.aten.relu.default", input("self", tensor(from)), "{" + tensor(to) + "}",
              to);
}

// A program with one input x and one output; every part can be replaced before `text()`.
struct TinyProgram {
  std::string version = "{\"major\":8,\"minor\":20}";
  std::string ranges = "{}";
  std::string nodes = relu("x", "y");
  std::string tensors = "\"x\":" + meta("2;3") + ",\"y\":" + meta("2;3");
  std::string numbers;  // sym_int_values
  std::string inputs = "{\"user_input\":{\"arg\":{" + tensor("x") + "}}}";
  std::string outputs = "{\"user_output\":{\"arg\":{" + tensor("y") + "}}}";
  std::string extra;  // more members of the program

  std::string json() const {
    return "{\"schema_version\":" + version +
           ",\"torch_version\":\"2.13.0\",\"range_constraints\":" + ranges +
           ",\"graph_module\":{\"graph\":{\"inputs\":[],\"outputs\":[],\"nodes\":[" + nodes +
           "],\"tensor_values\":{" + tensors + "},\"sym_int_values\":{" + numbers +
           "}},\"signature\":{\"input_specs\":[" + inputs + "],\"output_specs\":[" + outputs +
           "]}}" + extra + "}";
  }
  ProgramText text() const {
    ProgramText text;
    text.name = "tiny";
    text.model = json();
    text.weights_absent_reason = "none";
    return text;
  }
  ImportedModel read(const ImportOptions& options = {}) const {
    return read_program(text(), options);
  }
};

}  // namespace opgauge
