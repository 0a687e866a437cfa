#include "bench/fleet_server.h"

#include "base/time.h"
#include "base/whole_number.h"
#include "net/sleep.h"
#include "net/task_group.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::bench {
namespace {

net::HttpResponse json_answer(int status, std::string body) {
  return {
      .status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

net::HttpResponse not_found(std::string_view what) {
  return json_answer(404, Json{{"kind", "Status"},
                               {"apiVersion", "v1"},
                               {"status", "Failure"},
                               {"reason", "NotFound"},
                               {"message", fmt::format("{} not found", what)},
                               {"code", 404}}
                              .dump());
}

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return parts;
}

/// The number at the end of "checkout-00042-stable", before the role where there is one.
std::optional<int> number_in(std::string_view name) {
  constexpr std::string_view kPrefix = "checkout-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  return whole_number<int>(name.substr(kPrefix.size(), 5));
}

/// As FleetServer::key_of, of an object as the fleet writes it.
std::string name_in(std::string_view plural, std::string_view object) {
  const auto value = [object](std::string_view field) {
    const size_t start = object.find(field) + field.size();
    return object.substr(start, object.find('"', start) - start);
  };
  return fmt::format("{} {}/{}", plural, value(R"("namespace":")"), value(R"("name":")"));
}

Json patched(Json object, const net::ServerRequest& request, bool status_only) {
  const Json patch = Json::parse(request.body);
  if (patch.is_array()) return object.patch(patch);
  if (!status_only)
    object.merge_patch(patch);
  else if (patch.contains("status"))
    object["status"].merge_patch(patch["status"]);
  return object;
}

}  // namespace

std::optional<FleetServer::Place> FleetServer::place_of(std::string_view path) {
  const std::vector<std::string> parts = parts_of(path);
  const size_t group = !parts.empty() && parts[0] == "api" ? 2 : 3;
  if (parts.size() <= group) return std::nullopt;
  Place place;
  for (size_t i = 0; i < group; ++i) place.collection += "/" + parts[i];
  size_t at = group;
  if (parts[at] == "namespaces" && parts.size() > at + 2) {
    place.namespace_ = parts[at + 1];
    at += 2;
  }
  place.plural = parts[at];
  place.collection += "/" + place.plural;
  if (parts.size() > at + 1) place.name = parts[at + 1];
  if (parts.size() > at + 2) place.subresource = parts[at + 2];
  return place;
}

std::string FleetServer::key_of(const Place& place) {
  return fmt::format("{} {}/{}", place.plural, place.namespace_, place.name);
}

std::optional<std::string> FleetServer::find(const Place& place) const {
  if (const auto known = written_.find(key_of(place)); known != written_.end())
    return known->second;
  const auto number = number_in(place.name);
  const bool has = number && *number < fleet_.size().rollouts && fleet_.count(place.plural) > 0;
  if (!has) return std::nullopt;
  if (place.plural == "services")
    return fleet_.object(place.plural, *number * 2 + (place.name.ends_with("canary") ? 1 : 0));
  if (place.plural != "replicasets") return fleet_.object(place.plural, *number);
  for (int revision = 0; revision < fleet_.size().revisions; ++revision) {
    std::string made = fleet_.object(place.plural, *number * fleet_.size().revisions + revision);
    if (string_at(Json::parse(made), "metadata.name") == place.name) return made;
  }
  return std::nullopt;
}

net::HttpResponse FleetServer::list(const Place& place, const net::ServerRequest& request) const {
  const auto number = [&request](const char* name) {
    return whole_number<int>(net::query_parameter(request.query, name).value_or("")).value_or(0);
  };
  const int count = fleet_.count(place.plural);
  const int first = number("continue");
  const int limit = number("limit");
  const int end = limit > 0 ? std::min(count, first + limit) : count;
  std::string body = fmt::format(
      R"({{"kind":"List","apiVersion":"v1","metadata":{{"resourceVersion":"{}","continue":"{}"}},"items":[)",
      version_, end < count ? std::to_string(end) : "");
  for (int i = first; i < end; ++i) {
    if (i > first) body += ',';
    const std::string object = fleet_.object(place.plural, i);
    const auto written = written_.find(name_in(place.plural, object));
    body += written == written_.end() ? object : written->second;
  }
  body += "]}";
  return json_answer(200, std::move(body));
}

void FleetServer::keep(const Place& place, Json object, std::string_view event) {
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  std::string text = object.dump();
  for (Watcher& watcher : watchers_) {
    if (watcher.plural != place.plural) continue;
    watcher.pending += fmt::format(R"({{"type":"{}","object":{}}})"
                                   "\n",
                                   event, text);
    watcher.wake->notify();
  }
  written_[key_of(place)] = std::move(text);
}

net::HttpResponse FleetServer::write(const Place& place, const net::ServerRequest& request) {
  std::string what = request.method + " " + place.plural;
  if (!place.subresource.empty()) what += "/" + place.subresource;
  ++writes_[what];
  Place written = place;
  written.subresource.clear();
  if (request.method == "POST") {
    Json made = Json::parse(request.body);
    written.name = string_at(made, "metadata.name");
    made["metadata"]["namespace"] = place.namespace_;
    made["metadata"]["uid"] = fmt::format("00000000-0000-4000-9000-{:012x}", version_);
    made["metadata"]["resourceVersion"] = std::to_string(version_);
    if (place.plural == "events") return json_answer(201, made.dump());
    keep(written, std::move(made), "ADDED");
    return json_answer(201, written_.at(key_of(written)));
  }
  const auto found = find(written);
  if (!found) return not_found(place.name);
  keep(written, patched(Json::parse(*found), request, place.subresource == "status"), "MODIFIED");
  return json_answer(200, written_.at(key_of(written)));
}

void FleetServer::touch_rollout(int number) {
  const Place place{.collection = "",
                    .plural = "rollouts",
                    .namespace_ = Fleet::namespace_of(number),
                    .name = Fleet::rollout_name(number),
                    .subresource = ""};
  keep(place, Json::parse(*find(place)), "MODIFIED");
}

net::Awaitable<void> FleetServer::watch(Place place, net::ServerRequest request,
                                        net::Responder& responder) {
  net::Notifier wake(executor_);
  const auto watcher = watchers_.insert(
      watchers_.end(), Watcher{.plural = place.plural, .pending = "", .wake = &wake});

  const struct Leave {
    std::list<Watcher>& watchers;
    std::list<Watcher>::iterator watcher;

    ~Leave() { watchers.erase(watcher); }
  } leave{watchers_, watcher};

  const auto started = co_await responder.start(json_answer(200, ""));
  if (!started) co_return;
  while (true) {
    while (watcher->pending.empty()) co_await wake.wait();
    const auto sent = co_await responder.write(std::exchange(watcher->pending, ""));
    if (!sent) co_return;
  }
}

net::Awaitable<void> FleetServer::handle(net::ServerRequest request, net::Responder& responder) {
  ++requests_;
  const auto place = place_of(request.path);
  if (!place) {
    co_await responder.send(not_found(request.path));
    co_return;
  }
  if (request.method != "GET") {
    net::HttpResponse answer = write(*place, request);
    co_await responder.send(std::move(answer));
    co_return;
  }
  if (net::query_parameter(request.query, "watch")) {
    co_await watch(*place, std::move(request), responder);
    co_return;
  }
  if (place->name.empty()) {
    net::HttpResponse answer = list(*place, request);
    co_await responder.send(std::move(answer));
    co_return;
  }
  const auto found = find(*place);
  net::HttpResponse answer = found ? json_answer(200, *found) : not_found(place->name);
  co_await responder.send(std::move(answer));
}

}  // namespace sluice::bench
