// SPDX-License-Identifier: Apache-2.0
// Which machines are the same kind. A fingerprint has two parts:
//  - the class: vendor, instruction sets, cores, virtualisation, and measured ceilings.
//  Calibrations and shards are
//    exchanged within a class only.
//  - the instance: hostname, kernel, microcode, declared caches, … that tell two machines of a
//  class apart, and are
//    reported, but never decide. Clock, memory size and hostname are no part of the class.
//
// `class_key` is a readable name ("AuthenticAMD-x86_64-avx512-2c-f32:2^38-dram:2^35"). Its ceilings
// are rounded to powers of two, and whatever is rounded splits somewhere: two machines are compared
// by their values, not by that text.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "machine/machine.hpp"

namespace opgauge {

struct Fingerprint {
  std::string class_key;
  std::map<std::string, std::string> class_facts;  // must be equal
  std::map<std::string, double> ceilings;          // must agree within `ceiling_tolerance`
  std::map<std::string, std::string> instance;

  static constexpr auto fields() {
    return std::make_tuple(
        field("class_key", &Fingerprint::class_key, "", "readable name of the hardware class"),
        field("class_facts", &Fingerprint::class_facts, "", "equal within a class"),
        field("ceilings", &Fingerprint::ceilings, "",
              "measured, agree within a factor inside a class"),
        field("instance", &Fingerprint::instance, "", "facts of this one machine"));
  }
};

// Ceilings of two visits to one shared machine differ by tens of percent; those of two kinds of
// machine by more.
inline constexpr double ceiling_tolerance = 1.6;

Fingerprint fingerprint(const Machine& machine);

struct FingerprintDifference {
  std::vector<std::string> in_class;     // "cores: 2 and 4", empty: the same class
  std::vector<std::string> in_instance;  // empty: as far as known, the same machine
  bool same_class() const { return in_class.empty(); }
};
// A ceiling or instance fact that only one of them has is no difference of class.
FingerprintDifference compare(const Fingerprint& a, const Fingerprint& b);

}  // namespace opgauge
