#pragma once

// The cluster's own authority and the credentials made by it: kubectl sends none over plain HTTP,
// so even a cluster on loopback speaks TLS. They live in the cluster's folder, so that kubeconfigs
// that people copied stay good over restarts.

#include "base/result.h"
#include "base/time.h"

#include <chrono>
#include <filesystem>
#include <string>

namespace sluice::local {

/// A certificate and its private key, PEM.
struct KeyPair {
  std::string certificate;
  std::string key;
};

/// Everything that the two ends of the cluster's API need to know each other.
struct Credentials {
  std::string ca;     ///< The authority's certificate, PEM.
  KeyPair server;     ///< For 127.0.0.1, ::1, localhost, kubernetes.default and the listen host.
  KeyPair client;     ///< CN=sluice-admin, O=system:masters.
  std::string token;  ///< The same rights as the client certificate's, as a bearer token.
};

inline constexpr Duration kAuthorityLifetime = std::chrono::hours(24 * 3650);
inline constexpr Duration kCertificateLifetime = std::chrono::hours(24 * 365);
/// A certificate with less time left than this is made anew at the next start.
inline constexpr Duration kRenewBefore = std::chrono::hours(24 * 30);

/// Reads the credentials that `folder` holds and makes what is missing, about to expire, not of
/// this authority, or not good for `listen_host`. Every file has mode 0600. Errors: Internal
/// (files, OpenSSL).
Result<Credentials> ensure_credentials(const std::filesystem::path& folder,
                                       const std::string& listen_host, SystemTime now);

}  // namespace sluice::local
