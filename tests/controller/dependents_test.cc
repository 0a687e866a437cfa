#include "controller/dependents.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace sluice::controller {
namespace {

using Keys = std::vector<ObjectKey>;

const ObjectKey kShop{"web", "shop"};
const ObjectKey kCart{"web", "cart"};

traffic::ObjectRef service(const char* name) {
  return {.gvk = {"", "v1", "Service"}, .key = {"web", name}};
}

Keys sorted(Keys keys) {
  std::ranges::sort(keys);
  return keys;
}

}  // namespace

TEST_CASE("a change concerns those that look at the object now", "[dependents]") {
  Dependents dependents;
  dependents.depend(kShop, {service("stable"), service("canary")});
  dependents.depend(kCart, {service("stable")});
  CHECK(sorted(dependents.of(service("stable"))) == Keys{kCart, kShop});
  CHECK(dependents.of(service("canary")) == Keys{kShop});
  CHECK(dependents.of({.gvk = {"", "v1", "Secret"}, .key = {"web", "stable"}}).empty());

  dependents.depend(kShop, {service("canary"), service("preview")});
  CHECK(dependents.of(service("stable")) == Keys{kCart});
  CHECK(dependents.of(service("preview")) == Keys{kShop});
  dependents.forget(kShop);
  dependents.forget(kShop);
  CHECK(dependents.of(service("canary")).empty());
  CHECK(dependents.of(service("stable")) == Keys{kCart});
}

}  // namespace sluice::controller
