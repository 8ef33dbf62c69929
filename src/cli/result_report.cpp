// SPDX-License-Identifier: Apache-2.0
#include "cli/result_report.hpp"

#include <algorithm>
#include <iostream>

#include "base/json.hpp"
#include "report/analyze.hpp"
#include "report/formats.hpp"

namespace opgauge {

std::vector<std::filesystem::path> write_report(const std::filesystem::path& folder,
                                                const SweepResult& result,
                                                const MachineOptions& options,
                                                const Machine* machine) {
  if (std::ranges::none_of(
          result.rows, [](const KeyedRow& one) { return one.row.empirical_time_ms.has_value(); })) {
    std::cerr << "no report on " << result.device << ": no row was measured\n";
    return {};
  }
  std::optional<StoredCalibration> before;
  if (machine) before = options.read_calibration(*machine);
  AnalysisInput input;
  input.machine = machine;
  if (before) input.before = &before->calibration;
  const Findings findings =
      analyze(read_results(folder / (result.sweep + "_sweep_" + result.device + ".csv")), input);
  std::vector<std::filesystem::path> written;
  for (const char* format : {"md", "html"}) {
    written.push_back(folder / (result.sweep + "_report_" + result.device + "." + format));
    write_file(written.back(), find_format(format).render(findings));
  }
  return written;
}

}  // namespace opgauge
