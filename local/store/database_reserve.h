#pragma once

// DatabaseReserve: room on the disk that is set aside while there is plenty, and given back when
// the disk is full, so that what takes a bad revision back can still be written.

#include <cstdint>
#include <string>

namespace sluice::local {

/// More than the write-ahead log may hold that has yet to be folded into the file.
inline constexpr int64_t kReserveBytes = int64_t{24} * 1024 * 1024;

class DatabaseReserve {
 public:
  /// `path` is the reserve's file; empty: there is nothing to set aside.
  explicit DatabaseReserve(std::string path) : path_(std::move(path)) {}

  /// Sets the room aside where twice as much is free; true where it is there then.
  bool make();
  void release();

  bool held() const { return held_; }

 private:
  std::string path_;
  bool held_ = false;
};

}  // namespace sluice::local
