# How every room is built: one static library a folder, one strictness for all.

find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(OpenSSL REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(Catch2 2.13 REQUIRED)
find_package(benchmark REQUIRED)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wswitch -Wno-missing-field-initializers)
# GCC 12 sees dangling pointers and uninitialised members that are not there in inlined std and Asio code.
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
                    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>
                    $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>
                    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                    # Nor does it know Asio's pair of allocation and release.
                    $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
                    # Clang reads std::stable_sort itself as a use of what the library has deprecated.
                    $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
if(SLUICE_SANITIZE)
  # Compiling costs more than running: no optimisation, and of debug information only what reports name.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O0 -g1)
  add_link_options(-fsanitize=address,undefined)
  find_program(SYMBOLIZER_PROGRAM NAMES llvm-symbolizer-19 llvm-symbolizer)
endif()

# What runs once, the command line and still more the tests, need not be fast: it is compiled sooner.
set(SLUICE_ONCE_OPTIONS $<$<CONFIG:Release>:-O1>)
set(SLUICE_TEST_OPTIONS -O0)

include(WarmHeaders)

# sluice_library(NAME SOURCES file... [DEPENDS room...] [LINKS target...] [PRIVATE_LINKS target...])
# DEPENDS names other rooms; LINKS and PRIVATE_LINKS name third-party targets.
function(sluice_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LINKS;PRIVATE_LINKS")
  add_library(sluice_${name} STATIC ${arg_SOURCES})
  target_include_directories(sluice_${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
  list(TRANSFORM arg_DEPENDS PREPEND sluice_)
  target_link_libraries(sluice_${name} PUBLIC ${arg_DEPENDS} ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
  sluice_warm(sluice_${name})
endfunction()

# sluice_test(NAME SOURCES file... DEPENDS room... [END_TO_END] [TIMEOUT seconds] [COST seconds] [LINKS target...])
# One Catch2 executable and one ctest entry. END_TO_END tests use real programs and are left out of the sanitizer tree.
# Where several run at a time those of the highest COST start first.
function(sluice_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "END_TO_END" "TIMEOUT;COST" "SOURCES;DEPENDS;LINKS")
  if(arg_END_TO_END AND SLUICE_SANITIZE)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(NOT arg_COST)
    set(arg_COST 0)
  endif()
  list(TRANSFORM arg_DEPENDS PREPEND sluice_)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE sluice_catch_main ${arg_DEPENDS} ${arg_LINKS})
  target_compile_options(${name} PRIVATE ${SLUICE_TEST_OPTIONS})
  sluice_warm(${name} TEST)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} COST ${arg_COST})
  if(SYMBOLIZER_PROGRAM)
    set_property(TEST ${name} PROPERTY ENVIRONMENT ASAN_SYMBOLIZER_PATH=${SYMBOLIZER_PROGRAM})
  endif()
endfunction()

# sluice_script_test(NAME COMMAND command... [TIMEOUT seconds])
# An end-to-end test driven by a script; exit code 77 means skipped. It finds the program in SLUICE and the tree in SLUICE_SOURCE.
function(sluice_script_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "COMMAND")
  if(SLUICE_SANITIZE)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${arg_COMMAND})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} SKIP_RETURN_CODE 77
    ENVIRONMENT "SLUICE=${CMAKE_BINARY_DIR}/sluice;SLUICE_BUILD=${CMAKE_BINARY_DIR};SLUICE_SOURCE=${CMAKE_SOURCE_DIR}")
endfunction()
