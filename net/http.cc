#include "net/http.h"

#include "base/letter_case.h"

#include <algorithm>
#include <utility>

namespace sluice::net {
bool same_header_name(std::string_view left, std::string_view right) {
  return same_in_any_case(left, right);
}

void Headers::add(std::string name, std::string value) {
  headers_.push_back({std::move(name), std::move(value)});
}

const std::string* Headers::find(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers_, [name](const Header& header) { return same_header_name(header.name, name); });
  return found == headers_.end() ? nullptr : &found->value;
}

std::string Headers::get(std::string_view name, std::string_view fallback) const {
  const std::string* found = find(name);
  return found == nullptr ? std::string(fallback) : *found;
}

}  // namespace sluice::net
