// The watch over the users of a blue-green Rollout: what must never be is done in the controller's
// name, and seen; its near neighbours are not.

#include "tests/sim/watched_shop.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller::test;
using namespace sluice::sim;

namespace {

/// shop:v2 has the users, as somebody promoted it; shop:v1 stands by.
void switch_users(WatchedShop& shop) {
  shop.update();
  shop.world.promote();
  shop.select("shop-active", shop.world.hash("shop:v2"));
  CHECK(shop.saw_nothing());
}

}  // namespace

TEST_CASE("users who are given away before it is earned are seen") {
  WatchedShop shop(watched_blue_green());
  shop.update();
  const std::string hash = shop.world.hash("shop:v2");
  SECTION("before somebody promotes") {
    shop.select("shop-active", hash);
    CHECK(shop.saw("users get " + hash + " before it has earned them"));
  }
  SECTION("with pods that do not serve") {
    shop.world.promote();
    shop.let_work("shop:v2", 3);
    shop.select("shop-active", hash);
    CHECK(shop.saw("users get " + hash + " with 3 of 4 pods"));
  }
  SECTION("while somebody holds the update") {
    shop.world.promote();
    shop.world.patch("Rollout", "shop", {{"spec", {{"paused", true}}}});
    shop.pass(1);
    shop.select("shop-active", hash);
    CHECK(shop.saw("users get " + hash + " while somebody holds it"));
  }
  SECTION("in the status") {
    shop.write_status({{"blueGreen", {{"scaleUpPreviewCheckPoint", true}}}});
    CHECK(shop.saw("the checkpoint is passed before it is earned"));
  }
}

TEST_CASE("users who are taken from a revision in order, or left without pods, are seen") {
  WatchedShop shop(watched_blue_green());
  switch_users(shop);
  SECTION("taken") {
    shop.write_status({{"blueGreen", {{"scaleUpPreviewCheckPoint", true}}}});
    shop.select("shop-active", shop.world.hash("shop:v1"));
    CHECK(shop.saw("users are taken from"));
  }
  SECTION("but not where the status does not tell of the switch") {
    shop.select("shop-active", shop.world.hash("shop:v1"));
    CHECK(shop.saw_nothing());
  }
  SECTION("left") {
    shop.let_work("shop:v2", 0);
    shop.watch.look();
    CHECK(shop.saw_nothing());
    shop.watch.look();
    CHECK(shop.saw("users stay with a revision that has no pods"));
  }
  SECTION("left with what was aborted") {
    shop.world.abort();
    shop.watch.look();
    shop.watch.look();
    CHECK(shop.saw("was judged bad or aborted, and keeps 100% of the traffic"));
  }
}

TEST_CASE("a preview that leads to another revision than the present one is seen") {
  WatchedShop shop(watched_blue_green());
  shop.update();
  const std::string stable = shop.world.hash("shop:v1");
  SECTION("of a revision that is there") {
    shop.select("shop-preview", stable);
    CHECK(shop.saw("the preview leads to " + stable + ", which is not the present revision"));
  }
  SECTION("before there is a ReplicaSet") {
    shop.world.release("shop:v3");
    shop.select("shop-preview", stable);
    CHECK(shop.saw("the preview leads to " + stable + ", which is not the present revision"));
  }
  SECTION("but not where it goes back to the revision of before, until then") {
    const std::string before = shop.world.hash("shop:v2");
    shop.world.patch("Service", "shop-preview", {{"spec", {{"selector", {{kHashLabel, stable}}}}}});
    shop.world.release("shop:v3");
    shop.select("shop-preview", before);
    CHECK(shop.saw_nothing());
  }
}

TEST_CASE("pods of a blue-green Rollout that go too early are seen") {
  WatchedShop shop(watched_blue_green());
  switch_users(shop);
  SECTION("of who has the users") {
    shop.scale("shop:v2", 3);
    CHECK(shop.saw("is scaled to 3 and has the users"));
  }
  SECTION("of who stands by") {
    shop.scale("shop:v1", 3);
    CHECK(shop.saw("is scaled to 3 and may have to take the users back"));
  }
  SECTION("of what was aborted") {
    shop.world.abort();
    shop.select("shop-active", shop.world.hash("shop:v1"));
    shop.pass(4);
    shop.scale("shop:v2", 0);
    CHECK(shop.saw("had users 4 s ago, and is scaled to 0 before 5 s are over"));
  }
  SECTION("but not after the delay") {
    shop.world.abort();
    shop.select("shop-active", shop.world.hash("shop:v1"));
    shop.pass(5);
    shop.scale("shop:v2", 0);
    CHECK(shop.saw_nothing());
  }
}
