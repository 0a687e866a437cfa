#include "local/api/api_watch.h"

#include "local/api/api_answer.h"
#include "local/api/api_negotiation.h"
#include "local/api/table.h"
#include "local/store/watch_hub.h"
#include "local/store/watch_wait.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sluice::local {

namespace {

std::string_view event_name(kube::WatchEventType type) {
  switch (type) {
    case kube::WatchEventType::Added:
      return "ADDED";
    case kube::WatchEventType::Modified:
      return "MODIFIED";
    case kube::WatchEventType::Deleted:
      return "DELETED";
    case kube::WatchEventType::Bookmark:
      break;
  }
  return "BOOKMARK";
}

/// Writes events in the shape that the client asked for.
class EventEncoder {
 public:
  EventEncoder(ResourceTypePtr type, Shape shape, RowObject row_object)
      : type_(std::move(type)), shape_(shape), row_object_(row_object) {}

  /// One line.
  std::string encode(const WatchItem& item, SystemTime now) {
    return line(event_name(item.type), object_text(item, now));
  }

  static std::string encode(const ApiError& error) {
    return line("ERROR", dump_json(encode_status(error)));
  }

 private:
  static std::string line(std::string_view name, const std::string& object) {
    std::string text = R"({"type":")";
    text += name;
    text += R"(","object":)";
    text += object;
    text += "}\n";
    return text;
  }

  std::string object_text(const WatchItem& item, SystemTime now) {
    if (shape_ == Shape::Whole) return *item.object->json;
    if (shape_ == Shape::Metadata) {
      const auto object = item.object->parse();
      return object ? dump_json(make_partial_metadata(*object)) : *item.object->json;
    }
    std::vector<ObjectPtr> rows;
    if (item.type != kube::WatchEventType::Bookmark) rows.push_back(item.object);
    // The columns come once, with the first event.
    const TableRequest request{row_object_, std::exchange(headers_, false), now};
    return dump_json(make_table(
        *type_, rows, {{"resourceVersion", item.object->meta.resource_version}}, request));
  }

  ResourceTypePtr type_;
  Shape shape_;
  RowObject row_object_;
  bool headers_ = true;
};

/// What the client asked of the watch besides what to select.
struct WatchTerms {
  Shape shape = Shape::Whole;
  RowObject row_object = RowObject::Metadata;
  bool bookmarks = false;
  Duration timeout = kWatchLongest;
};

ApiResult<WatchTerms> watch_terms(const net::ServerRequest& request) {
  WatchTerms terms;
  const auto shape = negotiate(request.headers.get("Accept"), Target::Watch);
  if (!shape) return fail(not_acceptable());
  terms.shape = *shape;
  if (auto checked = check_list_options(request.query, true); !checked)
    return fail(checked.error());
  const auto seconds = integer_parameter(request.query, "timeoutSeconds");
  if (!seconds) return fail(seconds.error());
  if (*seconds && **seconds > 0) {
    terms.timeout = std::min<Duration>(std::chrono::seconds(std::min<int64_t>(**seconds, 86'400)),
                                       kWatchLongest);
  }
  terms.bookmarks = flag_parameter(request.query, "allowWatchBookmarks");
  terms.row_object =
      parse_row_object(net::query_parameter(request.query, "includeObject").value_or(""));
  return terms;
}

net::HttpResponse stream_head() {
  net::HttpResponse head = json_answer(200, "");
  head.headers.add("Cache-Control", "no-cache, private");
  return head;
}

/// All events that are there, up to about kWatchChunk bytes; empty where there are none.
std::string gather(Subscription& subscription, EventEncoder& encoder, SystemTime now) {
  std::string chunk;
  while (chunk.size() < kWatchChunk) {
    const auto item = subscription.poll();
    if (!item) break;
    chunk += encoder.encode(*item, now);
  }
  return chunk;
}

net::Awaitable<void> stream_events(WatchContext context, std::shared_ptr<Subscription> subscription,
                                   EventEncoder encoder, WatchTerms terms,
                                   net::Responder& responder) {
  Clock& clock = context.clock;
  const SteadyTime deadline = clock.steady_now() + terms.timeout;
  SteadyTime next_bookmark = clock.steady_now() + kBookmarkEvery;
  while (true) {
    std::string chunk = gather(*subscription, encoder, clock.system_now());
    const SteadyTime now = clock.steady_now();
    const auto ended = chunk.empty() ? subscription->ended() : std::nullopt;
    const bool over = chunk.empty() && (ended || now >= deadline);
    if (ended) {
      chunk = EventEncoder::encode(*ended);
    } else if (chunk.empty() && terms.bookmarks && (over || now >= next_bookmark)) {
      chunk = encoder.encode(subscription->bookmark(context.registry.resource_version()),
                             clock.system_now());
      next_bookmark = now + kBookmarkEvery;
    }
    if (!chunk.empty()) {
      const auto written = co_await responder.write(std::move(chunk));
      if (!written) co_return;
    } else if (!over) {
      const SteadyTime wake = terms.bookmarks ? std::min(deadline, next_bookmark) : deadline;
      co_await wait_until_ready(subscription, wake - now);
    }
    if (over) co_return;
  }
}

}  // namespace

net::Awaitable<void> serve_watch(WatchContext context, ResourceTypePtr type, ApiPath path,
                                 net::ServerRequest request, net::Responder& responder) {
  const auto terms = watch_terms(request);
  if (!terms) {
    co_await responder.send(error_answer(terms.error()));
    co_return;
  }
  const auto subscription = context.registry.watch(*type, watch_query(path, request.query));
  constexpr int kGone = 410;
  if (!subscription && subscription.error().code != kGone) {
    co_await responder.send(error_answer(subscription.error()));
    co_return;
  }
  const auto started = co_await responder.start(stream_head());
  if (!started) co_return;
  if (!subscription) {
    co_await responder.write(EventEncoder::encode(subscription.error()));
    co_return;
  }
  EventEncoder encoder(type, terms->shape, terms->row_object);
  co_await stream_events(context, *subscription, std::move(encoder), *terms, responder);
}

}  // namespace sluice::local
