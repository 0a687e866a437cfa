// What is sent to a terminal that is painted again and again.

#include "cli/look/screen.h"

#include "cli/look/text_table.h"

#include <catch2/catch.hpp>

using namespace sluice::cli;

TEST_CASE("a frame is cut to the window and scrolls nothing", "[screen]") {
  CHECK(fit("a\nb\n", {2, 80}) == "a\nb\n");
  CHECK(fit("a\nb\nc\nd\n", {3, 80}) == "a\nb\n… 2 more lines\n");
  CHECK(fit("abcdef\n", {3, 4}) == "abc…\n");
  CHECK(frame_of("a\nb\n", {3, 80}) == "\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J");
}

TEST_CASE("texts are cut by what is seen of them", "[screen]") {
  CHECK(cut("✔ Healthy", 9) == "✔ Healthy");
  CHECK(cut("✔ Healthy", 4) == "✔ H…");
  CHECK(cut("\x1b[32m✔\x1b[0m Healthy", 4) == "\x1b[32m✔\x1b[0m H…\x1b[0m");
  CHECK(cut("abc", 0).empty());
  CHECK(display_width(cut("äöüäöü", 3)) == 3);
}
