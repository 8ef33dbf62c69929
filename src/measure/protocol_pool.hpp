// SPDX-License-Identifier: Apache-2.0
// Executables that stay prepared between visits, within a number of bytes. A device shares equal
// random parameters (same source name and type) among the executables that are alive, so they are
// counted once here as well.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "measure/device.hpp"

namespace opgauge {

// Bytes that preparing a graph may add and running it needs on top, from the graph alone.
struct GraphBytes {
  std::map<std::string, int64_t> shared;  // key of a parameter, buffer or constant -> bytes
  int64_t own = 0;                        // inputs, and constants that only this graph has
  int64_t running = 0;                    // peak of intermediates
  int64_t total() const;
};
GraphBytes bytes_of(const Graph& graph);

// A row that can never fit: the message says the bytes it needs and the bytes there are.
class TooLarge : public Error {
 public:
  using Error::Error;
};

// Throws TooLarge naming the bytes that the graph needs and those there are.
void refuse_if_larger(const Graph& graph, int64_t capacity_bytes);

class PreparedPool {
 public:
  PreparedPool(Device& device, int64_t capacity_bytes)
      : device_(device), capacity_bytes_(capacity_bytes) {}

  // nullptr if the row is not prepared now.
  Executable* find(size_t row);
  // Prepares, letting go of what was used longest ago until it fits. Throws TooLarge if the row
  // alone is beyond the capacity, and what Device::prepare throws.
  Executable& prepare(size_t row, const Graph& graph, const StoredTensors& stored);
  void release(size_t row);

  int64_t held_bytes() const { return held_bytes_; }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::unique_ptr<Executable> executable;
    GraphBytes bytes;
    uint64_t used = 0;
  };
  int64_t added_bytes(const GraphBytes& bytes) const;
  void release_oldest();

  Device& device_;
  int64_t capacity_bytes_;
  std::map<size_t, Entry> entries_;
  std::map<std::string, int> holders_;  // of shared parameters
  int64_t held_bytes_ = 0;
  uint64_t uses_ = 0;
};

}  // namespace opgauge
