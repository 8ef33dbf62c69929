// SPDX-License-Identifier: Apache-2.0
// A device without hardware: it "runs" a graph by moving a fake clock, as a test tells it.
//
//   FakeClock clock;
//   FakeBehaviour behaviour;
//   behaviour.node_s = [](const Graph&, const Node&) { return 5e-6; };
//   behaviour.noise = 0.02;
//   FakeDevice device(clock, behaviour);
//   device.prepare(graph)->run_s();  // nodes * 5 us, give or take; clock.now_s() has moved by it
#pragma once

#include <functional>

#include "measure/clock.hpp"
#include "measure/device.hpp"

namespace opgauge {

struct FakeBehaviour {
  // Time of a node when nothing disturbs it; default: 1 us + 0.1 ns a MAC + 0.1 ns a byte.
  std::function<double(const Graph&, const Node&)> node_s;
  double run_overhead_s = 0;  // of a whole run, beside its nodes
  double noise = 0;           // standard deviation of the logarithm of each node's time
  // What everything is multiplied by at a time of the clock (a neighbour's load, a drift);
  // default: 1.
  std::function<double(double now_s)> contention;
  int warm_up_runs = 0;  // the first runs of each executable take `warm_up_factor` times as long
  double warm_up_factor = 1;
  uint64_t seed = 1;  // of the noise and of the output values

  std::map<std::string, std::string> lacks;  // precision -> reason
  std::map<std::string, std::string> versions = {{"fake", "1"}};
  std::string accelerator;  // "" is a CPU
  std::optional<int64_t> memory_bytes;
  std::optional<int64_t> available_bytes;  // prepare() throws if a graph holds more
  std::function<void(const Graph&)>
      on_prepare;  // may throw Error, as a backend that cannot run it does
  std::function<void(const Graph&)> on_run;  // may throw Error
  // Default: MACs of the op table; the sum of all intermediate storages.
  std::function<int64_t(const Graph&)> macs, peak_intermediate_bytes;
};

class FakeDevice final : public Device {
 public:
  // `clock` outlives the device and its executables.
  explicit FakeDevice(FakeClock& clock, FakeBehaviour behaviour = {}, std::string name = "cpu");

  std::string name() const override { return name_; }
  std::map<std::string, std::string> versions() const override { return behaviour_->versions; }
  std::string accelerator() const override { return behaviour_->accelerator; }
  std::optional<int64_t> memory_bytes() const override { return behaviour_->memory_bytes; }
  std::optional<std::string> lacks(std::string_view precision) const override;
  std::unique_ptr<Executable> prepare(const Graph& graph, const StoredTensors& stored = {},
                                      const StoredTensors& inputs = {}) override;

  // May be changed between runs; executables that exist follow.
  FakeBehaviour& behaviour() { return *behaviour_; }
  int64_t runs() const { return *runs_; }  // of all executables

 private:
  FakeClock& clock_;
  std::shared_ptr<FakeBehaviour> behaviour_;
  std::shared_ptr<int64_t> runs_ = std::make_shared<int64_t>(0);
  std::string name_;
};

}  // namespace opgauge
