#include "kube/login.h"

#include "tests/kube/scratch_folder.h"

#include <catch2/catch.hpp>

#include <map>
#include <string>

namespace sluice::kube {
namespace {

using Catch::Matchers::Contains;

Surroundings surroundings_of(const std::map<std::string, std::string>& variables) {
  Surroundings surroundings;
  surroundings.variable = [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  return surroundings;
}

std::string config_for(const std::string& server) {
  return "{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, "
         "cluster: {server: '" +
         server + "'}}]}";
}

TEST_CASE("kubeconfigs are looked for where kubectl looks, in its order", "[login]") {
  const ScratchFolder folder;
  const std::string given = folder.write("given", config_for("https://given"));
  const std::string listed = folder.write("listed", config_for("https://listed"));
  folder.write("home/.kube/config", config_for("https://home"));
  const std::string missing = folder.path("missing");

  std::map<std::string, std::string> variables = {{"HOME", folder.path("home")},
                                                  {"KUBECONFIG", missing + "::" + listed}};
  CHECK(find_login({.kubeconfig = given}, surroundings_of(variables))->server == "https://given");
  CHECK(find_login({}, surroundings_of(variables))->server == "https://listed");
  variables.erase("KUBECONFIG");
  CHECK(find_login({}, surroundings_of(variables))->server == "https://home");
  const auto unfound = find_login({.kubeconfig = missing}, surroundings_of(variables));
  REQUIRE_FALSE(unfound.has_value());
  CHECK_THAT(unfound.error().message, Contains(missing));
}

TEST_CASE("what the command line says beats the kubeconfig", "[login]") {
  const ScratchFolder folder;
  const std::string given = folder.write("given", config_for("https://given"));
  const std::string ca = folder.write("ca", "CA");
  const auto login = find_login({.kubeconfig = given,
                                 .server = "https://other",
                                 .token = "t",
                                 .impersonate = "ann",
                                 .ca_file = ca,
                                 .insecure = true},
                                surroundings_of({}));
  REQUIRE(login.has_value());
  CHECK(login->server == "https://other");
  CHECK(login->token == "t");
  CHECK(login->impersonate == "ann");
  CHECK(login->tls.ca == "CA");
  CHECK(login->tls.insecure);
  // A server and nothing else is a login, too.
  CHECK(find_login({.server = "https://alone"}, surroundings_of({}))->server == "https://alone");
  CHECK_FALSE(find_login({.server = "https://alone", .ca_file = folder.path("missing")},
                         surroundings_of({}))
                  .has_value());
}

TEST_CASE("without a kubeconfig a pod uses its service account", "[login]") {
  const ScratchFolder folder;
  folder.write("account/token", "t\n");
  folder.write("account/ca.crt", "CA");
  folder.write("account/namespace", "sluice-system\n");
  Surroundings pod = surroundings_of(
      {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}});
  pod.service_account_folder = folder.path("account");
  const auto login = find_login({}, pod);
  REQUIRE(login.has_value());
  CHECK(login->server == "https://10.0.0.1:443");
  CHECK(login->token_file == folder.path("account/token"));
  CHECK(login->tls.ca == "CA");
  CHECK(login->namespace_ == "sluice-system");
  CHECK(find_login({.namespace_ = "web"}, pod)->namespace_ == "web");

  pod.service_account_folder = folder.path("nothing");
  CHECK_THAT(find_login({}, pod).error().message, Contains(folder.path("nothing/token")));
}

TEST_CASE("an IPv6 API server gets its brackets", "[login]") {
  const ScratchFolder folder;
  folder.write("token", "t");
  folder.write("ca.crt", "CA");
  Surroundings pod =
      surroundings_of({{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}});
  pod.service_account_folder = folder.path("");
  CHECK(in_cluster_login(pod)->server == "https://[fd00::1]:443");
}

TEST_CASE("with nothing at all the message says what to do", "[login]") {
  const auto login = find_login({}, surroundings_of({}));
  REQUIRE_FALSE(login.has_value());
  CHECK_THAT(login.error().message, Contains("--kubeconfig") && Contains("KUBECONFIG"));
}

}  // namespace
}  // namespace sluice::kube
