// Asio's one compiled copy: every other file sees declarations only. Its only wait for events
// stands between two turns of the loop (net/turn.h). Asio offers no hook there, but this is the one
// place where the wait is compiled.

#include "net/turn.h"

#include <sys/epoll.h>

namespace {

int watched_epoll_wait(int epoll, epoll_event* events, int count, int timeout) {
  sluice::net::loop_waits();
  const int found = epoll_wait(epoll, events, count, timeout);
  sluice::net::loop_woke();
  return found;
}

}  // namespace

#define epoll_wait watched_epoll_wait
#include <boost/asio/impl/src.hpp>
