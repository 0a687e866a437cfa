#include "server/path_filter.h"

#include <algorithm>
#include <utility>

namespace sluice::server {

PathFilter::PathFilter(net::HttpHandler& inner, std::vector<std::string> paths)
    : inner_(inner), paths_(std::move(paths)) {}

net::Awaitable<void> PathFilter::handle(net::ServerRequest request, net::Responder& responder) {
  if (std::ranges::find(paths_, request.path) != paths_.end()) {
    co_await inner_.handle(std::move(request), responder);
    co_return;
  }
  net::HttpResponse refused{
      404, {{"Content-Type", "text/plain; charset=utf-8"}}, "no such path on this port"};
  co_await responder.send(std::move(refused));
}

}  // namespace sluice::server
