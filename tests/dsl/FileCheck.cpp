// Runs LLVM's FileCheck library over a kernel's IR.
#include "FileCheck.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/FileCheck/FileCheck.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace tile {

static void collect(const SMDiagnostic &diagnostic, void *text) {
  raw_string_ostream os(*static_cast<std::string *>(text));
  diagnostic.print("", os, /*ShowColors=*/false);
}

static StringRef add(SourceMgr &sources, StringRef text, StringRef name) {
  auto buffer = MemoryBuffer::getMemBufferCopy(text, name);
  StringRef kept = buffer->getBuffer();
  sources.AddNewSourceBuffer(std::move(buffer), SMLoc());
  return kept;
}

testing::AssertionResult matches(const Kernel &kernel, std::string_view patterns) {
  FileCheckRequest request;
  FileCheck check(request);
  SourceMgr sources;
  std::string said;
  sources.setDiagHandler(collect, &said);

  SmallString<1024> checkSpace, inputSpace;
  auto checks = MemoryBuffer::getMemBufferCopy(StringRef(patterns.data(), patterns.size()));
  if (!check.ValidateCheckPrefixes() ||
      check.readCheckFile(sources, add(sources, check.CanonicalizeFile(*checks, checkSpace), "patterns")))
    return testing::AssertionFailure() << "the patterns are wrong: " << said;
  std::string ir = kernel.str();
  auto input = MemoryBuffer::getMemBufferCopy(ir);
  if (check.checkInput(sources, add(sources, check.CanonicalizeFile(*input, inputSpace), "ir")))
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << said << "\nthe IR:\n" << ir;
}

} // namespace tile
