// The registry gives the answers of a real API server, as far as they do not depend on HTTP:
// status, reason, message, details, warnings and bodies of the recorded requests.

#include "tests/local_store/registry_fixture.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace sluice::local {
namespace {

constexpr size_t kLongMessage = 400;
constexpr size_t kKeptOfLongMessage = 200;

/// Which object and verb a request path means.
struct Target {
  ResourceTypePtr type;
  ObjectKey key;
  std::string subresource;
  StringMap query;
};

struct Answer {
  int status = 200;
  Json body;
  std::vector<std::string> warnings;
};

std::string decode_percent(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%') {
      out += static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16));
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

Target parse_target(const Registry& registry, const std::string& path) {
  Target target;
  const size_t mark = path.find('?');
  if (mark != std::string::npos) {
    for (const std::string& pair : split(path.substr(mark + 1), '&')) {
      const size_t equals = pair.find('=');
      target.query[pair.substr(0, equals)] = decode_percent(pair.substr(equals + 1));
    }
  }
  std::vector<std::string> parts = split(path.substr(0, mark), '/');
  const bool core = parts[0] == "api";
  const std::string group = core ? "" : parts[1];
  const std::string version = core ? parts[1] : parts[2];
  parts.erase(parts.begin(), parts.begin() + (core ? 2 : 3));
  if (parts.size() > 2 && parts[0] == "namespaces") {
    target.key.namespace_ = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  target.type = registry.find_type(group, version, parts[0]);
  if (parts.size() > 1) target.key.name = parts[1];
  if (parts.size() > 2) target.subresource = parts[2];
  return target;
}

std::string mask(const std::string& text) {
  static const std::pair<std::regex, std::string> kMasks[] = {
      {std::regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<uid>"},
      {std::regex("0xc[0-9a-f]+"), "<pointer>"},
      {std::regex("(current: |in record \\()\\d+"), "$1<rv>"},
      {std::regex("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z"), "<time>"},
  };
  std::string out = text;
  for (const auto& [pattern, replacement] : kMasks)
    out = std::regex_replace(out, pattern, replacement);
  return out;
}

/// Replaces what differs from run to run, as the recording did.
Json normalise(const Json& value, const std::string& key = "", const std::string& base = "") {
  static const std::map<std::string, std::string> kVolatile = {
      {"uid", "<uid>"},           {"resourceVersion", "<rv>"},     {"creationTimestamp", "<time>"},
      {"clusterIP", "<ip>"},      {"deletionTimestamp", "<time>"}, {"lastTransitionTime", "<time>"},
      {"continue", "<continue>"},
  };
  if (value.is_object()) {
    const std::string inner = string_at(value, "generateName", base);
    Json out = Json::object();
    for (const auto& [name, member] : value.items())
      if (name != "managedFields" && name != "description")
        out[name] = normalise(member, name, inner);
    return out;
  }
  if (value.is_array()) {
    if (key == "clusterIPs") return Json::array({"<ip>"});
    Json out = Json::array();
    for (const Json& element : value) out.push_back(normalise(element, "", base));
    return out;
  }
  const auto volatile_value = kVolatile.find(key);
  if (volatile_value != kVolatile.end() && !value.is_null() && value != "")
    return volatile_value->second;
  if (!value.is_string()) return value;
  std::string text = value.get<std::string>();
  if (!base.empty() && key == "name" && text.starts_with(base)) return base + "<suffix>";
  text = mask(text);
  if (key == "message" && text.size() > kLongMessage)
    text = text.substr(0, kKeptOfLongMessage) + " <cut>";
  return text;
}

/// Performs recorded requests on a registry.
class Player {
 public:
  /// Nothing where the request cannot be asked without HTTP.
  std::optional<Answer> play(const Json& request) {
    const std::string method = request["method"];
    const Target target = parse_target(*world_.registry, fill(request["path"]));
    if (!target.type || !can_be_asked(request, target)) return std::nullopt;
    const Subresource subresource = target.subresource == "status"  ? Subresource::Status
                                    : target.subresource == "scale" ? Subresource::Scale
                                                                    : Subresource::None;
    if (request.contains("until")) world_.settle();
    Answer answer;
    if (method == "GET") {
      answer = target.key.name.empty()
                   ? list(target)
                   : object(world_.registry->get(*target.type, target.key, subresource), 200);
    } else if (method == "DELETE") {
      answer = remove(target, request);
    } else {
      answer = write(method, target, subresource, request);
    }
    seen_[request.value("as", "_")] = answer.body;
    return answer;
  }

  /// What the ReplicaSet controller would have done by now.
  void set_status(const Json& request, const Json& status) {
    const Target target = parse_target(*world_.registry, request["path"]);
    (void)world_.registry->patch(*target.type, target.key, Subresource::Status, PatchType::Merge,
                                 dump_json({{"status", status}}));
  }

 private:
  static bool can_be_asked(const Json& request, const Target& target) {
    const Json headers = request.value("headers", Json::object());
    if (headers.contains("Accept") || request.contains("watch")) return false;
    const std::string type = headers.value("Content-Type", "application/json");
    const bool known = target.subresource.empty() || target.subresource == "status" ||
                       target.subresource == "scale";
    const bool wrong_verb = request["method"] == "POST" && !target.key.name.empty();
    return known && !wrong_verb && type.starts_with("application/") && type.ends_with("json");
  }

  std::string fill(std::string text) const {
    std::smatch match;
    while (std::regex_search(text, match, std::regex(R"(\$\{(\w+):([\w.]+)\})"))) {
      text = match.prefix().str() + string_at(seen_.at(match[1]), match[2].str()) +
             match.suffix().str();
    }
    return text;
  }

  std::string body_of(const Json& request) const {
    const Json body = request.value("body", Json());
    return fill(body.is_string() ? body.get<std::string>() : dump_json(body));
  }

  static Answer refusal(const ApiError& error) { return {error.code, encode_status(error), {}}; }

  static Answer object(const ApiResult<ObjectPtr>& found, int status) {
    if (!found) return refusal(found.error());
    return {status, *parse_json(*(*found)->json), {}};
  }

  Answer write(const std::string& method, const Target& target, Subresource subresource,
               const Json& request) {
    WriteOptions options;
    options.dry_run = target.query.contains("dryRun");
    if (const auto level = target.query.find("fieldValidation"); level != target.query.end()) {
      options.field_validation = level->second == "Strict"   ? FieldValidation::Strict
                                 : level->second == "Ignore" ? FieldValidation::Ignore
                                                             : FieldValidation::Warn;
    }
    Registry& registry = *world_.registry;
    const std::string body = body_of(request);
    const std::string content = request.value("headers", Json::object()).value("Content-Type", "");
    const PatchType patch_type = content.contains("strategic") ? PatchType::Strategic
                                 : content.contains("merge")   ? PatchType::Merge
                                                               : PatchType::Json;
    auto done =
        method == "POST" ? registry.create(*target.type, target.key.namespace_, body, options)
        : method == "PUT"
            ? registry.update(*target.type, target.key, subresource, body, options)
            : registry.patch(*target.type, target.key, subresource, patch_type, body, options);
    if (!done) return refusal(done.error());
    return {method == "POST" ? 201 : 200, *parse_json(*done->object->json), done->warnings};
  }

  Answer remove(const Target& target, const Json& request) {
    DeleteOptions options;
    const Json body = request.contains("body") ? *parse_json(body_of(request)) : Json::object();
    options.uid = string_at(body, "preconditions.uid");
    options.resource_version = string_at(body, "preconditions.resourceVersion");
    if (const auto policy = target.query.find("propagationPolicy"); policy != target.query.end()) {
      options.propagation =
          policy->second == "Foreground" ? Propagation::Foreground : Propagation::Background;
    }
    if (target.key.name.empty()) {
      const auto all = world_.registry->list(*target.type, query_of(target));
      for (const ObjectPtr& object : all ? all->items : std::vector<ObjectPtr>())
        CHECK(world_.registry->remove(*target.type, object->meta.key(), options));
      return page(target, all);
    }
    const auto done = world_.registry->remove(*target.type, target.key, options);
    if (!done) return refusal(done.error());
    return {200, *parse_json(done->answer), {}};
  }

  static ListQuery query_of(const Target& target) {
    const auto value = [&target](const char* name) {
      const auto found = target.query.find(name);
      return found == target.query.end() ? std::string{} : found->second;
    };
    ListQuery query{.namespace_ = target.key.namespace_,
                    .label_selector = value("labelSelector"),
                    .field_selector = value("fieldSelector"),
                    .continue_token = value("continue"),
                    .resource_version = value("resourceVersion")};
    if (const std::string limit = value("limit"); !limit.empty()) query.limit = std::stoll(limit);
    return query;
  }

  Answer list(const Target& target) {
    return page(target, world_.registry->list(*target.type, query_of(target)));
  }

  static Answer page(const Target& target, const ApiResult<ListPage>& found) {
    if (!found) return refusal(found.error());
    Json items = Json::array();
    for (const ObjectPtr& item : found->items) {
      items.push_back(*parse_json(*item->json));
      if (!target.type->custom) {
        items.back().erase("apiVersion");
        items.back().erase("kind");
      }
    }
    Json metadata = {{"resourceVersion", found->resource_version}};
    if (!found->continue_token.empty() || target.type->custom)
      metadata["continue"] = found->continue_token;
    return {200,
            {{"apiVersion", target.type->api_version()},
             {"kind", target.type->list_kind},
             {"metadata", metadata},
             {"items", items}},
            {}};
  }

  RegistryFixture world_;
  std::map<std::string, Json> seen_;
};

std::string warning_header(const std::vector<std::string>& warnings) {
  std::string header;
  for (const std::string& warning : warnings) {
    std::string quoted;
    for (const char c : warning) quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
    header += fmt::format("{}299 - \"{}\"", header.empty() ? "" : ", ", quoted);
  }
  return header;
}

/// A refusal counts by its status, reason and fields; its wording is free.
Json without_words(Json body) {
  if (string_at(body, "kind") != "Status" || string_at(body, "status") != "Failure") return body;
  body.erase("message");
  if (const Json* causes = find_path(body, "details.causes"); causes != nullptr)
    for (Json& cause : body["details"]["causes"]) cause.erase("message");
  return body;
}

void play_scenario(const Json& scenario) {
  Player player;
  size_t index = 0;
  for (const Json& step : scenario["steps"]) {
    const Json& request = step["request"];
    const Json& expected = step["answer"];
    if (request.contains("until") && request["path"].get<std::string>().contains("replicasets"))
      player.set_status(request, expected["body"]["status"]);
    const auto answer = player.play(request);
    INFO(scenario["scenario"] << " " << index++ << ": " << request["method"] << " "
                              << request["path"]);
    if (!answer) continue;
    CHECK(answer->status == expected["status"]);
    CHECK(warning_header(answer->warnings) == expected.value("warning", ""));
    CHECK(without_words(normalise(answer->body)).dump(1) ==
          without_words(normalise(expected["body"])).dump(1));
  }
}

TEST_CASE("the registry answers as a real API server did", "[recorded]") {
  std::ifstream file(SLUICE_RECORDED_ANSWERS);
  REQUIRE(file);
  const Json recorded = Json::parse(file);
  const std::set<std::string> asked = {"create", "update", "patch",     "list",
                                       "delete", "custom", "workloads", "events"};
  std::set<std::string> played;
  for (const Json& scenario : recorded) {
    if (!asked.contains(scenario["scenario"])) continue;
    play_scenario(scenario);
    played.insert(scenario["scenario"]);
  }
  CHECK(played == asked);
}

}  // namespace
}  // namespace sluice::local
