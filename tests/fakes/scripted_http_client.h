#pragma once

// ScriptedHttpClient answers requests with what a test put in its queue, in order, and remembers
// what was asked. Without an answer left it is Unavailable.

#include "net/http.h"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

class ScriptedHttpClient : public net::HttpClient {
 public:
  /// Answers the next request, whole or as a stream of one piece.
  void answer(int status, std::string body);
  void answer(net::HttpResponse response);
  /// Answers the next open() with these pieces of body; then the stream ends, or breaks with the
  /// error.
  void answer_stream(int status, std::vector<std::string> pieces,
                     std::optional<Error> broken = std::nullopt);
  void fail_next(Error error);

  net::Awaitable<Result<net::HttpResponse>> send(net::HttpRequest request) override;
  net::Awaitable<Result<std::unique_ptr<net::HttpStream>>> open(net::HttpRequest request) override;

  const std::vector<net::HttpRequest>& requests() const { return requests_; }

 private:
  struct Answer {
    std::optional<Error> refused;
    int status = 0;
    net::Headers headers;
    std::deque<std::string> pieces;
    std::optional<Error> broken;
  };

  Answer take(net::HttpRequest request);

  std::deque<Answer> answers_;
  std::vector<net::HttpRequest> requests_;
};

}  // namespace sluice
