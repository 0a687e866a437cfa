#include "local/api/api_logs.h"

#include "base/json_list.h"
#include "local/api/api_answer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

std::vector<std::string> container_names(const Json& pod) {
  std::vector<std::string> names;
  for (const std::string_view list : {"spec.containers", "spec.initContainers"})
    for (const Json& container : list_at(pod, list)) names.push_back(string_at(container, "name"));
  return names;
}

ApiResult<std::string> pick_container(const Json& pod, std::string wanted) {
  const std::vector<std::string> names = container_names(pod);
  const std::string name = string_at(pod, "metadata.name");
  if (wanted.empty() && names.size() == 1) return names[0];
  if (wanted.empty()) {
    return fail(bad_request(
        fmt::format("a container name must be specified for pod {}, choose one of: [{}]", name,
                    fmt::join(names, " "))));
  }
  if (std::ranges::find(names, wanted) == names.end())
    return fail(bad_request(fmt::format("container {} is not valid for pod {}", wanted, name)));
  return wanted;
}

ApiError log_error(const Error& error, const ApiPath& path) {
  if (error.code == ErrorCode::NotFound)
    return object_not_found({path.group, path.plural}, path.name);
  if (error.code == ErrorCode::Invalid) return bad_request(error.message);
  return internal_failure(error.message);
}

/// So many seconds before; the beginning of time where there are more.
SystemTime before(SystemTime now, int64_t seconds) {
  const auto all = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  return now - std::min(all, std::chrono::seconds(seconds));
}

/// What is asked of which log of a pod that there is.
ApiResult<PodLogQuery> find_log(Registry& registry, const PodLogs* logs, const ResourceType& type,
                                const ObjectKey& key, std::string_view query, SystemTime now) {
  const auto stored = registry.get(type, key);
  if (!stored) return fail(stored.error());
  if (logs == nullptr) return fail(bad_request("no logs: nothing runs pods here"));
  const auto pod = (*stored)->parse();
  if (!pod) return fail(internal_failure(pod.error().message));
  return pod_log_query(*pod, query, now);
}

}  // namespace

ApiResult<PodLogQuery> pod_log_query(const Json& pod, std::string_view query, SystemTime now) {
  PodLogQuery wanted;
  auto container = pick_container(pod, net::query_parameter(query, "container").value_or(""));
  if (!container) return fail(container.error());
  wanted.container = *container;
  wanted.follow = flag_parameter(query, "follow");
  wanted.previous = flag_parameter(query, "previous");
  wanted.timestamps = flag_parameter(query, "timestamps");
  const auto tail = integer_parameter(query, "tailLines");
  const auto limit = integer_parameter(query, "limitBytes");
  const auto seconds = integer_parameter(query, "sinceSeconds");
  for (const auto* number : {&tail, &limit, &seconds}) {
    if (!*number) return fail(number->error());
    if (**number && ***number < 0) return fail(bad_request("a log has no less than nothing"));
  }
  wanted.tail_lines = *tail;
  wanted.limit_bytes = *limit;
  if (*seconds) wanted.since = before(now, **seconds);
  if (const auto text = net::query_parameter(query, "sinceTime"); text && !text->empty()) {
    const auto since = parse_time(*text);
    if (!since) return fail(bad_request("sinceTime: " + since.error().message));
    wanted.since = *since;
  }
  return wanted;
}

net::Awaitable<void> serve_pod_log(Registry& registry, PodLogs* logs, ResourceTypePtr type,
                                   ApiPath path, net::ServerRequest request, SystemTime now,
                                   net::Responder& responder) {
  const auto query = find_log(registry, logs, *type, path.key(), request.query, now);
  if (!query) {
    co_await responder.send(error_answer(query.error()));
    co_return;
  }
  const auto stream = co_await logs->open(path.key(), *query);
  if (!stream) {
    co_await responder.send(error_answer(log_error(stream.error(), path)));
    co_return;
  }
  auto written = co_await responder.start(text_answer(200, ""));
  while (written) {
    auto piece = co_await (*stream)->read();
    if (!piece || !*piece) co_return;
    written = co_await responder.write(std::move(**piece));
  }
}

}  // namespace sluice::local
