#include "analysis/providers/aws_login.h"

#include "kube/small_file.h"

#include <boost/property_tree/ini_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <fmt/core.h>

#include <memory>
#include <sstream>
#include <utility>

namespace sluice::analysis {
namespace {

/// A file that hangs keeps its thread; those who wait for it end at their deadline.
constexpr size_t kThreads = 1;
constexpr size_t kWaitingMax = 64;

bool is_whole(const AwsCredentials& credentials) {
  return !credentials.access_key_id.empty() && !credentials.secret_access_key.empty();
}

}  // namespace

AwsEnvironment read_aws_environment(
    const std::function<std::optional<std::string>(const std::string& name)>& variable) {
  const auto text = [&variable](const char* name, std::string otherwise = "") {
    auto value = variable(name);
    return value && !value->empty() ? *std::move(value) : std::move(otherwise);
  };
  const std::string home = text("HOME");
  return {.credentials = {.access_key_id = text("AWS_ACCESS_KEY_ID"),
                          .secret_access_key = text("AWS_SECRET_ACCESS_KEY"),
                          .session_token = text("AWS_SESSION_TOKEN")},
          .region = text("AWS_REGION", text("AWS_DEFAULT_REGION")),
          .profile = text("AWS_PROFILE", "default"),
          .credentials_file =
              text("AWS_SHARED_CREDENTIALS_FILE", home.empty() ? "" : home + "/.aws/credentials")};
}

Result<AwsCredentials> read_aws_credentials(const std::string& text, const std::string& profile) {
  boost::property_tree::ptree profiles;
  std::istringstream lines(text);
  try {
    boost::property_tree::read_ini(lines, profiles);
  } catch (const boost::property_tree::ini_parser_error& error) {
    return fail(unavailable(fmt::format("line {}: {}", error.line(), error.message())));
  }
  const auto found = profiles.find(profile);
  if (found == profiles.not_found())
    return fail(not_found(fmt::format("there is no profile \"{}\"", profile)));
  const boost::property_tree::ptree& keys = found->second;
  AwsCredentials credentials{.access_key_id = keys.get("aws_access_key_id", ""),
                             .secret_access_key = keys.get("aws_secret_access_key", ""),
                             .session_token = keys.get("aws_session_token", "")};
  if (!is_whole(credentials)) {
    return fail(not_found(
        fmt::format("profile \"{}\" needs aws_access_key_id and aws_secret_access_key", profile)));
  }
  return credentials;
}

AwsLogin::AwsLogin(net::asio::any_io_executor executor, AwsEnvironment environment)
    : environment_(std::move(environment)), pool_(std::move(executor), kThreads, kWaitingMax) {}

net::Awaitable<Result<AwsCredentials>> AwsLogin::credentials(std::string profile,
                                                             SteadyTime deadline) {
  const bool is_named = !profile.empty();
  if (!is_named && is_whole(environment_.credentials)) co_return environment_.credentials;
  auto read = co_await read_file(is_named ? std::move(profile) : environment_.profile, deadline);
  if (read) co_return read;
  const ErrorCode code =
      read.error().code == ErrorCode::Timeout ? ErrorCode::Timeout : ErrorCode::Unavailable;
  const std::string_view why =
      is_named ? "" : "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set; ";
  co_return fail(Error{code, fmt::format("{}{}", why, read.error().message)});
}

net::Awaitable<Result<AwsCredentials>> AwsLogin::read_file(std::string profile,
                                                           SteadyTime deadline) {
  const std::string path = environment_.credentials_file;
  if (path.empty())
    co_return fail(not_found("neither AWS_SHARED_CREDENTIALS_FILE nor HOME names a file"));
  const auto text = std::make_shared<Result<std::string>>();
  const auto done =
      co_await pool_.run([text, path] { *text = kube::read_small_file(path); }, deadline);
  if (!done) co_return fail(done.error().within(path));
  if (!*text) co_return fail(text->error());
  auto credentials = read_aws_credentials(**text, profile);
  if (!credentials) co_return fail(credentials.error().within(path));
  co_return credentials;
}

}  // namespace sluice::analysis
