#pragma once

// Where decisions are told: an EventSink hears of every piece of news about an object once, after
// the status that goes with it was written. It must not block: recorders queue.

#include "kube/object.h"

#include <string>
#include <string_view>

namespace sluice::controller {

struct News {
  std::string reason;  ///< A stable code: "RolloutAborted".
  std::string message;
  bool warning = false;
  /// A step of the way that the status shows to whoever wants to know: it is logged and counted,
  /// and no event of the API, of which a canary would make a dozen.
  bool on_the_way = false;
};

/// Events are what somebody wants to be told who does not look: that an update begins, waits, is
/// over or has failed. Reasons of what it passes on the way are not among them.
bool is_on_the_way(std::string_view reason);

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void tell(const kube::Object& about, const News& news) = 0;
};

}  // namespace sluice::controller
