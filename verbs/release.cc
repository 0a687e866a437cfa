#include "verbs/release.h"

#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "verbs/action_record.h"
#include "verbs/images.h"
#include "verbs/steer.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::verbs {
namespace {

/// Kubernetes' bound for the keys and values of all annotations of an object...
constexpr size_t kAnnotationsBytesMax = 256 * 1024;
/// ...of which so much is left to those who annotate the Rollout later.
constexpr size_t kAnnotationsReserve = 32 * 1024;

Json encode_record(const ReleaseRecord& record) {
  Json out = {{"id", record.id},
              {"acceptedAt", format_time(record.accepted_at)},
              {"images", record.images},
              {"changed", record.changed}};
  if (record.retried) out["retried"] = true;
  return out;
}

std::optional<ReleaseRecord> decode_record(const Json& record) {
  const auto accepted = parse_time(string_at(record, "acceptedAt"));
  if (!accepted) return std::nullopt;
  ReleaseRecord out{.id = string_at(record, "id"),
                    .accepted_at = *accepted,
                    .changed = bool_at(record, "changed"),
                    .retried = bool_at(record, "retried")};
  if (const Json* images = find_path(record, "images"); images != nullptr && images->is_object()) {
    for (const auto& [container, image] : images->items())
      if (image.is_string()) out.images[container] = image.get<std::string>();
  }
  return out;
}

const Json* containers_of(const Json& rollout) {
  const Json* containers = find_path(rollout, "spec.template.spec.containers");
  return containers != nullptr && containers->is_array() ? containers : nullptr;
}

std::optional<size_t> find_container(const Json& rollout, const std::string& name) {
  const Json* containers = containers_of(rollout);
  if (containers == nullptr) return std::nullopt;
  for (size_t i = 0; i < containers->size(); ++i)
    if (string_at((*containers)[i], "name") == name) return i;
  return std::nullopt;
}

Error too_many_releases() {
  return unavailable(fmt::format("too many releases within {} to remember: try again later",
                                 format_duration(2 * kReleaseWindow)));
}

/// Bytes that the records may take beside the Rollout's other annotations.
size_t room_for_records(const Json& rollout) {
  size_t others = kAnnotationsReserve;
  const Json* annotations = find_path(rollout, "metadata.annotations");
  if (annotations != nullptr && annotations->is_object()) {
    for (const auto& [key, value] : annotations->items()) {
      if (key == crds::kReleasesAnnotation || !value.is_string()) continue;
      others += key.size() + value.get_ref<const std::string&>().size();
    }
  }
  return kAnnotationsBytesMax - std::min(others, kAnnotationsBytesMax);
}

/// The annotation with the record put first and the oldest dropped, by number and by size.
Result<std::string> remembered(const Json& rollout, const ReleaseRecord& record, SystemTime now) {
  std::vector<ReleaseRecord> records = read_releases(rollout);
  records.insert(records.begin(), record);
  if (records.size() > kReleasesKept) records.resize(kReleasesKept);
  const size_t room = room_for_records(rollout);
  Json list = Json::array();
  size_t bytes = 2;  // the brackets
  for (const ReleaseRecord& kept : records) {
    Json encoded = encode_record(kept);
    bytes += dump_json(encoded).size() + 1;  // and a comma
    if (bytes > room && !list.empty()) {
      // issuedAt was up to a window after acceptedAt, and a repeat is fresh for one more.
      if (kept.accepted_at >= now - 2 * kReleaseWindow) return fail(too_many_releases());
      break;
    }
    list.push_back(std::move(encoded));
  }
  return dump_json(list);
}

void add_annotations_object(const Json& rollout, Json& patch) {
  const Json* annotations = find_path(rollout, "metadata.annotations");
  if (annotations == nullptr || !annotations->is_object())
    patch.push_back({{"op", "add"}, {"path", "/metadata/annotations"}, {"value", Json::object()}});
}

void add_annotation(std::string_view name, std::string value, Json& patch) {
  std::string key(name);
  key.replace(key.find('/'), 1, "~1");
  patch.push_back(
      {{"op", "add"}, {"path", "/metadata/annotations/" + key}, {"value", std::move(value)}});
}

bool has_images(const Json& rollout, const std::map<std::string, std::string>& images) {
  return std::all_of(images.begin(), images.end(), [&](const auto& wanted) {
    const auto index = find_container(rollout, wanted.first);
    return index && string_at((*containers_of(rollout))[*index], "image") == wanted.second;
  });
}

Error field_error(std::string_view field, std::string_view message) {
  return invalid(fmt::format("{}: {}", field, message));
}

/// True where a record was dropped that could be of a request as young as this one.
bool may_be_forgotten(const Json& rollout, const ReleaseRequest& request) {
  const std::vector<ReleaseRecord> records = read_releases(rollout);
  return records.size() >= kReleasesKept &&
         records.back().accepted_at >= request.issued_at - kReleaseWindow;
}

/// Who asks: the webhook knows its secrets, and no names.
Ask ask_of(const ReleaseRequest& request, SystemTime now) {
  return {.by = {"webhook", false}, .at = now, .reason = "release " + request.id};
}

/// Holds every id of a CI and every image reference, needs no escape in JSON, and no terminal or
/// log is confused by it.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= '!' && c <= '~' && c != '"' && c != '\\'; });
}

constexpr std::string_view kPlainWords =
    "ASCII letters, digits and signs, without spaces, quotes and backslashes";

Result<void> check_entry(const std::string& container, const Json& image) {
  if (!is_plain(container))
    return fail(field_error("images", fmt::format("container names: only {}", kPlainWords)));
  const std::string field = fmt::format("images.{}", container);
  if (!image.is_string()) return fail(field_error(field, "must be an image"));
  if (auto checked = check_image(image.get_ref<const std::string&>()); !checked)
    return fail(checked.error().within(field));
  return {};
}

Result<std::map<std::string, std::string>> read_images(const Json& document) {
  const Json* images = find_path(document, "images");
  if (images == nullptr || !images->is_object() || images->empty() ||
      images->size() > kReleaseImagesMax) {
    return fail(field_error(
        "images", fmt::format("must map 1 to {} container names to images", kReleaseImagesMax)));
  }
  std::map<std::string, std::string> read;
  size_t bytes = 0;
  for (const auto& [container, image] : images->items()) {
    if (auto checked = check_entry(container, image); !checked) return fail(checked.error());
    read[container] = image.get<std::string>();
    bytes += container.size() + read[container].size();
  }
  if (bytes <= kReleaseImagesBytesMax) return read;
  return fail(field_error("images",
                          fmt::format("must be at most {} bytes in all", kReleaseImagesBytesMax)));
}

}  // namespace

Result<ReleaseRequest> parse_release(std::string_view body) {
  const auto document = parse_json(body);
  if (!document) return fail(document.error().within("the body is no JSON"));
  if (!document->is_object()) return fail(invalid("the body must be a JSON object"));
  ReleaseRequest request;
  request.id = string_at(*document, "id");
  if (request.id.empty() || request.id.size() > kReleaseIdMax)
    return fail(field_error("id", fmt::format("must be a string of 1 to {} bytes", kReleaseIdMax)));
  if (!is_plain(request.id)) return fail(field_error("id", fmt::format("only {}", kPlainWords)));
  const auto issued = parse_time(string_at(*document, "issuedAt"));
  if (!issued) return fail(issued.error().within("issuedAt"));
  request.issued_at = *issued;
  if (const Json* rollout = find_path(*document, "rollout")) {
    if (!rollout->is_string()) return fail(field_error("rollout", "must be NAMESPACE/NAME"));
    request.rollout = rollout->get<std::string>();
  }
  if (const Json* retry = find_path(*document, "retry")) {
    if (!retry->is_boolean()) return fail(field_error("retry", "must be true or false"));
    request.retry = retry->get<bool>();
  }
  auto images = read_images(*document);
  if (!images) return fail(images.error());
  request.images = *std::move(images);
  return request;
}

Result<void> check_freshness(const ReleaseRequest& request, SystemTime now) {
  // Not by their distance: that of years long past does not fit 64 bits of nanoseconds.
  const bool early = request.issued_at < now - kReleaseWindow;
  const bool late = request.issued_at > now + kReleaseWindow;
  if (!early && !late) return {};
  return fail(field_error(
      "issuedAt",
      fmt::format("{} is more than {} away from now, {}", format_time(request.issued_at),
                  format_duration(kReleaseWindow), format_time(now))));
}

std::vector<ReleaseRecord> read_releases(const Json& rollout) {
  std::vector<ReleaseRecord> records;
  const Json* annotations = find_path(rollout, "metadata.annotations");
  if (annotations == nullptr || !annotations->is_object()) return records;
  const auto found = annotations->find(crds::kReleasesAnnotation);
  if (found == annotations->end() || !found->is_string()) return records;
  const auto list = parse_json(found->get<std::string>());
  if (!list || !list->is_array()) return records;
  for (const Json& item : *list)
    if (auto record = decode_record(item)) records.push_back(*std::move(record));
  return records;
}

std::optional<ReleaseRecord> find_release(const Json& rollout, const std::string& id) {
  for (const ReleaseRecord& record : read_releases(rollout))
    if (record.id == id) return record;
  return std::nullopt;
}

Result<ReleasePatch> make_release_patch(const Json& rollout, const ReleaseRequest& request,
                                        SystemTime now, bool retried) {
  if (may_be_forgotten(rollout, request)) return fail(too_many_releases());
  Json patch = Json::array();
  patch.push_back({{"op", "test"},
                   {"path", "/metadata/resourceVersion"},
                   {"value", string_at(rollout, "metadata.resourceVersion")}});
  for (const auto& [container, image] : request.images) {
    const auto index = find_container(rollout, container);
    if (!index) {
      return fail(field_error(fmt::format("images.{}", container),
                              fmt::format("rollout \"{}\" has no such container",
                                          string_at(rollout, "metadata.name"))));
    }
    patch.push_back({{"op", "add"},
                     {"path", fmt::format("/spec/template/spec/containers/{}/image", *index)},
                     {"value", image}});
  }
  ReleasePatch out;
  out.record = {.id = request.id,
                .accepted_at = std::chrono::floor<std::chrono::seconds>(now),
                .images = request.images,
                .changed = !has_images(rollout, request.images),
                .retried = retried};
  auto records = remembered(rollout, out.record, now);
  if (!records) return fail(records.error());
  add_annotations_object(rollout, patch);
  add_annotation(crds::kReleasesAnnotation, *std::move(records), patch);
  if (out.record.changed) {
    const crds::Rollout typed = crds::decode_rollout(rollout).value;
    const ActionRecord made = make_record(typed, ask_of(request, now), "release");
    add_annotation(crds::kActionsAnnotation, with_record(typed, made), patch);
  }
  out.json_patch = dump_json(patch);
  return out;
}

bool is_reverted_already(const Json& rollout, const ReleaseRequest& request) {
  return has_images(rollout, request.images) && bool_at(rollout, "status.abort") &&
         is_observed(crds::decode_rollout(rollout).value);
}

std::vector<Write> retry_release(const Json& rollout, const ReleaseRequest& request,
                                 SystemTime now) {
  // Who asks names images, and has seen no revision that another could have taken the place of.
  return retry(crds::decode_rollout(rollout).value, ask_of(request, now))->writes;
}

std::string release_state(const Json& rollout, const ReleaseRecord& record) {
  if (!has_images(rollout, record.images)) return "superseded";
  const std::string generation = std::to_string(int_at(rollout, "metadata.generation"));
  if (string_at(rollout, "status.observedGeneration") != generation) return "progressing";
  if (bool_at(rollout, "status.abort")) return "reverted";
  const std::string current = string_at(rollout, "status.currentPodHash");
  const bool promoted = !current.empty() && current == string_at(rollout, "status.stableRS");
  return promoted ? "promoted" : "progressing";
}

}  // namespace sluice::verbs
