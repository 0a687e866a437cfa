#include "traffic/abilities.h"

#include "base/letter_case.h"
#include "traffic/router_registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::traffic {
namespace {

constexpr const char* kCanary = "spec.strategy.canary";

std::string_view words_of(HeaderRoutes routes) {
  switch (routes) {
    case HeaderRoutes::None:
      return "none";
    case HeaderRoutes::AllHeaders:
      return "all of the headers";
    case HeaderRoutes::AnyHeader:
      return "any of the headers";
  }
  return "";
}

std::string_view words_of(MirrorRoutes routes) {
  switch (routes) {
    case MirrorRoutes::None:
      return "none";
    case MirrorRoutes::ExactMethods:
      return "exact methods";
    case MirrorRoutes::AnyMethods:
      return "methods by exact, prefix and regex";
  }
  return "";
}

class AbilityCheck {
 public:
  AbilityCheck(const crds::CanaryStrategy& canary, const RouterRegistry& registry)
      : canary_(canary), registry_(registry) {
    for (const crds::RouterSpec& spec : canary.traffic_routing->routers)
      if (const RouterType* type = registry.find(spec.kind))
        routers_.emplace_back(spec.kind, type->abilities);
  }

  crds::FieldProblems run() && {
    if (routers_.size() < canary_.traffic_routing->routers.size()) return {};
    check_weights();
    check_subsets();
    for (size_t i = 0; i < canary_.steps.size(); ++i) {
      const std::string path = fmt::format("{}.steps[{}]", kCanary, i);
      if (const auto* header = std::get_if<crds::SetHeaderRouteStep>(&canary_.steps[i]))
        check(*header, path + ".setHeaderRoute");
      else if (const auto* mirror = std::get_if<crds::SetMirrorRouteStep>(&canary_.steps[i]))
        check(*mirror, path + ".setMirrorRoute");
    }
    return std::move(problems_);
  }

 private:
  void check_weights() {
    const auto total = canary_.traffic_routing->max_traffic_weight;
    for (const auto& [name, abilities] : routers_) {
      if (total.value_or(0) <= abilities.most_weight) continue;
      add(fmt::format("{}.trafficRouting.maxTrafficWeight", kCanary),
          fmt::format("{}: weights of {} add up to {} at most", *total, name,
                      abilities.most_weight));
    }
  }

  void check_subsets() {
    if (!canary_.traffic_routing->subsets) return;
    for (const auto& [name, abilities] : routers_)
      if (!abilities.subsets)
        add(fmt::format("{}.trafficRouting.{}", kCanary, name),
            "splits between Services and knows no subsets, which others beside it are to use");
  }

  void check(const crds::SetHeaderRouteStep& step, const std::string& path) {
    const auto sends = [](const Abilities& one) { return one.header_routes != HeaderRoutes::None; };
    if (!can_any(sends)) return refuse(path, "sends requests by their headers", sends);
    if (!can_any(
            [](const Abilities& one) { return one.header_routes == HeaderRoutes::AllHeaders; }))
      return;
    for (auto match = step.match.begin(); match != step.match.end(); ++match) {
      const bool repeated = std::any_of(step.match.begin(), match, [&](const auto& other) {
        return same_in_any_case(other.name, match->name);
      });
      if (repeated)
        problems_.push_back(
            {fmt::format("{}.match[{}].headerName", path, match - step.match.begin()),
             fmt::format("Duplicate value: \"{}\"", match->name)});
    }
  }

  void check(const crds::SetMirrorRouteStep& step, const std::string& path) {
    const auto sends = [](const Abilities& one) { return one.mirror_routes != MirrorRoutes::None; };
    if (!can_any(sends)) return refuse(path, "sends copies of requests", sends);
    for (const auto& [name, abilities] : routers_) {
      if (abilities.mirror_routes != MirrorRoutes::ExactMethods) continue;
      for (size_t i = 0; i < step.match.size(); ++i)
        if (!step.match[i].method.empty() && step.match[i].method.exact.empty())
          add(fmt::format("{}.match[{}].method", path, i),
              fmt::format("must be exact: {} knows no patterns of methods", name));
    }
  }

  template <typename Can>
  bool can_any(const Can& can) const {
    return std::ranges::any_of(routers_, [&can](const auto& one) { return can(one.second); });
  }

  /// None of the strategy's routers does it; some others would.
  template <typename Can>
  void refuse(const std::string& path, const char* what, const Can& can) {
    std::vector<std::string> able;
    for (const auto& [name, type] : registry_.types())
      if (can(type.abilities)) able.push_back(name);
    add(path, fmt::format("none of the routers {}, as these do: {}", what, fmt::join(able, ", ")));
  }

  void add(std::string path, const std::string& what) {
    problems_.push_back({std::move(path), "Invalid value: " + what});
  }

  const crds::CanaryStrategy& canary_;
  const RouterRegistry& registry_;
  std::vector<std::pair<std::string, Abilities>> routers_;
  crds::FieldProblems problems_;
};

}  // namespace

crds::FieldProblems beyond_abilities(const crds::CanaryStrategy& canary,
                                     const RouterRegistry& registry) {
  if (!canary.traffic_routing) return {};
  return AbilityCheck(canary, registry).run();
}

std::string ability_row(const std::string& router, const Abilities& abilities) {
  const auto yes = [](bool can) { return can ? "yes" : "no"; };
  return fmt::format("| `{}` | {} | {} | {} | {} | {} |", router, abilities.most_weight,
                     words_of(abilities.header_routes), words_of(abilities.mirror_routes),
                     yes(abilities.subsets), yes(abilities.confirms));
}

}  // namespace sluice::traffic
