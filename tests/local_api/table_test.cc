#include "local/api/table.h"

#include "local/api/table_builtin.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::local;

namespace {

const SystemTime kNow = *parse_time("2026-01-01T01:00:00Z");

ObjectPtr stored(const Json& document) {
  auto object = std::make_shared<StoredObject>();
  object->json = make_json_text(document.dump());
  return object;
}

Json cells(const std::string& group, const std::string& plural, const Json& object) {
  ResourceType type;
  type.group = group;
  type.plural = plural;
  return make_table(type, {stored(object)}, Json::object(),
                    {RowObject::Metadata, true, kNow})["rows"][0]["cells"];
}

Json pod_with(const Json& status, const Json& metadata = Json::object()) {
  Json pod = {{"metadata", {{"name", "p"}, {"creationTimestamp", "2026-01-01T00:00:00Z"}}},
              {"spec", {{"containers", {{{"name", "c"}}}}}},
              {"status", status}};
  pod["metadata"].update(metadata);
  return pod;
}

}  // namespace

TEST_CASE("a pod's row says what its containers do") {
  const Json running = {
      {"phase", "Running"},
      {"podIP", "127.64.0.1"},
      {"containerStatuses",
       {{{"name", "c"}, {"ready", true}, {"state", {{"running", Json::object()}}}}}}};
  CHECK(cells("", "pods", pod_with(running)) ==
        Json{"p", "1/1", "Running", "0", "60m", "127.64.0.1", "<none>", "<none>", "<none>"});
  CHECK(cells("", "pods", pod_with(running, {{"deletionTimestamp", "2026-01-01T00:59:00Z"}}))[2] ==
        "Terminating");
  const Json crashing = {
      {"phase", "Running"},
      {"containerStatuses",
       {{{"name", "c"},
         {"restartCount", 3},
         {"lastState", {{"terminated", {{"finishedAt", "2026-01-01T00:59:30Z"}}}}},
         {"state", {{"waiting", {{"reason", "CrashLoopBackOff"}}}}}}}}};
  const Json row = cells("", "pods", pod_with(crashing));
  CHECK(row[1] == "0/1");
  CHECK(row[2] == "CrashLoopBackOff");
  CHECK(row[3] == "3 (30s ago)");
  CHECK(cells("", "pods", pod_with({{"phase", "Pending"}}))[2] == "Pending");
  const Json ended = {
      {"phase", "Failed"},
      {"containerStatuses", {{{"name", "c"}, {"state", {{"terminated", {{"exitCode", 2}}}}}}}}};
  CHECK(cells("", "pods", pod_with(ended))[2] == "ExitCode:2");
}

TEST_CASE("services, ReplicaSets and events look as in kubectl") {
  CHECK(cells("", "services",
              {{"metadata", {{"name", "s"}}},
               {"spec",
                {{"clusterIP", "10.0.0.1"},
                 {"selector", {{"app", "x"}}},
                 {"ports", {{{"port", 80}}, {{"port", 81}, {"protocol", "UDP"}}}}}}}) ==
        Json{"s", "ClusterIP", "10.0.0.1", "<none>", "80/TCP,81/UDP", "<unknown>", "app=x"});
  CHECK(cells("apps", "replicasets",
              {{"metadata", {{"name", "r"}}},
               {"spec",
                {{"replicas", 2},
                 {"selector", {{"matchLabels", {{"app", "r"}}}}},
                 {"template", {{"spec", {{"containers", {{{"name", "c"}, {"image", "i:1"}}}}}}}}}},
               {"status", {{"replicas", 2}, {"readyReplicas", 1}}}}) ==
        Json{"r", 2, 2, 1, "<unknown>", "c", "i:1", "app=r"});
  const Json event = cells("", "events",
                           {{"metadata", {{"name", "e"}}},
                            {"type", "Normal"},
                            {"reason", "Done"},
                            {"message", "m"},
                            {"count", 2},
                            {"source", {{"component", "c"}}},
                            {"lastTimestamp", "2026-01-01T00:59:00Z"},
                            {"firstTimestamp", "2026-01-01T00:00:00Z"},
                            {"involvedObject", {{"kind", "Pod"}, {"name", "p"}}}});
  CHECK(event == Json{"60s", "Normal", "Done", "pod/p", "", "c", "m", "60m", 2, "e"});
}

TEST_CASE("an Ingress shows its hosts, and its address once it is served") {
  Json ingress = {{"metadata", {{"name", "shop"}}}, {"spec", {{"defaultBackend", Json::object()}}}};
  CHECK(cells("networking.k8s.io", "ingresses", ingress) ==
        Json{"shop", "<none>", "*", "", "80", "<unknown>"});
  ingress["spec"]["ingressClassName"] = "nginx";
  ingress["spec"]["tls"] = {{{"secretName", "t"}}};
  for (const char* host : {"a.test", "b.test", "c.test", "d.test"})
    ingress["spec"]["rules"].push_back({{"host", host}});
  ingress["status"]["loadBalancer"]["ingress"] = {{{"ip", "127.0.0.1"}}};
  CHECK(cells("networking.k8s.io", "ingresses", ingress) ==
        Json{"shop", "nginx", "a.test,b.test,c.test + 1 more...", "127.0.0.1", "80, 443",
             "<unknown>"});
}

TEST_CASE("custom resources show the columns of their CRD") {
  ResourceType type;
  type.custom = true;
  type.printer_columns = {
      {"Size", "integer", "", "", ".spec.size", 0},
      {"Phase", "string", "", "", ".status.phase", 0},
      {"App", "string", "", "", R"(.metadata.labels.app\.kubernetes\.io/name)", 0},
      {"Ready", "string", "", "", R"(.status.conditions[?(@.type=="Ready")].status)", 0},
      {"Odd", "string", "", "", ".spec[", 0},
      {"Age", "date", "", "", ".metadata.creationTimestamp", 0}};
  const ObjectPtr object = stored(
      {{"metadata",
        {{"name", "w"},
         {"creationTimestamp", "2026-01-01T00:00:00Z"},
         {"labels", {{"app.kubernetes.io/name", "shop"}}}}},
       {"status",
        {{"conditions",
          {{{"type", "Ready"}, {"status", "True"}}, {{"type", "Other"}, {"status", "False"}}}}}},
       {"spec", {{"size", 3}}}});
  const Json table =
      make_table(type, {object}, {{"resourceVersion", "5"}}, {RowObject::Metadata, true, kNow});
  CHECK(table["metadata"]["resourceVersion"] == "5");
  CHECK(table["columnDefinitions"].size() == 7);
  CHECK(table["columnDefinitions"][0]["format"] == "name");
  CHECK(table["rows"][0]["cells"] == Json{"w", 3, nullptr, "shop", "True", nullptr, "60m"});
  CHECK(table["rows"][0]["object"]["kind"] == "PartialObjectMetadata");
  const Json later = make_table(type, {object}, Json::object(), {RowObject::None, false, kNow});
  CHECK(later["columnDefinitions"].empty());
  CHECK(later["rows"][0]["object"].is_null());
}

TEST_CASE("every built-in table has as many cells as columns") {
  const std::pair<const char*, const char*> kinds[] = {
      {"", "pods"},
      {"", "services"},
      {"apps", "replicasets"},
      {"", "namespaces"},
      {"", "configmaps"},
      {"", "secrets"},
      {"", "serviceaccounts"},
      {"", "nodes"},
      {"", "events"},
      {"", "endpoints"},
      {"discovery.k8s.io", "endpointslices"},
      {"coordination.k8s.io", "leases"},
      {"networking.k8s.io", "ingresses"},
      {"networking.k8s.io", "ingressclasses"},
      {"apiextensions.k8s.io", "customresourcedefinitions"}};
  for (const auto& [group, plural] : kinds) {
    INFO(plural);
    const BuiltinTable* table = find_builtin_table(group, plural);
    REQUIRE(table != nullptr);
    CHECK(table->cells(Json::object(), kNow).size() == table->columns.size());
  }
}
