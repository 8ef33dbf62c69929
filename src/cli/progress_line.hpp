// SPDX-License-Identifier: Apache-2.0
// One line on standard error that is written over again and again; nothing at all where it is off.
#pragma once

#include <string>

namespace opgauge {

class ProgressLine {
 public:
  explicit ProgressLine(bool on) : on_(on) {}
  ~ProgressLine() { clear(); }
  void show(const std::string& text);  // at most ten times a second, cut to the terminal's width
  void clear();

 private:
  bool on_;
  bool shown_ = false;
  double last_s_ = 0;
};

}  // namespace opgauge
