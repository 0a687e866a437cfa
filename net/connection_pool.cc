#include "net/connection_pool.h"

#include <utility>

namespace sluice::net {

std::optional<Wire> ConnectionPool::take(const std::string& place, SteadyTime now) {
  drop_old(now);
  const auto found = idle_.find(place);
  if (found == idle_.end()) return std::nullopt;
  std::vector<Idle>& waiting = found->second;
  std::optional<Wire> taken;
  while (!taken && !waiting.empty()) {
    Wire wire = std::move(waiting.back().wire);
    waiting.pop_back();
    --size_;
    if (wire.connection->is_quiet()) taken = std::move(wire);
  }
  if (waiting.empty()) idle_.erase(found);
  return taken;
}

void ConnectionPool::put(const std::string& place, Wire wire, SteadyTime now) {
  drop_old(now);
  if (!wire.pending.empty() || size_ >= kIdleMax) return;
  std::vector<Idle>& waiting = idle_[place];
  if (waiting.size() >= kIdlePerPlaceMax) return;
  waiting.push_back({std::move(wire), now});
  ++size_;
}

void ConnectionPool::drop(const std::string& place) {
  const auto found = idle_.find(place);
  if (found == idle_.end()) return;
  size_ -= found->second.size();
  idle_.erase(found);
}

void ConnectionPool::drop_old(SteadyTime now) {
  for (auto place = idle_.begin(); place != idle_.end();) {
    size_ -= std::erase_if(place->second,
                           [now](const Idle& idle) { return now - idle.since > kIdleAgeMax; });
    place = place->second.empty() ? idle_.erase(place) : std::next(place);
  }
}

}  // namespace sluice::net
