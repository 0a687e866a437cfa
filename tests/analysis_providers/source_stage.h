#pragma once

// SourceStage: metric sources that ask a server of this process over real sockets.

#include "analysis/providers/aws_login.h"
#include "analysis/providers/metric_provider.h"
#include "net/address_rule.h"
#include "net/event_loop.h"
#include "net/http_server.h"
#include "net/notifier.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::analysis {

class HttpSource;

/// Answers what is set for a path, else 404; /hang never; /echo with all that was sent, as JSON.
class ServedAnswers : public net::HttpHandler {
 public:
  explicit ServedAnswers(Clock& clock) : clock_(clock) {}

  using Script = std::function<net::HttpResponse(const net::ServerRequest&)>;

  void answer(const std::string& path, net::HttpResponse response);

  void script(const std::string& path, Script script) { scripts_[path] = std::move(script); }

  net::Awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override;

  std::vector<net::ServerRequest> asked;

 private:
  Clock& clock_;
  std::map<std::string, Script> scripts_;
};

class SourceStage {
 public:
  explicit SourceStage(const net::AddressRule& reach = {}, AwsEnvironment aws = {});
  ~SourceStage();

  std::string url(const std::string& path_and_query) const;
  /// Of another server, with `elsewhere` as its handler.
  std::string url_elsewhere(const std::string& path_and_query) const;

  /// One measurement by the source `kind`; arguments are put into its settings.
  crds::Measurement measure(const std::string& kind, const Json& config,
                            const std::string& condition, ArgumentValues values = {});
  /// So many measurements of one metric, all begun before any has its answer.
  std::vector<crds::Measurement> measure_at_once(size_t times, const std::string& kind,
                                                 const Json& config, const std::string& condition,
                                                 const ArgumentValues& values = {});

  net::EventLoop loop;
  ServedAnswers handler{loop.clock()};
  ServedAnswers elsewhere{loop.clock()};
  std::unique_ptr<HttpSource> source;
  ProviderRegistry registry;

 private:
  net::Awaitable<void> take(MeasurementTask task, net::Notifier& taken,
                            std::vector<crds::Measurement>& all);
  net::Awaitable<int> take_all(std::vector<MeasurementTask> tasks,
                               std::vector<crds::Measurement>& all);

  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<net::HttpServer> other_server_;
};

}  // namespace sluice::analysis
