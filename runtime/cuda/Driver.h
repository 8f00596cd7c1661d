// The CUDA driver as a table of functions, opened while the program runs: a build needs the toolkit's headers only, and
// the same binary runs where there is no GPU.
#pragma once

#include <cuda.h>
#include <string>

namespace tile::runtime {

// Member, declaration whose type it has, symbol in the library. The symbols are the oldest of their signature, so that
// a binary built with new headers runs with an older driver.
#define TILE_CUDA_DRIVER_FUNCTIONS(X)                                                                                  \
  X(init, cuInit, "cuInit")                                                                                            \
  X(driverGetVersion, cuDriverGetVersion, "cuDriverGetVersion")                                                        \
  X(getErrorName, cuGetErrorName, "cuGetErrorName")                                                                    \
  X(getErrorString, cuGetErrorString, "cuGetErrorString")                                                              \
  X(deviceGetCount, cuDeviceGetCount, "cuDeviceGetCount")                                                              \
  X(deviceGet, cuDeviceGet, "cuDeviceGet")                                                                             \
  X(deviceGetName, cuDeviceGetName, "cuDeviceGetName")                                                                 \
  X(deviceGetAttribute, cuDeviceGetAttribute, "cuDeviceGetAttribute")                                                  \
  X(deviceTotalMem, cuDeviceTotalMem, "cuDeviceTotalMem_v2")                                                           \
  X(primaryCtxRetain, cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain")                                            \
  X(primaryCtxRelease, cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2")                                      \
  X(ctxSetCurrent, cuCtxSetCurrent, "cuCtxSetCurrent")                                                                 \
  X(ctxSynchronize, cuCtxSynchronize, "cuCtxSynchronize")                                                              \
  X(memAlloc, cuMemAlloc, "cuMemAlloc_v2")                                                                             \
  X(memFree, cuMemFree, "cuMemFree_v2")                                                                                \
  X(memcpyHtoD, cuMemcpyHtoD, "cuMemcpyHtoD_v2")                                                                       \
  X(memcpyDtoH, cuMemcpyDtoH, "cuMemcpyDtoH_v2")                                                                       \
  X(memsetD8Async, cuMemsetD8Async, "cuMemsetD8Async")                                                                 \
  X(memHostAlloc, cuMemHostAlloc, "cuMemHostAlloc")                                                                    \
  X(memFreeHost, cuMemFreeHost, "cuMemFreeHost")                                                                       \
  X(memHostGetDevicePointer, cuMemHostGetDevicePointer, "cuMemHostGetDevicePointer_v2")                                \
  X(streamCreate, cuStreamCreate, "cuStreamCreate")                                                                    \
  X(streamDestroy, cuStreamDestroy, "cuStreamDestroy_v2")                                                              \
  X(streamSynchronize, cuStreamSynchronize, "cuStreamSynchronize")                                                     \
  X(streamBeginCapture, cuStreamBeginCapture, "cuStreamBeginCapture_v2")                                               \
  X(streamEndCapture, cuStreamEndCapture, "cuStreamEndCapture")                                                        \
  X(graphInstantiate, cuGraphInstantiate, "cuGraphInstantiateWithFlags")                                               \
  X(graphLaunch, cuGraphLaunch, "cuGraphLaunch")                                                                       \
  X(graphDestroy, cuGraphDestroy, "cuGraphDestroy")                                                                    \
  X(graphExecDestroy, cuGraphExecDestroy, "cuGraphExecDestroy")                                                        \
  X(eventCreate, cuEventCreate, "cuEventCreate")                                                                       \
  X(eventDestroy, cuEventDestroy, "cuEventDestroy_v2")                                                                 \
  X(eventRecord, cuEventRecord, "cuEventRecord")                                                                       \
  X(eventSynchronize, cuEventSynchronize, "cuEventSynchronize")                                                        \
  X(eventElapsedTime, cuEventElapsedTime, "cuEventElapsedTime")                                                        \
  X(moduleLoadDataEx, cuModuleLoadDataEx, "cuModuleLoadDataEx")                                                        \
  X(moduleUnload, cuModuleUnload, "cuModuleUnload")                                                                    \
  X(moduleGetFunction, cuModuleGetFunction, "cuModuleGetFunction")                                                     \
  X(funcGetAttribute, cuFuncGetAttribute, "cuFuncGetAttribute")                                                        \
  X(funcSetAttribute, cuFuncSetAttribute, "cuFuncSetAttribute")                                                        \
  X(launchKernel, cuLaunchKernel, "cuLaunchKernel")

struct Driver {
#define X(member, declaration, symbol) decltype(&::declaration) member = nullptr;
  TILE_CUDA_DRIVER_FUNCTIONS(X)
#undef X
  // Since CUDA 11.8, and by drivers that can record such a launch; null with others.
  CUresult(CUDAAPI *launchKernelEx)(const CUlaunchConfig *, CUfunction, void **params, void **extra) = nullptr;
  // Since CUDA 12.4; null with older drivers.
  CUresult(CUDAAPI *funcLoad)(CUfunction) = nullptr;
  CUresult(CUDAAPI *funcGetParamInfo)(CUfunction, size_t index, size_t *offset, size_t *size) = nullptr;

  int version = 0; ///< of CUDA, 1000 * major + 10 * minor

  /// The initialised driver. UserError when it cannot be used: no library, too old, or no device.
  static const Driver &get();

  /// "CUDA_ERROR_OUT_OF_MEMORY (out of memory)"
  std::string words(CUresult) const;
  /// DeviceError "<what>: <words>".
  [[noreturn]] void fail(CUresult, const std::string &what) const;
  void check(CUresult result, const char *what) const {
    if (result != CUDA_SUCCESS) [[unlikely]]
      fail(result, what);
  }
  /// "CUDA 13.0, driver 580.159.03"
  std::string description() const;
};

} // namespace tile::runtime
