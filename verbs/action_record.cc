#include "verbs/action_record.h"

#include "base/short_text.h"
#include "crds/names.h"

#include <nlohmann/json.hpp>

namespace sluice::verbs {
namespace {

std::optional<ActionRecord> decode_action(const Json& item) {
  const auto at = parse_time(string_at(item, "at"));
  if (!at) return std::nullopt;
  ActionRecord record{.verb = string_at(item, "verb"),
                      .by = {string_at(item, "user"), bool_at(item, "claimed")},
                      .at = *at,
                      .reason = string_at(item, "reason"),
                      .generation = int_at(item, "generation"),
                      .hash = string_at(item, "revision")};
  if (item.contains("step")) record.step = static_cast<int32_t>(int_at(item, "step"));
  const Json* passed = find_path(item, "passedOver");
  if (passed == nullptr || !passed->is_array()) return record;
  for (const Json& what : *passed)
    if (what.is_string()) record.passed_over.push_back(what.get<std::string>());
  return record;
}

}  // namespace

Json encode_action(const ActionRecord& record) {
  Json item = {{"verb", record.verb},
               {"user", record.by.user},
               {"at", format_time_micro(record.at)},
               {"generation", record.generation},
               {"revision", record.hash}};
  if (record.by.claimed) item["claimed"] = true;
  if (!record.reason.empty()) item["reason"] = record.reason;
  if (record.step) item["step"] = *record.step;
  if (!record.passed_over.empty()) item["passedOver"] = record.passed_over;
  return item;
}

Json encode_actions(const std::vector<ActionRecord>& records) {
  Json list = Json::array();
  for (const ActionRecord& record : records) list.push_back(encode_action(record));
  return list;
}

std::vector<ActionRecord> read_actions(const crds::Rollout& rollout) {
  std::vector<ActionRecord> records;
  const auto list = parse_json(rollout.meta.annotation(crds::kActionsAnnotation));
  if (!list || !list->is_array()) return records;
  for (const Json& item : *list)
    if (auto record = decode_action(item)) records.push_back(*std::move(record));
  return records;
}

ActionRecord make_record(const crds::Rollout& rollout, const Ask& ask, std::string verb,
                         std::vector<std::string> passed_over) {
  return {.verb = std::move(verb),
          .by = ask.by,
          .at = ask.at,
          .reason = shortened(ask.reason, kReasonMax),
          .generation = rollout.meta.generation,
          .hash = rollout.status.current_pod_hash,
          .step = rollout.status.current_step_index,
          .passed_over = std::move(passed_over)};
}

std::string with_record(const crds::Rollout& rollout, const ActionRecord& made) {
  Json list = Json::array({encode_action(made)});
  for (const ActionRecord& older : read_actions(rollout))
    if (list.size() < kActionsKept) list.push_back(encode_action(older));
  return dump_json(list);
}

void record(const crds::Rollout& rollout, const ActionRecord& made, BoundPatch& patch) {
  patch.annotate(rollout, crds::kActionsAnnotation, with_record(rollout, made));
}

std::optional<ActionRecord> same_press(const crds::Rollout& rollout, const Ask& ask,
                                       std::string_view verb) {
  if (ask.step_named) return std::nullopt;
  auto records = read_actions(rollout);
  if (records.empty() || records.front().verb != verb) return std::nullopt;
  // Clocks of two people differ: a record of the near future is as young as one of the near past.
  const bool young =
      records.front().at > ask.at - kSamePress && records.front().at < ask.at + kSamePress;
  return young ? std::optional(std::move(records.front())) : std::nullopt;
}

}  // namespace sluice::verbs
