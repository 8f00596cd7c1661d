# fmt, CLI11, JSON, SQLite, GoogleTest and threads. The static build takes archives, and fmt as headers, since Debian has no
# archive of it.
find_package(Threads REQUIRED)

find_package(fmt 9 REQUIRED)
add_library(tile_fmt INTERFACE)
if(FLABENCH_STATIC)
  target_link_libraries(tile_fmt INTERFACE fmt::fmt-header-only)
else()
  target_link_libraries(tile_fmt INTERFACE fmt::fmt)
endif()

find_path(cli11_include CLI/CLI.hpp REQUIRED)
add_library(tile_cli11 INTERFACE)
target_include_directories(tile_cli11 SYSTEM INTERFACE ${cli11_include})

find_path(json_include nlohmann/json.hpp REQUIRED)
add_library(tile_json INTERFACE)
target_include_directories(tile_json SYSTEM INTERFACE ${json_include})

find_path(sqlite_include sqlite3.h REQUIRED)
if(FLABENCH_STATIC)
  find_library(sqlite_library libsqlite3.a REQUIRED)
else()
  find_library(sqlite_library sqlite3 REQUIRED)
endif()
add_library(tile_sqlite INTERFACE)
target_include_directories(tile_sqlite SYSTEM INTERFACE ${sqlite_include})
target_link_libraries(tile_sqlite INTERFACE ${sqlite_library} Threads::Threads ${CMAKE_DL_LIBS} m)

find_package(GTest REQUIRED)
add_library(tile_gtest INTERFACE)
target_link_libraries(tile_gtest INTERFACE GTest::gmock GTest::gtest)
