// SPDX-License-Identifier: Apache-2.0
#include "measure/fake_device.hpp"

#include <cmath>
#include <random>

#include "graph/op_table.hpp"

namespace opgauge {
namespace {

// Bytes of the storages whose values satisfy `wanted`, each storage once at the size of its largest
// value.
template <class Wanted>
int64_t storage_bytes(const Graph& graph, Wanted&& wanted) {
  std::vector<int64_t> bytes(static_cast<size_t>(graph.storages), 0);
  for (const Value& value : graph.values) {
    int64_t& most = bytes[static_cast<size_t>(value.storage)];
    if (wanted(value.role)) most = std::max(most, value.type.storage_bytes());
  }
  int64_t total = 0;
  for (const int64_t one : bytes) total += one;
  return total;
}

class FakeExecutable final : public Executable {
 public:
  FakeExecutable(Graph graph, FakeClock& clock, std::shared_ptr<FakeBehaviour> behaviour,
                 std::shared_ptr<int64_t> runs)
      : graph_(std::move(graph)),
        clock_(clock),
        behaviour_(std::move(behaviour)),
        all_runs_(std::move(runs)),
        random_(behaviour_->seed + static_cast<uint64_t>(*all_runs_)) {}

  double run_s() override { return run({}); }
  double run_timed_s(std::span<double> node_s) override {
    OPGAUGE_CHECK(node_s.size() == graph_.nodes.size(), "one place per node");
    return run(node_s);
  }

  int64_t measure_peak_intermediate_bytes() override {
    run({});
    if (behaviour_->peak_intermediate_bytes) return behaviour_->peak_intermediate_bytes(graph_);
    return storage_bytes(graph_, [](Role role) { return role == Role::intermediate; });
  }

  ExecutedWork count_work() override {
    run({});
    ExecutedWork work;
    if (behaviour_->macs) {
      work.macs = behaviour_->macs(graph_);
    } else {
      for (const Node& node : graph_.nodes) work.macs += work_of(graph_, node).macs;
    }
    work.calls = static_cast<int64_t>(graph_.nodes.size());
    return work;
  }

  std::vector<std::vector<double>> outputs() override {
    run({});
    std::mt19937_64 values(behaviour_->seed);
    std::normal_distribution<double> normal;
    std::vector<std::vector<double>> all;
    for (const ValueId id : graph_.outputs) {
      std::vector<double>& one = all.emplace_back();
      if (id == no_value) continue;
      one.resize(static_cast<size_t>(graph_[id].type.numel()));
      for (double& element : one) element = normal(values);
    }
    return all;
  }

  int64_t held_bytes() const override {
    return storage_bytes(graph_, [](Role role) { return role != Role::intermediate; });
  }

 private:
  double run(std::span<double> node_s) {
    if (behaviour_->on_run) behaviour_->on_run(graph_);
    const double begin_s = clock_.now_s();
    const double warm = runs_ < behaviour_->warm_up_runs ? behaviour_->warm_up_factor : 1;
    ++runs_;
    ++*all_runs_;
    std::normal_distribution<double> normal;
    double total_s = behaviour_->run_overhead_s * warm;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      double one_s = quiet_s(graph_.nodes[i]) * warm;
      if (behaviour_->noise > 0) one_s *= std::exp(behaviour_->noise * normal(random_));
      if (behaviour_->contention) one_s *= behaviour_->contention(begin_s + total_s);
      if (!node_s.empty()) node_s[i] = one_s;
      total_s += one_s;
    }
    clock_.advance_s(total_s);
    return total_s;
  }

  double quiet_s(const Node& node) const {
    if (behaviour_->node_s) return behaviour_->node_s(graph_, node);
    const Work work = work_of(graph_, node);
    return 1e-6 + 1e-10 * static_cast<double>(work.macs) +
           1e-10 * static_cast<double>(work.bytes());
  }

  Graph graph_;
  FakeClock& clock_;
  std::shared_ptr<FakeBehaviour> behaviour_;
  std::shared_ptr<int64_t> all_runs_;
  int64_t runs_ = 0;
  std::mt19937_64 random_;
};

}  // namespace

FakeDevice::FakeDevice(FakeClock& clock, FakeBehaviour behaviour, std::string name)
    : clock_(clock),
      behaviour_(std::make_shared<FakeBehaviour>(std::move(behaviour))),
      name_(std::move(name)) {}

std::optional<std::string> FakeDevice::lacks(std::string_view precision) const {
  const auto at = behaviour_->lacks.find(std::string(precision));
  return at == behaviour_->lacks.end() ? std::nullopt : std::optional(at->second);
}

std::unique_ptr<Executable> FakeDevice::prepare(const Graph& graph, const StoredTensors&,
                                                const StoredTensors&) {
  if (behaviour_->on_prepare) behaviour_->on_prepare(graph);
  auto executable = std::make_unique<FakeExecutable>(graph, clock_, behaviour_, runs_);
  if (const auto available = behaviour_->available_bytes;
      available && executable->held_bytes() > *available) {
    throw Error(graph.name, "would hold " + std::to_string(executable->held_bytes()) + " bytes, " +
                                std::to_string(*available) + " are available");
  }
  return executable;
}

}  // namespace opgauge
