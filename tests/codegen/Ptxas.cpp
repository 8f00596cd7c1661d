#include "tests/codegen/Ptxas.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <unistd.h>

namespace tile::test {
namespace {

struct Said {
  bool taken = false;
  std::string log;
};

Said say(const std::string &ptx, const std::string &arch) {
  static std::atomic<int> calls = 0; // threads and processes write files of their own
  const std::string name = "ptxas-" + std::to_string(getpid()) + "-" + std::to_string(calls++);
  const std::string stem = (std::filesystem::temp_directory_path() / name).string();
  std::ofstream(stem + ".ptx") << ptx;
  const std::string command =
      std::string(ptxas()) + " -v -arch=" + arch + " " + stem + ".ptx -o " + stem + ".cubin > " + stem + ".log 2>&1";
  const int status = std::system(command.c_str());
  std::stringstream log;
  log << std::ifstream(stem + ".log").rdbuf();
  for (const char *end : {".ptx", ".cubin", ".log"}) std::filesystem::remove(stem + end);
  return {status == 0, log.str()};
}

/// The number that stands before `words` in `text`, or `otherwise`.
int number_before(const std::string &text, const std::string &words, int otherwise) {
  size_t end = text.find(words);
  if (end == std::string::npos) return otherwise;
  size_t begin = text.find_last_not_of("0123456789", end - 1);
  return std::atoi(text.substr(begin + 1, end - begin - 1).c_str());
}

/// What ptxas said of each entry, by name.
std::map<std::string, std::string> by_entry(const std::string &log) {
  constexpr std::string_view kBegin = "Compiling entry function '";
  std::map<std::string, std::string> parts;
  for (size_t at = log.find(kBegin); at != std::string::npos;) {
    const size_t name = at + kBegin.size(), end = log.find('\'', name), next = log.find(kBegin, end);
    parts[log.substr(name, end - name)] = log.substr(end + 1, next - end - 1);
    at = next;
  }
  return parts;
}

/// Silence on spills is a complaint too: then the words of ptxas have changed.
Assembled judged(const std::string &part, bool prints) {
  const bool spills = number_before(part, " bytes spill stores", 1) || number_before(part, " bytes spill loads", 1);
  const bool frame = !prints && number_before(part, " bytes stack frame", 1);
  return {spills || frame ? "ptxas: " + part : "", number_before(part, " registers", 0)};
}

bool prints(const std::string &ptx) {
  return ptx.find("vprintf") != std::string::npos;
}

/// `text` with `word` renamed wherever it stands, which PTX makes other names of too (its parameters, its scratch).
std::string renamed(std::string text, const std::string &word, const std::string &to) {
  for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += to.size())
    text.replace(at, word.size(), to);
  return text;
}

/// The PTX without the lines that stand once in a file.
std::string body_of(const std::string &ptx) {
  const size_t last = ptx.find(".address_size");
  return ptx.substr(ptx.find('\n', last));
}

} // namespace

const char *ptxas() {
  static const bool there = access(TILE_PTXAS, X_OK) == 0; // built on another computer, perhaps
  return there ? TILE_PTXAS : "";
}

std::string complaints(const std::string &ptx, const std::string &arch) {
  const Said said = say(ptx, arch);
  if (!said.taken) return "ptxas: " + said.log;
  const auto parts = by_entry(said.log);
  if (parts.empty()) return "ptxas saw no kernel: " + said.log;
  for (const auto &[name, part] : parts)
    if (const Assembled made = judged(part, prints(ptx)); !made.complaints.empty()) return made.complaints;
  return "";
}

std::vector<Assembled> assemble(std::span<const Entry> entries, const std::string &arch) {
  auto number = [](const Entry &e, size_t i) { return e.name + "_no" + std::to_string(i); };
  std::string all;
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string text = renamed(entries[i].ptx, entries[i].name, number(entries[i], i));
    all += i ? body_of(text) : text;
  }
  std::vector<Assembled> made(entries.size());
  const Said said = say(all, arch);
  if (!said.taken) { // whose fault it is shows one by one
    for (size_t i = 0; i < entries.size(); ++i) made[i].complaints = complaints(entries[i].ptx, arch);
    return made;
  }
  auto parts = by_entry(said.log);
  for (size_t i = 0; i < entries.size(); ++i) made[i] = judged(parts[number(entries[i], i)], prints(entries[i].ptx));
  return made;
}

} // namespace tile::test
