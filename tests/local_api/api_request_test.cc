#include "local/api/api_request.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::local;

using Kind = ApiPath::Kind;

namespace {

/// kind|group|version|namespace|plural|name|subresource
std::string shown(std::string_view path) {
  const ApiPath p = parse_api_path(path);
  return std::to_string(static_cast<int>(p.kind)) + "|" + p.group + "|" + p.version + "|" +
         p.namespace_ + "|" + p.plural + "|" + p.name + "|" + p.subresource;
}

}  // namespace

TEST_CASE("paths of the API are taken apart") {
  CHECK(parse_api_path("/").kind == Kind::None);
  CHECK(parse_api_path("/healthz").kind == Kind::None);
  CHECK(parse_api_path("/api").kind == Kind::Versions);
  CHECK(parse_api_path("/apis/").kind == Kind::Groups);
  CHECK(parse_api_path("/apis/apps").kind == Kind::Group);
  CHECK(parse_api_path("/api/v1").kind == Kind::GroupVersion);
  CHECK(parse_api_path("/apis/apps/v1").kind == Kind::GroupVersion);
  CHECK(shown("/api/v1/pods") == "5||v1||pods||");
  CHECK(shown("/api/v1/namespaces/n/pods/p/log") == "5||v1|n|pods|p|log");
  CHECK(shown("/apis/argoproj.io/v1alpha1/namespaces/n/rollouts/r/status") ==
        "5|argoproj.io|v1alpha1|n|rollouts|r|status");
  CHECK(parse_api_path("/api/v1/namespaces/n/pods/p/proxy/more").kind == Kind::None);
}

TEST_CASE("a namespace is an object and a place") {
  CHECK(shown("/api/v1/namespaces") == "5||v1||namespaces||");
  CHECK(shown("/api/v1/namespaces/n") == "5||v1||namespaces|n|");
  CHECK(shown("/api/v1/namespaces/n/status") == "5||v1||namespaces|n|status");
  CHECK(shown("/api/v1/namespaces/n/configmaps") == "5||v1|n|configmaps||");
}

TEST_CASE("methods become verbs") {
  const ApiPath many = parse_api_path("/api/v1/pods");
  const ApiPath one = parse_api_path("/api/v1/namespaces/n/pods/p");
  CHECK(api_verb("GET", many, "") == "list");
  CHECK(api_verb("GET", one, "watch=0") == "get");
  CHECK(api_verb("GET", many, "a=b&watch=1") == "watch");
  CHECK(api_verb("GET", many, "watch=TRUE") == "watch");
  CHECK(api_verb("DELETE", many, "") == "deletecollection");
  CHECK(api_verb("DELETE", one, "") == "delete");
  CHECK(api_verb("PATCH", one, "") == "patch");
  CHECK(api_verb("TRACE", one, "").empty());
}

TEST_CASE("a list reads its parameters") {
  const auto query =
      list_query(parse_api_path("/api/v1/namespaces/n/pods"),
                 "labelSelector=a%3Db,c+in+(d)&limit=5&continue=t&fieldSelector=x%3Dy");
  REQUIRE(query);
  CHECK(query->namespace_ == "n");
  CHECK(query->label_selector == "a=b,c in (d)");
  CHECK(query->field_selector == "x=y");
  CHECK(query->limit == 5);
  CHECK(query->continue_token == "t");
  CHECK(list_query({}, "limit=many").error().code == 400);
}

TEST_CASE("what a list asks of versions must go together") {
  struct Case {
    std::string query;
    bool watch;
    int causes;
  };

  const Case cases[] = {
      {"", false, 0},
      {"resourceVersion=5", false, 0},
      {"resourceVersion=5&resourceVersionMatch=Exact", false, 0},
      {"resourceVersion=0&resourceVersionMatch=NotOlderThan", false, 0},
      {"resourceVersionMatch=Exact", false, 1},
      {"resourceVersion=0&resourceVersionMatch=Exact", false, 1},
      {"resourceVersion=5&resourceVersionMatch=About", false, 1},
      {"resourceVersion=5&resourceVersionMatch=Exact&continue=t", false, 1},
      {"sendInitialEvents=true", false, 1},
      {"sendInitialEvents=true", true, 2},
      {"sendInitialEvents=true&resourceVersionMatch=NotOlderThan", true, 1},
      {"resourceVersion=5&resourceVersionMatch=NotOlderThan", true, 1},
      {"resourceVersion=5", true, 0},
  };
  for (const Case& row : cases) {
    INFO(row.query);
    const auto checked = check_list_options(row.query, row.watch);
    CHECK(checked.has_value() == (row.causes == 0));
    if (!checked) {
      CHECK(checked.error().code == 422);
      CHECK(checked.error().details->causes.size() == static_cast<size_t>(row.causes));
    }
  }
  CHECK(list_query({}, "resourceVersion=5&resourceVersionMatch=Exact")->exact);
  CHECK_FALSE(list_query({}, "resourceVersion=5&resourceVersionMatch=NotOlderThan")->exact);
}

TEST_CASE("a watch of one object selects it by name") {
  CHECK(watch_query(parse_api_path("/api/v1/namespaces/n/pods/p"), "").field_selector ==
        "metadata.name=p");
}

TEST_CASE("write options are checked") {
  CHECK(write_options("", "CreateOptions")->field_validation == FieldValidation::Warn);
  CHECK(write_options("fieldValidation=Strict&dryRun=All", "CreateOptions")->dry_run);
  const auto wrong = write_options("dryRun=Some", "CreateOptions");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == 422);
  CHECK(wrong.error().message ==
        "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: \"Some\": supported "
        "values: \"All\"");
  CHECK_FALSE(write_options("fieldValidation=Nope", "PatchOptions"));
}

TEST_CASE("delete options come from the body, or else from the query") {
  const auto body = delete_options(
      "propagationPolicy=Orphan",
      R"({"kind":"DeleteOptions","propagationPolicy":"Foreground","gracePeriodSeconds":3,)"
      R"("preconditions":{"uid":"u","resourceVersion":"5"},"dryRun":["All"]})");
  REQUIRE(body);
  CHECK(body->propagation == Propagation::Foreground);
  CHECK(body->grace_period_seconds == 3);
  CHECK(body->uid == "u");
  CHECK(body->resource_version == "5");
  CHECK(body->dry_run);
  const auto query = delete_options("propagationPolicy=Orphan&gracePeriodSeconds=0", "");
  REQUIRE(query);
  CHECK(query->propagation == Propagation::Orphan);
  CHECK(query->grace_period_seconds == 0);
  for (const char* bad :
       {"{", "[]", R"({"gracePeriodSeconds":"3"})", R"({"preconditions":"u"})",
        R"({"preconditions":{"uid":5}})", R"({"propagationPolicy":1})", R"({"kind":"Pod"})"}) {
    INFO(bad);
    const auto refused = delete_options("", bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == 400);
  }
  CHECK(delete_options("propagationPolicy=Away", "").error().code == 422);
}
