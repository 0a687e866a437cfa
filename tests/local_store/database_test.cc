#include "local/store/database.h"

#include "tests/local_store/registry_fixture.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::local {
namespace {

namespace fs = std::filesystem;

/// A folder of its own that goes with the test.
struct Folder {
  Folder() : path(fs::temp_directory_path() / ("sluice-database-" + std::to_string(::getpid()))) {
    fs::remove_all(path);
    fs::create_directories(path);
  }

  ~Folder() { fs::remove_all(path); }

  std::string file(const std::string& name) const { return path / name; }

  fs::path path;
};

ChangeRow change(int64_t version, SystemTime time,
                 kube::WatchEventType kind = kube::WatchEventType::Added) {
  return {.kind = kind,
          .object = {"configmaps", "default", "a" + std::to_string(version), "u", version, "{}"},
          .before = std::nullopt,
          .time = time};
}

Result<std::unique_ptr<Database>> open_loaded(const std::string& path,
                                              DatabaseOptions options = {}) {
  auto database = Database::open(path, options);
  while (database) {
    const auto more = (*database)->load_some([](const ObjectRow&) { return Result<void>{}; });
    if (!more) return fail(more.error());
    if (!*more) return database;
  }
  return database;
}

TEST_CASE("only the owner may read the file, also one of earlier days", "[database]") {
  const Folder folder;
  const mode_t before = ::umask(022);
  for (int life = 0; life < 2; ++life) {
    const RegistryFixture alive(folder.file("state.db"));
    for (const char* file : {"state.db", "state.db-wal"}) {
      INFO(file);
      CHECK((fs::status(folder.file(file)).permissions() & fs::perms::mask) == fs::perms(0600));
      fs::permissions(folder.file(file), fs::perms(0644));
    }
  }
  ::umask(before);
}

TEST_CASE("everything acknowledged is there after the process died", "[database]") {
  const Folder folder;
  RegistryFixture alive(folder.file("state.db"));
  alive.create("configmaps", config_map("kept", {{"k", "1"}}));
  alive.patch("configmaps", "kept", {{"data", {{"k", "2"}}}});
  alive.create("configmaps", config_map("gone"));
  alive.remove("configmaps", "gone");
  alive.create("customresourcedefinitions.apiextensions.k8s.io", widget_crd(), "");
  alive.create("widgets.example.com", widget("w", {{"size", 3}}));
  const std::string version = alive.registry->resource_version();

  // What a crash leaves: the files as they are now, nothing closed and no checkpoint.
  for (const char* file : {"state.db", "state.db-wal"})
    fs::copy_file(folder.file(file), folder.file(std::string("crashed-") + file));
  RegistryFixture restarted(folder.file("crashed-state.db"));
  CHECK(restarted.registry->resource_version() == version);
  CHECK(restarted.get("configmaps", "kept") == alive.get("configmaps", "kept"));
  CHECK_FALSE(restarted.exists("configmaps", "gone"));
  CHECK(restarted.get("widgets.example.com", "w") == alive.get("widgets.example.com", "w"));
}

TEST_CASE("a watch resumes over a restart", "[database]") {
  const Folder folder;
  std::string version;
  {
    RegistryFixture before(folder.file("state.db"));
    version = before.create("configmaps", config_map("a"))["metadata"]["resourceVersion"];
    before.patch("configmaps", "a", {{"metadata", {{"labels", {{"w", "in"}}}}}});
    before.patch("configmaps", "a", {{"metadata", {{"labels", {{"w", "out"}}}}}});
  }
  RegistryFixture after(folder.file("state.db"));
  const auto watch = after.registry->watch(*after.type("configmaps"),
                                           {.label_selector = "w=in", .resource_version = version});
  REQUIRE(watch.has_value());
  CHECK(drain(**watch) == std::vector<std::string>{"ADDED a", "DELETED a"});
}

TEST_CASE("a second process cannot open the same file", "[database]") {
  const Folder folder;
  const auto first = Database::open(folder.file("state.db"));
  REQUIRE(first.has_value());
  const auto second = Database::open(folder.file("state.db"));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message.find("state.db: another process works with this file") !=
        std::string::npos);
}

TEST_CASE("a damaged file is named, with what to do about it", "[database]") {
  const Folder folder;
  const std::string file = folder.file("state.db");
  {
    RegistryFixture alive(file);
    for (int i = 0; i < 200; ++i) alive.create("configmaps", config_map("m" + std::to_string(i)));
  }
  const auto whole = static_cast<std::streamoff>(fs::file_size(file));
  const auto opened = [&](std::streamoff from, std::streamoff to) {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(from);
    out << std::string(static_cast<size_t>(to - from), 'x');
    out.close();
    const auto database = open_loaded(file);
    return database ? internal("") : database.error();
  };
  const std::string damaged = file + ": the file is damaged (";
  CHECK_THAT(opened(4096, whole).message, Catch::StartsWith(damaged));
  CHECK_THAT(opened(0, 4096).message, Catch::StartsWith(damaged));
}

TEST_CASE("history is bounded by count", "[database]") {
  const auto database = open_loaded(":memory:");
  REQUIRE(database.has_value());
  const SystemTime now = FakeClock::kStart;
  const int64_t writes = kHistoryEventsMax + 600;
  for (int64_t version = 2; version < writes; ++version)
    REQUIRE((*database)->apply(change(version, now)).has_value());
  CHECK((*database)->history_start() > 300);
  const auto rows = (*database)->history("configmaps", (*database)->history_start());
  REQUIRE(rows.has_value());
  CHECK(rows->size() <= static_cast<size_t>(kHistoryEventsMax) + 300);
  CHECK(rows->front().object.version == (*database)->history_start() + 1);
  CHECK(rows->back().object.version == writes - 1);
}

TEST_CASE("history is bounded by bytes, also those of an earlier life", "[database]") {
  const Folder folder;
  const std::string megabyte(1024 * 1024, 'x');
  int64_t version = 1;
  for (int life = 0; life < 2; ++life) {
    const auto database = open_loaded(folder.file("state.db"));
    REQUIRE(database.has_value());
    for (int write = 0; write < 60; ++write) {
      ChangeRow row = change(++version, FakeClock::kStart);
      row.object.name = "one";
      row.object.json = "\"" + megabyte + "\"";
      REQUIRE((*database)->apply(row).has_value());
    }
    const auto kept =
        (*database)->history("configmaps", (*database)->history_start(), 2 * kHistoryBytesMax);
    REQUIRE(kept.has_value());
    CHECK(static_cast<int64_t>(kept->size()) <= 80);
    if (life == 1) CHECK((*database)->history_start() > 30);
  }
  CHECK(fs::file_size(folder.file("state.db")) < 120 * megabyte.size());
}

TEST_CASE("on a full disk the history makes room for small changes", "[database]") {
  const auto database = open_loaded(":memory:", {.pages_max = 1000});
  REQUIRE(database.has_value());
  int64_t version = 1;
  ChangeRow row = change(2, FakeClock::kStart);
  row.object.name = "one";
  row.object.json = "\"" + std::string(100'000, 'x') + "\"";
  while (!(*database)->is_tight()) {
    REQUIRE(version < 1000);
    row.object.version = ++version;
    REQUIRE((*database)->apply(row).has_value());
  }
  CHECK((*database)->history_start() == version - 1);
  // What has no place at all is refused in plain words, and takes nothing along.
  row.object.version = version + 1;
  row.object.json = std::string(5'000'000, 'x');
  const auto refused = (*database)->apply(row);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::Unavailable);
  CHECK_THAT(refused.error().message, Catch::Matchers::StartsWith("the disk is full: "));
  for (int write = 0; write < 1000; ++write) {
    row.object.version = ++version;
    row.object.json = "\"small\"";
    REQUIRE((*database)->apply(row).has_value());
  }
}

TEST_CASE("history is bounded by age", "[database]") {
  const auto database = open_loaded(":memory:");
  REQUIRE(database.has_value());
  const SystemTime start = FakeClock::kStart;
  int64_t version = 1;
  for (int write = 0; write < 100; ++write)
    REQUIRE((*database)->apply(change(++version, start)).has_value());
  const int64_t old = version;
  for (int write = 0; write < 300; ++write)
    REQUIRE((*database)->apply(change(++version, start + 2 * kHistoryAgeMax)).has_value());
  CHECK((*database)->history_start() == old);
}

}  // namespace
}  // namespace sluice::local
