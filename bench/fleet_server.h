#pragma once

// FleetServer: just enough of an API server for a controller to live beside a Fleet: pages of
// lists, watches, objects by name, patches and creations. What was written is kept beside the fleet
// and told to watches; nothing is validated, and preconditions are not looked at: one controller
// writes. Belongs to the loop thread.

#include "base/json.h"
#include "bench/fleet.h"
#include "net/http_server.h"
#include "net/notifier.h"

#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::bench {

class FleetServer final : public net::HttpHandler {
 public:
  FleetServer(FleetSize size, net::asio::any_io_executor executor)
      : fleet_(size), executor_(std::move(executor)) {}

  net::Awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override;

  /// Writes the Rollout once more as it is: its controller has to look at it.
  void touch_rollout(int number);

  /// Requests that were begun so far, but for those that wait for something to happen.
  size_t requests() const { return requests_; }

  /// The mutating requests so far: "POST events" → how often.
  const std::map<std::string, int>& writes() const { return writes_; }

 private:
  /// What a path names.
  struct Place {
    std::string collection;  ///< "/apis/apps/v1/replicasets", without the namespace.
    std::string plural;
    std::string namespace_;
    std::string name;  ///< "" for the collection.
    std::string subresource;
  };

  /// A watch that is open: the lines that it has not sent yet.
  struct Watcher {
    std::string plural;
    std::string pending;
    net::Notifier* wake = nullptr;
  };

  static std::optional<Place> place_of(std::string_view path);
  static std::string key_of(const Place& place);

  std::optional<std::string> find(const Place& place) const;
  net::HttpResponse list(const Place& place, const net::ServerRequest& request) const;
  net::HttpResponse write(const Place& place, const net::ServerRequest& request);
  void keep(const Place& place, Json object, std::string_view event);
  net::Awaitable<void> watch(Place place, net::ServerRequest request, net::Responder& responder);

  Fleet fleet_;
  net::asio::any_io_executor executor_;
  int64_t version_ = 10'000'000;                ///< Above that of every object of the fleet.
  std::map<std::string, std::string> written_;  ///< By key_of(); text of objects.
  std::map<std::string, int> writes_;
  size_t requests_ = 0;
  std::list<Watcher> watchers_;
};

}  // namespace sluice::bench
