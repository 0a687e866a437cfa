#include "local/pods/pod_prepare.h"

#include "local/pods/pod_wait.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

constexpr Duration kLookAgain = std::chrono::seconds(1);
constexpr Duration kPullFirst = std::chrono::seconds(10);
constexpr Duration kPullLongest = std::chrono::minutes(5);

/// Why a container cannot start now.
struct Obstacle {
  std::string reason;
  std::string message;
};

template <typename T>
using OrObstacle = std::expected<T, Obstacle>;

OrObstacle<Image> find_image(const PodRecord& pod, const Container& container) {
  Result<Image> image = pod.host.images.find(container.image);
  if (image) return std::move(*image);
  if (image.error().code == ErrorCode::NotFound) {
    return std::unexpected(Obstacle{
        "ErrImagePull",
        fmt::format("failed to pull image \"{}\": {}", container.image, image.error().message)});
  }
  const bool bad_name = !parse_image_reference(container.image);
  return std::unexpected(
      Obstacle{bad_name ? "InvalidImageName" : "CreateContainerError", image.error().message});
}

asio::awaitable<OrObstacle<ConfigValues>> read_config(std::shared_ptr<PodRecord> pod,
                                                      ContainerSlot slot) {
  ConfigValues values;
  for (const ConfigReference& reference : config_references(pod->container(slot))) {
    const bool secret = reference.kind == EnvSource::Kind::Secret;
    const kube::Resource resource = *kube::find_resource("", secret ? "Secret" : "ConfigMap");
    const ObjectKey key{pod->object->meta.namespace_, reference.name};
    const Result<kube::Object> object = co_await pod->host.store.get(resource, key);
    if (object) {
      const Result<Json> document = object->parse();
      values[reference] = document ? decode_config(reference.kind, *document) : StringMap{};
    } else if (object.error().code != ErrorCode::NotFound) {
      co_return std::unexpected(Obstacle{"CreateContainerConfigError", object.error().message});
    }
  }
  co_return values;
}

OrObstacle<PreparedContainer> assemble(const PodRecord& pod, ContainerSlot slot, const Image& image,
                                       const ConfigValues& config) {
  const Container& container = pod.container(slot);
  const Result<Json> document = pod.object->parse();
  if (!document) return std::unexpected(Obstacle{"CreateContainerError", document.error().message});
  Result<Environment> environment = make_environment(
      {*document, container, image, config, pod.state.pod_ip, pod.host.search_path});
  if (!environment)
    return std::unexpected(Obstacle{"CreateContainerConfigError", environment.error().message});
  Result<Launch> launch =
      plan_launch(image, expand_variables(container.command, *environment),
                  expand_variables(container.args, *environment), container.working_dir);
  if (!launch) return std::unexpected(Obstacle{"CreateContainerError", launch.error().message});
  PreparedContainer prepared;
  prepared.process.argv = std::move(launch->argv);
  prepared.process.env = *environment;
  prepared.process.cwd = launch->cwd;
  prepared.process.log.timestamps = true;
  prepared.target = {pod.state.pod_ip, container, std::move(*environment), launch->cwd,
                     image.folder.string()};
  return prepared;
}

asio::awaitable<OrObstacle<PreparedContainer>> try_prepare(std::shared_ptr<PodRecord> pod,
                                                           ContainerSlot slot) {
  const OrObstacle<Image> image = find_image(*pod, pod->container(slot));
  if (!image) co_return std::unexpected(image.error());
  const OrObstacle<ConfigValues> config = co_await read_config(pod, slot);
  if (!config) co_return std::unexpected(config.error());
  co_return assemble(*pod, slot, *image, *config);
}

/// Shows obstacles as the kubelet does: a failed pull first as ErrImagePull, then as
/// ImagePullBackOff until the next attempt is due.
class ObstacleReport {
 public:
  ObstacleReport(std::shared_ptr<PodRecord> pod, ContainerSlot slot)
      : pod_(std::move(pod)), slot_(slot) {}

  void show(Obstacle obstacle) {
    const bool pull = obstacle.reason == "ErrImagePull";
    const SteadyTime now = pod_->host.clock.steady_now();
    if (pull && now < next_attempt_) {
      obstacle = {"ImagePullBackOff", fmt::format("Back-off pulling image \"{}\": ErrImagePull: {}",
                                                  pod_->container(slot_).image, obstacle.message)};
    } else if (pull) {
      next_attempt_ = now + wait_;
      wait_ = std::min(2 * wait_, kPullLongest);
    }
    ContainerStatus& status = pod_->status(slot_);
    if (status.phase == ContainerPhase::Waiting && status.waiting_reason == obstacle.reason &&
        status.waiting_message == obstacle.message) {
      return;
    }
    tell(obstacle);
    show_waiting(status, std::move(obstacle.reason), std::move(obstacle.message));
    pod_->touch();
  }

 private:
  void tell(const Obstacle& obstacle) {
    if (obstacle.reason == "ImagePullBackOff") {
      pod_->tell(slot_, kube::EventType::Normal, "BackOff", obstacle.message);
    } else {
      const std::string reason = obstacle.reason == "InvalidImageName" ? "InspectFailed" : "Failed";
      pod_->tell(slot_, kube::EventType::Warning, reason, obstacle.message);
    }
    pod_->tell(slot_, kube::EventType::Warning, "Failed", "Error: " + obstacle.reason);
  }

  std::shared_ptr<PodRecord> pod_;
  ContainerSlot slot_;
  SteadyTime next_attempt_{};
  Duration wait_ = kPullFirst;
};

}  // namespace

asio::awaitable<std::optional<PreparedContainer>> prepare_container(std::shared_ptr<PodRecord> pod,
                                                                    ContainerSlot slot) {
  ObstacleReport report(pod, slot);
  while (!pod->stopping) {
    OrObstacle<PreparedContainer> prepared = co_await try_prepare(pod, slot);
    if (prepared) co_return std::move(*prepared);
    report.show(prepared.error());
    const SteadyTime next = pod->host.clock.steady_now() + kLookAgain;
    while (!pod->stopping && pod->host.clock.steady_now() < next)
      co_await wait_for_change(pod->host.clock, pod->changed, next);
  }
  co_return std::nullopt;
}

}  // namespace sluice::local
