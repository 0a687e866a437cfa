#include "local/gateway/haproxy_socket.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

namespace sluice::local {
namespace {

using Socket = asio::local::stream_protocol::socket;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// Bound on an answer: `show` commands are not used, so a few lines are all there is.
constexpr size_t kAnswerBytesMax = 1024 * 1024;

/// An open folder; through it a file is reached by a short path.
class Folder {
 public:
  explicit Folder(const std::string& path)
      : descriptor_(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

  ~Folder() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path_of(const std::string& file) const {
    return fmt::format("/proc/self/fd/{}/{}", descriptor_, file);
  }

 private:
  int descriptor_;
};

/// Closes the socket at the deadline unless it is destroyed before.
class Deadline {
 public:
  Deadline(Clock& clock, Duration span, Socket& socket) : clock_(clock) {
    timer_ = clock.call_at(clock.steady_now() + span, [this, &socket] {
      passed_ = true;
      boost::system::error_code ignored;
      socket.close(ignored);
    });
  }

  ~Deadline() { clock_.cancel(timer_); }

  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  Error error(const boost::system::error_code& code) const {
    if (passed_) return timeout("HAProxy did not answer in time");
    if (code == asio::error::operation_aborted) return cancelled("the command was cancelled");
    return unavailable("HAProxy's socket: " + code.message());
  }

 private:
  Clock& clock_;
  Clock::TimerId timer_ = 0;
  bool passed_ = false;
};

}  // namespace

HaproxySocket::HaproxySocket(asio::any_io_executor executor, Clock& clock, std::string folder,
                             std::string file)
    : executor_(std::move(executor)),
      clock_(clock),
      folder_(std::move(folder)),
      file_(std::move(file)) {}

asio::awaitable<Result<std::string>> HaproxySocket::run(std::string command) {
  Folder folder(folder_);
  Socket socket(executor_);
  Deadline deadline(clock_, kHaproxyCommandDeadline, socket);
  const asio::local::stream_protocol::endpoint endpoint(folder.path_of(file_));
  auto [connect_error] = co_await socket.async_connect(endpoint, kAwait);
  if (connect_error) co_return fail(deadline.error(connect_error));
  command += "\n";
  auto [write_error, written] = co_await asio::async_write(socket, asio::buffer(command), kAwait);
  if (write_error) co_return fail(deadline.error(write_error));
  std::string answer;
  auto [read_error, length] =
      co_await asio::async_read(socket, asio::dynamic_buffer(answer, kAnswerBytesMax), kAwait);
  if (read_error != asio::error::eof) co_return fail(deadline.error(read_error));
  co_return answer;
}

}  // namespace sluice::local
