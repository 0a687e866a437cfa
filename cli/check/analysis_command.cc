#include "analysis/template_resolver.h"
#include "base/yaml.h"
#include "cli/adapters.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/input.h"
#include "cli/look/text_table.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"
#include "net/event_loop.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

struct QueryOptions {
  std::string file;
  std::vector<std::string> args;
  std::string prometheus;
  bool as_json = false;
};

/// The templates of a file, in order.
Result<std::list<crds::AnalysisTemplate>> read_templates(const std::string& path) {
  const auto text = read_input(path);
  if (!text) return fail(text.error());
  const auto documents = read_yaml(*text);
  if (!documents) return fail(documents.error().within(path));
  std::list<crds::AnalysisTemplate> templates;
  for (const YamlDocument& document : *documents) {
    const std::string kind = string_at(document.value, "kind");
    if (kind != crds::kAnalysisTemplate && kind != crds::kClusterAnalysisTemplate) continue;
    auto decoded = crds::decode_analysis_template(document.value);
    if (!decoded.ok())
      return fail(invalid(fmt::format("{}: {}", path, decoded.problems.front().sentence())));
    templates.push_back(std::move(decoded.value));
  }
  if (templates.empty()) return fail(invalid(fmt::format("{}: holds no AnalysisTemplate", path)));
  return templates;
}

Result<std::vector<crds::Argument>> read_args(const std::vector<std::string>& texts) {
  std::vector<crds::Argument> args;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(invalid(fmt::format("\"{}\": expected NAME=VALUE", text)));
    args.push_back({.name = text.substr(0, equals), .value = text.substr(equals + 1)});
  }
  return args;
}

struct Question {
  std::vector<analysis::PreparedMetric> metrics;
  analysis::ArgumentValues values;
};

Result<Question> prepare(const QueryOptions& options) {
  const auto templates = read_templates(options.file);
  if (!templates) return fail(templates.error());
  const auto args = read_args(options.args);
  if (!args) return fail(args.error());
  std::vector<const crds::AnalysisTemplate*> pointers;
  for (const crds::AnalysisTemplate& each : *templates) pointers.push_back(&each);
  const auto spec = analysis::flatten_templates(pointers, *args);
  if (!spec) return fail(spec.error().within(options.file));
  auto values = analysis::argument_values(
      spec->args, [](std::string_view, std::string_view) { return std::nullopt; });
  if (!values) return fail(values.error().within(options.file));
  auto metrics = analysis::prepare_metrics(*spec, *values);
  if (!metrics) return fail(metrics.error().within(options.file));
  return Question{*std::move(metrics), *std::move(values)};
}

std::string conditions_of(const crds::Metric& metric) {
  std::string text = metric.success_condition;
  if (!metric.failure_condition.empty())
    text += fmt::format("{}fails if {}", text.empty() ? "" : "; ", metric.failure_condition);
  return text;
}

kube::Awaitable<int> ask(net::EventLoop& loop, analysis::HttpSource& source, Question question,
                         QueryOptions options) {
  const analysis::ProviderRegistry providers =
      builtin_providers({.source = source, .prometheus = prometheus_address(options.prometheus)});
  TextTable table;
  table.add({"METRIC", "VALUE", "CONDITION", "VERDICT", "MESSAGE"});
  Json items = Json::array();
  bool good = true;
  for (const analysis::PreparedMetric& metric : question.metrics) {
    const crds::Measurement measurement = co_await analysis::take_measurement(
        providers, loop.clock(), {.metric = metric, .values = question.values});
    good = good && measurement.phase == crds::AnalysisPhase::Successful;
    const std::string verdict(crds::to_string(measurement.phase));
    table.add({metric.metric.name, measurement.value, conditions_of(metric.metric), verdict,
               measurement.message});
    Json item = {{"metric", metric.metric.name},
                 {"value", measurement.value},
                 {"successCondition", metric.metric.success_condition},
                 {"failureCondition", metric.metric.failure_condition},
                 {"verdict", verdict},
                 {"message", measurement.message}};
    items.push_back(std::move(item));
  }
  const std::string text = options.as_json ? dump_json(items) + "\n" : table.render();
  print(text);
  co_return good ? kExitOk : kExitFailed;
}

int query(const QueryOptions& options) {
  auto question = prepare(options);
  if (!question) return report(question.error());
  net::EventLoop loop;
  auto source =
      analysis::make_http_source(loop.executor(), analysis::default_reach(), aws_environment());
  if (!source) return report(source.error());
  return loop.run(ask(loop, **source, *std::move(question), options));
}

}  // namespace

void add_analysis_command(CLI::App& app, Program& program) {
  CLI::App* analysis = app.add_subcommand("analysis", "Work with analysis templates");
  analysis->require_subcommand(1);
  CLI::App* command = analysis->add_subcommand(
      "query", "Ask the live source once and show value, condition and verdict, without a rollout");
  const auto options = std::make_shared<QueryOptions>();
  command->add_option("-f,--filename", options->file, "The template's file; - for standard input")
      ->required()
      ->type_name("FILE");
  CLI::Option* args = command->add_option("--arg", options->args, "An argument; may be repeated");
  args->type_name("NAME=VALUE");
  check_with(*args, [](const std::string& text) {
    const auto read = read_args({text});
    return read ? "" : read.error().message;
  });
  command
      ->add_option("--prometheus", options->prometheus,
                   "The Prometheus that metrics without an address ask")
      ->type_name("URL");
  add_json_output(*command, options->as_json, "A list of answers");
  add_examples(*command,
               "  sluice analysis query -f error-rate.yaml --arg pod-hash=6fd9c8d7b5 "
               "--prometheus http://127.0.0.1:9090\n"
               "Exit code 0: all are Successful; 1: not so, or nobody could be asked.");
  command->callback([&program, options] { program.run = [options] { return query(*options); }; });
}

}  // namespace sluice::cli
