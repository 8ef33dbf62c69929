// SPDX-License-Identifier: Apache-2.0
// `opgauge completion bash`: the script is made from the declared commands and options, so it cannot fall behind.
#include <iostream>
#include <memory>

#include "base/names.hpp"
#include "cli/commands.hpp"

namespace opgauge {
namespace {

std::string words(const CLI::App& app) {
  std::string list;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    list += sub->get_name() + " ";
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) list += "--" + name + " ";
  }
  if (!list.empty()) list.pop_back();
  return list;
}

std::string bash_script(const CLI::App& root) {
  std::string text =
      "_opgauge() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" list=\"\"\n"
      "  case \"${COMP_WORDS[1]}\" in\n";
  for (const CLI::App* sub : root.get_subcommands([](const CLI::App*) { return true; })) {
    text += "    " + sub->get_name() + ") list=\"" + words(*sub) + "\" ;;\n";
  }
  text +=
      "  esac\n"
      "  if [ \"$COMP_CWORD\" -le 1 ]; then list=\"" + words(root) + "\"; fi\n"
      "  COMPREPLY=($(compgen -W \"$list\" -- \"$word\"))\n"
      "  if [ ${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- \"$word\")); fi\n"
      "}\n"
      "complete -F _opgauge opgauge\n";
  return text;
}

std::string zsh_script(const CLI::App& root) {
  return "#compdef opgauge\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(root);
}

std::string fish_script(const CLI::App& root) {
  std::string text;
  for (const CLI::App* sub : root.get_subcommands([](const CLI::App*) { return true; })) {
    text += "complete -c opgauge -n __fish_use_subcommand -a " + sub->get_name() + " -d '" +
            sub->get_description() + "'\n";
    for (const CLI::Option* option : sub->get_options()) {
      for (const auto& name : option->get_lnames()) {
        text += "complete -c opgauge -n '__fish_seen_subcommand_from " + sub->get_name() + "' -l " + name + "\n";
      }
    }
  }
  return text;
}

}  // namespace

void declare_completion(CLI::App& app, Run& run) {
  auto shell = std::make_shared<std::string>();
  app.add_option("shell", *shell, "bash, zsh or fish")->required();
  run = [&app, shell] {
    const CLI::App& root = *app.get_parent();
    if (*shell == "bash") {
      std::cout << bash_script(root);
    } else if (*shell == "zsh") {
      std::cout << zsh_script(root);
    } else if (*shell == "fish") {
      std::cout << fish_script(root);
    } else {
      throw unknown_name("completion", "shell", *shell, {"bash", "zsh", "fish"});
    }
    return 0;
  };
}

}  // namespace opgauge
