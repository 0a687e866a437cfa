#include "local/gateway/haproxy_process.h"

#include "local/processes/private_file.h"

#include <fmt/format.h>

#include <filesystem>

namespace sluice::local {
namespace {

constexpr const char* kConfigFile = "haproxy.cfg";
/// Of the access log: an hour at a thousand requests a second is more than that.
constexpr int64_t kAccessLogBytesMax = int64_t{512} * 1024 * 1024;

/// Each run has a socket of its own, so that no command meant for one run reaches the next.
std::string socket_file(int run) {
  return fmt::format("haproxy-{}.sock", run);
}

}  // namespace

HaproxyProcess::HaproxyProcess(asio::any_io_executor executor, Clock& clock, ProcessRunner& runner,
                               Options options)
    : executor_(executor),
      clock_(clock),
      options_(std::move(options)),
      program_(executor, clock, runner, *this, "haproxy") {}

asio::awaitable<Result<void>> HaproxyProcess::start() {
  return program_.start();
}

asio::awaitable<void> HaproxyProcess::stop() {
  return program_.stop();
}

Result<ProcessSpec> HaproxyProcess::prepare(int run) {
  const std::filesystem::path folder(options_.folder);
  std::error_code ignored;
  std::filesystem::remove(folder / socket_file(run - 1), ignored);
  std::filesystem::remove(folder / socket_file(run), ignored);
  const std::string config = render_haproxy_config(options_.listen, socket_file(run));
  Result<void> written = write_private_file(folder / kConfigFile, config);
  // HAProxy insists on the maps' files; what they hold comes at run time.
  if (written) written = write_private_file(folder / kHaproxyRoutesFile, "");
  if (written) written = write_private_file(folder / kHaproxySplitsFile, "");
  if (!written) return fail(written.error());
  return ProcessSpec{
      .argv = {"haproxy", "-db", "-f", kConfigFile},
      .env = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}},
      .cwd = options_.folder,
      .log = {.path = options_.log_path, .bytes_max = kAccessLogBytesMax},
  };
}

asio::awaitable<Result<void>> HaproxyProcess::probe(int run) {
  const std::unique_ptr<HaproxySocket> socket = make_socket(run);
  Result<std::string> answer = co_await socket->run("show info");
  if (!answer) co_return fail(answer.error());
  co_return Result<void>();
}

void HaproxyProcess::ready(int run) {
  control_ = std::make_shared<HaproxyControl>(make_socket(run), clock_);
  if (on_started_) on_started_();
}

void HaproxyProcess::ended(int) {
  control_.reset();
}

std::unique_ptr<HaproxySocket> HaproxyProcess::make_socket(int run) const {
  return std::make_unique<HaproxySocket>(executor_, clock_, options_.folder, socket_file(run));
}

}  // namespace sluice::local
