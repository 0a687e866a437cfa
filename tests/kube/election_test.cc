#include "kube/election.h"

#include "tests/kube/kube_stage.h"

namespace sluice::kube {
namespace {

using namespace std::chrono_literals;

constexpr SystemTime kDate = FakeClock::kStart;

SteadyTime at(Duration since_start) {
  return SteadyTime{} + since_start;
}

Lease lease_of(std::string holder, std::string version) {
  return {.holder = std::move(holder),
          .duration = 15s,
          .acquired_at = kDate,
          .renewed_at = kDate,
          .transitions = 3,
          .remark = "",
          .resource_version = std::move(version)};
}

Election election() {
  return Election({.identity = "me"});
}

/// As the API server would: what was written, at the next version.
void write(Election& election, Duration now, const std::string& version) {
  auto due = election.due(at(now), kDate);
  REQUIRE(due);
  election.begins(at(now));
  due->lease.resource_version = version;
  election.saw(due->lease, at(now));
  election.wrote(at(now));
}

TEST_CASE("nothing is written before the Lease was looked at", "[election]") {
  CHECK_FALSE(election().due(at(1h), kDate));
  CHECK(election().next_due() == SteadyTime::max());
}

TEST_CASE("a Lease that is not there is made", "[election]") {
  Election mine = election();
  mine.saw(std::nullopt, at(1s));
  const auto due = mine.due(at(1s), kDate);
  REQUIRE(due);
  CHECK(due->creates);
  CHECK(due->lease.holder == "me");
  CHECK(due->lease.duration == 15s);
  CHECK(due->lease.acquired_at == kDate);
  CHECK(due->lease.renewed_at == kDate);
  CHECK(due->lease.transitions == 0);
}

TEST_CASE("somebody's Lease is taken once it has not changed for as long as it lasts",
          "[election]") {
  Election mine = election();
  mine.saw(lease_of("other", "7"), at(1s));
  CHECK_FALSE(mine.due(at(15999ms), kDate));
  CHECK(mine.next_due() == at(16s));
  mine.saw(lease_of("other", "8"), at(10s));
  CHECK_FALSE(mine.due(at(24999ms), kDate));
  const auto due = mine.due(at(25s), kDate + 1h);
  REQUIRE(due);
  CHECK_FALSE(due->creates);
  CHECK(due->lease.resource_version == "8");
  CHECK(due->lease.transitions == 4);
  CHECK(due->lease.acquired_at == kDate + 1h);
}

TEST_CASE("no clock but the own counts", "[election]") {
  for (const SystemTime theirs : {kDate - 24h * 365, kDate + 24h * 365, SystemTime{}}) {
    Election mine = election();
    Lease lease = lease_of("other", "7");
    lease.renewed_at = theirs;
    mine.saw(lease, at(1s));
    CHECK_FALSE(mine.due(at(15s), kDate));
    CHECK(mine.due(at(16s), kDate));
  }
}

TEST_CASE("the duration that counts is the one that the holder has written, within reason",
          "[election]") {
  struct Row {
    Duration written, waits;
  };

  for (const Row& row : {Row{60s, 60s}, Row{0s, 1s}, Row{-5s, 1s}, Row{24h * 365, 1h}}) {
    Election mine = election();
    Lease lease = lease_of("other", "7");
    lease.duration = row.written;
    mine.saw(lease, at(0s));
    CHECK(mine.next_due() == at(row.waits));
  }
}

TEST_CASE("a Lease that was let go is taken at once", "[election]") {
  Election mine = election();
  mine.saw(lease_of("other", "7"), at(1s));
  mine.saw(lease_of("", "8"), at(2s));
  CHECK(mine.due(at(2s), kDate));
}

TEST_CASE("the holder leads from before its write to the renewal deadline", "[election]") {
  Election mine = election();
  mine.saw(std::nullopt, at(0s));
  CHECK(mine.leads_until() < at(0s));
  const auto due = mine.due(at(0s), kDate);
  mine.begins(at(0s));
  Lease written = due->lease;
  written.resource_version = "1";
  // The watch may tell of the write before its answer comes, and the answer may come late.
  mine.saw(written, at(3s));
  CHECK(mine.leads_until() < at(3s));
  mine.wrote(at(0s));
  CHECK(mine.leads_until() == at(10s));
}

TEST_CASE("the holder renews every retry period, and keeps since when it holds", "[election]") {
  Election mine = election();
  mine.saw(std::nullopt, at(0s));
  write(mine, 0s, "1");
  CHECK_FALSE(mine.due(at(1999ms), kDate));
  const auto due = mine.due(at(2s), kDate + 2s);
  REQUIRE(due);
  CHECK(due->lease.resource_version == "1");
  CHECK(due->lease.acquired_at == kDate);
  CHECK(due->lease.renewed_at == kDate + 2s);
  CHECK(due->lease.transitions == 0);
  write(mine, 2s, "2");
  CHECK(mine.leads_until() == at(12s));
}

TEST_CASE("a renewal that failed is tried again after the retry period, and prolongs nothing",
          "[election]") {
  Election mine = election();
  mine.saw(std::nullopt, at(0s));
  write(mine, 0s, "1");
  mine.begins(at(2s));
  CHECK_FALSE(mine.due(at(3s), kDate));
  CHECK(mine.due(at(4s), kDate));
  CHECK(mine.leads_until() == at(10s));
}

TEST_CASE("whose Lease was taken, or deleted, leads no more", "[election]") {
  Election mine = election();
  mine.saw(std::nullopt, at(0s));
  write(mine, 0s, "1");
  SECTION("taken") {
    mine.saw(lease_of("other", "2"), at(1s));
    CHECK_FALSE(mine.due(at(15s), kDate));
  }
  SECTION("deleted") {
    mine.saw(std::nullopt, at(1s));
  }
  CHECK(mine.leads_until() < at(1s));
  mine.wrote(at(1s));
  CHECK(mine.leads_until() < at(1s));
}

TEST_CASE("two never lead: the holder stops before anybody may take the Lease", "[election]") {
  Election holder = election();
  holder.saw(std::nullopt, at(0s));
  write(holder, 0s, "1");
  Election other({.identity = "other"});
  // At the earliest it sees the renewal when that was begun.
  other.saw(lease_of("me", "1"), at(0s));
  CHECK(holder.leads_until() < other.next_due());
}

TEST_CASE("what is let go names nobody and lasts a second", "[election]") {
  Election mine = election();
  mine.saw(std::nullopt, at(0s));
  CHECK_FALSE(mine.let_go(kDate));
  write(mine, 0s, "1");
  const auto last = mine.let_go(kDate);
  REQUIRE(last);
  CHECK(last->lease.holder.empty());
  CHECK(last->lease.duration == 1s);
  CHECK(last->lease.resource_version == "1");
  CHECK(mine.leads_until() < at(0s));
}

TEST_CASE("times that leave no room are refused", "[election]") {
  struct Row {
    Duration lease, deadline, retry;
    std::string problem;
  };

  for (const Row& row :
       {Row{15s, 10s, 2s, ""}, Row{3s, 2s, 1s, ""},
        Row{500ms, 300ms, 100ms, "the lease duration must be whole seconds, 1s to 1h, not 500ms"},
        Row{10s, 10s, 2s,
            "the renewal deadline (10s) must be shorter than the lease duration (10s)"},
        Row{15s, 10s, 6s,
            "the renewal deadline (10s) must be at least twice the retry period (6s)"},
        Row{15s, 10s, 0s, "the retry period must be above 0s, not 0s"}}) {
    CHECK(election_problem({.identity = "me",
                            .lease = row.lease,
                            .renew_deadline = row.deadline,
                            .retry = row.retry}) == row.problem);
  }
}

TEST_CASE("a foreign Lease is alive once it is seen changing", "[election]") {
  Pulse pulse;
  CHECK(pulse.at(at(1h)) == Pulse::State::Unknown);
  SECTION("there is none") {
    pulse.saw(std::nullopt, at(0s));
    CHECK(pulse.at(at(0s)) == Pulse::State::Dead);
    pulse.saw(lease_of("argo", "1"), at(1s));
    CHECK(pulse.at(at(1s)) == Pulse::State::Alive);
  }
  SECTION("it was left from before") {
    pulse.saw(lease_of("argo", "1"), at(0s));
    CHECK(pulse.at(at(0s)) == Pulse::State::Unknown);
    CHECK(pulse.next_change(at(0s)) == at(15s));
    CHECK(pulse.at(at(15s)) == Pulse::State::Dead);
    CHECK(pulse.next_change(at(15s)) == SteadyTime::max());
  }
  SECTION("it is renewed, then no more") {
    pulse.saw(lease_of("argo", "1"), at(0s));
    pulse.saw(lease_of("argo", "2"), at(2s));
    CHECK(pulse.at(at(2s)) == Pulse::State::Alive);
    CHECK(pulse.holder() == "argo");
    CHECK(pulse.at(at(17s)) == Pulse::State::Dead);
  }
  SECTION("it was let go") {
    pulse.saw(lease_of("argo", "1"), at(0s));
    pulse.saw(lease_of("", "2"), at(1s));
    CHECK(pulse.at(at(1s)) == Pulse::State::Dead);
  }
}

TEST_CASE("a Lease is written as Kubernetes' components write it", "[election]") {
  const ObjectKey key{"sluice", "sluice-controller"};
  Lease lease = lease_of("me", "");
  lease.remark = "held back";
  const Json created = encode_new_lease(key, lease);
  CHECK(created["apiVersion"] == "coordination.k8s.io/v1");
  CHECK(created["kind"] == "Lease");
  CHECK(created["spec"] == Json{{"holderIdentity", "me"},
                                {"leaseDurationSeconds", 15},
                                {"acquireTime", "2026-01-01T00:00:00.000000Z"},
                                {"renewTime", "2026-01-01T00:00:00.000000Z"},
                                {"leaseTransitions", 3}});
  CHECK(decode_lease(object_of(created)) == lease);
  lease.remark = "";
  CHECK(encode_lease_patch(lease)["metadata"]["annotations"]["sluice.dev/standing"] == nullptr);
}

}  // namespace
}  // namespace sluice::kube
