// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "base/json.hpp"
#include "scratch_folder.hpp"

namespace opgauge {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

}  // namespace

ProgramRun run_program(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment) {
  const ScratchFolder folder;
  const std::string out = folder / "out", err = folder / "err";
  std::vector<std::string> command = {OPGAUGE_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment;
  for (char** one = environ; *one; ++one) variables.emplace_back(*one);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const auto open_as = [&](int descriptor, const std::string& path, int flags) {
    posix_spawn_file_actions_addopen(&actions, descriptor, path.c_str(), flags, 0600);
  };
  open_as(0, "/dev/null", O_RDONLY);
  open_as(1, out, O_WRONLY | O_CREAT | O_TRUNC);
  open_as(2, err, O_WRONLY | O_CREAT | O_TRUNC);
  ProgramRun run;
  pid_t child = 0;
  const int failed = posix_spawn(&child, OPGAUGE_PROGRAM, &actions, nullptr,
                                 pointers(command).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed) {
    run.err = std::string("cannot be started: ") + std::strerror(failed);
    return run;
  }
  int status = 0;
  waitpid(child, &status, 0);
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  run.out = read_file(out);
  run.err = read_file(err);
  return run;
}

}  // namespace opgauge
