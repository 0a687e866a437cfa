#include "kube/elector.h"

#include "base/digest.h"
#include "base/log.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <unistd.h>
#include <utility>

namespace sluice::kube {
namespace {

constexpr size_t kHostNameMax = 256;
constexpr size_t kIdentityWords = 4;

WatchCache::Options watch_of(const ObjectKey& lease) {
  return {.resource = lease_resource(),
          .namespace_ = lease.namespace_,
          .label_selector = "",
          .field_selector = "metadata.name=" + lease.name};
}

std::optional<Lease> lease_of(const ObjectPtr& object) {
  if (!object) return std::nullopt;
  return decode_lease(*object);
}

/// Somebody else wrote first.
bool is_overtaken(ErrorCode code, bool creates) {
  if (creates) return code == ErrorCode::AlreadyExists;
  return code == ErrorCode::Conflict || code == ErrorCode::NotFound;
}

}  // namespace

std::string make_identity() {
  std::array<char, kHostNameMax> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {'?'};
  std::random_device random;
  std::string bytes;
  for (size_t i = 0; i < kIdentityWords; ++i) {
    const uint32_t word = random();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return std::string(host.data()) + "_" + to_hex(bytes);
}

Elector::Elector(ObjectStore& store, Clock& clock, const asio::any_io_executor& executor,
                 ElectorOptions options, Leadership& leadership)
    : store_(store),
      clock_(clock),
      options_(std::move(options)),
      leadership_(leadership),
      election_(options_.election),
      own_(store, clock, executor, watch_of(options_.lease)),
      seen_(executor),
      tasks_(executor) {
  own_.observe([this](const WatchCache::Change& change) {
    if (change.key != options_.lease) return;
    election_.saw(lease_of(change.after), clock_.steady_now());
    settle();
    seen_.notify();
  });
  if (!options_.rival) return;
  foreign_.emplace(store, clock, executor, watch_of(*options_.rival));
  foreign_->observe([this](const WatchCache::Change& change) {
    if (change.key != *options_.rival) return;
    pulse_.saw(lease_of(change.after), clock_.steady_now());
    settle();
    seen_.notify();
  });
}

Elector::~Elector() {
  clock_.cancel(alarm_);
}

void Elector::start() {
  tasks_.spawn("watch own lease", own_.run());
  if (foreign_) tasks_.spawn("watch foreign lease", foreign_->run());
  tasks_.spawn("election", run());
}

Awaitable<void> Elector::stop() {
  co_await tasks_.stop();
  leadership_.end();
  if (auto last = election_.let_go(clock_.system_now())) co_await write(*std::move(last));
}

Awaitable<void> Elector::run() {
  settle();
  co_await own_.wait_synced();
  if (!own_.find(options_.lease)) election_.saw(std::nullopt, clock_.steady_now());
  // A Lease that may not be read, or a namespace that is not there, holds nobody back.
  if (foreign_) co_await foreign_->wait_answered();
  if (foreign_ && !foreign_->find(*options_.rival)) pulse_.saw(std::nullopt, clock_.steady_now());
  while (true) {
    if (auto due = election_.due(clock_.steady_now(), clock_.system_now())) {
      due->lease.remark = remark();
      co_await write(*std::move(due));
    }
    settle();
    const SteadyTime now = clock_.steady_now();
    SteadyTime next = std::min(election_.next_due(), pulse_.next_change(now));
    if (election_.leads_until() > now) next = std::min(next, election_.leads_until());
    co_await wait_until(next);
  }
}

Awaitable<void> Elector::wait_until(SteadyTime next) {
  if (next != SteadyTime::max()) alarm_ = clock_.call_at(next, [this] { seen_.notify(); });
  co_await seen_.wait();
  clock_.cancel(std::exchange(alarm_, 0));
}

Awaitable<void> Elector::write(Election::Write due) {
  const SteadyTime begun = clock_.steady_now();
  election_.begins(begun);
  Result<Object> written = fail(unavailable(""));
  if (due.creates) {
    std::string body = dump_json(encode_new_lease(options_.lease, due.lease));
    written = co_await store_.create(own_.resource(), options_.lease.namespace_, std::move(body));
  } else {
    std::string body = dump_json(encode_lease_patch(due.lease));
    const PatchOptions bound{.resource_version = due.lease.resource_version, .uid = ""};
    written = co_await store_.patch(own_.resource(), options_.lease, PatchType::Merge,
                                    std::move(body), bound);
  }
  trouble_.clear();
  if (written) {
    own_.learn(*std::move(written));
    election_.wrote(begun);
  } else if (is_overtaken(written.error().code, due.creates)) {
    co_await own_.refresh(options_.lease);
  } else {
    trouble_ = written.error().message;
  }
}

void Elector::settle() {
  const Pulse::State rival = options_.rival ? pulse_.at(clock_.steady_now()) : Pulse::State::Dead;
  if (rival == Pulse::State::Dead)
    leadership_.lead_until(election_.leads_until());
  else
    leadership_.end();
  StandingReport now = report(rival);
  const StandingReport& before = leadership_.report();
  if (now == before) return;
  log(now.amiss() ? LogLevel::Warn : LogLevel::Info, "leadership",
      {{"lease", options_.lease.to_string()},
       {"identity", options_.election.identity},
       {"standing", to_string(now)}});
  leadership_.report(std::move(now));
}

StandingReport Elector::report(Pulse::State rival) const {
  if (rival == Pulse::State::Alive || (rival == Pulse::State::Unknown && pulse_.holder() != "")) {
    const bool alive = rival == Pulse::State::Alive;
    return {.standing = alive ? Standing::HeldBack : Standing::Waiting,
            .lease = options_.rival->to_string(),
            .holder = pulse_.holder(),
            .trouble = ""};
  }
  StandingReport told{.standing = Standing::Waiting,
                      .lease = options_.lease.to_string(),
                      .holder = election_.holder(),
                      .trouble = own_.trouble() ? own_.trouble()->message : trouble_};
  if (rival == Pulse::State::Dead && election_.leads_until() > clock_.steady_now())
    told.standing = Standing::Leading;
  else if (!told.holder.empty() && told.holder != options_.election.identity)
    told.standing = Standing::Standby;
  return told;
}

std::string Elector::remark() const {
  const StandingReport& report = leadership_.report();
  return report.standing == Standing::HeldBack ? to_string(report) : "";
}

}  // namespace sluice::kube
