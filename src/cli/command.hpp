// SPDX-License-Identifier: Apache-2.0
// A command of the program: one file in this folder and one row in commands.hpp.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace opgauge {

// Set by a command's `declare`, called by main when that command was chosen; returns the exit code:
// 0 ok, 1 a threshold the user asked for was missed, 3 some rows are not valid. Errors are thrown (exit 2).
using Run = std::function<int()>;

struct Command {
  std::string_view name;
  std::string_view summary;
  void (*declare)(CLI::App& app, Run& run);
};

// `--json FILE`, `--csv FILE`, `--md FILE`; "-" is standard output. Commands emit through `emit`.
struct OutputOptions {
  std::string json, csv, markdown;
  void declare(CLI::App& app);
  bool any() const { return !json.empty() || !csv.empty() || !markdown.empty(); }
};
void emit(const std::string& path, const std::string& text);  // "-" or a file, written whole

}  // namespace opgauge
