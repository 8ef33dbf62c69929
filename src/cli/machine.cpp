// SPDX-License-Identifier: Apache-2.0
// `opgauge machine detect` writes the description of this machine, `opgauge machine show` prints
// one.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "machine/describe.hpp"
#include "machine/detect.hpp"
#include "machine/machine_files.hpp"
#include "measure/accelerator_record.hpp"
#include "measure/meters/energy_model.hpp"

namespace opgauge {
namespace {

struct DetectArguments {
  std::string name, output, device = "cpu";
  bool quick = false;
};

void check_name(const std::string& name) {
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
          std::string::npos ||
      name.starts_with('.')) {
    throw Error("--name", "found \"" + name + "\", expected letters, digits, '.', '_' and '-'");
  }
}

// Coefficients stay assumed, with the reason in the notes, where nothing can measure them.
void measure_energy_model(Machine& machine,
                          const std::function<void(const std::string&)>& progress) {
  PowerMeterSearch search = find_power_meter("cpu");
  if (search.meter) progress("energy by " + search.meter->name());
  SteadyClock clock;
  const EnergyFit fit = fit_energy_here(machine, search, clock);
  machine.energy = fit.model;
  if (!fit.reason.empty())
    machine.notes.push_back("energy coefficients are assumed: " + fit.reason);
}

void tell(const std::string& line) { std::cerr << "measuring: " << line << "\n"; }

Machine measured_cpu(const DetectArguments& arguments) {
  DetectOptions options;
  options.name = arguments.name;
  options.budget_s = arguments.quick ? 5 : 20;
  options.progress = tell;
  Machine machine = detect_machine(SystemFiles(), options);
  measure_energy_model(machine, options.progress);
  return machine;
}

Machine measured_accelerator(const DetectArguments& arguments) {
  AcceleratorOptions options;
  options.name = arguments.name;
  if (arguments.quick) options.visits = 3;
  options.progress = tell;
  const auto device = open_device(arguments.device, ExecutionSettings());
  Machine machine = detect_accelerator(*device, SystemFiles(), options);
  PowerMeterSearch search = find_power_meter(arguments.device);
  SteadyClock clock;
  measure_accelerator_energy(*device, search, clock, machine, options);
  return machine;
}

int detect(const DetectArguments& arguments) {
  check_name(arguments.name);
  if (!arguments.output.empty() && arguments.output != "-") {  // better now than after measuring
    const auto folder = std::filesystem::absolute(arguments.output).parent_path();
    if (!std::filesystem::is_directory(folder))
      throw Error(arguments.output, "the folder does not exist");
  }
  const Machine machine =
      arguments.device == "cpu" ? measured_cpu(arguments) : measured_accelerator(arguments);
  if (arguments.output == "-") {
    emit("-", encode(machine).dump(1) + "\n");
    return 0;
  }
  std::filesystem::path file = arguments.output;
  if (file.empty()) {
    const std::filesystem::path folder = MachineFolders::standard().preferred();
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw Error(folder.string(), "cannot be created: " + error.message());
    file = folder / (machine.name + ".json");
  }
  write_json(file, encode(machine));
  std::cout << describe_machine(machine) << "\nwritten to " << file.string() << "\n";
  return 0;
}

int show(const std::string& wanted, const std::string& json) {
  const Machine machine = find_machine(wanted);
  if (!json.empty()) emit(json, encode(machine).dump(1) + "\n");
  if (json != "-") std::cout << describe_machine(machine);
  return 0;
}

}  // namespace

void declare_machine(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<DetectArguments>();
  auto wanted = std::make_shared<std::string>();
  auto json = std::make_shared<std::string>();
  app.require_subcommand(1);
  CLI::App* const detect_app =
      app.add_subcommand("detect", "measure this machine and write its description");
  detect_app->add_option("--name", arguments->name, "name of the machine and its file")
      ->type_name("NAME");
  detect_app
      ->add_option("--device", arguments->device,
                   "cpu, or cuda: the accelerator as a machine of its own")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  detect_app->add_option("-o,--output", arguments->output, "file to write, - is standard output")
      ->type_name("FILE");
  detect_app->add_flag("--quick", arguments->quick,
                       "5 seconds instead of 20: fewer visits, less sure of the best");
  CLI::App* const show_app =
      app.add_subcommand("show", "print a machine, declared beside measured");
  show_app->add_option("machine", *wanted, "file or name; without it, what fits this host");
  show_app->add_option("--json", *json, "write JSON to FILE, - is standard output")
      ->type_name("FILE");
  run = [=] { return detect_app->parsed() ? detect(*arguments) : show(*wanted, *json); };
}

}  // namespace opgauge
