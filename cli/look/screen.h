#pragma once

// Screen: a terminal that is painted anew again and again, as `get -w` does. It uses the alternate
// screen, so that what stood there before comes back at the end; each frame is one write over the
// last one, cut to the window as it is at that moment: nothing scrolls, nothing flickers.

#include <cstddef>
#include <string>

namespace sluice::cli {

struct WindowSize {
  size_t rows = 24;
  size_t columns = 80;
};

/// Standard output's window; 80×24 where it does not say.
WindowSize window_size();

/// The first lines of the text that fit, each cut to the width; where lines are left out the last
/// one says how many. Control codes but for colours must not be in the text.
std::string fit(const std::string& text, WindowSize window);

/// The bytes that paint `text` over whatever stands there.
std::string frame_of(const std::string& text, WindowSize window);

class Screen {
 public:
  /// Does nothing yet: paint() enters the alternate screen.
  Screen() = default;
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  /// Restores the terminal.
  ~Screen();

  /// Whether standard output is a terminal that can be painted: one whose TERM is not "dumb".
  static bool possible();

  /// Sends nothing where text and window are as they were. False where nobody takes it.
  bool paint(const std::string& text);

 private:
  std::string shown_;
};

}  // namespace sluice::cli
