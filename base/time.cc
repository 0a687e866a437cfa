#include "base/time.h"

#include "base/whole_number.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

namespace sluice {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

std::string format_seconds(SystemTime time) {
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date(day);
  const auto in_day = floor<seconds>(time) - day;
  const std::chrono::hh_mm_ss clock(in_day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

/// Takes exactly `width` digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<nanoseconds> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return nanoseconds{0};
  int64_t value = 0;
  int digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 9) value = value * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (int i = digits; i < 9; ++i) value *= 10;
  return nanoseconds{value};
}

std::optional<minutes> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return minutes{0};
  const bool minus = !text.empty() && text.front() == '-';
  if (!minus && (text.empty() || text.front() != '+')) return std::nullopt;
  text.remove_prefix(1);
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute) return std::nullopt;
  const minutes offset = hours{*hour} + minutes{*minute};
  return minus ? -offset : offset;
}

std::optional<SystemTime> read_time(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !(take(text, 'T') || take(text, 't'))) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  const auto fraction = take_fraction(text);
  const auto offset = fraction ? take_offset(text) : std::nullopt;
  if (!offset || !text.empty()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  // Nanoseconds of the epoch in 64 bits reach from 1677 to 2262.
  constexpr int kFirstYear = 1678;
  constexpr int kLastYear = 2261;
  if (*year < kFirstYear || *year > kLastYear) return std::nullopt;
  return SystemTime{std::chrono::sys_days(date)} + hours{*hour} + minutes{*minute} +
         seconds{*second} + *fraction - *offset;
}

struct Unit {
  std::string_view name;
  double nanoseconds;
};

/// Longer names first, so that "ms" is not read as "m".
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1e3},
                                      {"\u00b5s", 1e3},
                                      {"\u03bcs", 1e3},
                                      {"ms", 1e6},
                                      {"s", 1e9},
                                      {"m", 60e9},
                                      {"h", 3600e9}}};

std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

std::optional<double> take_unit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    if (text.starts_with(unit.name)) {
      text.remove_prefix(unit.name.size());
      return unit.nanoseconds;
    }
  }
  return std::nullopt;
}

std::optional<double> read_duration(std::string_view text) {
  const bool minus = take(text, '-');
  if (!minus) take(text, '+');
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    if (text.front() != '.' && (text.front() < '0' || text.front() > '9')) return std::nullopt;
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const auto unit = take_unit(text);
    if (!unit) return std::nullopt;
    total += *number * *unit;
  }
  return minus ? -total : total;
}

/// "1.5" with the unit's name: a decimal without trailing zeros.
std::string with_unit(int64_t count, int64_t unit, std::string_view name) {
  std::string text = fmt::format("{}", count / unit);
  if (int64_t rest = count % unit; rest != 0) {
    std::string digits = fmt::format("{}", unit + rest).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return text.append(name);
}

}  // namespace

std::string format_time(SystemTime time) {
  return format_seconds(time) + "Z";
}

std::string format_time_micro(SystemTime time) {
  const auto rest = floor<microseconds>(time) - floor<seconds>(time);
  return fmt::format("{}.{:06}Z", format_seconds(time), rest.count());
}

Result<SystemTime> parse_time(std::string_view text) {
  const auto time = read_time(text);
  if (!time)
    return fail(invalid(fmt::format("\"{}\" is not a time such as 2026-01-02T03:04:05Z", text)));
  return *time;
}

Result<Duration> parse_duration(std::string_view text) {
  // Durations beyond this do not fit 64 bits of nanoseconds (292 years).
  constexpr double kLongest = 9.2e18;
  const std::optional<int64_t> whole = whole_number(text);
  const std::optional<double> count =
      whole ? std::optional(static_cast<double>(*whole) * 1e9) : read_duration(text);
  if (!count || std::abs(*count) > kLongest) {
    return fail(invalid(fmt::format(
        "\"{}\" is not a duration such as 30s, 5m or 1h30m, or a whole number of seconds", text)));
  }
  return whole ? Duration{seconds{*whole}} : Duration{std::llround(*count)};
}

std::string format_duration(Duration duration) {
  const int64_t count = duration.count();
  if (count == 0) return "0s";
  if (count < 0) return "-" + format_duration(-duration);
  if (count < 1'000) return fmt::format("{}ns", count);
  if (count < 1'000'000) return with_unit(count, 1'000, "\u00b5s");
  if (count < 1'000'000'000) return with_unit(count, 1'000'000, "ms");

  const int64_t total_minutes = count / 60'000'000'000;
  std::string text;
  if (total_minutes >= 60) text += fmt::format("{}h", total_minutes / 60);
  if (total_minutes > 0) text += fmt::format("{}m", total_minutes % 60);
  return text + with_unit(count % 60'000'000'000, 1'000'000'000, "s");
}

std::string format_age(Duration age) {
  const int64_t s = std::max<int64_t>(0, floor<seconds>(age).count());
  const auto two = [](int64_t major, char a, int64_t minor, char b) {
    return minor == 0 ? fmt::format("{}{}", major, a) : fmt::format("{}{}{}{}", major, a, minor, b);
  };
  const int64_t m = s / 60;
  const int64_t h = m / 60;
  const int64_t d = h / 24;
  if (s < 120) return fmt::format("{}s", s);
  if (m < 10) return two(m, 'm', s % 60, 's');
  if (m < 180) return fmt::format("{}m", m);
  if (h < 8) return two(h, 'h', m % 60, 'm');
  if (h < 48) return fmt::format("{}h", h);
  if (d < 8) return two(d, 'd', h % 24, 'h');
  if (d < 730) return fmt::format("{}d", d);
  return two(d / 365, 'y', d % 365, 'd');
}

}  // namespace sluice
