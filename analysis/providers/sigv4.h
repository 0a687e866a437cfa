#pragma once

// AWS Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html):
// how a request to one of Amazon's services shows who asks. The secret is never sent, but a
// signature of the very request, good for one service, one region and some minutes.

#include "base/result.h"
#include "base/time.h"
#include "net/http.h"

#include <string>

namespace sluice::analysis {

/// authentication.sigv4 of a source.
struct SigV4 {
  std::string region;   ///< Empty: that of the controller's surroundings.
  std::string profile;  ///< Empty: as for `region`.
};

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< Of credentials that end by themselves; else empty.
};

/// What a signature is good for: "eu-central-1", "aps".
struct SigningScope {
  std::string region;
  std::string service;
};

/// The headers that make `request` a signed one: X-Amz-Date, X-Amz-Security-Token where the
/// credentials have one, and Authorization. Method, URL, body and all headers that the request
/// bears are signed, those that the client adds are not (but for Host). Invalid for a URL that is
/// none.
Result<net::Headers> sign_v4(const net::HttpRequest& request, const AwsCredentials& credentials,
                             const SigningScope& scope, SystemTime now);

}  // namespace sluice::analysis
