#include "local/store/database.h"

#include "base/ensure.h"
#include "base/log.h"
#include "local/store/database_connection.h"
#include "local/store/database_reserve.h"

#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <utility>

namespace sluice::local {
namespace {

/// Old history is dropped after so many writes, not at each.
constexpr int64_t kTrimEveryWrites = 64;
/// Or once there are so many bytes too many.
constexpr int64_t kTrimEveryBytes = int64_t{16} * 1024 * 1024;

/// While the disk is full: watches that go on need no history, and what it holds is room.
constexpr int64_t kTightHistoryBytesMax = int64_t{1} * 1024 * 1024;

int64_t size_of(const ChangeRow& change) {
  return static_cast<int64_t>(change.object.json.size() +
                              (change.before ? change.before->size() : 0));
}

int64_t to_millis(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

/// The connection and its prepared statements, made in the order in which they are declared.
class Database::Impl {
 public:
  explicit Impl(std::string reserve) : reserve_(std::move(reserve)) {}

  static Result<std::unique_ptr<Impl>> open(const std::string& path,
                                            const DatabaseOptions& options) {
    auto connection = connect_database(path, options);
    if (!connection) return fail(connection.error());
    auto impl = std::make_unique<Impl>(path == kInMemoryPath ? "" : path + ".reserve");
    impl->connection_ = std::move(*connection);
    if (auto prepared = impl->prepare(); !prepared) return fail(prepared.error());
    if (auto read = impl->read_meta(); !read) return fail(read.error());
    if (!impl->reserve_.make())
      log_warn("the disk has too little room to set some aside", {{"for", path}});
    return impl;
  }

  Result<bool> load_some(const std::function<Result<void>(ObjectRow)>& take) {
    if (load_) return load_object(take);
    return load_sizes_ ? load_size() : false;
  }

  Result<std::vector<ChangeRow>> history(const std::string& type, int64_t after,
                                         int64_t bytes_max) {
    std::vector<ChangeRow> rows;
    Statement& select = *history_;
    int64_t bytes = 0;
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
      bytes += size_of(row);
      if (bytes > bytes_max) {
        select.reset();
        return fail(
            Error{ErrorCode::Expired,
                  fmt::format("more than {} bytes have changed since {}", bytes_max, after)});
      }
    }
  }

  Result<void> apply(const ChangeRow& change) {
    SLUICE_ENSURE(!load_sizes_, "what the file holds is read before anything is written");
    SLUICE_ENSURE(change.object.version > last_version_, "versions of writes only go up");
    auto done = write(change);
    if (!done && done.error().code == ErrorCode::Unavailable && make_room()) done = write(change);
    if (!done) return done;
    last_version_ = change.object.version;
    sizes_.emplace_back(last_version_, size_of(change));
    history_bytes_ += sizes_.back().second;
    if (++writes_since_trim_ >= kTrimEveryWrites ||
        history_bytes_ > history_bytes_max() + (is_tight_ ? 0 : kTrimEveryBytes)) {
      // The write itself is safe: too much history is no reason to deny it.
      if (auto trimmed = trim(change.time); !trimmed)
        log_warn("old history could not be dropped", {{"error", trimmed.error().message}});
    }
    return {};
  }

  bool is_tight() const { return is_tight_; }

  int64_t last_version() const { return last_version_; }

  int64_t history_start() const { return history_start_; }

 private:
  Result<void> prepare() {
    const std::pair<std::optional<Statement>*, std::string_view> wanted[] = {
        {&begin_, "BEGIN IMMEDIATE"},
        {&commit_, "COMMIT"},
        {&load_, "SELECT type, namespace, name, uid, version, json FROM objects"},
        {&load_sizes_,
         "SELECT version, LENGTH(json) + IFNULL(LENGTH(before), 0) FROM events ORDER BY version"},
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

  /// True while there is a row; a statement that has none left is needed no more.
  static Result<bool> step_through(std::optional<Statement>& select) {
    auto more = select->step();
    if (more && !*more) select.reset();
    return more;
  }

  Result<bool> load_object(const std::function<Result<void>(ObjectRow)>& take) {
    const auto more = step_through(load_);
    if (!more) return more;
    if (!*more) return true;
    auto taken = take({.type = load_->text(0),
                       .namespace_ = load_->text(1),
                       .name = load_->text(2),
                       .uid = load_->text(3),
                       .version = load_->number(4),
                       .json = load_->text(5)});
    if (!taken) return fail(taken.error());
    return true;
  }

  /// How much the kept history weighs.
  Result<bool> load_size() {
    const auto more = step_through(load_sizes_);
    if (!more || !*more) return more;
    sizes_.emplace_back(load_sizes_->number(0), load_sizes_->number(1));
    history_bytes_ += load_sizes_->number(1);
    return true;
  }

  /// Leaves nothing behind where it fails.
  Result<void> write(const ChangeRow& change) {
    auto done = try_write(change);
    if (!done) roll_back();
    return done;
  }

  Result<void> try_write(const ChangeRow& change) {
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
    if (sqlite3_get_autocommit(connection_.get()) != 0) return;  // SQLite has done it itself.
    if (auto done = execute(connection_.get(), "ROLLBACK"); !done)
      log_error("a transaction could not be rolled back", {{"error", done.error().message}});
  }

  Result<void> set_meta(std::string_view key, int64_t value) {
    return set_meta_->bind(1, value).bind(2, key).run();
  }

  /// The disk is full: gives the reserve, with which the log is folded into the file, and drops all
  /// history, whose pages the next writes take. False where that was done already.
  bool make_room() {
    if (is_tight_ && sizes_.empty()) return false;
    if (!is_tight_)
      log_warn("the disk is full: small changes are stored out of a reserve until it has room",
               {{"droppedHistoryBytes", std::to_string(history_bytes_)}});
    is_tight_ = true;
    reserve_.release();
    auto made = execute(connection_.get(), "PRAGMA wal_checkpoint(PASSIVE)");
    if (made) made = forget(last_version_);
    if (!made) log_error("no room could be made", {{"error", made.error().message}});
    return made.has_value();
  }

  int64_t history_bytes_max() const { return is_tight_ ? kTightHistoryBytesMax : kHistoryBytesMax; }

  /// Drops what is beyond kHistoryEventsMax, the bound in bytes, or older than kHistoryAgeMax.
  Result<void> trim(SystemTime now) {
    writes_since_trim_ = 0;
    if (!reserve_.held() && reserve_.make() && std::exchange(is_tight_, false))
      log_info("the disk has room again");
    auto too_old = newest_too_old(now);
    if (!too_old) return fail(too_old.error());
    const int64_t dropped =
        std::max({*too_old, last_version_ - kHistoryEventsMax, newest_too_heavy()});
    return dropped <= history_start_ ? Result<void>{} : forget(dropped);
  }

  /// The newest version whose removal, with all before it, keeps the history within its bytes.
  int64_t newest_too_heavy() const {
    int64_t left = history_bytes_;
    int64_t newest = 0;
    for (const auto& [version, bytes] : sizes_) {
      if (left <= history_bytes_max()) break;
      left -= bytes;
      newest = version;
    }
    return newest;
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

  /// Drops the history up to a version.
  Result<void> forget(int64_t up_to) {
    if (auto done = drop_events(up_to); !done) {
      roll_back();
      return done;
    }
    history_start_ = up_to;
    while (!sizes_.empty() && sizes_.front().first <= up_to) {
      history_bytes_ -= sizes_.front().second;
      sizes_.pop_front();
    }
    return {};
  }

  Result<void> drop_events(int64_t up_to) {
    if (auto done = begin_->run(); !done) return done;
    if (auto done = trim_->bind(1, up_to).run(); !done) return done;
    if (auto done = set_meta("history_start", up_to); !done) return done;
    return commit_->run();
  }

  DatabaseConnection connection_;  // Declared first: the statements go before it.
  std::optional<Statement> begin_;
  std::optional<Statement> commit_;
  std::optional<Statement> load_;        ///< Until all objects have been read.
  std::optional<Statement> load_sizes_;  ///< Until the history's sizes have been read, too.
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
  std::deque<std::pair<int64_t, int64_t>> sizes_;  ///< Version and bytes of what history holds.
  int64_t history_bytes_ = 0;
  DatabaseReserve reserve_;
  bool is_tight_ = false;
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::string& path, DatabaseOptions options) {
  auto impl = Impl::open(path, options);
  if (!impl) return fail(impl.error());
  return std::unique_ptr<Database>(new Database(std::move(*impl)));
}

Result<bool> Database::load_some(const std::function<Result<void>(ObjectRow)>& take) {
  return impl_->load_some(take);
}

int64_t Database::last_version() const {
  return impl_->last_version();
}

int64_t Database::history_start() const {
  return impl_->history_start();
}

Result<std::vector<ChangeRow>> Database::history(const std::string& type, int64_t after_version,
                                                 int64_t bytes_max) {
  return impl_->history(type, after_version, bytes_max);
}

bool Database::is_tight() const {
  return impl_->is_tight();
}

Result<void> Database::apply(const ChangeRow& change) {
  return impl_->apply(change);
}

}  // namespace sluice::local
