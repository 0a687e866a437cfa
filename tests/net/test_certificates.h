#pragma once

// Certificates made on the spot, so that no test depends on files or on the date.

#include <string>
#include <vector>

namespace sluice::net {

struct TestIdentity {
  std::string certificate;  ///< PEM.
  std::string key;          ///< PEM.
};

/// A certificate authority of its own.
TestIdentity make_test_ca();

/// A certificate signed by `ca`, for the subject alternative names ("DNS:a", "IP:127.0.0.1").
TestIdentity make_test_identity(const TestIdentity& ca, const std::string& common_name,
                                const std::vector<std::string>& organizations,
                                const std::string& alternative_names);

}  // namespace sluice::net
