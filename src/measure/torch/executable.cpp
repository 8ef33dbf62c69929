// SPDX-License-Identifier: Apache-2.0
#include "measure/torch/executable.hpp"

#include <c10/core/InferenceMode.h>

#include "graph/liveness.hpp"
#include "graph/op_table.hpp"
#include "graph/text.hpp"
#include "measure/torch/dtypes.hpp"
#include "measure/torch/process_settings.hpp"
#include "measure/torch/step.hpp"
#include "measure/torch/work_counter.hpp"

namespace opgauge {
namespace {

// The first line of what LibTorch says, without its stack.
std::string first_line(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  std::string text = torch_error ? torch_error->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

std::string gigabytes(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f GB", static_cast<double>(bytes) * 1e-9);
  return text;
}

class TorchExecutable final : public Executable {
 public:
  TorchExecutable(const Graph& graph, const StoredTensors& stored, const StoredTensors& inputs,
                  std::shared_ptr<Hardware> hardware, std::shared_ptr<TensorPool> pool,
                  const ExecutionSettings& settings)
      : graph_(graph),
        hardware_(std::move(hardware)),
        pool_(std::move(pool)),
        settings_(settings),
        held_(graph_, stored, inputs, *pool_),
        values_(graph_.values.size()) {
    make_steps();
    refuse_if_too_large();
    apply_settings(settings_);
    c10::InferenceMode inference;
    guarded("weights", [&] { held_.make(values_); });
    prepare_once();
  }

  double run_s() override {
    const Run run(*this);
    hardware_->mark(0);
    execute([](size_t) {});
    hardware_->mark(1);
    hardware_->wait();
    return hardware_->elapsed_s(0, 1);
  }

  double run_timed_s(std::span<double> node_s) override {
    OPGAUGE_CHECK(node_s.size() == steps_.size(), "one place per node");
    const Run run(*this);
    hardware_->mark(0);
    execute([&](size_t done) { hardware_->mark(done + 1); });
    hardware_->wait();
    for (size_t i = 0; i < node_s.size(); ++i) node_s[i] = hardware_->elapsed_s(i, i + 1);
    return hardware_->elapsed_s(0, steps_.size());
  }

  int64_t measure_peak_intermediate_bytes() override {
    const Run run(*this);
    return hardware_->peak_bytes([&] { execute([](size_t) {}); });
  }

  ExecutedWork count_work() override {
    const Run run(*this);
    return count_executed([&] { execute([&](size_t done) { check_outputs(done); }); });
  }

  std::vector<std::vector<double>> outputs() override {
    const Run run(*this);
    execute([&](size_t done) { check_outputs(done); });
    std::vector<std::vector<double>> all;
    guarded("outputs", [&] {
      for (const ValueId id : graph_.outputs) {
        std::vector<double>& elements = all.emplace_back();
        if (id == no_value) continue;
        const at::Tensor copy = values_[index(id)].to(c10::kCPU).to(c10::kDouble).contiguous();
        const double* data = copy.const_data_ptr<double>();
        elements.assign(data, data + copy.numel());
      }
    });
    return all;
  }

  int64_t held_bytes() const override { return held_.bytes() + prepared_bytes_; }

 private:
  // Everything around a run that is not timed: settings, mode, what the last run overwrote, letting
  // go of the outputs.
  class Run {
   public:
    explicit Run(TorchExecutable& owner) : owner_(owner) {
      apply_settings(owner.settings_);
      owner_.held_.restore();
    }
    ~Run() {
      for (const ValueId id : owner_.intermediates_) owner_.values_[index(id)].reset();
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

   private:
    TorchExecutable& owner_;
    c10::InferenceMode inference_;
  };

  template <class Body>
  void guarded(std::string_view where, Body&& body) {
    try {
      body();
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw Error(graph_.name + ": " + std::string(where), first_line(error));
    }
  }

  template <class After>
  void execute(After&& after) {
    size_t at = 0;
    try {
      for (; at < steps_.size(); ++at) {
        const Step& step = steps_[at];
        run_step(step, values_, stack_);
        for (const ValueId id : step.dying) values_[index(id)].reset();
        after(at);
      }
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      stack_.clear();
      throw Call(graph_, graph_.nodes[at]).error(first_line(error));
    }
  }

  void make_steps() {
    steps_.reserve(graph_.nodes.size());
    for (const Node& node : graph_.nodes) {
      steps_.push_back(make_step(graph_, node, hardware_->device()));
    }
    std::vector<std::vector<ValueId>> on_storage(static_cast<size_t>(graph_.storages));
    for (size_t i = 0; i < graph_.values.size(); ++i) {
      const Value& value = graph_.values[i];
      const ValueId id{static_cast<int32_t>(i)};
      on_storage[static_cast<size_t>(value.storage)].push_back(id);
      if (value.role == Role::intermediate) intermediates_.push_back(id);
    }
    const auto dying = last_uses(graph_);
    for (size_t i = 0; i < steps_.size(); ++i) {
      for (const ValueId last : dying[i]) {
        // Every view has to go for the storage to go.
        const auto& all = on_storage[static_cast<size_t>(graph_[last].storage)];
        steps_[i].dying.insert(steps_[i].dying.end(), all.begin(), all.end());
      }
    }
  }

  void refuse_if_too_large() const {
    const auto available = hardware_->available_bytes();
    if (!available) return;
    const int64_t needed = held_.missing_bytes() + plan_memory(graph_).peak_intermediate_bytes;
    if (needed > *available) {
      throw Error(graph_.name, "would need " + gigabytes(needed) + " more memory (predicted), " +
                                   gigabytes(*available) + " are available");
    }
  }

  // Weight packing and the like: once, untimed.
  void prepare_once() {
    for (const Node& node : graph_.preparation) {
      try {
        run_step(make_step(graph_, node, hardware_->device()), values_, stack_);
      } catch (const Error&) {
        throw;
      } catch (const std::exception& error) {
        stack_.clear();
        throw Call(graph_, node).error(first_line(error));
      }
    }
    if (graph_.preparation.empty()) return;
    std::vector<bool> read(graph_.values.size(), false);
    for (const Node& node : graph_.nodes) {
      for_each_operand(node, [&](ValueId id) { read[index(id)] = true; });
    }
    for (const Node& node : graph_.preparation) {
      for (const ValueId id : node.outputs) {
        if (id == no_value) continue;
        if (read[index(id)]) {
          prepared_bytes_ += std::max(graph_[id].type.storage_bytes(), graph_[id].storage_bytes);
        } else {
          values_[index(id)].reset();
        }
      }
    }
    held_.release_unread(values_);
  }

  // LibTorch must have made what the op table says, or every estimate would speak of something
  // else.
  void check_outputs(size_t at) const {
    for (const ValueId id : graph_.nodes[at].outputs) {
      if (id == no_value || !values_[index(id)].defined()) continue;
      const at::Tensor& made = values_[index(id)];
      const TensorType& expected = graph_[id].type;
      const auto dtype = from_torch(made.scalar_type());
      if (dtype == expected.dtype && made.sizes().vec() == expected.sizes) continue;
      throw Call(graph_, graph_.nodes[at])
          .error("LibTorch made " +
                 (dtype ? print_type({*dtype, made.sizes().vec()})
                        : std::string(c10::toString(made.scalar_type()))) +
                 ", the op table says " + print_type({expected.dtype, expected.sizes}));
    }
  }

  const Graph graph_;
  const std::shared_ptr<Hardware> hardware_;
  const std::shared_ptr<TensorPool> pool_;
  const ExecutionSettings settings_;
  HeldTensors held_;
  std::vector<at::Tensor> values_;  // by ValueId; undefined where nothing lives
  std::vector<Step> steps_;
  std::vector<ValueId> intermediates_;
  std::vector<c10::IValue> stack_;
  int64_t prepared_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Executable> make_executable(const Graph& graph, const StoredTensors& stored,
                                            const StoredTensors& inputs,
                                            std::shared_ptr<Hardware> hardware,
                                            std::shared_ptr<TensorPool> pool,
                                            const ExecutionSettings& settings) {
  return std::make_unique<TorchExecutable>(graph, stored, inputs, std::move(hardware),
                                           std::move(pool), settings);
}

}  // namespace opgauge
