#include "local/kubeconfig_writer.h"

#include "base/yaml.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::local;

TEST_CASE("a kubeconfig holds the cluster, the context and both users") {
  const Credentials credentials{"ca", {"", ""}, {"certificate", "key"}, "0123"};

  const auto documents = read_yaml(render_kubeconfig("https://127.0.0.1:6443", credentials));

  REQUIRE(documents);
  const Json& config = documents->front().value;
  CHECK(config["current-context"] == "sluice");
  CHECK(config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443");
  CHECK(config["clusters"][0]["cluster"]["certificate-authority-data"] == "Y2E=");
  CHECK(config["contexts"][0]["context"]["user"] == "sluice-admin");
  CHECK(config["users"][0]["user"]["client-certificate-data"] == "Y2VydGlmaWNhdGU=");
  CHECK(config["users"][0]["user"]["client-key-data"] == "a2V5");
  CHECK(config["users"][1]["name"] == "sluice-token");
  CHECK(config["users"][1]["user"]["token"] == "0123");
}
