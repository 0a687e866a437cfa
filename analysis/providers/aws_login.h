#pragma once

// AwsLogin: who the controller is to Amazon's services, as AWS' own programs find it out: from
// variables of the environment, else from the shared credentials file. The file is read for each
// question, so that rotated keys are taken up, and never on the loop's thread.

#include "analysis/providers/sigv4.h"
#include "net/blocking_pool.h"

#include <functional>
#include <optional>
#include <string>

namespace sluice::analysis {

/// What the environment says of AWS; empty where it says nothing.
struct AwsEnvironment {
  AwsCredentials credentials;
  std::string region;
  std::string profile = "default";
  std::string credentials_file;
};

/// Reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION (else
/// AWS_DEFAULT_REGION), AWS_PROFILE and AWS_SHARED_CREDENTIALS_FILE (else ~/.aws/credentials).
AwsEnvironment read_aws_environment(
    const std::function<std::optional<std::string>(const std::string& name)>& variable);

/// The credentials of one profile in the text of a shared credentials file. Unavailable where it
/// cannot be read, NotFound where it lacks the profile or one of its keys. No error repeats what
/// the file holds.
Result<AwsCredentials> read_aws_credentials(const std::string& text, const std::string& profile);

class AwsLogin {
 public:
  AwsLogin(net::asio::any_io_executor executor, AwsEnvironment environment);

  /// "" where the environment names none.
  const std::string& region() const { return environment_.region; }

  /// Of that profile in the file; without one those of the environment, else of its profile.
  /// Errors are Unavailable and Timeout: who cannot show who he is has asked nothing.
  net::Awaitable<Result<AwsCredentials>> credentials(std::string profile, SteadyTime deadline);

 private:
  net::Awaitable<Result<AwsCredentials>> read_file(std::string profile, SteadyTime deadline);

  AwsEnvironment environment_;
  net::BlockingPool pool_;
};

}  // namespace sluice::analysis
