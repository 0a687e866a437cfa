#include "kube/kubeconfig.h"

#include "tests/kube/scratch_folder.h"

#include <catch2/catch.hpp>

#include <string>

namespace sluice::kube {
namespace {

using Catch::Matchers::Contains;

constexpr const char* kTwoContexts = R"(
apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: one
  cluster:
    server: https://one:6443
    certificate-authority-data: Q0E=
- name: two
  cluster:
    server: https://two:6443
    insecure-skip-tls-verify: true
    tls-server-name: two.test
users:
- name: jane
  user:
    token: secret
- name: cert
  user:
    client-certificate: jane.crt
    client-key-data: S0VZ
contexts:
- name: dev
  context: {cluster: one, user: jane, namespace: web}
- name: prod
  context: {cluster: two, user: cert}
)";

TEST_CASE("the current context, or the chosen one, makes the login", "[kubeconfig]") {
  const ScratchFolder folder;
  const std::string file = folder.write("config", kTwoContexts);
  folder.write("jane.crt", "CERT");
  const auto config = load_kubeconfig({file});
  REQUIRE(config.has_value());

  const auto dev = make_login(*config, {});
  REQUIRE(dev.has_value());
  CHECK(dev->server == "https://one:6443");
  CHECK(dev->tls.ca == "CA");
  CHECK(dev->token == "secret");
  CHECK(dev->namespace_ == "web");

  const auto prod = make_login(*config, {.context = "prod", .namespace_ = "shop"});
  REQUIRE(prod.has_value());
  CHECK(prod->tls.insecure);
  CHECK(prod->tls.server_name == "two.test");
  CHECK(prod->tls.certificate == "CERT");
  CHECK(prod->tls.key == "KEY");
  CHECK(prod->namespace_ == "shop");
}

TEST_CASE("data that was pasted with its line breaks is read", "[kubeconfig]") {
  const ScratchFolder folder;
  const std::string file = folder.write("config", R"(
current-context: dev
clusters: [{name: one, cluster: {server: 'https://one', certificate-authority-data: "Q0\r\nE=\n"}}]
contexts: [{name: dev, context: {cluster: one}}]
)");
  const auto config = load_kubeconfig({file});
  REQUIRE(config.has_value());
  CHECK(make_login(*config, {}).value().tls.ca == "CA");
}

TEST_CASE("of several files the first to say something wins", "[kubeconfig]") {
  const ScratchFolder folder;
  const std::string first = folder.write("first", R"(
clusters: [{name: one, cluster: {server: https://other}}]
users: [{name: late, user: {tokenFile: tokens/late}}]
)");
  const std::string second = folder.write("second", kTwoContexts);
  const auto config = load_kubeconfig({first, second});
  REQUIRE(config.has_value());
  CHECK(config->current_context == "dev");
  CHECK(config->clusters.at("one").server == "https://other");
  CHECK(config->clusters.at("two").server == "https://two:6443");
  CHECK(config->users.at("late").token_file == folder.path("tokens/late"));
}

TEST_CASE("what is wrong is named by file and field", "[kubeconfig]") {
  struct Row {
    const char* text;
    const char* message;
  };

  const Row rows[] = {
      {"a: [", "config: line"},
      {"[]", "config: must be a map"},
      {"clusters: 3", "config: clusters: must be a list"},
      {"clusters: [{cluster: {}}]", "config: clusters: an entry lacks its name"},
      {"clusters: [{name: a, cluster: {server: 1}}]",
       "config: clusters[a].cluster.server: must be a string"},
      {"clusters: [{name: a, cluster: {certificate-authority-data: '%'}}]",
       "config: clusters[a].cluster.certificate-authority-data: must be base64"},
      {"clusters: [{name: a, cluster: {insecure-skip-tls-verify: maybe}}]",
       "insecure-skip-tls-verify: must be true or false"},
      {"{}", "current-context: is not set"},
      {"current-context: x", "contexts: 'x' is not defined"},
      {"{current-context: x, contexts: [{name: x, context: {cluster: c}}]}",
       "contexts[x].context.cluster: 'c' is not defined"},
      {"{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c}]}",
       "clusters[c].cluster.server: is not set"},
      {"{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}], "
       "clusters: [{name: c, cluster: {server: 'https://h'}}]}",
       "contexts[x].context.user: 'u' is not defined"},
      {"{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}], "
       "clusters: [{name: c, cluster: {server: 'https://h'}}], users: [{name: u, user: {exec: "
       "{command: aws}}}]}",
       "users[u].user.exec: is not supported"},
      {"{current-context: x, contexts: [{name: x, context: {cluster: c}}], "
       "clusters: [{name: c, cluster: {server: 'https://h', certificate-authority: nowhere}}]}",
       "nowhere: No such file"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const ScratchFolder folder;
    const auto config = load_kubeconfig({folder.write("config", row.text)});
    const auto login = config ? make_login(*config, {}) : fail(config.error());
    REQUIRE_FALSE(login.has_value());
    CHECK(login.error().code == ErrorCode::Invalid);
    CHECK_THAT(login.error().message, Contains(row.message) && Contains(folder.path("config")));
  }
}

}  // namespace
}  // namespace sluice::kube
