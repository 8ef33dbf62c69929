// SPDX-License-Identifier: Apache-2.0
// A calibration that is killed at any visit and resumed measures nothing twice and loses nothing.
#include "calibrate/visit_journal.hpp"

#include <gtest/gtest.h>

#include "calibrate/observe.hpp"
#include "graph/builder.hpp"
#include "graph/text.hpp"
#include "measure/fake_device.hpp"
#include "scratch_folder.hpp"

namespace opgauge {
namespace {

const std::map<std::string, std::string> calibration{{"seed", "1"}, {"threads", "1"}};

std::vector<DesignedNetwork> networks() {
  std::vector<DesignedNetwork> all;
  for (const char* width : {"8", "16", "24"}) {
    const std::string text = std::string("graph net") + width + "\n%x = input f32[4," + width + "]\n%relu: f32[4," + width +
                             "] = aten::relu(self=%x)\nreturn %relu\n";
    DesignedNetwork network;
    network.graph = parse_graph(text);
    all.push_back(std::move(network));
  }
  return all;
}

class VisitJournalTest : public testing::Test {
 protected:
  const ScratchFolder folder;
  const std::filesystem::path path = folder / "visits.jsonl";

  // Measures until `stop_after` visits, as a process that is killed then.
  std::vector<Observation> measure(int visits, int stop_after) {
    const std::vector<DesignedNetwork> all = networks();
    VisitJournal journal(path, calibration, all);
    FakeClock clock;
    FakeDevice device(clock, {});
    ObserveOptions options;
    options.max_visits = visits;
    options.budget_s = 1e6;
    options.earlier = journal.earlier();
    int seen = 0;
    options.on_visit = [&](size_t network, const Visit& visit) {
      journal.add(network, visit);
      ++seen;
    };
    options.interrupted = [&] { return seen >= stop_after; };
    std::vector<std::string> failures;
    const auto observed = observe(device, all, options, {clock, {}, {}}, failures);
    EXPECT_TRUE(failures.empty());
    return observed;
  }
};

TEST_F(VisitJournalTest, AnyKillIsResumedWithoutLossOrRepeat) {
  for (int killed_after = 1; killed_after < 12; ++killed_after) {
    std::filesystem::remove(path);
    measure(4, killed_after);
    const std::vector<DesignedNetwork> all = networks();
    {
      const VisitJournal journal(path, calibration, all);
      size_t kept = 0;
      for (const auto& visits : journal.earlier()) kept += visits.size();
      EXPECT_EQ(kept, static_cast<size_t>(killed_after));
      EXPECT_GT(journal.spent_s(), 0);
    }
    const auto observed = measure(4, 1000);
    ASSERT_EQ(observed.size(), 3u);
    for (const Observation& one : observed) EXPECT_EQ(one.visits, 4) << one.name << ", killed after " << killed_after;
  }
}

TEST_F(VisitJournalTest, ALastLineCutAtAnyByteLosesThatVisitAlone) {
  measure(2, 1000);
  const std::string whole = read_file(path);
  const size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  const std::vector<DesignedNetwork> all = networks();
  for (size_t bytes = last; bytes < whole.size(); bytes += 7) {
    write_file(path, whole.substr(0, bytes));
    const VisitJournal journal(path, calibration, all);
    size_t kept = 0;
    for (const auto& visits : journal.earlier()) kept += visits.size();
    EXPECT_EQ(kept, 5u) << bytes;
  }
}

TEST_F(VisitJournalTest, AnotherCalibrationIsRefusedByTheFieldThatDiffers) {
  measure(1, 1000);
  const std::vector<DesignedNetwork> all = networks();
  try {
    VisitJournal journal(path, {{"seed", "2"}, {"threads", "1"}}, all);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("seed \"1\", expected \"2\""), std::string::npos) << error.what();
  }
}

TEST_F(VisitJournalTest, ANetworkOfAnotherDesignIsRefused) {
  measure(1, 1000);
  std::vector<DesignedNetwork> others = networks();
  for (DesignedNetwork& network : others) network.graph.name += "_other";
  EXPECT_THROW(VisitJournal(path, calibration, others), Error);
}

}  // namespace
}  // namespace opgauge
