#pragma once

// ControllerWorld: a cluster in memory with the whole controller in it, on a clock that moves only
// when a story says so. The API is the embedded one of local/, nodes and gateway are fakes, and
// everything between the controller and the API goes through a FaultyStore.

#include "controller/controller.h"
#include "local/store/registry.h"
#include "local/store/store.h"
#include "tests/controller/fake_nodes.h"
#include "tests/controller/faulty_store.h"
#include "tests/controller/scripted_metrics.h"
#include "tests/controller/shop_manifests.h"
#include "tests/fakes/fake_clock.h"
#include "tests/kube/scratch_folder.h"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::controller::test {

/// Remembers the codes of all news.
class EventLog : public EventSink {
 public:
  void tell(const kube::Object&, const News& news) override {
    codes.push_back(news.reason);
    if (!news.on_the_way) written.push_back(news.reason);
  }

  bool was_told(std::string_view code) const;

  std::vector<std::string> codes;
  std::vector<std::string> written;  ///< Those that become events of the API.
};

class ControllerWorld {
  std::optional<kube::ScratchFolder> folder_;  ///< Of what was found; it outlives the registry.

 public:
  /// Serves the kinds of Argo Rollouts, of the Gateway API and of Istio; nothing is applied and no
  /// controller runs yet.
  explicit ControllerWorld(uint32_t seed = 1);
  /// The same with these objects in it as they are, with their uids, times and statuses.
  ControllerWorld(uint32_t seed, const std::vector<Json>& found);
  ~ControllerWorld();
  ControllerWorld(const ControllerWorld&) = delete;
  ControllerWorld& operator=(const ControllerWorld&) = delete;

  /// Services, route, template and Rollout of the shop.
  void apply_shop(int replicas, const Json& steps);
  /// The shop applied, the controller started, and the first revision healthy.
  void deploy_shop(int replicas, const Json& steps);

  /// What a controller is made of that writes through `writes` where that `held` lets it.
  Controller::Parts parts(kube::ObjectStore& writes, kube::Leadership& held);
  void start_controller();
  void stop_controller();
  /// The next process: nothing in memory survives.
  void restart_controller();

  Controller* controller() { return controller_.get(); }

  /// How many processes there have been.
  int processes() const { return processes_; }

  /// Pods and gateway act, then time passes. A process that died is followed by the next one.
  void tick();
  void tick(int times);
  /// Ticks until the condition holds; false where it does not within `seconds`.
  bool run_until(const std::function<bool()>& condition, int seconds = 300);
  bool run_until_phase(const std::string& phase, int seconds = 300);

  // ---- what a client does; each must succeed

  Json create(const Json& object);
  Json patch(const std::string& kind, const std::string& name, const Json& merge_patch,
             kube::Subresource subresource = kube::Subresource::None);
  Json patch_status(const Json& status);
  void remove(const std::string& kind, const std::string& name);
  void remove_from(const std::string& namespace_, const std::string& kind, const std::string& name);
  /// As `set image` does.
  void release(const std::string& image);
  /// As `promote` does at a pause.
  void promote();
  void abort();
  void retry();

  // ---- what a client sees

  /// Null where there is none.
  Json get(const std::string& kind, const std::string& name) const;
  std::vector<Json> list(const std::string& kind) const;
  Json rollout() const;
  std::string phase() const;
  std::string message() const;
  /// Of the shop's route; -1 where the weights do not sum up to 100.
  int64_t canary_weight() const;
  /// The hash in the Service's selector.
  std::string selected_by(const std::string& service) const;
  /// The ReplicaSet whose pods have the image; null where there is none.
  Json revision(const std::string& image) const;
  std::string hash(const std::string& image) const;
  int64_t pods(const std::string& image) const;
  std::string reasons();

  // ---- the parts, in the order of their making

  FakeClock clock;
  boost::asio::io_context context;
  std::unique_ptr<local::Registry> registry;
  std::unique_ptr<local::Store> api;
  std::unique_ptr<FaultyStore> store;
  std::unique_ptr<FakeKubelet> kubelet;
  std::unique_ptr<FakeGateway> gateway;
  EventLog events;
  kube::Leadership leadership{clock, context.get_executor()};
  /// What the metric source answers; 1 for every revision at first.
  SuccessRate success_rate;
  /// The canary's weight in the route as it changed, from its first value on.
  std::vector<int64_t> weights;

 private:
  void follow_route();
  local::ResourceTypePtr type_of(const std::string& kind) const;

  traffic::RouterRegistry routers_;
  analysis::ProviderRegistry providers_;
  std::unique_ptr<Controller> controller_;
  int processes_ = 0;
  std::shared_ptr<void> route_observer_;
};

}  // namespace sluice::controller::test
