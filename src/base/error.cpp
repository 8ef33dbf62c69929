// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace opgauge {
namespace {

std::string one_line(std::string_view where, std::string_view message) {
  std::string text = where.empty() ? std::string(message)
                                   : "[" + std::string(where) + "] " + std::string(message);
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

}  // namespace

Error::Error(std::string_view where, std::string_view message)
    : std::runtime_error(one_line(where, message)), where_(where), message_(message) {}

Error Error::within(std::string_view outer) const {
  if (where_.empty()) return Error(outer, message_);
  return Error(std::string(outer) + ": " + where_, message_);
}

void fail_check(const char* file, int line, const char* condition, std::string_view message) {
  std::fprintf(stderr, "opgauge: internal error at %s:%d: %.*s (%s)\n", file, line,
               static_cast<int>(message.size()), message.data(), condition);
  std::abort();
}

}  // namespace opgauge
