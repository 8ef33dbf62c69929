// SPDX-License-Identifier: Apache-2.0
// Loads the torch backend. LibTorch is several hundred megabytes: only a program that executes
// something maps it.
#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

#include "measure/device.hpp"

namespace opgauge {
namespace {

constexpr const char* library_name = "libopgauge_torch.so";
constexpr const char* path_variable = "OPGAUGE_TORCH_BACKEND";

std::filesystem::path library_path() {
  std::error_code ignored;
  if (const char* given = std::getenv(path_variable); given && *given) {  // what the user names comes first
    if (!std::filesystem::exists(given, ignored)) {
      throw Error(path_variable, std::string("found \"") + given +
                                     "\", which does not exist, expected the path of " +
                                     library_name);
    }
    return given;
  }
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const auto beside = program.parent_path() / library_name;
  if (!program.empty() && std::filesystem::exists(beside, ignored)) return beside;
  throw Error("backend", std::string(library_name) +
                             " is not beside the program, expected it there or at $" +
                             path_variable + " (this build may be without LibTorch)");
}

CreateDevice load() {
  const std::filesystem::path path = library_path();
  void* library =
      dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed: LibTorch does not unload
  if (!library) {
    const char* reason = dlerror();
    throw Error("backend",
                "cannot load " + path.string() + ": " + (reason ? reason : "unknown reason"));
  }
  void* symbol = dlsym(library, create_device_symbol);
  if (!symbol) {
    throw Error("backend", path.string() + " has no " + create_device_symbol +
                               ", expected the library of this version of opgauge");
  }
  return reinterpret_cast<CreateDevice>(symbol);
}

}  // namespace

std::unique_ptr<Device> open_device(const std::string& kind, const ExecutionSettings& settings) {
  parse_enum<DeviceKind>("--device", "device", kind);
  if (settings.threads < 1) {
    throw Error("--threads", "found " + std::to_string(settings.threads) + ", expected at least 1");
  }
  static const CreateDevice create = load();  // a failure is tried again by the next call
  return std::unique_ptr<Device>(create(kind.c_str(), &settings));
}

}  // namespace opgauge
