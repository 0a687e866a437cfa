#pragma once

// A prepared SQLite statement: bound by position, stepped, reset, reused.

#include "base/result.h"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::local {

/// What SQLite says about the last failure; Unavailable where the disk is full.
Error database_error(sqlite3* connection, std::string_view doing);

class Statement {
 public:
  static Result<Statement> prepare(sqlite3* connection, std::string_view sql);

  /// Parameters count from 1. The text must stay alive until the next step has returned.
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, int64_t number);
  Statement& bind_null(int parameter);

  /// True: there is a row to read. False: done, and the statement is ready to be bound again.
  Result<bool> step();
  /// Runs a statement that gives no rows.
  Result<void> run();

  /// Gives up the rows that are left.
  void reset() { sqlite3_reset(statement_.get()); }

  /// Columns count from 0.
  std::string text(int column) const;
  int64_t number(int column) const;
  bool is_null(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace sluice::local
