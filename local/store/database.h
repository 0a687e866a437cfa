#pragma once

// The Database keeps every object of the embedded cluster, and the recent changes for watches that
// resume, in one SQLite file. A write is one transaction: once apply() has returned, it survives
// the death of the process (write-ahead log, synchronous=NORMAL) or, when durable, of the machine
// (FULL). The file is locked to one process.

#include "base/result.h"
#include "base/time.h"
#include "kube/object_store.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::local {

/// How much history is kept for watches: whichever of the three is least.
inline constexpr int64_t kHistoryEventsMax = 10'000;
inline constexpr int64_t kHistoryBytesMax = int64_t{64} * 1024 * 1024;
inline constexpr Duration kHistoryAgeMax = std::chrono::minutes(10);

/// One stored object. `type` is ResourceType::storage_name().
struct ObjectRow {
  std::string type;
  std::string namespace_;
  std::string name;
  std::string uid;
  int64_t version = 0;
  std::string json;
};

/// One change. For Deleted `object.json` is the last state, with the version of the deletion.
struct ChangeRow {
  kube::WatchEventType kind = kube::WatchEventType::Added;
  ObjectRow object;
  /// The state before, where labels or selectable fields differ from those after: selectors of a
  /// resumed watch need it.
  std::optional<std::string> before;
  SystemTime time{};
};

struct DatabaseOptions {
  bool durable = false;   ///< Survives the death of the machine, too.
  int64_t pages_max = 0;  ///< The file's largest size in pages of 4 KiB; 0: what the disk holds.
};

class Database {
 public:
  /// Opens or makes the file, which only its owner may read; ":memory:" lives only as long as the
  /// Database.
  static Result<std::unique_ptr<Database>> open(const std::string& path,
                                                DatabaseOptions options = {});
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Reads what the file holds, one piece a call, since that may be much: `take` gets each object,
  /// in no particular order. False once all has been read; until then nothing may be written.
  Result<bool> load_some(const std::function<Result<void>(ObjectRow)>& take);
  /// The version of the last write; 1 in a new file.
  int64_t last_version() const;
  /// Watches may resume from this version or a later one.
  int64_t history_start() const;
  /// The changes of a type after a version, oldest first; Expired where they are more than that.
  Result<std::vector<ChangeRow>> history(const std::string& type, int64_t after_version,
                                         int64_t bytes_max = kHistoryBytesMax);
  /// Stores one change; its version must be above last_version(). Now and then drops old history,
  /// and all of it where the disk is full. Unavailable where there is no room even then.
  Result<void> apply(const ChangeRow& change);
  /// True since the disk was found full and until there is room again: what is stored meanwhile
  /// comes out of a reserve.
  bool is_tight() const;

 private:
  class Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::local
