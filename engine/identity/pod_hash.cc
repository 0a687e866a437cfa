#include "engine/identity/pod_hash.h"

#include "engine/identity/go_json.h"

#include <nlohmann/json.hpp>

namespace sluice::engine {
namespace {

constexpr uint32_t kFnvPrime = 16777619U;
constexpr std::string_view kSafeAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/// The count as eight bytes, little endian, of which the upper four are 0.
std::string collision_bytes(int32_t count) {
  std::string bytes(8, '\0');
  for (unsigned i = 0; i < 4; ++i)
    bytes[i] = static_cast<char>((static_cast<uint32_t>(count) >> (8 * i)) & 0xFFU);
  return bytes;
}

}  // namespace

std::optional<TemplateSums> template_sums(const JsonText& pod_template) {
  if (!pod_template) return std::nullopt;
  Result<Json> parsed = parse_json(*pod_template);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  if (parsed->contains("metadata") && (*parsed)["metadata"].is_object())
    (*parsed)["metadata"].erase("creationTimestamp");
  const std::string text = write_go_json(*parsed, "PodTemplateSpec");
  // Templates have no name: creationTimestamp comes first in their metadata.
  constexpr std::string_view kStart = R"({"metadata":{)";
  const bool empty = text.compare(kStart.size(), 1, "}") == 0;
  std::string older = text;
  older.insert(kStart.size(),
               empty ? R"("creationTimestamp":null)" : R"("creationTimestamp":null,)");
  return TemplateSums{.current = fnv1a(text), .with_creation_timestamp = fnv1a(older)};
}

std::string hash_label(const TemplateSums& sums, std::optional<int32_t> collision_count,
                       HashForm form) {
  uint32_t sum = form == HashForm::Current ? sums.current : sums.with_creation_timestamp;
  if (collision_count) sum = fnv1a(collision_bytes(*collision_count), sum);
  return safe_encode(sum);
}

std::optional<std::string> pod_template_hash(const JsonText& pod_template,
                                             std::optional<int32_t> collision_count,
                                             HashForm form) {
  const auto sums = template_sums(pod_template);
  if (!sums) return std::nullopt;
  return hash_label(*sums, collision_count, form);
}

std::string steps_hash(const crds::RolloutSpec& spec) {
  if (!spec.canary()) return "";
  if (!spec.canary()->steps_text) return safe_encode(fnv1a("null"));
  const Result<Json> steps = parse_json(*spec.canary()->steps_text);
  return safe_encode(fnv1a(steps ? write_go_json(*steps, "Step") : *spec.canary()->steps_text));
}

uint32_t fnv1a(std::string_view bytes, uint32_t state) {
  for (const char byte : bytes) {
    state ^= static_cast<unsigned char>(byte);
    state *= kFnvPrime;
  }
  return state;
}

std::string safe_encode(uint32_t sum) {
  std::string text = std::to_string(sum);
  for (char& digit : text)
    digit = kSafeAlphabet[static_cast<unsigned char>(digit) % kSafeAlphabet.size()];
  return text;
}

}  // namespace sluice::engine
