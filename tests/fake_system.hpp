// SPDX-License-Identifier: Apache-2.0
// A tree of kernel files in a scratch folder, removed at the end: FakeSystem fake;
// fake.write("proc/loadavg", "0.5 …").
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "machine/system_files.hpp"

namespace opgauge {

class FakeSystem {
 public:
  FakeSystem() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "opgauge_system_XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~FakeSystem() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  FakeSystem(const FakeSystem&) = delete;
  FakeSystem& operator=(const FakeSystem&) = delete;

  void write(const std::filesystem::path& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void remove(const std::filesystem::path& path) const {
    std::filesystem::remove_all(root_ / path);
  }
  SystemFiles files() const { return SystemFiles(root_); }
  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

}  // namespace opgauge
