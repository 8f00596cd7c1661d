// ORC's LLJIT as a plain in-process linker: no platform, one dylib an object, removed with the object.
#include "runtime/host/ObjectLoader.h"

#include "compiler/support/Error.h"

#include <atomic>
#include <fmt/format.h>
#include <llvm/Config/llvm-config.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <mutex>

namespace tile::runtime {
namespace {

namespace orc = llvm::orc;

/// What the session reports beside the errors it returns: the returned ones often say only that something failed.
class Reports {
public:
  void add(llvm::Error error) {
    std::lock_guard lock(mutex_);
    text_ += "\n  " + llvm::toString(std::move(error));
  }
  std::string take() {
    std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }

private:
  std::mutex mutex_;
  std::string text_;
};

struct Session {
  Reports reports; // outlives the JIT, which may report while it ends
  std::unique_ptr<orc::LLJIT> jit;
  std::atomic<uint64_t> objects = 0;
};

[[noreturn]] void fail(Session &session, const Artifact &a, llvm::Error error) {
  std::string words = llvm::toString(std::move(error));
  throw DeviceError(fmt::format("loading the host code of kernel '{}' ({} bytes) failed: {}{}", a.entry, a.code.size(),
                                words, session.reports.take()));
}

thread_local std::string failure;

extern "C" void note_failure(const char *text) {
  if (failure.empty()) failure = text; // the first is the cause
}

class OrcObject final : public LoadedObject {
public:
  OrcObject(std::shared_ptr<Session> session, orc::JITDylib &dylib) : session_(std::move(session)), dylib_(dylib) {}
  ~OrcObject() override { llvm::consumeError(session_->jit->getExecutionSession().removeJITDylib(dylib_)); }
  orc::JITDylib &dylib() { return dylib_; }

private:
  std::shared_ptr<Session> session_;
  orc::JITDylib &dylib_;
};

class OrcLoader final : public ObjectLoader {
public:
  explicit OrcLoader(std::shared_ptr<Session> session) : session_(std::move(session)) {}

  std::unique_ptr<LoadedObject> load(const Artifact &a) override {
    auto dylib = session_->jit->createJITDylib(fmt::format("{}#{}", a.entry, session_->objects++));
    if (!dylib) fail(*session_, a, dylib.takeError());
    auto object = std::make_unique<OrcObject>(session_, *dylib);
    auto handler = orc::ExecutorSymbolDef(orc::ExecutorAddr::fromPtr(&note_failure), llvm::JITSymbolFlags::Exported);
    if (auto error =
            dylib->define(orc::absoluteSymbols({{session_->jit->mangleAndIntern(kRequirementFailed), handler}})))
      fail(*session_, a, std::move(error));
    // Aligned as the linker wants it, which the bytes of a std::string need not be.
    auto bytes = llvm::MemoryBuffer::getMemBufferCopy(a.code, a.entry);
    if (auto error = session_->jit->addObjectFile(*dylib, std::move(bytes))) fail(*session_, a, std::move(error));
    auto entry = session_->jit->lookup(*dylib, a.entry);
    if (!entry) fail(*session_, a, entry.takeError());
    object->entry = entry->toPtr<HostEntry>();
    return object;
  }

private:
  std::shared_ptr<Session> session_;
};

} // namespace

std::string take_failure() {
  return std::exchange(failure, {});
}

std::shared_ptr<ObjectLoader> ObjectLoader::create() {
  static const bool initialized = !llvm::InitializeNativeTarget() && !llvm::InitializeNativeTargetAsmPrinter();
  if (!initialized) throw InternalError("this build's LLVM has no code generator for the machine it runs on");
  auto session = std::make_shared<Session>();
  auto jit = orc::LLJITBuilder().setPlatformSetUp(orc::setUpInactivePlatform).create();
  if (!jit) throw DeviceError("the host's JIT linker could not be started: " + llvm::toString(jit.takeError()));
  session->jit = std::move(*jit);
  session->jit->getExecutionSession().setErrorReporter(
      [reports = &session->reports](llvm::Error error) { reports->add(std::move(error)); });
  return std::make_shared<OrcLoader>(std::move(session));
}

std::string object_loader_version() {
  return "ORC JIT, LLVM " LLVM_VERSION_STRING;
}

} // namespace tile::runtime
