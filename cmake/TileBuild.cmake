# How every target of the project is built: warnings, include roots, precompiled headers, TableGen, ccache.
include_guard(GLOBAL)

# ccache, told to trust precompiled headers: clang embeds no timestamp in them (below), so a hit is exact.
find_program(FLABENCH_CCACHE ccache)
if(FLABENCH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${FLABENCH_CCACHE})
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

# What every target of the project gets. All includes are written from the repository's root; what TableGen and the
# build generate lies at the same place under the build root, a system folder since what TableGen writes has warnings.
add_library(tile_support INTERFACE)
target_include_directories(tile_support INTERFACE ${PROJECT_SOURCE_DIR})
target_include_directories(tile_support SYSTEM INTERFACE ${PROJECT_BINARY_DIR})
target_compile_features(tile_support INTERFACE cxx_std_20)
# libstdc++ 12 deprecates what its own std::stable_sort calls.
target_compile_options(tile_support INTERFACE -Wall -Wextra -Wno-deprecated-declarations $<$<BOOL:${FLABENCH_WERROR}>:-Werror>)

# Adds each of the folders that has a CMakeLists.txt; one that gets it later is noticed at the next build.
function(tile_add_folders)
  foreach(folder IN LISTS ARGN)
    file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
    if(lists)
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()

# tile_add_library(NAME [PCH] [SOURCES file...] [LINK target...])
# A static library over tile_support. PCH: its sources share the precompiled MLIR header. Without sources the library
# is INTERFACE, so that what links it need not know.
function(tile_add_library name)
  cmake_parse_arguments(arg "PCH" "" "SOURCES;LINK" ${ARGN})
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC tile_support ${arg_LINK})
    if(arg_PCH)
      target_precompile_headers(${name} REUSE_FROM tile_pch)
      target_link_libraries(${name} PUBLIC tile_llvm)
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE tile_support ${arg_LINK})
  endif()
endfunction()

# tile_tablegen(TARGET name TD file OUTPUTS "options" file ["options" file ...])
# Runs mlir-tblgen on TD once for each pair of options and output. Outputs are written to the build folder of the
# current directory, so "compiler/dialect/X.h.inc" includes what compiler/dialect made. One TARGET may be given in
# several calls.
function(tile_tablegen)
  cmake_parse_arguments(arg "" "TARGET;TD" "OUTPUTS" ${ARGN})
  cmake_path(ABSOLUTE_PATH arg_TD NORMALIZE)
  cmake_path(GET arg_TD FILENAME td_name)
  set(made)
  while(arg_OUTPUTS)
    list(POP_FRONT arg_OUTPUTS options output)
    separate_arguments(options UNIX_COMMAND "${options}")
    set(path ${CMAKE_CURRENT_BINARY_DIR}/${output})
    cmake_path(GET path PARENT_PATH folder)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(
      OUTPUT ${path}
      COMMAND ${TILE_MLIR_TBLGEN} ${options} ${arg_TD} -I ${PROJECT_SOURCE_DIR} -I ${TILE_MLIR_INCLUDE_DIR}
              -o ${path} -d ${path}.d
      DEPENDS ${arg_TD} ${TILE_MLIR_TBLGEN}
      DEPFILE ${path}.d
      COMMENT "mlir-tblgen ${td_name} -> ${output}"
      VERBATIM)
    list(APPEND made ${path})
  endwhile()
  if(NOT TARGET ${arg_TARGET})
    add_custom_target(${arg_TARGET})
  endif()
  string(MD5 id "${made}")
  add_custom_target(${arg_TARGET}_${id} DEPENDS ${made})
  add_dependencies(${arg_TARGET} ${arg_TARGET}_${id})
endfunction()

# tile_add_dialect(LIBRARY PREFIX Tile NAME tile LINK target...)
# The library of the dialect in the current folder: all its .cpp, and what TableGen makes of <PREFIX>Ops.td (or, where
# there is none, <PREFIX>Dialect.td), which includes the folder's other .td files:
#   <PREFIX>{Dialect,Enums,Attrs,Types,Ops}.{h,cpp}.inc; of <PREFIX>Interfaces.td, if it exists, the op interfaces.
function(tile_add_dialect library)
  cmake_parse_arguments(arg "" "PREFIX;NAME" "LINK" ${ARGN})
  set(p ${arg_PREFIX})
  file(GLOB ops_td CONFIGURE_DEPENDS ${p}Ops.td)
  file(GLOB dialect_td CONFIGURE_DEPENDS ${p}Dialect.td)
  file(GLOB interfaces_td CONFIGURE_DEPENDS ${p}Interfaces.td)
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  tile_add_library(${library} PCH SOURCES ${sources} LINK ${arg_LINK})
  if(ops_td)
    set(td ${ops_td})
  else()
    set(td ${dialect_td})
  endif()
  if(td)
    tile_tablegen(TARGET ${library}_gen TD ${td} OUTPUTS
      "-gen-dialect-decls -dialect=${arg_NAME}" ${p}Dialect.h.inc
      "-gen-dialect-defs -dialect=${arg_NAME}" ${p}Dialect.cpp.inc
      "-gen-enum-decls" ${p}Enums.h.inc
      "-gen-enum-defs" ${p}Enums.cpp.inc
      "-gen-attrdef-decls -attrdefs-dialect=${arg_NAME}" ${p}Attrs.h.inc
      "-gen-attrdef-defs -attrdefs-dialect=${arg_NAME}" ${p}Attrs.cpp.inc
      "-gen-typedef-decls -typedefs-dialect=${arg_NAME}" ${p}Types.h.inc
      "-gen-typedef-defs -typedefs-dialect=${arg_NAME}" ${p}Types.cpp.inc
      "-gen-op-decls" ${p}Ops.h.inc
      "-gen-op-defs" ${p}Ops.cpp.inc)
    add_dependencies(${library} ${library}_gen)
  endif()
  if(interfaces_td)
    tile_tablegen(TARGET ${library}_gen TD ${interfaces_td} OUTPUTS
      "-gen-op-interface-decls" ${p}Interfaces.h.inc
      "-gen-op-interface-defs" ${p}Interfaces.cpp.inc)
  endif()
endfunction()
