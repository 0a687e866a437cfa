#include "tests/fakes/scripted_store.h"

#include <utility>

namespace sluice {
namespace {

Error nothing_left() {
  return unavailable("the script has no answer left");
}

class ScriptedWatch : public kube::Watch {
 public:
  ScriptedWatch(ScriptedStore::WatchScript script, net::Notifier& silence)
      : script_(std::move(script)), silence_(silence) {}

  kube::Awaitable<Result<kube::WatchEvent>> next() override {
    if (at_ < script_.events.size()) co_return script_.events[at_++];
    if (script_.then) co_return fail(*script_.then);
    co_await silence_.wait();
    co_return fail(nothing_left());
  }

 private:
  ScriptedStore::WatchScript script_;
  net::Notifier& silence_;
  size_t at_ = 0;
};

}  // namespace

kube::Awaitable<Result<kube::Object>> ScriptedStore::get(kube::Resource resource, ObjectKey key) {
  calls.push_back({"get", std::move(resource), std::move(key), "", ""});
  co_return next_write();
}

kube::Awaitable<Result<kube::ObjectList>> ScriptedStore::list(kube::Resource resource,
                                                              kube::ListOptions options) {
  calls.push_back({"list", std::move(resource), {options.namespace_, ""}, "", "", options.limit});
  if (lists.empty()) co_return fail(nothing_left());
  Result<kube::ObjectList> list = std::move(lists.front());
  lists.pop_front();
  co_return list;
}

kube::Awaitable<Result<std::unique_ptr<kube::Watch>>> ScriptedStore::watch(
    kube::Resource resource, kube::WatchOptions options) {
  calls.push_back(
      {"watch", std::move(resource), {options.namespace_, ""}, "", options.resource_version});
  calls.back().known = std::move(options.known);
  WatchScript script;
  if (!watches.empty()) {
    script = std::move(watches.front());
    watches.pop_front();
  }
  if (script.refused) co_return fail(*script.refused);
  co_return std::make_unique<ScriptedWatch>(std::move(script), silence);
}

kube::Awaitable<Result<kube::Object>> ScriptedStore::create(kube::Resource resource,
                                                            std::string namespace_,
                                                            std::string body, kube::CreateOptions) {
  calls.push_back(
      {"create", std::move(resource), {std::move(namespace_), ""}, std::move(body), ""});
  co_return next_write();
}

kube::Awaitable<Result<kube::Object>> ScriptedStore::patch(kube::Resource resource, ObjectKey key,
                                                           kube::PatchType, std::string body,
                                                           kube::PatchOptions) {
  calls.push_back({"patch", std::move(resource), std::move(key), std::move(body), ""});
  co_return next_write();
}

kube::Awaitable<Result<void>> ScriptedStore::remove(kube::Resource resource, ObjectKey key,
                                                    kube::RemoveOptions) {
  calls.push_back({"remove", std::move(resource), std::move(key), "", ""});
  const auto answer = next_write();
  if (!answer) co_return fail(answer.error());
  co_return Result<void>{};
}

kube::Awaitable<Result<std::string>> ScriptedStore::pod_log(ObjectKey, std::string, size_t) {
  co_return fail(nothing_left());
}

Result<kube::Object> ScriptedStore::next_write() {
  if (writes.empty()) return fail(nothing_left());
  Result<kube::Object> answer = std::move(writes.front());
  writes.pop_front();
  return answer;
}

}  // namespace sluice
