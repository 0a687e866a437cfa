#pragma once

// An HttpSource whose two clients answer what a test put in their queues.

#include "analysis/providers/http_source.h"
#include "tests/fakes/scripted_http_client.h"

#include <memory>
#include <utility>

namespace sluice::analysis {

class ScriptedSource {
 public:
  ScriptedSource()
      : ScriptedSource(std::make_unique<ScriptedHttpClient>(),
                       std::make_unique<ScriptedHttpClient>()) {}

  ScriptedHttpClient& http;      ///< Verifies its peers.
  ScriptedHttpClient& insecure;  ///< Does not.
  HttpSource source;

 private:
  ScriptedSource(std::unique_ptr<ScriptedHttpClient> verifying,
                 std::unique_ptr<ScriptedHttpClient> trusting)
      : http(*verifying), insecure(*trusting), source(std::move(verifying), std::move(trusting)) {}
};

}  // namespace sluice::analysis
