#pragma once

// HTTP/1.1 on a Connection: reading messages (Beast parses) and writing their heads. Shared by the
// client and the server; keeps Beast's parsers in one source file.

#include "net/connection.h"
#include "net/http.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::net {

/// A connection and what it has delivered but nobody has consumed yet.
struct Wire {
  std::unique_ptr<Connection> connection;
  std::string pending;
};

/// Reads one more piece onto the end of `pending`; 0 at the end of the stream.
Awaitable<Result<size_t>> fill(Wire& wire, SteadyTime deadline);

/// Reads one answer from a wire that outlives it.
class ResponseReader {
 public:
  ResponseReader();
  ~ResponseReader();
  ResponseReader(ResponseReader&&) noexcept;
  ResponseReader& operator=(ResponseReader&&) noexcept;

  struct Options {
    size_t header_max = size_t{64} * 1024;
    std::optional<size_t> body_max;  ///< Nothing, for streams: only an announced length is bounded.
    bool to_head_request = false;    ///< Then there is no body, whatever the headers say.
  };

  /// Reads the status and the headers; interim answers (1xx) are skipped.
  Awaitable<Result<HttpResponse>> read_head(Wire& wire, Options options, SteadyTime deadline);
  /// The next piece of the body, never empty; nothing at its end.
  Awaitable<Result<std::optional<std::string>>> read_some(Wire& wire, SteadyTime deadline);
  /// After the whole body: true where the connection may carry another request.
  bool keep_alive() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// Why a request could not be read, and the status to answer with; 0 where nobody listens.
struct ReadFailure {
  int status = 0;
  std::string message;
};

/// One request as it came. `target` is not decoded.
struct WireRequest {
  std::string method;
  std::string target;
  Headers headers;
  std::string body;
  bool keep_alive = true;
  bool chunked_allowed = true;  ///< False for HTTP/1.0.
};

struct RequestLimits {
  size_t header_max = 0;
  size_t body_max = 0;
  /// Is asked before a body of so many bytes, or of that many at most, is read: false is 503.
  std::function<bool(size_t bytes)> has_room;
};

/// Reads one whole request and answers "Expect: 100-continue" on the way.
Awaitable<std::expected<WireRequest, ReadFailure>> read_request(Wire& wire, RequestLimits limits,
                                                                SteadyTime deadline);

/// How the end of a body is told.
enum class Framing { None, Length, Chunks, UntilClose };

/// Status line and headers. Framing headers among `response.headers` are dropped: the wire owns
/// them. Line breaks within values become spaces.
std::string encode_response_head(const HttpResponse& response, Framing framing, bool keep_alive);
std::string encode_request_head(const HttpRequest& request, std::string_view authority,
                                std::string_view target);
/// One chunk of a chunked body; the text must not be empty.
std::string encode_chunk(std::string_view text);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace sluice::net
