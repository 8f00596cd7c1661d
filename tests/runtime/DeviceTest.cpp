// Names of devices: what is refused, in which words, and what a machine without a GPU falls back to.
#include "runtime/Device.h"
#include "Expect.h"
#include "runtime/Backends.h"
#include "runtime/CudaSource.h"

namespace tile::runtime::test {
namespace {

TEST(OpenDevice, RefusesUnknownNamesAndListsTheKnown) {
  for (std::string name : {"tpu", "", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CUDA", "host:0", "cuda:99999999999"})
    expect_error<UserError>([&] { open_device(name); }, {"unknown device '" + name + "'", "'host'", "'cuda'",
                                                         "'cuda:N'", "usable on this machine"});
}

TEST(OpenDevice, SaysWhyThereIsNoGpu) {
  std::string why_not;
  if (!list_cuda_devices(&why_not).empty()) GTEST_SKIP() << "this machine has a GPU";
  EXPECT_FALSE(why_not.empty());
  EXPECT_EQ(default_device(), "host");
#ifdef FLABENCH_CUDA
  expect_error<UserError>([] { open_device("cuda"); }, {"no GPU can be used", "'host'"});
  expect_error<UserError>([] { open_device("cuda:1"); }, {"no GPU can be used"});
#else
  for (const char *name : {"cuda", "cuda:1"})
    expect_error<UserError>([&] { open_device(name); }, {"GPU", "no CUDA support", "Install", "rebuild", "'host'"});
#endif
  expect_error<UserError>([&] { open_device("tpu"); }, {why_not});
}

TEST(OpenDevice, PrefersTheGpu) {
  if (list_cuda_devices().empty()) GTEST_SKIP() << "no GPU on this machine";
  EXPECT_EQ(default_device(), "cuda");
  EXPECT_EQ(open_device("cuda")->id(), "cuda:0");
}

TEST(CudaSource, NeedsACudaDevice) {
  auto host = open_device("host");
#ifdef FLABENCH_CUDA
  const std::string why = "the CUDA source 'ref.cu' needs a CUDA device; 'host' is none";
#else
  const std::string why = "the CUDA source 'ref.cu' cannot be compiled: ";
#endif
  expect_error<UserError>([&] { compile_cuda_source(*host, "ref.cu", "__global__ void k() {}"); }, {why});
}

} // namespace
} // namespace tile::runtime::test
