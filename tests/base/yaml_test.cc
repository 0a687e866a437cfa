#include "base/yaml.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice {
namespace {

/// The value of `v` in a document that holds "v: <text>", or an error's message.
Json read_value(std::string_view text) {
  const auto documents = read_yaml("a: 1\nv: " + std::string(text) + "\n");
  if (!documents) return Json::object({{"error", documents.error().message}});
  return documents->at(0).value.at("v");
}

struct Case {
  std::string_view text;
  std::string_view json;
};

// What kubectl 1.32 makes of each, recorded with `kubectl annotate --local -o json`.
TEST_CASE("plain scalars resolve as kubectl resolves them", "[yaml]") {
  const auto row = GENERATE(values<Case>({
      // Words.
      {"yes", "true"},
      {"Yes", "true"},
      {"YES", "true"},
      {"yEs", R"("yEs")"},
      {"no", "false"},
      {"on", "true"},
      {"ON", "true"},
      {"off", "false"},
      {"y", "true"},
      {"Y", "true"},
      {"n", "false"},
      {"N", "false"},
      {"true", "true"},
      {"True", "true"},
      {"tRue", R"("tRue")"},
      {"false", "false"},
      {"null", "null"},
      {"Null", "null"},
      {"NULL", "null"},
      {"~", "null"},
      {"", "null"},
      {"nULL", R"("nULL")"},
      {"# comment", "null"},
      // Whole numbers.
      {"0644", "420"},
      {"0o644", "420"},
      {"0O644", "420"},
      {"0x1F", "31"},
      {"0X1f", "31"},
      {"-0x1F", "-31"},
      {"0b101", "5"},
      {"-0b101", "-5"},
      {"+0b1", "1"},
      {"1_000", "1000"},
      {"1__0", "10"},
      {"_1", R"("_1")"},
      {"1_", "1"},
      {"0_7", "7"},
      {"08", "8"},
      {"09", "9"},
      {"0", "0"},
      {"-0", "0"},
      {"+1", "1"},
      {"-1", "-1"},
      {"00", "0"},
      {"-017", "-15"},
      {"+017", "15"},
      {"0x", R"("0x")"},
      {"0xg", R"("0xg")"},
      {"0o8", R"("0o8")"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"9223372036854775808", "9223372036854775808.0"},
      {"18446744073709551616", "18446744073709551616.0"},
      {"0x10000000000000000", R"("0x10000000000000000")"},
      // Floats; a whole one becomes an integer, as it does on its way through JSON text.
      {"1.5", "1.5"},
      {".5", "0.5"},
      {"-.5", "-0.5"},
      {"1.", "1"},
      {"1e3", "1000"},
      {"1E3", "1000"},
      {"1e+3", "1000"},
      {"1e-3", "0.001"},
      {"+1.5", "1.5"},
      {"1_0.5", "10.5"},
      {"1.0", "1"},
      {"1e22", "1e22"},
      {"1e400", R"("1e400")"},
      {"0.", "0"},
      {"1._5", "1.5"},
      {"1e1_0", "10000000000"},
      {"1.5.2", R"("1.5.2")"},
      {"1e", R"("1e")"},
      {".e1", R"(".e1")"},
      {"._1", R"("._1")"},
      {".", R"(".")"},
      {"+", R"("+")"},
      {"0x1.8p1", R"("0x1.8p1")"},
      {"inf", R"("inf")"},
      // Strings.
      {"5%", R"("5%")"},
      {"1,000", R"("1,000")"},
      {"12:30", R"("12:30")"},
      {"-a", R"("-a")"},
      {"1 2", R"("1 2")"},
      {"2001-12-14", R"("2001-12-14")"},
      {"a#b", R"("a#b")"},
      {"<<", R"("<<")"},
      {"2001-12-14T21:59:43.10-05:00", R"("2001-12-14T21:59:43.10-05:00")"},
      {"=", R"("=")"},
      {"a:b", R"("a:b")"},
      {":x", R"(":x")"},
      {"?x", R"("?x")"},
      {"\\n", R"("\\n")"},
      {"'yes'", R"("yes")"},
      {"\"0644\"", R"("0644")"},
      {"'it''s'", R"("it's")"},
      {"\"\"", R"("")"},
      {R"("\x41\u263A\n")", R"("A☺\n")"},
      {"! 12", R"("12")"},
      {"!foo 12", R"("12")"},
      // Tags.
      {"!!str 12", R"("12")"},
      {"!!int \"12\"", "12"},
      {"!!bool yes", "true"},
      {"!!float 3", "3"},
      {"!!null \"\"", "null"},
      {"!!str yes", R"("yes")"},
      {"!!binary aGk=", R"("hi")"},
      {"!!str", R"("")"},
      {"!!timestamp 2001-12-14", R"("2001-12-14")"},
      // Collections and blocks.
      {"[1, 0644, yes]", "[1,420,true]"},
      {"{a: , b: }", R"({"a":null,"b":null})"},
      {"{a}", R"({"a":null})"},
      {"[a: b]", R"([{"a":"b"}])"},
      {"{\"a\":b}", R"({"a":"b"})"},
      {">\n  folded\n  text", R"("folded text\n")"},
      {"|-\n  lit\n  text", R"("lit\ntext")"},
      {"!!set {a, b}", R"({"a":null,"b":null})"},
      {"\n- ~\n-\n- a", R"([null,null,"a"])"},
  }));
  CAPTURE(row.text);
  CHECK(read_value(row.text) == Json::parse(row.json));
}

TEST_CASE("keys become the strings that kubectl makes of them", "[yaml]") {
  const auto row = GENERATE(values<Case>({
      {"{1: a}", R"({"1":"a"})"},
      {"{true: a}", R"({"true":"a"})"},
      {"{y: a, n: b}", R"({"true":"a","false":"b"})"},
      {"{\"y\": a}", R"({"y":"a"})"},
      {"{1.5: a}", R"({"1.5":"a"})"},
      {"{0x10: a}", R"({"16":"a"})"},
      {"{2001-12-14: a}", R"({"2001-12-14":"a"})"},
      {"{1e3: a}", R"({"1000":"a"})"},
      {"{1e22: a}", R"({"1e+22":"a"})"},
      {"{1e-7: a}", R"({"1e-07":"a"})"},
      {"{1e67: a, -1e67: b}", R"({"-.inf":"b",".inf":"a"})"},
      {"{123456789.5: a}", R"({"1.2345679e+08":"a"})"},
      {"{.inf: a}", R"({".inf":"a"})"},
      {"{-1: a}", R"({"-1":"a"})"},
  }));
  CAPTURE(row.text);
  CHECK(read_value(row.text) == Json::parse(row.json));
}

TEST_CASE("aliases and merges", "[yaml]") {
  const auto row = GENERATE(values<Case>({
      {"{b: &x {p: 1}, c: *x}", R"({"b":{"p":1},"c":{"p":1}})"},
      {"{b: &x yes, c: *x}", R"({"b":true,"c":true})"},
      {"{b: &x {p: 1, q: 2}, c: {<<: *x, q: 3}}", R"({"b":{"p":1,"q":2},"c":{"p":1,"q":3}})"},
      {"{b: &x {p: 1, q: 2}, c: {q: 3, <<: *x}}", R"({"b":{"p":1,"q":2},"c":{"p":1,"q":2}})"},
      {"[&x {p: 1}, &y {p: 2, r: 4}, {<<: [*x, *y]}]", R"([{"p":1},{"p":2,"r":4},{"p":1,"r":4}])"},
  }));
  CAPTURE(row.text);
  CHECK(read_value(row.text) == Json::parse(row.json));
}

TEST_CASE("errors name the line", "[yaml]") {
  const auto row = GENERATE(values<Case>({
      {"a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", "line 5: key \"c\" is already set in line 3"},
      {"v: {1: a, \"1\": b}\n", "line 1: key \"1\" is already set in line 1"},
      {"a: 1\n---\nb: {yes: 1,\n  true: 2}\n", "line 4: key \"true\" is already set in line 3"},
      {"a: 1\nv: .inf\n", "line 2: infinity and NaN have no place in JSON"},
      {"v: {~: a}\n", "line 1: null cannot be a key"},
      {"v:\n  [a]: b\n", "line 2: a key must be a scalar"},
      {"v: &a [*a]\n", "line 1: an anchor's value contains itself"},
      {"v: {<<: 1}\n", "line 1: << needs a map or a list of maps"},
      {"v: !!int x\n", "line 1: cannot read \"x\" as !!int"},
      {"v: !!binary \"???\"\n", "line 1: !!binary value contains invalid base64 data"},
      {"a: 1\nv: \x07\n", "line 2: control characters are not allowed"},
      {"a: 1\nv: \xff\n", "line 2: invalid UTF-8"},
  }));
  CAPTURE(row.text);
  const auto documents = read_yaml(row.text);
  REQUIRE_FALSE(documents);
  CHECK(documents.error().message == row.json);
  CHECK(documents.error().code == ErrorCode::Invalid);
}

TEST_CASE("what YAML's grammar refuses is refused with its line", "[yaml]") {
  const auto text = GENERATE(values<std::string_view>(
      {"a: 1\nv: a: b\n", "a: 1\nv: @x\n", "a: 1\nv: %x\n", "a: 1\nv: [a\n", "a: 1\nv: *nope\n",
       "a: 1\nv: \"x\n", "a: 1\nv: {a: b}}\n"}));
  CAPTURE(text);
  const auto documents = read_yaml(text);
  REQUIRE_FALSE(documents);
  CHECK_THAT(documents.error().message, Catch::Matchers::StartsWith("line "));
}

TEST_CASE("what no value begins with is refused, whichever document it begins", "[yaml]") {
  const auto text = GENERATE(values<std::string_view>({", ", ",", "]", "}", "a: 1\n---\n, x\n"}));
  CAPTURE(text);
  const auto documents = read_yaml(text);
  REQUIRE_FALSE(documents);
  CHECK_THAT(documents.error().message, Catch::Matchers::StartsWith("line "));
}

TEST_CASE("a stream holds documents, each with its lines", "[yaml]") {
  const auto documents = read_yaml(R"(# a comment
---
---
kind: Rollout
spec:
  a/b: 1
  steps:
    - setWeight: 10
    - pause:
        duration: 5m
    -
      setWeight: 20
---
kind: Service
)");
  REQUIRE(documents);
  REQUIRE(documents->size() == 2);
  const YamlDocument& rollout = documents->at(0);
  CHECK(rollout.first_line == 4);
  CHECK(rollout.line_of("/spec") == 5);
  CHECK(rollout.line_of("/spec/a~1b") == 6);
  CHECK(rollout.line_of("/spec/steps") == 7);
  CHECK(rollout.line_of("/spec/steps/0/setWeight") == 8);
  CHECK(rollout.line_of("/spec/steps/1") == 9);
  CHECK(rollout.line_of("/spec/steps/1/pause/duration") == 10);
  CHECK(rollout.line_of("/spec/steps/1/pause/missing/deeper") == 9);
  CHECK(rollout.line_of("/spec/steps/2/setWeight") == 12);
  CHECK(rollout.line_of("/nowhere") == 4);
  CHECK(documents->at(1).first_line == 14);
  CHECK(documents->at(1).value == Json({{"kind", "Service"}}));
}

TEST_CASE("JSON is YAML too", "[yaml]") {
  const auto documents = read_yaml(
      "{\n  \"kind\": \"Rollout\",\n  \"spec\": {\"url\": \"http:\\/\\/x\", \"a\": [1]}\n}");
  REQUIRE(documents);
  REQUIRE(documents->size() == 1);
  CHECK(documents->at(0).value ==
        Json::parse(R"({"kind":"Rollout","spec":{"url":"http://x","a":[1]}})"));
  CHECK(documents->at(0).line_of("/spec/url") == 3);

  const auto surrogates = read_yaml(R"({"v": "\ud83d\ude00"})");
  REQUIRE(surrogates);
  CHECK(surrogates->at(0).value == Json({{"v", "\U0001F600"}}));
}

TEST_CASE("reading is bounded", "[yaml]") {
  CHECK_FALSE(read_yaml("a: b", {.bytes = 3}));
  CHECK_FALSE(read_yaml(std::string(kJsonDepthMax + 5, '[') + std::string(kJsonDepthMax + 5, ']')));
  CHECK_FALSE(read_yaml(std::string(100000, '[')));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  const auto documents = read_yaml(bomb);
  REQUIRE_FALSE(documents);
  CHECK_THAT(documents.error().message, Catch::Matchers::Contains("too much aliasing"));
}

TEST_CASE("a long key is not repeated for everything below it", "[yaml]") {
  const std::string key(200'000, 'k');
  std::string text = "? " + key + "\n:\n";
  for (int i = 0; i < 20'000; ++i) text += "- 1\n";
  const auto documents = read_yaml(text);
  REQUIRE(documents);
  REQUIRE(documents->size() == 1);
  const YamlDocument& document = documents->front();
  CHECK(document.value[key].size() == 20'000);
  CHECK(document.line_of("/" + key + "/0") == 3);
  CHECK(document.line_of("/" + key + "/19999") == 1);
  CHECK(document.lines.size() < 1'000);
}

TEST_CASE("what is written reads back as it was", "[yaml]") {
  const Json value = Json::parse(R"({
    "empty": {}, "list": [], "nested": [[1, [2]], [], {}], "null": null, "yes": "yes", "n": 1,
    "number": "0644", "float": 1.25, "big": 9007199254740993, "date": "2026-01-02T03:04:05Z",
    "multi": "first\n  second\n\nlast\n", "noEnd": "a\nb", "odd": " a\nb", "tail": "a \nb",
    "tab": "a\tb", "colon": "a: b", "hash": "a #b", "dash": "- a", "star": "*a", "quote": "\"x\"",
    "space": " x ", "nil": "null", "tilde": "~", "blank": "", "uni": "é ☺", "percent": "25%",
    "items": [{"name": "x", "args": ["-c", "echo \"hi\"\nexit 0\n"]}, {"deep": {"er": [true, "true"]}}],
    "template": "{{args.x}}", "minus": "-", "merge": "<<", "equals": "=", "time": "12:30:00",
    "ends": "a:", "control": "\u0001\u007f", "a key: with": {"#": 1}, "newlines": "\n\n"
  })");
  const std::string text = write_yaml(value);
  CAPTURE(text);
  const auto documents = read_yaml(text);
  REQUIRE(documents);
  REQUIRE(documents->size() == 1);
  CHECK(documents->at(0).value == value);
}

TEST_CASE("writing looks as kubectl's", "[yaml]") {
  const Json value = Json::parse(
      R"({"spec": {"containers": [{"name": "x", "args": ["a", "1"], "env": []}], "on": true}, "kind": "Pod"})");
  CHECK(write_yaml(value) == R"(kind: Pod
spec:
  containers:
  - args:
    - a
    - "1"
    env: []
    name: x
  "on": true
)");
}

}  // namespace
}  // namespace sluice
