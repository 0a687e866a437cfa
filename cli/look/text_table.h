#pragma once

// Columns of text, aligned by what a terminal shows: UTF-8 characters count one, colours none.

#include "base/short_text.h"

#include <string>
#include <vector>

namespace sluice::cli {

/// The number of columns that the text takes in a terminal.
size_t display_width(const std::string& text);

/// As much of the text as fits into `width` columns; "…" stands for the rest. Colours are ended.
std::string cut(const std::string& text, size_t width);

/// The text with spaces up to `width`.
std::string pad(const std::string& text, size_t width);

class TextTable {
 public:
  /// Two spaces between columns, the last one is not padded.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  std::string render() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace sluice::cli
