#pragma once

// Pod templates with what a real API server said of a ReplicaSet that has them.

#include "base/yaml.h"

#include <fmt/core.h>

#include <fstream>
#include <string>
#include <vector>

namespace sluice::core {

struct RecordedTemplate {
  std::string label;
  Json selector;
  Json pod_template;
  bool refused = false;
  std::string said;
};

inline std::vector<RecordedTemplate> recorded_templates(const std::string& path) {
  constexpr std::string_view kName = "NAME";
  std::vector<RecordedTemplate> templates;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const Json row = Json::parse(line);
    std::string text =
        fmt::format("selector: {}\ntemplate:\n    metadata: {{labels: {}}}\n    spec:\n      {}\n",
                    string_at(row, "selector"), string_at(row, "labels"), string_at(row, "spec"));
    for (size_t at = text.find(kName); at != std::string::npos; at = text.find(kName))
      text.replace(at, kName.size(), "shop");
    const Json spec = read_yaml(text)->front().value;
    templates.push_back({string_at(row, "label"), spec.at("selector"), spec.at("template"),
                         bool_at(row, "refused"), string_at(row, "said")});
  }
  return templates;
}

}  // namespace sluice::core
