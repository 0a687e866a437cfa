#include "kube/api_json.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace sluice::kube {
namespace {

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/// Builds the value that the parser tells of, as far as the reading wants it.
class ReadingBuilder final : public nlohmann::json_sax<Json> {
 public:
  ReadingBuilder(Json& root, const ApiReading& reading) : root_(root), reading_(reading) {}

  const std::string& error() const { return error_; }

  /// The version that ended the reading; "" where it went to its end.
  const std::string& known_version() const { return known_version_; }

  bool null() override { return put(nullptr); }

  bool boolean(bool value) override { return put(value); }

  bool number_integer(number_integer_t value) override { return put(value); }

  bool number_unsigned(number_unsigned_t value) override { return put(value); }

  bool number_float(number_float_t value, const string_t& /*text*/) override { return put(value); }

  bool binary(binary_t& value) override { return put(std::move(value)); }

  bool string(string_t& value) override {
    if (is_version() && reading_.known(value)) {
      known_version_ = std::move(value);
      return false;
    }
    return put(std::move(value));
  }

  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }

  bool start_object(size_t /*size*/) override { return open(Json::object()); }

  bool end_object() override { return close(); }

  bool start_array(size_t /*size*/) override { return open(Json::array()); }

  bool end_array() override { return close(); }

  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const Json::exception& error) override {
    error_ = error.what();
    return false;
  }

 private:
  /// The member that comes next is not wanted.
  bool is_left_out() const {
    return reading_.lean && !open_.empty() && open_.back().value->is_object() &&
           (key_ == "fieldsV1" || key_ == kLastApplied);
  }

  /// The text that comes next is that of object.metadata.resourceVersion.
  bool is_version() const {
    return reading_.known && left_out_ == 0 && open_.size() == 3 && key_ == "resourceVersion" &&
           open_[1].name == "object" && open_[2].name == "metadata" &&
           string_at(root_, "type") != "DELETED";
  }

  template <typename T>
  bool put(T&& value) {
    if (left_out_ == 0 && !is_left_out()) place(std::forward<T>(value));
    return true;
  }

  template <typename T>
  Json& place(T&& value) {
    if (open_.empty()) return root_ = std::forward<T>(value);
    Json& parent = *open_.back().value;
    if (parent.is_object()) return parent[key_] = std::forward<T>(value);
    return parent.emplace_back(std::forward<T>(value));
  }

  bool open(Json container) {
    if (left_out_ > 0 || is_left_out())
      ++left_out_;
    else
      open_.push_back({key_, &place(std::move(container))});
    return true;
  }

  bool close() {
    if (left_out_ > 0)
      --left_out_;
    else
      open_.pop_back();
    return true;
  }

  /// An object or array whose end has not come, and the key that it stands under.
  struct Open {
    std::string name;
    Json* value;
  };

  Json& root_;
  const ApiReading& reading_;
  std::vector<Open> open_;
  std::string key_;
  int left_out_ = 0;  ///< Levels of what is left out.
  std::string known_version_;
  std::string error_;
};

Error too_long(std::string_view text) {
  return invalid(fmt::format("JSON of {} bytes; at most {}", text.size(), kJsonBytesMax));
}

}  // namespace

Result<Json> parse_api_json(std::string_view text) {
  if (text.size() > kJsonBytesMax) return fail(too_long(text));
  try {
    // Neither the parser nor the values' destructor recurses.
    Json value = Json::parse(text);
    return value;
  } catch (const Json::exception& error) {
    return fail(invalid(error.what()));
  }
}

Result<Json> parse_api_json(std::string_view text, const ApiReading& reading) {
  if (!reading.lean && !reading.known) return parse_api_json(text);
  if (text.size() > kJsonBytesMax) return fail(too_long(text));
  Json value;
  ReadingBuilder builder(value, reading);
  if (Json::sax_parse(text, &builder)) return value;
  if (builder.known_version().empty()) return fail(invalid(builder.error()));
  value["object"] = {{"metadata", {{"resourceVersion", builder.known_version()}}}};
  return value;
}

bool nested_deeper(const Json& value, int levels) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  return std::ranges::any_of(
      value, [levels](const Json& child) { return nested_deeper(child, levels - 1); });
}

}  // namespace sluice::kube
