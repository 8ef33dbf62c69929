// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "base/json.hpp"
#include "cli/command.hpp"

namespace opgauge {

void OutputOptions::declare(CLI::App& app) {
  app.add_option("--json", json, "write JSON to FILE, - is standard output")->type_name("FILE");
  app.add_option("--csv", csv, "write CSV to FILE, - is standard output")->type_name("FILE");
  app.add_option("--md", markdown, "write Markdown to FILE, - is standard output")->type_name("FILE");
}

void emit(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::cout << text;
  } else {
    write_file(path, text);
  }
}

}  // namespace opgauge
