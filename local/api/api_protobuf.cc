#include "local/api/api_protobuf.h"

#include "base/base64.h"
#include "base/time.h"
#include "core/shape.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace sluice::local {

namespace {

using ShapeKind = core::Shape::Kind;

constexpr std::string_view kMagic{"k8s\0", 4};
constexpr std::string_view kJsonTypes = "application/json, application/yaml";
/// How far from 1970 a time of a message may lie, in seconds: what SystemTime can hold.
constexpr int64_t kSecondsMax =
    std::chrono::duration_cast<std::chrono::seconds>(SystemTime::max().time_since_epoch()).count();
/// No message of the table nests deeper.
constexpr int kDepthMax = 16;

/// The names of a struct's fields by their numbers; the rest is in its shape.
using FieldNames = std::map<uint64_t, std::string_view>;

const std::map<std::string_view, FieldNames> kStructs = {
    {"ObjectMeta",
     {{1, "name"},
      {2, "generateName"},
      {3, "namespace"},
      {5, "uid"},
      {6, "resourceVersion"},
      {8, "creationTimestamp"},
      {11, "labels"},
      {12, "annotations"},
      {13, "ownerReferences"},
      {14, "finalizers"}}},
    {"OwnerReference",
     {{1, "kind"},
      {3, "name"},
      {4, "uid"},
      {5, "apiVersion"},
      {6, "controller"},
      {7, "blockOwnerDeletion"}}},
    {"Namespace", {{1, "metadata"}, {2, "spec"}}},
    {"NamespaceSpec", {{1, "finalizers"}}},
    {"ConfigMap", {{1, "metadata"}, {2, "data"}, {3, "binaryData"}, {4, "immutable"}}},
    {"Secret", {{1, "metadata"}, {2, "data"}, {3, "type"}, {4, "stringData"}, {5, "immutable"}}},
    {"ServiceAccount", {{1, "metadata"}, {4, "automountServiceAccountToken"}}},
    {"Service", {{1, "metadata"}, {2, "spec"}}},
    {"ServiceSpec",
     {{1, "ports"},
      {2, "selector"},
      {3, "clusterIP"},
      {4, "type"},
      {5, "externalIPs"},
      {7, "sessionAffinity"},
      {10, "externalName"},
      {11, "externalTrafficPolicy"},
      {13, "publishNotReadyAddresses"},
      {17, "ipFamilyPolicy"},
      {18, "clusterIPs"},
      {19, "ipFamilies"},
      {22, "internalTrafficPolicy"}}},
    {"ServicePort",
     {{1, "name"},
      {2, "protocol"},
      {3, "port"},
      {4, "targetPort"},
      {5, "nodePort"},
      {6, "appProtocol"}}},
    {"PodDisruptionBudget", {{1, "metadata"}, {2, "spec"}}},
    {"PodDisruptionBudgetSpec",
     {{1, "minAvailable"},
      {2, "selector"},
      {3, "maxUnavailable"},
      {4, "unhealthyPodEvictionPolicy"}}},
    {"LabelSelector", {{1, "matchLabels"}, {2, "matchExpressions"}}},
    {"LabelSelectorRequirement", {{1, "key"}, {2, "operator"}, {3, "values"}}},
};

/// One field as it is on the wire: a number, or bytes.
struct WireField {
  uint64_t number = 0;
  uint64_t value = 0;
  std::string_view bytes;
};

/// Takes messages apart; after a failure there is nothing more to take.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  /// The next field, or nothing at the end or where the bytes are damaged.
  std::optional<WireField> next() {
    if (rest_.empty()) return std::nullopt;
    const uint64_t tag = number();
    WireField field{tag >> 3, 0, {}};
    switch (tag & 7) {
      case 0:
        field.value = number();
        break;
      case 1:
        field.bytes = take(8);
        break;
      case 2:
        field.bytes = take(number());
        break;
      case 5:
        field.bytes = take(4);
        break;
      default:
        damaged_ = true;
    }
    return damaged_ ? std::nullopt : std::optional(field);
  }

  bool damaged() const { return damaged_; }

 private:
  uint64_t number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    damaged_ = true;
    return 0;
  }

  std::string_view take(uint64_t size) {
    if (size > rest_.size()) {
      damaged_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool damaged_ = false;
};

/// Builds the JSON of one message. Fields that are zero are left out, as Go's JSON has it.
class Decoder {
 public:
  Json decode(std::string_view bytes, const core::Shape& shape, int depth) {
    Json object = Json::object();
    const FieldNames& names = kStructs.at(shape.name);
    WireReader reader(bytes);
    while (const auto wire = reader.next())
      if (const auto name = names.find(wire->number); name != names.end())
        add(object, *shape.field(name->second), *wire, depth);
    damaged_ = damaged_ || reader.damaged() || depth > kDepthMax;
    return object;
  }

  bool damaged() const { return damaged_; }

 private:
  void add(Json& object, const core::ShapeField& field, const WireField& wire, int depth) {
    const core::Shape& shape = *field.shape;
    if (shape.kind == ShapeKind::Map)
      add_entry(object[field.name], *shape.element, wire.bytes, depth);
    else if (shape.kind == ShapeKind::List)
      object[field.name].push_back(value_of(*shape.element, wire, depth));
    else if (field.presence == core::Presence::Pointer && shape.kind == ShapeKind::Bool)
      object[field.name] = wire.value != 0;
    else if (field.presence == core::Presence::Pointer && shape.kind == ShapeKind::IntOrString)
      object[field.name] = int_or_string(wire.bytes);
    else if (Json value = value_of(shape, wire, depth); !value.is_null())
      object[field.name] = std::move(value);
  }

  /// A map's entry is a message with the key as field 1 and the value as field 2.
  void add_entry(Json& map, const core::Shape& element, std::string_view bytes, int depth) {
    std::string key;
    WireField value;
    WireReader reader(bytes);
    while (const auto wire = reader.next())
      if (wire->number == 1)
        key = wire->bytes;
      else
        value = *wire;
    damaged_ = damaged_ || reader.damaged();
    const Json decoded = value_of(element, value, depth);
    map[key] = decoded.is_null() ? Json("") : decoded;
  }

  /// Null where the value is zero.
  Json value_of(const core::Shape& shape, const WireField& wire, int depth) {
    switch (shape.kind) {
      case ShapeKind::Bytes:
        return encode_base64(wire.bytes);
      case ShapeKind::Int32:
      case ShapeKind::Int64:
        return wire.value == 0 ? Json() : Json(static_cast<int64_t>(wire.value));
      case ShapeKind::Bool:
        return wire.value == 0 ? Json() : Json(true);
      case ShapeKind::Time:
        return time_of(wire.bytes);
      case ShapeKind::IntOrString: {
        Json value = int_or_string(wire.bytes);
        return value == 0 ? Json() : value;
      }
      case ShapeKind::Object: {
        Json message = depth > kDepthMax ? Json() : decode(wire.bytes, shape, depth + 1);
        return message.empty() ? Json() : message;
      }
      case ShapeKind::String:
      case ShapeKind::Any:
      case ShapeKind::Quantity:
      case ShapeKind::List:
      case ShapeKind::Map:
        break;
    }
    return wire.bytes.empty() ? Json() : Json(std::string(wire.bytes));
  }

  Json time_of(std::string_view bytes) {
    WireReader reader(bytes);
    int64_t seconds = 0;
    while (const auto wire = reader.next())
      seconds = wire->number == 1 ? static_cast<int64_t>(wire->value) : seconds;
    if (seconds < -kSecondsMax || seconds > kSecondsMax) {
      damaged_ = true;
      return {};
    }
    return seconds == 0 ? Json() : Json(format_time(SystemTime(std::chrono::seconds(seconds))));
  }

  /// Field 1 says which: 0 is the number in field 2, 1 the text in field 3.
  Json int_or_string(std::string_view bytes) {
    WireReader reader(bytes);
    bool is_text = false;
    int64_t number = 0;
    std::string text;
    while (const auto wire = reader.next())
      if (wire->number == 1)
        is_text = wire->value == 1;
      else if (wire->number == 2)
        number = static_cast<int64_t>(wire->value);
      else
        text = wire->bytes;
    return is_text ? Json(text) : Json(number);
  }

  bool damaged_ = false;
};

/// The envelope around every object.
struct Envelope {
  std::string api_version;
  std::string kind;
  std::string_view object;
  bool damaged = false;
};

Envelope open_envelope(std::string_view bytes) {
  Envelope envelope;
  WireReader reader(bytes);
  while (const auto wire = reader.next()) {
    if (wire->number == 2) envelope.object = wire->bytes;
    if (wire->number != 1) continue;
    WireReader type(wire->bytes);
    while (const auto part = type.next())
      (part->number == 1 ? envelope.api_version : envelope.kind) = part->bytes;
    envelope.damaged = type.damaged();
  }
  envelope.damaged = envelope.damaged || reader.damaged();
  return envelope;
}

bool is_known(const Envelope& envelope) {
  constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
      {"v1", "Namespace"}, {"v1", "ConfigMap"},      {"v1", "Secret"},
      {"v1", "Service"},   {"v1", "ServiceAccount"}, {"policy/v1", "PodDisruptionBudget"}};
  const std::pair<std::string_view, std::string_view> kind{envelope.api_version, envelope.kind};
  return std::ranges::find(kKinds, kind) != std::end(kKinds);
}

}  // namespace

ApiResult<std::string> decode_protobuf(std::string_view body) {
  if (!body.starts_with(kMagic))
    return fail(bad_request("the body does not start as the API's protobuf does"));
  const Envelope envelope = open_envelope(body.substr(kMagic.size()));
  if (envelope.damaged) return fail(bad_request("the protobuf body is damaged"));
  if (!is_known(envelope)) return fail(unsupported_media_type(std::string(kJsonTypes)));
  Decoder decoder;
  Json object = decoder.decode(envelope.object, core::find_shape(envelope.kind), 0);
  if (decoder.damaged()) return fail(bad_request("the protobuf body is damaged"));
  object["apiVersion"] = envelope.api_version;
  object["kind"] = envelope.kind;
  return dump_json(object);
}

}  // namespace sluice::local
