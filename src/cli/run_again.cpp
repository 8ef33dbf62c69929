// SPDX-License-Identifier: Apache-2.0
#include "cli/run_again.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "base/error.hpp"
#include "cli/interruption.hpp"

namespace opgauge {

int run_again(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<std::string> words{self};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // Not posix_spawn, which cannot tie the child's life to ours. Between fork and exec only what is
  // safe in a process that had threads.
  const char* said = log.empty() ? nullptr : log.c_str();
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) throw Error(self, std::string("cannot be started again: ") + std::strerror(errno));
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(137);  // it died in between
    if (said) {
      const int file = ::open(said, O_WRONLY | O_CREAT | O_APPEND, 0644);
      if (file < 0) ::_exit(126);
      ::dup2(file, STDOUT_FILENO);
      ::dup2(file, STDERR_FILENO);
      ::close(file);
    }
    ::execv(self.c_str(), argv.data());
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw Error(self, std::string("was lost: ") + std::strerror(errno));
    if (interrupted()) ::kill(child, SIGTERM);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace opgauge
