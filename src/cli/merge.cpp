// SPDX-License-Identifier: Apache-2.0
// `opgauge merge results/part-* -o results/all`: shards or replicas of one sweep as one result.
#include "sweep/merge.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include "cli/commands.hpp"

namespace opgauge {

void declare_merge(CLI::App& app, Run& run) {
  struct Options {
    std::vector<std::string> inputs;
    std::string folder, mode = "partition";
  };
  auto options = std::make_shared<Options>();
  app.add_option("runs", options->inputs, "run folders or result files")->required();
  app.add_option("-o,--output", options->folder,
                 "folder for the merged result; an earlier one there is replaced")
      ->required()
      ->type_name("DIR");
  app.add_option(
         "--mode", options->mode,
         "partition: shards on one hardware class; replicate: the whole sweep on several machines")
      ->capture_default_str();
  run = [options] {
    const MergeMode mode = parse_enum<MergeMode>("--mode", "mode", options->mode);
    const std::filesystem::path folder = options->folder;
    if (std::filesystem::exists(folder / "journal.jsonl")) {
      throw Error(folder.string(),
                  "found a run's journal, expected a folder of its own for the merged result");
    }
    std::map<std::string, std::vector<SweepResult>> by_device;
    for (const std::string& input : options->inputs) {
      for (SweepResult& result : read_run_results(input))
        by_device[result.device].push_back(std::move(result));
    }
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) throw Error(folder.string(), "cannot be created: " + failed.message());
    for (const auto& [device, results] : by_device) {
      MergeReport report;
      const SweepResult merged = merge_results(results, mode, report);
      std::cout << fmt::format(
          "{} of {} on {}: {} rows from {} results, {} identical, {} measured more than once\n",
          merged.sweep, options->mode, device, report.rows, results.size(), report.identical,
          report.overlaps.size());
      for (const std::string& line : report.overlaps) std::cout << "  overlap: " << line << "\n";
      for (const std::string& line : report.disagreements)
        std::cout << "  DISAGREE: " << line << "\n";
      for (const auto& path : write_result(folder, merged))
        std::cout << "  " << path.string() << "\n";
    }
    return 0;
  };
}

}  // namespace opgauge
