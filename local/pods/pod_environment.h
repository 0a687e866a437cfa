#pragma once

// The environment of a container, and $(VAR) in its command and arguments. Pure: ConfigMaps and
// Secrets come in as values.

#include "base/object_meta.h"
#include "local/pods/image_catalog.h"
#include "local/pods/pod_spec.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::local {

/// The only node's name and address.
inline constexpr std::string_view kNodeName = "local";
inline constexpr std::string_view kNodeAddress = "127.0.0.1";

/// A ConfigMap or Secret that a container's environment refers to.
struct ConfigReference {
  EnvSource::Kind kind = EnvSource::Kind::ConfigMap;
  std::string name;

  auto operator<=>(const ConfigReference&) const = default;
};

/// The contents of those that exist (a Secret's decoded).
using ConfigValues = std::map<ConfigReference, StringMap>;

std::set<ConfigReference> config_references(const Container& container);

/// Reads the data of a ConfigMap or Secret object; values that are no text are left out.
StringMap decode_config(EnvSource::Kind kind, const Json& object);

/// What the variables are made from.
struct EnvironmentInput {
  const Json& pod;  ///< For fieldRef.
  const Container& container;
  const Image& image;
  const ConfigValues& config;
  std::string pod_ip;
  std::string search_path;  ///< PATH of the machine; the image's folder and its bin/ come first.
};

using Environment = std::vector<std::pair<std::string, std::string>>;

/// The whole environment: PATH, HOME, HOSTNAME and POD_IP, then the image's, envFrom's and env's,
/// the later ones winning; POD_IP is the pod's address whatever else is said. Fails with NotFound,
/// worded as the kubelet does, where something that is not optional is missing.
Result<Environment> make_environment(const EnvironmentInput& input);

/// Replaces $(NAME) by its value, leaves unknown names as they are, and turns $$ into $.
std::string expand_variables(std::string_view text, const Environment& environment);
std::vector<std::string> expand_variables(const std::vector<std::string>& texts,
                                          const Environment& environment);

}  // namespace sluice::local
