// SPDX-License-Identifier: Apache-2.0
#include "sweep/merge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sweep/compare.hpp"
#include "scratch_folder.hpp"

namespace opgauge {
namespace {

using testing::HasSubstr;

KeyedRow row_of(const std::string& key, double quiet_ms, double half_width_pct = 1,
                 int rounds = 20, const std::string& machine = "box") {
  KeyedRow one;
  one.key = key;
  one.machine = machine;
  one.row.model = "mm";
  one.row.parameters = {{"m", 64}};
  one.row.graph = key;
  one.row.rounds = rounds;
  one.row.verdict = Verdict::valid;
  one.row.empirical_quiet_ms = quiet_ms;
  one.row.quiet_half_width_pct = half_width_pct;
  one.row.empirical_quiet_low_ms = quiet_ms * (1 - half_width_pct / 100);
  one.row.empirical_quiet_high_ms = quiet_ms * (1 + half_width_pct / 100);
  one.row.empirical_time_ms = quiet_ms * 1.2;
  return one;
}

Fingerprint fingerprint_of(const std::string& cores) {
  Fingerprint print;
  print.class_key = cores + "c";
  print.class_facts["cores"] = cores;
  return print;
}

SweepResult result_of(std::vector<KeyedRow> rows, const std::string& machine = "box",
                      const std::string& cores = "2") {
  SweepResult result;
  result.sweep = "mlp";
  result.created_at = "2026-01-01T00:00:00Z";
  result.device = "cpu";
  result.axes = {"m"};
  result.machines[machine] = fingerprint_of(cores);
  result.rows = std::move(rows);
  return result;
}

std::vector<std::string> keys_of(const SweepResult& result) {
  std::vector<std::string> keys;
  for (const KeyedRow& one : result.rows) keys.push_back(one.key);
  return keys;
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

SweepResult merge(const std::vector<SweepResult>& results, MergeMode mode = MergeMode::partition) {
  MergeReport report;
  return merge_results(results, mode, report);
}

TEST(Merge, ShardsMakeTheWholeInAnyOrderAndAgainAndAgain) {
  const SweepResult a = result_of({row_of("a", 1), row_of("c", 3)}),
                    b = result_of({row_of("b", 2)});
  const SweepResult whole = merge({a, b});
  EXPECT_EQ(keys_of(whole), (std::vector<std::string>{"a", "b", "c"}));
  const std::string text = encode_result(whole).dump();
  EXPECT_EQ(encode_result(merge({b, a})).dump(), text);
  EXPECT_EQ(encode_result(merge({whole})).dump(), text);
  EXPECT_EQ(encode_result(merge({whole, a, b, whole})).dump(), text);
}

TEST(Merge, ReportsWhatWasMeasuredTwiceAndDisagreements) {
  MergeReport report;
  const SweepResult whole =
      merge_results({result_of({row_of("a", 1.00, 1, 20), row_of("b", 1.00)}),
                     result_of({row_of("a", 1.005, 1, 30), row_of("b", 1.50), row_of("c", 1)})},
                    MergeMode::partition, report);
  EXPECT_EQ(report.rows, 3u);
  EXPECT_EQ(report.overlaps.size(), 2u);
  ASSERT_EQ(report.disagreements.size(), 1u);
  EXPECT_THAT(report.disagreements[0], HasSubstr("b: kept"));
  EXPECT_EQ(whole.rows[0].row.rounds, 30) << "more rounds are kept";
}

TEST(Merge, AValidRowGoesBeforeANoisyOne) {
  KeyedRow noisy = row_of("a", 1, 9, 40);
  noisy.row.verdict = Verdict::noisy;
  const SweepResult whole = merge({result_of({noisy}), result_of({row_of("a", 1, 1, 12)})});
  EXPECT_EQ(whole.rows[0].row.verdict, Verdict::valid);
}

TEST(Merge, HardwareClassesMixOnlyAsReplicas) {
  const SweepResult a = result_of({row_of("a", 1, 1, 20, "small")}, "small", "2");
  const SweepResult b = result_of({row_of("a", 1, 1, 20, "large")}, "large", "64");
  EXPECT_THAT(error_of([&] { merge({a, b}); }), HasSubstr("different hardware classes"));
  EXPECT_EQ(merge({a, b}, MergeMode::replicate).rows.size(), 2u);
}

TEST(Merge, RefusesOtherSweepsDevicesAndVersions) {
  SweepResult other = result_of({row_of("b", 1)});
  other.sweep = "gemm";
  EXPECT_THAT(error_of([&] {
                merge({result_of({}), other});
              }),
              HasSubstr("found sweep gemm beside mlp"));
  other = result_of({});
  other.axes = {"n"};
  EXPECT_THAT(error_of([&] { merge({result_of({}), other}); }), HasSubstr("list of axes"));
  EXPECT_THAT(error_of([&] { merge({}); }), HasSubstr("nothing to merge"));

  const ScratchFolder folder;
  const std::filesystem::path file = folder / "merge.json";
  Json document = encode_result(result_of({row_of("a", 1)}));
  write_json(file, document);
  EXPECT_EQ(encode_result(read_result(file)).dump(), document.dump())
      << "reading gives what was written";
  document["schema_version"] = 7;
  write_json(file, document);
  EXPECT_THAT(error_of([&] { read_result(file); }),
              HasSubstr("found schema version 7, expected 1"));
  document["schema_version"] = 1;
  document["rows"][0].erase("verdict");
  document["rows"][0]["empirical_time_ms"] = "fast";
  write_json(file, document);
  EXPECT_THAT(error_of([&] { read_result(file); }), HasSubstr("rows[0].empirical_time_ms"));
  write_file(file, "[1,2]");
  EXPECT_THAT(error_of([&] { read_result(file); }), HasSubstr("expected a sweep's result"));
}

Comparison compare(std::vector<KeyedRow> a, std::vector<KeyedRow> b) {
  return compare_results({result_of(std::move(a))}, {result_of(std::move(b))}, 0.05);
}

TEST(Compare, AnswersOnlyAsFarAsTheIntervalsAllow) {
  KeyedRow skipped = row_of("e", 1);
  skipped.row.empirical_quiet_ms.reset();
  skipped.row.verdict = Verdict::skipped;
  skipped.row.reason = "too large";
  const Comparison found =
      compare({row_of("a", 1), row_of("b", 1), row_of("c", 1), row_of("d", 1, 20), row_of("e", 1)},
              {row_of("a", 1.01), row_of("b", 1.5), row_of("c", 0.5), row_of("d", 1.2, 20), skipped,
               row_of("f", 1)});
  ASSERT_EQ(found.rows.size(), 6u);
  EXPECT_EQ(found.rows[0].change, Change::same);
  EXPECT_EQ(found.rows[1].change, Change::slow);
  EXPECT_EQ(found.rows[2].change, Change::fast);
  EXPECT_EQ(found.rows[3].change, Change::ambiguous);
  EXPECT_EQ(found.rows[4].change, Change::one_sided);
  EXPECT_EQ(found.rows[4].note, "B is skipped: too large");
  EXPECT_EQ(found.rows[5].note, "only in B");
  EXPECT_DOUBLE_EQ(*found.rows[1].ratio, 1.5);
  EXPECT_LT(*found.rows[1].ratio_low, 1.5);
}

TEST(Compare, StatesHowWellTwoRunsAgree) {
  const Comparison found = compare({row_of("a", 1), row_of("b", 2), row_of("c", 0.01)},
                                   {row_of("a", 1.02), row_of("b", 2.04), row_of("c", 0.0102)});
  ASSERT_TRUE(found.agreement);
  EXPECT_NEAR(found.agreement->quiet_mape, 0.02, 1e-9);
  EXPECT_NEAR(found.agreement->quiet_mape_common, 0, 1e-9);
  EXPECT_NEAR(found.agreement->common_factor, 1.02, 1e-9);
  EXPECT_EQ(found.agreement->inside_interval, 0);
  EXPECT_EQ(found.agreement->long_valid, 2);
  EXPECT_EQ(found.agreement->valid_outside_5, 0);
  EXPECT_THAT(agreement_text(found), HasSubstr("3 rows: 3 SAME"));
  EXPECT_FALSE(compare({row_of("a", 1)}, {row_of("b", 1)}).agreement);
}

TEST(Compare, CorrectedForDriftIfAsked) {
  KeyedRow a = row_of("a", 1), b = row_of("a", 1.2);
  a.row.quiet_corrected_ms = 1;
  b.row.quiet_corrected_ms = 1.002;
  const Comparison raw = compare({a}, {b});
  EXPECT_EQ(raw.rows[0].change, Change::slow);
  EXPECT_DOUBLE_EQ(*raw.rows[0].corrected_ratio, 1.002);
  EXPECT_EQ(raw.agreement->corrected, 1);
  EXPECT_NEAR(raw.agreement->corrected_mape, 0.002, 1e-9);
  EXPECT_NEAR(raw.agreement->corrected_raw_mape, 0.2, 1e-9);
  EXPECT_THAT(agreement_text(raw), HasSubstr("corrected for drift, 1 rows"));
  const auto corrected = [](KeyedRow one, KeyedRow other) {
    return compare_results({result_of({std::move(one)})}, {result_of({std::move(other)})}, 0.05,
                           Latency::corrected)
        .rows[0];
  };
  EXPECT_EQ(corrected(a, b).change, Change::same);
  b.row.quiet_corrected_ms.reset();
  EXPECT_EQ(corrected(a, b).change, Change::one_sided);
  EXPECT_EQ(corrected(a, b).note, "B has no latency corrected for drift");
}

TEST(Compare, AnIntervalThatKnowsOtherRunsIsNotAddedTwice) {
  KeyedRow a = row_of("a", 1, 5), b = row_of("a", 1.11, 5);
  EXPECT_EQ(compare({a}, {b}).rows[0].change, Change::ambiguous);
  for (KeyedRow* one : {&a, &b}) one->row.quiet_between_pct = 4;
  EXPECT_EQ(compare({a}, {b}).rows[0].change, Change::slow);
}

TEST(Compare, ManyRowsAreHeldToAStricterStandard) {
  std::vector<KeyedRow> a, b;
  for (int i = 0; i < 200; ++i) {
    a.push_back(row_of("k" + std::to_string(i), 1, 3));
    b.push_back(row_of("k" + std::to_string(i), 1.12, 3));
  }
  EXPECT_EQ(compare({a[0]}, {b[0]}).rows[0].change, Change::slow);
  EXPECT_EQ(compare(a, b).rows[0].change, Change::ambiguous);
}

}  // namespace
}  // namespace opgauge
