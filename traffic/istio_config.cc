#include "traffic/istio_config.h"

#include "base/json_list.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace sluice::traffic {
namespace {

/// "shop", "shop.mesh", "shop.v2.mesh": what follows the last dot is the namespace.
ObjectKey virtual_service_key(std::string_view name, const std::string& namespace_) {
  constexpr std::string_view kDomain = ".cluster.local";
  if (name.ends_with(kDomain)) name.remove_suffix(kDomain.size());
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {namespace_, std::string(name)};
  return {std::string(name.substr(dot + 1)), std::string(name.substr(0, dot))};
}

std::vector<ConnectionRoutes> read_connections(const Json& list) {
  std::vector<ConnectionRoutes> all;
  for (const Json& one : list) {
    ConnectionRoutes routes{.sni_hosts = strings_at(one, "sniHosts")};
    if (const int64_t port = int_at(one, "port"); port != 0) routes.port = port;
    all.push_back(std::move(routes));
  }
  return all;
}

class IstioConfigReader {
 public:
  IstioConfigReader(const std::string& namespace_, const std::string& path)
      : namespace_(namespace_), path_(path) {}

  Result<IstioConfig> read(const Json& config) && {
    if (!config.is_object()) return fail(invalid(path_ + ": Invalid value: must be an object"));
    Result<void> read = read_services(config);
    if (read) read = read_rule(config);
    if (!read) return fail(read.error());
    return std::move(out_);
  }

 private:
  Result<void> read_services(const Json& config) {
    const bool one = config.contains("virtualService");
    if (one && config.contains("virtualServices"))
      return wrong("virtualServices", "Invalid value: virtualService is set already");
    if (one) return add(config["virtualService"], "virtualService");
    const Json& all = list_at(config, "virtualServices");
    if (all.empty())
      return wrong("virtualService", "Required value: name at least one VirtualService");
    for (size_t i = 0; i < all.size(); ++i)
      if (auto added = add(all[i], fmt::format("virtualServices[{}]", i)); !added) return added;
    return {};
  }

  Result<void> add(const Json& from, const std::string& field) {
    const std::string name = string_at(from, "name");
    VirtualServiceRef ref{.key = virtual_service_key(name, namespace_),
                          .http = strings_at(from, "routes"),
                          .tls = read_connections(list_at(from, "tlsRoutes")),
                          .tcp = read_connections(list_at(from, "tcpRoutes"))};
    if (name.empty()) return wrong(field + ".name", "Required value: the name of a VirtualService");
    if (ref.key.name.empty() || ref.key.namespace_.empty())
      return wrong(field + ".name", fmt::format("Invalid value: \"{}\": must be NAME or "
                                                "NAME.NAMESPACE",
                                                name));
    if (std::ranges::count(out_.virtual_services, ref.key, &VirtualServiceRef::key) > 0)
      return wrong(field + ".name", fmt::format("Duplicate value: \"{}\"", name));
    out_.virtual_services.push_back(std::move(ref));
    return {};
  }

  Result<void> read_rule(const Json& config) {
    const Json* rule = find_path(config, "destinationRule");
    if (rule == nullptr) return {};
    for (const char* name : {"name", "canarySubsetName", "stableSubsetName"})
      if (string_at(*rule, name).empty())
        return wrong(fmt::format("destinationRule.{}", name), "Required value");
    out_.subsets = crds::Subsets{.rule = string_at(*rule, "name"),
                                 .stable = string_at(*rule, "stableSubsetName"),
                                 .canary = string_at(*rule, "canarySubsetName")};
    if (out_.subsets->stable != out_.subsets->canary) return {};
    return wrong("destinationRule.canarySubsetName",
                 fmt::format("Invalid value: \"{}\": must differ from stableSubsetName",
                             out_.subsets->canary));
  }

  Result<void> wrong(const std::string& field, const std::string& message) const {
    return fail(invalid_field(path_, field, message));
  }

  const std::string& namespace_;
  const std::string& path_;
  IstioConfig out_;
};

}  // namespace

Result<IstioConfig> read_istio_config(const Json& config, const std::string& namespace_,
                                      const std::string& path) {
  return IstioConfigReader(namespace_, path).read(config);
}

}  // namespace sluice::traffic
