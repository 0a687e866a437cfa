#pragma once

// ApiClient: the ObjectStore of a real API server, over HTTP.

#include "base/clock.h"
#include "kube/credentials.h"
#include "kube/login.h"
#include "kube/object_store.h"
#include "net/http.h"

#include <memory>
#include <optional>
#include <string>

namespace sluice::kube {

class ApiClient : public ObjectStore {
 public:
  /// The deadlines of the verbs, from the call to the last byte of the answer.
  static constexpr Duration kReadDeadline = std::chrono::seconds(15);
  static constexpr Duration kListDeadline = std::chrono::seconds(60);
  static constexpr Duration kWriteDeadline = std::chrono::seconds(30);
  /// A watch is ended by the server after this long...
  static constexpr std::chrono::seconds kWatchLength = std::chrono::minutes(5);
  /// ...and counts as dead when it stays silent for longer than that.
  static constexpr Duration kWatchIdle = kWatchLength + std::chrono::seconds(30);

  /// `http` trusts and identifies as the login says. `clock` must outlive the client.
  ApiClient(std::unique_ptr<net::HttpClient> http, const Login& login, Clock& clock);

  Awaitable<Result<Object>> get(Resource resource, ObjectKey key) override;
  Awaitable<Result<ObjectList>> list(Resource resource, ListOptions options) override;
  Awaitable<Result<std::unique_ptr<Watch>>> watch(Resource resource, WatchOptions options) override;
  Awaitable<Result<Object>> create(Resource resource, std::string namespace_, std::string body,
                                   CreateOptions options = {}) override;
  Awaitable<Result<Object>> patch(Resource resource, ObjectKey key, PatchType type,
                                  std::string body, PatchOptions options) override;
  Awaitable<Result<void>> remove(Resource resource, ObjectKey key, RemoveOptions options) override;
  Awaitable<Result<std::string>> pod_log(ObjectKey pod, std::string container,
                                         size_t bytes_max) override;

  /// The text at any path, such as "/version": for what is no object.
  Awaitable<Result<std::string>> get_raw(std::string path);

 private:
  net::HttpRequest prepare(std::string method, const std::string& path_and_query,
                           Duration deadline) const;
  /// The request with the login's credentials.
  Result<net::HttpRequest> authorize(net::HttpRequest request);
  /// Sends and turns every status but 2xx into an error. What was not let in for its token was not
  /// carried out: it is sent once more with the token that the file holds now.
  Awaitable<Result<std::string>> send(net::HttpRequest request);
  /// The same for what is answered by a stream.
  Awaitable<Result<std::unique_ptr<net::HttpStream>>> open(net::HttpRequest request);
  /// What comes instead of an object of `kind`, such as a proxy's page, is an error.
  Awaitable<Result<Object>> send_for_object(net::HttpRequest request, std::string kind, Trim trim);

  std::unique_ptr<net::HttpClient> http_;
  std::string server_;
  std::string impersonate_;
  std::optional<Duration> request_timeout_;
  Credentials credentials_;
};

/// An ApiClient with an HTTP client of its own. Invalid where the login cannot be used.
Result<std::unique_ptr<ApiClient>> make_api_client(const asio::any_io_executor& executor,
                                                   const Login& login, Clock& clock);

}  // namespace sluice::kube
