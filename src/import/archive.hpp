// SPDX-License-Identifier: Apache-2.0
// The zip container of an exported model: names, small records read whole and checked by their CRC,
// large records mapped where they lie in the file. libzip is the only parser; nothing is ever
// extracted to a path.
//
//   mlp.pt2:  mlp/models/model.json   mlp/data/weights/weight_0
//   mlp/data/weights/model_weights_config.json   …
//
// Refused with one Error: not a zip, truncated, encrypted or duplicate records, names that climb
// out of the archive
// ("../x", "/x"), records that overlap, records larger than the file can hold, more than 200,000
// records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "graph/stored.hpp"

namespace opgauge {

class Archive {
 public:
  explicit Archive(const std::filesystem::path& path);
  ~Archive();
  Archive(Archive&&) noexcept;

  // Names are without the root folder that all records share ("models/model.json").
  bool has(std::string_view record) const;
  // The whole record. Throws Error if it is missing, longer than `max_bytes`, or its CRC is wrong.
  std::string read(std::string_view record, uint64_t max_bytes) const;
  // The place of a record in the mapped file; nothing of it is read. Throws Error if it is missing
  // or compressed.
  StoredTensor map(std::string_view record) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace opgauge
