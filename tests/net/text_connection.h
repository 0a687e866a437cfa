#pragma once

// A connection that delivers a text and takes whatever is written: what HTTP is read from where no
// socket is needed.

#include "net/connection.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace sluice::net {

/// Delivers a text in pieces of one size, then ends.
class TextConnection : public Connection {
 public:
  TextConnection(std::string text, size_t piece) : text_(std::move(text)), piece_(piece) {}

  Awaitable<Result<void>> welcome(SteadyTime) override { co_return Result<void>(); }

  Awaitable<Result<size_t>> read_some(char* into, size_t size, SteadyTime) override {
    const size_t count = std::min({size, piece_, text_.size() - at_});
    std::memcpy(into, text_.data() + at_, count);
    at_ += count;
    co_return count;
  }

  Awaitable<Result<void>> write(std::string_view, std::string_view, SteadyTime) override {
    co_return Result<void>();
  }

  Awaitable<void> finish(size_t, SteadyTime) override { co_return; }

  void close() override {}

  bool is_quiet() override { return true; }

  std::string peer_address() const override { return "127.0.0.1"; }

  TlsIdentity identity() override { return {}; }

 private:
  std::string text_;
  size_t piece_;
  size_t at_ = 0;
};

}  // namespace sluice::net
