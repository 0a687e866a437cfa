#include "local/store/database_statement.h"

#include <fmt/core.h>

namespace sluice::local {

Error database_error(sqlite3* connection, std::string_view doing) {
  const char* const name = sqlite3_db_filename(connection, "main");
  const std::string file = name == nullptr ? "database" : name;
  switch (sqlite3_errcode(connection)) {
    case SQLITE_BUSY:
      return invalid(file +
                     ": another process works with this file; end it first, or use another folder");
    case SQLITE_FULL:
      return unavailable(
          fmt::format("the disk is full: nothing can be stored in {} until it has room", file));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return internal(
          fmt::format("{}: the file is damaged ({}); put a copy in its place, or begin "
                      "anew in another folder",
                      file, sqlite3_errmsg(connection)));
    default:
      return internal(fmt::format("{}: {}: {}", file, doing, sqlite3_errmsg(connection)));
  }
}

Result<Statement> Statement::prepare(sqlite3* connection, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return fail(database_error(connection, sql));
  return Statement(statement);
}

Statement& Statement::bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int parameter, int64_t number) {
  sqlite3_bind_int64(statement_.get(), parameter, number);
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  sqlite3_bind_null(statement_.get(), parameter);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(statement_.get());
  if (code == SQLITE_DONE) return false;
  return fail(database_error(sqlite3_db_handle(statement_.get()), sqlite3_sql(statement_.get())));
}

Result<void> Statement::run() {
  const auto row = step();
  if (!row) return fail(row.error());
  if (*row) sqlite3_reset(statement_.get());
  return {};
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const int length = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string{} : std::string(bytes, static_cast<size_t>(length));
}

int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

}  // namespace sluice::local
