#include "base/yaml.h"
#include "base/yaml_scalar.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace sluice {
namespace {

constexpr size_t kIndentStep = 2;

bool is_plain_start(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/' || c == '.' ||
         c == '-' || c == '+' || c == '$' || c == '(' || c == '<' || c == '^' || c == ';';
}

/// Dates and sexagesimal numbers: strings to kubectl, something else to other YAML readers.
bool is_ambiguous(std::string_view text) {
  if (std::isdigit(static_cast<unsigned char>(text[0])) == 0) return false;
  return text.find(':') != std::string_view::npos || (text.size() > 4 && text[4] == '-');
}

/// Whether the text, written as it is, reads back as the same string everywhere.
bool is_plain(std::string_view text) {
  if (text.empty() || !is_plain_start(text[0]) || text.back() == ' ' || text.back() == ':')
    return false;
  if (text == "-" || text == "<<" || text.starts_with("- ") || text.starts_with("---") ||
      text.starts_with("...")) {
    return false;
  }
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f;
  });
  if (!printable || text.find(": ") != std::string_view::npos ||
      text.find(" #") != std::string_view::npos) {
    return false;
  }
  return !is_ambiguous(text) && resolve_plain_scalar(text).is_string();
}

/// Whether the text can be a literal block: several lines, nothing that the block would change.
bool is_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n' ||
      text.find(" \n") != std::string_view::npos || text.ends_with("\n\n") || text.back() == ' ') {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\n' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::string quote(std::string_view text) {
  std::string quoted;
  for (const char c : dump_json(Json(text))) {
    // JSON may hold DEL as it is, YAML may not.
    if (c == 0x7f)
      quoted += "\\u007f";
    else
      quoted += c;
  }
  return quoted;
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  /// Writes what stands after "key:" or "-", up to and with the end of the line.
  void write_value(const Json& value, size_t indent) {
    if (value.is_object() && !value.empty()) {
      out_ += '\n';
      write_members(value, indent);
    } else if (value.is_array() && !value.empty()) {
      out_ += '\n';
      write_items(value, indent >= kIndentStep ? indent - kIndentStep : 0);
    } else {
      out_ += ' ';
      write_scalar(value, indent);
    }
  }

  void write_scalar(const Json& value, size_t indent) {
    if (!value.is_string()) {
      out_ += dump_json(value) + '\n';
      return;
    }
    const auto& text = value.get_ref<const std::string&>();
    if (is_block(text))
      write_block(text, indent);
    else
      out_ += (is_plain(text) ? text : quote(text)) + '\n';
  }

  /// The members of a map, the first one without indentation where the line is begun already.
  void write_members(const Json& map, size_t indent, bool line_begun = false) {
    for (const auto& [key, value] : map.items()) {
      if (!line_begun) out_.append(indent, ' ');
      line_begun = false;
      out_ += (is_plain(key) ? key : quote(key)) + ':';
      write_value(value, indent + kIndentStep);
    }
  }

  void write_items(const Json& list, size_t indent) {
    for (const Json& item : list) {
      out_.append(indent, ' ');
      out_ += '-';
      if (item.is_object() && !item.empty()) {
        out_ += ' ';
        write_members(item, indent + kIndentStep, true);
      } else if (item.is_array() && !item.empty()) {
        out_ += '\n';
        write_items(item, indent + kIndentStep);
      } else {
        out_ += ' ';
        write_scalar(item, indent + kIndentStep);
      }
    }
  }

 private:
  void write_block(std::string_view text, size_t indent) {
    out_ += text.back() == '\n' ? "|\n" : "|-\n";
    if (text.back() == '\n') text.remove_suffix(1);
    while (true) {
      const size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      if (!line.empty()) out_.append(indent, ' ').append(line);
      out_ += '\n';
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }

  std::string out_;
};

}  // namespace

std::string write_yaml(const Json& value) {
  Writer writer;
  if (value.is_object() && !value.empty())
    writer.write_members(value, 0);
  else if (value.is_array() && !value.empty())
    writer.write_items(value, 0);
  else
    writer.write_scalar(value, kIndentStep);
  return writer.take();
}

}  // namespace sluice
