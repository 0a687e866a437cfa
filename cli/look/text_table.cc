#include "cli/look/text_table.h"

#include <algorithm>

namespace sluice::cli {

size_t display_width(const std::string& text) {
  size_t width = 0;
  bool in_escape = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (in_escape)
      in_escape = c != 'm';
    else if (c == '\x1b')
      in_escape = true;
    else if ((byte & 0xC0) != 0x80)
      ++width;
  }
  return width;
}

std::string cut(const std::string& text, size_t width) {
  if (display_width(text) <= width) return text;
  if (width == 0) return "";
  std::string kept;
  size_t shown = 0;
  bool in_escape = false;
  bool colored = false;
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (in_escape)
      in_escape = c != 'm';
    else if (c == '\x1b')
      in_escape = colored = true;
    else if (!continues && ++shown == width)
      break;
    kept += c;
  }
  return kept + (colored ? "…\x1b[0m" : "…");
}

std::string pad(const std::string& text, size_t width) {
  const size_t shown = display_width(text);
  return shown >= width ? text : text + std::string(width - shown, ' ');
}

std::string TextTable::render() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += i + 1 == row.size() ? row[i] : pad(row[i], widths[i] + 2);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace sluice::cli
