// SPDX-License-Identifier: Apache-2.0
#include "import/origin.hpp"

#include <cctype>

namespace opgauge {

// "L__self__,,resnet.ResNet;L__self___conv1,conv1,torch.nn.Conv2d" -> "conv1": key,path,type of the
// last one. A path of a function-wrapped module may be an expression with commas; only the first
// two commas separate.
std::string module_from_stack(std::string_view stack) {
  const std::string_view last = stack.substr(stack.rfind(';') + 1);
  const size_t first_comma = last.find(',');
  if (first_comma == std::string_view::npos) return "";
  const std::string_view rest = last.substr(first_comma + 1);
  return std::string(rest.substr(0, rest.find(',')));
}

// Frames are `File "/path/model.py", line 12, in forward`.
std::string line_from_trace(std::string_view trace) {
  constexpr std::string_view opening = "File \"", between = "\", line ";
  std::string found;
  bool found_outside = false;
  for (size_t at = trace.find(opening); at != std::string_view::npos;
       at = trace.find(opening, at + 1)) {
    const size_t begin = at + opening.size();
    const size_t end = trace.find(between, begin);
    if (end == std::string_view::npos) break;
    const std::string_view path = trace.substr(begin, end - begin);
    size_t digits = end + between.size();
    const size_t first_digit = digits;
    while (digits < trace.size() && std::isdigit(static_cast<unsigned char>(trace[digits])))
      ++digits;
    const bool outside = path.find("/torch/") == std::string_view::npos && !path.starts_with('<');
    if (found_outside && !outside) continue;
    found_outside = outside;
    found = std::string(path.substr(path.rfind('/') + 1)) + ":" +
            std::string(trace.substr(first_digit, digits - first_digit));
  }
  return found;
}

Origin origin_of(JsonObject node) {
  Origin origin;
  const auto recorded = member(node, "metadata");
  JsonObject metadata;
  if (!recorded || recorded->get(metadata) != simdjson::SUCCESS) return origin;
  std::string_view text;
  if (metadata["nn_module_stack"].get(text) == simdjson::SUCCESS)
    origin.module = module_from_stack(text);
  if (metadata["stack_trace"].get(text) == simdjson::SUCCESS) origin.where = line_from_trace(text);
  return origin;
}

}  // namespace opgauge
