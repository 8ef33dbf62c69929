// SPDX-License-Identifier: Apache-2.0
#include "base/place.hpp"

namespace opgauge {

std::string Place::text() const {
  if (!around_) return std::string(name_);
  const std::string around = around_->text();
  if (index_ != no_index) return around + "[" + std::to_string(index_) + "]";
  return around + (around.empty() ? "" : ".") + std::string(name_);
}

}  // namespace opgauge
