// SPDX-License-Identifier: Apache-2.0
// One exception for everything a user, a file or the environment got wrong, and one assertion for our own bugs.
//
//   throw Error("machines/a.json: memory[2].capacity_bytes", "found \"x\", expected a number");
//
// is printed by main as one line, `[where] what was found, what was expected`, and exits with 2.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace opgauge {

class Error : public std::runtime_error {
 public:
  Error(std::string_view where, std::string_view message);

  // The same error seen from one layer up: `where` becomes "outer: where".
  Error within(std::string_view outer) const;

  const std::string& where() const { return where_; }
  const std::string& message() const { return message_; }

 private:
  std::string where_;
  std::string message_;
};

// A broken invariant is our bug, never the user's: print place and message, abort. Stays on in release.
[[noreturn]] void fail_check(const char* file, int line, const char* condition,
                             std::string_view message);

}  // namespace opgauge

#define OPGAUGE_CHECK(condition, message) \
  ((condition) ? void(0) : ::opgauge::fail_check(__FILE__, __LINE__, #condition, message))
