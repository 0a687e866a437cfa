#include "local/store/database.h"

#include "base/ensure.h"
#include "base/log.h"
#include "local/store/database_statement.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace sluice::local {
namespace {

/// Old history is dropped after so many writes, not at each.
constexpr int64_t kTrimEveryWrites = 64;

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

int64_t to_millis(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Result<void> execute(sqlite3* connection, std::string_view sql) {
  if (sqlite3_exec(connection, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return fail(database_error(connection, sql.substr(0, sql.find('\n'))));
  return {};
}

struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};

using Connection = std::unique_ptr<sqlite3, CloseConnection>;

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

Result<Connection> connect(const std::string& path, bool durable) {
  if (path != ":memory:")
    if (auto kept = keep_private(path); !kept) return fail(kept.error());
  sqlite3* raw = nullptr;
  const int code = sqlite3_open(path.c_str(), &raw);
  Connection connection(raw);
  if (code != SQLITE_OK) return fail(database_error(raw, "open " + path));
  // The lock is taken by the first write below and held until the end.
  for (const std::string& sql :
       {std::string("PRAGMA locking_mode=EXCLUSIVE"), std::string("PRAGMA journal_mode=WAL"),
        fmt::format("PRAGMA synchronous={}", durable ? "FULL" : "NORMAL"),
        fmt::format("PRAGMA wal_autocheckpoint={}", kCheckpointPages),
        std::string("BEGIN IMMEDIATE"), std::string(kTables), std::string("COMMIT")}) {
    if (auto done = execute(raw, sql); !done) return fail(done.error().within(path));
  }
  return connection;
}

}  // namespace

/// The connection and its prepared statements, made in the order in which they are declared.
class Database::Impl {
 public:
  static Result<std::unique_ptr<Impl>> open(const std::string& path, bool durable) {
    auto connection = connect(path, durable);
    if (!connection) return fail(connection.error());
    auto impl = std::make_unique<Impl>();
    impl->connection_ = std::move(*connection);
    if (auto prepared = impl->prepare(); !prepared) return fail(prepared.error());
    if (auto read = impl->read_meta(); !read) return fail(read.error());
    return impl;
  }

  Result<std::vector<ObjectRow>> load() {
    std::vector<ObjectRow> rows;
    Statement& select = *load_;
    while (true) {
      const auto more = select.step();
      if (!more) return fail(more.error());
      if (!*more) return rows;
      rows.push_back({.type = select.text(0),
                      .namespace_ = select.text(1),
                      .name = select.text(2),
                      .uid = select.text(3),
                      .version = select.number(4),
                      .json = select.text(5)});
    }
  }

  Result<std::vector<ChangeRow>> history(const std::string& type, int64_t after) {
    std::vector<ChangeRow> rows;
    Statement& select = *history_;
    select.bind(1, type).bind(2, after);
    while (true) {
      const auto more = select.step();
      if (!more) return fail(more.error());
      if (!*more) return rows;
      ChangeRow& row = rows.emplace_back();
      row.kind = static_cast<kube::WatchEventType>(select.number(0));
      row.object = {type,           select.text(1),   select.text(2),
                    select.text(3), select.number(4), select.text(5)};
      if (!select.is_null(6)) row.before = select.text(6);
      row.time = SystemTime(std::chrono::milliseconds(select.number(7)));
    }
  }

  Result<void> apply(const ChangeRow& change) {
    SLUICE_ENSURE(change.object.version > last_version_, "versions of writes only go up");
    auto done = write(change);
    if (!done) {
      roll_back();
      return done;
    }
    last_version_ = change.object.version;
    if (++writes_since_trim_ >= kTrimEveryWrites) {
      // The write itself is safe: too much history is no reason to deny it.
      if (auto trimmed = trim(change.time); !trimmed)
        log_warn("old history could not be dropped", {{"error", trimmed.error().message}});
    }
    return {};
  }

  int64_t last_version() const { return last_version_; }

  int64_t history_start() const { return history_start_; }

 private:
  Result<void> prepare() {
    const std::pair<std::optional<Statement>*, std::string_view> wanted[] = {
        {&begin_, "BEGIN IMMEDIATE"},
        {&commit_, "COMMIT"},
        {&load_, "SELECT type, namespace, name, uid, version, json FROM objects"},
        {&put_, "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)"},
        {&erase_, "DELETE FROM objects WHERE type = ? AND namespace = ? AND name = ?"},
        {&record_, "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&history_,
         "SELECT kind, namespace, name, uid, version, json, before, time FROM events "
         "WHERE type = ? AND version > ? ORDER BY version"},
        {&set_meta_, "UPDATE meta SET value = ? WHERE key = ?"},
        {&newest_old_,
         "SELECT version FROM events WHERE time < ? ORDER BY time DESC, version DESC LIMIT 1"},
        {&trim_, "DELETE FROM events WHERE version <= ?"},
    };
    for (const auto& [statement, sql] : wanted) {
      auto made = Statement::prepare(connection_.get(), sql);
      if (!made) return fail(made.error());
      *statement = std::move(*made);
    }
    return {};
  }

  Result<void> read_meta() {
    auto select = Statement::prepare(connection_.get(), "SELECT key, value FROM meta");
    if (!select) return fail(select.error());
    while (true) {
      const auto more = select->step();
      if (!more) return fail(more.error());
      if (!*more) return {};
      (select->text(0) == "last_version" ? last_version_ : history_start_) = select->number(1);
    }
  }

  Result<void> write(const ChangeRow& change) {
    const ObjectRow& row = change.object;
    if (auto done = begin_->run(); !done) return done;
    const bool gone = change.kind == kube::WatchEventType::Deleted;
    auto stored = gone ? erase_->bind(1, row.type).bind(2, row.namespace_).bind(3, row.name).run()
                       : put_->bind(1, row.type)
                             .bind(2, row.namespace_)
                             .bind(3, row.name)
                             .bind(4, row.uid)
                             .bind(5, row.version)
                             .bind(6, row.json)
                             .run();
    if (!stored) return stored;
    record_->bind(1, row.version)
        .bind(2, to_millis(change.time))
        .bind(3, static_cast<int64_t>(change.kind))
        .bind(4, row.type)
        .bind(5, row.namespace_)
        .bind(6, row.name)
        .bind(7, row.uid)
        .bind(8, row.json);
    if (change.before)
      record_->bind(9, *change.before);
    else
      record_->bind_null(9);
    if (auto done = record_->run(); !done) return done;
    if (auto done = set_meta("last_version", row.version); !done) return done;
    return commit_->run();
  }

  void roll_back() {
    if (auto done = execute(connection_.get(), "ROLLBACK"); !done)
      log_error("a transaction could not be rolled back", {{"error", done.error().message}});
  }

  Result<void> set_meta(std::string_view key, int64_t value) {
    return set_meta_->bind(1, value).bind(2, key).run();
  }

  /// Drops what is beyond kHistoryEventsMax or older than kHistoryAgeMax.
  Result<void> trim(SystemTime now) {
    writes_since_trim_ = 0;
    auto too_old = newest_too_old(now);
    if (!too_old) return fail(too_old.error());
    const int64_t dropped = std::max(*too_old, last_version_ - kHistoryEventsMax);
    if (dropped <= history_start_) return {};
    if (auto done = drop_events(dropped); !done) {
      roll_back();
      return done;
    }
    history_start_ = dropped;
    return {};
  }

  /// The version of the newest event that is older than kHistoryAgeMax; 0 without any.
  Result<int64_t> newest_too_old(SystemTime now) {
    const auto row = newest_old_->bind(1, to_millis(now - kHistoryAgeMax)).step();
    if (!row) return fail(row.error());
    if (!*row) return 0;
    const int64_t version = newest_old_->number(0);
    if (const auto end = newest_old_->step(); !end) return fail(end.error());
    return version;
  }

  Result<void> drop_events(int64_t up_to) {
    if (auto done = begin_->run(); !done) return done;
    if (auto done = trim_->bind(1, up_to).run(); !done) return done;
    if (auto done = set_meta("history_start", up_to); !done) return done;
    return commit_->run();
  }

  Connection connection_;  // Declared first: the statements go before it.
  std::optional<Statement> begin_;
  std::optional<Statement> commit_;
  std::optional<Statement> load_;
  std::optional<Statement> put_;
  std::optional<Statement> erase_;
  std::optional<Statement> record_;
  std::optional<Statement> history_;
  std::optional<Statement> set_meta_;
  std::optional<Statement> newest_old_;
  std::optional<Statement> trim_;
  int64_t last_version_ = 1;
  int64_t history_start_ = 1;
  int64_t writes_since_trim_ = 0;
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::string& path, bool durable) {
  auto impl = Impl::open(path, durable);
  if (!impl) return fail(impl.error());
  return std::unique_ptr<Database>(new Database(std::move(*impl)));
}

Result<std::vector<ObjectRow>> Database::load() {
  return impl_->load();
}

int64_t Database::last_version() const {
  return impl_->last_version();
}

int64_t Database::history_start() const {
  return impl_->history_start();
}

Result<std::vector<ChangeRow>> Database::history(const std::string& type, int64_t after_version) {
  return impl_->history(type, after_version);
}

Result<void> Database::apply(const ChangeRow& change) {
  return impl_->apply(change);
}

}  // namespace sluice::local
