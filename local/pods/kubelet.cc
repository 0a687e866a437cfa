#include "local/pods/kubelet.h"

#include "local/pods/pod_worker.h"
#include "local/pods/status_write.h"
#include "net/sleep.h"
#include "net/turn.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

constexpr Duration kKubeletRetry = std::chrono::milliseconds(500);

bool has_listener(const std::optional<std::vector<Listener>>& listeners,
                  const std::string& address) {
  return listeners && std::any_of(listeners->begin(), listeners->end(), [&](const auto& listener) {
           return listener.address == address;
         });
}

std::string node_patch() {
  return dump_json({{"spec", {{"nodeName", kNodeName}}}});
}

/// As the scheduler words it.
std::string no_room_message() {
  return "0/1 nodes are available: 1 Too many pods.";
}

Json no_room_status(SystemTime now) {
  return {{"phase", "Pending"},
          {"conditions", Json::array({{{"type", "PodScheduled"},
                                       {"status", "False"},
                                       {"reason", "Unschedulable"},
                                       {"message", no_room_message()},
                                       {"lastTransitionTime", format_time(now)}}})}};
}

/// What is to be run of a pod that is assigned to `node`, or why it cannot be.
Result<PodSpec> accept(const std::string& node, const Result<Json>& document) {
  if (!document) return fail(document.error());
  if (!node.empty() && node != kNodeName) {
    return fail(invalid(
        fmt::format("spec.nodeName: there is no node \"{}\", only \"{}\"", node, kNodeName)));
  }
  return decode_pod_spec(*document);
}

Json unsupported_status(const std::string& message) {
  return {{"phase", "Pending"}, {"reason", "UnsupportedSpec"}, {"message", message}};
}

}  // namespace

Kubelet::Kubelet(PodHost& host, uint32_t address_seed)
    : host_(host),
      addresses_(
          address_seed,
          [&host](const std::string& address) { return has_listener(host.listeners(), address); }),
      loop_(host.clock, host.executor, "Pod",
            [this](ObjectKey key) { return look(std::move(key)); }) {
  host_.pods.observe([this](const kube::WatchCache::Change& change) { loop_.add(change.key); });
}

asio::awaitable<void> Kubelet::run() {
  co_await host_.pods.wait_synced();
  co_await take_over();
  co_await loop_.work();
}

/// What an earlier life of the program has left: addresses are kept, logs of vanished pods are not.
asio::awaitable<void> Kubelet::take_over() {
  std::set<std::string> uids;
  for (const kube::ObjectPtr& pod : host_.pods.all()) {
    co_await net::take_turn_of_loop();
    net::this_turn_does("takes over", pod->meta.name);
    uids.insert(pod->meta.uid);
    if (const Result<Json> document = pod->parse())
      addresses_.adopt(string_at(*document, "status.podIP"));
    loop_.add(pod->meta.key());
  }
  host_.logs.keep_only(uids);
}

asio::awaitable<Result<kube::Looked>> Kubelet::look(ObjectKey key) {
  const kube::ObjectPtr pod = host_.pods.find(key);
  const auto known = uids_.find(key);
  if (known != uids_.end() && (pod == nullptr || pod->meta.uid != known->second)) {
    abandon_pod(*by_uid_.at(known->second));
    uids_.erase(known);
  } else if (known != uids_.end()) {
    update_pod(*by_uid_.at(known->second), pod);
    co_return kube::Looked{};
  }
  if (pod == nullptr && waiting_.erase(key) > 0) admit_next();
  if (pod == nullptr || by_uid_.contains(pod->meta.uid)) co_return kube::Looked{};
  const Result<Json> document = pod->parse();
  const std::string node = document ? string_at(*document, "spec.nodeName") : "";
  if (node.empty() && !pod->meta.deletion_timestamp) co_return co_await schedule(pod);
  Result<PodSpec> spec = accept(node, document);
  if (pod->meta.deletion_timestamp && (node.empty() || !spec))
    co_return co_await remove_unstarted(pod);
  if (!spec) co_return co_await refuse(pod, spec.error());
  co_return start(pod, std::move(*spec), *document);
}

asio::awaitable<Result<kube::Looked>> Kubelet::schedule(kube::ObjectPtr pod) {
  if (by_uid_.size() >= host_.pods_max) co_return co_await postpone(pod);
  kube::PatchOptions options;
  options.uid = pod->meta.uid;
  Result<kube::Object> bound = co_await host_.store.patch(
      host_.pods.resource(), pod->meta.key(), kube::PatchType::Merge, node_patch(), options);
  if (!bound && bound.error().code == ErrorCode::NotFound) co_return kube::Looked{};
  if (!bound) co_return fail(bound.error().within("spec.nodeName"));
  host_.events.record(
      *pod, kube::EventType::Normal, "Scheduled",
      fmt::format("Successfully assigned {} to {}", pod->meta.key().to_string(), kNodeName));
  host_.pods.learn(std::move(*bound));
  waiting_.erase(pod->meta.key());
  // It takes its place before the next one is looked at.
  const Result<kube::Looked> placed = co_await look(pod->meta.key());
  admit_next();
  co_return placed;
}

/// The node is full: the pod waits until another one has gone, and says so.
asio::awaitable<Result<kube::Looked>> Kubelet::postpone(kube::ObjectPtr pod) {
  if (!waiting_.insert(pod->meta.key()).second) co_return kube::Looked{};
  host_.events.record(*pod, kube::EventType::Warning, "FailedScheduling", no_room_message());
  co_return co_await write_status(pod, no_room_status(host_.clock.system_now()));
}

/// One after the other: whoever gets in calls the next.
void Kubelet::admit_next() {
  if (!waiting_.empty() && by_uid_.size() < host_.pods_max) loop_.add(*waiting_.begin());
}

/// The pod cannot be run as it is; it stays pending and says why.
asio::awaitable<Result<kube::Looked>> Kubelet::refuse(kube::ObjectPtr pod, Error error) {
  const Result<Json> document = pod->parse();
  if (document && string_at(*document, "status.message") == error.message) co_return kube::Looked{};
  host_.events.record(*pod, kube::EventType::Warning, "UnsupportedSpec", error.message);
  co_return co_await write_status(pod, unsupported_status(error.message));
}

asio::awaitable<Result<kube::Looked>> Kubelet::write_status(kube::ObjectPtr pod, Json status) {
  const Result<bool> stored =
      co_await store_status(host_.store, host_.pods, pod, std::move(status));
  if (!stored) co_return fail(stored.error());
  co_return kube::Looked{};
}

asio::awaitable<Result<kube::Looked>> Kubelet::remove_unstarted(kube::ObjectPtr pod) {
  kube::RemoveOptions options;
  options.uid = pod->meta.uid;
  options.grace_period_seconds = 0;
  const Result<void> removed =
      co_await host_.store.remove(host_.pods.resource(), pod->meta.key(), options);
  if (!removed && is_transient(removed.error().code)) co_return fail(removed.error());
  co_return kube::Looked{};
}

kube::Looked Kubelet::start(kube::ObjectPtr pod, PodSpec spec, const Json& document) {
  const Json* status = find_path(document, "status");
  const Json previous = status == nullptr ? Json::object() : *status;
  PodState state = restore_pod_state(spec, previous, host_.clock.system_now());
  if (state.pod_ip.empty()) state.pod_ip = addresses_.acquire().value_or("");
  if (state.pod_ip.empty()) {
    host_.events.record(*pod, kube::EventType::Warning, "FailedCreatePodSandBox",
                        "all addresses of 127.64.0.0/10 are taken");
    return {.wake_after = kKubeletRetry};
  }
  const auto record = std::make_shared<PodRecord>(host_, pod, std::move(spec), std::move(state));
  record->published = dump_json(previous);
  by_uid_[pod->meta.uid] = record;
  uids_[pod->meta.key()] = pod->meta.uid;
  update_pod(*record, pod);
  host_.tasks.spawn("pod " + pod->meta.key().to_string(), run_one(record));
  return {};
}

asio::awaitable<void> Kubelet::run_one(std::shared_ptr<PodRecord> record) {
  co_await run_pod(record);
  const ObjectMeta& meta = record->object->meta;
  addresses_.release(record->state.pod_ip);
  host_.logs.remove_pod(meta.key(), meta.uid);
  by_uid_.erase(meta.uid);
  if (const auto found = uids_.find(meta.key()); found != uids_.end() && found->second == meta.uid)
    uids_.erase(found);
  admit_next();
}

bool Kubelet::is_running(const std::string& pod_uid, const std::string& container, int run) const {
  const auto found = by_uid_.find(pod_uid);
  return found != by_uid_.end() && is_container_running(*found->second, container, run);
}

}  // namespace sluice::local
