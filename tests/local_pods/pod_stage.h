#pragma once

// A whole local cluster for stories: the real object store in memory, the pod runtime on it, a fake
// clock, and programs and probes that do what the test says.

#include "local/pods/pod_runtime.h"
#include "local/store/database.h"
#include "local/store/garbage_collector.h"
#include "local/store/registry.h"
#include "local/store/store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/local_pods/test_programs.h"

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sluice::local {

/// Programs that run until the test ends them, or a signal does.
class ScriptedRunner : public ProcessRunner {
 public:
  struct Program {
    ProcessSpec spec;
    ExitCallback on_exit;
    std::vector<int> signals;
    bool running = true;
  };

  asio::awaitable<Result<Process>> start(ProcessSpec spec, ExitCallback on_exit) override;
  void signal(uint64_t id, int number) override;

  /// Ends a program by itself.
  void exit(uint64_t id, int code);
  /// The id of the newest program whose HOSTNAME is that; 0 where there is none.
  uint64_t newest(const std::string& pod) const;
  size_t running() const;

  std::map<uint64_t, Program> programs;
  std::optional<Error> refusal;    ///< What start() answers, where set.
  std::set<std::string> stubborn;  ///< Pods whose programs ignore SIGTERM.
};

/// Probes and hooks that answer what the test says, by the pod's address.
class ScriptedActions : public PodActions {
 public:
  explicit ScriptedActions(Clock& clock) : clock_(clock) {}

  asio::awaitable<ActionResult> perform(ProbeAction action, ActionTarget target,
                                        Duration timeout) override;

  std::set<std::string> failing;  ///< Paths of HTTP actions that fail; "exec" and "tcp" for those.
  std::set<std::string> hanging;  ///< Those that take until their timeout, and then fail.
  std::vector<std::string> performed;

 private:
  Clock& clock_;
};

class PodStage {
 public:
  PodStage();
  ~PodStage();

  /// Stops the runtime and starts another on the same store, as after the death of the program.
  void restart();

  void create(const std::string& kind, const Json& object);
  void patch(const std::string& kind, const std::string& name, const Json& merge_patch);
  void remove(const std::string& kind, const std::string& name,
              std::optional<int64_t> grace = std::nullopt);
  /// Null where it does not exist.
  Json get(const std::string& kind, const std::string& name);
  std::vector<Json> list(const std::string& kind);
  /// "Reason" of all events about an object.
  std::multiset<std::string> events_about(const std::string& name);

  void settle() { clock.settle(); }

  FakeClock clock;
  TemporaryFolder folder;
  boost::asio::io_context context;
  ScriptedRunner runner;
  ScriptedActions actions{clock};
  std::vector<Listener> listeners;
  size_t pods_max = 100;  ///< From the next restart() on.
  std::unique_ptr<Registry> registry;
  std::unique_ptr<GarbageCollector> collector;
  std::unique_ptr<Store> store;
  std::unique_ptr<PodRuntime> runtime;

 private:
  void start_runtime();
  void stop_runtime();
};

/// A pod of one container "app" of image shop:v1 with port 8080; `container` is merged into the
/// container, `spec` into the spec.
Json one_pod(const std::string& name, const Json& container = Json::object(),
             const Json& spec = Json::object());
/// A ReplicaSet of such pods with the label app=NAME.
Json replicaset_of(const std::string& name, int replicas, const Json& container = Json::object());
Json http_probe(const std::string& path, int period_seconds, int failure_threshold);

/// The state of the pod's only container: "waiting CrashLoopBackOff", "running", "terminated 1".
std::string container_state(const Json& pod);
/// Whether a condition of the pod is "True".
bool holds(const Json& pod, const std::string& condition);

}  // namespace sluice::local
