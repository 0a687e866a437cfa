#include "analysis/redaction.h"

#include "analysis/text_layers.h"
#include "base/json.h"
#include "tests/fakes/dice.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cctype>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::analysis {
namespace {

using Secrets = std::vector<std::string>;

/// What encodings care about, and what looks encoded itself.
std::string any_secret(Dice& dice) {
  constexpr std::string_view kParts[] = {
      "a",  "Z",   "7",     "%",   "&", "\\", "\"", "<", "'",      "/", "+",     " ",         "@",
      "\n", "%41", "&amp;", "\\n", "u", ";",  "#",  "=", "\u00e9", "x", "\\u00", "\U0001F511"};
  std::string secret;
  while (secret.size() < 12) secret += kParts[dice.roll(std::size(kParts))];
  return "s" + secret + "t";
}

/// One more layer: all of the text, or what has to be, in one of the encodings.
std::string encoded(std::string_view text, Dice& dice) {
  const int encoding = dice.roll(4);
  const bool everything = dice.chance(30);
  if (encoding == 0 && !everything) {
    const std::string quoted = Json(text).dump(-1, ' ', dice.chance(50));
    return quoted.substr(1, quoted.size() - 2);
  }
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || (std::isalnum(byte) != 0 && !everything);
    if (encoding == 2 && !plain)
      out += fmt::format("&#{};", byte);
    else if (encoding == 3 && !plain)
      out += fmt::format("\\u{:04X}", byte);
    else if (encoding < 2 && (byte >= 0x80 || !plain))
      out += fmt::format("%{:02x}", byte);
    else
      out += c;
  }
  return out;
}

TEST_CASE("a secret is struck in every form in which it may come back", "[redaction]") {
  const Secrets secrets{"p@ss w0rd/+", "hunter22", "k\u00e9y\"\\\n<\U0001F511>", "\?\?>>\?\?>>"};
  const std::pair<const char*, const char*> rows[] = {
      {"said p@ss w0rd/+ twice: p@ss w0rd/+", "said ***** twice: *****"},
      // Percent-encoded, in part, in a form, twice, and thrice.
      {"?q=p%40ss%20w0rd%2F%2B&x=1", "?q=*****&x=1"},
      {"?q=p%40ss%20w0rd%2f%2b", "?q=*****"},
      {"?q=p%40ss+w0rd%2F%2B", "?q=*****"},
      {"p%40ss w0rd/+", "*****"},
      {"%68%75%6e%74%65%72%32%32", "*****"},
      {"?u=%2Fx%3Fq%3Dp%2540ss%2520w0rd%252F%252B", "?u=%2Fx%3Fq%3D*****"},
      {"p%252540ss%252520w0rd%25252F%25252B!", "*****!"},
      // JSON, and JSON in a string of JSON.
      {R"({"t": "p\u0040ss w0rd\/\u002B"})", R"({"t": "*****"})"},
      {R"("{\"t\":\"p\\u0040ss w0rd\\/+\"}")", R"("{\"t\":\"*****\"}")"},
      {R"(h\u0075nter22)", "*****"},
      {R"(h\x75nter22)", "*****"},
      {R"("k\u00e9y\"\\\n<\ud83d\udd11>")", R"("*****")"},
      {R"("k\u00E9y\u0022\u005c\u000A\u003c\uD83D\uDD11\u003E")", R"("*****")"},
      // HTML.
      {"<p>p&#64;ss w0rd&#x2F;&#43;</p>", "<p>*****</p>"},
      {"k&#233;y&quot;\\\n&lt;&#128273;&gt;", "*****"},
      {"&lt;b&gt;h&amp;#117;nter22", "&lt;b&gt;*****"},
      // One in another.
      {"p%40ss+w0rd%2F\\u002B", "*****"},
      {"h\\u002575nter22", "*****"},
      {"%26%23104%3Bunter22", "*****"},
      // user:hunter22, a:hunter22 and hunter22 in base64, which may be encoded in turn. A character
      // that a neighbour has a part in stays.
      {"Basic dXNlcjpodW50ZXIyMg==", "Basic dXNlcjp*****g=="},
      {"Basic YTpodW50ZXIyMg==", "Basic YTp*****g=="},
      {"aHVudGVyMjI=", "*****I="},
      {"Basic dXNlcjpodW50ZXIyMg%3D%3D", "Basic dXNlcjp*****g%3D%3D"},
      {"Pz8+Pj8/Pj4=", "*****4="},
      {"Pz8-Pj8_Pj4", "*****4"},
      {"Pz8%2BPj8%2FPj4%3D", "*****4%3D"},
      {R"("Pz8\u002bPj8\/Pj4=")", R"("*****4=")"},
  };
  for (const auto& [text, struck] : rows) {
    CAPTURE(text);
    CHECK(redact(text, secrets) == struck);
  }
}

TEST_CASE("a secret is found under any encodings, one within another", "[redaction]") {
  for (uint32_t seed = 1; seed <= 2'000; ++seed) {
    Dice dice(seed);
    const std::string secret = any_secret(dice);
    std::string text = secret;
    for (int layers = dice.roll(4); layers > 0; --layers) text = encoded(text, dice);
    CAPTURE(seed, secret, text);
    REQUIRE(redact("said: " + text + " !", Secrets{secret}) == "said: ***** !");
  }
}

TEST_CASE("a text without a secret stays as it is", "[redaction]") {
  const char* text = GENERATE("", "%", "100% of &amp; \\n \\u00 &#; &#99999999; %zz %2540 + …",
                              "p%40ss w0rd/", "\\ud83d", "&", "\\");
  CHECK(redact(text, Secrets{"p@ss w0rd/+", ""}) == text);
  CHECK(redact(text, Secrets{}) == text);
}

TEST_CASE("a secret that looks encoded itself is struck", "[redaction]") {
  const char* text =
      GENERATE("abc%41def&amp;ghi", "abc%2541def%26amp%3Bghi", "abc%41def&amp;amp;ghi",
               "abc%41def&amp%3Bghi", "abc%41def\\u0026amp;ghi", "abcAdef&ghi");
  CHECK(redact(text, Secrets{"abc%41def&amp;ghi"}) == "*****");
}

TEST_CASE("a secret that begins with another is struck whole", "[redaction]") {
  CHECK(redact("password123 or pass", Secrets{"pass", "password123"}) == "***** or *****");
}

TEST_CASE("each line of a secret is one", "[redaction]") {
  const Secrets secrets{"-----BEGIN KEY-----\r\nMIIEvQIBADANBg\nab\n"};
  CHECK(redact("said MIIEvQIBADANBg, ab", secrets) == "said *****, ab");
  CHECK(redact("said -----BEGIN KEY-----", secrets) == "said *****");
}

TEST_CASE("the beginning of a secret at which a text was cut is struck too", "[redaction]") {
  const Secrets secrets{"p@ss w0rd/+"};
  const std::pair<const char*, const char*> rows[] = {
      {"said p@ss w…", "said *****…"},           {"said p@s…", "said p@s…"},
      {"said p%40ss%20w…", "said *****…"},       {"said p%40ss%2…", "said *****…"},
      {"said p\\u0040ss \\u00…", "said *****…"}, {"said p%2540ss%252…", "said *****…"},
      {"said p&#64;ss&#3…", "said *****…"},      {"p@ss w is none", "p@ss w is none"},
  };
  for (const auto& [text, struck] : rows) {
    CAPTURE(text);
    CHECK(redact(text, secrets) == struck);
  }
}

TEST_CASE("layers are taken off up to a bound, and each byte knows its origin", "[redaction]") {
  TextLayer layer("a%2540b&lt;");
  REQUIRE(layer.take_off());
  CHECK(layer.text() == "a%40b<");
  REQUIRE(layer.take_off());
  CHECK(layer.text() == "a@b<");
  CHECK(layer.origin(1) == 1);
  CHECK(layer.origin(2) == 6);
  CHECK(layer.origin(3) == 7);
  CHECK(layer.origin(4) == 11);
  CHECK_FALSE(layer.take_off());

  std::string deep = "%";
  for (int i = 0; i < TextLayer::kLayersMax + 2; ++i) deep += "25";
  TextLayer many(deep);
  for (int i = 0; i < TextLayer::kLayersMax; ++i) REQUIRE(many.take_off());
  CHECK_FALSE(many.take_off());
}

}  // namespace
}  // namespace sluice::analysis
