#include "local/pods/kubelet.h"

#include <nlohmann/json.hpp>

#include <sys/utsname.h>
#include <unistd.h>

namespace sluice::local {

namespace {

/// The Kubernetes version whose behaviour the local cluster follows.
constexpr const char* kVersion = "v1.32.0+sluice";

Json condition(const char* type, bool holds, const char* reason, const char* message,
               const std::string& now) {
  return {{"type", type},       {"status", holds ? "True" : "False"}, {"reason", reason},
          {"message", message}, {"lastHeartbeatTime", now},           {"lastTransitionTime", now}};
}

const char* architecture(const utsname& system) {
  return std::string_view(system.machine) == "aarch64" ? "arm64" : "amd64";
}

Json node_status(const std::string& now, size_t pods_max) {
  utsname system{};
  uname(&system);
  const int64_t page_size = sysconf(_SC_PAGESIZE);
  const Json capacity{{"cpu", std::to_string(sysconf(_SC_NPROCESSORS_ONLN))},
                      {"memory", std::to_string(sysconf(_SC_PHYS_PAGES) * page_size / 1024) + "Ki"},
                      {"pods", std::to_string(pods_max)}};
  return {{"addresses", Json::array({{{"type", "InternalIP"}, {"address", kNodeAddress}},
                                     {{"type", "Hostname"}, {"address", kNodeName}}})},
          {"capacity", capacity},
          {"allocatable", capacity},
          {"conditions",
           Json::array(
               {condition("MemoryPressure", false, "KubeletHasSufficientMemory",
                          "kubelet has sufficient memory available", now),
                condition("DiskPressure", false, "KubeletHasNoDiskPressure",
                          "kubelet has no disk pressure", now),
                condition("PIDPressure", false, "KubeletHasSufficientPID",
                          "kubelet has sufficient PID available", now),
                condition("Ready", true, "KubeletReady", "kubelet is posting ready status", now)})},
          {"nodeInfo",
           {{"architecture", architecture(system)},
            {"operatingSystem", "linux"},
            {"kernelVersion", system.release},
            {"osImage", system.sysname},
            {"kubeletVersion", kVersion},
            {"kubeProxyVersion", kVersion},
            {"containerRuntimeVersion", "sluice://processes"},
            {"machineID", ""},
            {"systemUUID", ""},
            {"bootID", ""}}}};
}

std::string node_object() {
  utsname system{};
  uname(&system);
  return dump_json({{"apiVersion", "v1"},
                    {"kind", "Node"},
                    {"metadata",
                     {{"name", kNodeName},
                      {"labels",
                       {{"kubernetes.io/hostname", kNodeName},
                        {"kubernetes.io/os", "linux"},
                        {"kubernetes.io/arch", architecture(system)}}}}},
                    {"spec", Json::object()}});
}

}  // namespace

asio::awaitable<Result<void>> register_node(kube::ObjectStore& store, Clock& clock,
                                            size_t pods_max) {
  const kube::Resource nodes = *kube::find_resource("", "Node");
  const Result<kube::Object> created = co_await store.create(nodes, "", node_object());
  if (!created && created.error().code != ErrorCode::AlreadyExists)
    co_return fail(created.error().within("cannot register the node"));
  kube::PatchOptions options;
  options.subresource = kube::Subresource::Status;
  const ObjectKey key{"", std::string(kNodeName)};
  const std::string status = status_patch(node_status(format_time(clock.system_now()), pods_max));
  const Result<kube::Object> patched =
      co_await store.patch(nodes, key, kube::PatchType::Merge, status, options);
  if (!patched) co_return fail(patched.error().within("cannot register the node"));
  co_return Result<void>{};
}

}  // namespace sluice::local
