#include "kube/api_watch.h"

#include "base/log.h"
#include "kube/api_error.h"
#include "kube/api_json.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::kube {
namespace {

std::optional<WatchEventType> type_of(std::string_view name) {
  if (name == "ADDED") return WatchEventType::Added;
  if (name == "MODIFIED") return WatchEventType::Modified;
  if (name == "DELETED") return WatchEventType::Deleted;
  if (name == "BOOKMARK") return WatchEventType::Bookmark;
  return std::nullopt;
}

}  // namespace

ApiWatch::ApiWatch(std::unique_ptr<net::HttpStream> stream, Duration idle, Trim trim,
                   std::function<bool(std::string_view)> known)
    : stream_(std::move(stream)),
      idle_(idle),
      trim_(trim),
      reading_{.lean = trim != nullptr, .known = std::move(known)} {}

Awaitable<Result<WatchEvent>> ApiWatch::next() {
  while (true) {
    const auto line = co_await next_line();
    if (!line) co_return fail(line.error());
    auto event = parse_watch_line(*line, trim_, reading_);
    if (!event) co_return fail(event.error());
    // One object that cannot be read does not hide what becomes of the others.
    if (*event) co_return **std::move(event);
  }
}

Awaitable<Result<std::string>> ApiWatch::next_line() {
  while (true) {
    const size_t end = pending_.find('\n', searched_);
    if (end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      searched_ = 0;
      co_return line;
    }
    searched_ = pending_.size();
    if (searched_ > kJsonBytesMax) co_return fail(unavailable("watch: a line is over the bound"));
    auto piece = co_await stream_->read(idle_);
    if (!piece) co_return fail(piece.error());
    if (!*piece) co_return fail(unavailable("watch: ended by the server"));
    pending_ += **piece;
  }
}

Result<std::optional<WatchEvent>> parse_watch_line(std::string_view line, Trim trim,
                                                   const ApiReading& reading) {
  auto document = parse_api_json(line, reading);
  if (!document) return fail(unavailable("watch: " + document.error().message));
  if (!document->is_object()) return fail(unavailable("watch: a line that is no object"));
  const auto object = document->find("object");
  const std::string name = string_at(*document, "type");
  if (object == document->end() || !object->is_object())
    return fail(unavailable(fmt::format("watch: an event '{}' without object", name)));
  if (name == "ERROR") {
    const auto status = static_cast<int>(int_at(*object, "code", 500));
    return fail(to_status_error(status, *object));
  }
  const auto type = type_of(name);
  if (!type) return fail(unavailable(fmt::format("watch: an event of type '{}'", name)));
  const bool only_version = reading.known && !object->contains("kind");
  if (*type == WatchEventType::Bookmark || only_version) {
    WatchEvent event{.type = WatchEventType::Bookmark, .object = {}};
    event.object.meta.resource_version = string_at(*object, "metadata.resourceVersion");
    return event;
  }
  const std::string about = string_at(*object, "metadata.name");
  auto made = make_object(std::move(*object), trim);
  if (!made) {
    log_warn("event cannot be read", {{"name", about}, {"error", made.error().message}});
    return std::nullopt;
  }
  return WatchEvent{.type = *type, .object = std::move(*made)};
}

}  // namespace sluice::kube
