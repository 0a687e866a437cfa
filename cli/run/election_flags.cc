#include "cli/run/election_flags.h"

#include "cli/flags.h"
#include "kube/elector.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace sluice::cli {
namespace {

constexpr const char* kLeaseName = "sluice-controller";
constexpr const char* kArgoLeaseName = "argo-rollouts-controller-lock";
constexpr const char* kArgoNamespace = "argo-rollouts";

std::string of_instance(std::string name, const std::string& instance_id) {
  return instance_id.empty() ? name : name + "-" + instance_id;
}

void add_duration(CLI::App& command, const std::string& flag, Duration& value,
                  const std::string& help) {
  const auto read = [flag, &value](const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration) throw CLI::ValidationError(flag, duration.error().message);
    value = *duration;
  };
  command.add_option_function<std::string>(flag, read, help)
      ->type_name("DURATION")
      ->default_str(format_duration(value));
}

/// A label's value, of which names of Leases are made too.
std::string instance_problem(const std::string& id) {
  constexpr size_t kLabelMax = 63;
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  const auto is_end = [](char c) { return c != '-' && c != '.'; };
  const bool fine = !id.empty() && id.size() <= kLabelMax && std::ranges::all_of(id, is_fine) &&
                    is_end(id.front()) && is_end(id.back());
  return fine ? "" : "\"" + id + "\" is no label of small letters, digits, '-' and '.'";
}

}  // namespace

std::string lease_name(const std::string& instance_id) {
  return of_instance(kLeaseName, instance_id);
}

std::string argo_lease_name(const std::string& instance_id) {
  return of_instance(kArgoLeaseName, instance_id);
}

void add_election_flags(CLI::App& command, ElectionFlags& flags) {
  command.add_flag("--namespaced", flags.namespaced,
                   "Ask for nothing outside of one namespace: -n, or the login's own");
  CLI::Option* instance =
      command.add_option("--instance-id", flags.instance_id,
                         "Only Rollouts whose label argo-rollouts.argoproj.io/"
                         "controller-instance-id says so; else only those without it");
  instance->type_name("ID");
  check_with(*instance, instance_problem);
  command.add_flag("--leader-elect", flags.elect,
                   "Act only while holding the Lease (on; --leader-elect=false: off)");
  command
      .add_option("--leader-election-namespace", flags.lease_namespace,
                  "Where the Lease is; else the pod's namespace, or the login's")
      ->type_name("NAMESPACE");
  add_duration(command, "--leader-election-lease-duration", flags.times.lease,
               "How long others wait for a leader that is silent");
  add_duration(command, "--leader-election-renew-deadline", flags.times.renew_deadline,
               "After so long without renewal a leader stops");
  add_duration(command, "--leader-election-retry-period", flags.times.retry,
               "How often a leader renews");
  command
      .add_option("--argo-rollouts-namespace", flags.argo_namespace,
                  "Where the Lease of Argo Rollouts' controller would be: while it is alive Sluice "
                  "holds back")
      ->type_name("NAMESPACE")
      ->default_str(kArgoNamespace);
  command.add_flag("--ignore-argo-rollouts-lease", flags.ignore_argo,
                   "Act although Argo Rollouts' controller is at work");
}

Result<void> apply_election_flags(const ElectionFlags& flags, const kube::Login& login,
                                  const std::string& explicit_namespace,
                                  ControllerOptions& options) {
  options.scope = {.namespace_ = explicit_namespace,
                   .instance_id = flags.instance_id,
                   .namespaced = flags.namespaced};
  if (flags.namespaced && explicit_namespace.empty()) options.scope.namespace_ = login.namespace_;
  if (!flags.elect) return {};
  kube::ElectorOptions election;
  election.lease = {flags.lease_namespace, lease_name(flags.instance_id)};
  if (flags.lease_namespace.empty()) {
    const auto pod = kube::in_cluster_login(kube::process_surroundings());
    election.lease.namespace_ = pod ? pod->namespace_ : login.namespace_;
  }
  election.election = flags.times;
  election.election.identity = kube::make_identity();
  const std::string problem = kube::election_problem(election.election);
  if (!problem.empty()) return fail(invalid(problem));
  if (!flags.ignore_argo) {
    const std::string usual = flags.namespaced ? options.scope.namespace_ : kArgoNamespace;
    election.rival = {flags.argo_namespace.empty() ? usual : flags.argo_namespace,
                      argo_lease_name(flags.instance_id)};
  }
  options.election = std::move(election);
  return {};
}

}  // namespace sluice::cli
