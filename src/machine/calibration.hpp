// SPDX-License-Identifier: Apache-2.0
// A calibration: coefficients that were fitted to measurements on one machine with one software,
// each with its standard error, or with the reason why the measurements could not tell it. Plain
// JSON, one file a calibration:
//
//   data/calibrations/<machine>/2026-01-31T120000Z.json       (or
//   $XDG_DATA_HOME/opgauge/calibrations/<machine>/)
//
// The newest one that fits the machine is used; using one elsewhere is allowed and says what
// differs.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/json.hpp"
#include "machine/machine.hpp"
#include "machine/op_model.hpp"

namespace opgauge {

struct Coefficient {
  std::string name;   // efficiency_factor, memory_bottleneck_factor, launch_s, tail_rows
  std::string level;  // of memory_bottleneck_factor: L1, L2, L3 or DRAM; else ""
  double value = 0;
  std::optional<double> standard_error;
  bool identified = true;  // false: the data cannot tell it; `value` is what was assumed before
  std::string note;        // why it is not identified
  Source source = Source::measured;
  static constexpr auto fields() {
    return std::make_tuple(
        field("name", &Coefficient::name, "", "name of the coefficient"),
        field("level", &Coefficient::level, "", "memory level it is for, or empty"),
        field("value", &Coefficient::value, "", "its value"),
        field("standard_error", &Coefficient::standard_error, "", "standard error of the fit"),
        field("identified", &Coefficient::identified, "", "whether the data determine it"),
        field("note", &Coefficient::note, "", "why it is not identified"),
        field("source", &Coefficient::source, "", "measured (fitted) or assumed"));
  }
};

// The roofline's coefficients of one precision and thread count.
struct RooflineFit {
  std::string precision;  // fp32, bf16, fp16, int8
  int threads = 1;
  std::vector<Coefficient> coefficients;
  int configurations = 0;               // that it was fitted to
  int groups = 0;                       // architectures among them
  std::optional<double> fit_mape;       // on the configurations it was fitted to
  std::optional<double> held_out_mape;  // by cross-validation over architectures
  std::optional<double> assumed_mape;   // of the coefficients before, on the same configurations
  std::optional<double>
      interval_ratio;  // 90 % of held-out measurements lie within latency / r .. latency x r
  static constexpr auto fields() {
    return std::make_tuple(
        field("precision", &RooflineFit::precision, "", "fp32, bf16, fp16 or int8"),
        field("threads", &RooflineFit::threads, "", "intra-op threads"),
        field("coefficients", &RooflineFit::coefficients, "", "the fitted coefficients"),
        field("configurations", &RooflineFit::configurations, "", "configurations in the fit"),
        field("groups", &RooflineFit::groups, "", "architectures in the fit"),
        field("fit_mape", &RooflineFit::fit_mape, "", "error on the data of the fit"),
        field("held_out_mape", &RooflineFit::held_out_mape, "", "error on held-out architectures"),
        field("assumed_mape", &RooflineFit::assumed_mape, "", "error of the coefficients before"),
        field("interval_ratio", &RooflineFit::interval_ratio, "",
              "90 % of held-out measurements lie within latency / r and latency x r"));
  }
};

struct Calibration {
  int schema_version = 1;
  std::string machine;     // name of the machine's record
  std::string created_at;  // UTC, ISO 8601
  std::string statistic;   // which latency was fitted: "quiet" or "typical"
  std::string data;        // where the measurements came from
  // What must agree for the numbers to hold: hardware class, libtorch, allocator, flush_denormal, …
  std::map<std::string, std::string> fingerprint;
  std::vector<RooflineFit> roofline;
  std::optional<double> noise_floor;  // MAPE of the same measurement done twice
  std::optional<OpModel> op_model;    // the op-level estimator's section
  static constexpr auto fields() {
    return std::make_tuple(
        field("schema_version", &Calibration::schema_version, "", "version of this record, 1"),
        field("machine", &Calibration::machine, "", "name of the machine"),
        field("created_at", &Calibration::created_at, "", "UTC, ISO 8601"),
        field("statistic", &Calibration::statistic, "",
              "latency that was fitted: quiet or typical"),
        field("data", &Calibration::data, "", "where the measurements came from"),
        field("fingerprint", &Calibration::fingerprint, "", "hardware and software it holds for"),
        field("roofline", &Calibration::roofline, "", "coefficients of the roofline"),
        field("noise_floor", &Calibration::noise_floor, "",
              "error of the same measurement done twice"),
        field("op_model", &Calibration::op_model, "", "coefficients of the op-level estimator"));
  }
};

// Reads and checks one file: Error on a wrong version, an unknown coefficient, a value that is not
// finite and >= 0.
Calibration read_calibration(const std::filesystem::path& path);
// Writes calibrations/<machine>/<created_at>.json under `root` and returns the path. Never
// overwrites: a file of the same second gets a suffix.
std::filesystem::path write_calibration(const std::filesystem::path& root,
                                        const Calibration& calibration);

// Where calibrations are looked for, in this order: $OPGAUGE_CALIBRATIONS,
// $XDG_DATA_HOME/opgauge/calibrations (else
// ~/.local/share/…), and the folder of calibrations that came with the program, where those exist.
std::vector<std::filesystem::path> calibration_roots();
// Where a new one is written: the first root of the list that is for the user.
std::filesystem::path calibration_home();

struct StoredCalibration {
  std::filesystem::path path;
  Calibration calibration;
};
// The run that a calibration is wanted for.
struct CalibrationUse {
  std::optional<int> threads;  // any
  std::string precision = "fp32";
};
// The newest calibration of the machine under the roots that was made for `use`; without one the
// newest of its threads, else the newest; nullopt if there is none. A fact that a fingerprint lacks
// fits. A file that cannot be read is an Error, not skipped.
std::optional<StoredCalibration> newest_calibration(const std::vector<std::filesystem::path>& roots,
                                                    std::string_view machine,
                                                    const CalibrationUse& use = {});

// What differs between a calibration's fingerprint and the present one, one line a difference; a
// key that only one side has does not count.
std::vector<std::string> differences(const Calibration& calibration,
                                     const std::map<std::string, std::string>& fingerprint);

}  // namespace opgauge
