// SPDX-License-Identifier: Apache-2.0
// The importer fed with anything: it returns a graph that holds, or throws one Error; nothing else
// may happen.
//
// Input that begins like a zip archive is imported as a file. Other input is the JSON texts of a
// program, separated by zero bytes (model, weights config, constants config), so that mutations
// reach past the archive's checksums.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "graph/builder.hpp"
#include "import/program.hpp"
#include "import/pt2.hpp"

namespace {

using namespace opgauge;

void import_archive(const uint8_t* data, size_t size) {
  const int file = ::memfd_create("fuzz", 0);
  if (file < 0) return;
  if (::write(file, data, size) == static_cast<ssize_t>(size)) {
    try {
      verify(import_pt2("/proc/self/fd/" + std::to_string(file)).graph);
    } catch (const Error&) {
    }
  }
  ::close(file);
}

void import_texts(std::string_view input) {
  std::vector<std::string> parts;
  for (int i = 0; i < 3; ++i) {
    const size_t end = std::min(input.find('\0'), input.size());
    parts.emplace_back(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  static const std::vector<std::byte> blob(1 << 16);
  ProgramText text;
  text.name = "fuzz";
  text.model = parts[0];
  if (!parts[1].empty()) text.weights = parts[1];
  if (!parts[2].empty()) text.constants = parts[2];
  text.map = [](std::string_view) { return StoredTensor{blob, nullptr}; };
  for (const bool batch : {false, true}) {
    ImportOptions options;
    if (batch) options.batch = 3;
    try {
      verify(read_program(text, options).graph);
    } catch (const Error&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size >= 2 && data[0] == 'P' && data[1] == 'K') {
    import_archive(data, size);
  } else {
    import_texts({reinterpret_cast<const char*>(data), size});
  }
  return 0;
}
