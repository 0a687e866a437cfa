#include "tests/controller/faulty_store.h"

#include "net/sleep.h"

namespace sluice::controller::test {
namespace {

Error lost() {
  return unavailable("injected: the connection was refused");
}

Error unanswered() {
  return timeout("injected: no answer came");
}

Error overtaken() {
  return conflict("injected: the object has been modified");
}

class FaultyWatch : public kube::Watch {
 public:
  FaultyWatch(std::unique_ptr<kube::Watch> inner, FaultyStore& store)
      : inner_(std::move(inner)), store_(store) {}

  kube::Awaitable<Result<kube::WatchEvent>> next() override {
    auto event = co_await inner_->next();
    if (auto broken = store_.breaks_watch()) co_return fail(*std::move(broken));
    co_return event;
  }

 private:
  std::unique_ptr<kube::Watch> inner_;
  FaultyStore& store_;
};

}  // namespace

void FaultyStore::revive() {
  dead_ = false;
  dies_at_write_ = kNeverDies;
}

bool FaultyStore::chance(int percent) {
  constexpr uint32_t kWhole = 100;
  return percent > 0 && dice_() % kWhole < static_cast<uint32_t>(percent);
}

std::optional<Error> FaultyStore::breaks_watch() {
  if (chance(rates_.drop_watch)) return unavailable("injected: the watch broke");
  if (chance(rates_.expire)) return Error{ErrorCode::Expired, "injected: the history is gone"};
  return std::nullopt;
}

std::optional<Error> FaultyStore::refused(std::string_view verb, const kube::Resource& resource,
                                          const std::string& name) const {
  return refusal_ ? refusal_(verb, resource, name) : std::nullopt;
}

void FaultyStore::precede(std::string_view verb, const kube::Resource& resource,
                          const std::string& name) const {
  const Rival rival = rival_;  // It may be its last word.
  if (rival) rival(verb, resource, name);
}

FaultyStore::Fault FaultyStore::roll(bool can_conflict) {
  if (chance(rates_.fail_before)) return Fault::Before;
  if (chance(rates_.fail_after)) return Fault::After;
  if (can_conflict && chance(rates_.conflict)) return Fault::Conflict;
  return Fault::None;
}

kube::Awaitable<void> FaultyStore::park_while_dead() {
  while (dead_) co_await parking_.wait();
}

kube::Awaitable<FaultyStore::Fault> FaultyStore::begin(bool can_conflict) {
  ++calls_;
  co_await park_while_dead();
  if (chance(rates_.delay)) {
    const Duration delay = std::chrono::milliseconds(dice_() % kDelayMax);
    const size_t losses = losses_;
    co_await net::sleep_for(clock_, delay);
    co_await park_while_dead();
    if (losses != losses_) co_return Fault::Before;
  }
  co_return roll(can_conflict);
}

kube::Awaitable<void> FaultyStore::end_write(Write write) {
  ++writes_;
  if (witness_) witness_(write);
  if (writes_ >= dies_at_write_) dead_ = true;
  co_await park_while_dead();
}

kube::Awaitable<Result<kube::Object>> FaultyStore::get(kube::Resource resource, ObjectKey key) {
  const Fault fault = co_await begin(false);
  if (auto error = refused("get", resource, key.name)) co_return fail(*std::move(error));
  if (fault == Fault::Before) co_return fail(lost());
  if (fault == Fault::After) co_return fail(unanswered());
  co_return co_await inner_.get(std::move(resource), std::move(key));
}

kube::Awaitable<Result<kube::ObjectList>> FaultyStore::list(kube::Resource resource,
                                                            kube::ListOptions options) {
  const Fault fault = co_await begin(false);
  if (auto error = refused("list", resource, "")) co_return fail(*std::move(error));
  if (fault == Fault::Before) co_return fail(lost());
  if (fault == Fault::After) co_return fail(unanswered());
  co_return co_await inner_.list(std::move(resource), std::move(options));
}

kube::Awaitable<Result<std::unique_ptr<kube::Watch>>> FaultyStore::watch(
    kube::Resource resource, kube::WatchOptions options) {
  const Fault fault = co_await begin(false);
  if (auto error = refused("watch", resource, "")) co_return fail(*std::move(error));
  if (fault == Fault::Before) co_return fail(lost());
  if (fault == Fault::After) co_return fail(unanswered());
  auto opened = co_await inner_.watch(std::move(resource), std::move(options));
  if (!opened) co_return fail(opened.error());
  co_return std::make_unique<FaultyWatch>(*std::move(opened), *this);
}

kube::Awaitable<Result<kube::Object>> FaultyStore::create(kube::Resource resource,
                                                          std::string namespace_, std::string body,
                                                          kube::CreateOptions options) {
  if (admission_) body = admission_(resource, std::move(body));
  // A question, not a write: nothing can come in between.
  if (options.dry_run) {
    if (witness_) witness_({.verb = "try", .resource = resource, .name = "", .body = body});
    co_return co_await inner_.create(std::move(resource), std::move(namespace_), std::move(body),
                                     options);
  }
  const Fault fault = co_await begin(false);
  if (auto error = refused("create", resource, "")) co_return fail(*std::move(error));
  if (fault == Fault::Before) co_return fail(lost());
  precede("create", resource, "");
  writing_ = true;
  auto done = co_await inner_.create(resource, std::move(namespace_), body, options);
  writing_ = false;
  co_await end_write({.verb = "create", .resource = resource, .name = "", .body = std::move(body)});
  if (fault == Fault::After) co_return fail(unanswered());
  co_return done;
}

kube::Awaitable<Result<kube::Object>> FaultyStore::patch(kube::Resource resource, ObjectKey key,
                                                         kube::PatchType type, std::string body,
                                                         kube::PatchOptions options) {
  const Fault fault = co_await begin(true);
  if (auto error = refused("patch", resource, key.name)) co_return fail(*std::move(error));
  if (fault == Fault::Before) co_return fail(lost());
  if (fault == Fault::Conflict) co_return fail(overtaken());
  precede("patch", resource, key.name);
  writing_ = true;
  const kube::Subresource subresource = options.subresource;
  auto done = co_await inner_.patch(resource, key, type, body, std::move(options));
  writing_ = false;
  co_await end_write({.verb = "patch",
                      .resource = resource,
                      .name = key.name,
                      .subresource = subresource,
                      .body = std::move(body)});
  if (fault == Fault::After) co_return fail(unanswered());
  co_return done;
}

kube::Awaitable<Result<void>> FaultyStore::remove(kube::Resource resource, ObjectKey key,
                                                  kube::RemoveOptions options) {
  const Fault fault = co_await begin(true);
  if (auto error = refused("remove", resource, key.name)) co_return fail(*std::move(error));
  if (fault == Fault::Before) co_return fail(lost());
  if (fault == Fault::Conflict) co_return fail(overtaken());
  precede("remove", resource, key.name);
  writing_ = true;
  auto done = co_await inner_.remove(resource, key, std::move(options));
  writing_ = false;
  co_await end_write({.verb = "remove", .resource = resource, .name = key.name, .body = ""});
  if (fault == Fault::After) co_return fail(unanswered());
  co_return done;
}

kube::Awaitable<Result<std::string>> FaultyStore::pod_log(ObjectKey pod, std::string container,
                                                          size_t bytes_max) {
  const Fault fault = co_await begin(false);
  if (fault == Fault::Before) co_return fail(lost());
  if (fault == Fault::After) co_return fail(unanswered());
  co_return co_await inner_.pod_log(std::move(pod), std::move(container), bytes_max);
}

}  // namespace sluice::controller::test
