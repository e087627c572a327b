# Compiler flags, and the libraries that modules may name in LIBS.

# libstdc++ 12 uses its own deprecated functions inside stable_sort; clang 19 says so at the point of use.
add_compile_options(-Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers -Wno-deprecated-declarations -fno-omit-frame-pointer -fPIE)
# A precompiled header must not carry a time stamp, or ccache never hits.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Xclang> $<$<COMPILE_LANGUAGE:CXX>:-fno-pch-timestamp>)
add_link_options(-fuse-ld=lld -pie)
if(SINAN_SANITIZE)
  add_compile_options(-fsanitize=${SINAN_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SINAN_SANITIZE})
endif()
if(SINAN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
if(SINAN_BENCH)
  find_package(benchmark REQUIRED)
endif()

set(deps ${CMAKE_SOURCE_DIR}/build/deps)

add_library(duckdb SHARED IMPORTED GLOBAL)
set_target_properties(duckdb PROPERTIES IMPORTED_LOCATION ${deps}/duckdb/lib/libduckdb.so
                                        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${deps}/duckdb/include)
target_include_directories(duckdb SYSTEM INTERFACE ${deps}/duckdb/include)

add_library(lightgbm SHARED IMPORTED GLOBAL)
set_target_properties(lightgbm PROPERTIES IMPORTED_LOCATION ${deps}/lightgbm/lib/lib_lightgbm.so)

# The binary finds the libraries beside itself (lib/) once installed, and in build/deps before.
set(CMAKE_BUILD_RPATH ${deps}/duckdb/lib ${deps}/lightgbm/lib)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib/sinan")

# The clients of PostgreSQL and MariaDB keep their headers in folders of their own.
find_path(SINAN_PQ_INCLUDE libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
add_library(pq INTERFACE IMPORTED GLOBAL)
target_include_directories(pq SYSTEM INTERFACE ${SINAN_PQ_INCLUDE})
target_link_libraries(pq INTERFACE -lpq)
find_path(SINAN_MARIADB_INCLUDE mysql.h PATH_SUFFIXES mariadb mysql REQUIRED)
add_library(mariadb INTERFACE IMPORTED GLOBAL)
target_include_directories(mariadb SYSTEM INTERFACE ${SINAN_MARIADB_INCLUDE})
target_link_libraries(mariadb INTERFACE -lmariadb)
