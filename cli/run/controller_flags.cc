#include "cli/run/controller_flags.h"

#include "cli/adapters.h"
#include "cli/flags.h"
#include "net/address_rule.h"
#include "net/log_sink.h"
#include "net/url.h"

#include <CLI/CLI.hpp>

namespace sluice::cli {

void add_log_flags(CLI::App& command, LogFlags& flags) {
  command.add_option("--log-level,--loglevel", flags.level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}).description(""))
      ->type_name("LEVEL")
      ->capture_default_str();
  command.add_option("--log-format,--logformat", flags.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->type_name("FORMAT")
      ->capture_default_str();
}

Result<void> install_log(const LogFlags& flags) {
  const auto level = net::parse_log_level(flags.level);
  if (!level) return fail(level.error());
  const auto format = net::parse_log_format(flags.format);
  if (!format) return fail(format.error());
  set_log_sink(net::make_log_sink(*format, *level));
  return {};
}

std::string prometheus_problem(const std::string& address) {
  if (address.empty()) return "";
  const auto url = net::parse_url(address);
  return url ? "" : "the address of Prometheus: " + url.error().message;
}

Result<std::unique_ptr<analysis::HttpSource>> make_metric_source(
    const boost::asio::any_io_executor& executor, const ControllerOptions& options) {
  net::AddressRule reach = analysis::default_reach();
  if (!options.metric_addresses.empty()) {
    std::vector<net::AddressPattern> allowed;
    for (const std::string& text : options.metric_addresses) {
      auto pattern = net::AddressPattern::parse(text);
      if (!pattern) return fail(pattern.error().within("--metric-addresses"));
      allowed.push_back(*std::move(pattern));
    }
    reach = net::AddressRule::only(std::move(allowed));
  }
  if (!options.prometheus.empty()) {
    const auto url = net::parse_url(options.prometheus);
    if (!url) return fail(url.error().within("--prometheus"));
    auto own = net::AddressPattern::parse(to_string(net::HostPort{url->host, url->port}));
    if (!own) return fail(own.error().within("--prometheus"));
    reach.allow(*std::move(own));
  }
  return analysis::make_http_source(executor, reach, aws_environment());
}

void add_controller_flags(CLI::App& command, ControllerOptions& options) {
  CLI::Option* prometheus = command.add_option(
      "--prometheus", options.prometheus, "The Prometheus that metrics without an address ask");
  prometheus->type_name("URL");
  check_with(*prometheus, prometheus_problem);
  CLI::Option* addresses = command.add_option(
      "--metric-addresses", options.metric_addresses,
      "Where metric sources may be asked: addresses, networks, names, each with or without :PORT; "
      "else everywhere but at clouds' metadata servers");
  addresses->type_name("LIST")->delimiter(',');
  check_with(*addresses, [](const std::string& text) {
    const auto pattern = net::AddressPattern::parse(text);
    return pattern ? "" : pattern.error().message;
  });
  command
      .add_option("--webhook-hmac-file", options.secrets.hmac_file,
                  "Secrets for X-Hub-Signature-256, one a line; turns the webhook on")
      ->type_name("FILE");
  command
      .add_option("--webhook-token-file", options.secrets.token_file,
                  "Bearer tokens, one a line; turns the webhook on")
      ->type_name("FILE");
}

}  // namespace sluice::cli
