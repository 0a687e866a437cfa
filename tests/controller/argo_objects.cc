#include "tests/controller/argo_objects.h"

#include "crds/names.h"
#include "engine/identity/pod_hash.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <map>

namespace sluice::controller::test {
namespace {

using Hashes = std::map<std::string, std::string>;

std::string hash_label(const Json& object) {
  return object["metadata"]["labels"].value(std::string(crds::kPodTemplateHashLabel), "");
}

/// The template of the Rollout as it was when the ReplicaSet was made: theirs differ in the image.
JsonText former_template(Json rollout, const Json& replica_set) {
  Json& pod_template = rollout["spec"]["template"];
  const Json& made_with = replica_set["spec"]["template"]["spec"]["containers"][0]["image"];
  pod_template["spec"]["containers"][0]["image"] = made_with;
  return make_json_text(dump_json(pod_template));
}

std::string other_hash(const Json& rollout, const Json& replica_set, Labels labels) {
  const std::string recorded = hash_label(replica_set);
  if (labels == Labels::Unknown) return "x" + recorded.substr(1);
  const JsonText pod_template = former_template(rollout, replica_set);
  REQUIRE(engine::pod_template_hash(pod_template, std::nullopt) == recorded);
  return *engine::pod_template_hash(pod_template, std::nullopt,
                                    engine::HashForm::WithCreationTimestamp);
}

Hashes other_hashes(const std::vector<Json>& objects, Labels labels) {
  Hashes hashes;
  for (const Json& rollout : objects) {
    if (string_at(rollout, "kind") != crds::kRollout || !rollout["spec"].contains("template"))
      continue;
    for (const Json& object : objects) {
      if (string_at(object, "kind") != "ReplicaSet") continue;
      if (object["metadata"]["ownerReferences"][0]["uid"] != rollout["metadata"]["uid"]) continue;
      hashes[hash_label(object)] = other_hash(rollout, object, labels);
    }
  }
  return hashes;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

SystemTime last_write(const Json& rollout) {
  SystemTime last{};
  for (const Json& condition : rollout["status"]["conditions"])
    last = std::max(last, *parse_time(string_at(condition, "lastUpdateTime")));
  return last;
}

}  // namespace

ArgoObjects argo_objects(const std::string& moment, Labels labels) {
  std::ifstream file(SLUICE_ARGO_OBJECTS + moment + ".jsonl");
  REQUIRE(file);
  ArgoObjects found;
  for (std::string line; std::getline(file, line);) {
    replace_all(line, "\"states2\"", "\"default\"");
    found.objects.push_back(*parse_json(line));
  }
  const Hashes hashes =
      labels == Labels::AsRecorded ? Hashes{} : other_hashes(found.objects, labels);
  for (Json& object : found.objects) {
    if (string_at(object, "kind") == crds::kRollout)
      found.taken_at = std::max(found.taken_at, last_write(object));
    std::string text = dump_json(object);
    for (const auto& [recorded, other] : hashes) replace_all(text, recorded, other);
    object = *parse_json(text);
    // The embedded API writes this null, as servers before 1.34 do.
    if (string_at(object, "kind") == "ReplicaSet")
      object["spec"]["template"]["metadata"]["creationTimestamp"] = nullptr;
  }
  return found;
}

}  // namespace sluice::controller::test
