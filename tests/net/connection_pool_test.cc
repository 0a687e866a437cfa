#include "net/connection_pool.h"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kNow{};

/// A connection that is only kept.
class KeptConnection : public Connection {
 public:
  explicit KeptConnection(bool quiet) : quiet_(quiet) {}

  Awaitable<Result<void>> welcome(SteadyTime) override { co_return Result<void>{}; }

  Awaitable<Result<size_t>> read_some(char*, size_t, SteadyTime) override { co_return size_t{0}; }

  Awaitable<Result<void>> write(std::string_view, std::string_view, SteadyTime) override {
    co_return Result<void>{};
  }

  Awaitable<void> finish(size_t, SteadyTime) override { co_return; }

  void close() override {}

  bool is_quiet() override { return quiet_; }

  std::string peer_address() const override { return ""; }

  TlsIdentity identity() override { return {}; }

 private:
  bool quiet_;
};

Wire wire(bool quiet = true, std::string pending = "") {
  return {.connection = std::make_unique<KeptConnection>(quiet), .pending = std::move(pending)};
}

}  // namespace

TEST_CASE("a kept connection is taken once, for its place", "[connection_pool]") {
  ConnectionPool pool;
  pool.put("http://a", wire(), kNow);
  CHECK_FALSE(pool.take("http://b", kNow));
  CHECK(pool.take("http://a", kNow));
  CHECK_FALSE(pool.take("http://a", kNow));
}

TEST_CASE("what closed, has input or is old is not reused", "[connection_pool]") {
  ConnectionPool pool;
  pool.put("http://a", wire(false), kNow);
  pool.put("http://a", wire(true, "left over"), kNow);
  CHECK_FALSE(pool.take("http://a", kNow));
  pool.put("http://a", wire(), kNow);
  CHECK_FALSE(pool.take("http://a", kNow + ConnectionPool::kIdleAgeMax + 1s));
  CHECK(pool.size() == 0);
}

TEST_CASE("the pool is bounded", "[connection_pool]") {
  ConnectionPool pool;
  for (size_t i = 0; i < ConnectionPool::kIdlePerPlaceMax + 1; ++i)
    pool.put("http://a", wire(), kNow);
  CHECK(pool.size() == ConnectionPool::kIdlePerPlaceMax);
  for (size_t i = 0; i < ConnectionPool::kIdleMax; ++i)
    pool.put("http://" + std::to_string(i), wire(), kNow);
  CHECK(pool.size() == ConnectionPool::kIdleMax);
}

TEST_CASE("a place that failed is forgotten, the others are kept", "[connection_pool]") {
  ConnectionPool pool;
  for (int i = 0; i < 3; ++i) pool.put("http://a", wire(), kNow);
  pool.put("http://b", wire(), kNow);
  pool.drop("http://a");
  pool.drop("http://unknown");
  CHECK(pool.size() == 1);
  CHECK_FALSE(pool.take("http://a", kNow));
  CHECK(pool.take("http://b", kNow));
}

}  // namespace sluice::net
