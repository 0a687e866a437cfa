#include "cli/look/get_options.h"

#include "cli/flags.h"

#include <CLI/CLI.hpp>

namespace sluice::cli {
namespace {

/// The longest that --timeout-seconds may ask for: a year.
constexpr int64_t kWatchSecondsMax = int64_t{366} * 24 * 3600;

}  // namespace

void add_get_options(CLI::App& command, GetOptions& options, const std::string& what) {
  add_names(command, options.names, what);
  command.add_flag("-w,--watch", options.watch, "Go on showing changes until Ctrl-C");
  command.add_option("--timeout-seconds", options.timeout_seconds, "With -w: end after so long")
      ->check(CLI::Range(int64_t{0}, kWatchSecondsMax).description(""))
      ->type_name("N");
  add_output(command, options.output, "For programs: one object; with -w one after the other");
}

std::string problem_of(const GetOptions& options) {
  return options.watch && options.names.size() > 1 ? "--watch wants one name" : "";
}

}  // namespace sluice::cli
