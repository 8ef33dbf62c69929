// SPDX-License-Identifier: Apache-2.0
// sweep, merge, compare and cluster as a user runs them. What executes needs the LibTorch backend
// and is skipped, with that reason, in a build without it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/csv.hpp"
#include "base/json.hpp"
#include "cli/run_command.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SweepCommands : public CommandTest {
 protected:
  std::string machine() const {
    return " --machine " + source("tests/fixtures/machines/example.json");
  }
  static bool has_backend() {
    return fs::exists(fs::path(OPGAUGE_PROGRAM).parent_path() / "libopgauge_torch.so");
  }
  std::string text_of(const std::string& path) const { return read_file(folder_ / path); }
  Table table_of(const std::string& path) const { return read_csv(folder_ / path); }
  static std::string cell_of(const Table& table, size_t row, const char* column) {
    return table.rows[row].at(static_cast<size_t>(table.column(column)));
  }
  // Lines of a journal by kind of entry, and for each row the rounds of its visits.
  struct JournalLines {
    std::map<std::string, int> kinds;
    std::map<size_t, std::multiset<int>> rounds;
  };
  JournalLines journal_of(const std::string& path) const {
    JournalLines lines;
    std::istringstream text(text_of(path));
    for (std::string line; std::getline(text, line);) {
      const size_t brace = line.find('{');
      if (brace == std::string::npos) continue;
      Json entry = Json::parse(line.begin() + static_cast<long>(brace), line.end(), nullptr, false);
      if (entry.is_discarded()) continue;
      if (entry.contains("entry")) entry = Json(entry["entry"]);
      const std::string kind = entry.value("kind", "");
      ++lines.kinds[kind];
      if (kind == "visit") {
        lines.rounds[entry["row"].get<size_t>()].insert(entry["round"].get<int>());
      }
    }
    return lines;
  }
  // Starts the program without waiting for it.
  pid_t start(const std::vector<std::string>& arguments) const {
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (::chdir(folder_.path().c_str()) != 0) ::_exit(126);
    const int log = ::open("started.log", O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(log, 1);
    ::dup2(log, 2);
    std::vector<char*> words = {const_cast<char*>(OPGAUGE_PROGRAM)};
    for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    ::execv(OPGAUGE_PROGRAM, words.data());
    ::_exit(127);
  }
  std::vector<std::string> sweep_words(const std::string& folder) const {
    return {"sweep",
            "gemm",
            "--quick",
            "--machine",
            source("tests/fixtures/machines/example.json"),
            "--calibration",
            "none",
            "--target",
            "0.0001",
            "--min-rounds",
            "8",
            "--max-rounds",
            "8",
            "--resume",
            "--quiet",
            "-o",
            folder};
  }
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// The text between ```json and ``` of the document that explains it.
std::string documented_sweep(const std::string& document) {
  const size_t begin = document.find("```json\n") + 8, end = document.find("```", begin);
  return document.substr(begin, end - begin);
}

TEST_F(SweepCommands, HelpNamesTheSweepsAndNothingElse) {
  const std::string help = run("sweep --help").out;
  EXPECT_THAT(help, HasSubstr("sweep TEXT REQUIRED         conv2d, elementwise, gemm, mlp, models, resnet, transformer, or a sweep's JSON file"));
}

TEST_F(SweepCommands, TheDocumentedSweepIsWhatTheDocumentSays) {
  const std::string document = read_file(source("docs/adding-a-sweep.md"));
  write_file(folder_ / "gated.json", documented_sweep(document));
  const CommandResult dry = run("sweep ./gated.json --dry-run" + machine());
  ASSERT_EQ(dry.code, 0) << dry.err;
  const size_t begin = document.find("  grid     "), end = document.find("```", begin);
  EXPECT_THAT(dry.out, HasSubstr(document.substr(begin, end - begin)));

  write_file(folder_ / "bad.json", [&] {
    std::string text = documented_sweep(document);
    const size_t at = text.find("\"usual\": {\"batch_size\"");
    return text.replace(at, 22, "\"usual\": {\"batchsize\"");
  }());
  const CommandResult bad = run("sweep ./bad.json" + machine());
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("[./bad.json.families[0].usual] unknown axis \"batchsize\""));
  EXPECT_THAT(document, HasSubstr("did you mean \"batch_size\"?"));
}

TEST_F(SweepCommands, TheDocumentedSweepRunsAndEndsWithItsFiles) {
  if (!has_backend()) GTEST_SKIP() << "this build has no LibTorch backend";
  write_file(folder_ / "gated.json", documented_sweep(read_file(source("docs/adding-a-sweep.md"))));
  const CommandResult result =
      run("sweep ./gated.json --quick --precision fp32,int8 --min-rounds 2 --max-rounds 2 -o out" +
          machine());
  EXPECT_THAT(result.code, testing::AnyOf(0, 3)) << result.err;
  for (const char* file :
       {"gated_sweep_cpu.csv", "gated_sweep_cpu.json", "gated_analytical_cpu.csv",
        "gated_report_cpu.md", "gated_report_cpu.html", "journal.jsonl"}) {
    EXPECT_TRUE(fs::exists(folder_ / "out" / file)) << file;
    EXPECT_THAT(result.out + "journal.jsonl", HasSubstr(file));
  }
  const Table table = table_of("out/gated_sweep_cpu.csv");
  ASSERT_EQ(table.rows.size(), 4u);
  EXPECT_EQ(cell_of(table, 0, "int8_kernel_ms"), "");
  // A linear layer in int8: its kernel and what quantises for it, within the whole.
  const double kernel_ms = std::stod(cell_of(table, 2, "int8_kernel_ms")),
               boundary_ms = std::stod(cell_of(table, 2, "int8_boundary_ms"));
  EXPECT_GT(kernel_ms, 0);
  EXPECT_GT(boundary_ms, 0);
  EXPECT_NEAR(kernel_ms + boundary_ms, std::stod(cell_of(table, 2, "empirical_quiet_ms")), 1e-9);
  // SiLU has no int8 kernel: said, not measured in fp32.
  EXPECT_EQ(cell_of(table, 3, "verdict"), "skipped");
  EXPECT_THAT(cell_of(table, 3, "reason"), HasSubstr("nothing in it has an int8 kernel"));
  EXPECT_EQ(cell_of(table, 3, "empirical_time_ms"), "");
}

TEST_F(SweepCommands, ExportsKeepTheirOwnBatchUnlessAnotherIsAskedFor) {
  const std::string model = source("tests/fixtures/pt2/mlp_dynamic_batch.pt2");
  const auto batches = [&](const std::string& more) {
    const CommandResult result =
        run("sweep models mlp:8-4 " + model + " --dry-run --csv - " + more + machine());
    EXPECT_EQ(result.code, 0) << result.err;
    std::vector<std::string> found;
    const Table table = parse_csv("out", result.out);
    EXPECT_EQ(std::count(table.columns.begin(), table.columns.end(), "model"), 1);
    for (size_t i = 0; i < table.rows.size(); ++i) {
      found.push_back(cell_of(table, i, "batch_size"));
    }
    return found;
  };
  EXPECT_THAT(batches(""), testing::ElementsAre("1", "4"));
  EXPECT_THAT(batches("--batch-sizes 2,8"), testing::ElementsAre("2", "8", "2", "8"));
}

TEST_F(SweepCommands, TenKillsOfARealSweepLoseNothingAndRepeatNothing) {
  if (!has_backend()) GTEST_SKIP() << "this build has no LibTorch backend";
  std::mt19937 random(5);
  int killed = 0;
  size_t lines = 0;
  for (int i = 0; i < 10; ++i) {
    const pid_t child = start(sweep_words("run"));
    ASSERT_GT(child, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 500));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    killed += WIFSIGNALED(status);
    if (!fs::exists(folder_ / "run" / "journal.jsonl")) continue;
    const auto now = static_cast<size_t>(journal_of("run/journal.jsonl").kinds["visit"]);
    EXPECT_GE(now, lines) << "a kill lost visits that were written";
    lines = now;
  }
  EXPECT_GE(killed, 3);
  const CommandResult last = run(joined(sweep_words("run")));
  EXPECT_THAT(last.code, testing::AnyOf(0, 3)) << last.err;
  const Table table = table_of("run/gemm_sweep_cpu.csv");
  EXPECT_EQ(table.rows.size(), 5u);
  const JournalLines journal = journal_of("run/journal.jsonl");
  EXPECT_EQ(journal.rounds.size(), 5u);
  for (const auto& [row, rounds] : journal.rounds) {
    EXPECT_EQ(rounds.size(), std::set<int>(rounds.begin(), rounds.end()).size())
        << "row " << row << " was visited twice in a round";
    EXPECT_EQ(rounds.size(), 8u);
  }
}

TEST_F(SweepCommands, SignalsFlushAndExit130AndASecondProcessIsRefused) {
  if (!has_backend()) GTEST_SKIP() << "this build has no LibTorch backend";
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
    SCOPED_TRACE(signal);
    const std::string folder = "run" + std::to_string(signal);
    std::vector<std::string> words = sweep_words(folder);
    for (std::string& word : words) {
      if (word == "8") word = "200";  // it must not end by itself
    }
    const pid_t child = start(words);
    ASSERT_GT(child, 0);
    const fs::path journal = folder_ / folder / "journal.jsonl";
    const auto visited = [&] {
      return fs::exists(journal) && read_file(journal).find("\"visit\"") != std::string::npos;
    };
    for (int i = 0; i < 600 && !visited(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(visited()) << text_of("started.log");
    const CommandResult second = run(joined(words));
    EXPECT_EQ(second.code, 2);
    EXPECT_THAT(second.err, HasSubstr("in use by another process"));
    ::kill(child, signal);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 130);
    EXPECT_THAT(text_of("started.log"), HasSubstr("continue with --resume -o " + folder));
    const std::string text = read_file(journal);
    EXPECT_EQ(text.back(), '\n') << "the last line is whole";
  }
}

TEST_F(SweepCommands, FreshProcessesMeasureSomeRowsAgain) {
  if (!has_backend()) GTEST_SKIP() << "this build has no LibTorch backend";
  std::vector<std::string> words = sweep_words("run");
  for (const char* word : {"--restarts", "2", "--restart-rows", "3"}) words.emplace_back(word);
  for (std::string& word : words) {
    if (word == "8") word = "2";  // rounds
  }
  // An interruption while a fresh process measures ends both; the sweep continues where it was.
  const pid_t child = start(words);
  ASSERT_GT(child, 0);
  for (int i = 0; i < 200 && !fs::exists(folder_ / "run/process-1/journal.jsonl"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_TRUE(fs::exists(folder_ / "run/process-1/journal.jsonl"));
  ::kill(child, SIGTERM);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 130) << text_of("started.log");

  const CommandResult result = run(joined(words));
  EXPECT_THAT(result.code, testing::AnyOf(0, 3)) << result.err;
  for (const char* file : {"run/process-1/journal.jsonl", "run/process-2/journal.jsonl"}) {
    const JournalLines journal = journal_of(file);
    EXPECT_EQ(journal.rounds.size(), 3u) << file;
    for (const auto& [row, rounds] : journal.rounds) EXPECT_EQ(rounds.size(), 2u) << file;
  }
  const Table table = table_of("run/gemm_sweep_cpu.csv");
  ASSERT_EQ(table.rows.size(), 5u);
  EXPECT_THAT(cell_of(table, 0, "quiet_between_source"), HasSubstr("3 processes measured 3 rows"));
  EXPECT_NE(cell_of(table, 4, "quiet_between_pct"), "");
  EXPECT_NE(cell_of(table, 4, "quiet_corrected_ms"), "");
  EXPECT_THAT(result.out, HasSubstr("3 processes measured 3 rows"));
}

TEST_F(SweepCommands, RowsAreChosenByNumber) {
  const std::string dry = "sweep gemm --quick --dry-run --csv - " + machine();
  const Table all = parse_csv("out", run(dry).out);
  const Table some = parse_csv("out", run(dry + " --rows 3,1").out);
  ASSERT_EQ(some.rows.size(), 2u);
  EXPECT_EQ(some.rows[0], all.rows[1]);
  EXPECT_EQ(some.rows[1], all.rows[3]);
  EXPECT_THAT(run(dry + " --rows 5").err, HasSubstr("[--rows] found 5, expected less than 5"));
  EXPECT_THAT(run(dry + " --rows 1,1").err, HasSubstr("found a number twice"));
}

TEST_F(SweepCommands, AFullFileSystemStopsWithOneLine) {
  if (!has_backend()) GTEST_SKIP() << "this build has no LibTorch backend";
  fs::create_directory(folder_ / "small");
  const std::string mount = "mount -t tmpfs -o size=16k tmpfs " + (folder_ / "small").string();
  if (std::system((mount + " 2>/dev/null").c_str()) != 0)
    GTEST_SKIP() << "this process may not mount a small file system";
  const CommandResult result = run(joined(sweep_words("small/run")));
  const bool kept = fs::exists(folder_ / "small" / "run" / "journal.jsonl");
  const std::string unmount = "umount " + (folder_ / "small").string();
  EXPECT_EQ(std::system(unmount.c_str()), 0);
  EXPECT_EQ(result.code, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr("No space left on device"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_TRUE(kept);
}

TEST_F(SweepCommands, AConfigurationThatDoesNotFitIsSkippedWithItsBytes) {
  if (!has_backend()) GTEST_SKIP() << "this build has no LibTorch backend";
  const CommandResult result =
      run("sweep elementwise --axis elements=1024,1099511627776 --filter 'aten::relu.f32' "
          "--min-rounds 2 --max-rounds 2 --quiet -o out" +
          machine());
  EXPECT_EQ(result.code, 3) << result.err;
  const Table table = table_of("out/elementwise_sweep_cpu.csv");
  int skipped = 0;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    if (cell_of(table, i, "elements") != "1099511627776") continue;
    ++skipped;
    EXPECT_EQ(cell_of(table, i, "verdict"), "skipped");
    EXPECT_THAT(cell_of(table, i, "reason"),
                testing::AllOf(HasSubstr("needs 8796093022208 bytes"), HasSubstr("are available")));
    EXPECT_EQ(cell_of(table, i, "empirical_time_ms"), "");
  }
  EXPECT_EQ(skipped, 1);
}

TEST_F(SweepCommands, ShardsOfTheSchedulersMergeToTheWhole) {
  if (!has_backend()) GTEST_SKIP() << "this build has no LibTorch backend";
  const std::string options =
      " --quick --min-rounds 2 --max-rounds 2 --quiet --shard auto -o part-";
  const std::vector<std::string> tasks = {
      "SLURM_ARRAY_TASK_ID=10 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_STEP=5 "
      "SLURM_ARRAY_TASK_COUNT=3",
      "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=3", "JOB_COMPLETION_INDEX=2 OPGAUGE_SHARDS=3"};
  for (size_t i = 0; i < tasks.size(); ++i) {
    const CommandResult part =
        run("sweep gemm" + options + std::to_string(i) + machine(), tasks[i]);
    EXPECT_THAT(part.code, testing::AnyOf(0, 3)) << part.err;
  }
  const CommandResult merged = run("merge part-0 part-1 part-2 -o all");
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_THAT(merged.out, HasSubstr("5 rows from 3 results, 0 identical, 0 measured more than"));
  EXPECT_EQ(table_of("all/gemm_sweep_cpu.csv").rows.size(), 5u);
  const std::string before = text_of("all/gemm_sweep_cpu.csv");
  run("merge part-0 part-1 part-2 part-1 -o all");
  EXPECT_EQ(text_of("all/gemm_sweep_cpu.csv"), before) << "merging again changes nothing";
  EXPECT_EQ(run("compare all all").code, 0);
}

TEST_F(SweepCommands, ClusterPrintsJobFiles) {
  const CommandResult slurm = run("cluster slurm --shards 4 -- gemm --quick");
  EXPECT_EQ(slurm.code, 0) << slurm.err;
  EXPECT_THAT(slurm.out, HasSubstr("#SBATCH --array=0-3"));
  const CommandResult kubernetes = run("cluster k8s --shards 4 --image opgauge:1 -- gemm --quick");
  EXPECT_EQ(kubernetes.code, 0) << kubernetes.err;
  EXPECT_THAT(kubernetes.out, HasSubstr("completionMode: Indexed"));
  const CommandResult wrong = run("cluster slurm --shards 4 -- gem");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean \"gemm\"?"));
}

}  // namespace
}  // namespace opgauge
