#include "local/api/api_protobuf.h"

#include "base/base64.h"
#include "base/time.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace sluice::local {

namespace {

constexpr std::string_view kMagic{"k8s\0", 4};
constexpr std::string_view kJsonTypes = "application/json, application/yaml";
/// No message of the table nests deeper.
constexpr int kDepthMax = 16;

/// How a field's bytes become JSON.
enum class Kind { Text, Bytes, Number, Flag, OptionalFlag, Time, IntOrString, Message };

struct Field {
  uint64_t number;
  std::string_view name;
  Kind kind;
  bool repeated = false;
  bool map = false;          ///< From strings; the kind is the values'.
  std::string_view message;  ///< For Kind::Message.
};

using Fields = std::vector<Field>;

const std::map<std::string_view, Fields>& messages() {
  static const std::map<std::string_view, Fields> table = {
      {"ObjectMeta",
       {{1, "name", Kind::Text},
        {2, "generateName", Kind::Text},
        {3, "namespace", Kind::Text},
        {5, "uid", Kind::Text},
        {6, "resourceVersion", Kind::Text},
        {8, "creationTimestamp", Kind::Time},
        {11, "labels", Kind::Text, false, true},
        {12, "annotations", Kind::Text, false, true},
        {13, "ownerReferences", Kind::Message, true, false, "OwnerReference"},
        {14, "finalizers", Kind::Text, true}}},
      {"OwnerReference",
       {{1, "kind", Kind::Text},
        {3, "name", Kind::Text},
        {4, "uid", Kind::Text},
        {5, "apiVersion", Kind::Text},
        {6, "controller", Kind::OptionalFlag},
        {7, "blockOwnerDeletion", Kind::OptionalFlag}}},
      {"Namespace",
       {{1, "metadata", Kind::Message, false, false, "ObjectMeta"},
        {2, "spec", Kind::Message, false, false, "NamespaceSpec"}}},
      {"NamespaceSpec", {{1, "finalizers", Kind::Text, true}}},
      {"ConfigMap",
       {{1, "metadata", Kind::Message, false, false, "ObjectMeta"},
        {2, "data", Kind::Text, false, true},
        {3, "binaryData", Kind::Bytes, false, true},
        {4, "immutable", Kind::OptionalFlag}}},
      {"Secret",
       {{1, "metadata", Kind::Message, false, false, "ObjectMeta"},
        {2, "data", Kind::Bytes, false, true},
        {3, "type", Kind::Text},
        {4, "stringData", Kind::Text, false, true},
        {5, "immutable", Kind::OptionalFlag}}},
      {"ServiceAccount",
       {{1, "metadata", Kind::Message, false, false, "ObjectMeta"},
        {4, "automountServiceAccountToken", Kind::OptionalFlag}}},
      {"Service",
       {{1, "metadata", Kind::Message, false, false, "ObjectMeta"},
        {2, "spec", Kind::Message, false, false, "ServiceSpec"}}},
      {"ServiceSpec",
       {{1, "ports", Kind::Message, true, false, "ServicePort"},
        {2, "selector", Kind::Text, false, true},
        {3, "clusterIP", Kind::Text},
        {4, "type", Kind::Text},
        {5, "externalIPs", Kind::Text, true},
        {7, "sessionAffinity", Kind::Text},
        {10, "externalName", Kind::Text},
        {11, "externalTrafficPolicy", Kind::Text},
        {13, "publishNotReadyAddresses", Kind::Flag},
        {17, "ipFamilyPolicy", Kind::Text},
        {18, "clusterIPs", Kind::Text, true},
        {19, "ipFamilies", Kind::Text, true},
        {22, "internalTrafficPolicy", Kind::Text}}},
      {"ServicePort",
       {{1, "name", Kind::Text},
        {2, "protocol", Kind::Text},
        {3, "port", Kind::Number},
        {4, "targetPort", Kind::IntOrString},
        {5, "nodePort", Kind::Number},
        {6, "appProtocol", Kind::Text}}},
  };
  return table;
}

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
  Json decode(std::string_view bytes, const Fields& fields, int depth) {
    Json object = Json::object();
    WireReader reader(bytes);
    while (const auto wire = reader.next()) {
      const auto field = std::ranges::find(fields, wire->number, &Field::number);
      if (field != fields.end()) add(object, *field, *wire, depth);
    }
    damaged_ = damaged_ || reader.damaged() || depth > kDepthMax;
    return object;
  }

  bool damaged() const { return damaged_; }

 private:
  void add(Json& object, const Field& field, const WireField& wire, int depth) {
    const std::string name(field.name);
    if (field.map) {
      add_entry(object[name], field, wire.bytes, depth);
      return;
    }
    Json value = value_of(field, wire, depth);
    if (field.repeated)
      object[name].push_back(std::move(value));
    else if (!value.is_null())
      object[name] = std::move(value);
  }

  /// A map's entry is a message with the key as field 1 and the value as field 2.
  void add_entry(Json& map, const Field& field, std::string_view bytes, int depth) {
    std::string key;
    WireField value;
    WireReader reader(bytes);
    while (const auto wire = reader.next())
      if (wire->number == 1)
        key = wire->bytes;
      else
        value = *wire;
    damaged_ = damaged_ || reader.damaged();
    const Json decoded = value_of(field, value, depth);
    map[key] = decoded.is_null() ? Json("") : decoded;
  }

  Json value_of(const Field& field, const WireField& wire, int depth) {
    switch (field.kind) {
      case Kind::Text:
        return wire.bytes.empty() ? Json() : Json(std::string(wire.bytes));
      case Kind::Bytes:
        return encode_base64(wire.bytes);
      case Kind::Number:
        return wire.value == 0 ? Json() : Json(static_cast<int64_t>(wire.value));
      case Kind::Flag:
        return wire.value == 0 ? Json() : Json(true);
      case Kind::OptionalFlag:
        return wire.value != 0;
      case Kind::Time:
        return time_of(wire.bytes);
      case Kind::IntOrString:
        return int_or_string(wire.bytes);
      case Kind::Message:
        break;
    }
    Json message =
        depth > kDepthMax ? Json() : decode(wire.bytes, messages().at(field.message), depth + 1);
    return message.empty() ? Json() : message;
  }

  Json time_of(std::string_view bytes) {
    WireReader reader(bytes);
    int64_t seconds = 0;
    while (const auto wire = reader.next())
      seconds = wire->number == 1 ? static_cast<int64_t>(wire->value) : seconds;
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
    if (is_text) return text;
    return number == 0 ? Json() : Json(number);
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

bool is_whole_object(std::string_view kind) {
  constexpr std::string_view kKinds[] = {"Namespace", "ConfigMap", "Secret", "Service",
                                         "ServiceAccount"};
  return std::ranges::find(kKinds, kind) != std::end(kKinds);
}

}  // namespace

ApiResult<std::string> decode_protobuf(std::string_view body) {
  if (!body.starts_with(kMagic))
    return fail(bad_request("the body does not start as the API's protobuf does"));
  const Envelope envelope = open_envelope(body.substr(kMagic.size()));
  if (envelope.damaged) return fail(bad_request("the protobuf body is damaged"));
  if (envelope.api_version != "v1" || !is_whole_object(envelope.kind))
    return fail(unsupported_media_type(std::string(kJsonTypes)));
  Decoder decoder;
  Json object = decoder.decode(envelope.object, messages().at(envelope.kind), 0);
  if (decoder.damaged()) return fail(bad_request("the protobuf body is damaged"));
  object["apiVersion"] = envelope.api_version;
  object["kind"] = envelope.kind;
  return dump_json(object);
}

}  // namespace sluice::local
