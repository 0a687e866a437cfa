#include "analysis/providers/aws_login.h"

#include "net/event_loop.h"
#include "net/real_clock.h"
#include "tests/kube/scratch_folder.h"

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <sys/stat.h>

namespace sluice::analysis {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Variables = std::map<std::string, std::string>;

AwsEnvironment environment_of(const Variables& variables) {
  return read_aws_environment([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

net::Awaitable<int> take(AwsLogin& login, std::string profile, Duration patience,
                         Result<AwsCredentials>* taken) {
  *taken = co_await login.credentials(std::move(profile), net::real_steady_now() + patience);
  co_return 0;
}

Result<AwsCredentials> credentials_of(const Variables& variables, const std::string& profile = "",
                                      Duration patience = 10s) {
  net::EventLoop loop;
  AwsLogin login(loop.executor(), environment_of(variables));
  Result<AwsCredentials> taken;
  loop.run(take(login, profile, patience, &taken));
  return taken;
}

constexpr const char* kFile =
    "# whose keys these are\r\n"
    "[default]\r\n"
    "aws_access_key_id = AKDEFAULT\r\n"
    "aws_secret_access_key=s3cret/of+default=\r\n"
    "\n"
    "[shop.eu]\n"
    "aws_access_key_id=AKSHOP\n"
    "aws_secret_access_key = s3cret-of-shop\n"
    "aws_session_token = t0ken==\n"
    "; settings of other programs\n"
    "s3 =\n"
    "  max_concurrent_requests = 20\n"
    "[half]\n"
    "aws_access_key_id=AKHALF\n";

TEST_CASE("the environment says who and where", "[sigv4]") {
  const AwsEnvironment full = environment_of({{"AWS_ACCESS_KEY_ID", "AK"},
                                              {"AWS_SECRET_ACCESS_KEY", "secret"},
                                              {"AWS_SESSION_TOKEN", "token"},
                                              {"AWS_REGION", "eu-west-1"},
                                              {"AWS_DEFAULT_REGION", "us-east-1"},
                                              {"AWS_PROFILE", "shop"},
                                              {"AWS_SHARED_CREDENTIALS_FILE", "/keys"},
                                              {"HOME", "/home/ann"}});
  CHECK(full.credentials.access_key_id == "AK");
  CHECK(full.credentials.secret_access_key == "secret");
  CHECK(full.credentials.session_token == "token");
  CHECK(full.region == "eu-west-1");
  CHECK(full.profile == "shop");
  CHECK(full.credentials_file == "/keys");

  const AwsEnvironment bare =
      environment_of({{"AWS_REGION", ""}, {"AWS_DEFAULT_REGION", "us-east-1"}, {"HOME", "/h"}});
  CHECK(bare.region == "us-east-1");
  CHECK(bare.profile == "default");
  CHECK(bare.credentials_file == "/h/.aws/credentials");
  CHECK(environment_of({}).credentials_file.empty());
}

TEST_CASE("keys are looked for in the environment, else in the file", "[sigv4]") {
  const kube::ScratchFolder folder;
  folder.write(".aws/credentials", kFile);
  Variables variables = {{"HOME", folder.path("")}};
  CHECK(credentials_of(variables)->secret_access_key == "s3cret/of+default=");
  CHECK(credentials_of(variables, "shop.eu")->session_token == "t0ken==");
  variables["AWS_PROFILE"] = "shop.eu";
  CHECK(credentials_of(variables)->access_key_id == "AKSHOP");
  variables["AWS_ACCESS_KEY_ID"] = "AKOWN";
  CHECK(credentials_of(variables)->access_key_id == "AKSHOP");
  variables["AWS_SECRET_ACCESS_KEY"] = "own";
  CHECK(credentials_of(variables)->access_key_id == "AKOWN");
  // Who names a profile means that one.
  CHECK(credentials_of(variables, "default")->access_key_id == "AKDEFAULT");
}

TEST_CASE("who has no keys is told where they were looked for, and no more", "[sigv4]") {
  const kube::ScratchFolder folder;
  const std::string file = folder.write("keys", kFile);
  const std::string broken = folder.write("broken", "[default]\ns3cret-without-a-name\n");
  const std::string twice = folder.write("twice", "[a]\nx=s3cret\nx=s3cret\n");

  struct Row {
    Variables variables;
    const char* profile;
    std::string message;
  };

  const std::string unset = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set; ";
  const Row rows[] = {
      {{}, "", unset + "neither AWS_SHARED_CREDENTIALS_FILE nor HOME names a file"},
      {{{"HOME", folder.path("no")}},
       "",
       unset + folder.path("no") + "/.aws/credentials: No such file or directory"},
      {{{"AWS_SHARED_CREDENTIALS_FILE", file}}, "other", file + ": there is no profile \"other\""},
      {{{"AWS_SHARED_CREDENTIALS_FILE", file}},
       "half",
       file + ": profile \"half\" needs aws_access_key_id and aws_secret_access_key"},
      {{{"AWS_SHARED_CREDENTIALS_FILE", broken}},
       "default",
       broken + ": line 2: '=' character not found in line"},
      {{{"AWS_SHARED_CREDENTIALS_FILE", twice}}, "a", twice + ": line 3: duplicate key name"},
  };
  for (const Row& row : rows) {
    const auto refused = credentials_of(row.variables, row.profile);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Error{ErrorCode::Unavailable, row.message});
  }
}

TEST_CASE("a credentials file that hangs is waited for no longer than one may", "[sigv4]") {
  const kube::ScratchFolder folder;
  const std::string pipe = folder.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const auto hung = credentials_of({{"AWS_SHARED_CREDENTIALS_FILE", pipe}}, "a", 50ms);
  REQUIRE_FALSE(hung);
  CHECK(hung.error().code == ErrorCode::Timeout);
  CHECK_THAT(hung.error().message, Contains(pipe));
  // A writer that comes and goes lets the thread end.
  std::ofstream(pipe) << "";
}

}  // namespace
}  // namespace sluice::analysis
