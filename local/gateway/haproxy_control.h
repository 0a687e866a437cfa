#pragma once

// Makes one running HAProxy do what a plan says, at run time. A control belongs to one run of the
// program: it knows what that run was told, and is thrown away with it.

#include "base/clock.h"
#include "local/gateway/haproxy_changes.h"
#include "local/gateway/haproxy_socket.h"

#include <memory>
#include <string>
#include <vector>

namespace sluice::local {

/// A match that PCRE does not accept; it was left out.
struct RejectedMatch {
  std::string rule;
  std::string message;
};

struct HaproxyReport {
  std::vector<RejectedMatch> rejected;
  std::vector<std::string> unplaced;  ///< Pools for which no backend was left.
};

/// How long a removed pod's last requests may take before they are cut.
inline constexpr Duration kHaproxyDrainMax = std::chrono::minutes(10);

class HaproxyControl {
 public:
  /// The clock must outlive this.
  HaproxyControl(std::unique_ptr<HaproxyCommands> commands, Clock& clock);

  /// When it returns without error, every request whose routing has yet to be decided goes by the
  /// plan. On an error some changes may have been made; applying again carries on from there. Not
  /// to be called twice at once, nor together with sweep().
  asio::awaitable<Result<HaproxyReport>> apply(GatewayPlan plan);

  /// Deletes the removed servers that have nothing left to do.
  asio::awaitable<void> sweep();
  /// There are removed servers that still have requests, as of the last sweep.
  bool draining() const;

 private:
  asio::awaitable<Result<void>> make(std::vector<HaproxyChange> changes);
  asio::awaitable<Result<void>> replace_matches(std::vector<PlannedMatch> matches);
  asio::awaitable<Result<void>> add_match(PlannedMatch match, int version);
  asio::awaitable<bool> remove_server(int backend, std::string name, bool cut);

  std::unique_ptr<HaproxyCommands> commands_;
  Clock& clock_;
  HaproxyState state_;
  std::vector<RejectedMatch> rejected_;
};

}  // namespace sluice::local
