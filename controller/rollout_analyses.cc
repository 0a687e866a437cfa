#include "controller/rollout_analyses.h"

#include "analysis/template_resolver.h"
#include "analysis/use_check.h"
#include "crds/names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <list>

namespace sluice::controller {
namespace {

/// Looks templates up and keeps them alive for as long as it lives.
class TemplateFinder {
 public:
  TemplateFinder(ClusterView& view, std::string templates_in)
      : view_(view), namespace_(std::move(templates_in)) {}

  analysis::TemplateLookup lookup() {
    return [this](const crds::TemplateRef& ref) -> const crds::AnalysisTemplate* {
      looked_up_.push_back(ref);
      TemplatePtr found = view_.analysis_template(ref, namespace_);
      if (!found) return nullptr;
      held_.push_back(found);
      return &found->value;
    };
  }

  const std::vector<crds::TemplateRef>& looked_up() const { return looked_up_; }

 private:
  ClusterView& view_;
  std::string namespace_;
  std::list<TemplatePtr> held_;
  std::vector<crds::TemplateRef> looked_up_;
};

/// metadata.labels['app'] and metadata.annotations['x'] as the downward API writes them.
std::optional<std::string> metadata_field(const crds::Rollout& rollout, std::string_view path) {
  for (const auto& [prefix, map] :
       {std::pair{"metadata.labels['", &rollout.meta.labels},
        std::pair{"metadata.annotations['", &rollout.meta.annotations}}) {
    if (!path.starts_with(prefix) || !path.ends_with("']")) continue;
    const size_t start = std::string_view(prefix).size();
    const auto found = map->find(path.substr(start, path.size() - start - 2));
    if (found == map->end()) return std::nullopt;
    return found->second;
  }
  return std::nullopt;
}

/// The Rollout as the cluster has it, with fields that this engine does not know.
Json document_of(const crds::Rollout& rollout, ClusterView& view) {
  const kube::ObjectPtr object = view.rollouts.find(rollout.meta.key());
  const auto document = object ? object->parse() : Result<Json>(Json());
  return document ? *document : Json();
}

std::optional<std::string> field_value(const crds::Rollout& rollout, const Json& document,
                                       std::string_view path) {
  if (auto value = metadata_field(rollout, path)) return value;
  const Json* found = find_path(document, path);
  if (found == nullptr || found->is_structured()) return std::nullopt;
  return found->is_string() ? found->get<std::string>() : dump_json(*found);
}

/// References are checked before the first run is made. What is not known yet, hashes and fields of
/// the status, stands for itself.
analysis::ArgumentContext early_context(const crds::Rollout& rollout, ClusterView& view) {
  return {.stable_hash = "stable",
          .latest_hash = "latest",
          .field = [&rollout, &view](std::string_view path) {
            if (path.starts_with("status")) return std::optional<std::string>("value");
            return field_value(rollout, document_of(rollout, view), path);
          }};
}

/// What is wrong within the templates of a reference; nothing where one of them is missing.
crds::FieldProblems check_templates(const crds::AnalysisUse& use, TemplateFinder& finder,
                                    const analysis::ProviderChecks& providers) {
  crds::FieldProblems problems;
  const auto templates = analysis::collect_templates(use.analysis->templates, finder.lookup());
  if (!templates) return problems;
  for (const crds::AnalysisTemplate* found : *templates) {
    for (const auto& problem : analysis::check_template(found->spec, &providers)) {
      problems.push_back(
          {use.path + ".templates", fmt::format("Invalid value: AnalysisTemplate \"{}\": {}",
                                                found->meta.name, problem.sentence())});
    }
  }
  return problems;
}

}  // namespace

AnalysisCheck check_analyses(const crds::Rollout& rollout, ClusterView& view,
                             const analysis::ProviderChecks& providers) {
  AnalysisCheck check;
  TemplateFinder finder(view, rollout.meta.namespace_);
  const analysis::ArgumentContext context = early_context(rollout, view);
  for (const crds::AnalysisUse& use : crds::analysis_uses(rollout)) {
    crds::FieldProblems found = check_templates(use, finder, providers);
    if (found.empty()) found = analysis::check_use(use, context, finder.lookup());
    std::ranges::move(found, std::back_inserter(check.problems));
  }
  check.looked_up = finder.looked_up();
  return check;
}

Result<crds::AnalysisRun> build_analysis_run(const engine::CreateAnalysisRun& action,
                                             const crds::Rollout& rollout, ClusterView& view) {
  TemplateFinder finder(view, rollout.meta.namespace_);
  const Json document = document_of(rollout, view);
  const analysis::ArgumentContext context{
      .stable_hash = rollout.status.stable_rs,
      .latest_hash = rollout.status.current_pod_hash,
      .field = [&](std::string_view path) { return field_value(rollout, document, path); }};
  auto spec = analysis::resolve_run_spec(action.analysis, context, finder.lookup());
  if (!spec) return fail(spec.error().within("AnalysisRun " + action.name));

  crds::AnalysisRun run;
  run.meta.name = action.name;
  run.meta.namespace_ = rollout.meta.namespace_;
  run.meta.labels = action.labels;
  run.meta.annotations = action.annotations;
  run.spec = *std::move(spec);
  return run;
}

}  // namespace sluice::controller
