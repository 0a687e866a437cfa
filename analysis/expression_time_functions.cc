// Times and durations: now(), duration(), date(), and the methods of both. A time is in UTC.

#include "analysis/expression_functions.h"

#include <algorithm>
#include <array>

namespace sluice::analysis {
namespace {

using Arguments = std::span<const Value>;

Result<Value> now(const FunctionContext& context, Arguments) {
  return context.now;
}

Result<Value> duration(const FunctionContext&, Arguments args) {
  if (args[0].as_string() == nullptr) return fail(wrong_argument("duration", "a string", args[0]));
  const auto span = parse_duration(*args[0].as_string());
  if (!span) return fail(span.error());
  return *span;
}

/// "2026-01-02", "2026-01-02 03:04:05" or RFC 3339; UTC where no zone is given.
Result<Value> date(const FunctionContext&, Arguments args) {
  if (args[0].as_string() == nullptr) return fail(wrong_argument("date", "a string", args[0]));
  constexpr size_t kDateLength = 10;
  constexpr size_t kDateTimeLength = 19;
  std::string text = *args[0].as_string();
  if (text.size() == kDateLength) text += "T00:00:00Z";
  if (text.size() == kDateTimeLength) text = text.replace(kDateLength, 1, "T") + "Z";
  const auto time = parse_time(text);
  if (!time) return fail(time.error());
  return *time;
}

/// The parts of a time that its methods name.
struct Calendar {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::nanoseconds> clock;
  std::chrono::sys_days day;
};

Calendar calendar_of(SystemTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return {.date = day,
          .clock = std::chrono::hh_mm_ss<std::chrono::nanoseconds>(time - day),
          .day = day};
}

using TimePart = int64_t (*)(const Calendar&);

template <TimePart Part>
Result<Value> of_time(const FunctionContext&, Arguments args) {
  if (args[0].as_time() == nullptr) return fail(wrong_argument("this method", "a time", args[0]));
  return Part(calendar_of(*args[0].as_time()));
}

int64_t year(const Calendar& at) {
  return static_cast<int>(at.date.year());
}

int64_t month(const Calendar& at) {
  return static_cast<unsigned>(at.date.month());
}

int64_t day(const Calendar& at) {
  return static_cast<unsigned>(at.date.day());
}

/// Sunday is 0.
int64_t weekday(const Calendar& at) {
  return std::chrono::weekday(at.day).c_encoding();
}

int64_t hour(const Calendar& at) {
  return at.clock.hours().count();
}

int64_t minute(const Calendar& at) {
  return at.clock.minutes().count();
}

int64_t second(const Calendar& at) {
  return at.clock.seconds().count();
}

Result<Value> unix_seconds(const FunctionContext&, Arguments args) {
  if (args[0].as_time() == nullptr) return fail(wrong_argument("Unix", "a time", args[0]));
  return std::chrono::floor<std::chrono::seconds>(*args[0].as_time()).time_since_epoch().count();
}

template <typename Unit>
Result<Value> in_units(const FunctionContext&, Arguments args) {
  if (args[0].as_duration() == nullptr)
    return fail(wrong_argument("this method", "a duration", args[0]));
  return std::chrono::duration<double, typename Unit::period>(*args[0].as_duration()).count();
}

Result<Value> milliseconds(const FunctionContext&, Arguments args) {
  if (args[0].as_duration() == nullptr)
    return fail(wrong_argument("Milliseconds", "a duration", args[0]));
  return std::chrono::duration_cast<std::chrono::milliseconds>(*args[0].as_duration()).count();
}

constexpr std::array<Function, 3> kTimeFunctions{{
    {"now", 0, 0, StaticType::Time, now},
    {"duration", 1, 1, StaticType::Span, duration, false, false, false, 8},
    {"date", 1, 1, StaticType::Time, date, false, false, false, 8},
}};

constexpr std::array<Function, 12> kMethods{{
    {"Year", 1, 1, StaticType::Number, of_time<year>},
    {"Month", 1, 1, StaticType::Number, of_time<month>},
    {"Day", 1, 1, StaticType::Number, of_time<day>},
    {"Weekday", 1, 1, StaticType::Number, of_time<weekday>},
    {"Hour", 1, 1, StaticType::Number, of_time<hour>},
    {"Minute", 1, 1, StaticType::Number, of_time<minute>},
    {"Second", 1, 1, StaticType::Number, of_time<second>},
    {"Unix", 1, 1, StaticType::Number, unix_seconds},
    {"Hours", 1, 1, StaticType::Number, in_units<std::chrono::hours>},
    {"Minutes", 1, 1, StaticType::Number, in_units<std::chrono::minutes>},
    {"Seconds", 1, 1, StaticType::Number, in_units<std::chrono::seconds>},
    {"Milliseconds", 1, 1, StaticType::Number, milliseconds},
}};

}  // namespace

std::span<const Function> time_functions() {
  return kTimeFunctions;
}

const Function* find_method(std::string_view name) {
  const auto* found = std::ranges::find(kMethods, name, &Function::name);
  return found == kMethods.end() ? nullptr : found;
}

}  // namespace sluice::analysis
