#include "crds/freeze.h"

#include "base/short_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::crds {
namespace {

constexpr std::array<std::string_view, 4> kKeys = {"reason", "by", "since", "also"};
/// Clocks differ by less.
constexpr Duration kClockSkew = std::chrono::minutes(5);

/// Shown in one line wherever a Rollout is shown; empty where there is nothing to read in it.
std::string words_at(const Json& document, const char* path) {
  std::string text = plain(shortened(string_at(document, path), kFreezeTextMax));
  return text.find_first_not_of(' ') == std::string::npos ? "" : text;
}

/// The first of several is told: it is mended first.
void note(Freeze& freeze, std::string problem) {
  if (freeze.problem.empty()) freeze.problem = plain(shortened(std::move(problem), kFreezeTextMax));
}

void read_since(Freeze& freeze, const std::string& text) {
  if (text.empty()) return;
  const auto time = parse_time(text);
  if (!time)
    note(freeze, fmt::format("data.since: \"{}\" is no time such as 2026-11-27T18:00:00Z", text));
  else if (*time > freeze.since + kClockSkew)
    note(freeze, fmt::format("data.since: \"{}\" is later than when it was made, from when on it "
                             "holds",
                             text));
  else
    freeze.since = std::min(freeze.since, *time);
}

}  // namespace

std::string Freeze::to_string() const {
  std::string text =
      fmt::format("frozen{} since {} ({})", by.empty() ? "" : " by " + by, format_time(since),
                  is_everywhere() ? "all namespaces" : "namespace " + namespace_);
  if (!reason.empty()) text += ": " + reason;
  if (!also.empty()) text += "; also " + also;
  if (!problem.empty())
    text += fmt::format(" [ConfigMap {}/{}: {}]", namespace_, kFreezeName, problem);
  return text;
}

Freeze decode_freeze(const ObjectMeta& meta, const Json& document) {
  Freeze freeze{.namespace_ = meta.namespace_,
                .by = words_at(document, "data.by"),
                .reason = words_at(document, "data.reason"),
                .since = meta.creation_timestamp,
                .also = words_at(document, "data.also"),
                .problem = ""};
  if (freeze.reason.empty())
    note(freeze, "data.reason: says why nothing may go on, and is missing");
  read_since(freeze, string_at(document, "data.since"));
  const Json* data = find_path(document, "data");
  if (data == nullptr || !data->is_object()) return freeze;
  for (const auto& [key, value] : data->items())
    if (std::ranges::find(kKeys, key) == kKeys.end())
      note(freeze, fmt::format("data.{}: a freeze has reason, by, since and also", key));
  return freeze;
}

std::optional<std::string> joined_freeze(const Freeze& freeze, const std::string& by,
                                         const std::string& reason) {
  const std::string said = fmt::format("by {}: {}", by, reason);
  const bool same = freeze.by == by && freeze.reason == reason;
  if (same || freeze.also.find(said) != std::string::npos) return std::nullopt;
  return freeze.also.empty() ? said : freeze.also + "; " + said;
}

Json encode_freeze(const Freeze& freeze) {
  Json data = {{"reason", freeze.reason}};
  if (!freeze.by.empty()) data["by"] = freeze.by;
  if (freeze.since != SystemTime{}) data["since"] = format_time(freeze.since);
  if (!freeze.also.empty()) data["also"] = freeze.also;
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", {{"name", kFreezeName}, {"namespace", freeze.namespace_}}},
          {"data", std::move(data)}};
}

}  // namespace sluice::crds
