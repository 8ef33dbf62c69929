// SPDX-License-Identifier: Apache-2.0
#include "machine/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace opgauge {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view coefficient_names[] = {"efficiency_factor", "memory_bottleneck_factor",
                                                  "launch_s", "view_s", "tail_rows"};

void check_coefficient(const std::string& where, const Coefficient& one) {
  if (std::ranges::find(coefficient_names, one.name) == std::end(coefficient_names)) {
    throw unknown_name(where + ".name", "coefficient", one.name,
                       {std::begin(coefficient_names), std::end(coefficient_names)});
  }
  const bool divides = one.name.ends_with("_factor");
  if (!std::isfinite(one.value) || one.value < 0 || (divides && one.value == 0)) {
    throw Error(where + ".value",
                fmt::format("found {}, expected a number {} 0", one.value, divides ? ">" : ">="));
  }
}

std::string file_stem(const std::string& created_at) {
  std::string stem;
  for (const char c : created_at) {
    if (c != ':' && c != '/') stem += c;
  }
  return stem.empty() ? "undated" : stem;
}

}  // namespace

Calibration read_calibration(const fs::path& path) {
  const std::string where = path.string();
  const Json document = read_json(path);
  if (!document.is_object()) {
    throw Error(where, "found " + found(document) + ", expected a calibration as an object");
  }
  const auto version = document.find("schema_version");
  if (version == document.end() || *version != 1) {
    throw Error(where, "schema_version: found " +
                           (version == document.end() ? std::string("none") : found(*version)) +
                           ", expected 1");
  }
  Calibration calibration;
  try {
    decode("", document, calibration);
  } catch (const Error& error) {
    throw error.within(where);
  }
  for (size_t i = 0; i < calibration.roofline.size(); ++i) {
    const RooflineFit& fit = calibration.roofline[i];
    const std::string place = where + ": roofline[" + std::to_string(i) + "]";
    if (fit.threads < 1) {
      throw Error(place + ".threads", fmt::format("found {}, expected at least 1", fit.threads));
    }
    if (fit.interval_ratio && !(*fit.interval_ratio >= 1)) {
      throw Error(place + ".interval_ratio",
                  fmt::format("found {}, expected a number >= 1", *fit.interval_ratio));
    }
    for (size_t j = 0; j < fit.coefficients.size(); ++j) {
      check_coefficient(place + ".coefficients[" + std::to_string(j) + "]", fit.coefficients[j]);
    }
  }
  return calibration;
}

fs::path write_calibration(const fs::path& root, const Calibration& calibration) {
  const fs::path folder = root / calibration.machine;
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw Error(folder.string(), "cannot be created: " + failed.message());
  const std::string stem = file_stem(calibration.created_at);
  fs::path path = folder / (stem + ".json");
  for (int n = 2; fs::exists(path, failed); ++n)
    path = folder / fmt::format("{}-{:03}.json", stem, n);
  write_json(path, encode(calibration));
  return path;
}

fs::path calibration_home() {
  if (const char* set = std::getenv("OPGAUGE_CALIBRATIONS"); set && *set) return set;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data && *data) {
    return fs::path(data) / "opgauge" / "calibrations";
  }
  const char* home = std::getenv("HOME");
  if (!home || !*home) {
    throw Error("calibrations",
                "found no HOME, XDG_DATA_HOME or OPGAUGE_CALIBRATIONS, expected one of them");
  }
  return fs::path(home) / ".local" / "share" / "opgauge" / "calibrations";
}

std::vector<fs::path> calibration_roots() {
  std::vector<fs::path> roots{calibration_home()};
#ifdef OPGAUGE_DATA_DIR
  roots.push_back(fs::path(OPGAUGE_DATA_DIR) / "calibrations");
#endif
  return roots;
}

namespace {

// 3: made for it, 2: for its threads, 1: for its precision.
int fit_of(const Calibration& calibration, const CalibrationUse& use) {
  const auto agrees = [&](const char* fact, const std::string& wanted) {
    const auto at = calibration.fingerprint.find(fact);
    return at == calibration.fingerprint.end() || at->second == wanted;
  };
  const bool threads_agree = !use.threads || agrees("threads", std::to_string(*use.threads));
  return 2 * threads_agree + agrees("precision", use.precision);
}

}  // namespace

std::optional<StoredCalibration> newest_calibration(const std::vector<fs::path>& roots,
                                                    std::string_view machine,
                                                    const CalibrationUse& use) {
  std::vector<fs::path> files;
  for (const fs::path& root : roots) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(root / machine, failed)) {
      if (entry.path().extension() != ".json") continue;
      files.push_back(entry.path());
    }
  }
  std::ranges::stable_sort(files, std::ranges::greater(), &fs::path::stem);
  std::optional<StoredCalibration> best;
  int best_fit = -1;
  for (const fs::path& file : files) {
    StoredCalibration one{file, read_calibration(file)};
    const int fit = fit_of(one.calibration, use);
    if (fit <= best_fit) continue;
    best_fit = fit;
    best = std::move(one);
    if (fit == 3) break;
  }
  return best;
}

std::vector<std::string> differences(const Calibration& calibration,
                                     const std::map<std::string, std::string>& fingerprint) {
  std::vector<std::string> lines;
  for (const auto& [key, value] : fingerprint) {
    const auto at = calibration.fingerprint.find(key);
    if (at != calibration.fingerprint.end() && at->second != value) {
      lines.push_back(key + ": calibrated with " + at->second + ", here " + value);
    }
  }
  return lines;
}

}  // namespace opgauge
