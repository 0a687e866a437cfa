#include "base/letter_case.h"
#include "base/yaml.h"
#include "cli/act/answer.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/input.h"
#include "cli/rollout_access.h"
#include "crds/names.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

struct TerminateOptions {
  std::vector<std::string> names;
  bool as_json = false;
};

kube::Awaitable<Answer> ask_to_end(Session& session, kube::Resource runs, std::string name) {
  const auto written = co_await session.store.patch(runs, session.key(name), kube::PatchType::Merge,
                                                    R"({"spec":{"terminate":true}})", {});
  const std::string kind = lower_case(runs.gvk.kind);
  const std::string verb = "terminate " + kind;
  if (!written) {
    const Error error = co_await explain_not_found(session, runs, name, written.error());
    co_return failure(verb, session.key(name), error);
  }
  co_return Answer{.verb = verb,
                   .object = session.key(name),
                   .text = fmt::format("{} '{}' is asked to end", kind, name),
                   .seen = {},
                   .frozen = ""};
}

kube::Awaitable<int> terminate(Session& session, std::string_view kind, TerminateOptions options) {
  const kube::Resource runs = *kube::find_resource(crds::kGroup, kind);
  int worst = kExitOk;
  for (const std::string& name : options.names) {
    const Answer answer = co_await ask_to_end(session, runs, name);
    worst = std::max(worst, tell(answer, options.as_json));
  }
  if (kind == crds::kExperiment && worst == kExitOk)
    warn("Sluice runs no experiments yet: only another engine acts upon it");
  co_return worst;
}

/// A document with the resource that it is one of.
struct Manifest {
  kube::Resource resource;
  Json document;
};

Result<std::vector<Manifest>> read_manifests(const std::vector<std::string>& paths) {
  std::vector<Manifest> manifests;
  for (const std::string& path : paths) {
    const auto text = read_input(path);
    if (!text) return fail(text.error());
    const auto documents = read_yaml(*text);
    if (!documents) return fail(documents.error().within(path));
    for (const YamlDocument& document : *documents) {
      const std::string kind = string_at(document.value, "kind");
      const kube::Resource* resource = kube::find_resource(crds::kGroup, kind);
      if (resource == nullptr) {
        return fail(
            invalid(fmt::format("{}:{}: kind \"{}\": expected one of {} (kubectl creates others)",
                                path, document.first_line, kind, crds::kGroup)));
      }
      manifests.push_back({*resource, document.value});
    }
  }
  return manifests;
}

kube::Awaitable<int> create(Session& session, std::vector<Manifest> manifests) {
  for (const Manifest& manifest : manifests) {
    const std::string own = string_at(manifest.document, "metadata.namespace");
    const std::string namespace_ = own.empty() ? session.namespace_ : own;
    const auto created = co_await session.store.create(
        manifest.resource, manifest.resource.namespaced ? namespace_ : "",
        dump_json(manifest.document));
    if (!created) co_return report(created.error());
    print(fmt::format("{}.{}/{} created\n", lower_case(manifest.resource.gvk.kind), crds::kGroup,
                      created->meta.name));
  }
  co_return kExitOk;
}

void add_terminate_kind(CLI::App& terminate_app, Program& program, std::string_view kind,
                        const std::string& help, const std::string& examples) {
  const std::string word = lower_case(std::string(kind));
  CLI::App* command = terminate_app.add_subcommand(word, help);
  const auto options = std::make_shared<TerminateOptions>();
  add_names(*command, options->names, "The " + word);
  add_answer_options(*command, options->as_json, examples);
  command->callback([&program, options, kind] {
    program.run = [&program, options, kind] {
      return run_in_session(program.globals,
                            [options, kind](Session& s) { return terminate(s, kind, *options); });
    };
  });
}

void add_terminate(CLI::App& app, Program& program) {
  CLI::App* terminate_app = app.add_subcommand("terminate", "End what runs");
  terminate_app->require_subcommand(1);
  add_terminate_kind(*terminate_app, program, crds::kAnalysisRun,
                     "End an analysis run before its time; it is judged by what it has measured",
                     "  sluice terminate analysisrun shop-6d4f9c7b8-2-1");
  add_terminate_kind(*terminate_app, program, crds::kExperiment,
                     "Ask for the end of an experiment; Sluice runs none yet, as is said",
                     "  sluice terminate experiment shop-compare");
}

void add_create(CLI::App& app, Program& program) {
  CLI::App* command =
      app.add_subcommand("create", "Create rollouts, templates, analysis runs and experiments");
  const auto paths = std::make_shared<std::vector<std::string>>();
  command->add_option("-f,--filename", *paths, "A file, or - for standard input; may be repeated")
      ->required()
      ->type_name("PATH");
  add_examples(*command, "  sluice create -f rollout.yaml");
  command->callback([&program, paths] {
    program.run = [&program, paths] {
      auto manifests = read_manifests(*paths);
      if (!manifests) return report(manifests.error());
      return run_in_session(program.globals, [manifests = *std::move(manifests)](Session& s) {
        return create(s, manifests);
      });
    };
  });
}

}  // namespace

void add_run_commands(CLI::App& app, Program& program) {
  add_terminate(app, program);
  add_create(app, program);
}

}  // namespace sluice::cli
