// SPDX-License-Identifier: Apache-2.0
// Every row of the op table against LibTorch over the configurations of tests/oracle/cases/: sizes,
// strides, dtype, aliasing, allocated bytes, private temporaries and counted products of every case
// must be what LibTorch shows.
//
//   test_oracle                      all rows
//   test_oracle aten::conv2d         rows whose target contains the text, with what was observed in
//   each case
//
//   test_oracle aten::conv2d FOLDER  the same over the cases of another folder
//
// The last line is the report: `rows x configurations = N`.
#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "../cpu_kernels.hpp"
#include "graph/op_table.hpp"
#include "graph/text.hpp"
#include "oracle/configurations.hpp"
#include "oracle/observe.hpp"

namespace opgauge::oracle {
namespace {

std::string show(const Dims& dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) text += (i ? "," : "") + std::to_string(dims[i]);
  return text + "]";
}
std::string show(const TensorType& type) {
  return std::string(name_of(type.dtype)) + show(type.sizes) + " strides " + show(type.strides) +
         " offset " + std::to_string(type.offset);
}
std::string operand_name(const Graph& graph, ValueId id) {
  return id == no_value ? "fresh" : "on " + graph[id].name;
}

size_t layout_not_judged = 0;
size_t memory_not_judged = 0;  // see cpu_kernels.hpp

// One line per difference between the row and LibTorch.
std::vector<std::string> compare(const Graph& graph, const Node& node, const Observed& seen,
                                 double scratch_tolerance) {
  std::vector<std::string> differences;
  const auto differ = [&](const std::string& what, const std::string& row,
                          const std::string& torch) {
    if (row != torch) differences.push_back(what + ": row says " + row + ", LibTorch " + torch);
  };
  differ("outputs", std::to_string(node.outputs.size()), std::to_string(seen.outputs.size()));
  if (node.outputs.size() != seen.outputs.size()) return differences;
  std::map<StorageId, ValueId> operands;
  for_each_operand(node, [&](ValueId id) { operands.emplace(graph[id].storage, id); });
  std::map<StorageId, int> fresh;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    const Value& value = graph[node.outputs[i]];
    const ObservedOutput& output = seen.outputs[i];
    const std::string place = "output " + std::to_string(i);
    if (!output.defined) {
      differ(place, show(value.type), "undefined");
      continue;
    }
    // Which layout a 16-bit convolution gives depends on oneDNN having a kernel for it.
    if (!has_avx512_kernels() && value.type.dtype == Dtype::bf16 && node.target.find("conv") != std::string::npos &&
        value.type.sizes == output.type.sizes && show(value.type) != show(output.type)) {
      ++layout_not_judged;
      continue;
    }
    differ(place, show(value.type), show(output.type));
    const auto owner = operands.find(value.storage);
    const ValueId shares = owner == operands.end() ? no_value : owner->second;
    differ(place + " storage", operand_name(graph, shares), operand_name(graph, output.operand));
    if (shares == no_value) {
      const auto [first, added] = fresh.emplace(value.storage, static_cast<int>(i));
      differ(place + " shares the storage of output", std::to_string(added ? -1 : first->second),
             std::to_string(output.same_as));
    }
  }
  int64_t kept = 0;
  for (const auto& [storage, first] : fresh) {
    const Value& value = graph[node.outputs[static_cast<size_t>(first)]];
    kept += std::max(value.type.storage_bytes(), value.storage_bytes);
  }
  if (has_avx512_kernels()) {
    differ("bytes kept", std::to_string(kept), std::to_string(seen.kept_bytes));
  } else {
    memory_not_judged += kept != seen.kept_bytes;
  }
  const int64_t stated = scratch_bytes_of(graph, node), scratch = seen.peak_bytes - seen.kept_bytes;
  const double off = static_cast<double>(std::abs(stated - scratch));
  if (off > scratch_tolerance * static_cast<double>(seen.peak_bytes)) {
    if (has_avx512_kernels()) {
      differ("scratch bytes", std::to_string(stated), std::to_string(scratch));
    } else {
      ++memory_not_judged;
    }
  }
  differ("macs", std::to_string(work_of(graph, node).macs), std::to_string(seen.macs));
  return differences;
}

int run(const std::string& filter, const std::string& folder) {
  std::map<std::string, std::set<std::string>> covered;
  size_t checked = 0, failed = 0, rows = 0, near = 0;
  for (const Configuration& configuration : read_configurations(folder)) {
    if (configuration.target().find(filter) == std::string::npos) continue;
    std::vector<std::string> differences;
    std::string trace;
    ++checked;
    near += configuration.scratch_tolerance > 0;
    covered[configuration.target()].insert(configuration.text);
    if (configuration.refused) {
      try {
        build(configuration.text);
        differences.push_back("row gives a result, expected it to refuse");
      } catch (const Error& error) {
        trace = std::string("  ") + error.what() + "\n";
      }
    } else {
      try {
        const Graph graph = build(configuration.text);
        const Node& node = graph.nodes.back();
        const Observed seen = observe(graph, node);
        trace = seen.trace;
        differences = compare(graph, node, seen, configuration.scratch_tolerance);
      } catch (const std::exception& error) {
        const std::string text = error.what();
        differences.push_back(text.substr(0, text.find('\n')));
      }
    }
    if (differences.empty()) {
      if (!filter.empty()) std::printf("ok   %s\n", configuration.text.c_str());
      continue;
    }
    ++failed;
    std::printf("FAIL %s (%s)\n", configuration.text.c_str(), configuration.place.c_str());
    for (const std::string& line : differences) std::printf("     %s\n", line.c_str());
    if (!filter.empty()) std::printf("%s", trace.c_str());
  }
  size_t thin = 0;
  for (const OpRow& row : op_table()) {
    const std::string target(row.target());
    if (target.find(filter) == std::string::npos) continue;
    ++rows;
    const auto theirs = schema_text(target);
    if (!theirs || *theirs != row.schema_text) {
      std::printf("FAIL schema of %s\n     row      %s\n     LibTorch %s\n", target.c_str(),
                  std::string(row.schema_text).c_str(),
                  theirs ? theirs->c_str() : "has no such op");
      ++failed;
    }
    if (covered[target].size() < 5) {
      std::printf("FAIL %s has %zu configurations, expected at least 5\n", target.c_str(),
                  covered[target].size());
      ++thin;
    }
  }
  if (layout_not_judged > 0) std::printf("%zu layouts of 16-bit convolutions not judged: oneDNN has no kernels for them on this CPU\n", layout_not_judged);
  if (memory_not_judged > 0) std::printf("%zu configurations' private memory not judged: %s\n", memory_not_judged, no_avx512_reason);
  std::printf(
      "rows x configurations = %zu (%zu rows, %zu failures, %zu rows with fewer than 5; %zu with "
      "private "
      "memory stated to a few percent)\n",
      checked, rows, failed, thin, near);
  return failed == 0 && thin == 0 ? 0 : 1;
}

}  // namespace
}  // namespace opgauge::oracle

int main(int argc, char** argv) {
  return opgauge::oracle::run(argc > 1 ? argv[1] : "",
                              argc > 2 ? argv[2] : OPGAUGE_SOURCE_DIR "/tests/oracle/cases");
}
