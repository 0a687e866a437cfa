#include "local/gateway/haproxy_changes.h"

#include "local/gateway/haproxy_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace sluice::local {
namespace {

using Slots = std::map<std::string, int>;  // pool → backend

Slots slots_of(const HaproxyState& state) {
  Slots slots;
  for (const auto& [number, backend] : state.backends) slots[backend.pool] = number;
  return slots;
}

std::string target_of(const GatewayArm& arm, const Slots& slots) {
  switch (arm.target) {
    case ArmTarget::Pool: {
      const auto slot = slots.find(arm.pool);
      return slot == slots.end() ? "unavailable" : fmt::format("b{}", slot->second);
    }
    case ArmTarget::Unavailable:
      return "unavailable";
    case ArmTarget::Broken:
      return "broken";
  }
  return "broken";
}

/// "until:backend:pool:" for each arm. Arms of width zero are left out.
std::string split_text(const PlannedRule& rule, const Slots& slots) {
  std::string text;
  int64_t from = 0;
  for (const GatewayArm& arm : rule.arms) {
    if (arm.until == from) continue;
    from = arm.until;
    text += fmt::format("{}:{}:{}:", arm.until, target_of(arm, slots),
                        arm.pool.empty() ? "-" : arm.pool);
  }
  return text;
}

bool has_live_server(const HaproxyBackend& backend) {
  return std::any_of(backend.servers.begin(), backend.servers.end(),
                     [](const auto& entry) { return !entry.second.retired; });
}

/// Every pool of the rule can take requests as things stand.
bool rests_on_live_servers(const PlannedRule& rule, const HaproxyState& state, const Slots& slots) {
  return std::all_of(rule.arms.begin(), rule.arms.end(), [&](const GatewayArm& arm) {
    const auto slot = slots.find(arm.pool);
    return slot == slots.end() || has_live_server(state.backends.at(slot->second));
  });
}

/// Servers that a pool's endpoints need.
void add_arrivals(int number, const HaproxyBackend& backend, const GatewayPool& pool,
                  std::vector<HaproxyChange>& changes) {
  for (const GatewayEndpoint& endpoint : pool.endpoints) {
    const auto server = backend.servers.find(endpoint.name);
    HaproxyChange change{.backend = number,
                         .name = endpoint.name,
                         .address = endpoint.address,
                         .port = endpoint.port};
    if (server == backend.servers.end() || server->second.address != endpoint.address ||
        server->second.port != endpoint.port) {
      change.kind = HaproxyChangeKind::AddServer;
      changes.push_back(std::move(change));
    } else if (server->second.retired) {
      change.kind = HaproxyChangeKind::ReviveServer;
      changes.push_back(std::move(change));
    }
  }
}

/// Servers that no endpoint stands behind any more.
void add_departures(int number, const HaproxyBackend& backend, const GatewayPool* pool,
                    std::vector<HaproxyChange>& changes) {
  for (const auto& [name, server] : backend.servers) {
    const bool wanted =
        pool != nullptr && std::any_of(pool->endpoints.begin(), pool->endpoints.end(),
                                       [&](const auto& endpoint) { return endpoint.name == name; });
    if (wanted || server.retired) continue;
    changes.push_back({.kind = HaproxyChangeKind::RetireServer, .backend = number, .name = name});
  }
}

std::map<std::string, const GatewayPool*> pools_by_name(const GatewayPlan& plan) {
  std::map<std::string, const GatewayPool*> pools;
  for (const GatewayPool& pool : plan.pools) pools[pool.name] = &pool;
  return pools;
}

std::string server_command(const HaproxyChange& change, std::string_view state) {
  return fmt::format("set server b{}/{} state {}", change.backend, change.name, state);
}

}  // namespace

std::vector<std::string> assign_backends(HaproxyState& state, const GatewayPlan& plan) {
  const auto pools = pools_by_name(plan);
  std::erase_if(state.backends, [&](const auto& entry) {
    return entry.second.servers.empty() && !pools.contains(entry.second.pool);
  });
  const Slots slots = slots_of(state);
  std::vector<std::string> unplaced;
  int next = 0;
  for (const auto& [name, pool] : pools) {
    if (slots.contains(name)) continue;
    while (state.backends.contains(next)) ++next;
    if (next >= kHaproxyBackends)
      unplaced.push_back(name);
    else
      state.backends[next].pool = name;
  }
  return unplaced;
}

HaproxyChanges plan_changes(const HaproxyState& state, const GatewayPlan& plan) {
  HaproxyChanges changes;
  const Slots slots = slots_of(state);
  const auto pools = pools_by_name(plan);
  std::vector<HaproxyChange> later;
  std::set<std::string> ids;
  for (const PlannedRule& rule : plan.rules) {
    ids.insert(rule.id);
    const std::string text = split_text(rule, slots);
    const auto known = state.splits.find(rule.id);
    if (known == state.splits.end()) {
      later.push_back({.kind = HaproxyChangeKind::AddSplit, .name = rule.id, .value = text});
    } else if (known->second != text) {
      auto& list = rests_on_live_servers(rule, state, slots) ? changes.first : later;
      list.push_back({.kind = HaproxyChangeKind::SetSplit, .name = rule.id, .value = text});
    }
  }
  for (const auto& [number, backend] : state.backends) {
    const auto pool = pools.find(backend.pool);
    if (pool != pools.end()) add_arrivals(number, backend, *pool->second, changes.first);
  }
  changes.first.insert(changes.first.end(), later.begin(), later.end());
  changes.replace_matches = state.matches != plan.matches;
  for (const auto& [rule, text] : state.splits)
    if (!ids.contains(rule))
      changes.last.push_back({.kind = HaproxyChangeKind::RemoveSplit, .name = rule});
  for (const auto& [number, backend] : state.backends) {
    const auto pool = pools.find(backend.pool);
    add_departures(number, backend, pool == pools.end() ? nullptr : pool->second, changes.last);
  }
  return changes;
}

std::string haproxy_command(const HaproxyChange& change) {
  switch (change.kind) {
    case HaproxyChangeKind::SetSplit:
      return fmt::format("set map {} {} {}", kHaproxySplitsFile, change.name, change.value);
    case HaproxyChangeKind::AddSplit:
      // Adding twice would leave two entries, of which `set map` changes both but `del map` may
      // not: clear what a lost answer may have left behind.
      return fmt::format("del map {0} {1}; add map {0} {1} {2}", kHaproxySplitsFile, change.name,
                         change.value);
    case HaproxyChangeKind::RemoveSplit:
      return fmt::format("del map {} {}", kHaproxySplitsFile, change.name);
    case HaproxyChangeKind::AddServer:
      return fmt::format(
          "add server b{0}/{1} {2}:{3}; set server b{0}/{1} addr {2} port {3}; "
          "set server b{0}/{1} state ready",
          change.backend, change.name, change.address, change.port);
    case HaproxyChangeKind::ReviveServer:
      return server_command(change, "ready");
    case HaproxyChangeKind::RetireServer:
      return server_command(change, "maint");
  }
  return "";
}

Result<void> check_haproxy_answer(const HaproxyChange& change, const std::string& answer) {
  // Success is silent but for servers; the rest are the harmless halves of repeated commands.
  constexpr std::array<std::string_view, 5> kHarmless = {"New server registered", "Already exists",
                                                         "no need to change", "changed from",
                                                         "Key not found"};
  const bool may_be_absent =
      change.kind == HaproxyChangeKind::AddSplit || change.kind == HaproxyChangeKind::RemoveSplit;
  size_t start = 0;
  while (start < answer.size()) {
    const size_t end = std::min(answer.find('\n', start), answer.size());
    const std::string_view line = std::string_view(answer).substr(start, end - start);
    start = end + 1;
    const bool harmless = std::any_of(kHarmless.begin(), kHarmless.end(), [&](auto words) {
      return line.find(words) != std::string_view::npos &&
             (may_be_absent || words != "Key not found");
    });
    if (!line.empty() && !harmless) {
      return fail(internal(
          fmt::format("HAProxy answered \"{}\" to \"{}\"", line, haproxy_command(change))));
    }
  }
  return {};
}

void record_change(HaproxyState& state, const HaproxyChange& change, SteadyTime now) {
  switch (change.kind) {
    case HaproxyChangeKind::SetSplit:
    case HaproxyChangeKind::AddSplit:
      state.splits[change.name] = change.value;
      return;
    case HaproxyChangeKind::RemoveSplit:
      state.splits.erase(change.name);
      return;
    case HaproxyChangeKind::AddServer:
      state.backends[change.backend].servers[change.name] = {change.address, change.port, {}};
      return;
    case HaproxyChangeKind::ReviveServer:
      state.backends[change.backend].servers[change.name].retired.reset();
      return;
    case HaproxyChangeKind::RetireServer:
      state.backends[change.backend].servers[change.name].retired = now;
      return;
  }
}

}  // namespace sluice::local
