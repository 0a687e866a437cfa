#pragma once

// Credentials: what each request to an API server carries to say who asks. A token that a file
// holds is short-lived and replaced by others, so the file is read again and again; while it cannot
// be read, the token that was read last goes on being used.

#include "base/clock.h"
#include "kube/login.h"

#include <string>

namespace sluice::kube {

class Credentials {
 public:
  /// How long a token that was read from a file is used before the file is read again.
  static constexpr Duration kTokenAge = std::chrono::minutes(1);
  /// The same after the file could not be read.
  static constexpr Duration kTokenRetry = std::chrono::seconds(10);

  /// `clock` must outlive the credentials.
  Credentials(const Login& login, Clock& clock);

  /// The value of the Authorization header; empty where the login has none. Unavailable: the file
  /// holds no token, and never did.
  Result<std::string> header();

  /// To be called when the server refused them. True where asking again makes sense: the token of
  /// the file may have been replaced before its time, and the next header() reads it anew.
  bool renew();

 private:
  Result<std::string> read_token() const;

  Clock& clock_;
  std::string fixed_;  ///< Where no file is named.
  std::string file_;
  std::string file_token_;
  SteadyTime file_token_until_ = SteadyTime::min();
};

}  // namespace sluice::kube
