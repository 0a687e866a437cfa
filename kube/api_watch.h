#pragma once

// One watch of the network client: a streamed answer of JSON lines.

#include "kube/api_json.h"
#include "kube/object_store.h"
#include "net/http.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::kube {

class ApiWatch : public Watch {
 public:
  /// `idle`: how long nothing may come before the connection counts as dead.
  ApiWatch(std::unique_ptr<net::HttpStream> stream, Duration idle, Trim trim,
           std::function<bool(std::string_view)> known);

  Awaitable<Result<WatchEvent>> next() override;

 private:
  Awaitable<Result<std::string>> next_line();

  std::unique_ptr<net::HttpStream> stream_;
  Duration idle_;
  Trim trim_;
  ApiReading reading_;
  std::string pending_;
  size_t searched_ = 0;  ///< This much of `pending_` holds no line break.
};

/// Reads one line of a watch, its object trimmed as make_object does. What the reading knows
/// becomes a bookmark. An ERROR event becomes the error it tells of. Nothing: the line is
/// well-formed, but its object cannot be read, which is logged.
Result<std::optional<WatchEvent>> parse_watch_line(std::string_view line, Trim trim = nullptr,
                                                   const ApiReading& reading = {});

}  // namespace sluice::kube
