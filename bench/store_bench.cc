// How long an acknowledged write takes in the embedded object store, in memory and on disk.

#include "local/store/database.h"
#include "local/store/registry.h"
#include "tests/fakes/fake_clock.h"

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <filesystem>

namespace sluice::local {
namespace {

void patch_config_map(benchmark::State& state, const std::string& path) {
  FakeClock clock;
  auto registry = *Registry::open(*Database::open(path), clock);
  const ResourceTypePtr type = registry->find_kind("", "ConfigMap");
  const ObjectKey key{"default", "bench"};
  static_cast<void>(registry->create(
      *type, "default",
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bench"},"data":{"n":"0"}})"));
  int64_t count = 0;
  for (auto _ : state) {
    const std::string body = fmt::format(R"({{"data":{{"n":"{}"}}}})", ++count);
    benchmark::DoNotOptimize(
        registry->patch(*type, key, Subresource::None, PatchType::Merge, body));
  }
}

void patch_in_memory(benchmark::State& state) {
  patch_config_map(state, ":memory:");
}

void patch_on_disk(benchmark::State& state) {
  const auto folder = std::filesystem::temp_directory_path() / "sluice-store-bench";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  patch_config_map(state, (folder / "objects.db").string());
  std::filesystem::remove_all(folder);
}

BENCHMARK(patch_in_memory);
BENCHMARK(patch_on_disk);

}  // namespace
}  // namespace sluice::local
