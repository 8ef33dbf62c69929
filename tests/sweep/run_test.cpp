// SPDX-License-Identifier: Apache-2.0
#include "sweep/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <fstream>
#include <random>
#include <set>

#include "measure/fake_device.hpp"
#include "sweep/summary.hpp"
#include "scratch_folder.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// clang-format off
constexpr const char* products = R"json({
  "name": "products", "summary": "matrix products", "label": "mm",
  "graph": "aten::mm(f32[{m},{k}], f32[{k},{n}])",
  "axes": {"m": [64, 128], "n": [64, 96], "k": [64, 128, 192], "batch_size": [1]}
})json";
// clang-format on

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class RunTest : public testing::Test {
 protected:
  void SetUp() override {
    behaviour_.noise = 0.01;
    protocol_.min_rounds = 6;
    protocol_.max_rounds = 10;
  }

  RunHeader header() const {
    RunHeader header;
    header.sweep = sweep_.name;
    header.machine = machine_.name;
    for (const Configuration& one : plan_.configurations)
      header.configurations.push_back(one.key());
    return header;
  }
  SweepRun run() {
    return {.sweep = sweep_,
            .plan = plan_,
            .machine = machine_.name,
            .protocol = protocol_,
            .execution = {},
            .clock = clock_,
            .open_device = [this](const std::string& kind,
                                  const ExecutionSettings&) -> std::unique_ptr<Device> {
              if (kind != "cpu") throw Error(kind, "no accelerator found");
              return std::make_unique<FakeDevice>(clock_, behaviour_);
            },
            .interrupted = interrupted_};
  }
  End measure(bool resume) {
    RunFolder folder(folder_ / "run", header(), resume);
    return run_sweep(run(), folder);
  }

  FakeClock clock_;
  FakeBehaviour behaviour_;
  ProtocolSettings protocol_;
  std::function<bool()> interrupted_;
  const ScratchFolder folder_;
  Machine machine_ =
      read_machine(std::string(OPGAUGE_SOURCE_DIR) + "/tests/fixtures/machines/example.json");
  Sweep sweep_ = parse_sweep("products.json", products);
  Plan plan_ = plan_sweep(sweep_, expand(sweep_, {}), {machine_}, "", false);
};

void expect_each_visit_once(const RunContents& contents, int min_rounds) {
  for (const RowState& row : contents.rows) {
    std::set<int> rounds;
    for (const Visit& visit : row.visits)
      EXPECT_TRUE(rounds.insert(visit.round).second) << "measured twice";
    ASSERT_TRUE(row.outcome);
    EXPECT_GE(static_cast<int>(rounds.size()), min_rounds);
    EXPECT_TRUE(row.facts);
  }
}

TEST_F(RunTest, WritesTheSeedsColumnsFirst) {
  EXPECT_EQ(measure(false), End::finished);
  const RunContents contents = read_run(folder_ / "run");
  const std::vector<SweepRow> rows = rows_of(plan_, contents);
  size_t written = 0;
  for (const SweepResult& result : results_of(sweep_, plan_, contents, {machine_}, protocol_)) {
    written += write_result(folder_ / "run", result).size();
  }
  ASSERT_EQ(written, 3u);
  const Table table = read_csv(folder_ / "run" / "products_sweep_cpu.csv");
  const std::vector<std::string> expected = {"model",
                                             "m",
                                             "n",
                                             "k",
                                             "batch_size",
                                             "device",
                                             "precision",
                                             "empirical_time_ms",
                                             "empirical_memory_mb",
                                             "empirical_flops",
                                             "analytical_time_ms",
                                             "analytical_memory_mb",
                                             "analytical_flops",
                                             "time_error_pct",
                                             "memory_error_pct",
                                             "flops_error_pct"};
  ASSERT_GT(table.columns.size(), expected.size());
  EXPECT_EQ(std::vector<std::string>(table.columns.begin(), table.columns.begin() + 16), expected);
  ASSERT_EQ(table.rows.size(), 12u);
  const auto& first = table.rows[0];
  const auto value = [&](const char* column) {
    return first[static_cast<size_t>(table.column(column))];
  };
  EXPECT_EQ(value("empirical_flops"), std::to_string(2 * 64 * 64 * 64));
  EXPECT_EQ(value("flops_error_pct"), "0.0");
  EXPECT_EQ(value("energy_j"), "");
  EXPECT_NE(value("energy_reason"), "");
  EXPECT_EQ(value("verdict"), "valid");
  EXPECT_GT(std::stod(value("empirical_quiet_ms")), 0);

  const Json document = read_json(folder_ / "run" / "products_sweep_cpu.json");
  EXPECT_EQ(document["rows"].size(), 12u);
  EXPECT_GE(document["rows"][0]["visits"].size(), 6u);
  EXPECT_EQ(document["sessions"][0]["conditions"]["versions"]["fake"], "1");
  EXPECT_EQ(read_csv(folder_ / "run" / "products_analytical_cpu.csv").rows.size(), 12u);
  const SweepSummary summary = summarize_sweep(rows, contents);
  EXPECT_TRUE(summary.all_valid());
  EXPECT_EQ(summary.flops_mape_pct, 0);
  EXPECT_LT(*summary.median_half_width_pct, 2.5);
}

TEST_F(RunTest, TenKillsLoseNothingAndRepeatNothing) {
  std::mt19937 random(11);
  behaviour_.on_run = [](const Graph&) { ::usleep(20); };
  behaviour_.noise = 0.3;
  protocol_.target_half_width = 1e-6;
  protocol_.max_rounds = 40;
  protocol_.min_rounds = 40;
  int killed = 0;
  size_t visits = 0;
  for (int i = 0; i < 10; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        measure(true);
      } catch (const std::exception&) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    ::usleep(20000 + random() % 60000);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    killed += WIFSIGNALED(status);
    ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) != 0);
    // Killed before the header was written: nothing to read, and the next start begins anew.
    const fs::path journal = folder_ / "run" / "journal.jsonl";
    if (!fs::exists(journal) || read_file(journal).find('\n') == std::string::npos) continue;
    size_t now = 0;
    for (const RowState& row : read_run(folder_ / "run").rows) now += row.visits.size();
    EXPECT_GE(now, visits) << "a kill lost visits that were written";
    visits = now;
  }
  EXPECT_GE(killed, 5);
  EXPECT_GT(visits, 0u);
  behaviour_.on_run = {};
  EXPECT_EQ(measure(true), End::finished);
  const RunContents contents = read_run(folder_ / "run");
  expect_each_visit_once(contents, 24);
  EXPECT_EQ(rows_of(plan_, contents).size(), 12u);
}

TEST_F(RunTest, AnInterruptionKeepsWhatWasMeasured) {
  int visits = 0;
  interrupted_ = [&] { return ++visits > 30; };
  EXPECT_EQ(measure(false), End::interrupted);
  interrupted_ = {};
  EXPECT_EQ(measure(true), End::finished);
  expect_each_visit_once(read_run(folder_ / "run"), 6);
}

TEST_F(RunTest, AFinishedRunIsNotMeasuredAgain) {
  measure(false);
  const std::string before = read_file(folder_ / "run" / "journal.jsonl");
  EXPECT_EQ(measure(true), End::finished);
  EXPECT_EQ(read_file(folder_ / "run" / "journal.jsonl"), before);
}

TEST_F(RunTest, NothingIsOverwritten) {
  measure(false);
  const std::string before = read_file(folder_ / "run" / "journal.jsonl");
  EXPECT_THAT(error_of([&] { measure(false); }), HasSubstr("of an earlier run, expected --resume"));
  plan_.configurations[3].threads = 2;
  EXPECT_THAT(error_of([&] { measure(true); }), HasSubstr("other configurations (number 4 is"));
  EXPECT_EQ(read_file(folder_ / "run" / "journal.jsonl"), before);
  fs::create_directory(folder_ / "old");
  write_file(folder_ / "old" / "mlp_sweep_cpu.csv", "precious");
  EXPECT_THAT(error_of([&] { RunFolder(folder_ / "old", header(), false); }),
              HasSubstr("mlp_sweep_cpu.csv"));
  EXPECT_EQ(read_file(folder_ / "old" / "mlp_sweep_cpu.csv"), "precious");
}

TEST_F(RunTest, ASecondProcessIsRefused) {
  RunFolder first(folder_ / "run", header(), false);
  EXPECT_THAT(error_of([&] { measure(true); }), HasSubstr("in use by another process"));
}

TEST_F(RunTest, AFolderThatCannotBeMade) {
  write_file(folder_ / "file", "");
  EXPECT_THAT(error_of([&] { RunFolder(folder_ / "file" / "run", header(), false); }),
              HasSubstr("cannot be created"));
}

TEST_F(RunTest, AFullDiskStopsAndTheRunContinuesLater) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{20000, 20000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(error_of([&] { measure(false); }).find("cannot be appended to") != std::string::npos
                ? 0
                : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  size_t visits = 0;
  for (const RowState& row : read_run(folder_ / "run").rows) visits += row.visits.size();
  EXPECT_GT(visits, 5u);
  EXPECT_EQ(measure(true), End::finished);
  expect_each_visit_once(read_run(folder_ / "run"), 6);
}

TEST_F(RunTest, ADeviceThatIsNotThereSkipsItsRowsWithTheReason) {
  Selection selection;
  selection.devices = {"cuda", "cpu"};
  plan_ = plan_sweep(sweep_, expand(sweep_, selection), {machine_}, "", false);
  measure(false);
  const RunContents contents = read_run(folder_ / "run");
  const std::vector<SweepRow> rows = rows_of(plan_, contents);
  EXPECT_EQ(rows[0].verdict, Verdict::skipped);
  EXPECT_EQ(rows[0].reason, "[cuda] no accelerator found");
  EXPECT_FALSE(rows[0].empirical_time_ms);
  EXPECT_EQ(rows[12].verdict, Verdict::valid);
  size_t written = 0;
  for (const SweepResult& result : results_of(sweep_, plan_, contents, {machine_}, protocol_)) {
    written += write_result(folder_ / "run", result).size();
  }
  ASSERT_EQ(written, 6u);
  EXPECT_EQ(read_csv(folder_ / "run" / "products_sweep_cuda.csv").rows.size(), 12u);
  EXPECT_FALSE(summarize_sweep(rows, contents).all_valid());
  EXPECT_THAT(summary_text(summarize_sweep(rows, contents)),
              HasSubstr("24 rows: 12 valid 12 skipped"));
}

TEST_F(RunTest, FreshProcessesWidenIntervalsAndWhatWouldNotRepeatIsNoisy) {
  const auto run_at = [&](const char* name, double slowness) {
    behaviour_.contention = [=](double) { return slowness; };
    RunFolder folder(folder_ / name, header(), false);
    run_sweep(run(), folder);
    return read_run(folder_ / name);
  };
  const RunContents contents = run_at("run", 1);
  const std::vector<SweepRow> alone = rows_of(plan_, contents);
  EXPECT_EQ(alone[0].verdict, Verdict::valid);
  EXPECT_THAT(alone[0].reason, HasSubstr("no process was started again"));
  EXPECT_THAT(alone[0].quiet_between_source, HasSubstr("too few rounds"));
  EXPECT_FALSE(alone[0].quiet_between_pct);
  EXPECT_EQ(alone[0].quiet_half_width_pct, alone[0].quiet_unsettled_pct);

  RunContext context;
  context.restarts = {run_at("a", 1.001), run_at("b", 0.999)};
  const std::vector<SweepRow> close = rows_of(plan_, contents, context);
  ASSERT_TRUE(close[0].quiet_between_pct);
  EXPECT_THAT(close[0].quiet_between_source, HasSubstr("3 processes measured 12 rows"));
  EXPECT_THAT(close[0].reason, testing::Not(HasSubstr("process")));
  EXPECT_EQ(close[0].verdict, Verdict::valid);

  context.restarts = {run_at("c", 1.05), run_at("d", 0.95)};
  const std::vector<SweepRow> apart = rows_of(plan_, contents, context);
  EXPECT_GT(*apart[0].quiet_between_pct, 8);
  EXPECT_LT(*apart[0].empirical_quiet_low_ms, 0.95 * *apart[0].empirical_quiet_ms);
  EXPECT_EQ(apart[0].verdict, Verdict::noisy);
  EXPECT_THAT(apart[0].reason, HasSubstr("but another run may differ by"));
  context.protocol.repeat_half_width = 1;
  EXPECT_EQ(rows_of(plan_, contents, context)[0].verdict, Verdict::valid);
  EXPECT_THAT(summary_text(summarize_sweep(apart, contents)),
              HasSubstr("3 processes measured 12 rows"));
}

TEST_F(RunTest, ThrottlingAndStolenTimeStandInTheRow) {
  measure(false);
  RunContents contents = read_run(folder_ / "run");
  Disturbance& one = contents.rows[0].visits[2].disturbance;
  one.thermal_events = 3;
  one.throttled_s = 0.25;
  const std::vector<SweepRow> rows = rows_of(plan_, contents);
  EXPECT_EQ(rows[0].thermal_events, 3);
  EXPECT_EQ(rows[0].throttled_s, 0.25);
  EXPECT_THAT(rows[0].disturbances, HasSubstr("3 thermal throttle events"));
  EXPECT_THAT(rows[0].disturbances, HasSubstr("throttled by the control group for 0.25 s"));
}

TEST_F(RunTest, APrecisionThatTheDeviceLacksIsSkipped) {
  behaviour_.lacks = {{"bf16", "the CPU has no bf16 arithmetic"}};
  Selection selection;
  selection.precisions = {"bf16"};
  plan_ = plan_sweep(sweep_, expand(sweep_, selection), {machine_}, "", false);
  measure(false);
  EXPECT_EQ(rows_of(plan_, read_run(folder_ / "run"))[0].reason, "the CPU has no bf16 arithmetic");
}

TEST_F(RunTest, AJournalOfAnotherVersionOrKindIsRefused) {
  const Json header_entry = {{"kind", "header"}, {"schema_version", 1}, {"sweep", "s"},
                             {"machine", "m"},   {"created_at", "now"}, {"configurations", {"a"}}};
  Json newer = header_entry;
  newer["schema_version"] = 2;
  EXPECT_THAT(error_of([&] { fold_journal("j", {newer}); }),
              HasSubstr("found schema version 2, expected 1"));
  EXPECT_THAT(error_of([&] { fold_journal("j", {}); }), HasSubstr("found no header"));
  EXPECT_THAT(error_of([&] {
                fold_journal("j", {header_entry, {{"kind", "visti"}, {"row", 0u}}});
              }),
              HasSubstr("did you mean \"visit\"?"));
  EXPECT_THAT(error_of([&] {
                fold_journal("j", {header_entry, {{"kind", "visit"}, {"row", 1u}}});
              }),
              HasSubstr("found row 1, expected less than 1"));
  EXPECT_THAT(error_of([&] { fold_journal("j", {3}); }),
              HasSubstr("expected an entry with a kind"));
}

}  // namespace
}  // namespace opgauge
