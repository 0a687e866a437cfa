#include "base/nearest.h"

#include <catch2/catch.hpp>

namespace sluice {
namespace {

TEST_CASE("letters to insert, remove or replace", "[nearest]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("pausse", "pause") == 1);
}

TEST_CASE("the word that was likely meant", "[nearest]") {
  CHECK(nearest_word("prmote", {"pause", "promote"}) == "promote");
  CHECK(nearest_word("front", {"cart", "frontend"}) == "frontend");
  CHECK(nearest_word("xyzzy", {"pause", "promote"}).empty());
  CHECK(nearest_word("ab", {"xy"}).empty());
  CHECK(nearest_word("", {"xy"}).empty());
  CHECK(nearest_word(std::string(100, 'a'), {std::string(100, 'a')}).empty());
}

}  // namespace
}  // namespace sluice
