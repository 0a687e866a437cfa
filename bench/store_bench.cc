// How long an acknowledged write takes in the embedded object store, in memory and on disk; and the
// heaviest writes, each of which is one turn of the event loop.

#include "crds/manifests.h"
#include "local/store/database.h"
#include "local/store/registry.h"
#include "tests/fakes/fake_clock.h"

#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

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

/// The largest CRD that there is here (of AnalysisRuns), in a new store.
void install_crd(benchmark::State& state) {
  FakeClock clock;
  const std::string definition = dump_json(crds::parse_manifest(crds::manifests().front()));
  for (auto _ : state) {
    state.PauseTiming();
    auto registry = *Registry::open(*Database::open(":memory:"), clock);
    const ResourceTypePtr type =
        registry->find_kind("apiextensions.k8s.io", "CustomResourceDefinition");
    state.ResumeTiming();
    benchmark::DoNotOptimize(registry->create(*type, "", definition));
    state.PauseTiming();
    registry.reset();
    state.ResumeTiming();
  }
}

/// A patch that gives a ConfigMap ten thousand entries.
void patch_ten_thousand_entries(benchmark::State& state, PatchType kind) {
  FakeClock clock;
  auto registry = *Registry::open(*Database::open(":memory:"), clock);
  const ResourceTypePtr type = registry->find_kind("", "ConfigMap");
  const ObjectKey key{"default", "bench"};
  static_cast<void>(registry->create(
      *type, "default", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bench"}})"));
  int64_t count = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Json patch;
    for (int entry = 0; entry < 10'000; ++entry)
      patch["data"][fmt::format("entry-{}", entry)] = fmt::format("{} of {}", ++count, entry);
    const std::string body = dump_json(patch);
    state.ResumeTiming();
    benchmark::DoNotOptimize(registry->patch(*type, key, Subresource::None, kind, body));
  }
}

BENCHMARK(patch_in_memory);
BENCHMARK(patch_on_disk);
BENCHMARK(install_crd)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(patch_ten_thousand_entries, merge, PatchType::Merge)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(patch_ten_thousand_entries, strategic, PatchType::Strategic)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice::local
