#include "cli/look/screen.h"

#include "cli/look/text_table.h"
#include "cli/output.h"

#include <fmt/core.h>

#include <algorithm>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

namespace sluice::cli {
namespace {

constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";
constexpr const char* kLeave = "\x1b[?25h\x1b[?1049l";
constexpr const char* kHome = "\x1b[H";
constexpr const char* kClearLine = "\x1b[K";
constexpr const char* kClearBelow = "\x1b[J";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::vector<std::string> fitting_lines(const std::string& text, WindowSize window) {
  std::vector<std::string> lines = lines_of(text);
  if (lines.size() > window.rows) {
    const size_t left_out = lines.size() - window.rows + 1;
    lines.resize(window.rows - 1);
    lines.push_back(fmt::format("… {} more lines", left_out));
  }
  for (std::string& line : lines) line = cut(line, window.columns);
  return lines;
}

}  // namespace

WindowSize window_size() {
  winsize size{};
  WindowSize window;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return window;
  if (size.ws_row > 0) window.rows = size.ws_row;
  if (size.ws_col > 0) window.columns = size.ws_col;
  return window;
}

std::string fit(const std::string& text, WindowSize window) {
  std::string fitting;
  for (const std::string& line : fitting_lines(text, window)) fitting += line + "\n";
  return fitting;
}

std::string frame_of(const std::string& text, WindowSize window) {
  std::string frame = kHome;
  bool first = true;
  // No line break after the last line: at the foot of the window it would scroll.
  for (const std::string& line : fitting_lines(text, window)) {
    frame += (first ? "" : "\r\n") + line + kClearLine;
    first = false;
  }
  return frame + kClearBelow;
}

Screen::~Screen() {
  if (!shown_.empty()) print(kLeave);
}

bool Screen::possible() {
  return on_terminal() && !is_dumb_terminal();
}

bool Screen::paint(const std::string& text) {
  const std::string frame = frame_of(text, window_size());
  if (frame == shown_) return true;
  const bool first = shown_.empty();
  shown_ = frame;
  return print(first ? kEnter + frame : frame);
}

}  // namespace sluice::cli
