#pragma once

// TokenFetches: who wants a token that somebody is fetching already waits for that one. A release
// begins many measurements in one moment; their token server is asked once.

#include "analysis/providers/oauth2.h"
#include "base/result.h"
#include "base/time.h"
#include "net/http.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace sluice::analysis {

class TokenFetches {
 public:
  using Fetch = std::function<net::Awaitable<Result<std::string>>()>;

  /// What `fetch` gives, or a fetch with the same settings that is under way. Where that one is
  /// broken off, or runs out of its own time, the next who waits fetches. Timeout at `end`. What
  /// `fetch` refers to must outlive the call, and the call must end before this object does.
  net::Awaitable<Result<std::string>> get(OAuth2 settings, SteadyTime end, Fetch fetch);

 private:
  struct UnderWay;
  class Lead;

  std::map<OAuth2, std::shared_ptr<UnderWay>> under_way_;
};

}  // namespace sluice::analysis
