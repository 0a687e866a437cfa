#include "server/edge.h"

#include "base/log.h"
#include "crds/names.h"
#include "crds/rollout_status_codec.h"
#include "net/url.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <vector>

namespace sluice::server {
namespace {

/// How often a release that met another write is tried again.
constexpr int kReleaseTries = 5;

/// People, CI, probes and Prometheus are few. Together with what the controller itself opens it
/// must fit the 1024 files that a process may have open on a bare Debian.
constexpr size_t kConnectionsMax = 200;
/// For each wait on a peer: connections cost strangers little, and an honest client has something
/// to say at once.
constexpr Duration kPeerDeadline = std::chrono::seconds(15);

net::HttpResponse text(int status, std::string body) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

net::HttpResponse json(int status, const Json& body) {
  return {status, {{"Content-Type", "application/json"}}, dump_json(body) + "\n"};
}

net::HttpResponse problem(int status, const std::string& message) {
  return json(status, {{"error", message}});
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::AlreadyExists:
    case ErrorCode::Conflict:
      return 409;
    case ErrorCode::Invalid:
      return 400;
    case ErrorCode::Forbidden:
      return 403;
    case ErrorCode::Timeout:
      return 504;
    case ErrorCode::Expired:
    case ErrorCode::Unavailable:
    case ErrorCode::Cancelled:
      return 503;
    case ErrorCode::Internal:
      return 500;
  }
  return 500;
}

net::HttpResponse problem(const Error& error) {
  return problem(status_of(error.code), error.message);
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return parts;
}

/// The canary's weight where the routers have it in force, or cannot tell; null where nobody knows.
Json weight_in_force(const Json& rollout) {
  const Json* weights = find_path(rollout, "status.canary.weights");
  if (weights == nullptr || !bool_at(*weights, "verified", true)) return nullptr;
  return int_at(*weights, "canary.weight");
}

Json encode_release(const ObjectKey& key, const verbs::ReleaseRecord& record) {
  return {{"id", record.id},
          {"rollout", key.to_string()},
          {"images", record.images},
          {"acceptedAt", format_time(record.accepted_at)},
          {"changed", record.changed},
          {"retried", record.retried},
          {"follow", fmt::format("/v1/rollouts/{}/{}?release={}", key.namespace_, key.name,
                                 net::percent_encode(record.id))}};
}

constexpr const char* kRevertedAlready =
    "the update to these images was aborted: send \"retry\": true to start it again, or other "
    "images";

/// A patch that tests what it rests upon met another write.
bool is_overtaken(const Error& error) {
  return error.code == ErrorCode::Conflict || error.code == ErrorCode::Invalid;
}

const kube::Resource& rollouts() {
  return *kube::find_resource(crds::kGroup, crds::kRollout);
}

}  // namespace

net::ServerOptions edge_server_options() {
  net::ServerOptions options;
  // Room enough for the edge to say itself what is too large for it.
  options.body_max = 2 * verbs::kReleaseBodyMax;
  options.connections_max = kConnectionsMax;
  options.idle_deadline = kPeerDeadline;
  options.read_deadline = kPeerDeadline;
  options.write_deadline = kPeerDeadline;
  return options;
}

Edge::Edge(kube::ObjectStore& store, const Clock& clock, controller::Controller& controller,
           const KnownSecrets& secrets)
    : store_(store), clock_(clock), controller_(controller), secrets_(secrets) {}

net::Awaitable<void> Edge::handle(net::ServerRequest request, net::Responder& responder) {
  net::HttpResponse response = co_await answer(std::move(request));
  co_await responder.send(std::move(response));
}

net::Awaitable<net::HttpResponse> Edge::answer(net::ServerRequest request) {
  if (request.path.starts_with("/v1/rollouts/"))
    co_return co_await answer_rollout(std::move(request));
  if (request.method != "GET" && request.method != "HEAD")
    co_return problem(405, "only GET and HEAD are known here");
  if (request.path == "/healthz") co_return text(200, "ok");
  if (request.path == "/readyz") co_return tell_readiness(request.query);
  if (request.path == "/metrics") {
    co_return net::HttpResponse{200,
                                {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                                controller_.metrics_text()};
  }
  const std::vector<std::string> parts = split_path(request.path);
  if (parts.size() == 4 && parts[0] == "debug" && parts[1] == "rollouts")
    co_return explain({parts[2], parts[3]});
  co_return problem(404, "no such path: " + request.path);
}

net::HttpResponse Edge::tell_readiness(const std::string& query) const {
  const bool ready = controller_.ready();
  const kube::StandingReport& standing = controller_.standing();
  const std::string told = kube::to_string(standing);
  std::string said = ready ? "ok" : "not ready: still listing";
  if (ready && standing.standing != kube::Standing::Leading) said += ": " + told;
  if (net::query_parameter(query, "verbose")) {
    said += fmt::format("\n[{}] leadership: {}", standing.amiss() ? '-' : '+', told);
    for (const kube::WatchCache* cache : controller_.view().caches()) {
      const std::optional<Error>& trouble = cache->trouble();
      said += fmt::format("\n[{}] {}: {}", !trouble && cache->synced() ? '+' : '-',
                          cache->resource().plural,
                          trouble           ? trouble->message
                          : cache->synced() ? "ok"
                                            : "not listed yet");
    }
  }
  return text(ready ? 200 : 503, said);
}

net::Awaitable<net::HttpResponse> Edge::answer_rollout(net::ServerRequest request) {
  const bool posting = request.method == "POST";
  if (request.body.size() > verbs::kReleaseBodyMax)
    co_return problem(413, fmt::format("the body is larger than {} bytes", verbs::kReleaseBodyMax));
  if (auto refusal = refuse(request, posting ? request.body : request.path)) co_return *refusal;
  const std::vector<std::string> parts = split_path(request.path);
  if (request.method == "GET" && parts.size() == 4) {
    const ObjectKey key{parts[2], parts[3]};
    co_return co_await follow(key, request.query);
  }
  if (!posting || parts.size() != 5 || parts[4] != "release")
    co_return problem(404, "expected POST /v1/rollouts/NAMESPACE/NAME/release");
  auto parsed = verbs::parse_release(request.body);
  if (!parsed) co_return problem(parsed.error());
  const ObjectKey key{parts[2], parts[3]};
  // The signature covers the body only: one that names its Rollout cannot be sent to another.
  if (!parsed->rollout.empty() && parsed->rollout != key.to_string())
    co_return problem(400, "rollout: the body is for " + parsed->rollout);
  co_return co_await release(key, *std::move(parsed));
}

net::Awaitable<net::HttpResponse> Edge::release(ObjectKey key, verbs::ReleaseRequest request) {
  bool retried = false;
  for (int attempt = 0; attempt < kReleaseTries; ++attempt) {
    const auto object = co_await store_.get(rollouts(), key);
    if (!object) co_return problem(object.error());
    const auto rollout = object->parse();
    if (!rollout) co_return problem(rollout.error());
    // A repeat is answered as the first time, however late it comes.
    if (const auto known = verbs::find_release(*rollout, request.id))
      co_return json(200, encode_release(key, *known));
    if (const auto fresh = verbs::check_freshness(request, clock_.system_now()); !fresh)
      co_return problem(fresh.error());
    if (verbs::is_reverted_already(*rollout, request)) {
      if (!request.retry) co_return problem(409, kRevertedAlready);
      const auto started =
          co_await write(key, verbs::retry_release(*rollout, request, clock_.system_now()));
      if (!started && !is_overtaken(started.error())) co_return problem(started.error());
      retried = started.has_value();
      continue;
    }
    const auto patch = verbs::make_release_patch(*rollout, request, clock_.system_now(), retried);
    if (!patch) co_return problem(patch.error());
    const kube::PatchOptions options{.uid = ""};
    const auto patched =
        co_await store_.patch(rollouts(), key, kube::PatchType::Json, patch->json_patch, options);
    if (patched) {
      log_info("release accepted", {{"rollout", key.to_string()}, {"id", request.id}});
      co_return json(201, encode_release(key, patch->record));
    }
    // The patch tests the version that was read: Invalid or Conflict mean that it has moved on,
    // unless what is asked for is refused for good.
    if (!is_overtaken(patched.error()) || attempt + 1 == kReleaseTries)
      co_return problem(patched.error());
  }
  co_return problem(409, "the rollout keeps changing: try again");
}

net::Awaitable<Result<void>> Edge::write(ObjectKey key, std::vector<verbs::Write> writes) {
  for (const verbs::Write& change : writes) {
    const kube::PatchOptions options{.subresource = change.of_status ? kube::Subresource::Status
                                                                     : kube::Subresource::None};
    const auto written =
        co_await store_.patch(rollouts(), key, kube::PatchType::Json, change.patch, options);
    if (!written && change.needed) co_return fail(written.error());
  }
  co_return Result<void>{};
}

net::Awaitable<net::HttpResponse> Edge::follow(ObjectKey key, std::string query) {
  const auto object = co_await store_.get(rollouts(), key);
  if (!object) co_return problem(object.error());
  const auto rollout = object->parse();
  if (!rollout) co_return problem(rollout.error());
  Json body = {{"rollout", key.to_string()},
               {"phase", string_at(*rollout, "status.phase")},
               {"message", string_at(*rollout, "status.message")},
               {"step", int_at(*rollout, "status.currentStepIndex")},
               {"canaryWeight", weight_in_force(*rollout)}};
  if (const auto id = net::query_parameter(query, "release")) {
    const auto record = verbs::find_release(*rollout, *id);
    if (!record) co_return problem(404, "no such release is remembered: " + *id);
    body["release"] = encode_release(key, *record);
    body["state"] = verbs::release_state(*rollout, *record);
  }
  co_return json(200, body);
}

net::HttpResponse Edge::explain(const ObjectKey& key) const {
  const controller::Explanation why = controller_.explain(key);
  Json reasons = Json::array();
  for (const engine::Reason& reason : why.reasons) {
    reasons.push_back(
        {{"code", reason.code}, {"message", reason.message}, {"params", reason.params}});
  }
  Json decisions = Json::array();
  for (const controller::Decision& decision : why.decisions) {
    decisions.push_back(
        {{"aspect", decision.aspect}, {"otherEngine", decision.other}, {"sluice", decision.ours}});
  }
  return json(200, {{"rollout", key.to_string()},
                    {"waitingFor", crds::encode_waits(why.waits)},
                    {"reasons", std::move(reasons)},
                    {"decisions", std::move(decisions)},
                    {"differences", why.differences}});
}

std::optional<net::HttpResponse> Edge::refuse(const net::ServerRequest& request,
                                              std::string_view message) {
  if (!secrets_) return problem(404, "the webhook is off: no secret is configured");
  if (*secrets_ && authenticated(**secrets_, request.headers, message)) return std::nullopt;
  const std::string reason =
      *secrets_ ? "not authenticated" : "the webhook's secrets cannot be read";
  refusals_.note(clock_.steady_now(), request.peer_address, request.path, reason);
  if (!*secrets_) return problem(503, reason);
  return problem(401, reason +
                          ": send \"Authorization: Bearer TOKEN\" or "
                          "\"X-Hub-Signature-256: sha256=HMAC\"");
}

}  // namespace sluice::server
