#include "tests/analysis_providers/prometheus_fixture.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <arpa/inet.h>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace sluice::analysis {

uint16_t free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(listener);
  return ntohs(address.sin_port);
}

PrometheusFixture::PrometheusFixture(const std::string& scrape_configs) : port_(free_port()) {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "sluice-prometheus-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  std::ofstream(folder_ / "prometheus.yml")
      << fmt::format(
             "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n"
             "scrape_configs:\n"
             "- job_name: self\n"
             "  static_configs: [{{targets: ['127.0.0.1:{}']}}]\n",
             port_)
      << scrape_configs;
  start();
}

PrometheusFixture::~PrometheusFixture() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string PrometheusFixture::address() const {
  return fmt::format("http://127.0.0.1:{}", port_);
}

void PrometheusFixture::halt() const {
  REQUIRE(kill(process_, SIGSTOP) == 0);
  int status = 0;
  REQUIRE(waitpid(process_, &status, WUNTRACED) == process_);
  REQUIRE(WIFSTOPPED(status));
}

void PrometheusFixture::wake() const {
  REQUIRE(kill(process_, SIGCONT) == 0);
}

void PrometheusFixture::start() {
  std::vector<std::string> words{"/usr/bin/prometheus",
                                 "--config.file=" + (folder_ / "prometheus.yml").string(),
                                 "--storage.tsdb.path=" + (folder_ / "data").string(),
                                 fmt::format("--web.listen-address=127.0.0.1:{}", port_)};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string log = (folder_ / "log").string();
  posix_spawn_file_actions_t files{};
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  const int failed = posix_spawn(&process_, argv[0], &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  REQUIRE(failed == 0);
}

}  // namespace sluice::analysis
