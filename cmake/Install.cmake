# What `cmake --install` puts in place, for other CMake projects:
#   find_package(flabench)
#   target_link_libraries(app PRIVATE flabench::flabench)
#   #include "compiler/dsl/Kernel.h", "modules/layernorm/api.h", ...
# One shared library holds compiler, runtime and modules; its headers name no other library.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(parts fla_modules fla_common tile_runtime tile_compiler tile_dsl tile_passes tile_lane tile_dialect tile_layout)
set(whole)
foreach(part IN LISTS parts)
  list(APPEND whole $<TARGET_FILE:${part}>)
endforeach()

file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/flabench-library.cpp CONTENT "// All of the library comes from archives.\n")
add_library(flabench_library SHARED ${CMAKE_BINARY_DIR}/flabench-library.cpp)
set_target_properties(flabench_library PROPERTIES
  OUTPUT_NAME flabench EXPORT_NAME flabench VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
  INSTALL_RPATH_USE_LINK_PATH ON)
add_dependencies(flabench_library ${parts})
# All of each archive, though nothing here calls it; -Bsymbolic: calls inside of the library stay inside.
target_link_libraries(flabench_library PRIVATE
  -Wl,-Bsymbolic -Wl,--whole-archive ${whole} -Wl,--no-whole-archive
  tile_llvm tile_fmt Threads::Threads ${CMAKE_DL_LIBS})
set_property(TARGET flabench_library PROPERTY LINK_DEPENDS ${whole})
target_include_directories(flabench_library INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/flabench>)
target_compile_features(flabench_library INTERFACE cxx_std_20)

install(TARGETS flabench_library EXPORT flabench LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS flabench RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(EXPORT flabench NAMESPACE flabench:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/flabench
        FILE flabench-targets.cmake)

# The public headers: what kernel authors and callers of ops include, and what those include.
set(headers
  compiler/Compiler.h compiler/support/DType.h compiler/support/Error.h runtime/Device.h
  modules/common/Launches.h modules/common/Problem.h modules/common/Rows.h modules/common/Stream.h
  modules/common/Tensor.h modules/common/TensorChecks.h)
file(GLOB language CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} compiler/dsl/*.h)
list(FILTER language EXCLUDE REGEX "Impl\\.h$|Context\\.h$") # these name MLIR
file(GLOB apis CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} modules/*/api.h)
foreach(header IN LISTS headers language apis)
  cmake_path(GET header PARENT_PATH folder)
  install(FILES ${PROJECT_SOURCE_DIR}/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/flabench/${folder})
endforeach()

write_basic_package_version_file(${CMAKE_BINARY_DIR}/flabench-config-version.cmake COMPATIBILITY SameMinorVersion)
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/flabench-config.cmake
     CONTENT "include(\${CMAKE_CURRENT_LIST_DIR}/flabench-targets.cmake)\n")
install(FILES ${CMAKE_BINARY_DIR}/flabench-config.cmake ${CMAKE_BINARY_DIR}/flabench-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/flabench)
