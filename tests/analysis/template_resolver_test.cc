#include "analysis/template_resolver.h"

#include "tests/analysis/metric_builders.h"

#include <catch2/catch.hpp>

#include <map>

namespace sluice::analysis {
namespace {

/// Templates by name, as the watch cache would hold them.
class Library {
 public:
  crds::AnalysisTemplate& add(const std::string& name, bool cluster_scope = false) {
    crds::AnalysisTemplate& one = templates_[{name, cluster_scope}];
    one.meta.name = name;
    one.cluster_scope = cluster_scope;
    return one;
  }

  TemplateLookup lookup() const {
    return [this](const crds::TemplateRef& ref) {
      const auto found = templates_.find({ref.template_name, ref.cluster_scope});
      return found == templates_.end() ? nullptr : &found->second;
    };
  }

 private:
  std::map<std::pair<std::string, bool>, crds::AnalysisTemplate> templates_;
};

crds::Argument literal(std::string name, std::string value) {
  return {.name = std::move(name), .value = std::move(value), .value_from = {}};
}

crds::Argument open(std::string name) {
  return {.name = std::move(name), .value = {}, .value_from = {}};
}

crds::Argument from_hash(std::string name, std::string which) {
  crds::Argument arg = open(std::move(name));
  arg.value_from = crds::ArgumentSource{};
  arg.value_from->pod_template_hash = std::move(which);
  return arg;
}

ArgumentContext context() {
  return {"aaa", "bbb", [](std::string_view path) -> std::optional<std::string> {
            if (path == "metadata.labels['app']") return "shop";
            return std::nullopt;
          }};
}

std::string error_of(const Result<crds::AnalysisRunSpec>& spec) {
  return spec ? "" : spec.error().message;
}

TEST_CASE("templates and arguments become a run's spec", "[template_resolver]") {
  Library library;
  crds::AnalysisTemplate& rate = library.add("rate");
  rate.spec.metrics = {make_metric("rate")};
  rate.spec.args = {open("pod-hash"), literal("namespace", "default"), open("app")};
  crds::AnalysisTemplate& latency = library.add("latency", true);
  latency.spec.metrics = {make_metric("p95")};
  latency.spec.args = {open("pod-hash")};
  latency.spec.dry_run = {{"p95"}};

  crds::RolloutAnalysis analysis;
  analysis.templates = {{"rate", false}, {"latency", true}};
  analysis.args = {from_hash("pod-hash", "Latest"), literal("namespace", "prod"), open("app"),
                   literal("unused", "x")};
  analysis.args[2].value_from = crds::ArgumentSource{};
  analysis.args[2].value_from->field_path = "metadata.labels['app']";
  analysis.measurement_retention = {{".*", 20}};

  const auto spec = resolve_run_spec(analysis, context(), library.lookup());
  REQUIRE(spec);
  REQUIRE(spec->metrics.size() == 2);
  CHECK(spec->metrics[0].name == "rate");
  CHECK(spec->metrics[1].name == "p95");
  CHECK(spec->args == std::vector<crds::Argument>{literal("pod-hash", "bbb"),
                                                  literal("namespace", "prod"),
                                                  literal("app", "shop")});
  CHECK(spec->dry_run == std::vector<crds::DryRun>{{"p95"}});
  CHECK(spec->measurement_retention.size() == 1);
}

TEST_CASE("nested templates are taken once, circles are refused", "[template_resolver]") {
  Library library;
  library.add("all").spec.templates = {{"a", false}, {"b", false}};
  library.add("a").spec.templates = {{"common", false}};
  library.add("b").spec.templates = {{"common", false}};
  library.add("common").spec.metrics = {make_metric("m")};
  crds::RolloutAnalysis analysis;
  analysis.templates = {{"all", false}, {"common", false}};
  const auto spec = resolve_run_spec(analysis, context(), library.lookup());
  REQUIRE(spec);
  CHECK(spec->metrics.size() == 1);

  library.add("common").spec.templates = {{"a", false}};
  CHECK(error_of(resolve_run_spec(analysis, context(), library.lookup())) ==
        "analysis templates refer to each other in a circle: a -> common -> a");
}

TEST_CASE("what does not fit together is refused", "[template_resolver]") {
  Library library;
  library.add("one").spec.metrics = {make_metric("m")};
  library.add("one").spec.args = {literal("limit", "1")};
  library.add("same").spec.metrics = {make_metric("m")};
  library.add("other").spec.metrics = {make_metric("n")};
  library.add("other").spec.args = {literal("limit", "2")};
  library.add("open").spec.metrics = {make_metric("o")};
  library.add("open").spec.args = {open("pod")};
  library.add("empty");

  const auto resolve = [&](std::vector<crds::TemplateRef> refs) {
    crds::RolloutAnalysis analysis;
    analysis.templates = std::move(refs);
    return resolve_run_spec(analysis, context(), library.lookup());
  };
  CHECK(error_of(resolve({{"missing", false}})) == "AnalysisTemplate \"missing\" not found");
  CHECK(resolve({{"missing", true}}).error() ==
        not_found("ClusterAnalysisTemplate \"missing\" not found"));
  CHECK(error_of(resolve({{"one", false}, {"same", false}})) == "two metrics are named \"m\"");
  CHECK(error_of(resolve({{"one", false}, {"other", false}})) ==
        "two templates give the argument \"limit\" different values");
  CHECK(error_of(resolve({{"open", false}})) == "args.pod was not resolved");
  CHECK(error_of(resolve({{"empty", false}})) == "the analysis has no metrics");

  crds::RolloutAnalysis analysis;
  analysis.templates = {{"one", false}};
  analysis.dry_run = {{"x.*"}};
  CHECK(error_of(resolve_run_spec(analysis, context(), library.lookup())) ==
        "dryRun: the rule \"x.*\" matches no metric");
  analysis.dry_run.clear();
  analysis.args = {from_hash("limit", "Newest")};
  CHECK(error_of(resolve_run_spec(analysis, context(), library.lookup())) ==
        "args.limit: podTemplateHashValue is Stable or Latest, not \"Newest\"");
  analysis.args = {open("limit")};
  analysis.args[0].value_from = crds::ArgumentSource{};
  analysis.args[0].value_from->field_path = "metadata.labels['x']";
  CHECK(error_of(resolve_run_spec(analysis, context(), library.lookup())) ==
        "args.limit: the Rollout has no field \"metadata.labels['x']\"");
}

TEST_CASE("secret arguments keep their reference", "[template_resolver]") {
  Library library;
  crds::AnalysisTemplate& one = library.add("one");
  one.spec.metrics = {make_metric("m")};
  one.spec.args = {open("token")};
  one.spec.args[0].value_from = crds::ArgumentSource{};
  one.spec.args[0].value_from->secret_name = "web";
  one.spec.args[0].value_from->secret_key = "key";
  crds::RolloutAnalysis analysis;
  analysis.templates = {{"one", false}};
  const auto spec = resolve_run_spec(analysis, context(), library.lookup());
  REQUIRE(spec);
  CHECK(spec->args == one.spec.args);
}

TEST_CASE("templates alone are flattened with given arguments", "[template_resolver]") {
  Library library;
  crds::AnalysisTemplate& one = library.add("one");
  one.spec.metrics = {make_metric("m")};
  one.spec.args = {open("pod")};
  CHECK_FALSE(flatten_templates({&one}, {}));
  const auto spec = flatten_templates({&one}, {literal("pod", "abc")});
  REQUIRE(spec);
  CHECK(spec->args == std::vector<crds::Argument>{literal("pod", "abc")});
  const auto slip = flatten_templates({&one}, {literal("pod", "abc"), literal("pot", "abc")});
  REQUIRE_FALSE(slip);
  CHECK(slip.error() == invalid("no template has an argument \"pot\""));
}

}  // namespace
}  // namespace sluice::analysis
