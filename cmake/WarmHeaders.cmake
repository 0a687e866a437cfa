# Most of what a file costs to compile is what its headers say, again and again: heavy headers are parsed once a tree, and the files of a
# target are compiled some at a time, which takes a third of the time. So no two files of a room have a name in common, not even in their
# unnamed namespaces. Of warm headers there are several sets, since Asio must not reach the pure rooms, nor Catch2 the product. The debug tree goes
# without them (SLUICE_WARM_HEADERS=OFF): there each file is compiled alone and shows that it includes what it uses.

option(SLUICE_WARM_HEADERS "Precompile heavy headers, compile several files at a time" ON)

set(pure_rooms base core crds engine analysis traffic verbs)
set(pure_headers <algorithm> <array> <charconv> <chrono> <cmath> <cstdint> <expected> <functional> <map> <memory> <optional> <set> <span>
  <string> <string_view> <utility> <variant> <vector> <fmt/format.h> <nlohmann/json.hpp>)
set(shell_headers ${pure_headers} <boost/asio/any_io_executor.hpp> <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp>
  <boost/asio/buffer.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/steady_timer.hpp>
  <boost/asio/use_awaitable.hpp> <boost/asio/write.hpp>)

# A set fits only where the same macros are defined. Asio and Beast are compiled once, in net/asio.cc and its like.
add_compile_definitions(FMT_SHARED BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION)

function(sluice_warm_set name)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/warm_${name}.cc CONTENT "")
  add_library(sluice_warm_${name} OBJECT EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/generated/warm_${name}.cc)
  target_precompile_headers(sluice_warm_${name} PRIVATE ${ARGN})
  target_link_libraries(sluice_warm_${name} PRIVATE fmt::fmt nlohmann_json::nlohmann_json)
endfunction()

if(SLUICE_WARM_HEADERS)
  sluice_warm_set(pure ${pure_headers})
  sluice_warm_set(shell ${shell_headers})
  sluice_warm_set(cli ${shell_headers} <CLI/CLI.hpp>)
  sluice_warm_set(pure_test ${pure_headers} <catch2/catch.hpp>)
  sluice_warm_set(shell_test ${shell_headers} <catch2/catch.hpp>)
  target_compile_options(sluice_warm_cli PRIVATE ${SLUICE_ONCE_OPTIONS})
  target_compile_options(sluice_warm_pure_test PRIVATE ${SLUICE_TEST_OPTIONS})
  target_compile_options(sluice_warm_shell_test PRIVATE ${SLUICE_TEST_OPTIONS})
endif()

# sluice_warm(TARGET [TEST]): compiles the target so, with the set that fits it and the folder it is in.
function(sluice_warm target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TEST" "" "")
  if(NOT SLUICE_WARM_HEADERS)
    return()
  endif()
  get_filename_component(room ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  set(warm_set shell)
  if(room IN_LIST pure_rooms)
    set(warm_set pure)
  endif()
  if(arg_TEST)
    string(APPEND warm_set _test)
  elseif(target STREQUAL sluice)
    set(warm_set cli)
  endif()
  target_precompile_headers(${target} REUSE_FROM sluice_warm_${warm_set})
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
endfunction()
