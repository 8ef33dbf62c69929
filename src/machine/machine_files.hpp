// SPDX-License-Identifier: Apache-2.0
// Where machine files are kept and which one a command uses. In this order:
//   1. `--machine FILE|name`, 2. $OPGAUGE_MACHINE, the same forms,
//   3. the newest file that fits this host, in data/machines of the source tree that the program
//   runs in and in
//      $XDG_DATA_HOME/opgauge/machines,
// else an Error that names `opgauge machine detect`. Records of accelerators and records of CPUs are
// kept apart: each is found for its own device alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "machine/machine.hpp"
#include "machine/system_files.hpp"

namespace opgauge {

struct MachineFolders {
  std::optional<std::filesystem::path>
      repository;              // data/machines, if the program runs within a source tree
  std::filesystem::path user;  // $XDG_DATA_HOME/opgauge/machines
  // Of the current folder and the environment.
  static MachineFolders standard();
  // Where a new file goes: the repository's folder if there is one.
  const std::filesystem::path& preferred() const { return repository ? *repository : user; }
  std::vector<std::filesystem::path> files() const;  // *.json in both, sorted
};

// Why a machine file is not of this host ("cores: 2 and 4"), from what the operating system
// declares; empty if it fits.
std::vector<std::string> misfits(const Machine& machine, const SystemFiles& system);

// `device`: "cpu" or "cuda". `wanted`: a file, the name of a machine in the folders, or "" for the order above. Throws Error
// for an unknown name (with the nearest), a bad file, or nothing that fits. Files that cannot be
// read are passed over only in step 3.
Machine find_machine(const std::string& wanted,
                     const MachineFolders& folders = MachineFolders::standard(),
                     const SystemFiles& system = SystemFiles(),
                     const std::string& device = "cpu");

}  // namespace opgauge
