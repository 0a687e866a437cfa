#include "cli/look/text_table.h"

#include <catch2/catch.hpp>

using namespace sluice::cli;

TEST_CASE("width is what a terminal shows", "[table]") {
  CHECK(display_width("") == 0);
  CHECK(display_width("shop") == 4);
  CHECK(display_width("├──⧉ shop") == 9);
  CHECK(display_width("\x1b[32m✔\x1b[0m Healthy") == 9);
}

TEST_CASE("padding goes up to the width and cuts nothing", "[table]") {
  CHECK(pad("✔", 3) == "✔  ");
  CHECK(pad("too long", 3) == "too long");
}

TEST_CASE("columns are as wide as their widest cell", "[table]") {
  TextTable table;
  table.add({"NAME", "KIND", "INFO"});
  table.add({"⟳ shop", "Rollout", ""});
  table.add({"x", "", "last"});
  CHECK(table.render() ==
        "NAME    KIND     INFO\n"
        "⟳ shop  Rollout\n"
        "x                last\n");
  CHECK(TextTable().render().empty());
}
