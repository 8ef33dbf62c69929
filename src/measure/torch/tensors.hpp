// SPDX-License-Identifier: Apache-2.0
// The tensors that live through all runs: inputs, parameters, buffers, constants. Random ones of
// the same name, sizes, dtype and spread exist once per device, however many executables use them,
// so that a whole sweep can stay resident; what a graph writes to is its own copy.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>

#include "measure/device.hpp"
#include "measure/fill.hpp"

namespace opgauge {

class TensorPool {
 public:
  TensorPool(uint64_t seed, c10::Device device) : seed_(seed), device_(device) {}
  uint64_t seed() const { return seed_; }
  c10::Device device() const { return device_; }

  bool has(const std::string& key) const;
  // The tensor under this key, made by `make` if no executable holds one.
  template <class Make>
  at::Tensor get(const std::string& key, Make&& make) {
    auto& slot = tensors_[key];
    if (slot) {
      if (auto held = slot->lock()) return at::Tensor(std::move(held));
    }
    at::Tensor tensor = make();
    slot.emplace(tensor.getIntrusivePtr());
    return tensor;
  }

 private:
  using Weak = c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
  uint64_t seed_;
  c10::Device device_;
  std::map<std::string, std::optional<Weak>> tensors_;
};

// One storage of a graph that is not an intermediate's, with the values on it.
struct HeldStorage {
  at::Tensor base;  // 1-d, all elements of the storage, or the stored tensor as it is
  at::Tensor
      pristine;  // what it was before the first run, where a node writes to it; else undefined
  int64_t bytes = 0;
  std::vector<ValueId> values;
};

// Plans and makes the held tensors of one graph.
class HeldTensors {
 public:
  HeldTensors(const Graph& graph, const StoredTensors& stored, const StoredTensors& inputs,
              TensorPool& pool);
  // Bytes that making them will newly take.
  int64_t missing_bytes() const;
  // Makes them and puts them into `values`, one per value of the graph.
  void make(std::vector<at::Tensor>& values);
  // Puts back what the last run has overwritten.
  void restore();
  // Lets go of what only the preparation needed.
  void release_unread(std::vector<at::Tensor>& values);
  int64_t bytes() const;

 private:
  struct Plan {
    ValueId owner = no_value;  // whose fill and elements count
    int64_t elements = 0;      // from the start of the storage
    bool written = false;      // by a node
    bool read = false;         // by a node of the run, or given back
    const StoredTensor* stored = nullptr;
    std::string key;  // in the pool; "": not shared
  };
  at::Tensor make_base(const Plan& plan) const;
  at::Tensor random_base(const Plan& plan) const;
  at::Tensor stored_base(const Plan& plan) const;

  const Graph& graph_;
  TensorPool& pool_;
  std::vector<Fill> fills_;
  std::vector<Plan> plans_;
  std::vector<HeldStorage> held_;
};

}  // namespace opgauge
