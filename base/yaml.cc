#include "base/yaml.h"

#include "base/yaml_scalar.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <sstream>
#include <utility>

namespace sluice {
namespace {

/// Carries an Error through yaml-cpp's parser; read_yaml catches it.
struct ReadFailure {
  Error error;
};

[[noreturn]] void refuse(int line, std::string_view message) {
  throw ReadFailure{invalid(fmt::format("line {}: {}", line, message))};
}

/// A map or a list that is being filled.
struct OpenNode {
  Json value;
  std::optional<std::string> key;  ///< In a map: the key whose value comes next.
  bool merge = false;              ///< The key is `<<`.
  std::map<std::string, int, std::less<>> key_lines;
  size_t anchor = 0;
  size_t weight = 1;       ///< Nodes and characters inside, aliases expanded.
  size_t pointer_end = 0;  ///< Length of the pointer to this node itself.
};

struct AnchoredNode {
  Json value;
  size_t weight = 0;
};

/// Builds documents out of yaml-cpp's events.
class DocumentBuilder : public YAML::EventHandler {
 public:
  explicit DocumentBuilder(const YamlLimits& limits) : limits_(limits) {}

  std::vector<YamlDocument> take() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // Before what can begin no node, as "," and "]", yaml-cpp sees empty documents without end.
    if (mark.pos == last_start_) refuse(mark.line + 1, "no value begins like this");
    last_start_ = mark.pos;
    document_ = {};
    document_.first_line = static_cast<size_t>(mark.line) + 1;
    anchors_.clear();
    open_.clear();
    pointer_.clear();
  }

  void OnDocumentEnd() override {
    if (document_.value.is_null()) return;
    if (const auto root = document_.lines.find(""); root != document_.lines.end())
      document_.first_line = root->second;
    documents_.push_back(std::move(document_));
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add_scalar(mark, anchor, Json(nullptr), 1);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (expects_key() && tag == "?" && text == "<<") return set_merge_key();
    if (tag == "?") return add_scalar(mark, anchor, resolve_plain_scalar(text), 1 + text.size());
    if (tag == "!") return add_scalar(mark, anchor, Json(text), 1 + text.size());
    auto value = resolve_tagged_scalar(tag, text);
    if (!value) refuse(mark.line + 1, value.error().message);
    add_scalar(mark, anchor, std::move(*value), 1 + text.size());
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse(mark.line + 1, "an anchor's value contains itself");
    alias_expansion_ += found->second.weight;
    if (alias_expansion_ > limits_.alias_expansion) refuse(mark.line + 1, "too much aliasing");
    if (expects_key()) return set_key(mark.line + 1, found->second.value);
    note_line(mark);
    complete(mark.line + 1, found->second.value, found->second.weight);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, Json::array());
  }

  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, Json::object());
  }

  void OnMapEnd() override { close(); }

 private:
  bool expects_key() const {
    return !open_.empty() && open_.back().value.is_object() && !open_.back().key;
  }

  /// Remembers the line of the node that starts here, and lengthens the pointer to a list's item.
  void note_line(const YAML::Mark& mark) {
    last_line_ = mark.line + 1;
    if (!open_.empty() && open_.back().value.is_array()) {
      pointer_.resize(open_.back().pointer_end);
      pointer_ += fmt::format("/{}", open_.back().value.size());
    }
    remember_line(last_line_);
  }

  /// Lines are for messages: where pointers grow beyond all use, a node has its parent's.
  void remember_line(int line) {
    constexpr size_t kPointerBytesMax = size_t{64} * 1024 * 1024;
    pointer_bytes_ += pointer_.size();
    if (pointer_bytes_ > kPointerBytesMax) return;
    document_.lines.try_emplace(pointer_, static_cast<size_t>(line));
  }

  void set_merge_key() {
    OpenNode& map = open_.back();
    pointer_.resize(map.pointer_end);
    pointer_ += "/<<";
    map.key = "<<";
    map.merge = true;
  }

  void set_key(int line, const Json& value) {
    auto key = scalar_to_key(value);
    if (!key) refuse(line, key.error().message);
    OpenNode& map = open_.back();
    const auto [before, fresh] = map.key_lines.try_emplace(*key, line);
    if (!fresh)
      refuse(line, fmt::format("key \"{}\" is already set in line {}", *key, before->second));
    pointer_.resize(map.pointer_end);
    pointer_ += '/' + escape_pointer_part(*key);
    remember_line(line);
    map.key = std::move(*key);
  }

  void add_scalar(const YAML::Mark& mark, YAML::anchor_t anchor, Json value, size_t weight) {
    const int line = mark.line + 1;
    if (expects_key()) {
      set_key(line, value);
      if (anchor != 0) anchors_[anchor] = {std::move(value), weight};
      return;
    }
    if (value.is_number_float() && !std::isfinite(value.get<double>()))
      refuse(line, "infinity and NaN have no place in JSON");
    note_line(mark);
    value = normalise_number(value);
    if (anchor != 0) anchors_[anchor] = {value, weight};
    complete(line, std::move(value), weight);
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Json value) {
    if (expects_key()) refuse(mark.line + 1, "a key must be a scalar");
    if (open_.size() >= static_cast<size_t>(limits_.depth))
      refuse(mark.line + 1, fmt::format("nested deeper than {} levels", limits_.depth));
    note_line(mark);
    OpenNode node;
    node.value = std::move(value);
    node.anchor = anchor;
    node.pointer_end = pointer_.size();
    open_.push_back(std::move(node));
  }

  void close() {
    OpenNode node = std::move(open_.back());
    open_.pop_back();
    if (node.anchor != 0) anchors_[node.anchor] = {node.value, node.weight};
    complete(last_line_, std::move(node.value), node.weight);
  }

  /// Puts a finished value where it belongs.
  void complete(int line, Json value, size_t weight) {
    if (open_.empty()) {
      document_.value = std::move(value);
      return;
    }
    OpenNode& parent = open_.back();
    parent.weight += weight;
    if (parent.value.is_array()) {
      parent.value.push_back(std::move(value));
      return;
    }
    if (parent.merge)
      merge_into(parent.value, value, line);
    else
      parent.value[*parent.key] = std::move(value);
    parent.key.reset();
    parent.merge = false;
  }

  /// `<<: value`: of several maps the first wins; keys that stand before the merge do not.
  static void merge_into(Json& target, const Json& value, int line) {
    if (value.is_object()) {
      target.update(value);
      return;
    }
    bool maps = value.is_array();
    for (size_t i = 0; maps && i < value.size(); ++i) maps = value[i].is_object();
    if (!maps) refuse(line, "<< needs a map or a list of maps");
    for (auto map = value.rbegin(); map != value.rend(); ++map) target.update(*map);
  }

  YamlLimits limits_;
  std::vector<YamlDocument> documents_;
  YamlDocument document_;
  std::vector<OpenNode> open_;
  std::map<YAML::anchor_t, AnchoredNode> anchors_;
  std::string pointer_;
  size_t pointer_bytes_ = 0;  ///< Of all pointers that have been or could have been remembered.
  size_t alias_expansion_ = 0;
  int last_line_ = 1;
  int last_start_ = -1;  ///< Where the document before began.
};

/// How many bytes a UTF-8 sequence that begins with `first` takes; 0 where none does.
size_t utf8_length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/// How many bytes the UTF-8 sequence at the front of `text` takes; 0 where it is broken.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = utf8_length_of(first);
  if (length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool surrogate = first == 0xed && byte(1) > 0x9f;
  const bool too_large = first == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || too_large ? 0 : length;
}

/// YAML is UTF-8 without control characters.
void check_characters(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first == '\n') ++line;
    const bool control = first < 0x20 && first != '\n' && first != '\r' && first != '\t';
    if (control || first == 0x7f) refuse(line, "control characters are not allowed");
    const size_t length = utf8_length(text);
    if (length == 0) refuse(line, "invalid UTF-8");
    text.remove_prefix(length);
  }
}

std::vector<YamlDocument> parse_stream(std::string_view text, const YamlLimits& limits) {
  check_characters(text);
  std::string ended(text);
  // yaml-cpp takes the end of the input for a closing quote, but not the end of a document.
  ended += text.ends_with('\n') ? "...\n" : "\n...\n";
  std::istringstream stream(std::move(ended));
  YAML::Parser parser(stream);
  DocumentBuilder builder(limits);
  while (parser.HandleNextDocument(builder)) {
  }
  return builder.take();
}

/// JSON that YAML's grammar refuses, such as escaped surrogate pairs.
std::optional<std::vector<YamlDocument>> read_as_json(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || text[start] != '{') return std::nullopt;
  auto value = parse_json(text);
  if (!value) return std::nullopt;
  std::vector<YamlDocument> documents(1);
  documents[0].value = std::move(*value);
  return documents;
}

}  // namespace

size_t YamlDocument::line_of(std::string_view pointer) const {
  while (true) {
    if (const auto found = lines.find(pointer); found != lines.end()) return found->second;
    if (pointer.empty()) return first_line;
    const size_t slash = pointer.rfind('/');
    pointer = pointer.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
}

Result<std::vector<YamlDocument>> read_yaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.bytes)
    return fail(invalid(fmt::format("YAML of more than {} bytes", limits.bytes)));
  try {
    return parse_stream(text, limits);
  } catch (const ReadFailure& failure) {
    return fail(failure.error);
  } catch (const YAML::Exception& error) {
    if (auto documents = read_as_json(text)) return std::move(*documents);
    return fail(invalid(fmt::format("line {}: {}", error.mark.line + 1, error.msg)));
  }
}

}  // namespace sluice
