#pragma once

// Where decisions are told: an EventSink hears of every piece of news about an object once, after
// the status that goes with it was written. It must not block: recorders queue.

#include "kube/object.h"

#include <string>

namespace sluice::controller {

struct News {
  std::string reason;  ///< A stable code: "RolloutAborted".
  std::string message;
  bool warning = false;
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void tell(const kube::Object& about, const News& news) = 0;
};

}  // namespace sluice::controller
