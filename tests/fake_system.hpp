// SPDX-License-Identifier: Apache-2.0
// A tree of kernel files in a scratch folder, removed at the end: FakeSystem fake;
// fake.write("proc/loadavg", "0.5 …").
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "machine/system_files.hpp"
#include "scratch_folder.hpp"

namespace opgauge {

class FakeSystem {
 public:
  void write(const std::filesystem::path& path, const std::string& text) const {
    std::filesystem::create_directories((root() / path).parent_path());
    std::ofstream(root() / path) << text;
  }
  void remove(const std::filesystem::path& path) const {
    std::filesystem::remove_all(root() / path);
  }
  SystemFiles files() const { return SystemFiles(root()); }
  const std::filesystem::path& root() const { return root_.path(); }

 private:
  ScratchFolder root_;
};

}  // namespace opgauge
