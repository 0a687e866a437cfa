#pragma once

// PodLogs is where the API finds what containers wrote: the seam between .../pods/NAME/log and
// whoever runs the pods.

#include "base/object_meta.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace sluice::local {

/// Which part of which container's log is asked for.
struct PodLogQuery {
  std::string container;  ///< Never empty: the API picks the pod's only one.
  bool previous = false;  ///< Of the instance before the running one.
  bool follow = false;    ///< Go on with what is written from now on.
  bool timestamps = false;
  std::optional<int64_t> tail_lines;   ///< Only the last so many lines of what is there.
  std::optional<int64_t> limit_bytes;  ///< No more than so many bytes in all.
  std::optional<SystemTime> since;     ///< Only lines written at or after this time.
};

/// An open log. Destroying it ends the reading.
class PodLogStream {
 public:
  virtual ~PodLogStream() = default;
  /// The next piece (never empty), or nothing at the end: without `follow` where the log ends now,
  /// with it when the container has ended.
  virtual boost::asio::awaitable<Result<std::optional<std::string>>> read() = 0;
};

class PodLogs {
 public:
  virtual ~PodLogs() = default;
  /// Errors: NotFound (the pod is not known here), Invalid (no log yet or no previous instance; the
  /// message is shown to the user).
  virtual boost::asio::awaitable<Result<std::unique_ptr<PodLogStream>>> open(ObjectKey pod,
                                                                             PodLogQuery query) = 0;
};

}  // namespace sluice::local
