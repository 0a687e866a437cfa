#pragma once

// What the API server said of each Rollout's pod template when it was asked to make a ReplicaSet of
// it on trial. Kept in memory: after a restart the server is asked again.

#include "base/json.h"
#include "base/object_meta.h"
#include "base/time.h"

#include <map>
#include <optional>
#include <string>

namespace sluice::controller {

class TemplateTrials {
 public:
  /// The server's sentence where it refused this very template lately. What it refused may be taken
  /// once a policy or a quota has changed: after a while nobody knows.
  std::optional<std::string> refusal(const ObjectKey& rollout, const JsonText& pod_template,
                                     SteadyTime now);

  void refused(const ObjectKey& rollout, JsonText pod_template, std::string sentence,
               SteadyTime now);
  void forget(const ObjectKey& rollout);

 private:
  struct Refusal {
    JsonText pod_template;
    std::string sentence;
    SteadyTime at;
  };

  std::map<ObjectKey, Refusal> refusals_;
};

/// Whether a failed trial is a verdict on the template: not where the question could not be asked,
/// nor where a webhook knows no trials.
bool is_verdict(const Error& error);

}  // namespace sluice::controller
