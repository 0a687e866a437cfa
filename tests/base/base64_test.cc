#include "base/base64.h"

#include <catch2/catch.hpp>

namespace sluice {
namespace {

TEST_CASE("base64 goes both ways", "[base64]") {
  for (const auto& [bytes, text] : {std::pair<std::string, std::string>{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {std::string("\0\xff\0", 3), "AP8A"}}) {
    CHECK(encode_base64(bytes) == text);
    CHECK(decode_base64(text) == bytes);
  }
}

TEST_CASE("what is no base64 is refused", "[base64]") {
  for (const char* text : {"Zg", "Zg=", "Z!==", "Zm9vZg"}) {
    INFO(text);
    CHECK_FALSE(decode_base64(text));
  }
}

}  // namespace
}  // namespace sluice
