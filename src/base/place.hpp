// SPDX-License-Identifier: Apache-2.0
// Where in a document a value stands, as errors say it: `levels[1].bandwidths[0].bytes_per_s`. Reading a value costs no text:
// a place points to the one around it, which must outlive it, and is spelled when an error asks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace opgauge {

class Place {
 public:
  Place(const std::string& document) : name_(document) {}
  Place(const char* document) : name_(document) {}

  Place member(std::string_view name) const { return {this, name, no_index}; }
  Place item(size_t index) const { return {this, {}, index}; }
  std::string text() const;

 private:
  Place(const Place* around, std::string_view name, size_t index) : around_(around), name_(name), index_(index) {}

  static constexpr size_t no_index = static_cast<size_t>(-1);

  const Place* around_ = nullptr;  // nullptr: the document itself
  std::string_view name_;          // of the document or member
  size_t index_ = no_index;        // of the item
};

}  // namespace opgauge
