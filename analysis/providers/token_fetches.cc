#include "analysis/providers/token_fetches.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace sluice::analysis {
namespace {

namespace asio = boost::asio;

/// What says something about the one who fetched only.
bool is_personal(const Result<std::string>& outcome) {
  return !outcome && (outcome.error().code == ErrorCode::Timeout ||
                      outcome.error().code == ErrorCode::Cancelled);
}

}  // namespace

struct TokenFetches::UnderWay {
  std::optional<Result<std::string>> outcome;
  bool ended = false;
  /// Of those who wait, each until its own end.
  std::vector<std::weak_ptr<asio::steady_timer>> alarms;

  /// Returns at the end of the fetch or at `end`.
  static net::Awaitable<void> wait(std::shared_ptr<UnderWay> fetch, SteadyTime end) {
    const auto alarm =
        std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor, end);
    fetch->alarms.push_back(alarm);
    const auto [error] = co_await alarm->async_wait(asio::as_tuple(asio::use_awaitable));
    if (error && !fetch->ended) throw boost::system::system_error(error);
  }
};

/// Whoever fetches; however that ends, those who wait learn of it.
class TokenFetches::Lead {
 public:
  Lead(TokenFetches& fetches, OAuth2 settings)
      : fetches_(fetches), settings_(std::move(settings)), fetch_(std::make_shared<UnderWay>()) {
    fetches_.under_way_.emplace(settings_, fetch_);
  }

  ~Lead() {
    fetches_.under_way_.erase(settings_);
    fetch_->ended = true;
    for (const auto& waiting : fetch_->alarms)
      if (const auto alarm = waiting.lock()) alarm->cancel();
  }

  Lead(const Lead&) = delete;
  Lead& operator=(const Lead&) = delete;

  void tell(const Result<std::string>& outcome) { fetch_->outcome = outcome; }

 private:
  TokenFetches& fetches_;
  OAuth2 settings_;
  std::shared_ptr<UnderWay> fetch_;
};

net::Awaitable<Result<std::string>> TokenFetches::get(OAuth2 settings, SteadyTime end,
                                                      Fetch fetch) {
  for (auto other = under_way_.find(settings); other != under_way_.end();
       other = under_way_.find(settings)) {
    const std::shared_ptr<UnderWay> theirs = other->second;
    co_await UnderWay::wait(theirs, end);
    if (theirs->outcome) co_return *theirs->outcome;
    if (!theirs->ended) co_return fail(timeout("nobody has got a token in time"));
  }
  Lead lead(*this, std::move(settings));
  auto outcome = co_await fetch();
  if (!is_personal(outcome)) lead.tell(outcome);
  co_return outcome;
}

}  // namespace sluice::analysis
