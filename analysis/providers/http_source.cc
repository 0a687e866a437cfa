#include "analysis/providers/http_source.h"

#include "analysis/providers/metric_provider.h"
#include "analysis/providers/redirect.h"
#include "base/ensure.h"
#include "net/http_client.h"
#include "net/real_clock.h"
#include "net/url.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace sluice::analysis {
namespace {

/// Link-local addresses, and those under which AWS (IPv6) and Alibaba serve metadata.
constexpr std::array<std::string_view, 4> kMetadataServers{"169.254.0.0/16", "fe80::/10",
                                                           "fd00:ec2::/32", "100.100.100.200"};

/// The name of Amazon Managed Service for Prometheus in signatures.
constexpr std::string_view kAmazonPrometheus = "aps";

/// What `access` sends, and a token.
SourceAccess showing(SourceAccess access, const std::string& token) {
  access.headers.add("Authorization", "Bearer " + token);
  return access;
}

bool is_unauthorized(const Result<net::HttpResponse>& response) {
  constexpr int kUnauthorized = 401;
  return response && response->status == kUnauthorized;
}

/// Where a URL leads that names an address; nothing for one that names a host, or is none.
std::optional<net::asio::ip::tcp::endpoint> literal_endpoint(std::string_view url) {
  // What comes after the server may hold arguments.
  const size_t server = url.find("://");
  if (server == url.npos) return std::nullopt;
  const auto parsed = net::parse_url(url.substr(0, url.find_first_of("/?#", server + 3)));
  if (!parsed) return std::nullopt;
  boost::system::error_code error;
  const auto address = net::asio::ip::make_address(parsed->host, error);
  if (error) return std::nullopt;
  return net::asio::ip::tcp::endpoint(address, parsed->port);
}

}  // namespace

void HttpSource::check_reach(std::string_view field, std::string_view url,
                             crds::FieldProblems& problems) const {
  const auto endpoint = literal_endpoint(url);
  if (!endpoint) return;
  const auto allowed = reach_.allowed(endpoint->address().to_string(), {*endpoint});
  if (allowed) return;
  problems.push_back({std::string(field), allowed.error().within("--metric-addresses").message});
}

void HttpSource::check_reach(std::string_view path, const SourceAccess& access,
                             crds::FieldProblems& problems) const {
  if (!access.oauth2) return;
  check_reach(fmt::format("{}.authentication.oauth2.tokenUrl", path), access.oauth2->token_url,
              problems);
}

net::Awaitable<Result<net::HttpResponse>> HttpSource::ask(net::HttpRequest request,
                                                          SourceAccess access, KnownSecrets secrets,
                                                          SystemTime now) {
  request.deadline = std::min<Duration>(request.deadline, kMeasureDeadlineMax);
  if (secrets == nullptr) secrets = std::make_shared<std::vector<std::string>>();
  if (access.oauth2)
    co_return co_await ask_with_token(std::move(request), std::move(access), std::move(secrets));
  if (!access.sigv4) co_return co_await ask_along(std::move(request), std::move(access));
  const SteadyTime end = net::real_steady_now() + request.deadline;
  auto signer = co_await find_signer(*access.sigv4, now, std::move(secrets), end);
  if (!signer) co_return fail(signer.error().within("authentication.sigv4"));
  request.deadline = end - net::real_steady_now();
  co_return co_await ask_along(std::move(request), std::move(access), *std::move(signer));
}

net::Awaitable<Result<HttpSource::Signer>> HttpSource::find_signer(SigV4 settings, SystemTime now,
                                                                   KnownSecrets secrets,
                                                                   SteadyTime end) {
  std::string region = settings.region.empty() ? aws_->region() : settings.region;
  if (region.empty()) co_return fail(unavailable("neither `region` nor AWS_REGION names a region"));
  auto credentials = co_await aws_->credentials(settings.profile, end);
  if (!credentials) co_return fail(credentials.error());
  secrets->push_back(credentials->secret_access_key);
  if (!credentials->session_token.empty()) secrets->push_back(credentials->session_token);
  co_return Signer{.credentials = *std::move(credentials),
                   .scope = {std::move(region), std::string(kAmazonPrometheus)},
                   .now = now,
                   .secrets = std::move(secrets)};
}

net::Awaitable<Result<net::HttpResponse>> HttpSource::ask_with_token(net::HttpRequest request,
                                                                     SourceAccess access,
                                                                     KnownSecrets secrets) {
  const OAuth2 settings = *access.oauth2;
  const SteadyTime end = net::real_steady_now() + request.deadline;
  // In the header the secret is encoded twice.
  secrets->push_back(settings.client_secret);
  secrets->push_back(net::percent_encode(settings.client_secret));
  TokenCache& tokens = side(access.insecure).tokens;
  if (const auto kept = tokens.find(settings, net::real_steady_now())) {
    secrets->push_back(*kept);
    auto response = co_await ask_along(request, showing(access, *kept));
    if (!is_unauthorized(response)) co_return response;
    tokens.forget(settings, *kept);
  }
  const auto fetched = co_await find_token(settings, access.insecure, end);
  if (!fetched) co_return fail(fetched.error().within("authentication.oauth2"));
  secrets->push_back(*fetched);
  request.deadline = end - net::real_steady_now();
  auto response = co_await ask_along(std::move(request), showing(access, *fetched));
  if (is_unauthorized(response)) tokens.forget(settings, *fetched);
  co_return response;
}

net::Awaitable<Result<std::string>> HttpSource::find_token(OAuth2 settings, bool insecure,
                                                           SteadyTime end) {
  if (auto kept = side(insecure).tokens.find(settings, net::real_steady_now()))
    co_return *std::move(kept);
  const auto fetch = [this, settings, insecure, end] {
    return fetch_token(settings, insecure, end);
  };
  co_return co_await side(insecure).fetches.get(settings, end, fetch);
}

net::Awaitable<Result<std::string>> HttpSource::fetch_token(OAuth2 settings, bool insecure,
                                                            SteadyTime end) {
  Error refused;
  for (const ClientProof proof : {ClientProof::Header, ClientProof::Form}) {
    net::HttpRequest request = token_request(settings, proof);
    request.deadline = end - net::real_steady_now();
    const auto answer = co_await send(std::move(request), insecure);
    if (!answer) co_return fail(answer.error());
    const auto token = read_token(*answer, net::real_steady_now());
    if (token) {
      side(insecure).tokens.keep(settings, *token);
      co_return token->text;
    }
    refused = token.error().within("POST " + bare_url(settings.token_url));
    constexpr int kBadRequest = 400;
    if (answer->status != kBadRequest && !is_unauthorized(answer)) break;
  }
  co_return fail(std::move(refused));
}

Result<net::HttpRequest> HttpSource::dressed(net::HttpRequest request, const SourceAccess& access,
                                             const std::optional<Signer>& signer) {
  for (const net::Header& header : access.headers) request.headers.add(header.name, header.value);
  if (!signer) return request;
  const auto headers = sign_v4(request, signer->credentials, signer->scope, signer->now);
  if (!headers) return fail(headers.error());
  for (const net::Header& header : *headers) request.headers.add(header.name, header.value);
  signer->secrets->push_back(headers->get("Authorization"));
  return request;
}

net::Awaitable<Result<net::HttpResponse>> HttpSource::ask_along(net::HttpRequest request,
                                                                SourceAccess access,
                                                                std::optional<Signer> signer) {
  const SteadyTime end = net::real_steady_now() + request.deadline;
  const std::string place = fmt::format("{} {}", request.method, bare_url(request.url));
  for (int redirects = 0;; ++redirects) {
    auto sent = dressed(request, access, signer);
    if (!sent) co_return fail(sent.error());
    auto response = co_await send(*std::move(sent), access.insecure);
    if (!response && redirects > 0) co_return fail(response.error().within(place + ": redirected"));
    if (!response || !is_redirect(response->status)) co_return response;
    auto next = follow(std::move(request), *response);
    if (!next) co_return fail(next.error().within(place));
    request = std::move(next->request);
    if (redirects == kRedirectsMax) {
      co_return fail(internal(fmt::format("{}: more than {} redirects, the last to {}", place,
                                          kRedirectsMax, bare_url(request.url))));
    }
    if (!next->same_server) {
      access.headers = {};
      signer.reset();
    }
    request.deadline = end - net::real_steady_now();
  }
}

net::Awaitable<Result<net::HttpResponse>> HttpSource::send(net::HttpRequest request,
                                                           bool insecure) {
  request.body_max = kSourceAnswerMax;
  auto response = co_await side(insecure).client->send(std::move(request));
  if (response || response.error().code != ErrorCode::Forbidden) co_return response;
  co_return fail(response.error().within("--metric-addresses"));
}

net::AddressRule default_reach() {
  std::vector<net::AddressPattern> refused;
  for (const std::string_view text : kMetadataServers) {
    auto pattern = net::AddressPattern::parse(text);
    SLUICE_ENSURE(pattern.has_value(), "an address of metadata servers is misspelt");
    refused.push_back(*std::move(pattern));
  }
  return net::AddressRule::all_but(std::move(refused));
}

Result<std::unique_ptr<HttpSource>> make_http_source(const net::asio::any_io_executor& executor,
                                                     const net::AddressRule& reach,
                                                     AwsEnvironment aws) {
  auto verifying = net::make_http_client(executor, {}, reach);
  if (!verifying) return fail(verifying.error());
  auto insecure = net::make_http_client(executor, {.insecure = true}, reach);
  if (!insecure) return fail(insecure.error());
  return std::make_unique<HttpSource>(*std::move(verifying), *std::move(insecure),
                                      std::make_unique<AwsLogin>(executor, std::move(aws)), reach);
}

ErrorCode code_of_status(int status) {
  constexpr int kRequestTimeout = 408;
  constexpr int kTooManyRequests = 429;
  if (status == 401 || status == 403) return ErrorCode::Forbidden;
  if (status == kRequestTimeout) return ErrorCode::Timeout;
  if (status >= 500 || status == kTooManyRequests) return ErrorCode::Unavailable;
  return status >= 400 ? ErrorCode::Invalid : ErrorCode::Internal;
}

std::string excerpt(std::string_view text) {
  constexpr size_t kExcerptMax = 200;
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  if (line.size() <= kExcerptMax) return std::string(line);
  // Half a word may be half a secret.
  const size_t blank = line.substr(0, kExcerptMax).rfind(' ');
  return std::string(line.substr(0, blank == line.npos ? 0 : blank)) + "…";
}

}  // namespace sluice::analysis
