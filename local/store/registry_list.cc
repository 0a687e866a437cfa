// Listing and watching.

#include "base/base64.h"
#include "base/whole_number.h"
#include "local/store/registry_causes.h"
#include "local/store/registry_state.h"
#include "local/store/registry_stored.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {
namespace {

/// Every object is looked at with all of a selector.
constexpr size_t kSelectorBytesMax = size_t{4} * 1024;

constexpr const char* kListExpired = "The resourceVersion for the provided list is too old.";
constexpr const char* kPagesExpired =
    "The provided continue parameter is too old to display a consistent list result. You must "
    "start a new list without the continue parameter.";

ApiError unknown_field(const ResourceType& type, const std::string& path) {
  return bad_request(fmt::format("{} are not selected by the field \"{}\"", type.plural, path));
}

/// Where the next page starts: after this key.
std::string make_token(const ObjectKey& last, int64_t version) {
  return encode_base64_url(dump_json({{"v", "meta.k8s.io/v1"},
                                      {"rv", version},
                                      {"start", last.name},
                                      {"namespace", last.namespace_}}));
}

/// Where a list goes on, in which state.
struct Continuation {
  ObjectKey after;
  int64_t version = 0;
};

ApiResult<Continuation> read_token(const std::string& token) {
  const auto json = parse_json(decode_base64_url(token).value_or(""));
  const int64_t version = json && json->is_object() ? int_at(*json, "rv") : 0;
  if (version <= 0) return fail(bad_request("the continue token is none that this server gave"));
  return Continuation{{string_at(*json, "namespace"), string_at(*json, "start")}, version};
}

/// The objects of a type as they were at a version: the present ones where none has changed since,
/// or what was kept for the pages of a list. Null where that is not known any more.
const ObjectsOfType* objects_at(const RegistryState& state, const std::string& type,
                                int64_t version) {
  const bool current =
      version <= state.database->last_version() && !state.snapshots.changed_after(type, version);
  return current ? &state.objects.of_type(type) : state.snapshots.find(type, version);
}

/// The state that a list shows, and where in it the page begins.
ApiResult<Continuation> read_start(const ListQuery& query, int64_t last_version) {
  const auto asked = read_version(query.resource_version, last_version);
  if (!asked) return fail(asked.error());
  if (query.continue_token.empty()) return Continuation{{}, query.exact ? *asked : last_version};
  if (*asked != 0)
    return fail(bad_request("specifying resource version is not allowed when using continue"));
  return read_token(query.continue_token);
}

ApiError too_large_version(int64_t version, int64_t last) {
  return {504, "Timeout",
          fmt::format("Timeout: Too large resource version: {}, current: {}", version, last),
          ApiDetails{.causes = {{"ResourceVersionTooLarge", "Too large resource version", ""}},
                     .retry_after_seconds = 1}};
}

/// Goes through the objects that the query wants, in order, until `visit` returns false.
template <typename Visit>
void visit_matching(const ObjectsOfType& objects, const std::string& namespace_,
                    const ObjectKey* after, const Selectors& selectors, Visit visit) {
  auto at = after != nullptr ? objects.upper_bound(*after) : objects.lower_bound({namespace_, ""});
  for (; at != objects.end(); ++at) {
    if (!namespace_.empty() && at->first.namespace_ != namespace_) return;
    if (selectors.matches(*at->second) && !visit(at->second)) return;
  }
}

/// One row of the history as it was published once.
Result<Change> replay_change(const ChangeRow& row, const ResourceTypePtr& type) {
  const auto stored = [&type](const std::string& json) -> Result<ObjectPtr> {
    const auto document = parse_json(json);
    if (!document) return fail(document.error());
    return make_stored(*document, *type);
  };
  const auto after = stored(row.object.json);
  if (!after) return fail(after.error());
  Change change{row.kind, type, nullptr, *after};
  if (row.kind == kube::WatchEventType::Added) return change;
  change.before = *after;  // It selects the same, or it would be in the row.
  if (row.before) {
    const auto before = stored(*row.before);
    if (!before) return fail(before.error());
    change.before = *before;
  }
  return change;
}

}  // namespace

ApiResult<Selectors> read_selectors(const ResourceType& type, const std::string& labels,
                                    const std::string& fields) {
  for (const std::string* selector : {&labels, &fields})
    if (selector->size() > kSelectorBytesMax)
      return fail(bad_request(fmt::format("a selector has at most {} bytes", kSelectorBytesMax)));
  auto by_label = parse_label_selector(labels);
  if (!by_label) return fail(by_label.error());
  auto by_field = parse_field_selector(fields);
  if (!by_field) return fail(by_field.error());
  for (const FieldRequirement& requirement : *by_field) {
    const bool known =
        requirement.path == "metadata.name" || requirement.path == "metadata.namespace" ||
        std::ranges::find(type.selectable_fields, requirement.path) != type.selectable_fields.end();
    if (!known) return fail(unknown_field(type, requirement.path));
  }
  return Selectors{std::move(*by_label), std::move(*by_field)};
}

ApiResult<int64_t> read_version(const std::string& text, int64_t last_version) {
  if (text.empty()) return 0;
  const auto version = whole_number(text);
  if (!version || *version < 0) {
    return fail(internal_failure(fmt::format(
        "resourceVersion: Invalid value: {0}: strconv.ParseUint: parsing {0}: invalid syntax",
        go_quote(text))));
  }
  if (*version > last_version) return fail(too_large_version(*version, last_version));
  return *version;
}

ApiResult<ListPage> Registry::list(const ResourceType& type, const ListQuery& query) const {
  const auto selectors = read_selectors(type, query.label_selector, query.field_selector);
  if (!selectors) return fail(selectors.error());
  const auto start = read_start(query, state_->database->last_version());
  if (!start) return fail(start.error());
  const std::string storage_name = type.storage_name();
  const bool goes_on = !query.continue_token.empty();
  const ObjectsOfType* objects = objects_at(*state_, storage_name, start->version);
  if (objects == nullptr) return fail(history_expired(goes_on ? kPagesExpired : kListExpired));
  ListPage page;
  page.resource_version = std::to_string(start->version);
  const auto limit = static_cast<size_t>(std::max<int64_t>(query.limit, 0));
  int64_t remaining = 0;
  visit_matching(*objects, query.namespace_, goes_on ? &start->after : nullptr, *selectors,
                 [&](const ObjectPtr& object) {
                   if (limit != 0 && page.items.size() == limit) {
                     ++remaining;
                     return true;
                   }
                   page.items.push_back(in_version(object, type));
                   return true;
                 });
  if (remaining == 0) return page;
  page.continue_token = make_token(page.items.back()->meta.key(), start->version);
  if (selectors->empty()) page.remaining = remaining;
  state_->snapshots.keep(storage_name, start->version, *objects, state_->clock.steady_now());
  return page;
}

ApiResult<std::shared_ptr<Subscription>> Registry::watch(const ResourceType& type,
                                                         const WatchQuery& query) {
  auto selectors = read_selectors(type, query.label_selector, query.field_selector);
  if (!selectors) return fail(selectors.error());
  Database& database = *state_->database;
  const auto from = read_version(query.resource_version, database.last_version());
  if (!from) return fail(from.error());
  if (*from != 0 && *from < database.history_start()) {
    return fail(history_expired(
        fmt::format("too old resource version: {} ({})", *from, database.history_start())));
  }
  const std::string storage_name = type.storage_name();
  const ResourceTypePtr served = state_->type_of(type);
  if (!served) return fail(path_not_found());
  auto subscription = std::make_shared<Subscription>(std::make_shared<const ResourceType>(type),
                                                     query.namespace_, *selectors);
  if (*from == 0) {
    visit_matching(state_->objects.of_type(storage_name), query.namespace_, nullptr, *selectors,
                   [&](const ObjectPtr& object) {
                     subscription->preload({kube::WatchEventType::Added, in_version(object, type)});
                     return true;
                   });
  } else {
    const auto rows = database.history(storage_name, *from, kWatchQueueBytesMax);
    if (!rows && rows.error().code == ErrorCode::Expired)
      return fail(history_expired(rows.error().message));
    if (!rows) return fail(internal_failure(rows.error().message));
    for (const ChangeRow& row : *rows) {
      const auto change = replay_change(row, served);
      if (!change) return fail(internal_failure(change.error().message));
      subscription->offer(*change);
    }
  }
  state_->hub.add(storage_name, subscription);
  return subscription;
}

}  // namespace sluice::local
