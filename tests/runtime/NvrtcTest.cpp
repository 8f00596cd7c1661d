// NVRTC: finding it and its headers, compiling without a GPU, launching with one.
#include "runtime/cuda/Nvrtc.h"
#include "Expect.h"
#include "runtime/Backends.h"
#include "runtime/CudaSource.h"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <unistd.h>

namespace tile::runtime::test {
namespace {

namespace fs = std::filesystem;

/// An environment variable for the length of a test.
class Environment {
public:
  Environment(const char *name, const std::string &value) : name_(name) {
    if (const char *old = std::getenv(name)) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~Environment() {
    if (old_)
      setenv(name_, old_->c_str(), 1);
    else
      unsetenv(name_);
  }

private:
  const char *name_;
  std::optional<std::string> old_;
};

constexpr const char *kSource = R"(
#include <cuda_bf16.h>
#include <cuda_fp16.h>
extern "C" __global__ void scale(const ELEMENT *x, ELEMENT *y, float factor, long long n) {
  long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = ELEMENT(float(x[i]) * factor);
}
extern "C" __global__ void reverse(int *data) {
  extern __shared__ int copy[];
  copy[threadIdx.x] = data[threadIdx.x];
  __syncthreads();
  data[threadIdx.x] = copy[blockDim.x - 1 - threadIdx.x];
}
)";

TEST(NvrtcPaths, TriesTheNamedToolkitFirst) {
  Environment home("CUDA_HOME", "/opt/some-cuda"), path("CUDA_PATH", "/opt/other-cuda");
  std::vector<std::string> libraries = nvrtc_libraries();
  ASSERT_FALSE(libraries.empty());
  EXPECT_EQ(libraries[0], "/opt/some-cuda/lib64/libnvrtc.so.13");
  EXPECT_THAT(libraries, testing::IsSupersetOf({"/opt/other-cuda/lib64/libnvrtc.so.12", "libnvrtc.so.13",
                                                "libnvrtc.so.12", "libnvrtc.so", "/usr/local/cuda/lib64/libnvrtc.so"}));
  EXPECT_EQ(cuda_include_folders("/x/lib64/libnvrtc.so.13")[0], "/opt/some-cuda/include");
}

TEST(NvrtcPaths, LooksBesideTheLibrary) {
  EXPECT_THAT(cuda_include_folders("/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12"),
              testing::IsSupersetOf({"/site-packages/nvidia/cuda_nvrtc/include",
                                     "/site-packages/nvidia/cuda_runtime/include", "/usr/local/cuda/include"}));
}

TEST(NvrtcPaths, FindsWheelsOfAVirtualEnvironment) {
  fs::path root = fs::temp_directory_path() / fmt::format("flabench-venv-{}", getpid());
  fs::path wheel = root / "lib/python3.12/site-packages/nvidia/cu13";
  fs::create_directories(wheel / "lib");
  std::ofstream(wheel / "lib/libnvrtc.so.13") << "";
  Environment venv("VIRTUAL_ENV", root.string());
  EXPECT_THAT(nvrtc_libraries(), testing::Contains((wheel / "lib/libnvrtc.so.13").string()));
  EXPECT_THAT(cuda_include_folders("libnvrtc.so.13"), testing::Contains((wheel / "include").string()));
  fs::remove_all(root);
}

TEST(Nvrtc, AMissingLibraryIsExplained) {
  fs::path broken = fs::temp_directory_path() / fmt::format("flabench-libnvrtc-{}.so", getpid());
  std::ofstream(broken) << "not a library";
  expect_error<UserError>([&] { Nvrtc({"/nowhere/libnvrtc.so.13", broken.string()}); },
                          {"NVRTC", "not found", "CUDA_HOME", "/nowhere/libnvrtc.so.13", broken.string() + ": "});
  fs::remove(broken);
}

TEST(Nvrtc, AForeignLibraryIsRefused) {
  expect_error<UserError>([] { Nvrtc({"libm.so.6"}); }, {"no function", "NVRTC 12.0"});
}

class NvrtcCompile : public testing::Test {
protected:
  void SetUp() override {
    try {
      nvrtc = &Nvrtc::get();
    } catch (const UserError &e) {
      GTEST_SKIP() << e.what();
    }
    if (nvrtc->includes().empty()) GTEST_SKIP() << "no CUDA headers beside " << nvrtc->library();
  }
  const Nvrtc *nvrtc = nullptr;
};

TEST_F(NvrtcCompile, MakesMachineCodeForEachArchitecture) {
  EXPECT_GE(nvrtc->version().first, 12);
  for (const char *arch : {"sm_80", "sm_90a"})
    for (const char *type : {"-DELEMENT=float", "-DELEMENT=__half", "-DELEMENT=__nv_bfloat16"}) {
      Nvrtc::Code code = nvrtc->compile("scale.cu", kSource, arch, {type});
      EXPECT_FALSE(code.is_ptx);
      EXPECT_THAT(code.image, testing::StartsWith("\x7f"
                                                  "ELF"));
      EXPECT_THAT(code.image, testing::HasSubstr("scale"));
    }
}

TEST_F(NvrtcCompile, MakesPtxForAnArchitectureItDoesNotKnow) {
  Nvrtc::Code code = nvrtc->compile("scale.cu", kSource, "sm_999a", {"-DELEMENT=float"});
  EXPECT_TRUE(code.is_ptx);
  EXPECT_THAT(code.image, testing::HasSubstr(".entry scale"));
}

TEST_F(NvrtcCompile, ShowsTheCompilersLog) {
  expect_error<UserError>(
      [&] { nvrtc->compile("wrong.cu", "extern \"C\" __global__ void k() { nonsense; }", "sm_90a"); },
      {"wrong.cu", "sm_90a", "nonsense", "undefined"});
  expect_error<UserError>([&] { nvrtc->compile("opt.cu", "__global__ void k() {}", "sm_90a", {"--no-such-option"}); },
                          {"opt.cu", "no-such-option"});
}

TEST_F(NvrtcCompile, NamesAMissingHeader) {
  expect_error<UserError>([&] { nvrtc->compile("h.cu", "#include <no_such.h>\n", "sm_90a"); }, {"h.cu", "no_such.h"});
}

TEST_F(NvrtcCompile, KeepsWarnings) {
  Nvrtc::Code code = nvrtc->compile("w.cu", "extern \"C\" __global__ void k(int *p) { int unused; *p = 1; }", "sm_90a");
  EXPECT_THAT(code.log, testing::HasSubstr("unused"));
}

class CudaSourceOnGpu : public testing::Test {
protected:
  void SetUp() override {
    std::string why_not;
    if (list_cuda_devices(&why_not).empty()) GTEST_SKIP() << why_not;
    try {
      Nvrtc::get();
    } catch (const UserError &e) {
      GTEST_SKIP() << e.what();
    }
    device = open_device("cuda");
    stream = device->stream();
  }
  std::unique_ptr<Device> device;
  std::unique_ptr<Stream> stream;
};

TEST_F(CudaSourceOnGpu, CompilesAndLaunches) {
  auto module = compile_cuda_source(*device, "scale.cu", kSource, {"-DELEMENT=__nv_bfloat16"});
  auto kernel = module->kernel("scale");
  module.reset(); // a kernel keeps its module
  const int64_t n = 1000;
  std::vector<uint16_t> x(n, 0x3fc0), y(n); // 1.5
  Buffer dx = device->allocate(n * 2), dy = device->allocate(n * 2);
  device->upload(dx.data(), x.data(), dx.bytes());
  std::vector<KernelArg> args = {dx.data(), dy.data(), 3.f, static_cast<long long>(n)};
  kernel->launch(*stream, {8}, 128, args);
  device->download(y.data(), dy.data(), dy.bytes());
  EXPECT_EQ(y, std::vector<uint16_t>(n, 0x4090)); // 4.5
}

TEST_F(CudaSourceOnGpu, TakesDynamicSharedMemory) {
  auto kernel = compile_cuda_source(*device, "reverse.cu", kSource, {"-DELEMENT=float"})->kernel("reverse");
  std::vector<int> data(1024), expected(1024);
  for (int i = 0; i < 1024; ++i) {
    data[size_t(i)] = i;
    expected[size_t(i)] = 1023 - i;
  }
  Buffer b = device->allocate(4096);
  device->upload(b.data(), data.data(), 4096);
  std::vector<KernelArg> args = {b.data()};
  kernel->launch(*stream, {1}, 1024, args, 60 << 10);
  device->download(data.data(), b.data(), 4096);
  EXPECT_EQ(data, expected);
  expect_error<DeviceError>([&] { kernel->launch(*stream, {1}, 1024, args, 10 << 20); }, {"shared memory"});
}

TEST_F(CudaSourceOnGpu, ChecksLaunches) {
  auto module = compile_cuda_source(*device, "scale.cu", kSource, {"-DELEMENT=float"});
  expect_error<UserError>([&] { module->kernel("missing"); }, {"scale.cu", "'missing'", "extern \"C\""});
  auto kernel = module->kernel("scale");
  Buffer b = device->allocate(4096);
  std::vector<KernelArg> right = {b.data(), b.data(), 3.f, static_cast<long long>(4)};
  expect_error<UserError>([&] { kernel->launch(*stream, {1}, 2048, right); }, {"scale", "2048", "1 to 1024"});
  expect_error<UserError>([&] { kernel->launch(*stream, {1}, 0, right); }, {"0 threads"});
  expect_error<UserError>([&] { kernel->launch(*stream, {1, 1, 70'000}, 32, right); }, {"70000"});
  kernel->launch(*stream, {0}, 32, right);
  expect_error<UserError>([&] { kernel->launch(*stream, {1}, 32, std::vector<KernelArg>(65, KernelArg(1))); },
                          {"scale", "65 arguments; at most 64"});
  std::vector<KernelArg> few = {b.data()}, narrow = {b.data(), b.data(), 3.f, 4};
  try {
    kernel->launch(*stream, {0}, 32, few);
    GTEST_SKIP() << "this driver does not tell a kernel's parameters";
  } catch (const UserError &e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("takes 4 arguments; 1 were given"));
  }
  expect_error<UserError>([&] { kernel->launch(*stream, {1}, 32, narrow); }, {"argument 3 takes 8 bytes"});
}

} // namespace
} // namespace tile::runtime::test
