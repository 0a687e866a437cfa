#pragma once

// The edge for people and CI: /healthz, /readyz, /metrics, why a Rollout stands where it stands,
// and the webhook that starts a release. The webhook is off until secrets are configured.
//
//   POST /v1/rollouts/NAMESPACE/NAME/release    body: verbs/release.h
//   GET  /v1/rollouts/NAMESPACE/NAME            state; with ?release=ID of that release
//
// Both want a bearer token or X-Hub-Signature-256: of the body, and for GET of the path.

#include "base/clock.h"
#include "controller/controller.h"
#include "kube/object_store.h"
#include "net/http_server.h"
#include "server/refusal_log.h"
#include "server/secret_files.h"
#include "verbs/release.h"

#include <string>

namespace sluice::server {

/// Bounds for a server of the edge (host and port are the caller's): anybody may connect to it, and
/// no stranger may take the memory and the sockets that a revert needs.
net::ServerOptions edge_server_options();

class Edge : public net::HttpHandler {
 public:
  /// All references must outlive the edge.
  Edge(kube::ObjectStore& store, const Clock& clock, controller::Controller& controller,
       const KnownSecrets& secrets);

  net::Awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override;

 private:
  net::Awaitable<net::HttpResponse> answer(net::ServerRequest request);
  net::Awaitable<net::HttpResponse> answer_rollout(net::ServerRequest request);
  net::Awaitable<net::HttpResponse> release(ObjectKey key, verbs::ReleaseRequest request);
  net::Awaitable<Result<void>> write(ObjectKey key, std::vector<verbs::Write> writes);
  net::Awaitable<net::HttpResponse> follow(ObjectKey key, std::string query);
  net::HttpResponse explain(const ObjectKey& key) const;
  /// With ?verbose, a line for each kind that is watched.
  net::HttpResponse tell_readiness(const std::string& query) const;
  /// Nothing where the request is authenticated, else the refusal.
  std::optional<net::HttpResponse> refuse(const net::ServerRequest& request,
                                          std::string_view message);

  kube::ObjectStore& store_;
  const Clock& clock_;
  controller::Controller& controller_;
  const KnownSecrets& secrets_;
  RefusalLog refusals_;
};

}  // namespace sluice::server
