#include "base/yaml.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/look/explanation.h"
#include "cli/look/lease_words.h"
#include "cli/look/observer.h"
#include "cli/look/watch_view.h"
#include "cli/rollout_access.h"
#include "crds/names.h"
#include "net/address_rule.h"
#include "net/http_client.h"
#include "net/url.h"

#include <CLI/CLI.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace sluice::cli {
namespace {

struct ExplainOptions {
  std::vector<std::string> names;  ///< None: all of the namespace.
  bool all_namespaces = false;
  std::string output;
  std::string observer;
};

/// An explanation, and what an observer says beside it where one was asked.
struct Told {
  Explanation explanation;
  std::optional<Json> observed;
};

Json encode(const Told& told) {
  Json item = encode_explanation(told.explanation);
  if (told.observed) item["observer"] = *told.observed;
  return item;
}

std::string render(const Told& told) {
  return render_explanation(told.explanation) +
         (told.observed ? render_observed(*told.observed) : "");
}

/// `observer` may be null: nobody is asked.
kube::Awaitable<Result<Told>> explain(Session& session, ObjectKey key, std::string url,
                                      net::HttpClient* observer) {
  const auto objects = co_await read_whole_rollout(session, key);
  if (!objects) co_return fail(objects.error());
  const SystemTime now = session.clock.system_now();
  std::string leases;
  if (leases_matter(decode_whole_rollout(*objects), now))
    leases = co_await ask_leases(session.store, now);
  Told told{explain_rollout(*objects, now, std::move(leases)), std::nullopt};
  if (observer == nullptr) co_return told;
  auto said = co_await ask_observer(*observer, std::move(url), key);
  if (!said) co_return fail(said.error());
  told.observed = *std::move(said);
  co_return told;
}

std::string text_of(const Told& told, const std::string& output) {
  if (output == "json") return dump_json(encode(told)) + "\n";
  if (output == "yaml") return write_yaml(encode(told));
  return render(told);
}

/// Those that were named, one after the other, as `get` shows them.
kube::Awaitable<int> explain_named(Session& session, ExplainOptions options,
                                   net::HttpClient* observer) {
  int worst = kExitOk;
  for (size_t i = 0; i < options.names.size(); ++i) {
    const auto told =
        co_await explain(session, session.key(options.names[i]), options.observer, observer);
    if (!told) {
      worst = std::max(worst, report(told.error()));
      continue;
    }
    print((i == 0 ? "" : separator_of(options.output)) + text_of(*told, options.output));
  }
  co_return worst;
}

/// All of them, for programs as one list, as `list` gives them.
kube::Awaitable<int> explain_all(Session& session, ExplainOptions options,
                                 net::HttpClient* observer) {
  const kube::Resource rollouts = *kube::find_resource(crds::kGroup, crds::kRollout);
  const auto list = co_await session.store.list(
      rollouts, {.namespace_ = options.all_namespaces ? "" : session.namespace_});
  if (!list) {
    const Error error = co_await explain_not_found(session, rollouts, "", list.error());
    co_return report(error);
  }
  Json items = Json::array();
  std::string text;
  for (const kube::Object& rollout : list->items) {
    const auto told = co_await explain(session, rollout.meta.key(), options.observer, observer);
    // One that is deleted at this moment needs no explanation.
    if (!told && told.error().code == ErrorCode::NotFound) continue;
    if (!told) co_return report(told.error());
    items.push_back(encode(*told));
    text += (text.empty() ? "" : "\n") + render(*told);
  }
  if (options.output == "json") text = dump_json(items) + "\n";
  if (options.output == "yaml") text = write_yaml(items);
  if (text.empty()) note("no rollouts");
  print(text);
  co_return kExitOk;
}

kube::Awaitable<int> explain_rollouts(Session& session, ExplainOptions options) {
  std::unique_ptr<net::HttpClient> observer;
  if (!options.observer.empty()) {
    auto client = net::make_http_client(co_await boost::asio::this_coro::executor, {});
    if (!client) co_return report(client.error());
    observer = *std::move(client);
  }
  if (options.names.empty()) co_return co_await explain_all(session, options, observer.get());
  co_return co_await explain_named(session, options, observer.get());
}

}  // namespace

void add_explain_command(CLI::App& app, Program& program) {
  CLI::App* command = app.add_subcommand(
      "explain",
      "Why rollouts stand where they stand, what comes next, what you can do, and who did what");
  const auto options = std::make_shared<ExplainOptions>();
  CLI::Option* names = command->add_option(
      "NAME", options->names, "The rollout; several, or none for all of the namespace");
  names->type_name("");
  command->add_flag("-A,--all-namespaces", options->all_namespaces, "All of all namespaces")
      ->excludes(names);
  command->add_option("-o,--output", options->output, "For programs")
      ->check(CLI::IsMember({"json", "yaml"}).description(""))
      ->type_name("json|yaml");
  CLI::Option* observer =
      command->add_option("--observer", options->observer,
                          "Also ask a running `sluice controller --observe-only` what it would do");
  observer->type_name("URL");
  check_with(*observer, [](const std::string& text) {
    const auto url = net::parse_url(text);
    return url ? "" : url.error().message;
  });
  add_examples(*command,
               "  sluice explain shop\n"
               "  sluice explain\n"
               "  sluice explain shop -o json\n"
               "  sluice explain shop --observer http://127.0.0.1:9090");
  command->callback([&program, options] {
    program.run = [&program, options] {
      return run_in_session(program.globals,
                            [options](Session& s) { return explain_rollouts(s, *options); });
    };
  });
}

}  // namespace sluice::cli
