#include "tests/sim/crew.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::sim {

using controller::test::FaultRates;
using controller::test::FaultyStore;
using controller::test::Process;

namespace {

/// The Lease lasts 15 s, and is tried for each 2 s.
constexpr int kLeaderlessMax = 18;
/// Who has only just come back may have waited 10 s to ask again, and has to see the Lease first.
constexpr int kLeaderlessAfterTroubleMax = 30;
constexpr int kUptimeMax = 3600;
constexpr int kWrongByMax = 7200;

std::optional<Error> cut_off(std::string_view /*verb*/, const kube::Resource& /*resource*/,
                             const std::string& /*name*/) {
  return unavailable("injected: nothing reaches the API");
}

std::optional<Error> refuse_lease(std::string_view verb, const kube::Resource& resource,
                                  const std::string& /*name*/) {
  const bool writes = verb == "patch" || verb == "create";
  if (!writes || resource.gvk.kind != "Lease") return std::nullopt;
  return forbidden("injected: leases is forbidden");
}

bool is_failing(const FaultRates& rates) {
  return rates.fail_before + rates.fail_after + rates.conflict > 0 || rates.blurs_the_view();
}

}  // namespace

Crew::Crew(controller::test::ControllerWorld& world, Dice& dice, size_t size)
    : world_(world), dice_(dice), clock_(*this, world.clock), size_(size), members_(size) {
  observer_ = world.registry->observe([this](const local::Change& change) {
    if (change.resource->kind == "Lease")
      note_lease(change);
    else if (elects())
      check_author(change);
  });
}

Crew::~Crew() = default;

void Crew::start() {
  if (elects()) {
    world_.create({{"apiVersion", "v1"},
                   {"kind", "Namespace"},
                   {"metadata", {{"name", controller::test::process_lease().namespace_}}}});
  }
  for (Member& member : members_) begin(member);
  look();
}

void Crew::begin(Member& member) {
  const auto seconds = [this](int most) { return std::chrono::seconds(dice_.roll(most)); };
  ++begun_;
  Process::Options options{.identity = fmt::format("process-{}", begun_),
                           .seed = static_cast<uint32_t>(dice_.roll(1 << 30)),
                           .elects = elects()};
  if (elects()) options.uptime = seconds(kUptimeMax);
  if (elects()) options.wrong_by = seconds(kWrongByMax) - seconds(kWrongByMax);
  member = {.process = std::make_unique<Process>(world_, std::move(options))};
  member.process->line.let_witness([this](const FaultyStore::Write& write) {
    if (write.resource.gvk.kind != "Lease" && write.verb != "try") ++writes_;
  });
  member.process->line.let_precede(rival_);
  set_up_line(member);
  // Only now: what it writes at once is to be known as its own.
  member.process->start();
}

void Crew::set_up_line(Member& member) {
  FaultyStore& line = member.process->line;
  line.set_rates(member.cut_off_for > 0 ? FaultRates{.drop_watch = 100} : rates_);
  if (member.cut_off_for > 0)
    line.refuse(sim::cut_off);
  else if (member.refused_for > 0)
    line.refuse(refuse_lease);
  else
    line.refuse({});
}

void Crew::set_rates(FaultRates rates) {
  rates_ = rates;
  for (Member& member : members_) set_up_line(member);
}

void Crew::let_precede(FaultyStore::Rival rival) {
  rival_ = std::move(rival);
  for (Member& member : members_) member.process->line.let_precede(rival_);
}

const Crew::Member* Crew::leader() const {
  const auto found =
      std::ranges::find_if(members_, [](const Member& member) { return member.process->leads(); });
  return found == members_.end() ? nullptr : &*found;
}

Crew::Member* Crew::leader() {
  return const_cast<Member*>(std::as_const(*this).leader());
}

bool Crew::acts() const {
  const Member* leading = leader();
  return leading != nullptr && !leading->process->is_frozen();
}

/// Whoever leads, mostly.
Crew::Member& Crew::some() {
  Member* leading = leader();
  if (leading != nullptr && dice_.chance(70)) return *leading;
  return members_[static_cast<size_t>(dice_.roll(static_cast<int>(members_.size())))];
}

void Crew::die_after(size_t writes) {
  Member* leading = leader();
  FaultyStore& line = (leading != nullptr ? *leading : members_.front()).process->line;
  line.die_at_write(line.writes() + writes);
}

void Crew::freeze(int seconds) {
  Member& member = some();
  if (member.process->is_frozen()) return;
  member.process->freeze();
  member.frozen_for = seconds;
  news_.push_back(fmt::format("{} stands still for {} s", member.process->identity(), seconds));
}

void Crew::cut_off(int seconds) {
  Member& member = some();
  member.cut_off_for = seconds;
  set_up_line(member);
  news_.push_back(fmt::format("{} is cut off for {} s", member.process->identity(), seconds));
}

void Crew::refuse_leases(int seconds, bool of_all) {
  Member& one = some();
  for (Member& member : members_) {
    if (!of_all && &member != &one) continue;
    member.refused_for = seconds;
    set_up_line(member);
    news_.push_back(
        fmt::format("{} may not write the Lease for {} s", member.process->identity(), seconds));
  }
}

void Crew::hand_over() {
  Member& member = some();
  news_.push_back(member.process->identity() + " ends");
  member.process->end();
  follow(member);
}

void Crew::replace_all(const std::function<void()>& meanwhile) {
  for (Member& member : members_) member.process->end();
  meanwhile();
  for (Member& member : members_) follow(member);
}

void Crew::set_clock(int seconds) {
  Member& member = some();
  member.process->clock.be_wrong_by(std::chrono::seconds(seconds));
  news_.push_back(
      fmt::format("the clock of {} is wrong by {} s", member.process->identity(), seconds));
}

void Crew::heal() {
  rates_ = {};
  for (Member& member : members_) {
    if (member.process->is_frozen()) member.process->thaw();
    member.frozen_for = member.cut_off_for = member.refused_for = 0;
    set_up_line(member);
  }
}

void Crew::follow(Member& member) {
  died_ = true;
  // Its Lease lasts on from now.
  if (member.process->identity() == holder_) leaderless_for_ = 0;
  member.process.reset();
  begin(member);
  news_.push_back(member.process->identity() + " starts");
}

void Crew::tick() {
  died_ = false;
  for (Member& member : members_) {
    if (member.process->line.is_dead()) follow(member);
    if (member.frozen_for > 0 && --member.frozen_for == 0) member.process->thaw();
    if (member.cut_off_for > 0 && --member.cut_off_for == 0) set_up_line(member);
    if (member.refused_for > 0 && --member.refused_for == 0) set_up_line(member);
  }
  look();
}

void Crew::look() {
  const Member* leading = leader();
  const std::string identity = leading == nullptr ? "" : leading->process->identity();
  changed_ = identity != led_by_;
  if (leading != nullptr && changed_) {
    ++terms_;
    if (elects()) news_.push_back(identity + " leads");
  }
  led_by_ = identity;
  leaderless_for_ = leading == nullptr ? leaderless_for_ + 1 : 0;
  for (Member& member : members_) {
    const bool able = !is_failing(rates_) && member.frozen_for == 0 && member.cut_off_for == 0 &&
                      member.refused_for == 0;
    member.able_for = able ? member.able_for + 1 : 0;
    const bool all_the_time = member.able_for > leaderless_for_ + kLeaderlessAfterTroubleMax;
    const int most = all_the_time ? kLeaderlessMax : kLeaderlessAfterTroubleMax;
    if (std::min(member.able_for, leaderless_for_) > most)
      violations_.push_back(fmt::format("nobody leads for {} s", leaderless_for_));
  }
}

void Crew::note_lease(const local::Change& change) {
  if (change.after->meta.name != controller::test::process_lease().name) return;
  const bool gone = change.type == kube::WatchEventType::Deleted;
  holder_ = gone ? "" : string_at(*change.after->parse(), "spec.holderIdentity");
}

/// Never two writers in one term: the store knows whose each write is, and who had the Lease then.
void Crew::check_author(const local::Change& change) {
  for (const Member& member : members_) {
    if (!member.process || !member.process->line.is_writing()) continue;
    if (member.process->identity() == holder_) continue;
    violations_.push_back(fmt::format(
        "{} writes {} {}, and {} holds the Lease", member.process->identity(),
        change.resource->kind, change.after->meta.name, holder_.empty() ? "nobody" : holder_));
  }
}

SystemTime Crew::LeaderClock::system_now() const {
  const Member* leading = crew_.leader();
  if (leading != nullptr) wrong_by_ = leading->process->clock.system_now() - world_.system_now();
  return world_.system_now() + wrong_by_;
}

bool Crew::is_writing() const {
  return std::ranges::any_of(members_, [](const Member& member) {
    return member.process && member.process->line.is_writing();
  });
}

bool Crew::knows() const {
  return std::ranges::all_of(members_,
                             [](const Member& member) { return member.cut_off_for == 0; });
}

size_t Crew::writes() const {
  return writes_;
}

std::string Crew::reasons() {
  Member* leading = leader();
  if (leading == nullptr) return "nobody leads";
  std::string text;
  const controller::Explanation why = leading->process->controller().explain({"default", "shop"});
  for (const crds::Wait& wait : why.waits)
    text += fmt::format("; {}: {}", wait.reason, wait.message);
  for (const engine::Reason& reason : why.reasons)
    text += fmt::format("; {}: {}", reason.code, reason.message);
  return text;
}

std::vector<std::string> Crew::take_news() {
  return std::exchange(news_, {});
}

}  // namespace sluice::sim
