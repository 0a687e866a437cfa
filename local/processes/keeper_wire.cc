#include "local/processes/keeper_wire.h"

#include <cstring>
#include <type_traits>

namespace sluice::local {

namespace {

enum class Tag : uint8_t { Start = 1, Signal, Started, Exited };

class Writer {
 public:
  explicit Writer(Tag tag) {
    number(uint32_t{0});
    number(static_cast<uint8_t>(tag));
  }

  template <typename T>
  void number(T value) {
    static_assert(std::is_integral_v<T>);
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes_.append(raw, sizeof value);
  }

  void text(const std::string& value) {
    number(static_cast<uint32_t>(value.size()));
    bytes_ += value;
  }

  std::string finish() {
    const auto length = static_cast<uint32_t>(bytes_.size() - sizeof(uint32_t));
    std::memcpy(bytes_.data(), &length, sizeof length);
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

/// Reads values off a body; once it ran short, every value is empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view body) : body_(body) {}

  template <typename T>
  T number() {
    T value{};
    if (body_.size() < sizeof value) {
      ok_ = false;
      return value;
    }
    body_.copy(reinterpret_cast<char*>(&value), sizeof value);
    body_.remove_prefix(sizeof value);
    return value;
  }

  std::string text() {
    const auto length = number<uint32_t>();
    if (!ok_ || body_.size() < length) {
      ok_ = false;
      return {};
    }
    std::string value(body_.substr(0, length));
    body_.remove_prefix(length);
    return value;
  }

  bool ok() const { return ok_; }

 private:
  std::string_view body_;
  bool ok_ = true;
};

std::string encode_start(const StartRequest& request) {
  Writer out(Tag::Start);
  out.number(request.id);
  out.number(static_cast<uint32_t>(request.spec.argv.size()));
  for (const std::string& argument : request.spec.argv) out.text(argument);
  out.number(static_cast<uint32_t>(request.spec.env.size()));
  for (const auto& [name, value] : request.spec.env) {
    out.text(name);
    out.text(value);
  }
  out.text(request.spec.cwd);
  out.text(request.spec.log.path);
  out.number(request.spec.log.bytes_max);
  out.number(static_cast<uint8_t>(request.spec.log.timestamps));
  return out.finish();
}

StartRequest decode_start(Reader& in) {
  StartRequest request;
  request.id = in.number<uint64_t>();
  const auto arguments = in.number<uint32_t>();
  for (uint32_t i = 0; i < arguments && in.ok(); ++i) request.spec.argv.push_back(in.text());
  const auto variables = in.number<uint32_t>();
  for (uint32_t i = 0; i < variables && in.ok(); ++i) {
    std::string name = in.text();
    request.spec.env.emplace_back(std::move(name), in.text());
  }
  request.spec.cwd = in.text();
  request.spec.log.path = in.text();
  request.spec.log.bytes_max = in.number<int64_t>();
  request.spec.log.timestamps = in.number<uint8_t>() != 0;
  return request;
}

}  // namespace

std::string encode_request(const KeeperRequest& request) {
  if (const auto* start = std::get_if<StartRequest>(&request)) return encode_start(*start);
  const auto& signal = std::get<SignalRequest>(request);
  Writer out(Tag::Signal);
  out.number(signal.id);
  out.number(signal.number);
  return out.finish();
}

std::string encode_report(const KeeperReport& report) {
  if (const auto* started = std::get_if<StartedReport>(&report)) {
    Writer out(Tag::Started);
    out.number(started->id);
    out.number(started->pid);
    out.number(started->error);
    return out.finish();
  }
  const auto& exited = std::get<ExitedReport>(report);
  Writer out(Tag::Exited);
  out.number(exited.id);
  out.number(exited.exit.code);
  out.number(exited.exit.signal);
  return out.finish();
}

std::optional<KeeperRequest> decode_request(std::string_view body) {
  Reader in(body);
  std::optional<KeeperRequest> request;
  const Tag tag{in.number<uint8_t>()};
  if (tag == Tag::Start) {
    request = decode_start(in);
  } else if (tag == Tag::Signal) {
    SignalRequest signal;
    signal.id = in.number<uint64_t>();
    signal.number = in.number<int>();
    request = signal;
  }
  return in.ok() ? request : std::nullopt;
}

std::optional<KeeperReport> decode_report(std::string_view body) {
  Reader in(body);
  std::optional<KeeperReport> report;
  const Tag tag{in.number<uint8_t>()};
  if (tag == Tag::Started) {
    StartedReport started;
    started.id = in.number<uint64_t>();
    started.pid = in.number<int>();
    started.error = in.number<int>();
    report = started;
  } else if (tag == Tag::Exited) {
    ExitedReport exited;
    exited.id = in.number<uint64_t>();
    exited.exit.code = in.number<int>();
    exited.exit.signal = in.number<int>();
    report = exited;
  }
  return in.ok() ? report : std::nullopt;
}

std::optional<std::string> FrameBuffer::next() {
  uint32_t length = 0;
  if (broken_ || bytes_.size() < sizeof length) return std::nullopt;
  std::memcpy(&length, bytes_.data(), sizeof length);
  if (length > kKeeperFrameMax) {
    broken_ = true;
    return std::nullopt;
  }
  if (bytes_.size() - sizeof length < length) return std::nullopt;
  std::string body = bytes_.substr(sizeof length, length);
  bytes_.erase(0, sizeof length + length);
  return body;
}

}  // namespace sluice::local
