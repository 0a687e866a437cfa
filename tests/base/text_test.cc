#include "base/letter_case.h"
#include "base/short_text.h"
#include "base/whole_number.h"

#include <catch2/catch.hpp>

#include <vector>

namespace sluice {
namespace {

TEST_CASE("letters of ASCII change their case, others stay", "[letter_case]") {
  CHECK(lower_case("X-Canary AZ[`{\u00c4") == "x-canary az[`{\u00c4");
  CHECK(lower_case("").empty());
  CHECK(same_in_any_case("Content-TYPE", "content-type"));
  CHECK_FALSE(same_in_any_case("content-type", "content-typ"));
  CHECK_FALSE(same_in_any_case("a@", "a`"));
  CHECK(same_in_any_case("", ""));
}

TEST_CASE("a text is cut between two characters, and says so", "[short_text]") {
  CHECK(shortened("short", 5) == "short");
  CHECK(shortened("longer", 4) == "long…");
  CHECK(shortened("a\u00e4\u00e4", 2) == "a…");
  CHECK(shortened("a\u00e4\u00e4", 3) == "a\u00e4…");
  CHECK(shortened("\u20ac", 2) == "…");
  CHECK(whole_start("\u20ac\u20ac", 5) == "\u20ac");
  CHECK(whole_start("", 0).empty());
}

TEST_CASE("a whole number is all of its text", "[whole_number]") {
  CHECK(whole_number("0") == 0);
  CHECK(whole_number("-17") == -17);
  CHECK(whole_number("007") == 7);
  CHECK(whole_number("9223372036854775807") == INT64_MAX);
  CHECK(whole_number<uint16_t>("65535") == 65535);
  CHECK(whole_number<uint8_t>("fF", 16) == 255);
  for (const std::string_view text :
       {"", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "12 apples", "9223372036854775808"}) {
    INFO(text);
    CHECK_FALSE(whole_number(text));
  }
  CHECK_FALSE(whole_number<uint16_t>("65536"));
  CHECK_FALSE(whole_number<uint16_t>("-1"));
  CHECK_FALSE(whole_number<uint8_t>("100", 16));
}

}  // namespace
}  // namespace sluice
