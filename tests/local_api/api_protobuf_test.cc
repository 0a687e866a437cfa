#include "local/api/api_protobuf.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::local;

namespace {

/// A field with bytes; lengths below 128 only.
std::string field(int number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

std::string number_field(int number, char value) {
  return std::string{static_cast<char>(number << 3), value};
}

std::string envelope(const std::string& api_version, const std::string& kind,
                     const std::string& object) {
  return std::string("k8s\0", 4) + field(1, field(1, api_version) + field(2, kind)) +
         field(2, object) + field(3, "") + field(4, "");
}

Json decoded(const std::string& body) {
  const auto text = decode_protobuf(body);
  REQUIRE(text);
  return Json::parse(*text);
}

}  // namespace

TEST_CASE("a Namespace as kubectl sends it") {
  const std::string metadata = field(1, "shop") + field(2, "") + field(3, "") + field(5, "") +
                               number_field(7, 0) + field(8, "");
  const Json object = decoded(
      envelope("v1", "Namespace", field(1, metadata) + field(2, "") + field(3, field(1, ""))));
  CHECK(object ==
        Json{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "shop"}}}});
}

TEST_CASE("maps, lists, numbers and either-or ports") {
  const std::string port = field(1, "http") + field(2, "TCP") + number_field(3, 80) +
                           field(4, number_field(1, 1) + number_field(2, 0) + field(3, "web")) +
                           number_field(5, 0);
  const std::string other =
      number_field(3, 81) + field(4, number_field(1, 0) + number_field(2, 82));
  const std::string spec = field(1, port) + field(1, other) +
                           field(2, field(1, "app") + field(2, "x")) + number_field(13, 0);
  const Json object = decoded(envelope("v1", "Service", field(1, field(1, "s")) + field(2, spec)));
  CHECK(object["spec"] ==
        Json{{"ports",
              {{{"name", "http"}, {"protocol", "TCP"}, {"port", 80}, {"targetPort", "web"}},
               {{"port", 81}, {"targetPort", 82}}}},
             {"selector", {{"app", "x"}}}});
  const Json secret = decoded(envelope(
      "v1", "Secret", field(1, field(1, "s")) + field(2, field(1, "k") + field(2, "value"))));
  CHECK(secret["data"]["k"] == "dmFsdWU=");
  const Json account =
      decoded(envelope("v1", "ServiceAccount", field(1, field(1, "s")) + number_field(4, 0)));
  CHECK(account["automountServiceAccountToken"] == false);
}

TEST_CASE("a disruption budget, also one that lets nobody go") {
  const std::string none = number_field(1, 0) + number_field(2, 0) + field(3, "");
  const std::string share = number_field(1, 1) + number_field(2, 0) + field(3, "50%");
  const std::string labels = field(1, field(1, "app") + field(2, "shop"));
  const std::string expression = field(1, "tier") + field(2, "In") + field(3, "a") + field(3, "b");
  const auto budget = [](const std::string& spec) {
    return decoded(envelope("policy/v1", "PodDisruptionBudget",
                            field(1, field(1, "keep")) + field(2, spec) + field(3, "")))["spec"];
  };
  CHECK(budget(field(2, labels + field(2, expression)) + field(3, none)) ==
        Json{{"selector",
              {{"matchLabels", {{"app", "shop"}}},
               {"matchExpressions",
                {{{"key", "tier"}, {"operator", "In"}, {"values", {"a", "b"}}}}}}},
             {"maxUnavailable", 0}});
  CHECK(budget(field(1, share) + field(2, labels))["minAvailable"] == "50%");
}

TEST_CASE("other kinds and damaged bytes are refused") {
  CHECK(decode_protobuf(envelope("v1", "Pod", "")).error().code == 415);
  CHECK(decode_protobuf(envelope("apps/v1", "Namespace", "")).error().code == 415);
  CHECK(decode_protobuf(envelope("v1", "PodDisruptionBudget", "")).error().code == 415);
  CHECK(decode_protobuf("{}").error().code == 400);
  const std::string good = envelope("v1", "Namespace", field(1, field(1, "shop")));
  // The last four bytes are two empty fields.
  for (const size_t missing : {5U, 6U, 8U})
    CHECK(decode_protobuf(good.substr(0, good.size() - missing)).error().code == 400);
  CHECK(decode_protobuf(envelope("v1", "Namespace", "\x0a\x7f")).error().code == 400);
  // A creation in the year 2923, and one that no year can tell.
  const std::string late = "\x08\xfc\xfc\x9e\x8f\x70";
  const std::string never = "\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
  for (const std::string& time : {late, never})
    CHECK(decode_protobuf(envelope("v1", "Namespace", field(1, field(8, time)))).error().code ==
          400);
}
