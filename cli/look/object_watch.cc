#include "cli/look/object_watch.h"

#include "cli/rollout_access.h"
#include "net/sleep.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace sluice::cli {
namespace {

/// How often changes are looked for: faster than that nobody reads.
constexpr Duration kLook = std::chrono::milliseconds(200);
/// How often what has not changed is shown again: ages are in seconds.
constexpr Duration kAgeing = std::chrono::seconds(1);

/// The caches, and whether one has changed since that was last asked.
struct Followed {
  std::vector<std::unique_ptr<kube::WatchCache>> caches;
  bool changed = true;

  bool synced() const {
    return std::ranges::all_of(caches, [](const auto& cache) { return cache->synced(); });
  }

  /// One that is in trouble; null where none is.
  const kube::WatchCache* troubled() const {
    const auto found = std::ranges::find_if(
        caches, [](const auto& cache) { return cache->trouble().has_value(); });
    return found == caches.end() ? nullptr : found->get();
  }

  ObjectsByKind objects() const {
    ObjectsByKind kinds;
    for (const auto& cache : caches) {
      std::vector<kube::Object>& kind = kinds.emplace_back();
      for (const kube::ObjectPtr& object : cache->all()) kind.push_back(*object);
      std::ranges::sort(kind, {}, [](const kube::Object& each) { return each.meta.key(); });
    }
    return kinds;
  }
};

/// Keeps the caches alive for as long as one of them runs.
kube::Awaitable<void> keep_current(std::shared_ptr<Followed> followed, size_t which) {
  co_await followed->caches[which]->run();
}

kube::Awaitable<std::shared_ptr<Followed>> start(Session& session, Following following) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto followed = std::make_shared<Followed>();
  for (const kube::WatchCache::Options& what : following.of) {
    auto& cache = followed->caches.emplace_back(
        std::make_unique<kube::WatchCache>(session.store, session.clock, executor, what));
    cache->observe([state = followed.get()](const auto&) { state->changed = true; });
  }
  for (size_t i = 0; i < followed->caches.size(); ++i)
    session.beside.spawn("follow " + following.of[i].resource.plural, keep_current(followed, i));
  co_return followed;
}

}  // namespace

kube::Awaitable<int> follow_objects(Session& session, Following following, ShowObjects show) {
  const SteadyTime end = session.clock.steady_now() + following.limit;
  const std::shared_ptr<Followed> followed = co_await start(session, following);
  Patience patience(session.clock);
  std::optional<SteadyTime> shown;
  while (true) {
    const SteadyTime now = session.clock.steady_now();
    const kube::WatchCache* troubled = followed->troubled();
    // The first lists count, also where a watch was refused before anybody looked.
    if (followed->synced() && (!shown || troubled == nullptr)) patience.answered();
    if (troubled != nullptr && !patience.bears(*troubled->trouble())) {
      co_return report(
          co_await explain_not_found(session, troubled->resource(), "", *troubled->trouble()));
    }
    if (followed->synced() && (followed->changed || !shown || now - *shown >= kAgeing)) {
      followed->changed = false;
      shown = now;
      if (const auto code = show(followed->objects())) co_return *code;
    }
    if (following.limit > Duration::zero() && now >= end) co_return kExitOk;
    co_await net::sleep_for(session.clock, kLook);
  }
}

}  // namespace sluice::cli
