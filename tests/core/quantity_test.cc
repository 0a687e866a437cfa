#include "core/quantity.h"

#include <catch2/catch.hpp>

namespace sluice::core {
namespace {

TEST_CASE("quantities are read as Go reads them", "[quantity]") {
  for (const char* text :
       {"1", "+1.5", "-0.5", ".5", "1.", "100m", "1Ki", "1.5Gi", "1e3", "1E-3", "5E", "1k", "1n"}) {
    CAPTURE(text);
    CHECK_FALSE(quantity_error(text));
  }
  for (const char* text : {"", "m", "512mb", "1GB", "1K", "1 Gi", "1e", "1ee3", "1e1.5", "1,5",
                           "0x10", "1kk", "--1", "1Mi3"}) {
    CAPTURE(text);
    CHECK(quantity_error(text));
  }
}

TEST_CASE("quantities are compared by value", "[quantity]") {
  using std::strong_ordering;

  struct Case {
    const char* left;
    const char* right;
    std::optional<strong_ordering> order;
  };

  for (const Case& row : std::vector<Case>{{"100m", "0.1", strong_ordering::equal},
                                           {"1Gi", "1G", strong_ordering::greater},
                                           {"1024Mi", "1Gi", strong_ordering::equal},
                                           {"-1", "0", strong_ordering::less},
                                           {"0", "0.000000001", strong_ordering::less},
                                           {"8Ei", "9E", strong_ordering::greater},
                                           {"1e3", "1k", strong_ordering::equal},
                                           {"x", "1", std::nullopt},
                                           {"99999999999999999E", "1", std::nullopt},
                                           {"1e999", "1", std::nullopt}}) {
    CAPTURE(row.left, row.right);
    CHECK(compare_quantities(row.left, row.right) == row.order);
  }
}

}  // namespace
}  // namespace sluice::core
