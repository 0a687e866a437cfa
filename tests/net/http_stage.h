#pragma once

// A client and a server of it that answers with who asked what, in one loop.

#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/http_server.h"

#include <memory>
#include <string>

namespace sluice::net {

/// Answers with method and body; /lines streams three lines, /big gives 3 MB, /hang never answers.
class EchoHandler : public HttpHandler {
 public:
  explicit EchoHandler(Clock& clock) : clock_(clock) {}

  Awaitable<void> handle(ServerRequest request, Responder& responder) override;

  ServerRequest last;
  int requests = 0;

 private:
  Clock& clock_;
};

struct HttpStage {
  EventLoop loop;
  EchoHandler handler{loop.clock()};
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<HttpClient> client;

  explicit HttpStage(ServerOptions server_options = {}, TlsOptions tls = {},
                     AddressRule reach = {});

  HttpRequest request(const std::string& path, const std::string& scheme = "http") const;
};

/// Sends one request and stops the server.
Result<HttpResponse> answer_to(HttpStage& stage, HttpRequest request);

}  // namespace sluice::net
