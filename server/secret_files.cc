#include "server/secret_files.h"

#include "base/log.h"
#include "net/sleep.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace sluice::server {
namespace {

/// One that hangs keeps its thread; the file is asked again once that thread is back.
constexpr size_t kThreads = 1;
constexpr size_t kWaitingMax = 2;

/// Closes the descriptor.
struct Descriptor {
  explicit Descriptor(int number) : number(number) {}

  ~Descriptor() {
    if (number >= 0) close(number);
  }

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number;
};

Error system_error(const std::string& path) {
  return unavailable(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
}

/// At most kSecretFileMax + 1 bytes.
Result<std::string> read_text(const std::string& path) {
  // Without O_NONBLOCK the opening of a pipe waits for its writer.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat facts{};
  if (file.number < 0 || fstat(file.number, &facts) != 0) return fail(system_error(path));
  if (!S_ISREG(facts.st_mode)) return fail(invalid(path + ": must be a regular file"));
  std::string text(kSecretFileMax + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.number, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(system_error(path));
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<std::vector<std::string>> read_secrets(const std::string& path) {
  auto text = read_text(path);
  if (!text) return fail(text.error());
  if (text->size() > kSecretFileMax)
    return fail(invalid(fmt::format("{}: larger than {} bytes", path, kSecretFileMax)));
  std::vector<std::string> secrets;
  std::istringstream lines(*std::move(text));
  for (std::string line; std::getline(lines, line);) {
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (!line.empty()) secrets.push_back(std::move(line));
  }
  if (secrets.empty()) return fail(invalid(path + ": holds no secret"));
  return secrets;
}

SecretFiles::SecretFiles(net::asio::any_io_executor executor, Clock& clock,
                         SecretFileOptions options, KnownSecrets& known)
    : clock_(clock),
      options_(std::move(options)),
      known_(known),
      pool_(executor, kThreads, kWaitingMax),
      tasks_(std::move(executor)) {}

net::Awaitable<Result<void>> SecretFiles::start() {
  if (options_.hmac_file.empty() && options_.token_file.empty()) co_return Result<void>{};
  known_ = co_await read();
  if (!*known_) co_return fail(known_->error());
  tasks_.spawn("secrets", keep_reading());
  co_return Result<void>{};
}

net::Awaitable<void> SecretFiles::stop() {
  return tasks_.stop();
}

net::Awaitable<void> SecretFiles::keep_reading() {
  while (true) {
    co_await net::sleep_for(clock_, kReadSecretsEvery);
    Result<Credentials> now = co_await read();
    if (!now && *known_)
      log_warn("the webhook's secrets cannot be read: it lets nobody in",
               {{"error", now.error().message}});
    if (now && !*known_) log_info("the webhook's secrets are back");
    known_ = std::move(now);
  }
}

net::Awaitable<Result<Credentials>> SecretFiles::read() {
  auto hmac = co_await read_file("--webhook-hmac-file", options_.hmac_file);
  if (!hmac) co_return fail(hmac.error());
  auto tokens = co_await read_file("--webhook-token-file", options_.token_file);
  if (!tokens) co_return fail(tokens.error());
  co_return Credentials{.hmac_secrets = *std::move(hmac), .bearer_tokens = *std::move(tokens)};
}

net::Awaitable<Result<std::vector<std::string>>> SecretFiles::read_file(std::string flag,
                                                                        std::string path) {
  if (path.empty()) co_return std::vector<std::string>{};
  const auto secrets = std::make_shared<Result<std::vector<std::string>>>();
  const Result<void> done =
      co_await pool_.run([secrets, path, read = options_.read_file] { *secrets = read(path); },
                         clock_.steady_now() + kReadSecretsMax);
  if (!done) co_return fail(done.error().within(path).within(flag));
  if (!*secrets) co_return fail(secrets->error().within(flag));
  co_return *std::move(*secrets);
}

}  // namespace sluice::server
