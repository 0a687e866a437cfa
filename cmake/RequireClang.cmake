# The product is built with one compiler: GCC 12 miscompiles coroutines. By itself, as `cmake -DCMAKE_CXX_COMPILER_ID=ID -DCMAKE_CXX_COMPILER_VERSION=VERSION -P`, it says what it would say to that compiler.

set(CLANG_OLDEST 19)

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS CLANG_OLDEST)
  message(FATAL_ERROR "Sluice is built with Clang ${CLANG_OLDEST} or newer, not with ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}: use a preset (cmake --preset release) or -DCMAKE_CXX_COMPILER=clang++-${CLANG_OLDEST}")
endif()
