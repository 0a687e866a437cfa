#include "local/prometheus_process.h"

#include "base/json.h"
#include "local/processes/private_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::local {
namespace {

constexpr const char* kConfigFile = "prometheus.yml";
constexpr const char* kDataFolder = "data";

// Old blocks go by size as well as by age: a cluster that is left running fills no disk.
constexpr const char* kRetentionTime = "24h";
constexpr const char* kRetentionSize = "512MB";

/// A port of the loopback address that nobody listens on now; 0 where there is none.
uint16_t find_free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0;
  close(descriptor);
  return bound ? ntohs(address.sin_port) : 0;
}

// The usual relabelling of annotated pods. Where the port is annotated, the targets of all declared
// ports become the same one, which Prometheus then scrapes once: so no label may tell them apart.
constexpr std::string_view kConfig = R"(global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 5s
scrape_configs:
  - job_name: pods
    http_sd_configs:
      - url: {url}
        refresh_interval: 1s{access}
    relabel_configs:
      - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape]
        action: keep
        regex: "true"
      - source_labels: [__meta_kubernetes_pod_container_init]
        action: drop
        regex: "true"
      - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scheme]
        target_label: __scheme__
        regex: (https?)
      - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path]
        target_label: __metrics_path__
        regex: (.+)
      - source_labels: [__meta_kubernetes_pod_ip, __meta_kubernetes_pod_annotation_prometheus_io_port]
        target_label: __address__
        regex: (.+);(\d+)
        replacement: $1:$2
      - action: labelmap
        regex: __meta_kubernetes_pod_label_(.+)
      - source_labels: [__meta_kubernetes_namespace]
        target_label: namespace
      - source_labels: [__meta_kubernetes_pod_name]
        target_label: pod
)";

/// A string as YAML takes it.
std::string in_quotes(const std::string& text) {
  return dump_json(Json(text));
}

}  // namespace

std::string render_prometheus_config(const PrometheusConfig& config) {
  constexpr std::string_view kIndent = "\n        ";
  std::string access;
  if (!config.token.empty()) {
    // Prometheus 2.42 does not fill in the default type for service discovery.
    access += fmt::format("{0}authorization:{0}  type: Bearer{0}  credentials: {1}", kIndent,
                          in_quotes(config.token));
  }
  if (!config.ca_file.empty())
    access += fmt::format("{0}tls_config:{0}  ca_file: {1}", kIndent, in_quotes(config.ca_file));
  return fmt::format(kConfig, fmt::arg("url", in_quotes(config.targets_url)),
                     fmt::arg("access", access));
}

PrometheusProcess::PrometheusProcess(asio::any_io_executor executor, Clock& clock,
                                     ProcessRunner& runner, net::HttpClient& client,
                                     Options options)
    : client_(client),
      options_(std::move(options)),
      program_(executor, clock, runner, *this, "prometheus") {}

asio::awaitable<Result<void>> PrometheusProcess::start() {
  return program_.start();
}

asio::awaitable<void> PrometheusProcess::stop() {
  return program_.stop();
}

std::string PrometheusProcess::url() const {
  return fmt::format("http://127.0.0.1:{}", options_.port);
}

Result<ProcessSpec> PrometheusProcess::prepare(int) {
  if (options_.port == 0) options_.port = find_free_port();
  if (options_.port == 0) return fail(unavailable("no free port on 127.0.0.1"));
  const std::filesystem::path folder(options_.folder);
  Result<void> written =
      write_private_file(folder / kConfigFile, render_prometheus_config(options_.config));
  if (!written) return fail(written.error());
  return ProcessSpec{
      .argv = {"prometheus", fmt::format("--config.file={}", kConfigFile),
               fmt::format("--storage.tsdb.path={}", kDataFolder),
               fmt::format("--storage.tsdb.retention.time={}", kRetentionTime),
               fmt::format("--storage.tsdb.retention.size={}", kRetentionSize),
               fmt::format("--web.listen-address=127.0.0.1:{}", options_.port), "--log.level=warn"},
      .env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}},
      .cwd = options_.folder,
      .log = {.path = options_.log_path},
  };
}

asio::awaitable<Result<void>> PrometheusProcess::probe(int) {
  net::HttpRequest request;
  request.url = url() + "/-/ready";
  request.deadline = kProgramAnswerMax;
  Result<net::HttpResponse> response = co_await client_.send(std::move(request));
  if (!response) co_return fail(response.error());
  if (response->status != 200) co_return fail(unavailable("is not ready yet"));
  co_return Result<void>();
}

}  // namespace sluice::local
