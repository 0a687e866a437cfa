#include "controller/template_sums_memo.h"

#include <catch2/catch.hpp>

namespace sluice::controller {

TEST_CASE("template sums: those of the template that is asked about, whatever was asked before") {
  const JsonText first = make_json_text(R"({"spec":{"containers":[{"image":"shop:v1"}]}})");
  const JsonText second = make_json_text(R"({"spec":{"containers":[{"image":"shop:v2"}]}})");
  TemplateSumsMemo memo;
  CHECK(memo.of({"web", "shop"}, first) == engine::template_sums(first));
  CHECK(memo.of({"web", "shop"}, make_json_text(*first)) == engine::template_sums(first));
  CHECK(memo.of({"web", "shop"}, second) == engine::template_sums(second));
  CHECK(memo.of({"web", "till"}, first) == engine::template_sums(first));
  CHECK_FALSE(memo.of({"web", "shop"}, nullptr));
  memo.forget({"web", "shop"});
  CHECK(memo.of({"web", "shop"}, first) == engine::template_sums(first));
}

}  // namespace sluice::controller
