#include "kube/write_line.h"

namespace sluice::kube {

class WriteLine::Place {
 public:
  Place(WriteLine& line, Rank rank) : line_(line), lane_(line.lane(rank)) { ++lane_.waiting; }

  ~Place() {
    --lane_.waiting;
    line_.move_up();
  }

  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  WriteLine& line_;
  Lane& lane_;
};

asio::awaitable<WriteLine::Pass> WriteLine::enter(Rank rank) {
  Lane& own = lane(rank);
  if (own.waiting == 0 && may_begin(rank)) {
    ++own.under_way;
    co_return Pass(*this, rank);
  }
  const Place place(*this, rank);
  do co_await own.moves.wait();
  while (!may_begin(rank));
  ++own.under_way;
  co_return Pass(*this, rank);
}

bool WriteLine::may_begin(Rank rank) {
  const size_t retreats = lane(Rank::Retreat).under_way;
  if (rank == Rank::Retreat) return retreats < kAtOnce;
  return retreats + lane(Rank::Usual).under_way < kAtOnce;
}

void WriteLine::leave(Rank rank) {
  --lane(rank).under_way;
  move_up();
}

void WriteLine::move_up() {
  for (const Rank rank : {Rank::Retreat, Rank::Usual}) {
    if (lane(rank).waiting == 0 || !may_begin(rank)) continue;
    lane(rank).moves.notify_one();
    return;
  }
}

}  // namespace sluice::kube
