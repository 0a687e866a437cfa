#pragma once

// The webhook's secrets as they stand in their files, one a line. The files are read again and
// again, so that a change needs no restart, and never for a request: a file that hangs (a pipe, a
// mount that is away) holds up nobody. What cannot be read now lets nobody in.

#include "base/clock.h"
#include "net/blocking_pool.h"
#include "net/task_group.h"
#include "server/signature.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sluice::server {

/// How long after its change a file counts at the latest, and how long a reading may take.
inline constexpr Duration kReadSecretsEvery = std::chrono::seconds(1);
inline constexpr Duration kReadSecretsMax = std::chrono::seconds(5);
inline constexpr size_t kSecretFileMax = size_t{64} * 1024;  ///< bytes

/// The lines of a secret file without white space at their ends; blank ones do not count. Invalid
/// for anything but a regular file of bounded size with at least one secret, Unavailable where it
/// cannot be read. Blocks for as long as the file does.
Result<std::vector<std::string>> read_secrets(const std::string& path);

/// Reads a file as read_secrets does; is called on a thread of its own.
using SecretReader = std::function<Result<std::vector<std::string>>(const std::string& path)>;

struct SecretFileOptions {
  std::string hmac_file;                 ///< Empty: no signatures are accepted.
  std::string token_file;                ///< Empty: no bearer tokens are accepted.
  SecretReader read_file{read_secrets};  ///< Tests say what a file does.
};

/// What is known of the secrets; nothing while none are configured.
using KnownSecrets = std::optional<Result<Credentials>>;

class SecretFiles {
 public:
  /// Keeps `known`, which must outlive it, up to date.
  SecretFiles(net::asio::any_io_executor executor, Clock& clock, SecretFileOptions options,
              KnownSecrets& known);

  /// Reads for the first time; the error names the flag and the file.
  net::Awaitable<Result<void>> start();
  net::Awaitable<void> stop();

 private:
  net::Awaitable<void> keep_reading();
  net::Awaitable<Result<Credentials>> read();
  net::Awaitable<Result<std::vector<std::string>>> read_file(std::string flag, std::string path);

  Clock& clock_;
  SecretFileOptions options_;
  KnownSecrets& known_;
  net::BlockingPool pool_;
  net::TaskGroup tasks_;
};

}  // namespace sluice::server
