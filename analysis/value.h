#pragma once

// Value is what a condition computes with: what a metric source answered, and everything derived
// from it. Copies are cheap: text, lists and maps are shared and never changed.
//
// "No data" is a value of its own. It comes into being where a condition reaches for something that
// an empty answer cannot give (result[0] of an empty list, a comparison with NaN) and spreads
// through operators and functions as "unknown" does in Kleene's logic: `unknown || true` is true,
// `unknown || false` is unknown.

#include "base/json.h"
#include "base/time.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::analysis {

class Value;
using List = std::vector<Value>;
using Map = std::map<std::string, Value, std::less<>>;

/// The shared content of a list or map, and its size.
struct ListBox;
struct MapBox;

/// Nothing is known; `reason` is a sentence such as "result[0]: the result has no elements".
struct NoData {
  std::shared_ptr<const std::string> reason;
};

inline constexpr size_t kValueSizeMax = size_t{1} << 40;

class Value {
 public:
  using Storage = std::variant<std::monostate, bool, int64_t, double,
                               std::shared_ptr<const std::string>, std::shared_ptr<const ListBox>,
                               std::shared_ptr<const MapBox>, Duration, SystemTime, NoData>;

  /// Null.
  Value() = default;

  Value(bool value) : storage_(value) {}

  Value(int value) : storage_(int64_t{value}) {}

  Value(int64_t value) : storage_(value) {}

  Value(double value) : storage_(value) {}

  Value(std::string value) : storage_(std::make_shared<const std::string>(std::move(value))) {}

  Value(const char* value) : Value(std::string(value)) {}

  Value(Duration value) : storage_(value) {}

  Value(SystemTime value) : storage_(value) {}

  static Value list(List items);
  static Value map(Map entries);
  static Value no_data(std::string reason);

  bool is_null() const { return std::holds_alternative<std::monostate>(storage_); }

  bool is_no_data() const { return std::holds_alternative<NoData>(storage_); }

  /// Null where the value is something else.
  const bool* as_bool() const { return std::get_if<bool>(&storage_); }

  const int64_t* as_int() const { return std::get_if<int64_t>(&storage_); }

  const double* as_double() const { return std::get_if<double>(&storage_); }

  const std::string* as_string() const {
    const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&storage_);
    return shared == nullptr ? nullptr : shared->get();
  }

  const List* as_list() const;
  const Map* as_map() const;

  const Duration* as_duration() const { return std::get_if<Duration>(&storage_); }

  const SystemTime* as_time() const { return std::get_if<SystemTime>(&storage_); }

  /// The reason of a no-data value; "" for others.
  std::string_view no_data_reason() const;

  bool is_number() const { return as_int() != nullptr || as_double() != nullptr; }

  /// Elements and bytes of text in it, those of shared parts counted wherever they appear; at most
  /// kValueSizeMax is counted. What works through a value takes time in proportion.
  size_t size() const;

  /// Levels of lists and maps in it: 0 for a number, 1 for a list of numbers. What descends into a
  /// value, its destruction too, needs stack in proportion.
  int depth() const;

  bool is_nan() const;
  /// An integer or a floating number as a double; 0 for anything else.
  double number() const;

  /// "null", "bool", "int", "float", "string", "list", "map", "duration", "time" or "no data".
  std::string_view type_name() const;

  const Storage& storage() const { return storage_; }

 private:
  Storage storage_;
};

struct ListBox {
  List items;
  size_t size = 0;
  int depth = 1;
};

struct MapBox {
  Map entries;
  size_t size = 0;
  int depth = 1;
};

/// Equality as the condition language sees it: numbers by value whether whole or not, lists and
/// maps element by element; values of different types differ.
bool equals(const Value& left, const Value& right);

Value value_from_json(const Json& json);
/// NaN and infinities, which JSON lacks, become null; times and durations become strings.
Json value_to_json(const Value& value);
/// As shown to people and kept in measurements: compact JSON with NaN, +Inf and -Inf as such.
std::string to_text(const Value& value);
/// The shortest text that reads back as the same number; whole numbers without ".0".
std::string number_text(double number);

/// True where a source answered without saying anything: null, an empty list or map, NaN, or a list
/// in which every element is such.
bool is_empty_answer(const Value& value);

}  // namespace sluice::analysis
