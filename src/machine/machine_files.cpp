// SPDX-License-Identifier: Apache-2.0
#include "machine/machine_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/names.hpp"
#include "machine/topology.hpp"

namespace opgauge {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

// The source tree around the current folder: it has both the sources and the machines of this
// program.
std::optional<fs::path> repository_folder() {
  std::error_code error;
  for (fs::path at = fs::current_path(error); !error && !at.empty(); at = at.parent_path()) {
    if (fs::exists(at / "src/machine/machine.hpp", error) && fs::exists(at / "data", error))
      return at / "data/machines";
    if (at == at.parent_path()) break;
  }
  return std::nullopt;
}

Machine by_name(const std::string& wanted, const MachineFolders& folders) {
  std::error_code error;
  const bool path = wanted.find('/') != std::string::npos || wanted.ends_with(".json");
  if (path || fs::is_regular_file(wanted, error)) return read_machine(wanted);
  std::vector<std::string> known;
  for (const fs::path& file : folders.files()) {
    if (file.stem() == wanted) return read_machine(file);
    known.push_back(file.stem());
  }
  if (known.empty()) {
    throw Error("machine", fmt::format("found no machine file for \"{}\", expected one in {}; "
                                       "`opgauge machine detect` writes one",
                                       wanted, folders.preferred().string()));
  }
  throw unknown_name("machine", "machine", wanted, known);
}

}  // namespace

MachineFolders MachineFolders::standard() {
  MachineFolders folders;
  folders.repository = repository_folder();
  std::string base = environment("XDG_DATA_HOME");
  if (base.empty()) base = environment("HOME") + "/.local/share";
  folders.user = fs::path(base) / "opgauge/machines";
  return folders;
}

std::vector<fs::path> MachineFolders::files() const {
  std::vector<fs::path> files;
  const auto look = [&](const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (it->path().extension() == ".json") files.push_back(it->path());
    }
  };
  if (repository) look(*repository);
  look(user);
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> misfits(const Machine& machine, const SystemFiles& system) {
  std::vector<std::string> found;
  const auto check = [&](const char* what, const std::string& theirs, const std::string& here) {
    if (theirs != here) found.push_back(fmt::format("{}: {} and {} here", what, theirs, here));
  };
  const Cpu cpu = read_cpu(system);
  check("vendor", machine.vendor, cpu.vendor);
  check("architecture", machine.architecture, cpu.architecture);
  std::vector<std::string> theirs = machine.isa, here = cpu.isa;
  std::ranges::sort(theirs);
  std::ranges::sort(here);
  check("instruction sets", fmt::format("{}", fmt::join(theirs, " ")),
        fmt::format("{}", fmt::join(here, " ")));
  // A process that was bound to some of the CPUs still runs on the machine.
  const auto fact = [&](const char* name) {
    const auto at = machine.instance.find(name);
    return at == machine.instance.end() ? std::string() : at->second;
  };
  const std::string online = system.text("sys/devices/system/cpu/online").value_or("");
  if (!online.empty() && !fact("online_cpus").empty())
    check("CPUs online", fact("online_cpus"), online);
  const std::vector<int> known = parse_cpu_list(fact("cpus")), allowed = allowed_cpus();
  if (!known.empty() && !std::ranges::includes(known, allowed)) {
    check("CPUs", format_cpu_list(known), format_cpu_list(allowed));
  }
  return found;
}

Machine find_machine(const std::string& wanted, const MachineFolders& folders,
                     const SystemFiles& system, const std::string& device) {
  const auto is_of_device = [&](const Machine& machine) {
    return machine.accelerator.empty() == (device == "cpu");
  };
  if (!wanted.empty()) {
    Machine machine = by_name(wanted, folders);
    if (!is_of_device(machine)) {
      throw Error(wanted, fmt::format("found the record of {}, expected one of {}",
                                      machine.accelerator.empty() ? "a CPU" : machine.accelerator,
                                      device == "cpu" ? "a CPU" : "an accelerator"));
    }
    return machine;
  }
  if (const std::string name = environment("OPGAUGE_MACHINE"); !name.empty()) {
    try {
      Machine machine = by_name(name, folders);
      if (is_of_device(machine)) return machine;
    } catch (const Error& error) {
      throw error.within("$OPGAUGE_MACHINE");
    }
  }
  char hostname[256] = {};
  ::gethostname(hostname, sizeof hostname - 1);
  const auto rank =
      [&](const Machine& machine) {  // this very host before others of its kind, then the newest
        const auto name = machine.instance.find("hostname");
        return std::pair(name != machine.instance.end() && name->second == hostname,
                         machine.detected_at);
      };
  std::optional<Machine> best;
  std::string reason;
  for (const fs::path& file : folders.files()) {
    try {
      Machine machine = read_machine(file);
      if (!is_of_device(machine)) continue;
      const std::vector<std::string> different = misfits(machine, system);
      if (!different.empty()) {
        reason = fmt::format("{} is of another machine ({})", file.string(), different.front());
      } else if (!best || rank(*best) < rank(machine)) {
        best = std::move(machine);
      }
    } catch (const Error& error) {
      reason = error.what();
    }
  }
  if (best) return *best;
  throw Error("machine",
              fmt::format("found no description of this machine{}{}, expected one in {}; run "
                          "`opgauge machine detect{}`",
                          device == "cpu" ? "" : "'s accelerator",
                          reason.empty() ? "" : " (" + reason + ")", folders.preferred().string(),
                          device == "cpu" ? "" : " --device " + device));
}

}  // namespace opgauge
