// Syntax is CLI11's work; meaning is given to words elsewhere. Every failure becomes one message that starts with the
// program's name, on standard error, and an exit code by its kind.
#include "bench/Cli.h"

#include "bench/CompileTimes.h"
#include "bench/Emit.h"
#include "bench/List.h"
#include "bench/Run.h"
#include "bench/Version.h"
#include "bench/Words.h"
#include "compiler/Compiler.h"
#include "compiler/support/Error.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <fmt/format.h>
#include <functional>
#include <optional>
#include <ostream>

namespace fla::bench {
namespace {

constexpr const char *kSummary =
    "Fused neural-net layers, compiled while the program runs, validated and timed against their\n"
    "unfused references on the same inputs.";

constexpr const char *kExamples = R"(Examples:
  flabench --list
  flabench --module layernorm
  flabench --module layernorm --op rms_norm --pass fwd,bwd --dtype bf16,f32
  flabench --module layernorm --device host --case N=16384,D=1024 --case N=33,D=40000
  flabench --module l2norm --pass bwd --case N=32768,D=128 --candidate all
  flabench --module layernorm --device cuda:1 --grid fla --format json > results.jsonl
  flabench emit --module layernorm --op layer_norm --pass fwd --arch sm_90a --stage ptx
  flabench compile --module layernorm --arch sm_90a

Exit codes: 0 done, 1 a result was wrong, 2 bad input, 3 the device failed, 70 a bug of flabench,
74 the output could not be written.)";

constexpr const char *kEmitExamples = R"(Examples:
  flabench emit --module layernorm --op layer_norm --pass fwd --arch sm_90a --stage ptx
  flabench emit --module layernorm --op rms_norm --pass bwd --case N=64,D=100 --arch host --stage asm)";

constexpr const char *kCompileExamples = R"(Examples:
  flabench compile --module layernorm --arch sm_90a
  flabench compile --module layernorm --op layer_norm --pass fwd --arch host --reps 50 --format json)";

/// What all of the command line fills in.
struct Words {
  RunOptions run;
  EmitOptions emit;
  CompileOptions compile;
  std::string format = "table", compile_format = "table";
  bool list = false;
  int kernel = -1;
};

/// One value at a time, so that a forgotten comma is an error and not a longer list.
void add_list(CLI::App &app, const std::string &name, std::vector<std::string> &to, const char *value,
              const std::string &help) {
  app.add_option(name, to, help)->allow_extra_args(false)->type_name(value);
}

CLI::Option *add_text(CLI::App &app, const std::string &name, std::string &to, const char *value,
                      const std::string &help) {
  return app.add_option(name, to, help)->type_name(value);
}

/// CLI11 takes a number that is too large for the largest that there is.
template <class N>
void add_number(CLI::App &app, const std::string &name, N &to, N least, N most, const std::string &help) {
  auto check = [least, most](const std::string &word) {
    const std::optional<int64_t> number = parse_integer(word);
    if (number && *number >= least && *number <= most) return std::string();
    return fmt::format("'{}' is no whole number from {} to {}", word, least, most);
  };
  app.add_option(name, to, help)->check(CLI::Validator(check, ""))->type_name("N");
}

void add_selection(CLI::App &app, Selection &select) {
  add_text(app, "--module", select.module, "NAME", "Module to run");
  add_list(app, "--op", select.ops, "LIST", "Ops, separated by commas (default: all of the module)");
  add_list(app, "--pass", select.passes, "LIST", "Passes: fwd, bwd, fwdbwd (default: all of the op)");
  add_list(app, "--case", select.cases, "CASE", "As N=32768,D=1024; may be given several times");
  add_list(app, "--dtype", select.dtypes, "LIST", "Element types of the tensors: bf16, f16, f32 (default: bf16)");
  add_text(app, "--grid", select.grid, "NAME", "Cases when none is given: quick (default) or fla, the arena's own");
}

void add_main(CLI::App &app, Words &w) {
  app.set_version_flag(
      "--version", [] { return fmt::format("flabench {} ({})", version(), tile::compiler_version()); },
      "Print the versions of the program and of its compiler");
  add_selection(app, w.run.select);
  add_text(app, "--device", w.run.device, "NAME",
           "cuda, cuda:1, host, simt: a virtual GPU (default: cuda if there is one, else host)");
  add_text(app, "--format", w.format, "NAME", "table (default), json (one object a line) or csv");
  add_number(app, "--reps", w.run.reps, 1, 100000, "Measured runs of each case (default: until the median is stable)");
  add_number(app, "--seed", w.run.seed, int64_t(0), INT64_MAX, "Of the random inputs (default: 1)");
  add_list(app, "--candidate", w.run.candidates, "LIST",
           "Ways to cut the work to run: numbers, or all (default: 0, the heuristic's)");
  app.add_flag("--host-time", w.run.host_time, "Also measure the host time of a launch (GPUs only)");
  app.add_flag("--list", w.list, "Print modules, ops, passes and cases, and run nothing");
  app.footer(kExamples);
}

void add_emit(CLI::App &app, Words &w) {
  EmitOptions &e = w.emit;
  add_text(app, "--module", e.module, "NAME", "Module of the kernel");
  add_text(app, "--op", e.op, "NAME", "Op (default: the module's first)");
  add_text(app, "--pass", e.pass, "NAME", "fwd, bwd, fwdbwd (default: the op's first)");
  add_text(app, "--case", e.shape, "CASE", "As N=32768,D=1024 (default: the first of the quick grid)");
  add_text(app, "--dtype", e.dtype, "NAME", "Element type of the tensors (default: bf16)");
  add_text(app, "--arch", e.arch, "NAME", "sm_80, sm_90a, ..., host, x86-64, x86-64-v3, x86-64-v4, aarch64 or simt")
      ->required();
  add_text(app, "--stage", e.stage, "NAME", "tile, layout, lane, llvm, ptx (GPU) or asm (host, simt)")->required();
  add_number(app, "--candidate", e.candidate, 0, 9999, "Which way to cut the work (default: 0, the heuristic's)");
  add_number(app, "--kernel", w.kernel, 0, 9999, "Which kernel of the candidate (default: all)");
  app.footer(kEmitExamples);
}

void add_compile(CLI::App &app, Words &w) {
  add_selection(app, w.compile.select);
  add_text(app, "--arch", w.compile.arch, "NAME",
           "sm_80, sm_90a, ..., host, x86-64, x86-64-v3, x86-64-v4, aarch64 or simt")
      ->required();
  add_number(app, "--reps", w.compile.reps, 1, 100000, "Compilations of each kernel after the first (default: 20)");
  add_text(app, "--format", w.compile_format, "NAME", "table (default), json (one object a line) or csv");
  app.footer(kCompileExamples);
}

void split(Selection &select) {
  for (auto *words : {&select.ops, &select.passes, &select.dtypes}) *words = split_commas(*words);
}

int dispatch(const CLI::App &app, Words &w, std::ostream &out) {
  if (app.got_subcommand("emit")) {
    if (w.kernel >= 0) w.emit.kernel = w.kernel;
    return emit(w.emit, out);
  }
  if (app.got_subcommand("compile")) {
    w.compile.format = format_named(w.compile_format);
    split(w.compile.select);
    return time_compiler(w.compile, out);
  }
  const Format format = format_named(w.format);
  if (w.list) return list({w.run.select.module, format}, out);
  w.run.format = format;
  split(w.run.select);
  w.run.candidates = split_commas(w.run.candidates);
  return run(w.run, out);
}

int parse_and_run(int argc, const char *const *argv, std::ostream &out, std::ostream &err) {
  Words words;
  CLI::App app(kSummary, "flabench");
  app.get_formatter()->column_width(24);
  add_main(app, words);
  add_emit(*app.add_subcommand("emit", "Show a kernel's way to machine code; needs no GPU"), words);
  add_compile(*app.add_subcommand("compile", "Time the compiler, kernel by kernel; needs no GPU"), words);
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &e) { // help or version
    return app.exit(e, out, err);
  } catch (const CLI::ParseError &e) {
    throw tile::UserError(fmt::format("{}\nTry 'flabench --help'.", e.what()));
  }
  return dispatch(app, words, out);
}

int fail(std::ostream &err, std::string_view kind, std::string_view what, int code) {
  err << "flabench: " << kind << what << '\n' << std::flush;
  return code;
}

int guarded(std::ostream &err, const std::function<int()> &body) {
  try {
    return body();
  } catch (const tile::UserError &e) {
    return fail(err, "", e.what(), e.exit_code());
  } catch (const tile::DeviceError &e) {
    return fail(err, "the device failed: ", e.what(), e.exit_code());
  } catch (const tile::InternalError &e) {
    return fail(err, "internal error: ", e.what(), e.exit_code());
  } catch (const std::bad_alloc &) {
    return fail(err, "", "this computer has not enough memory for that", 3);
  } catch (const std::exception &e) {
    return fail(err, "internal error: ", e.what(), 70);
  }
}

} // namespace

int run_cli(int argc, const char *const *argv, std::ostream &out, std::ostream &err) {
  const int code = guarded(err, [&] { return parse_and_run(argc, argv, out, err); });
  if (!out.flush()) return fail(err, "", "standard output could not be written to", 74);
  return code;
}

} // namespace fla::bench
