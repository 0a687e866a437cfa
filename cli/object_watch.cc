#include "cli/object_watch.h"

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

/// A cache, and whether it has changed since that was last asked.
struct Followed {
  kube::WatchCache cache;
  bool changed = true;

  Followed(Session& session, const boost::asio::any_io_executor& executor,
           kube::WatchCache::Options what)
      : cache(session.store, session.clock, executor, std::move(what)) {
    cache.observe([this](const kube::WatchCache::Change&) { changed = true; });
  }
};

/// Owns the cache for as long as it runs.
kube::Awaitable<void> keep_current(std::shared_ptr<Followed> followed) {
  co_await followed->cache.run();
}

std::vector<kube::Object> sorted(const kube::WatchCache& cache) {
  std::vector<kube::Object> objects;
  for (const kube::ObjectPtr& object : cache.all()) objects.push_back(*object);
  std::ranges::sort(objects, {}, [](const kube::Object& each) { return each.meta.key(); });
  return objects;
}

}  // namespace

kube::Awaitable<int> follow_objects(Session& session, Following following, ShowObjects show) {
  const SteadyTime end = session.clock.steady_now() + following.limit;
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto followed = std::make_shared<Followed>(session, executor, following.of);
  const kube::WatchCache& cache = followed->cache;
  session.beside.spawn("follow " + following.of.resource.plural, keep_current(followed));
  Patience patience(session.clock);
  std::optional<SteadyTime> shown;
  while (true) {
    const SteadyTime now = session.clock.steady_now();
    // The first list counts, also where the watch was refused before anybody looked.
    if (cache.synced() && (!shown || !cache.trouble())) patience.answered();
    if (const auto trouble = cache.trouble(); trouble && !patience.bears(*trouble))
      co_return report(co_await explain_not_found(session, following.of.resource, "", *trouble));
    if (cache.synced() && (followed->changed || !shown || now - *shown >= kAgeing)) {
      followed->changed = false;
      shown = now;
      if (const auto code = show(sorted(cache))) co_return *code;
    }
    if (following.limit > Duration::zero() && now >= end) co_return kExitOk;
    co_await net::sleep_for(session.clock, kLook);
  }
}

}  // namespace sluice::cli
