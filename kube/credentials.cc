#include "kube/credentials.h"

#include "base/base64.h"
#include "base/log.h"
#include "kube/small_file.h"

#include <utility>

namespace sluice::kube {
namespace {

std::string fixed_header(const Login& login) {
  if (!login.token.empty()) return "Bearer " + login.token;
  if (login.username.empty()) return {};
  return "Basic " + encode_base64(login.username + ":" + login.password);
}

}  // namespace

Credentials::Credentials(const Login& login, Clock& clock)
    : clock_(clock), fixed_(fixed_header(login)), file_(login.token_file) {}

Result<std::string> Credentials::read_token() const {
  auto token = read_small_file(file_);
  if (!token) return fail(unavailable("token: " + token.error().message));
  token->erase(token->find_last_not_of(" \t\r\n") + 1);
  if (token->empty()) return fail(unavailable("token: " + file_ + ": is empty"));
  return token;
}

Result<std::string> Credentials::header() {
  if (file_.empty()) return fixed_;
  const SteadyTime now = clock_.steady_now();
  if (now < file_token_until_) return "Bearer " + file_token_;
  auto token = read_token();
  if (token) {
    file_token_ = std::move(*token);
    file_token_until_ = now + kTokenAge;
  } else if (file_token_.empty()) {
    return fail(token.error());
  } else {
    log_warn("token cannot be read again, keeping the last one",
             {{"error", token.error().message}});
    file_token_until_ = now + kTokenRetry;
  }
  return "Bearer " + file_token_;
}

bool Credentials::renew() {
  file_token_until_ = SteadyTime::min();
  return !file_.empty();
}

}  // namespace sluice::kube
