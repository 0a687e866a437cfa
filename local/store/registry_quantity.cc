#include "local/store/registry_quantity.h"

#include <algorithm>

namespace sluice::local {
namespace {

constexpr std::string_view kSuffixes[] = {"",  "n", "u",  "m",  "k",  "M",  "G",  "T",
                                          "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

constexpr const char* kWrongFormat =
    "quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
constexpr const char* kWrongSuffix = "unable to parse quantity's suffix";

constexpr std::string_view kDigits = "0123456789";

/// Takes the characters of `set` off the front.
std::string_view take(std::string_view& text, std::string_view set) {
  const std::string_view taken = text.substr(0, text.find_first_not_of(set));
  text.remove_prefix(taken.size());
  return taken;
}

std::string_view take_sign(std::string_view& text) {
  const bool has_sign = text.starts_with('+') || text.starts_with('-');
  const std::string_view sign = text.substr(0, has_sign ? 1 : 0);
  text.remove_prefix(sign.size());
  return sign;
}

}  // namespace

std::optional<std::string> quantity_error(std::string_view text) {
  take_sign(text);
  const std::string_view whole = take(text, kDigits);
  if (text.starts_with('.')) text.remove_prefix(1);
  const std::string_view fraction = take(text, kDigits);
  const std::string_view letters = take(text, "eEinumkKMGTP");
  const std::string_view sign = take_sign(text);
  const std::string_view exponent = take(text, kDigits);
  if (!text.empty() || (whole.empty() && fraction.empty())) return kWrongFormat;
  const bool plain = sign.empty() && exponent.empty();
  const bool known = plain ? std::ranges::find(kSuffixes, letters) != std::end(kSuffixes)
                           : (letters == "e" || letters == "E") && !exponent.empty();
  return known ? std::nullopt : std::optional<std::string>(kWrongSuffix);
}

}  // namespace sluice::local
