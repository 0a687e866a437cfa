#pragma once

// Pure: the difference between what HAProxy was told and what a plan asks for, as an ordered list
// of run-time commands. The order keeps every request on firm ground at each step:
//   1. new weights among pools that already have servers: what a rollback waits for;
//   2. servers that appear;
//   3. weights and rules that need those servers;
//   4. the list of matches, swapped at once;
//   5. rules that nothing leads to any more;
//   6. servers that disappear: they get nothing new and finish what they have.

#include "base/time.h"
#include "local/gateway/gateway_routes.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice::local {

struct HaproxyServer {
  std::string address;
  int port = 0;
  /// Since when it gets no new requests; deleted once the last one has ended.
  std::optional<SteadyTime> retired;
};

/// A backend b<number> that stands for a pool of endpoints.
struct HaproxyBackend {
  std::string pool;
  std::map<std::string, HaproxyServer> servers;  ///< By endpoint name.
};

/// What the running HAProxy knows.
struct HaproxyState {
  std::map<int, HaproxyBackend> backends;            ///< By number.
  std::map<std::string, std::string> splits;         ///< Arms by rule.
  std::optional<std::vector<PlannedMatch>> matches;  ///< Nothing: it was told none yet.
};

enum class HaproxyChangeKind {
  SetSplit,
  AddSplit,
  RemoveSplit,
  AddServer,  ///< Also one that is there already under another address.
  ReviveServer,
  RetireServer,
};

struct HaproxyChange {
  HaproxyChangeKind kind = HaproxyChangeKind::SetSplit;
  int backend = 0;      ///< Of servers.
  std::string name;     ///< The rule's or the server's.
  std::string value;    ///< The rule's arms.
  std::string address;  ///< Of AddServer.
  int port = 0;

  bool operator==(const HaproxyChange&) const = default;
};

struct HaproxyChanges {
  std::vector<HaproxyChange> first;  ///< 1 to 3.
  bool replace_matches = false;      ///< 4.
  std::vector<HaproxyChange> last;   ///< 5 and 6.
};

/// Forgets backends whose pool has gone and whose servers are all deleted, and gives one to each
/// new pool. Returns the pools for which none is left: their share answers 503.
std::vector<std::string> assign_backends(HaproxyState& state, const GatewayPlan& plan);

HaproxyChanges plan_changes(const HaproxyState& state, const GatewayPlan& plan);

/// The line for HAProxy's socket; repeating it does no harm.
std::string haproxy_command(const HaproxyChange& change);
/// Error Internal with HAProxy's words unless the answer says that the change was made.
Result<void> check_haproxy_answer(const HaproxyChange& change, const std::string& answer);
/// Notes a change that was made.
void record_change(HaproxyState& state, const HaproxyChange& change, SteadyTime now);

}  // namespace sluice::local
