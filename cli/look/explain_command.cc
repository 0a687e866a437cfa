#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/look/explanation.h"
#include "cli/rollout_access.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

namespace sluice::cli {
namespace {

struct ExplainOptions {
  std::string name;
  std::string output;
};

kube::Awaitable<int> explain(Session& session, ExplainOptions options) {
  const auto objects = co_await read_whole_rollout(session, options.name);
  if (!objects) co_return report(objects.error());
  const Explanation explanation = explain_rollout(*objects, session.clock.system_now());
  const bool json = options.output == "json";
  print(json ? dump_json(encode_explanation(explanation)) + "\n" : render_explanation(explanation));
  co_return kExitOk;
}

}  // namespace

void add_explain_command(CLI::App& app, Program& program) {
  CLI::App* command = app.add_subcommand(
      "explain", "Why a rollout stands where it stands, what comes next, and who did what");
  const auto options = std::make_shared<ExplainOptions>();
  add_name(*command, options->name);
  add_json_output(*command, options->output, "For programs");
  add_examples(*command, "  sluice explain shop\n  sluice explain shop -o json");
  command->callback([&program, options] {
    program.run = [&program, options] {
      return run_in_session(program.globals,
                            [options](Session& s) { return explain(s, *options); });
    };
  });
}

}  // namespace sluice::cli
