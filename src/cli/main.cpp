// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>

#include "base/error.hpp"
#include "base/names.hpp"
#include "cli/commands.hpp"

namespace opgauge {
namespace {

// `unknown option "--bath"; did you mean "--batch"?` from the options and commands that exist at that place.
std::string explain(const CLI::App& app, const CLI::Error& error) {
  std::string text = error.what();
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  const std::vector<std::string> extras = at->remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) && !extras.empty()) {
    const bool option = extras.front().starts_with('-');
    std::vector<std::string> known;
    if (option) {
      for (const CLI::Option* one : at->get_options()) {
        for (const auto& name : one->get_lnames()) known.push_back("--" + name);
      }
    } else {
      for (const CLI::App* one : at->get_subcommands([](const CLI::App*) { return true; })) {
        known.push_back(one->get_name());
      }
    }
    const std::string kind = option ? "option" : known.empty() ? "argument" : "command";
    if (known.empty()) return "unexpected argument \"" + extras.front() + "\"";
    return unknown_name("", kind, extras.front(), known).message();
  }
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

int run_main(int argc, char** argv) {
  CLI::App app{"Opgauge: what a PyTorch model costs on this machine, measured and estimated", "opgauge"};
  app.set_version_flag("--version", "opgauge " OPGAUGE_VERSION);
  app.require_subcommand(0, 1);
  std::array<Run, commands.size()> runs;
  std::array<CLI::App*, commands.size()> subcommands;
  for (size_t i = 0; i < commands.size(); ++i) {
    subcommands[i] = app.add_subcommand(std::string(commands[i].name), std::string(commands[i].summary));
    commands[i].declare(*subcommands[i], runs[i]);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::Error& error) {
    std::fprintf(stderr, "opgauge: %s\n", explain(app, error).c_str());
    return 2;
  }
  for (size_t i = 0; i < commands.size(); ++i) {
    if (subcommands[i]->parsed()) return runs[i]();
  }
  std::cout << app.help();
  return 2;
}

}  // namespace
}  // namespace opgauge

int main(int argc, char** argv) {
  try {
    const int code = opgauge::run_main(argc, argv);
    std::cout.flush();
    if (!std::cout) throw opgauge::Error("standard output", "cannot be written");
    return code;
  } catch (const opgauge::Error& error) {
    std::fprintf(stderr, "opgauge: %s\n", error.what());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "opgauge: out of memory\n");
  } catch (const std::exception& error) {  // a library's; LibTorch's goes on with its stack
    const std::string text = error.what();
    std::fprintf(stderr, "opgauge: %s\n", text.substr(0, text.find('\n')).c_str());
  }
  return 2;
}
