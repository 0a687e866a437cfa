#include "cli/look/run_view.h"
#include "cli/look/text_table.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

constexpr const char* kNothingRunsIt =
    "Sluice runs no experiments yet: this is what the API holds, whoever wrote it";

/// The items of a list of objects; an empty list for anything else.
Json items_at(const Json& document, std::string_view path) {
  const Json* list = find_path(document, path);
  Json items = Json::array();
  if (list == nullptr || !list->is_array()) return items;
  for (const Json& item : *list)
    if (item.is_object()) items.push_back(item);
  return items;
}

Json item_named(const Json& items, const std::string& name) {
  const auto found = std::ranges::find_if(
      items, [&name](const Json& item) { return string_at(item, "name") == name; });
  return found == items.end() ? Json::object() : *found;
}

std::string moment(const std::string& written, SystemTime now) {
  const auto time = parse_time(written);
  return time ? fmt::format("{} ({} ago)", written, format_age(now - *time)) : plain(written);
}

/// What is wanted of each template, and what the status tells of it.
Json templates_of(const Json& experiment) {
  Json templates = Json::array();
  const Json statuses = items_at(experiment, "status.templateStatuses");
  for (const Json& wanted : items_at(experiment, "spec.templates")) {
    const std::string name = string_at(wanted, "name");
    const Json status = item_named(statuses, name);
    templates.push_back({{"name", name},
                         {"status", string_at(status, "status")},
                         {"message", string_at(status, "message")},
                         {"desired", int_at(wanted, "replicas", 1)},
                         {"ready", int_at(status, "readyReplicas")},
                         {"available", int_at(status, "availableReplicas")}});
  }
  return templates;
}

Json analyses_of(const Json& experiment) {
  Json analyses = Json::array();
  const Json runs = items_at(experiment, "status.analysisRuns");
  for (const Json& wanted : items_at(experiment, "spec.analyses")) {
    const std::string name = string_at(wanted, "name");
    const Json run = item_named(runs, name);
    analyses.push_back({{"name", name},
                        {"template", string_at(wanted, "templateName")},
                        {"analysisRun", string_at(run, "analysisRun")},
                        {"status", string_at(run, "phase")},
                        {"message", string_at(run, "message")}});
  }
  return analyses;
}

std::string status_text(const Json& item, TreeStyle style) {
  const std::string status = plain(string_at(item, "status"));
  return status.empty() ? "-" : verdict_text(status, style);
}

std::string templates_table(const Json& templates, TreeStyle style) {
  TextTable table;
  table.add({"TEMPLATE", "STATUS", "DESIRED", "READY", "AVAILABLE", "MESSAGE"});
  for (const Json& each : templates) {
    table.add({plain(string_at(each, "name")), status_text(each, style),
               std::to_string(int_at(each, "desired")), std::to_string(int_at(each, "ready")),
               std::to_string(int_at(each, "available")), plain(string_at(each, "message"))});
  }
  return table.render();
}

std::string analyses_table(const Json& analyses, TreeStyle style) {
  TextTable table;
  table.add({"ANALYSIS", "STATUS", "RUN", "MESSAGE"});
  for (const Json& each : analyses) {
    table.add({plain(string_at(each, "name")), status_text(each, style),
               plain(string_at(each, "analysisRun")), plain(string_at(each, "message"))});
  }
  return table.render();
}

}  // namespace

std::string render_experiment(const Json& experiment, SystemTime now, RunStyle style) {
  const Json info = encode_experiment_info(experiment);
  std::string text = header_line("Name:", string_at(info, "name"));
  text += header_line("Namespace:", string_at(info, "namespace"));
  text += header_line("Status:", status_text(info, style.tree));
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) text += header_line(key, value);
  };
  add("Message:", plain(string_at(info, "message")));
  add("Duration:", plain(string_at(info, "duration")));
  if (info.contains("availableAt")) add("Available:", moment(string_at(info, "availableAt"), now));
  add("Note:", kNothingRunsIt);
  text += "\n" + templates_table(info["templates"], style.tree);
  if (!info["analyses"].empty()) text += "\n" + analyses_table(info["analyses"], style.tree);
  return text;
}

Json encode_experiment_info(const Json& experiment) {
  Json out = {{"name", string_at(experiment, "metadata.name")},
              {"namespace", string_at(experiment, "metadata.namespace")},
              {"status", string_at(experiment, "status.phase")},
              {"message", string_at(experiment, "status.message")},
              {"duration", string_at(experiment, "spec.duration")},
              {"templates", templates_of(experiment)},
              {"analyses", analyses_of(experiment)}};
  const std::string available = string_at(experiment, "status.availableAt");
  if (!available.empty()) out["availableAt"] = available;
  return out;
}

}  // namespace sluice::cli
