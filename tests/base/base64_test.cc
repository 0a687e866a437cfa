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
  for (const char* text :
       {"Zg", "Zg=", "Z!==", "Zm9vZg", "YQ=a", "YQ==YQ==", " YQ=", "Zm9v====", "===="}) {
    INFO(text);
    CHECK_FALSE(decode_base64(text));
  }
}

TEST_CASE("line breaks are passed over, as by Go", "[base64]") {
  CHECK(decode_base64("Zm9v\nZm\r\n8=\n") == "foofo");
}

TEST_CASE("the URL alphabet has no padding", "[base64]") {
  const std::string bytes("\xfb\xff\xbe\x01", 4);
  CHECK(encode_base64_url(bytes) == "-_--AQ");
  CHECK(decode_base64_url("-_--AQ") == bytes);
  for (const char* text : {"+/++AQ", "AQ==", "A", "-_--AQ.."}) {
    INFO(text);
    CHECK_FALSE(decode_base64_url(text));
  }
}

}  // namespace
}  // namespace sluice
