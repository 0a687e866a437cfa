#include "kube/field_managers.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::kube {
namespace {

Object written_by(const Json& entries) {
  auto object = make_object({{"apiVersion", "argoproj.io/v1alpha1"},
                             {"kind", "Rollout"},
                             {"metadata", {{"name", "shop"}, {"managedFields", entries}}}});
  REQUIRE(object);
  return *std::move(object);
}

Json entry(const char* manager, const char* time, const char* subresource) {
  Json made = {{"manager", manager}, {"operation", "Update"}, {"time", time}};
  if (*subresource != '\0') made["subresource"] = subresource;
  return made;
}

}  // namespace

TEST_CASE("who wrote last is told of the object and of its status", "[managers]") {
  const Object rollout = written_by(Json::array({
      entry("kubectl", "2026-11-21T10:00:00Z", ""),
      entry("argocd", "2026-11-21T10:00:05Z", ""),
      entry("helm", "2026-11-21T10:00:02Z", ""),
      entry("sluice", "2026-11-21T10:00:09Z", ""),
      entry("rollouts-controller", "2026-11-21T10:00:07Z", "status"),
      entry("sluice", "2026-11-21T10:00:09Z", "status"),
  }));
  CHECK(last_writer(rollout, "") == "argocd");
  CHECK(last_writer(rollout, "status") == "rollouts-controller");
  CHECK(last_writer(rollout, "scale").empty());
  CHECK(last_writer(written_by(Json::array()), "").empty());
  CHECK(writer_text(&rollout, "") == "\"argocd\"");
}

TEST_CASE("where all bear our name another Sluice has written", "[managers]") {
  const Object rollout = written_by(Json::array({
      entry("kubectl", "2026-11-21T10:00:00Z", ""),
      entry("sluice", "2026-11-21T10:00:09Z", "status"),
  }));
  CHECK(last_writer(rollout, "status").empty());
  CHECK(writer_text(&rollout, "status") == "another Sluice");
  CHECK(writer_text(&rollout, "scale").empty());
  CHECK(writer_text(nullptr, "").empty());
}

}  // namespace sluice::kube
