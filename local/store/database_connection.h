#pragma once

// The Database's connection: the file, its tables, and how SQLite is to treat them. Private to
// database*.cc.

#include "local/store/database.h"
#include "local/store/database_statement.h"

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

namespace sluice::local {

/// A database that lives as long as its connection.
inline constexpr std::string_view kInMemoryPath = ":memory:";

struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};

using DatabaseConnection = std::unique_ptr<sqlite3, CloseConnection>;

/// Opens or makes the file with its tables, locked and private.
Result<DatabaseConnection> connect_database(const std::string& path,
                                            const DatabaseOptions& options);
/// Runs SQL that gives no rows.
Result<void> execute(sqlite3* connection, std::string_view sql);

}  // namespace sluice::local
