// Output goes to unnamed files: unlike pipes they never fill up, and need no reader while the program runs.
#include "tests/cli/Process.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace fla::test {
namespace {

std::string contents(std::FILE *file) {
  std::string text;
  std::rewind(file);
  char block[4096];
  while (size_t n = std::fread(block, 1, sizeof(block), file)) text.append(block, n);
  std::fclose(file);
  return text;
}

[[noreturn]] void become(const std::string &program, const std::vector<std::string> &arguments,
                         const Environment &environment, int out, int err) {
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  for (const auto &[name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char *> argv = {const_cast<char *>(program.c_str())};
  for (const std::string &a : arguments) argv.push_back(const_cast<char *>(a.c_str()));
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  _exit(127);
}

} // namespace

Finished run_program(const std::string &program, const std::vector<std::string> &arguments,
                     const Environment &environment, const std::string &out_path) {
  std::FILE *out = out_path.empty() ? std::tmpfile() : std::fopen(out_path.c_str(), "w+");
  std::FILE *err = std::tmpfile();
  if (!out || !err) throw std::runtime_error("no file for a program's output");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) become(program, arguments, environment, fileno(out), fileno(err));
  int status = 0;
  waitpid(child, &status, 0);
  Finished finished;
  finished.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  if (out_path.empty())
    finished.out = contents(out);
  else
    std::fclose(out);
  finished.err = contents(err);
  return finished;
}

} // namespace fla::test
