#pragma once

// HTTP as values, and HttpClient: the seam behind which Beast and TLS live. Tests script it.

#include "base/result.h"
#include "base/time.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

namespace asio = boost::asio;

template <typename T>
using Awaitable = asio::awaitable<T>;

struct Header {
  std::string name;
  std::string value;
};

/// True where both name the same header: ASCII case does not count.
bool same_header_name(std::string_view left, std::string_view right);

/// Headers in order; names compare without case.
class Headers {
 public:
  Headers() = default;

  Headers(std::initializer_list<Header> headers) : headers_(headers) {}

  void add(std::string name, std::string value);
  /// The first value of that name, or null.
  const std::string* find(std::string_view name) const;
  std::string get(std::string_view name, std::string_view fallback = "") const;

  auto begin() const { return headers_.begin(); }

  auto end() const { return headers_.end(); }

 private:
  std::vector<Header> headers_;
};

/// How a client trusts and identifies: PEM texts. Empty `ca` means the system's authorities.
struct TlsOptions {
  std::string ca;
  std::string certificate;
  std::string key;
  bool insecure = false;    ///< Do not verify the peer.
  std::string server_name;  ///< Overrides the URL's host for verification and SNI.
};

inline constexpr size_t kResponseBodyMax = size_t{16} * 1024 * 1024;

struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< http:// or https://, with path and query, percent-encoded.
  Headers headers;
  std::string body;
  /// From now to the last byte of the answer: name look-up, connect, TLS, write and read.
  Duration deadline = std::chrono::seconds(30);
  size_t body_max = kResponseBodyMax;
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

/// The body of a response that goes on: lines or chunks as they come.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  virtual const HttpResponse& head() const = 0;
  /// The next piece of body (any length > 0), or nothing at the end of the body. Fails with Timeout
  /// when nothing came for `idle`.
  virtual Awaitable<Result<std::optional<std::string>>> read(Duration idle) = 0;
};

/// Sends requests. Errors: Invalid (the URL, a body over the bound), Forbidden (it may not connect
/// there), Timeout, Unavailable (refused, reset, TLS, name look-up, truncated), Cancelled. Any HTTP
/// status is a value. Keeps connections alive and reuses them; a request on a reused connection
/// that was closed meanwhile is sent once more only if it is GET. Belongs to the loop thread.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual Awaitable<Result<HttpResponse>> send(HttpRequest request) = 0;
  /// Sends and returns once the head has come; the deadline covers only that.
  virtual Awaitable<Result<std::unique_ptr<HttpStream>>> open(HttpRequest request) = 0;
};

}  // namespace sluice::net
