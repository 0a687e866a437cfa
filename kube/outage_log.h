#pragma once

// What is logged of a resource that cannot be read: each trouble once, and its end.

#include "base/error.h"
#include "base/time.h"

#include <optional>
#include <string>
#include <utility>

namespace sluice::kube {

/// Tells of an API that cannot be watched, once that has lasted, and of its return. What heals
/// sooner is nobody's concern.
class OutageLog {
 public:
  explicit OutageLog(std::string resource) : resource_(std::move(resource)) {}

  void failed(const Error& error, SteadyTime now);
  void answered();

 private:
  std::string resource_;
  std::optional<SteadyTime> since_;
  bool told_ = false;
};

/// Tells of a failure once, until it has passed or another one comes: a kind that the cluster lacks
/// stays lacking for as long as it likes.
class OnceLog {
 public:
  OnceLog(std::string resource, const char* what) : resource_(std::move(resource)), what_(what) {}

  void failed(const Error& error);
  void passed();

 private:
  std::string resource_;
  const char* what_;
  std::optional<ErrorCode> told_;
};

}  // namespace sluice::kube
