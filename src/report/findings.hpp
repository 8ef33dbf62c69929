// SPDX-License-Identifier: Apache-2.0
// What the analysis of a sweep found, as values: the Markdown, HTML and JSON reports are three
// views of one Findings. Fractions are fractions (0.05 is 5 %), seconds are seconds. A section that
// the data cannot fill is not there, and `left_out` says why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/json.hpp"
#include "machine/calibration.hpp"

namespace opgauge {

// Estimates against measurements of one quantity.
struct ErrorFigures {
  std::string quantity;  // quiet latency, typical latency, memory, FLOPs
  int rows = 0;
  double mape = 0, bias = 0, median = 0, p90 = 0, max = 0, within_10 = 0;
  static constexpr auto fields() {
    using E = ErrorFigures;
    return std::make_tuple(field("quantity", &E::quantity, "", "what was estimated and measured"),
                           field("rows", &E::rows, "", "configurations that have both"),
                           field("mape", &E::mape, "", "mean |empirical - analytical| / empirical"),
                           field("bias", &E::bias, "", "mean (analytical - empirical) / empirical"),
                           field("median", &E::median, "", "median |error|"),
                           field("p90", &E::p90, "", "90 % of |errors| are below"),
                           field("max", &E::max, "", "largest |error|"),
                           field("within_10", &E::within_10, "", "share of rows within 10 %"));
  }
};

struct VerdictCount {
  std::string verdict;
  int rows = 0;
  static constexpr auto fields() {
    return std::make_tuple(field("verdict", &VerdictCount::verdict, "", "valid, noisy, …"),
                           field("rows", &VerdictCount::rows, "", "rows with it"));
  }
};

struct FindingsSummary {
  int configurations = 0;
  int measured = 0;  // that have a latency
  int architectures = 0;
  std::vector<VerdictCount> verdicts;
  std::vector<ErrorFigures> errors;
  std::optional<double> noise_floor;      // MAPE of the same measurement done twice
  std::string noise_floor_source;         // how it was found, or why it is not known
  std::optional<double> half_width;       // median half-width of the quiet latency's interval
  std::optional<double> contention;       // median typical over quiet
  std::optional<double> coverage;         // share of measurements inside the estimate's interval
  std::vector<std::string> coefficients;  // what the estimates were made with
  static constexpr auto fields() {
    using S = FindingsSummary;
    return std::make_tuple(
        field("configurations", &S::configurations, "", "rows of the file"),
        field("measured", &S::measured, "", "rows with a latency"),
        field("architectures", &S::architectures, "", "distinct architectures"),
        field("verdicts", &S::verdicts, "", "rows by verdict"),
        field("errors", &S::errors, "", "estimates against measurements"),
        field("noise_floor", &S::noise_floor, "", "MAPE of the same measurement done twice"),
        field("noise_floor_source", &S::noise_floor_source, "",
              "how it was found, or why it is not known"),
        field("half_width", &S::half_width, "",
              "median half-width of the quiet latency's interval"),
        field("contention", &S::contention, "", "median of typical over quiet latency"),
        field("coverage", &S::coverage, "", "share of measurements inside the estimate's interval"),
        field("coefficients", &S::coefficients, "", "what the estimates were made with"));
  }
};

// Rows that one term bounds.
struct BottleneckFinding {
  std::string bottleneck;
  int rows = 0;
  std::optional<double> intensity_low, intensity_high;  // FLOP/B
  std::optional<ErrorFigures> latency;
  static constexpr auto fields() {
    using B = BottleneckFinding;
    return std::make_tuple(
        field("bottleneck", &B::bottleneck, "", "compute, memory or launch"),
        field("rows", &B::rows, "", "configurations that it bounds"),
        field("intensity_low", &B::intensity_low, "FLOP/B", "least arithmetic intensity"),
        field("intensity_high", &B::intensity_high, "FLOP/B", "greatest"),
        field("latency", &B::latency, "", "errors of the latency"));
  }
};

// One fit: coefficients before and after.
struct UpdateFinding {
  std::vector<Coefficient> before;  // in the order of fit.coefficients
  RooflineFit fit;
  std::vector<std::string> levels;            // names of the memory levels
  std::vector<double> ridge_flops_per_byte;   // fitted, by level
  double ceiling_flops_per_s = 0;             // measured arithmetic ceiling
  std::vector<double> bandwidth_bytes_per_s;  // measured, by level
  static constexpr auto fields() {
    using U = UpdateFinding;
    return std::make_tuple(
        field("before", &U::before, "", "coefficients before"),
        field("fit", &U::fit, "", "coefficients after, with errors"),
        field("levels", &U::levels, "", "names of the memory levels"),
        field("ridge_flops_per_byte", &U::ridge_flops_per_byte, "FLOP/B",
              "intensity at which arithmetic takes over, by level"),
        field("ceiling_flops_per_s", &U::ceiling_flops_per_s, "1/s", "measured arithmetic ceiling"),
        field("bandwidth_bytes_per_s", &U::bandwidth_bytes_per_s, "B/s",
              "measured bandwidth, by level"));
  }
};

// Cost in one memory scenario relative to the nearest one, over the batch sizes that both have.
struct TransitionFinding {
  std::string precision;
  int threads = 1;
  std::string scenario;
  int rows = 0;
  double working_set_low_bytes = 0, working_set_high_bytes = 0;
  std::optional<double> slowdown_per_flop, slowdown_per_byte;  // nullopt: no batch size in common
  std::optional<double> intensity_low, intensity_high;
  std::vector<int64_t> batch_sizes;  // compared
  static constexpr auto fields() {
    using T = TransitionFinding;
    return std::make_tuple(
        field("precision", &T::precision, "", "fp32, bf16, fp16 or int8"),
        field("threads", &T::threads, "", "intra-op threads"),
        field("scenario", &T::scenario, "", "L1_fit, L2_fit, L3_fit or DRAM_spill"),
        field("rows", &T::rows, "", "configurations"),
        field("working_set_low_bytes", &T::working_set_low_bytes, "B", "least working set"),
        field("working_set_high_bytes", &T::working_set_high_bytes, "B", "greatest"),
        field("slowdown_per_flop", &T::slowdown_per_flop, "",
              "time per FLOP over that of the first level"),
        field("slowdown_per_byte", &T::slowdown_per_byte, "",
              "time per byte of working set over that of the first level"),
        field("intensity_low", &T::intensity_low, "FLOP/B", "least arithmetic intensity"),
        field("intensity_high", &T::intensity_high, "FLOP/B", "greatest"),
        field("batch_sizes", &T::batch_sizes, "", "that were compared"));
  }
};

// min(flops_per_s, bytes_per_s x intensity): what a level allows.
struct RoofFinding {
  std::string kind;  // measured, fitted, theoretical
  std::string precision;
  int threads = 1;
  std::string level;
  double flops_per_s = 0, bytes_per_s = 0;
  static constexpr auto fields() {
    using R = RoofFinding;
    return std::make_tuple(field("kind", &R::kind, "",
                                 "measured, fitted (with the recommended factors) or theoretical"),
                           field("precision", &R::precision, "", "of the arithmetic"),
                           field("threads", &R::threads, "", "intra-op threads"),
                           field("level", &R::level, "", "memory level"),
                           field("flops_per_s", &R::flops_per_s, "1/s", "arithmetic ceiling"),
                           field("bytes_per_s", &R::bytes_per_s, "B/s", "bandwidth"));
  }
};

struct Insight {
  std::string topic;  // derate, batch, hierarchy, precision, threads, contention
  std::string text;
  std::vector<int> rows;  // that it rests on
  static constexpr auto fields() {
    return std::make_tuple(field("topic", &Insight::topic, "", "what it is about"),
                           field("text", &Insight::text, "", "one sentence"),
                           field("rows", &Insight::rows, "", "rows of the file that it rests on"));
  }
};

struct LeftOut {
  std::string section, reason;
  static constexpr auto fields() {
    return std::make_tuple(field("section", &LeftOut::section, "", "of the report"),
                           field("reason", &LeftOut::reason, "", "why it is not there"));
  }
};

// One configuration as the plots show it.
struct PointFinding {
  int row = 0;
  std::string name, model, precision, bottleneck, scenario, verdict;
  int threads = 1;
  int64_t batch_size = 1;
  std::optional<double> quiet_s, typical_s, half_width, analytical_s, flops, intensity, error;
  static constexpr auto fields() {
    using P = PointFinding;
    return std::make_tuple(
        field("row", &P::row, "", "row of the file"), field("name", &P::name, "", "configuration"),
        field("model", &P::model, "", "model label"),
        field("precision", &P::precision, "", "element type"),
        field("bottleneck", &P::bottleneck, "", "by the estimate"),
        field("scenario", &P::scenario, "", "memory scenario"),
        field("verdict", &P::verdict, "", "of the measurement"),
        field("threads", &P::threads, "", "intra-op threads"),
        field("batch_size", &P::batch_size, "", "batch"),
        field("quiet_s", &P::quiet_s, "s", "quiet latency"),
        field("typical_s", &P::typical_s, "s", "typical latency"),
        field("half_width", &P::half_width, "", "of the quiet latency's interval"),
        field("analytical_s", &P::analytical_s, "s", "estimate"),
        field("flops", &P::flops, "", "counted"),
        field("intensity", &P::intensity, "FLOP/B", "arithmetic intensity"),
        field("error", &P::error, "", "(analytical - empirical) / empirical"));
  }
};

struct Findings {
  int schema_version = 1;
  std::string title;
  std::string data;       // the results' file
  std::string machine;    // name of the record, "" if none was used
  std::string statistic;  // quiet or typical: which latency the figures are of
  FindingsSummary summary;
  std::vector<BottleneckFinding> bottlenecks;
  std::vector<UpdateFinding> updates;
  std::vector<TransitionFinding> transitions;
  std::vector<Insight> insights;
  std::vector<LeftOut> left_out;
  std::vector<std::string> missing_columns;
  std::vector<RoofFinding> roofs;
  std::vector<PointFinding> points;
  static constexpr auto fields() {
    using F = Findings;
    return std::make_tuple(
        field("schema_version", &F::schema_version, "", "version of this record, 1"),
        field("title", &F::title, "", "of the report"),
        field("data", &F::data, "", "file of results"),
        field("machine", &F::machine, "", "machine record used"),
        field("statistic", &F::statistic, "", "latency that figures are of"),
        field("summary", &F::summary, "", "figures over all rows"),
        field("bottlenecks", &F::bottlenecks, "", "by the term that bounds"),
        field("updates", &F::updates, "", "recommended coefficients"),
        field("transitions", &F::transitions, "", "memory scenarios"),
        field("insights", &F::insights, "", "sentences with their rows"),
        field("left_out", &F::left_out, "", "sections that data cannot fill"),
        field("missing_columns", &F::missing_columns, "", "that the file lacks"),
        field("roofs", &F::roofs, "",
              "what the machine allows, for the precisions and threads of the rows"),
        field("points", &F::points, "", "one per configuration"));
  }
};

}  // namespace opgauge
