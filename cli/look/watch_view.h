#pragma once

// WatchView: how a command shows what it read, once or again and again: a terminal is painted anew,
// also when only ages changed; elsewhere state follows state, without control codes.

#include "cli/look/screen.h"

#include <string>

namespace sluice::cli {

/// Whether a value of -o is for people: none, or "wide".
bool is_for_people(const std::string& format);

/// What stands between one object and the next: "---" in YAML, for people an empty line.
std::string separator_of(const std::string& format);

class WatchView {
 public:
  /// `format` is the value of -o.
  WatchView(bool watch, const std::string& format);

  /// Whether a terminal is painted: the text has to fit its window.
  bool paints() const { return paints_; }

  /// Shows `text` where it, or `state`, is new. Text for people follows text after an empty line. A
  /// false answer: nobody reads.
  bool show(const std::string& text, const std::string& state);

 private:
  bool watch_;
  bool paints_;
  std::string separator_;
  std::string shown_;
  Screen screen_;
};

}  // namespace sluice::cli
