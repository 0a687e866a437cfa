#pragma once

// The syntax of names, labels and other keys: each function returns what is wrong with the text in
// the words of k8s.io/apimachinery/pkg/util/validation, or nothing.

#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

using NameComplaints = std::vector<std::string>;

/// RFC 1123 subdomain: "my-name.example.com", at most 253 bytes.
NameComplaints check_subdomain(std::string_view name);
/// RFC 1123 label: "my-name", at most 63 bytes.
NameComplaints check_label(std::string_view name);
/// RFC 1035 label: starts with a letter; names of Services.
NameComplaints check_dns1035_label(std::string_view name);
/// Keys of labels and annotations: "example.com/name" or "name".
NameComplaints check_qualified_name(std::string_view key);
/// Values of labels: empty, or up to 63 alphanumerics, '-', '_', '.'.
NameComplaints check_label_value(std::string_view value);
/// Keys of ConfigMaps and Secrets.
NameComplaints check_config_key(std::string_view key);

/// Names of container ports: up to 15 lower-case letters, digits and '-', at least one a letter.
NameComplaints check_port_name(std::string_view name);
/// Names of environment variables.
NameComplaints check_variable_name(std::string_view name);

}  // namespace sluice::core
