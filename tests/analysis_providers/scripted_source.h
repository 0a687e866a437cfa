#pragma once

// An HttpSource whose two clients answer what a test put in their queues.

#include "analysis/providers/http_source.h"
#include "tests/fakes/scripted_http_client.h"

#include <boost/asio/system_executor.hpp>

#include <memory>
#include <utility>

namespace sluice::analysis {

class ScriptedSource {
 public:
  /// Nothing is read from files here.
  explicit ScriptedSource(AwsEnvironment aws = {})
      : ScriptedSource(std::make_unique<ScriptedHttpClient>(),
                       std::make_unique<ScriptedHttpClient>(), std::move(aws)) {}

  ScriptedHttpClient& http;      ///< Verifies its peers.
  ScriptedHttpClient& insecure;  ///< Does not.
  HttpSource source;

 private:
  ScriptedSource(std::unique_ptr<ScriptedHttpClient> verifying,
                 std::unique_ptr<ScriptedHttpClient> trusting, AwsEnvironment aws)
      : http(*verifying),
        insecure(*trusting),
        source(std::move(verifying), std::move(trusting),
               std::make_unique<AwsLogin>(boost::asio::system_executor(), std::move(aws))) {}
};

}  // namespace sluice::analysis
