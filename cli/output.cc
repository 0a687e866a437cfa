#include "cli/output.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace sluice::cli {

bool print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

void note(const std::string& text) {
  std::fputs((text + "\n").c_str(), stderr);
}

void warn(const std::string& message) {
  note("warning: " + message);
}

int report(const Error& error) {
  note("error: " + error.message);
  return error.code == ErrorCode::Timeout ? kExitTimeout : kExitFailed;
}

int report_usage(const std::string& message) {
  note("error: " + message);
  return kExitUsage;
}

bool on_terminal() {
  return isatty(STDOUT_FILENO) == 1;
}

bool is_dumb_terminal() {
  const char* terminal = std::getenv("TERM");
  return terminal == nullptr || *terminal == '\0' || std::string_view(terminal) == "dumb";
}

}  // namespace sluice::cli
