#include "local/store/database_connection.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::local {
namespace {

/// The log is folded into the file after so many pages of 4 KiB, which costs a wait for the disk.
constexpr int kCheckpointPages = 4000;

constexpr std::string_view kTables = R"(
CREATE TABLE IF NOT EXISTS objects (
  type TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  uid TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL,
  PRIMARY KEY (type, namespace, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
  version INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind INTEGER NOT NULL,
  type TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  uid TEXT NOT NULL, json TEXT NOT NULL, before TEXT);
CREATE INDEX IF NOT EXISTS events_by_type ON events (type, version);
CREATE INDEX IF NOT EXISTS events_by_time ON events (time);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('last_version', 1), ('history_start', 1);
)";

/// Makes the file where it is missing, and it and its log the owner's alone: there are Secrets in
/// them. SQLite gives new logs the mode of the file.
Result<void> keep_private(const std::string& path) {
  constexpr mode_t kOwnerOnly = 0600;
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
  const bool done = file >= 0 && ::fchmod(file, kOwnerOnly) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (!done) return fail(internal(fmt::format("{}: {}", path, std::strerror(error))));
  for (const char* log : {"-wal", "-shm", "-journal"}) ::chmod((path + log).c_str(), kOwnerOnly);
  return {};
}

}  // namespace

Result<void> execute(sqlite3* connection, std::string_view sql) {
  if (sqlite3_exec(connection, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return fail(database_error(connection, sql.substr(0, sql.find('\n'))));
  return {};
}

Result<DatabaseConnection> connect_database(const std::string& path,
                                            const DatabaseOptions& options) {
  if (path != kInMemoryPath)
    if (auto kept = keep_private(path); !kept) return fail(kept.error());
  sqlite3* raw = nullptr;
  const int code = sqlite3_open(path.c_str(), &raw);
  DatabaseConnection connection(raw);
  if (code != SQLITE_OK) return fail(database_error(raw, "open " + path));
  // The lock is taken by the first write below and held until the end.
  for (const std::string& sql :
       {std::string("PRAGMA locking_mode=EXCLUSIVE"), std::string("PRAGMA journal_mode=WAL"),
        fmt::format("PRAGMA synchronous={}", options.durable ? "FULL" : "NORMAL"),
        fmt::format("PRAGMA wal_autocheckpoint={}", kCheckpointPages),
        // SQLite takes no 0 for a bound: it leaves the one that is.
        fmt::format("PRAGMA max_page_count={}", options.pages_max), std::string("BEGIN IMMEDIATE"),
        std::string(kTables), std::string("COMMIT")}) {
    if (auto done = execute(raw, sql); !done) return fail(done.error());
  }
  return connection;
}

}  // namespace sluice::local
