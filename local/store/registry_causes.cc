#include "local/store/registry_causes.h"

namespace sluice::local {

std::string go_print(const StringMap& map) {
  std::string out;
  for (const auto& [key, value] : map)
    out += (out.empty() ? "" : ", ") + go_quote(key) + ":" + go_quote(value);
  return "map[string]string{" + out + "}";
}

std::string go_print(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& element : list) out += (out.empty() ? "" : ", ") + go_quote(element);
  return "[]string{" + out + "}";
}

}  // namespace sluice::local
